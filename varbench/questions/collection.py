"""What a study says that was run on several data sets: how much each pitfall adds, where it matters, and with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.audits import Audit
from varbench.cube import ABSENT, FAILED, PENDING, attributes
from varbench.effects import (
    attribute,
    by_data_set,
    declared,
    greater_is_better,
    moderation,
    over_data_sets,
    pairs_of,
    primary,
)
from varbench.engine import left_out, with_runs
from varbench.metrics import label_of
from varbench.questions.collection_words import Pitfall, foresight, headline_of, sentence_of, settle
from varbench.questions.foreseeing import foreseen
from varbench.report import Answer, Picture, Shown
from varbench.stats import Result
from varbench.stats.across import FEWEST
from varbench.verdict import SIZES, size_between
from varbench.verdict.words import as_count, as_interval

if TYPE_CHECKING:
    import xarray as xr

_HEADS = {
    "dataset": "Data set", "n_cases": "Cases", "features_per_case": "Features per case", "rarer_class": "Rarer class",
    "repeats": "Repeats", "first": "With it", "second": "Without", "inflation": "Inflation", "interval": "Over repeats",
    "size": "Here",
}  # fmt: skip
_MODERATED = {
    "pitfall": "Pitfall", "step": "It changes, with", "slope": "By", "interval": "Interval",
    "p_adjusted": "p (Holm)", "n": "Data sets",
}  # fmt: skip
_FORESEEN = Shown(
    "foreseen",
    "Did looking at the data tell? Numbers of the audit against the inflation",
    {
        "pitfall": "Pitfall", "what": "Number", "when": "Known", "correlation": "Rank correlation",
        "interval": "Interval", "p_adjusted": "p (max)",
    },
    (
        "The p-value is adjusted for all numbers that were known before any training. The score without the pitfall is "
        "a part of the inflation, so that some correlation with it is no finding.",
    ),
)  # fmt: skip
_RUN = (
    "The study {study} was run on {sets}, with {procedures} and {repeats} on each. For each data set the "
    "inflation of a pitfall is the mean {metric} of the procedure with it minus that of the same procedure without. "
)
_OF_MANY = (
    "Each data set is one observation: the mean over data sets has Student's interval, and a prediction interval for "
    "one more data set like these (Hahn and Meeker 1991); data sets that share patients were averaged first. Data sets "
    "were not weighted by the spread over their repeats, which says nothing of the spread over data sets."
)
_OF_MODERATORS = (
    " Two moderators were named beforehand, the features per case and the share of the rarer class; each has a "
    "regression of its own, with p-values adjusted by Holm's rule."
)
_OF_FEW = "With so few data sets these are counted, and no test was made over them."


def answer_collection(
    joined: xr.Dataset, about: dict[str, Any] | None = None, *, audits: Mapping[str, Audit] | None = None
) -> Answer:
    """How much does each pitfall of a study add over several data sets, and where does it matter?

    Parameters
    ----------
    joined : xarray.Dataset
        The run of a study over several data sets, from :func:`varbench.open_cube` or ``Study.run``.
    about : dict, optional
        Provenance.
    audits : mapping of str to Audit, optional
        Of the tables, from :func:`~varbench.questions.audits_of`: what they found before any training is then held
        against the inflation.

    Returns
    -------
    Answer
        For each pair of procedures that the study names: the inflation data set by data set, its mean with interval
        and prediction interval, and its slope over the two moderators named beforehand. Below six data sets only
        counts; the scores alone where the study compares no two procedures.

    Raises
    ------
    CubeError
        If the dataset is not one that was opened or joined as a whole.
    """
    margin = declared(joined, "margin")
    sets = {title: by_data_set(joined, *pair) for title, pair in pairs_of(joined).items()}
    found = [
        _pitfall(joined, title, pair, sets[title], margin)
        for title, pair in pairs_of(joined).items()
        if len(sets[title])
    ]
    label = label_of(primary(joined))
    if not found:
        return _of_scores(joined, label, about or {})
    members = attribute(joined, "members") or {}
    few = found[0].units < FEWEST
    known = None if audits is None else _foreseen(found, audits)
    return Answer(
        command="study",
        kicker=f"{attribute(joined, 'study') or 'study'} on {as_count(joined.sizes['dataset'], 'data set')}",
        question=str(attribute(joined, "question") or ""),
        scope=_scope(joined) if few else "Over data sets like these",
        headline=headline_of(found, label, margin),
        sentences=(
            *(sentence_of(one, label, margin) for one in found),
            *([] if known is None else foresight(known)),
        ),
        settle=settle(found),
        notices=(*_notices(joined, members, found), *_not_audited(found, audits)),
        results=tuple(_labelled(joined, one, result) for one in found for result in one.over.results),
        frames={
            **{_key(i): one.sets for i, one in enumerate(found)},
            **{_key(i, "forest"): _forest_frame(one) for i, one in enumerate(found)},
            "moderators": _together(found, "moderated"),
            **_dots(found),
            "members": _members(members),
            "scores": _scores(joined),
            **({} if known is None else {"foreseen": known}),
        },
        tables=(*_tables(found, label), *([] if known is None or known.empty else [_FORESEEN])),
        pictures=tuple(_pictures(found, label, margin)),
        methods=_methods(joined, label, found),
        about={**_about(joined), **(about or {})},
    )


def _of_scores(joined: xr.Dataset, label: str, about: dict[str, Any]) -> Answer:
    """Answer with the scores alone, where there are no two procedures to compare."""
    scores, members = _scores(joined), attribute(joined, "members") or {}
    wide = scores[scores["metric"] == primary(joined)].pivot(
        index="dataset", columns="procedure", values="score"
    )
    known = wide.to_numpy(float)[np.isfinite(wide.to_numpy(float))]
    told = (
        f"The mean {label} lies in {as_interval(known.min(), known.max())}."
        if len(known)
        else f"No procedure has a {label} on any of them."
    )
    n = as_count(joined.sizes["dataset"], "data set")
    heads = {"dataset": "Data set", **{str(name): str(name) for name in wide.columns}}
    return Answer(
        command="study",
        kicker=f"{attribute(joined, 'study') or 'study'} on {n}",
        question=str(attribute(joined, "question") or ""),
        scope=_scope(joined),
        headline=told,
        sentences=_without_scores(pairs_of(joined))
        or ("No two procedures were compared: compare= or pairs= of the study names them.",),
        notices=_lost(joined, members),
        frames={"by_data_set": wide.reset_index(), "members": _members(members), "scores": scores},
        tables=(Shown("by_data_set", f"Mean {label}, data set by data set", heads),),
        methods="",
        about={**_about(joined), **about},
    )


def _scope(joined: xr.Dataset) -> str:
    n = joined.sizes["dataset"]
    return "On this data set" if n == 1 else f"On these {n} data sets"


def _pitfall(
    joined: xr.Dataset, title: str, pair: tuple[str, str], sets: pd.DataFrame, margin: float | None
) -> Pitfall:
    low, high = (
        np.where(sets["known_exactly"], sets["inflation"], sets[end]).astype(float)
        for end in ("ci_low", "ci_high")
    )
    keys = [
        "not_told" if np.isnan(one + other) else size_between(one, other, margin)
        for one, other in zip(low.tolist(), high.tolist(), strict=True)
    ]
    sets = sets.assign(size_key=keys, size=[SIZES[key].partition(":")[0].partition(";")[0] for key in keys])
    sets = sets.sort_values("inflation", ascending=False, kind="stable", ignore_index=True)
    return Pitfall(title, pair, sets, over_data_sets(joined, sets), moderation(joined, sets))


def _key(number: int, kind: str = "sets") -> str:
    return f"{kind}_{number + 1}"


def _foreseen(found: list[Pitfall], audits: Mapping[str, Audit]) -> pd.DataFrame:
    frames = [
        foreseen(one.sets[one.sets["dataset"].isin(list(audits))], audits).assign(pitfall=one.title)
        for one in found
    ]
    return pd.concat(frames, ignore_index=True)


def _not_audited(found: list[Pitfall], audits: Mapping[str, Audit] | None) -> tuple[str, ...]:
    names = [] if audits is None else sorted({n for one in found for n in one.sets["dataset"]} - {*audits})
    return (
        (f"Their tables were not audited, since they cannot be read: {', '.join(names)}.",) if names else ()
    )


def _notices(
    joined: xr.Dataset, members: Mapping[str, Mapping[str, Any]], found: list[Pitfall]
) -> tuple[str, ...]:
    told = list(_lost(joined, members))
    titles = [one.title for one in found]
    told += _without_scores({k: pair for k, pair in pairs_of(joined).items() if k not in titles})
    for one in found:
        missing = joined.sizes["dataset"] - len(one.sets)
        if missing:
            told.append(f"{one.title}: {as_count(missing, 'data set')} without scores of both procedures.")
    shared = found[0].sets["cluster"].duplicated(keep=False)
    if shared.any():
        told.append(f"{int(shared.sum())} data sets share patients with another, and count as one with it.")
    repeats = sorted(set(found[0].sets["repeats"]))
    if len(repeats) > 1:
        told.append(f"The data sets have {repeats[0]} to {repeats[-1]} repeats: the run is not complete.")
    return tuple(told)


def _lost(joined: xr.Dataset, members: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    lost = {name: one for name, one in members.items() if one["status"] in (FAILED, ABSENT, PENDING)}
    told = left_out(lost, with_runs(joined))
    # The name of a data set keeps its letters, also at the beginning of a sentence.
    return tuple(f"{t if t.partition(' ')[0] in lost else t[0].upper() + t[1:]}." for t in told)


def _without_scores(pairs: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    """Name the pairs of which nothing can be said."""
    return tuple(
        f"{title}: {first} and {second} have scores together on none of the data sets."
        for title, (first, second) in pairs.items()
    )


def _labelled(joined: xr.Dataset, one: Pitfall, result: Result) -> Result:
    settings = {
        **result.settings, "pitfall": one.title, "metric": primary(joined), "first": one.pair[0],
        "second": one.pair[1], "greater_is_better": greater_is_better(joined, primary(joined)),
    }  # fmt: skip
    return replace(result, settings=settings)


def _forest_frame(one: Pitfall) -> pd.DataFrame:
    frame = one.over.frame()
    items, rest = frame[frame["kind"] == "item"], frame[frame["kind"] != "item"].dropna()
    if one.units < FEWEST:
        return items
    words = {"mean": f"mean of {one.units}", "prediction": "one more data set"}
    return pd.concat([items, rest.assign(label=rest["kind"].map(words))], ignore_index=True)


def _together(found: list[Pitfall], name: str) -> pd.DataFrame:
    frames: list[pd.DataFrame] = [getattr(one, name).assign(pitfall=one.title) for one in found]
    return pd.concat(frames, ignore_index=True)


def _dots(found: list[Pitfall]) -> dict[str, pd.DataFrame]:
    """Give the points of the scatter plots: the inflation over each moderator, and over what is only looked at."""
    every = _together(found, "sets")
    over = {
        "over_features": np.log2(every["features_per_case"]),
        "over_rarity": 100 * every["rarer_class"],
        "over_score": every["second"],
    }
    return {
        name: pd.DataFrame({"x": x, "y": every["inflation"], "kind": every["pitfall"]}).dropna()
        for name, x in over.items()
    }


def _members(members: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    rows = [(name, one["status"], one["error"]) for name, one in members.items()]
    return pd.DataFrame(rows, columns=["dataset", "status", "error"])


def _scores(joined: xr.Dataset) -> pd.DataFrame:
    """Give the mean score of each procedure on each data set, by every metric; a run's is the mean of its folds."""
    runs = joined["score"].where(joined["status"] == 1).mean("fold")  # of those that it has, as everywhere
    frame = runs.mean("repeat").to_series().rename("score").reset_index()
    return pd.DataFrame(frame[["dataset", "procedure", "metric", "score"]])


