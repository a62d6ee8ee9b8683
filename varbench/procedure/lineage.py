"""From which samples a row was made, so that copies and relatives across a split can be counted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

#: Above this many rows of a class the pair of parents of an interpolated row is not looked for.
MAX_PARENT_CANDIDATES = 3000


class Origin(IntEnum):
    """How a row came about."""

    SAMPLE = 0  # a sample as it was, or an exact copy of it
    DERIVED = 1  # made from known samples: shrinkage around one, a point between two
    UNKNOWN = 2  # made from some of its class; counts as related to the whole class


@dataclass(frozen=True)
class Lineage:
    """Where the rows of a table come from.

    Parameters
    ----------
    matrix : scipy.sparse.csr_array (row, case)
        Shares of the samples in each row; every row sums to 1.
    origin : ndarray of int8 (row,)
        An :class:`Origin` a row.
    """

    matrix: sparse.csr_array
    origin: NDArray[np.int8]

    @classmethod
    def identity(cls, n_cases: int) -> Lineage:
        """Give the lineage of a table that nothing has touched."""
        return cls(sparse.csr_array(sparse.identity(n_cases, format="csr")), np.zeros(n_cases, np.int8))

    def take(self, rows: NDArray[Any]) -> Lineage:
        """Give the lineage of some rows."""
        return Lineage(self.matrix[rows], self.origin[rows])

    def sample(self) -> NDArray[np.int64]:
        """Give each row's sample, -1 where it is not one sample's copy; shape (row,)."""
        return np.where(self.origin == Origin.SAMPLE, self._largest(), -1)

    def nearest(self) -> NDArray[np.int64]:
        """Give the sample with the largest share in each row, -1 where unknown; shape (row,)."""
        return np.where(self.origin == Origin.UNKNOWN, -1, self._largest())

    def parents(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give up to two parents of each derived row, -1 elsewhere; two arrays of shape (row,)."""
        first = np.where(self.origin == Origin.DERIVED, self._largest(), -1)
        second = np.full(len(first), -1, np.int64)
        for row in np.flatnonzero(self.origin == Origin.DERIVED):
            cases = self.matrix.indices[self.matrix.indptr[row] : self.matrix.indptr[row + 1]]
            others = cases[cases != first[row]]
            if len(others):
                second[row] = others[0]
        return first, second

    def weights(self) -> NDArray[np.float64]:
        """Weigh rows so that every sample counts once in the whole table: 1 / number of copies; shape (row,)."""
        mass = np.asarray(self.matrix.sum(axis=0)).ravel()
        inverse = np.divide(1.0, mass, out=np.zeros_like(mass), where=mass > 0)
        return np.asarray(self.matrix @ inverse)

    def related(self, train: NDArray[Any], test: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which test rows have a copy, and which only a relative, among the training rows.

        Parameters
        ----------
        train, test : ndarray of int
            Row numbers.

        Returns
        -------
        copies, relatives : ndarray of bool (test row,)
            A copy has the values of a training row and its sample; a relative shares a sample of origin without
            being a copy.
        """
        n_cases = self.matrix.shape[1]
        sample = self.sample()
        seen = np.zeros(n_cases + 1, bool)  # the last place takes the -1 of rows that are no copies
        seen[sample[train]] = True
        seen[-1] = False
        copies = seen[sample[test]]
        ancestors = np.asarray(self.matrix[train].sum(axis=0)).ravel() > 0
        overlap = np.asarray(self.matrix[test] @ ancestors.astype(float)) > 0
        return copies, overlap & ~copies

    def _largest(self) -> NDArray[np.int64]:
        if self.matrix.nnz == self.matrix.shape[0]:  # one sample a row: nothing to search
            return np.asarray(self.matrix.indices, dtype=np.int64)
        return np.asarray(self.matrix.argmax(axis=1)).ravel().astype(np.int64)


def resampled(
    sampler: Any, X: NDArray[Any], y: NDArray[Any], lineage: Lineage, **more: Any
) -> tuple[NDArray[Any], NDArray[Any], Lineage]:
    """Resample, and follow the rows.

    Parameters
    ----------
    sampler : object
        An imbalanced-learn sampler, seeded.
    X : ndarray (row, feature)
        The rows.
    y : ndarray (row,)
        Their labels.
    lineage : Lineage
        Their lineage.
    **more : object
        What else the sampler asks for: ``batch``, (row,).

    Returns
    -------
    X, y : ndarray
        The new rows and labels.
    lineage : Lineage
        By the sampler's ``sample_indices_``, checked value by value, else by equal rows, else by the two rows of
        the class that the new row lies between, else unknown.
    """
    new_X, new_y = sampler.fit_resample(X, y, **more)
    indices = getattr(sampler, "sample_indices_", None)
    if indices is not None and len(indices) == len(new_X):
        indices = np.asarray(indices)
        step = sparse.csr_array(
            (np.ones(len(indices)), (np.arange(len(indices)), indices)), (len(new_X), len(X))
        )
        # With shrinkage the indices are there and the rows are new all the same.
        old = X[indices]
        made = ~((new_X == old) | ((new_X != new_X) & (old != old))).all(axis=1)  # a missing value stays one
        origin = np.where(made, Origin.DERIVED, Origin.SAMPLE).astype(np.int8)
    else:
        step, origin = _by_values(X, y, new_X, new_y)
    matrix = sparse.csr_array(step @ lineage.matrix)
    # A row made of a derived or unknown row is no better known than that one; no row is without a parent.
    worst = np.maximum.reduceat(lineage.origin[step.indices], step.indptr[:-1])
    return new_X, new_y, Lineage(matrix, np.maximum(origin, worst).astype(np.int8))


def _by_values(
    X: NDArray[Any], y: NDArray[Any], new_X: NDArray[Any], new_y: NDArray[Any]
) -> tuple[sparse.csr_array, NDArray[np.int8]]:
    # Equal rows are handed out in turn, so that two patients with equal features stay two.
    known: dict[tuple[bytes, Any], list[int]] = {}
    for number, row in enumerate(np.ascontiguousarray(X)):
        known.setdefault((row.tobytes(), y[number]), []).append(number)
    rows: list[int] = []
    columns: list[int] = []
    shares: list[float] = []
    origin = np.zeros(len(new_X), np.int8)
    finders: dict[Any, _Between] = {}
    for number, row in enumerate(np.ascontiguousarray(new_X)):
        label = new_y[number]
        same = known.get((row.tobytes(), label))
        if same is not None:
            parents = {same[0]: 1.0}
            same.append(same.pop(0))
        else:
            if label not in finders:
                finders[label] = _Between(X, np.flatnonzero(y == label))
            parents, origin[number] = finders[label].parents(row)
        rows += [number] * len(parents)
        columns += parents.keys()
        shares += parents.values()
    return sparse.csr_array((shares, (rows, columns)), (len(new_X), len(X))), origin


class _Between:
    """Finds the two rows of a class that a new row lies between."""

    def __init__(self, X: NDArray[Any], candidates: NDArray[np.int64]) -> None:
        self.candidates = candidates
        self.X = X[candidates] if len(candidates) <= MAX_PARENT_CANDIDATES else None
        if self.X is not None:
            # Distances from differences, not from the Gram matrix: the test below is sharp to 1e-9.
            self.between = np.array([np.linalg.norm(self.X - row, axis=1) for row in self.X])

    def parents(self, row: NDArray[Any]) -> tuple[dict[int, float], int]:
        if self.X is not None and len(self.X) > 1:
            to = np.linalg.norm(self.X - row, axis=1)
            # On a segment, and only there, the distances to its ends add up to its length.
            excess = to[:, None] + to[None, :] - self.between
            np.fill_diagonal(excess, np.inf)
            a, b = np.unravel_index(int(np.argmin(excess)), excess.shape)
            length = self.between[a, b]
            if length > 0:
                share = to[a] / length
                near = np.abs(self.X[a] + share * (self.X[b] - self.X[a]) - row)
                if np.all(near <= 1e-6 * (np.abs(row) + length)):
                    return {
                        int(self.candidates[a]): 1 - share,
                        int(self.candidates[b]): share,
                    }, Origin.DERIVED
        return {int(c): 1 / len(self.candidates) for c in self.candidates}, Origin.UNKNOWN
