"""What a verdict may know: facts of the design, read from a cube, never from its scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from varbench.effects import (
    Shares,
    attribute,
    by_cohort,
    copies,
    declared,
    design_of,
    external_kind,
    greater_is_better,
    primary,
)
from varbench.errors import StatisticsError, unknown
from varbench.metrics import ScoreStatus, label_of
from varbench.verdict.words import inside

if TYPE_CHECKING:
    import xarray as xr

_DONE, _FAILED = 1, 2


@dataclass(frozen=True)
class Leak:
    """One step that sees rows which it should not, as a procedure's order of steps tells it.

    Parameters
    ----------
    step : str
        The step's name.
    kind : {"estimate", "choice"}
        Whether the test rows are seen, or only the validation rows of an inner split.
    code : str
        Its class in the leakage taxonomy.
    what, cure : str
        What happens, and what to do instead.
    how : {"learns", "copies", "groups"}
        By learning from the rows; or by copies or groups, of which each run measures how many cross the
        split.
    """

    step: str
    kind: str
    code: str
    what: str
    cure: str
    how: str = "learns"

    @classmethod
    def read(cls, stored: Mapping[str, str]) -> Leak:
        """Read a leak as a cube stores it."""
        by_code = {"L1.4": "copies", "L3.2": "groups"}.get(stored.get("code", ""), "learns")
        known = {name: stored.get(name, "") for name in ("step", "kind", "code", "what", "cure")}
        return cls(**known, how=stored.get("how", by_code))


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a verdict reads beside the results.

    Parameters
    ----------
    first, second : str
        The two procedures; a positive difference favours the first.
    metric, label : str
        The primary metric and how it is written.
    greater_is_better : bool
        Its direction.
    margin : float or None
        The smallest difference that matters, declared before the run.
    gamma, confidence_level : float
        Declared likewise.
    data : str
        The name of the data.
    n_cases, n_positive, n_features : int or None
        Of a cohort; None where the cube does not say.
    n_groups : int or None
        Of the groups, where several cases are of one.
    positive : str
        The positive class, empty with more than two.
    simulated, unverified : bool
        Whether the data come from a simulator, or from a file that nobody has published a hash of.
    varied, fixed, absent : tuple of str
        Sources of variation: drawn anew in each repeat, kept, not in the study.
    pairing : {"exact", "group", "none"}
        Of the test rows.
    n_repeats : int
        Repeats in which both procedures are done; cohorts, where these are crossed with other sources.
    n_folds, n_data_sets : int
        Outer folds; data sets.
    predictions : bool
        Whether they are kept.
    failed, undefined : mapping of str to int
        Runs that failed, and scores that are undefined, by procedure.
    leaks : mapping of str to (tuple of Leak or None)
        By procedure; None where it was not checked.
    shares : mapping of str to Shares
        Copies, relatives and groups across the split, by procedure.
    external : {"", "population", "file"}
        What every fitted model was scored on as well.
    external_name : str
        The external set.
    n_external : int
        Its rows, or those of a truth sample.
    n_external_groups : int or None
        The groups of these rows, where several are of one.
    external_by_group : bool
        Whether these groups are drawn whole; not in older cubes, which do not tell whose each row is.
    published : mapping
        Published figures: ``title``, ``source``, ``procedures``.
    preset : str
        The preset, empty for the protocol itself.
    overrides : tuple of str
        What was set after the runs, each in a few words.
    mixed_versions : bool
        Whether runs were made with different versions.
    study, question : str
        The study.
    design : {"joint", "crossed", "one"}
        How the sources were varied: together, each with each, or one at a time.
    hints : tuple of str
        What was taken of a table, and what its user could say to get a less cautious verdict.
    from_table : bool
        Whether scores or predictions are all there is: then nobody has seen the order of steps.
    procedures : tuple of str
        All that are compared, where these are more than two; the verdict is then one of them together.
    """

    first: str
    second: str
    metric: str
    label: str
    greater_is_better: bool
    margin: float | None
    pairing: str
    n_repeats: int
    gamma: float = 0.75
    confidence_level: float = 0.95
    data: str = ""
    n_cases: int | None = None
    n_positive: int | None = None
    n_features: int | None = None
    n_groups: int | None = None
    positive: str = ""
    simulated: bool = False
    unverified: bool = False
    varied: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    n_folds: int = 1
    n_data_sets: int = 1
    predictions: bool = True
    failed: Mapping[str, int] = field(default_factory=dict)
    undefined: Mapping[str, int] = field(default_factory=dict)
    leaks: Mapping[str, tuple[Leak, ...] | None] = field(default_factory=dict)
    shares: Mapping[str, Shares] = field(default_factory=dict)
    external: str = ""
    external_name: str = ""
    n_external: int = 0
    n_external_groups: int | None = None
    external_by_group: bool = False
    published: Mapping[str, Any] = field(default_factory=dict)
    preset: str = ""
    overrides: tuple[str, ...] = ()
    mixed_versions: bool = False
    study: str = ""
    question: str = ""
    design: str = "joint"
    hints: tuple[str, ...] = ()
    from_table: bool = False
    procedures: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All that are compared."""
        return self.procedures or (self.first, self.second)

    @property
    def n_pairs(self) -> int:
        """How many pairs are looked at."""
        return len(self.names) * (len(self.names) - 1) // 2

    @property
    def n_units(self) -> int | None:
        """What a cohort counts: its groups, where several cases are of one, else its cases."""
        return self.n_groups or self.n_cases

    @property
    def units(self) -> str:
        """The same in the plural, for sentences."""
        return "groups" if self.n_groups else "patients"

    @property
    def measure(self) -> str:
        """The metric, as it stands within a sentence."""
        return inside(self.label)

    @property
    def cohort_varied(self) -> bool:
        """Whether the cohorts are drawn anew: one in each repeat, or each crossed with the other sources."""
        return "cohort" in self.varied and self.design != "one"

    @property
    def re_split(self) -> bool:
        """Whether each repeat splits one cohort anew."""
        return "split" in self.varied and not self.cohort_varied

    @property
    def over(self) -> str:
        """What is counted, in the plural, for headings and sentences."""
        if self.n_data_sets > 1:
            return "data sets"
        if self.cohort_varied:
            return "simulated cohorts" if self.simulated else "cohorts drawn anew"
        return "re-splits" if self.re_split and self.design == "joint" else "repeats"

    @property
    def leaking(self) -> tuple[str, ...]:
        """The procedures whose scores are invalid by construction."""
        return tuple(name for name in self.names if self.learning(name) or self.crossing(name))

    def learning(self, procedure: str) -> tuple[Leak, ...]:
        """Give the steps of a procedure that learn from test rows."""
        return tuple(leak for leak in self._estimate_leaks(procedure) if leak.how == "learns")

    def crossing(self, procedure: str) -> tuple[str, ...]:
        """Give what of a procedure's rows crosses the split: copy, relative, group.

        Recorded shares decide; where none were recorded, what the order of steps says.
        """
        shares = self.shares.get(procedure)
        measured = shares.overall if shares is not None else {}
        found = [relation for relation, share in measured.items() if share]
        for how, relation in (("copies", "copy"), ("groups", "group")):
            expected = any(leak.how == how for leak in self._estimate_leaks(procedure))
            if expected and measured.get(relation) is None and relation not in found:
                found.append(relation)
        return tuple(found)

    def harmless(self, procedure: str) -> tuple[Leak, ...]:
        """Give the samplers left of the split of which nothing crosses it: no leak by the recorded shares."""
        if self.crossing(procedure):
            return ()
        return tuple(leak for leak in self._estimate_leaks(procedure) if leak.how != "learns")

    def choices(self, procedure: str) -> tuple[Leak, ...]:
        """Give the steps of a procedure that show an inner split its validation rows."""
        return tuple(leak for leak in self.leaks.get(procedure) or () if leak.kind == "choice")

    def _estimate_leaks(self, procedure: str) -> tuple[Leak, ...]:
        return tuple(leak for leak in self.leaks.get(procedure) or () if leak.kind == "estimate")


def facts(
    cube: xr.Dataset, first: str | None = None, second: str | None = None, *, pairing: str | None = None
) -> Facts:
    """Read from a cube what a verdict on two of its procedures needs to know.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    first, second : str, optional
        Two of its procedures; those that its study compares by default.
    pairing : {"exact", "group", "none"}, optional
        Of their test rows; found from the cube where it is not given.

    Returns
    -------
    Facts
        No score is read.

    Raises
    ------
    StatisticsError
        If a name is not in the cube, or it has one procedure only.
    """
    first, second = compared(cube, first, second)
    if pairing is None:
        from varbench.cube import pairing as pairing_in

        pairing = pairing_in(cube, first, second)
    metric = primary(cube)
    status = cube["status"].sel(procedure=[first, second]).values
    (counted,) = by_cohort(cube, np.where((status == _DONE).all(axis=0), 1.0, np.nan))
    margin = declared(cube, "margin")
    data = attribute(cube, "data", {})
    events = data.get("n_positive", data.get("events"))
    external = attribute(cube, "external") or {}
    return Facts(
        first=first, second=second, metric=metric, label=label_of(metric), pairing=pairing,
        greater_is_better=greater_is_better(cube, metric), margin=None if margin is None else float(margin),
        gamma=float(declared(cube, "gamma", 0.75)), n_repeats=int(np.isfinite(counted).sum()),
        confidence_level=float(declared(cube, "confidence_level", 0.95)),
        data=str(data.get("name", "")), n_cases=data.get("n_cases"), n_positive=events,
        n_features=data.get("n_features"), n_groups=_groups(data), positive=_positive(cube),
        simulated=bool(data.get("simulated", False)),
        unverified=bool(data.get("unverified", False)), n_folds=int(cube.sizes["fold"]),
        **_sources(cube), predictions="y_score" in cube,
        failed={name: int((row == _FAILED).sum()) for name, row in zip((first, second), status, strict=True)},
        undefined=_undefined(cube, metric, (first, second)), leaks=leaks_of(cube),
        shares={name: copies(cube, name) for name in (first, second)},
        external=external_kind(cube), external_name=str(external.get("name", "")),
        n_external=int(cube.sizes.get("external_row", 0)), n_external_groups=_groups(external),
        external_by_group=bool(attribute(cube, "external_groups")),
        published=attribute(cube, "published", {}),
        preset=str(cube.attrs.get("preset", "")), overrides=_overrides(cube),
        mixed_versions=bool(cube.attrs.get("mixed_versions", False)),
        study=str(cube.attrs.get("study", "")), question=str(cube.attrs.get("question", "")),
        design=design_of(cube),
    )  # fmt: skip


def compared(cube: xr.Dataset, first: str | None, second: str | None) -> tuple[str, str]:
    """Which two procedures are meant?

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    first, second : str or None
        Those named.

    Returns
    -------
    (str, str)
        What is not named is taken from the pair that the study compares, else from the first procedures.

    Raises
    ------
    StatisticsError
        If a name is not in the cube, or there are no two.
    """
    names = [str(name) for name in cube["procedure"].values]
    for name in (first, second):
        if name is not None and name not in names:
            raise StatisticsError(unknown("procedure", name, names))
    usual = [name for name in attribute(cube, "compared") or names if name in names]
    left = [name for name in [*usual, *names] if name not in (first, second)]
    if first is None and left:
        first = left.pop(0)
    if second is None and first is not None:
        second = next((name for name in left if name != first), None)
    if first is None or second is None or first == second:
        raise StatisticsError(f"two procedures are needed for a comparison; the cube has {', '.join(names)}")
    return first, second


def _groups(data: Mapping[str, Any]) -> int | None:
    number = (data.get("groups") or {}).get("number")
    return None if number is None or number == data.get("n_cases") else int(number)


def _positive(cube: xr.Dataset) -> str:
    classes = cube["class"].values
    return str(classes[1]) if len(classes) == 2 else ""


def _sources(cube: xr.Dataset) -> dict[str, Any]:
    found: dict[str, list[str]] = {"varied": [], "fixed": [], "absent": []}
    for source, entry in attribute(cube, "sources", {}).items():
        found.get(entry["state"], found["absent"]).append(source)
    return {state: tuple(sources) for state, sources in found.items()}


def leaks_of(cube: xr.Dataset) -> dict[str, tuple[Leak, ...] | None]:
    """Give the leaks of each procedure of a cube, in its order; None where they were not checked."""
    stored = attribute(cube, "leaks", {})
    return {
        name: None if stored.get(name) is None else tuple(Leak.read(leak) for leak in stored[name])
        for name in (str(procedure) for procedure in cube["procedure"].values)
    }


def _undefined(cube: xr.Dataset, metric: str, procedures: tuple[str, str]) -> dict[str, int]:
    """Count scores that are undefined, by their status."""
    stored = ScoreStatus.DEFINED, ScoreStatus.NO_PREDICTED_POSITIVES, 255
    status = cube["score_status"].sel(metric=metric)
    return {name: int((~np.isin(status.sel(procedure=name).values, stored)).sum()) for name in procedures}


def _overrides(cube: xr.Dataset) -> tuple[str, ...]:
    """Put what was set after the runs into words, one phrase an entry."""
    return tuple(
        f"{entry['name']} = {entry['value']} (after {entry.get('runs', 'some')} runs)"
        for entry in attribute(cube, "overrides") or []
    )