def _tables(found: list[Pitfall], label: str) -> list[Shown]:
    repeats = sorted({int(n) for one in found for n in one.sets["repeats"]})
    alike = len(repeats) == 1
    heads = {column: head for column, head in _HEADS.items() if not alike or column != "repeats"}
    over = as_count(repeats[0], "repeat") if alike else "the repeats"
    note = (
        f"Mean {label} over {over}. The interval is about this data set alone. Features per case and the rarer "
        "class's share are the two moderators named beforehand."
    )
    told = [
        Shown(_key(i), f"Data set by data set: {one.title}", heads, (note,)) for i, one in enumerate(found)
    ]
    if any(len(one.moderated) for one in found):
        told.append(Shown("moderators", "When does it matter? Two moderators, named beforehand", _MODERATED))
    return told


def _pictures(found: list[Pitfall], label: str, margin: float | None) -> list[Picture]:
    told = [_forest(i, one, label, margin) for i, one in enumerate(found)]
    axes = (
        ("over_features", "features per case, as a power of 2", "named beforehand"),
        ("over_rarity", "share of the rarer class, per cent", "named beforehand"),
        ("over_score", f"{label} without the pitfall", "looked at only, not tested"),
    )
    rows = len(found[0].sets)
    for frame, xlabel, standing in axes:
        if len(_dots(found)[frame]):
            title = f"Inflation over the {xlabel.partition(',')[0]}"
            alt = f"{rows} data sets, a dot each for every pitfall. {standing[0].upper()}{standing[1:]}."
            caption = f"A dot is a data set. What it is held against was {standing}."
            axis = {"xlabel": xlabel, "ylabel": f"inflation of {label}"}
            told.append(Picture("scatter", frame, title, alt, caption, axis))
    return told


