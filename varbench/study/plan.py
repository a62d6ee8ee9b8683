"""From a study and what its user asks for to a plan: everything settled and checked before any work."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from varbench.accelerate import Engine, accelerated, choose_engine
from varbench.data import Alignment, Data, align, is_here, is_several, load_data, members_of
from varbench.errors import DataError, InputError, unknown
from varbench.metrics import Metric, check_outcome, shipped_metric
from varbench.procedure import Procedure, Subsample
from varbench.procedure.paths import apply
from varbench.procedure.steps import Step, inner_split, kind_of
from varbench.study.checks import check_data, check_sources, unread, whole
from varbench.study.describe import code_digest, describe, digest
from varbench.study.draws import JOINT, Draws, check_design, draws_of, names_of
from varbench.study.kinds import check_kinds
from varbench.study.missing import without_missing
from varbench.study.request import Request
from varbench.study.smaller import without_whole
from varbench.study.study import AnyProcedure, Study
from varbench.study.versions import numeric_versions


@dataclass(frozen=True)
class Work:
    """What a worker needs for any run of a plan.

    Parameters
    ----------
    procedures : tuple of Procedure or callable
        The procedures, with everything set.
    data : Data
        The cohort, or the first draw of it.
    external : Data or None
        An external table.
    metrics : tuple of Metric
        The primary one first.
    seed : int
        The study's seed.
    varied : frozenset of str
        The sources that each repeat draws anew.
    n_folds : int
        Outer folds, the most of any procedure.
    truth_rows : int
        Fresh rows a repeat; 0 without a population.
    forest_engine : str
        The forest that must run: ``scikit-learn-intelex`` or ``scikit-learn``.
    columns : ndarray of int, optional
        Which of a simulator's features are used; all where there is none.
    draws : Draws
        Which draw of each varied source a repeat takes.
    training : bool
        Whether models are scored on the rows that they were fitted on, too.
    """

    procedures: tuple[AnyProcedure, ...]
    data: Data
    external: Data | None
    metrics: tuple[Metric, ...]
    seed: int
    varied: frozenset[str]
    n_folds: int
    truth_rows: int
    forest_engine: str
    columns: NDArray[np.int64] | None = field(default=None, hash=False)
    draws: Draws = JOINT
    training: bool = False

    def realization(self, source: str, repeat: int) -> int:
        """Give which draw of a source a repeat takes; 0 of one that is fixed."""
        return self.draws.realization(source, repeat) if source in self.varied else 0


@dataclass(frozen=True)
class Plan:
    """A study with everything settled.

    Parameters
    ----------
    study : Study
        The study.
    request : Request
        What was asked for.
    work : Work
        What the workers need.
    procedures : mapping of str to Procedure or callable
        The procedures by name as the study writes them, before any is replaced by a faster equal.
    repeats : int
        How many are run when no number is asked for; in a design that is not joint, all that there are.
    sources : mapping of str to mapping
        Source to its ``state`` and its ``readers``.
    settings : mapping of str to object
        All that may change a score, as plain values.
    engine : Engine
        Which forest runs, and why that one.
    alignment : Alignment or None
        How the external table's columns were matched.
    notes : tuple of str
        What the user should hear before the run.
    """

    study: Study
    request: Request
    work: Work
    procedures: Mapping[str, AnyProcedure]
    repeats: int
    sources: Mapping[str, Mapping[str, Any]]
    settings: Mapping[str, Any]
    engine: Engine
    alignment: Alignment | None = None
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The procedures' names."""
        return tuple(self.procedures)

    @property
    def compared(self) -> tuple[str, str] | None:
        """The two procedures of the verdict, or None where one runs alone."""
        asked = self.study.compare
        if asked is not None and set(asked) <= set(self.names):
            return asked
        return (self.names[0], self.names[1]) if len(self.names) > 1 else None

    @property
    def pairs(self) -> dict[str, tuple[str, str]]:
        """The pairs of which both procedures run, by their titles."""
        return {
            title: (first, second)
            for title, (first, second) in self.study.pairs.items()
            if {first, second} <= set(self.names)
        }

    @property
    def covers(self) -> dict[str, tuple[str, str]]:
        """What is held against what was left out, where both procedures run."""
        found = self.study.covers.items()
        return {title: (inside, out) for title, (inside, out) in found if {inside, out} <= set(self.names)}

    @property
    def lines(self) -> dict[str, tuple[tuple[float, str], ...]]:
        """The points of each line whose procedures run: where on the axis, and which procedure.

        Infinity is all there is: it becomes the number of cases.
        """
        all_cases = self.work.data.n_cases
        found = {
            line: tuple(
                (float(all_cases if math.isinf(x) else x), name)
                for x, name in sorted(points.items())
                if name in self.names
            )
            for line, points in self.study.lines.items()
        }
        return {line: points for line, points in found.items() if points}

    @property
    def equal(self) -> tuple[str, str] | None:
        """The two procedures that are equal by construction, where both run."""
        pair = self.study.equal
        return pair if pair is not None and set(pair) <= set(self.names) else None


