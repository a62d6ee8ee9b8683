"""``decompose``: where does the variance of a score come from?"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from varbench.cube import crossed, design, one_at_a_time, one_cube
from varbench.data import is_several, load_data
from varbench.effects import attribute, greater_is_better, primary, repeat_scores
from varbench.errors import InputError, unknown
from varbench.metrics import label_of
from varbench.questions.decomposing_words import (
    headline,
    largest_source,
    ratio_bounds,
    sentences_of,
    share_of,
    with_shares,
)
from varbench.questions.of_published import answer_published
from varbench.report import Answer, Picture, Shown
from varbench.stats import Components, Result, variance_components
from varbench.stats import one_at_a_time as sd_of_each
from varbench.study import load_study

#: How a difference of two procedures is named among the procedures.
DIFFERENCE = "{first} - {second}"


def decompose(
    what: Any,
    *,
    procedures: Sequence[str] | None = None,
    metric: str | None = None,
    vary: Sequence[str] | None = None,
    design: str | None = None,
    confidence_level: float = 0.95,
    jobs: int = 1,
    out: str | Path | None = None,
    progress: bool = False,
    command: str = "",
    **study: Any,
) -> Answer:
    """Which sources does the spread of a score come from?

    Parameters
    ----------
    what : xarray.Dataset, path or str
        A cube whose design is ``crossed`` or ``one``; or a study, which is run in that design first; or a task of
        Bouthillier et al. 2021, as ``published:bert-rte``, for the curves of their estimators.
    procedures : sequence of str, optional
        Which; all by default.
    metric : str, optional
        The primary one by default.
    vary : sequence of str, optional
        For a study: sources with their numbers of draws, as ``["split:20", "init:10"]``.
    design : {"crossed", "one"}, optional
        For a study; crossed by default.
    confidence_level : float
        In (0, 1).
    jobs, out, progress
        Of a study's runs, as in :meth:`varbench.Study.run`.
    command : str
        The line that was typed, for the provenance.
    **study
        Further arguments of :meth:`varbench.Study.run`; and how to read its data, ``target``, ``task``, ``group``... as
        in :func:`varbench.load_data`.

    Returns
    -------
    Answer
        Crossed: components with interactions and shares, of each procedure and of the difference of the first two.
        One at a time: the SD of each source relative to the split's.

    Raises
    ------
    VarbenchError
        If the cube's sources were all drawn together: then nothing tells them apart.

    Examples
    --------
    >>> decompose("published:bert-rte").frame("last")["ideal_runs"].round(1).tolist()
    [100.0, 2.5, 3.5, 10.1]
    """
    about = {"command": command}
    if isinstance(what, str) and what.startswith("published:"):
        return answer_published(what.partition(":")[2], about)
    cube = _cube(what, vary, design, {"jobs": jobs, "out": out, "progress": progress, **study})
    name = primary(cube) if metric is None else metric
    known = [str(one) for one in cube["metric"].values]
    if name not in known:
        raise InputError(unknown("metric", name, known))
    there = [str(one) for one in cube["procedure"].values]
    for one in procedures or ():
        if one not in there:
            raise InputError(unknown("procedure", one, there))
    chosen = list(procedures or there)
    kind = _design(cube)["kind"]
    if kind == "crossed":
        return _crossed(cube, chosen, name, confidence_level, about)
    if kind == "one":
        return _one(cube, chosen, name, confidence_level, about)
    raise InputError(_together(cube, chosen, name))


#: How a table is read, where it is given beside a study.
_READING = ("target", "positive", "task", "id", "group", "batch", "drop", "search")
_design = design  # the parameter of decompose hides the function


def _cube(what: Any, vary: Sequence[str] | None, asked: str | None, run: dict[str, Any]) -> xr.Dataset:
    if isinstance(what, xr.Dataset):
        return one_cube(what, "decompose")
    is_study = hasattr(what, "run") or str(what).endswith(".py") or not Path(what).exists()
    if not is_study:
        if vary or asked:
            raise InputError("a cube is as it was run; --vary and --design belong to a study")
        return one_cube(what, "decompose")
    study = what if hasattr(what, "run") else load_study(os.fspath(what))
    if not vary:
        raise InputError("say which sources, and how many draws of each, as --vary split:20,init:10")
    reading = {name: run.pop(name) for name in _READING if name in run}
    named: Any = study.data if run.get("data") is None else run["data"]
    if is_several(named):
        raise InputError(
            f"decompose takes one data set, and {named if isinstance(named, str) else 'the study'} names several: "
            "give one of them with --data"
        )
    if reading:
        run["data"] = load_data(named, **reading)
    cube: xr.Dataset = study.run(vary=list(vary), design=asked or "crossed", **run)
    return cube


def _together(cube: xr.Dataset, chosen: Sequence[str], metric: str) -> str:
    sources = attribute(cube, "sources", {})
    varied = [source for source, entry in sources.items() if entry["state"] == "varied"]
    spread = ", ".join(
        f"{name} {np.nanstd(repeat_scores(cube, name, metric), ddof=1):.4f}" for name in chosen
    )
    named = [source for source in varied if source != "cohort"] or ["split", "init"]
    # Each with each is a product: of more than two sources only few draws of each can be run.
    counts = ",".join(f"{source}:{20 if len(named) < 3 else 4}" for source in named)
    one = ",".join(f"{source}:20" for source in named)
    return (
        f"the sources of this cube ({', '.join(varied)}) were drawn together in each repeat, so nothing "
        "tells their shares "
        f"apart; the SD of all together is {spread}. To tell them apart: varbench decompose STUDY --design one --vary "
        f"{one}, one at a time; or with their interactions, --design crossed --vary {counts}"
    )


def _tables(cube: xr.Dataset, chosen: Sequence[str], metric: str) -> dict[str, xr.DataArray]:
    """Give the crossed scores of each procedure, and the difference of the first two."""
    found = {name: crossed(cube, name, metric) for name in chosen}
    if len(chosen) > 1:
        first, second = chosen[:2]
        sign = 1.0 if greater_is_better(cube, metric) else -1.0
        found[DIFFERENCE.format(first=first, second=second)] = sign * (found[first] - found[second])
    return found


_TWO_INTERVALS = (
    "The first interval is of the variance, the second of the share; of the same draws, so that shares "
    "of one procedure move together. The residual holds the highest interaction."
)


def _components(table: xr.DataArray, level: float) -> Components:
    """Divide the variance of one procedure's scores among the sources that have two draws or more."""
    moving = [str(dim) for dim in table.dims if table.sizes[dim] > 1]
    if not moving:
        raise InputError("every source has one draw: a variance needs at least two of one of them")
    return variance_components(table.squeeze().values, factors=moving, confidence_level=level)