def _forest(number: int, one: Pitfall, label: str, margin: float | None) -> Picture:
    ahead, n = int((one.sets["inflation"] > 0).sum()), len(one.sets)
    caption = (
        "Right of 0 the pitfall raises the score. The intervals are over repeats, about each data set alone."
    )
    if one.units >= FEWEST:
        caption += " The mean has its interval; the last line is where one more data set would lie."
    return Picture(
        "intervals", _key(number, "forest"), f"What {one.title} adds", f"Above 0 on {ahead} of {n} data sets.", caption,
        {"xlabel": f"inflation of {label}", "reference": 0.0, "margin": margin},
    )  # fmt: skip


def _methods(joined: xr.Dataset, label: str, found: list[Pitfall]) -> str:
    few = not found or found[0].units < FEWEST
    more = "" if few or all(one.moderated.empty for one in found) else _OF_MODERATORS
    return (_RUN + (_OF_FEW if few else _OF_MANY)).format(
        study=attribute(joined, "study") or "", sets=as_count(joined.sizes["dataset"], "data set"),
        procedures=as_count(joined.sizes["procedure"], "procedure"),
        repeats=as_count(joined.sizes["repeat"], "repeat"), metric=label,
    ) + more  # fmt: skip


def _about(joined: xr.Dataset) -> dict[str, Any]:
    told = attributes(joined)
    return {name: told[name] for name in ("study", "study_hash", "published", "provenance") if name in told}
