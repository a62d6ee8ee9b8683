"""A simulated cohort from several sites, each of which leaves its signature in the features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from varbench.data.dataset import Data, Floats, Integers
from varbench.data.population import Simulated, shift_of


@dataclass(frozen=True)
class SimulatedSites(Simulated):
    r"""A population of sites, whose scanners and protocols differ.

    A feature is :math:`d\,y + s\,g + e^{s h / 4} e`: what it tells of the outcome, what it has of the site, a location
    and a scale, and noise. Locations :math:`g`, log scales :math:`h` and noise are independent and standard normal;
    locations and scales are drawn anew for every site, and every cohort has sites of its own. Fresh cases are from
    *new* sites, of as many positive cases each: what a model learned of the old sites is of no use there.

    Parameters
    ----------
    n_cases, n_positive : int
        Cases of a cohort, and positive ones, exactly.
    n_sites : int
        Sites of a cohort, 2 or more.
    n_new : int
        New sites among which fresh cases are dealt.
    n_features : int
        Features of a case.
    strength : float
        The AUC of the best observer within a site; .5 is no signal. With :math:`m` features it is about
        :math:`\Phi(d \sqrt{m / 2})`, and exactly that where there is no signature.
    signature : float
        :math:`s`, the SD between sites in units of that within; 0 makes all sites alike.
    confounding : float
        The share of the positive cases that are from the first half of the sites, and of the negative ones that are
        from the other, in [0.5, 1].

    Raises
    ------
    varbench.errors.InputError
        Where a parameter is out of its range.

    Examples
    --------
    >>> population = SimulatedSites()
    >>> data = population.cohort(seed=0)
    >>> data, len(set(data.batch))
    (Data('simulated-sites', 480 cases x 40 features, 240 'positive', simulated), 6)
    >>> sorted(set(population.sample(1000, seed=0).batch) & set(data.batch))
    []
    """

    n_cases: int = 480
    n_positive: int = 240
    n_sites: int = 6
    n_new: int = 20
    n_features: int = 40
    strength: float = 0.8
    signature: float = 0.7
    confounding: float = 0.5

    _NAME: ClassVar[str] = "simulated-sites"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need(self.n_sites >= 2, "n_sites", "2 or greater")
        self._need(self.n_new >= 1, "n_new", "1 or greater")
        self._need(self.n_features >= 1, "n_features", "1 or greater")
        self._need_strength()
        self._need(self.signature >= 0, "signature", "0 or greater")
        self._need(0.5 <= self.confounding <= 1, "confounding", "in [0.5, 1]")

    @property
    def shift(self) -> float:
        """By how many standard deviations within a site a feature's mean differs between the classes."""
        return shift_of(self.strength, self.n_features)

    def _draw(self, y: Integers, rng: np.random.Generator, *, fresh: bool) -> Data:
        number = self.n_new if fresh else self.n_sites
        site = self._dealt(y, number, 0.5 if fresh else self.confounding)
        location = self.signature * rng.standard_normal((number, self.n_features))
        scale = np.exp(self.signature / 4 * rng.standard_normal((number, self.n_features)))
        noise: Floats = rng.standard_normal((len(y), self.n_features))
        X = self.shift * y[:, None] + location[site] + scale[site] * noise
        names = tuple(f"feature_{i + 1}" for i in range(self.n_features))
        word = "new" if fresh else "site"
        return self._data(X, y, names, batch=np.array([f"{word}_{one + 1:02d}" for one in site]))

    def _dealt(self, y: Integers, number: int, share: float) -> Integers:
        """Deal the cases of each class to sites: a share of the positive ones to the first half, in turn within it."""
        half = max(number // 2, 1)
        site = np.zeros(len(y), dtype=np.int64)
        for label, of_first in ((1, share), (0, 1 - share)):
            rows = np.flatnonzero(y == label)
            if share == 0.5:  # no site is larger than another, also where the halves are not equal
                site[rows] = np.arange(len(rows)) % number
                continue
            first = round(of_first * len(rows))
            site[rows[:first]] = np.arange(first) % half
            site[rows[first:]] = half + np.arange(len(rows) - first) % (number - half)
        return site

    def _describe(self) -> tuple[str, str]:
        return (
            f"Simulated sites: {self.n_sites} sites, {self.n_features} features with a signature of {self.signature:g}",
            f"The best observer within a site has an AUC of {self.strength:g}; sites differ by {self.signature:g} SD. "
            "Fresh cases are from new sites.",
        )