def _crossed(
    cube: xr.Dataset, chosen: Sequence[str], metric: str, level: float, about: dict[str, Any]
) -> Answer:
    parts = {name: _components(table, level) for name, table in _tables(cube, chosen, metric).items()}
    label = label_of(metric)
    shares, pictures = _shares(parts, label)
    # the shares stand in the order of the procedures, each with its terms in the order of its components
    by_part = dict(zip(parts, shares.values(), strict=True))
    frames = {
        "components": pd.concat(
            [with_shares(p.frame(), by_part[n]).assign(procedure=n) for n, p in parts.items()],
            ignore_index=True,
        ),
        **shares,
    }
    curves = _estimators(parts[chosen[0]], chosen[0])
    if curves is not None:
        frames["standard_errors"] = curves
        pictures.append(_error_picture(chosen[0], label))
    first = parts[chosen[0]]
    sizes = " x ".join(f"{source} {n}" for source, n in first.levels.items())
    return Answer(
        command="decompose",
        kicker=f"{_name(cube)}: {label}, {sizes}",
        question=f"Where does the spread of {label} come from?",
        scope=_scope(cube),
        headline=headline(first, by_part[chosen[0]], chosen[0]),
        sentences=sentences_of(parts, by_part, label),
        settle=_SETTLE,
        notices=_one_cohort(cube),
        results=tuple(_named(r, n) for n, part in parts.items() for r in part.results),
        frames=frames,
        tables=(Shown("components", "Components of variance", _COLUMNS, (_TWO_INTERVALS,), 6),),
        pictures=tuple(pictures),
        methods=(
            f"Sources were crossed ({sizes}) and the variance of {label} was divided into random-effects components by "
            f"{_BY[first.method]} (Searle, Casella & McCulloch 1992)."
        ),
        about=about,
    )


def _shares(parts: dict[str, Components], label: str) -> tuple[dict[str, pd.DataFrame], list[Picture]]:
    """Draw each procedure's shares of the variance."""
    frames, pictures = {}, []
    for number, (name, part) in enumerate(parts.items()):
        key, given = f"shares_{number}", _GIVEN.format(label=label)
        frames[key] = part.shares().rename(columns={"term": "source"})
        said = ", ".join(share_of(frames[key]).values())
        pictures.append(
            Picture("shares", key, f"Shares of the variance: {name}", f"{name}: {said}.", given, {})
        )
    return frames, pictures


_COLUMNS = {
    "procedure": "Procedure",
    "term": "Source",
    "variance": "Variance",
    "interval": "Interval",
    "sd": "SD",
    "share": "Share",
    "share_interval": "Interval of the share",
}
_GIVEN = (
    "Shares of the variance of one score of {label}, each source drawn anew; given this cohort "
    "unless it was drawn too."
)
_SETTLE = "More draws of the source with the widest interval; varbench plan RUN tells how to spend a budget on them."


_BY = {"anova": "the analysis of variance", "reml": "restricted maximum likelihood"}


def _name(cube: xr.Dataset) -> str:
    data = attribute(cube, "data", {}).get("name", "")
    return f"{cube.attrs.get('study', 'study')} on {data}" if data else str(cube.attrs.get("study", "study"))


def _scope(cube: xr.Dataset) -> str:
    return "In this population" if "cohort" in _design(cube)["counts"] else "On this cohort"


