"""What a report says, numbers and verdict, from a cube alone and apart from its forms."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from varbench.cube import attributes
from varbench.effects import (
    RATE_COLUMNS,
    batch_alone,
    by_batch,
    charts,
    compare,
    coverage,
    covered,
    error_rates,
    external_kind,
    final_truth,
    greater_is_better,
    inflation,
    is_cohort_varied,
    is_null,
    is_numeric,
    line_ranges,
    line_shares,
    lines,
    monitoring,
    optimism,
    picking,
)
from varbench.errors import InputError, unknown
from varbench.metrics import shipped_metric
from varbench.report import frames
from varbench.report.blocks import Document
from varbench.report.lining import WIDTH
from varbench.report.rescore import settled
from varbench.report.scrub import clean
from varbench.stats import Result
from varbench.verdict import Conclusion, Mattering, conclude

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from varbench.report.protocol import Record

#: What ``only=`` may be.
PARTS = ("statistics",)


@dataclass(frozen=True, eq=False)
class Report:
    """All that is said of one cube.

    Parameters
    ----------
    about : mapping
        The cube's attributes, decoded; what was set after the runs is applied.
    metrics : mapping of str to mapping
        The metrics shown, the primary one first: ``label``, ``greater_is_better``, ``low``, ``high``.
    procedures : tuple of str
        All procedures of the cube.
    main : Conclusion or None
        Facts, results and verdict of the two procedures that the study compares; None with one procedure.
    others : tuple of Conclusion
        The further pairs of procedures that the study names, and every procedure in none of them, and on no line,
        against the second of those two.
    pairs : tuple of Mattering
        The pairs that the study names, each with how much it matters.
    results : tuple of Result
        Every comparison on every metric, and the optimism of each procedure.
    frames : mapping of str to DataFrame
        The numbers of every table and figure.
    only : str or None
        ``statistics``: the bare significance report.

    Examples
    --------
    A report comes from :func:`report`; ``report(cube).frame("scores")`` is its table of scores.
    """

    about: Mapping[str, Any]
    metrics: Mapping[str, Mapping[str, Any]]
    procedures: tuple[str, ...]
    main: Conclusion | None
    others: tuple[Conclusion, ...]
    pairs: tuple[Mattering, ...]
    results: tuple[Result, ...]
    frames: Mapping[str, pd.DataFrame] = field(repr=False)
    only: str | None = None

    @property
    def name(self) -> str:
        """The study's name."""
        return str(self.about.get("study", "study"))

    @property
    def version(self) -> str:
        """The version of varbench that made the cube."""
        return str((self.about.get("provenance") or {}).get("environment", {}).get("varbench", ""))

    @property
    def primary(self) -> str:
        """The primary metric."""
        return next(iter(self.metrics))

    @property
    def compared(self) -> tuple[str, str] | None:
        """The two procedures of the verdict, first and second."""
        return None if self.main is None else (self.main.facts.first, self.main.facts.second)

    @property
    def over(self) -> str:
        """What the repeats are, in the plural: ``re-splits``, ``simulated cohorts``..."""
        if (self.about.get("design") or {}).get("kind", "joint") != "joint":
            return "repeats"  # also where the verdict counts cohorts, of which each has many
        if self.main is not None:
            return self.main.facts.over
        varied = [name for name, entry in self.about.get("sources", {}).items() if entry["state"] == "varied"]
        if "cohort" in varied:
            return "simulated cohorts"
        return "re-splits" if "split" in varied else "repeats"

    def frame(self, name: str) -> pd.DataFrame:
        """Give the numbers of one table or figure.

        Parameters
        ----------
        name : str
            A key of `frames`.

        Returns
        -------
        DataFrame
            A copy, in full precision.

        Raises
        ------
        InputError
            If there is no such table.
        """
        if name not in self.frames:
            raise InputError(unknown("table", name, self.frames))
        return self.frames[name].copy()

    def plot(self, name: str = "opening", width: int | None = None) -> Figure:
        """Draw one figure.

        Parameters
        ----------
        name : str
            ``opening``, ``distributions``, ``inflation``, ``optimism``, ``copies`` or ``published``.
        width : int, optional
            In pixels; that of a page by default.

        Returns
        -------
        matplotlib.figure.Figure
            It shows itself in a notebook, and has ``savefig``.

        Raises
        ------
        InputError
            If there is no such figure in this report.
        """
        from varbench.report.drawings import draw_figure

        return draw_figure(self, name, width)

    @cached_property
    def document(self) -> Document:
        """The report as sections of paragraphs, tables and figures, for any form."""
        from varbench.report.document import document

        return document(self)

    def records(self) -> Iterator[Record]:
        """Give the rows of the long table that CSV holds."""
        from varbench.report.to_csv import records

        return records(self)

    def text(self, columns: int = WIDTH) -> str:
        """Give what the terminal shows, in lines of so many columns; nothing hangs on colours."""
        from varbench.report.to_text import summary

        return summary(self, columns)

    def to_dict(self) -> dict[str, Any]:
        """Give the report as what JSON holds, as docs/report-json.md describes it."""
        from varbench.report.to_json import to_dict

        return to_dict(self)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self.text())}</pre>"


