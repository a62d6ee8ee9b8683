"""A simulated cohort with several recordings a subject, and panels of features by how much they tell who it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from varbench.data.dataset import Data, Integers
from varbench.data.population import Simulated, shift_of


@dataclass(frozen=True)
class SimulatedSubjects(Simulated):
    r"""A population of subjects, each recorded several times.

    A feature is :math:`d\,y + \sqrt{s}\,b + \sqrt{1 - s}\,e`: the outcome of the subject, what is the subject's own
    in all of its recordings, and what is each recording's; :math:`b` and :math:`e` are independent and standard
    normal. The *subject effect* :math:`s`, the intraclass correlation, differs between the panels, and nothing else
    does: a single recording of a stranger tells as much of the outcome in each of them.

    Parameters
    ----------
    n_cases : int
        Recordings of a cohort, a multiple of ``n_recordings``.
    n_positive : int
        Recordings of subjects with the positive outcome, exactly; a multiple of ``n_recordings``.
    n_recordings : int
        Recordings of each subject of a cohort; a fresh subject has one.
    n_panel : int
        Features of each panel.
    effects : tuple of float
        The subject effect of each panel, in [0, 1).
    strength : float
        The AUC of the best observer of one panel on a recording of a stranger; .5 is no signal. With :math:`m`
        features it is :math:`\Phi(d \sqrt{m / 2})`.

    Raises
    ------
    varbench.errors.InputError
        Where a parameter is out of its range.

    Examples
    --------
    >>> data = SimulatedSubjects().cohort(seed=0)
    >>> data
    Data('simulated-subjects', 192 cases x 100 features, 144 'positive', simulated)
    >>> len(set(data.groups))
    32
    """

    n_cases: int = 192
    n_positive: int = 144
    n_recordings: int = 6
    n_panel: int = 20
    effects: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 0.9)
    strength: float = 0.75

    _NAME: ClassVar[str] = "simulated-subjects"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need(self.n_recordings >= 1, "n_recordings", "1 or greater")
        for name in ("n_cases", "n_positive"):
            whole = getattr(self, name) % self.n_recordings == 0
            self._need(whole, name, f"a multiple of n_recordings = {self.n_recordings}")
        self._need(self.n_panel >= 1, "n_panel", "1 or greater")
        in_range = len(self.effects) > 0 and all(0 <= effect < 1 for effect in self.effects)
        self._need(in_range, "effects", "one or more numbers in [0, 1)")
        self._need_strength()

    @property
    def n_features(self) -> int:
        """How many features a recording has, in all panels."""
        return self.n_panel * len(self.effects)

    @property
    def _each(self) -> int:
        return self.n_recordings

    @property
    def shift(self) -> float:
        """By how many standard deviations a feature's mean differs between the classes."""
        return shift_of(self.strength, self.n_panel)

    def _draw(self, y: Integers, rng: np.random.Generator, *, fresh: bool) -> Data:
        each = 1 if fresh else self.n_recordings
        subject = np.repeat(np.arange(len(y)), each)
        shared = np.repeat(np.sqrt(self.effects), self.n_panel)
        width = len(shared)
        X = self.shift * y[subject, None] + shared * rng.standard_normal((len(y), width))[subject]
        X += np.sqrt(1 - shared**2) * rng.standard_normal((len(subject), width))
        # the recordings of a subject do not stand together: the order of the rows tells nothing
        order = rng.permutation(len(subject))
        names = tuple(f"effect_{effect:g}_{i + 1}" for effect in self.effects for i in range(self.n_panel))
        groups = np.array([f"subject_{number + 1}" for number in subject[order]])
        return self._data(X[order], y[subject[order]], names, groups=groups)

    def _describe(self) -> tuple[str, str]:
        title = (
            f"Simulated subjects: {self.n_recordings} recordings of each of "
            f"{self.n_cases // self.n_recordings}, "
            f"{len(self.effects)} panels of {self.n_panel} features"
        )
        effects = ", ".join(f"{effect:g}" for effect in self.effects)
        return title, (
            f"The subject's own share of a feature's variance is {effects} by panel; the best observer of a "
            f"panel has an AUC of {self.strength:g} on strangers in each."
        )
