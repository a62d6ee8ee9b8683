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
        where it has them. An outcome that is a number has no classes: rows are drawn as if they were all of one.
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

    def __init__(self, n: int, random_state: int | None = None):
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
        labels = np.zeros(len(y), np.int64) if np.asarray(y).dtype.kind == "f" else y
        names, sizes = np.unique(labels, return_counts=True)
        # One order of rows a seed: a smaller sample lies in a larger one.
        order = np.random.default_rng(self.random_state).permutation(len(y))
        kept = [
            order[labels[order] == name][:size] for name, size in zip(names, self.kept(sizes), strict=True)
        ]
        self.sample_indices_ = np.sort(np.concatenate(kept))
        return X[self.sample_indices_], y[self.sample_indices_]

    def kept(self, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many rows of each class are kept?

        Parameters
        ----------
        sizes : ndarray of int (class,)
            How many there are.

        Returns
        -------
        ndarray of int (class,)
            How many are left.

        Raises
        ------
        StudyError
            If ``n`` is below 2.
        """
        if self.n < 2:
            raise StudyError(f"Subsample(n={self.n!r}): must be 2 or more")
        total = int(sizes.sum())
        if self.n >= total:
            return sizes
        share: NDArray[np.int64] = np.round(self.n * sizes / total).astype(np.int64)
        return np.minimum(np.maximum(share, 2), sizes)