def plan(study: Study, request: Request, *, every: bool = False) -> Plan:
    """Settle and check what is asked for.

    Parameters
    ----------
    study : Study
        The study.
    request : Request
        What its user asks for.
    every : bool
        Whether all procedures are meant where none are asked for: to be looked at, not to be run.

    Returns
    -------
    Plan
        Ready to run. Of several data sets, on the first that can be had: it stands for all where nothing is run.

    Raises
    ------
    VarbenchError
        If anything cannot be as it is asked for.
    """
    preset = _preset(study, request.preset)
    values = {**preset.get("set", {}), **(request.set or {})}
    engine_asked = values.pop("forest_engine", "auto")
    seed = whole("seed", 0 if request.seed is None else request.seed, 0)
    other = _is_other(study, request)
    # Which procedures there are can hang on the outcome; else mistakes are told before any file is fetched.
    early = _load(asked_data(study, request), request, seed) if study.regression else None
    if early is not None:
        study = study.for_outcome(numeric=early[0].numeric)
    procedures = {
        name: p.copy() if isinstance(p, Procedure) else p
        for name, p in study.chosen(request.procedures, every=every, other_data=other).items()
    }
    apply(procedures, values)
    loaded, several = early or _load(asked_data(study, request), request, seed)
    data, procedures, notes = without_missing(loaded, procedures, request.missing or "error")
    if request.procedures is None:
        procedures, whole_cohorts = without_whole(study, procedures, data)
        notes += whole_cohorts
    external, alignment = None, None
    check_outcome(study.all_metrics(), numeric=data.numeric)
    check_kinds(procedures, data)
    if request.external is not None:
        data, external, alignment = align(
            data, request.external, how=request.align or "strict", **_external_options(request)
        )
    by_hand = request.vary is not None
    asked = preset.get("vary") if request.vary is None else request.vary
    vary = study.vary if asked is None else asked
    design = preset.get("design", study.design) if request.design is None else request.design
    kept = [entry for entry in vary if names_of([entry])[0] not in (request.fix or ())]
    check_design(design, kept, by_hand=by_hand)
    sources = check_sources(study, procedures, data, asked, request.fix, by_hand=by_hand)
    varied = frozenset(name for name, entry in sources.items() if entry["state"] == "varied")
    notes += (*several, *check_data(procedures, data), *unread(study, sources, data))
    engine = choose_engine([p for p in procedures.values() if isinstance(p, Procedure)], engine_asked)
    work = Work(
        procedures=tuple(accelerated(procedure, engine.name) for procedure in procedures.values()),
        data=data, external=external, metrics=study.all_metrics(), seed=seed, varied=varied,
        n_folds=_folds(study, procedures, data),
        truth_rows=study.truth_rows if data.population is not None and external is None else 0,
        forest_engine=engine.name, columns=_columns(loaded, data), draws=draws_of(design, vary, tuple(varied)),
        training=study.training,
    )  # fmt: skip
    settings = _settings(study, procedures, work)
    repeats = int(preset.get("repeats", study.repeats)) if work.draws.joint else work.draws.total
    return Plan(study, request, work, procedures, repeats, sources, settings, engine, alignment, notes)


def _settings(study: Study, procedures: Mapping[str, AnyProcedure], work: Work) -> dict[str, Any]:
    external = work.external
    return {
        "study": study.name,
        "code": code_digest(study.source),
        "procedures": {name: describe(procedure) for name, procedure in procedures.items()},
        "data": {"name": work.data.name, "hash": data_hash(work.data)},
        "external": None if external is None else {"name": external.name, "hash": external.hash()},
        "seed": work.seed,
        "varied": sorted(work.varied),
        # Cubes that were made before there were other designs than the joint one do not say so.
        **({} if work.draws.joint else {"design": f"{work.draws.kind} {work.draws.spelled}"}),
        "metrics": [
            metric.name if shipped_metric(metric.name) else describe(metric.function)
            for metric in work.metrics
        ],
        "folds": work.n_folds,
        **({"training": True} if work.training else {}),  # as with the design
        "truth_rows": work.truth_rows,
        "versions": {**numeric_versions(work.forest_engine), "forest_engine": work.forest_engine},
    }