def report(cube: xr.Dataset, *, metrics: Sequence[str] | None = None, only: str | None = None) -> Report:
    """What does a cube say?

    Parameters
    ----------
    cube : xarray.Dataset
        From :func:`varbench.open_cube` or ``Study.run``.
    metrics : sequence of str, optional
        Which metrics to show beside the primary one: those of the cube by default, any of
        :data:`~varbench.metrics.METRICS` when asked for; they are computed from the stored predictions.
    only : {"statistics"}, optional
        The bare significance report.

    Returns
    -------
    Report
        It has ``text()``, ``frame(name)``, ``plot(name)``, and :func:`~varbench.report.write` puts it into files.

    Raises
    ------
    InputError
        If a metric or a part is not known.
    """
    if only is not None and only not in PARTS:
        raise InputError(unknown("part", only, PARTS))
    cube = settled(cube, metrics)
    procedures = tuple(frames.names(cube, "procedure"))
    main = conclude(cube) if len(procedures) > 1 else None
    others = () if main is None else _others(cube, procedures, main)
    pairs = () if main is None else _pairs(cube, (main, *others))
    found = _results(cube, procedures, main)
    return Report(
        about=_about(cube),
        metrics=_metrics(cube),
        procedures=procedures,
        main=main,
        others=others,
        pairs=pairs,
        results=found,
        frames=_frames(cube, main, pairs, found),
        only=only,
    )


def _about(cube: xr.Dataset) -> dict[str, Any]:
    sizes = {
        "n_repeats": cube.sizes["repeat"],
        "n_folds": cube.sizes["fold"],
        "n_external": cube.sizes.get("external_row", 0),
    }
    known = attributes(cube)
    found = external_kind(cube)
    return {
        **known,
        **sizes,
        "external_kind": found,
        "cohort_varied": is_cohort_varied(cube),
        "classes": frames.names(cube, "class"),
        "numeric": is_numeric(cube),
        "title": _first_line(str(known.get("study_source", ""))),
    }


def _first_line(source: str) -> str:
    """Give the first line of a study file's docstring; the file is parsed, not run."""
    try:
        docstring = ast.get_docstring(ast.parse(source)) or ""
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return clean(docstring.partition("\n")[0], 200).strip()


def _metrics(cube: xr.Dataset) -> dict[str, dict[str, Any]]:
    found = {}
    for name in frames.names(cube, "metric"):
        known = shipped_metric(name)
        scores = cube["score"].sel(metric=name).values
        finite = scores[np.isfinite(scores)]
        found[name] = {
            "label": frames.label_of(name),
            "greater_is_better": greater_is_better(cube, name),
            "low": known.low if known else float(finite.min(initial=0)),
            "high": known.high if known else float(finite.max(initial=1)),
            "averaging": known.averaging if known else "the function’s own",
            "prevalence_free": known.prevalence_free if known else False,
        }
    return found


