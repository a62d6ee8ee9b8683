"""A simulated cohort with a planted signal of known size: one part in single features, one in pairs of features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.special import roots_genlaguerre
from scipy.stats import f, norm

from varbench.data.dataset import Data, Integers
from varbench.data.population import Simulated, shift_of

#: Of the quadrature: more of them change no digit that is shown.
_NODES = 120


@dataclass(frozen=True)
class SimulatedPairs(Simulated):
    r"""A population in which part of the signal is in no single feature.

    The features ``alone_*`` have other means in the two classes. The features ``pair_*_a`` and ``pair_*_b`` are
    standard normal in both classes, and correlate by :math:`+r` in the positive and by :math:`-r` in the negative
    one: either alone tells nothing, both together do. The rest is noise.

    Parameters
    ----------
    n_cases : int
        Cases of a cohort.
    n_positive : int
        Positive cases of a cohort, exactly.
    n_alone, n_pairs, n_noise : int
        Features that tell alone, pairs that tell together, and features that tell nothing.
    alone : float
        The AUC of the best observer of the first, :math:`\Phi(d \sqrt{m / 2})` with :math:`m` features whose means
        differ by :math:`d` standard deviations.
    paired : float
        The AUC of the best observer of the pairs. The likelihood ratio rises with the sum of the products, so that
        with :math:`k` pairs it is :math:`P(F_{2k, 2k} > (1 - r) / (1 + r))`; for one pair, :math:`(1 + r) / 2`.

    Raises
    ------
    varbench.errors.InputError
        Where a parameter is out of its range.

    Examples
    --------
    >>> SimulatedPairs().cohort(seed=0)
    Data('simulated-pairs', 300 cases x 10 features, 120 'positive', simulated)
    >>> round(SimulatedPairs(n_pairs=1, paired=0.9).correlation, 3)
    0.8
    >>> round(SimulatedPairs().ceiling, 3)
    0.955
    """

    n_cases: int = 300
    n_positive: int = 120
    n_alone: int = 2
    n_pairs: int = 2
    n_noise: int = 4
    alone: float = 0.65
    paired: float = 0.95

    _NAME: ClassVar[str] = "simulated-pairs"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("n_alone", "n_pairs"):
            self._need(getattr(self, name) >= 1, name, "1 or greater")
        self._need(self.n_noise >= 0, "n_noise", "0 or greater")
        for name in ("alone", "paired"):
            self._need_strength(name)

    @property
    def n_features(self) -> int:
        """How many features a case has."""
        return self.n_alone + 2 * self.n_pairs + self.n_noise

    @property
    def shift(self) -> float:
        """By how many standard deviations the mean of a feature that tells alone differs between the classes."""
        return shift_of(self.alone, self.n_alone)

    @property
    def correlation(self) -> float:
        """The correlation within a pair in the positive class; its opposite in the negative one."""
        odds = float(f.isf(self.paired, 2 * self.n_pairs, 2 * self.n_pairs))
        return (1 - odds) / (1 + odds)

    @property
    def ceiling(self) -> float:
        r"""The AUC of the best observer of all features: no procedure can exceed it on fresh cases, in expectation.

        The logarithm of its likelihood ratio is that of the single features, normal, plus that of the pairs, a
        difference of two :math:`\chi^2`. Of a positive case it is larger than of a negative one by
        :math:`N(d^2 m, 2 d^2 m) + \frac{r}{1 - r} \chi^2_{2k} - \frac{r}{1 + r} \chi^2_{2k}`; the probability that
        this is positive is integrated over both :math:`\chi^2` by Gauss-Laguerre quadrature.
        """
        r, squared = self.correlation, self.n_alone * self.shift**2
        if squared == 0:
            return self.paired
        at, weight = roots_genlaguerre(
            _NODES, self.n_pairs - 1
        )  # of chi-squared / 2, with k - 1 as its exponent
        up, down = 2 * at * r / (1 - r), 2 * at * r / (1 + r)
        ahead = norm.cdf((squared + up[:, None] - down) / np.sqrt(2 * squared))
        return float(weight @ ahead @ weight / weight.sum() ** 2)

    def _draw(self, y: Integers, rng: np.random.Generator, *, fresh: bool) -> Data:
        alone = rng.standard_normal((len(y), self.n_alone)) + self.shift * y[:, None]
        first, second, noise = (
            rng.standard_normal((len(y), width)) for width in (self.n_pairs, self.n_pairs, self.n_noise)
        )
        r = self.correlation * (2 * y[:, None] - 1)
        pairs = np.stack([first, r * first + np.sqrt(1 - r**2) * second], axis=2).reshape(len(y), -1)
        names = [f"alone_{i + 1}" for i in range(self.n_alone)]
        names += [f"pair_{i + 1}_{side}" for i in range(self.n_pairs) for side in "ab"]
        names += [f"noise_{i + 1}" for i in range(self.n_noise)]
        return self._data(np.hstack([alone, pairs, noise]), y, tuple(names))

    def _describe(self) -> tuple[str, str]:
        title = f"Simulated pairs: {self.n_alone} features that tell alone, {self.n_pairs} pairs that tell together"
        return title, (
            f"The best observer of the single features has an AUC of {self.alone:g}, of the pairs {self.paired:g}, "
            "and no feature of a pair tells anything alone."
        )