def _one_cohort(cube: xr.Dataset) -> tuple[str, ...]:
    """Say what the split's share is about where there is one cohort: it holds no other patients."""
    sizes = _design(cube)["counts"]
    if "split" not in sizes or "cohort" in sizes:
        return ()
    return (
        "One cohort: split means the split given these patients. How much other patients add is not in it.",
    )


def _named(result: Result, procedure: str) -> Result:
    """Say of which procedure a result is, so that the rows of one method can be told apart."""
    return replace(result, settings={**result.settings, "procedure": procedure})


def _estimators(part: Components, name: str) -> pd.DataFrame | None:
    """Give the standard error of a mean of k runs in which one source, or all, move and the others stay."""
    if part.total == 0:
        return None
    sources = list(part.levels)
    k = np.unique(np.geomspace(1, 100, 40).round().astype(int))
    rows = []
    for moving in [[source] for source in sources] + [sources]:
        # A term shrinks with k when any of its sources moves; the residual always does.
        shrinks = sum(
            v for t, v in part.variances.items() if t == "residual" or set(t.split(":")) & set(moving)
        )
        stays = part.total - shrinks
        title = "all sources" if len(moving) == len(sources) else f"only {moving[0]}"
        rows += [{"series": title, "x": int(n), "y": float(np.sqrt(shrinks / n + stays))} for n in k]
        if len(sources) == 1:
            break
    return pd.DataFrame(rows)


def _error_picture(name: str, label: str) -> Picture:
    return Picture(
        "lines",
        "standard_errors",
        f"Standard error of the mean of k runs: {name}",
        "Standard error over k, when only some sources are drawn anew: what stays fixed does not average out.",
        "A line levels off where a source that is held fixed keeps its share, however many runs there are.",
        {"xlabel": "k, runs", "ylabel": f"standard error of {label}", "logx": True, "logy": True},
    )


def _one(cube: xr.Dataset, chosen: Sequence[str], metric: str, level: float, about: dict[str, Any]) -> Answer:
    label, frames, results, pictures, sentences = label_of(metric), {}, [], [], []
    for number, name in enumerate(chosen):
        scores = one_at_a_time(cube, name, metric)
        reference = "split" if "split" in scores else next(iter(scores))
        found = sd_of_each(scores, reference=reference, confidence_level=level)
        table = found.frame()
        ends = zip(table["ratio_low"].to_numpy(float), table["ratio_high"].to_numpy(float), strict=True)
        table["ratio_interval"] = [ratio_bounds(low, high) for low, high in ends]
        frames[f"sources_{number}"] = table.assign(procedure=name)
        results += [_named(r, name) for r in found.results]
        shares = table.rename(columns={"ratio": "share", "ratio_low": "r_low", "ratio_high": "r_high"})
        frames[f"shares_{number}"] = shares[["source", "share", "sd"]].assign(
            ci_low=table["ratio_low"], ci_high=table["ratio_high"]
        )
        said = ", ".join(f"{r.source} {r.ratio:.2f} {r.ratio_interval}".rstrip() for r in table.itertuples())
        sentences.append(f"{name}: SD relative to that of the {reference}: {said}.")
        title = f"SD of each source relative to the {reference}: {name}"
        options = {"xlabel": "ratio of SDs", "reference": 1.0}
        pictures.append(Picture("intervals", f"ratios_{number}", title, f"{name}: {said}.", _ALONE, options))
        frames[f"ratios_{number}"] = table.rename(columns={"source": "label", "ratio": "estimate"})[
            ["label", "estimate"]
        ].assign(ci_low=table["ratio_low"], ci_high=table["ratio_high"], kind="item")
    every = pd.concat([frames[f"sources_{n}"] for n in range(len(chosen))], ignore_index=True)
    counts = ", ".join(f"{source} {n}" for source, n in _design(cube)["counts"].items())
    return Answer(
        command="decompose",
        kicker=f"{_name(cube)}: {label}, one source at a time ({counts})",
        question=f"How much does each source alone move {label}?",
        scope=_scope(cube),
        headline=largest_source(every[every["procedure"] == chosen[0]], chosen[0]),
        sentences=tuple(sentences),
        settle="A crossed design tells interactions too: --design crossed.",
        results=tuple(results),
        frames={"sources": every, **frames},
        tables=(_SOURCES,),
        pictures=tuple(pictures),
        methods=(
            "Each source was drawn anew alone while the others kept their first draw (Bouthillier et "
            "al. 2021, figure 1)."
        ),
        about=about,
    )


_ALONE = "Each source was drawn anew alone, all others held; intervals by F."
_SOURCES = Shown(
    "sources",
    "SD of each source, the others held",
    {
        "procedure": "Procedure", "source": "Source", "n": "Runs", "sd": "SD", "interval": "Interval",
        "ratio": "Relative to the split", "ratio_interval": "Interval of the ratio",
    },
    ("Variances of single sources need not add up to that of all together.",),
    5,
)  # fmt: skip