def _others(cube: xr.Dataset, procedures: Sequence[str], main: Conclusion) -> tuple[Conclusion, ...]:
    pair = (main.facts.first, main.facts.second)
    paired = [tuple(one) for one in (attributes(cube).get("pairs") or {}).values()]
    drawn = {point[1] for points in (attributes(cube).get("lines") or {}).values() for point in points}
    known = {*pair, *drawn, *(name for one in paired for name in one)}
    alone = [name for name in procedures if name not in known]
    found = [one for one in dict.fromkeys(paired) if one != pair] + [(name, pair[1]) for name in alone]
    return tuple(conclude(cube, *one) for one in found)


def _pairs(cube: xr.Dataset, concluded: Sequence[Conclusion]) -> tuple[Mattering, ...]:
    by = {(one.facts.first, one.facts.second): one for one in concluded}
    pairs = (attributes(cube).get("pairs") or {}).items()
    return tuple(Mattering.of(clean(title, 120), by[first, second]) for title, (first, second) in pairs)


def _results(cube: xr.Dataset, procedures: Sequence[str], main: Conclusion | None) -> tuple[Result, ...]:
    """Give every comparison of the two on every metric, and the optimism of all procedures.

    A joint bootstrap over external patients takes its time: there the optimism is of the primary metric and F1.
    """
    found: list[Result] = [] if main is None else list(main.results)
    have = {(r.method, r.settings.get("metric"), r.settings.get("procedure")) for r in found}
    more: list[Result] = []
    metrics = frames.names(cube, "metric")
    if main is not None:
        more += _compared(cube, metrics, main)
    kind = external_kind(cube)
    if kind:
        shown = [m for m in metrics if kind == "population" or m in (cube.attrs["primary"], "f1")]
        of = {p: np.isfinite(cube["truth"].sel(procedure=p).values).any() for p in procedures}
        more += [
            f(cube, p, m)
            for m in shown
            for p in procedures
            if of[p]
            for f in (optimism, final_truth)
            if (f.__name__, m, p) not in have
        ]
    return (
        *found,
        *(r for r in more if (r.method, r.settings.get("metric"), r.settings.get("procedure")) not in have),
    )


def _compared(cube: xr.Dataset, metrics: Sequence[str], main: Conclusion) -> list[Result]:
    known = main.facts
    clean_ones = [name for name in (known.first, known.second) if name not in known.leaking]
    found: list[Result] = []
    for metric in metrics:
        found += compare(cube, known.first, known.second, metric, pairing=known.pairing)
        if len(clean_ones) == 1:
            found += inflation(cube, known.leaking[0], clean_ones[0], metric, pairing=known.pairing)
    return found


def _frames(
    cube: xr.Dataset, main: Conclusion | None, pairs: Sequence[Mattering], found: Sequence[Result]
) -> dict[str, pd.DataFrame]:
    every = frames.repeats(cube)
    ours = frames.scores(cube, every)
    primary = str(cube.attrs["primary"])
    held, watched = covered(cube), charts(cube)
    return {
        "scores": ours,
        "repeats": every,
        "undefined": frames.undefined(cube),
        "constants": frames.constants(cube),
        "results": frames.results(found, None if main is None else main.verdict),
        "error_rates": error_rates(cube) if is_null(cube) else pd.DataFrame(columns=list(RATE_COLUMNS)),
        "inflation": frames.parts(found, primary),
        "pairs": frames.pairs(pairs),
        "picking": picking(cube),
        "lines": lines(cube),
        "batches": by_batch(cube),
        "batch_alone": batch_alone(cube),
        "covered": held,
        "charts": watched,
        "monitoring": monitoring(cube, watched),
        "coverage": coverage(cube, held),
        "line_shares": line_shares(cube),
        "line_ranges": line_ranges(cube),
        "ranks": frames.ranks(cube, ours),
        "costs": frames.costs(cube, ours),
        "optimism": frames.truth(found, every),
        "copies": frames.crossing(cube),
        "published": frames.published(cube, ours),
        "steps": frames.steps(cube),
        "leaks": frames.leaks(cube),
        "sources": frames.sources(cube),
        "runs": frames.runs(cube),
        "messages": frames.messages(cube),
    }