def _columns(whole: Data, aligned: Data) -> NDArray[np.int64] | None:
    """Give which of a simulator's features the alignment kept, in its order; None where it kept all as they were."""
    if whole.population is None or whole.feature_names == aligned.feature_names:
        return None
    place = {name: number for number, name in enumerate(whole.feature_names)}
    return np.array([place[name] for name in aligned.feature_names])


def data_hash(data: Data) -> str:
    """Give the identity of data: of a simulator its settings, since each cohort is another draw."""
    return data.hash() if data.population is None else digest(data.population.settings())


def _preset(study: Study, name: str | None) -> Mapping[str, Any]:
    if name is None:
        return {}
    if name not in study.presets:
        raise InputError(
            unknown("preset", name, study.presets) + ("" if study.presets else "; this study has none")
        )
    return study.presets[name]


def _is_other(study: Study, request: Request) -> bool:
    """Tell whether the data are not the study's own."""
    return request.data is not None and not (
        isinstance(request.data, str) and request.data == getattr(study.data, "name", study.data)
    )


def asked_data(study: Study, request: Request) -> Any:
    """Give the data that are meant: those asked for, else the preset's, else the study's own."""
    if request.data is not None:
        return request.data
    return _preset(study, request.preset).get("data", study.data)


def _load(source: Any, request: Request, seed: int) -> tuple[Data, tuple[str, ...]]:
    """Load the data; of several the first that can be had, and say so."""
    if isinstance(source, Data):
        return source, ()
    options = {**request.data_options, "seed": seed}
    if not is_several(source):
        return load_data(source, **options), ()
    members = members_of(source)
    there = [member for member in members if is_here(member, request.data_options.get("search"))]
    errors = []
    for member in there or members[:1]:
        try:
            data = member.load(**options)
        except DataError as error:
            errors.append(str(error))
        else:
            return data, (f"of {len(members)} data sets, {member.name} stands here for all",)
    raise DataError("; ".join(errors))


def _external_options(request: Request) -> dict[str, Any]:
    """Give what is said of the external table alone; where nothing is, it has the columns of the data's."""
    search = {"search": request.data_options["search"]} if "search" in request.data_options else {}
    return {**search, **request.external_options}


def _folds(study: Study, procedures: Mapping[str, AnyProcedure], data: Data) -> int:
    counts = [p.n_folds(data) for p in procedures.values() if isinstance(p, Procedure)]
    if study.folds is not None:
        counts.append(study.folds)
    return max(counts, default=1)


def drawn_steps(procedure: AnyProcedure) -> list[dict[str, Any]]:
    """Give the order of steps as a report draws it.

    Returns
    -------
    list of dict
        ``name``, ``text``, ``kind``, ``side`` (left, split or right), and whether the step sees the test rows and
        the validation rows of an inner split; empty for a callable.
    """
    if not isinstance(procedure, Procedure):
        return []
    last_inner = max((i for i, (_, step) in enumerate(procedure.right) if inner_split(step)), default=-1)
    left = [_drawn(step, "left", not _learns_nothing(step[1]), False) for step in procedure.left]
    right = [
        _drawn(step, "right", False, index < last_inner and kind_of(step[1]) != "split")
        for index, step in enumerate(procedure.right)
    ]
    return [*left, _drawn(("split", procedure.split), "split", False, False), *right]


def _learns_nothing(step: Any) -> bool:
    """Tell whether a step only hands rows on: fewer of them, or with other labels."""
    return isinstance(step, Subsample) or kind_of(step) == "labels"


def _drawn(step: Step, side: str, sees_test: bool, sees_validation: bool) -> dict[str, Any]:
    name, obj = step
    return {
        "name": name, "text": describe(obj), "side": side,
        # What leaves rows out evens no classes out, as samplers do.
        "kind": "subsample" if isinstance(obj, Subsample) else kind_of(obj),
        "sees_test": sees_test, "sees_validation": sees_validation,
    }  # fmt: skip


def leaks_of(procedures: Mapping[str, AnyProcedure], data: Data) -> dict[str, list[dict[str, str]] | None]:
    """Give the leaks of each procedure as plain values; None for a callable, which cannot be read."""
    return {
        name: [asdict(leak) for leak in procedure.leaks(data)] if isinstance(procedure, Procedure) else None
        for name, procedure in procedures.items()
    }
