"""`Subsample`: a smaller cohort, drawn from the one that is there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from varbench.errors import StudyError


class Subsample(BaseEstimator):  # type: ignore[misc]
    """Keep some of the rows, drawn at random, with the classes in the shares that they have.

    Left of ``Split`` it makes the cohort smaller, for training and test alike: no row is made, none is copied, and
    none is chosen by more than the class whose share it keeps, so that it is no leak. Right of it, models learn from
    fewer rows. It reads the source ``resample``.

    Parameters
    ----------
    n : int
        How many rows, 2 or more; all where there are not so many. Every class keeps its share, rounded, and two rows
        where it has them.
    random_state : int, optional
        The study's seed where there is none.

    Attributes
    ----------
    sample_indices_ : ndarray of int (row,)
        Which rows were kept, in their order.

    Raises
    ------
    StudyError
        If ``n`` is below 2.

    Examples
    --------
    >>> import numpy as np
    >>> X, y = np.arange(20.0).reshape(20, 1), np.repeat([0, 1], [15, 5])
    >>> Subsample(8, random_state=0).fit_resample(X, y)[1]
    array([0, 0, 0, 0, 0, 0, 1, 1])
    """

    def __init__(self, n: int = 100, random_state: int | None = None):
        self.n = n
        self.random_state = random_state

    def fit_resample(self, X: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Draw rows.

        Parameters
        ----------
        X : ndarray (row, feature)
            The rows.
        y : ndarray (row,)
            Their labels.

        Returns
        -------
        X, y : ndarray
            Those that are kept, in their order.
        """
        if self.n < 2:
            raise StudyError(f"Subsample(n={self.n!r}): must be 2 or more")
        # One order of rows a seed: a smaller sample lies in a larger one.
        order = np.random.default_rng(self.random_state).permutation(len(y))
        kept = []
        for label in np.unique(y):
            mine = order[y[order] == label]
            kept.append(mine[: max(round(self.n * len(mine) / len(y)), 2)])
        self.sample_indices_ = np.sort(np.concatenate(kept)) if self.n < len(y) else np.arange(len(y))
        return X[self.sample_indices_], y[self.sample_indices_]
