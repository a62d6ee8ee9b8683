"""`Harmonise`: take the differences between batches out of the features (ComBat), and carry that to new rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from varbench.errors import StudyError

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]
_TOLERANCE, _MOST_STEPS = 1e-4, 1000


class Harmonise(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    r"""Take each batch's own location and scale out of each feature.

    The model is that of ComBat: :math:`x = \alpha + \beta y + \sigma (\gamma_b + \delta_b e)`, feature by feature, with
    a location :math:`\gamma_b` and a scale :math:`\delta_b` of the batch, which are learned from the rows that it is
    fitted on.

    Parameters
    ----------
    shrink : bool
        Whether a batch's locations and scales are drawn towards their means over the features (empirical Bayes, as
        in ComBat); else each feature has its own, a plain standardisation by batch.
    keep_outcome : bool
        Whether the outcome's effect is estimated beside the batches', so that what differs between batches because
        their patients differ is not taken for the batches'. The labels are used to estimate, and never on a row.
    unseen : {"own", "leave"}
        What is done with rows of a batch that it was not fitted on: harmonised by the location and scale of those of
        them that come together (a new site brings a sample of its own, without labels), or left as they are.

    Raises
    ------
    StudyError
        If ``unseen`` is neither word, or the batches are not given.

    Notes
    -----
    Johnson, Li & Rabinovic 2007, doi:10.1093/biostatistics/kxj037, section 3. With ``keep_outcome`` a new row is
    scaled around the overall mean, since its label is not known. A batch of one row, and a row whose batch is not
    known, count as unseen.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> batch = np.repeat(["A", "B"], 50)
    >>> X = rng.normal(size=(100, 3)) + 5 * (batch == "B")[:, None]
    >>> Z = Harmonise().fit(X, batch=batch).transform(X, batch=batch)
    >>> bool(abs(Z[batch == "A"].mean(axis=0) - Z[batch == "B"].mean(axis=0)).max() < .1)
    True
    """

    def __init__(self, shrink: bool = True, keep_outcome: bool = False, unseen: str = "own"):
        self.shrink = shrink
        self.keep_outcome = keep_outcome
        self.unseen = unseen

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: NDArray[Any], y: NDArray[Any] | None = None, batch: Texts | None = None) -> Harmonise:
        """Learn the batches' locations and scales.

        Parameters
        ----------
        X : ndarray (row, feature)
            The rows; a missing value counts as its feature's mean.
        y : ndarray (row,), optional
            Their labels, for ``keep_outcome``.
        batch : ndarray of str (row,)
            Their batches.

        Returns
        -------
        Harmonise
            Itself.
        """
        if self.unseen not in ("own", "leave"):
            raise StudyError(f"Harmonise(unseen={self.unseen!r}): must be 'own' or 'leave'")
        if batch is None or (self.keep_outcome and y is None):
            raise StudyError("Harmonise needs the batch of each row, and with keep_outcome its label")
        names, codes = np.unique(batch, return_inverse=True)
        X = _whole(X)
        of_batch = (codes[:, None] == np.arange(len(names))).astype(float)
        of_outcome = _indicators(y) if self.keep_outcome and y is not None else np.empty((len(X), 0))
        # equation of section 3.1: least squares, batches first
        effects = np.linalg.lstsq(np.hstack([of_batch, of_outcome]), X, rcond=None)[0]
        self.mean_ = of_batch.mean(axis=0) @ effects[: len(names)]
        explained = of_outcome @ effects[len(names) :]
        spread = np.sqrt(((X - of_batch @ effects[: len(names)] - explained) ** 2).mean(axis=0))
        self.spread_ = np.where(spread > 0, spread, 1.0)
        Z = (X - explained - self.mean_) / self.spread_
        self.batches_ = {
            str(name): _learned(Z[codes == code], self.shrink)
            for code, name in enumerate(names)
            if (codes == code).sum() > 1 and name
        }
        return self

    def transform(self, X: NDArray[Any], batch: Texts | None = None) -> Floats:
        """Harmonise rows.

        Parameters
        ----------
        X : ndarray (row, feature)
            The rows; those of an unseen batch together.
        batch : ndarray of str (row,)
            Their batches.

        Returns
        -------
        ndarray (row, feature)
            In the units of the features; what was missing is missing.
        """
        if batch is None:
            raise StudyError("Harmonise needs the batch of each row")
        missing = np.isnan(np.asarray(X, dtype=float))
        Z = (_whole(X) - self.mean_) / self.spread_
        for name in np.unique(batch):
            rows = np.asarray(batch) == name
            effect = self.batches_.get(str(name))
            if effect is None and self.unseen == "own" and name and rows.sum() > 1:
                effect = _learned(Z[rows], self.shrink)
            if effect is not None:
                Z[rows] = (Z[rows] - effect.location) / effect.scale
        return np.where(missing, np.nan, Z * self.spread_ + self.mean_)


@dataclass(frozen=True)
class _Effect:
    """A batch's location and scale of each feature, in units of the features' own spread."""

    location: Floats
    scale: Floats


def _whole(X: NDArray[Any]) -> Floats:
    """Put a feature's mean where a value is missing: such a value says nothing of a batch."""
    X = np.asarray(X, dtype=float)
    missing = np.isnan(X)
    if not missing.any():
        return X
    there = (~missing).sum(axis=0)
    mean = np.divide(np.nansum(X, axis=0), there, out=np.zeros(X.shape[1]), where=there > 0)
    return np.where(missing, mean, X)


def _indicators(y: NDArray[Any]) -> Floats:
    """Give the outcome as columns beside a mean: one for each class but the first, or the number itself."""
    if np.asarray(y).dtype.kind == "f":
        return np.asarray((y - y.mean())[:, None], dtype=float)
    columns: Floats = (y[:, None] == np.unique(y)[1:]).astype(float)
    return np.asarray(columns - columns.mean(axis=0))


def _learned(Z: Floats, shrink: bool) -> _Effect:
    mean, variance = Z.mean(axis=0), Z.var(axis=0, ddof=1)
    variance = np.where(variance > 0, variance, 1.0)
    if shrink and len(mean) > 1:
        mean, variance = _shrunk(Z, mean, variance)
    return _Effect(mean, np.sqrt(variance))


def _shrunk(Z: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Give posterior means of locations and variances, section 3.2, by the iteration of its equations 3.2 and 3.3."""
    n = len(Z)
    centre, tau = mean.mean(), mean.var(ddof=1)
    # The moments of the features' variances fix their inverse gamma prior.
    m, s = variance.mean(), variance.var(ddof=1)
    if not (tau > 0 and s > 0):
        return mean, variance
    shape, rate = (2 * s + m**2) / s, (m * s + m**3) / s
    location, scale = mean, variance
    for _ in range(_MOST_STEPS):
        new = (n * tau * mean + scale * centre) / (n * tau + scale)
        squares = ((Z - new) ** 2).sum(axis=0)
        newer = (squares / 2 + rate) / (n / 2 + shape - 1)
        change = max(_change(new, location), _change(newer, scale))
        location, scale = new, newer
        if change < _TOLERANCE:
            break
    return location, scale


def _change(new: Floats, old: Floats) -> float:
    return float(np.max(np.abs(new - old) / np.maximum(np.abs(old), 1e-12)))
