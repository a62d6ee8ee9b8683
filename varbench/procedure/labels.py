"""Steps that change labels and nothing else: `PermuteLabels`, `FlipLabels`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from varbench.errors import StudyError


class PermuteLabels(BaseEstimator):  # type: ignore[misc]
    """Hand the labels of all rows out anew, at random: whatever is then found is found in noise.

    A step that has ``relabel(X, y)`` changes labels and no row: every row stays the case that it is, so that nothing
    crosses the split by it, on whichever side it stands. Left of ``Split`` it changes the labels of the test rows too,
    and a procedure without a leak scores as chance does; right of it, those of the training rows alone. It reads
    the source ``label``.

    Parameters
    ----------
    random_state : int, optional
        The study's seed where there is none.

    Examples
    --------
    >>> import numpy as np
    >>> PermuteLabels(random_state=1).relabel(np.zeros((5, 1)), np.array([0, 0, 0, 1, 1]))
    array([1, 0, 0, 0, 1])
    """

    def __init__(self, random_state: int | None = None):
        self.random_state = random_state

    def relabel(self, X: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """Permute labels.

        Parameters
        ----------
        X : ndarray (row, feature)
            The rows, which are not looked at.
        y : ndarray (row,)
            Their labels.

        Returns
        -------
        ndarray (row,)
            As many of each label as before.
        """
        return np.random.default_rng(self.random_state).permutation(y)


class FlipLabels(BaseEstimator):  # type: ignore[misc]
    """Give a share of the rows a wrong label, drawn at random: noise of labels, of a known size.

    Right of ``Split`` it spoils the training labels alone, and the scores are those on true labels; left of it the
    test labels too, as in a study that has no better ones. It reads the source ``label``.

    Parameters
    ----------
    share : float
        Of the rows, in [0, 1]; rounded to whole rows. Every other label of the table is as likely.
    random_state : int, optional
        The study's seed where there is none.

    Raises
    ------
    StudyError
        If the share is out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> FlipLabels(0.4, random_state=1).relabel(np.zeros((5, 1)), np.array([0, 0, 0, 1, 1]))
    array([1, 0, 0, 1, 0])
    """

    def __init__(self, share: float, random_state: int | None = None):
        self.share = share
        self.random_state = random_state

    def relabel(self, X: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        """Flip labels.

        Parameters
        ----------
        X : ndarray (row, feature)
            The rows, which are not looked at.
        y : ndarray (row,)
            Their labels.

        Returns
        -------
        ndarray (row,)
            Labels, the share of them wrong.
        """
        if not 0 <= self.share <= 1:
            raise StudyError(f"FlipLabels(share={self.share!r}): must be between 0 and 1")
        rng = np.random.default_rng(self.random_state)
        # One order of rows a seed: those that a small share flips are among those that a larger one does.
        wrong = rng.permutation(len(y))[: round(self.share * len(y))]
        classes, codes = np.unique(y, return_inverse=True)
        step = rng.integers(1, max(len(classes), 2), len(y))[wrong]
        flipped = codes.copy()
        flipped[wrong] = (codes[wrong] + step) % len(classes)
        return np.asarray(classes[flipped])
