"""Steps that ask where a row comes from: `Confound`, `BatchAlone`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from varbench.errors import StudyError

Texts = NDArray[np.str_]


class Confound(BaseEstimator):  # type: ignore[misc]
    """Keep rows so that the classes come from different batches, or from the same ones in equal shares.

    The batches fall into two halves: those with the higher share of the second class, and the others. As many rows
    of each class are drawn: of the second class ``share`` of them from the first half, of the first class ``share``
    of them from the other. At .5 the halves say nothing of the class, at 1 everything. How many rows are kept does
    not hang on ``share``, so that what is compared differs in nothing else. It reads the source ``resample``.

    Parameters
    ----------
    share : float
        In [0.5, 1].
    random_state : int, optional
        The study's seed where there is none.

    Attributes
    ----------
    sample_indices_ : ndarray of int (row,)
        Which rows were kept, in their order.

    Raises
    ------
    StudyError
        If the share is out of its range, there are not two classes, or too few batches or rows for it.

    Examples
    --------
    >>> import numpy as np
    >>> y, batch = np.tile([0, 1], 20), np.repeat(["A", "B"], 20)
    >>> kept = Confound(1.0, random_state=0).fit_resample(np.zeros((40, 1)), y, batch)[1]
    >>> kept.tolist()
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    """

    def __init__(self, share: float = 0.9, random_state: int | None = None):
        self.share = share
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True  # the features are not looked at
        return tags

    def fit_resample(
        self, X: NDArray[Any], y: NDArray[Any], batch: Texts
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Draw rows.

        Parameters
        ----------
        X : ndarray (row, feature)
            The rows.
        y : ndarray (row,)
            Their labels, of two classes.
        batch : ndarray of str (row,)
            Their batches.

        Returns
        -------
        X, y : ndarray
            Those that are kept, in their order.
        """
        if not 0.5 <= self.share <= 1:
            raise StudyError(f"Confound(share={self.share!r}): must be between 0.5 and 1")
        classes = np.unique(y)
        if len(classes) != 2:
            raise StudyError(f"Confound: needs two classes, got {len(classes)}")
        event = y == classes[1]
        high = np.isin(batch, upper_half(event, batch))
        cells = [
            np.flatnonzero((event == of) & (high == half)) for of in (True, False) for half in (True, False)
        ]
        size = np.array([len(cell) for cell in cells])
        # What the balanced draw, and the one with all of a class from one half, can have.
        each = min(2 * int(size.min()), int(size[0]), int(size[3]))
        if each < 2:
            raise StudyError(
                f"Confound: the halves of the batches have {size[0]} and {size[1]} rows of class {classes[1]}, "
                f"{size[2]} and {size[3]} of class {classes[0]}: two of each are needed"
            )
        most = round(self.share * each)
        rng = np.random.default_rng(self.random_state)
        drawn = zip(cells, (most, each - most, each - most, most), strict=True)
        self.sample_indices_ = np.sort(np.concatenate([rng.permutation(cell)[:n] for cell, n in drawn]))
        return X[self.sample_indices_], y[self.sample_indices_]


def upper_half(event: NDArray[np.bool_], batch: Texts) -> Texts:
    """Which half of the batches has the higher shares of events?

    Parameters
    ----------
    event : ndarray of bool (row,)
        Whether a row is one.
    batch : ndarray of str (row,)
        Its batch.

    Returns
    -------
    ndarray of str
        The names of half of the batches, rounded down; of equal shares the earlier names.

    Raises
    ------
    StudyError
        If there are not two batches.

    Examples
    --------
    >>> upper_half(np.array([True, False, True, True]), np.array(["A", "A", "B", "B"]))
    array(['B'], dtype='<U1')
    """
    names, codes = np.unique(batch, return_inverse=True)
    if len(names) < 2:
        raise StudyError(f"there is one batch only, {str(names[0])!r}; two or more are needed")
    shares = np.bincount(codes, event) / np.bincount(codes)
    return names[np.argsort(-shares, kind="stable")[: len(names) // 2]]


class BatchAlone(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Put in the place of the features which batch a row is from: what a model can know of the class by that alone.

    Examples
    --------
    >>> import numpy as np
    >>> X, batch = np.zeros((3, 5)), np.array(["A", "B", "A"])
    >>> BatchAlone().fit(X, batch=batch).transform(X, batch=np.array(["B", "C", "A"])).tolist()
    [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True  # the features are not looked at
        return tags

    def fit(self, X: NDArray[Any], y: NDArray[Any] | None = None, batch: Texts | None = None) -> BatchAlone:
        """Learn which batches there are; a batch that is new later on is none of them."""
        self.batches_ = np.unique(_given(batch))
        return self

    def transform(self, X: NDArray[Any], batch: Texts | None = None) -> NDArray[np.float64]:
        """Give one column a batch, 1 where a row is from it."""
        return np.asarray(_given(batch)[:, None] == self.batches_, dtype=np.float64)


def _given(batch: Texts | None) -> Texts:
    if batch is None:
        raise StudyError("this step needs the batch of each row: batch=")
    return np.asarray(batch)
