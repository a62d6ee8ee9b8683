"""`Study`: one question, with the data, procedures, metrics and sources that answer it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from varbench.errors import InputError, StudyError, unknown
from varbench.metrics import Metric, resolve
from varbench.procedure import Procedure
from varbench.study.draws import check_design

if TYPE_CHECKING:
    import xarray as xr

    from varbench.data import Data, Population

#: What a preset may hold.
PRESET_KEYS = ("data", "set", "vary", "design", "repeats")
#: A procedure, or ``(data, seeds) -> predictions``.
AnyProcedure = Procedure | Callable[..., Any]


@dataclass(kw_only=True)
class Study:
    """One question, and all that is needed to answer it.

    Parameters
    ----------
    question : str
        The question, as a sentence.
    data : str, Data, Population, or several of them
        The default data: a name of ``varbench list data``, a path, data at hand, or a simulated population; a
        pattern as ``"radmlbench/*"``, a list or a mapping of names to data for several data sets.
    procedures : mapping of str to Procedure or callable
        The procedures, by name. A callable ``(data, seeds) -> predictions`` is accepted wherever a Procedure is.
    primary : str
        The metric that the verdict is about.
    margin : float, optional
        The smallest difference that matters, in units of the primary metric.
    gamma : float
        The P(A>B) that is called meaningful.
    metrics : sequence of str or callable
        Further metrics.
    vary : sequence of str
        The sources of variation that vary; the others are fixed. In a design that is not joint each with its number
        of draws, as ``"split:20"``.
    design : {"joint", "crossed", "one"}
        Each repeat draws all of them anew; each draw of one meets each of every other; or one source at a time.
    repeats : int
        How many joint draws; the other designs have as many repeats as their numbers make.
    default : sequence of str, optional
        The procedures that run when none are asked for; all by default.
    compare : (str, str), optional
        The two procedures that the verdict compares, first minus second; the first two by default.
    equal : (str, str), optional
        Two procedures that are equal in the population by construction: whatever calls them different, errs. It
        changes no run.
    pairs : mapping of str to (str, str)
        Pairs of procedures that belong together, each by a few words: the one with a pitfall, and the same without.
        The report says of each pair how much it matters. It changes no run.
    axis : str
        What changes along :attr:`lines`, in words and with its unit.
    lines : mapping of str to mapping of float to str
        Procedures that differ in a number: by the name of a line, the number to the procedure. The report draws the
        score over the number, a line each. Where the number is one of cases, infinity stands for all there are, and
        points that ask for as many or more do not run.
    covers : mapping of str to (str, str)
        By a few words, a procedure that cross-validates without a part of the rows (:class:`WithoutOne`), each part in
        turn, and one that is tested on that part: the report says how often the interval of the first covers the
        score of the second. It changes no run.
    monitored : mapping of str to int
        Procedures whose score is watched over time, each fold a period, with how many of the tested periods, the first
        ones, set the limits. It changes no run.
    own : sequence of str
        Procedures that go with the study's own data alone, as those that pick columns of its simulator: on other
        data they do not run unless they are asked for.
    regression : mapping of str to object
        What of all this is different where the outcome of the data is a number: ``procedures``, ``primary``,
        ``metrics``, ``margin`` and so on.
    training : bool
        Whether each model is scored on the rows that it was fitted on, too: what overfitting shows in.
    presets : mapping of str to mapping
        Named shortcuts: ``data``, ``set``, ``vary``, ``design`` and ``repeats``.
    published : mapping
        Published figures: ``title``, ``source``, ``procedures`` (name to metric to (mean, SD)), and ``text``: what is
        no score of one procedure, in a sentence.
    folds : int, optional
        Outer folds that callable procedures return.
    truth_rows : int
        Fresh rows a repeat on which every fitted model is scored, where the data have a population.
    confidence_level : float
        Of every interval.
    name, source : str
        The name and the text of the study's file; filled in when it is loaded.

    Raises
    ------
    StudyError
        If a name stands for nothing, or a number is out of its range.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import StratifiedKFold
    >>> from varbench.procedure import Procedure, Split
    >>> cv = StratifiedKFold(3, shuffle=True)
    >>> study = Study(question="How good is a line?", data="wdbc", primary="roc_auc", vary=["split"],
    ...               procedures={"line": Procedure([Split(cv), LogisticRegression(C=0.01, max_iter=5000)])})
    >>> cube = study.run(repeats=2)
    >>> dict(cube.score.sizes)
    {'procedure': 1, 'repeat': 2, 'fold': 3, 'metric': 1}
    """

    question: str
    data: str | Data | Population | Sequence[Any] | Mapping[str, Any]
    procedures: Mapping[str, AnyProcedure]
    primary: str
    vary: Sequence[str]
    margin: float | None = None
    gamma: float = 0.75
    metrics: Sequence[Any] = ()
    design: str = "joint"
    repeats: int = 100
    default: Sequence[str] | None = None
    compare: tuple[str, str] | None = None
    equal: tuple[str, str] | None = None
    pairs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    axis: str = ""
    lines: Mapping[str, Mapping[float, str]] = field(default_factory=dict)
    covers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    monitored: Mapping[str, int] = field(default_factory=dict)
    own: Sequence[str] = ()
    regression: Mapping[str, Any] = field(default_factory=dict)
    training: bool = False
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    published: Mapping[str, Any] = field(default_factory=dict)
    folds: int | None = None
    truth_rows: int = 2000
    confidence_level: float = 0.95
    name: str = "study"
    source: str = ""

    def __post_init__(self) -> None:
        if not self.procedures:
            raise StudyError("a Study needs at least one procedure")
        for name, procedure in self.procedures.items():
            if not isinstance(procedure, Procedure) and not callable(procedure):
                raise StudyError(
                    f"the procedure {name!r} is neither a Procedure nor a callable; got {procedure!r}"
                )
        paired = [name for pair in self.pairs.values() for name in pair]
        paired += [*(name for pair in self.covers.values() for name in pair), *self.monitored]
        paired += [name for points in self.lines.values() for name in points.values()]
        for name in [*(self.default or ()), *(self.compare or ()), *(self.equal or ()), *self.own, *paired]:
            if name not in self.procedures:
                raise StudyError(unknown("procedure", name, self.procedures))
        if self.equal is not None and len(set(self.equal)) != 2:
            raise StudyError(f"equal={self.equal!r}: must be two procedures")
        for title, pair in self.pairs.items():
            if isinstance(pair, str) or len(pair) != 2 or len(set(pair)) != 2:
                raise StudyError(f"pairs: {title!r} must be two procedures; got {pair!r}")
        for line, points in self.lines.items():
            if not all(isinstance(x, int | float) and x > -math.inf for x in points):
                raise StudyError(f"lines: {line!r} must map numbers to procedures; got {list(points)!r}")
        for one in (self.repeats, *(preset.get("repeats", 1) for preset in self.presets.values())):
            if not isinstance(one, int) or isinstance(one, bool) or one < 1:
                raise StudyError(f"repeats={one!r}: must be a whole number, 1 or more")
        if isinstance(self.vary, str) or isinstance(self.metrics, str):
            raise StudyError("vary and metrics are lists: vary=['split']")
        self._check_designs()
        self._check_regression()
        if self.margin is not None and not 0 < self.margin < math.inf:
            raise StudyError(f"margin={self.margin!r}: must be greater than 0, or None")
        if not 0.5 < self.gamma < 1:
            raise StudyError(f"gamma={self.gamma!r}: must be between 0.5 and 1")
        if not 0 < self.confidence_level < 1:
            raise StudyError(f"confidence_level={self.confidence_level!r}: must be between 0 and 1")
        self.all_metrics()

    def _check_designs(self) -> None:
        designs = [("the study", self.design, self.vary, True)]
        for name, preset in self.presets.items():
            for key in preset:
                if key not in PRESET_KEYS:
                    raise StudyError(unknown(f"key in the preset {name}", key, PRESET_KEYS))
            kind = preset.get("design", self.design)
            designs.append((f"the preset {name}", kind, preset.get("vary", self.vary), "vary" in preset))
            if kind != "joint" and "repeats" in preset:
                raise StudyError(
                    f"the preset {name}: the design {kind!r} has as many repeats as its numbers of draws make, "
                    "so that it takes no repeats; set them in vary"
                )
        for what, kind, vary, own in designs:
            try:
                check_design(kind, vary, by_hand=own)
            except InputError as error:
                raise StudyError(f"{what}: {error}") from None

    def _check_regression(self) -> None:
        known = [name for name in self.__dataclass_fields__ if name != "regression"]
        for key in self.regression:
            if key not in known:
                raise StudyError(unknown("key of regression", key, known))
        if self.regression:
            self.for_outcome(numeric=True)

    def for_outcome(self, *, numeric: bool) -> Study:
        """Give the study as it is for an outcome of this kind.

        Parameters
        ----------
        numeric : bool
            Whether the outcome is a number.

        Returns
        -------
        Study
            With what :attr:`regression` says in its place where it is.

        Raises
        ------
        StudyError
            If what it says cannot be.
        """
        return replace(self, regression={}, **self.regression) if numeric and self.regression else self

    def all_metrics(self) -> tuple[Metric, ...]:
        """Give the metrics, the primary one first."""
        return resolve([self.primary, *(metric for metric in self.metrics if metric != self.primary)])

    def chosen(
        self, names: Sequence[str] | None = None, *, every: bool = False, other_data: bool = False
    ) -> dict[str, AnyProcedure]:
        """Give the procedures of some names.

        Parameters
        ----------
        names : sequence of str, optional
            Names; those that run by default where none are given.
        every : bool
            Whether all are meant where none are given.
        other_data : bool
            Whether the data are not the study's own: :attr:`own` are not meant then, unless they are named.

        Returns
        -------
        dict of str to Procedure or callable
            In the order of the names.

        Raises
        ------
        InputError
            If a name is not one of the study's.
        """
        for name in names or ():
            if name not in self.procedures:
                raise InputError(unknown("procedure", name, self.procedures))
        left_out = self.own if other_data and not names else ()
        running = names or (None if every else self.default) or self.procedures
        return {name: self.procedures[name] for name in running if name not in left_out}

    def run(
        self,
        *,
        data: str | Path | Data | Sequence[Any] | Mapping[str, Any] | None = None,
        repeats: int | None = None,
        seed: int | None = None,
        set: Mapping[str, Any] | None = None,
        vary: Sequence[str] | None = None,
        fix: Sequence[str] | None = None,
        design: str | None = None,
        preset: str | None = None,
        procedures: Sequence[str] | None = None,
        external: str | Path | Data | None = None,
        align: str | None = None,
        missing: str | None = None,
        jobs: int = 1,
        backend: str = "loky",
        scheduler: str | None = None,
        out: str | Path | None = None,
        retry_failed: bool = False,
        allow_versions: bool = False,
        anonymous: bool = False,
        progress: bool = False,
    ) -> xr.Dataset:
        """Run the study, or what is missing of it.

        Parameters
        ----------
        data : str, Path, Data, or several of them, optional
            Other data than the study's own. Several are a pattern (``"radmlbench/*"``), names with commas, a list,
            or a mapping of names to data: each gets a cube of its own in ``out/NAME``, one that fails stops no
            other, and what comes back has the scores of all along the dimension ``dataset``.
        repeats : int, optional
            The total of repeats, those that are there already included; only of a joint design.
        seed : int, optional
            The study's seed; 0 by default.
        set : mapping of str to object, optional
            Parameters by path, as ``{"forest__n_estimators": 200}``.
        vary, fix : sequence of str, optional
            Sources to vary instead of the study's; sources to take from that list.
        design : {"joint", "crossed", "one"}, optional
            Another design than the study's; the last two need a number of draws for each source, as ``"split:20"``.
        preset : str, optional
            One of the study's presets.
        procedures : sequence of str, optional
            Which procedures to run.
        external : str, Path or Data, optional
            A table that every fitted model is scored on as well.
        align : str, optional
            How its columns are matched: ``strict`` (by default), ``intersect``, or a TOML file that maps names.
        missing : {"error", "drop", "impute"}, optional
            What to do with rows that miss features: refuse (by default), drop them, or impute right of ``Split``.
        jobs : int
            Worker processes.
        backend : {"loky", "dask"}
            Where the workers are.
        scheduler : str, optional
            The Dask scheduler's address.
        out : str or Path, optional
            The folder of the cube; in memory where none is given.
        retry_failed : bool
            Whether to run failed runs again.
        allow_versions : bool
            Whether to extend a cube that other versions of the libraries made, and mark it.
        anonymous : bool
            Whether to keep numbers instead of the samples' ids.
        progress : bool
            Whether to show progress on the standard error stream.

        Returns
        -------
        xarray.Dataset
            The cube.

        Raises
        ------
        VarbenchError
            Before any work, if something cannot be as it is asked for.
        """
        from varbench.engine import is_collection, plan_collection, resumed, run, run_collection
        from varbench.study.plan import plan
        from varbench.study.request import Request

        request = Request(
            data=data, seed=seed, set=set, vary=vary, fix=fix, design=design, preset=preset, procedures=procedures,
            external=external, align=align, missing=missing,
        )  # fmt: skip
        options: dict[str, Any] = {
            "repeats": repeats, "jobs": jobs, "backend": backend, "scheduler": scheduler, "out": out,
            "retry_failed": retry_failed, "allow_versions": allow_versions, "anonymous": anonymous,
            "progress": progress,
        }  # fmt: skip
        if is_collection(self, request, out):
            return run_collection(plan_collection(self, request, out), **options)
        return run(plan(self, resumed(request, out, self)), **options)
