"""Steps that change labels and nothing else: `PermuteLabels`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator


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
