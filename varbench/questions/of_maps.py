"""Compare two networks by the folders that ClinicaDL wrote of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from varbench.effects import Scored, compare_scored, floor_of
from varbench.errors import DataError, InputError, unknown
from varbench.metrics import METRICS, Metric
from varbench.questions.model_scores import positives_of, score_of
from varbench.questions.of_predictions import Ask, answer_predictions, primary_of
from varbench.questions.of_scores import answer_of
from varbench.questions.pieces import concluded, pictures_of_pairs
from varbench.report import Answer, Shown
from varbench.stats.cases import case_summary
from varbench.stats.classes import with_class
from varbench.tables import Maps, Predictions, Quantity, align_cases, align_maps, read_maps, write_beside_maps
from varbench.verdict import Facts

#: What is left behind, said wherever the answer is shown.
WRITTEN = (
    "verdict.json and statistics.tsv stand in both folders now; nothing that ClinicaDL wrote was touched."
)


def answer_maps(
    first: str | Path,
    second: str | Path,
    names: Sequence[str] | None,
    *,
    metric: str | None,
    stratify: bool,
    rng: int,
    about: dict[str, Any],
    margin: float | None,
    gamma: float,
    confidence_level: float,
    data_group: str | None = None,
) -> Answer:
    """Answer whether two networks differ, from their MAPS.

    Parameters
    ----------
    first, second : path
        Two folders.
    names : sequence of str or None
        What to call them; the folders' names by default.
    metric, stratify, rng, about, margin, gamma, confidence_level
        As in :func:`varbench.questions.compare`.
    data_group : str, optional
        Which images; a test group where there is one, else the validation folds.

    Returns
    -------
    Answer
        Over the folds of the one partition, or over the cases of a test group. ``verdict.json`` and ``statistics.tsv``
        are written beside both.

    Raises
    ------
    InputError, DataError
        If a MAPS holds neither predictions nor measures of each image.
    """
    a, b = read_maps(first), read_maps(second)
    called = (
        (names[0], names[1])
        if names
        else (a.name, b.name)
        if a.name != b.name
        else (f"{a.name} (first)", f"{b.name} (second)")
    )
    asked = {"margin": margin, "gamma": gamma, "confidence_level": confidence_level}
    if bool(a.found) != bool(b.found):
        has, lacks = (a, b) if a.found else (b, a)
        raise DataError(
            f"{lacks.name} holds no predictions, and {has.name} does: both must have them (ClinicaDL 1.x writes them "
            "with clinicadl predict), or both measures of each image (2.0)"
        )
    if not (a.found and b.found):
        answer = _by_cases(a, b, called, metric, data_group, asked, about)
    else:
        groups = [one.data_group for one in a.found if one.data_group != "train"]
        if data_group is not None and data_group not in groups:
            raise InputError(unknown("data group", data_group, dict.fromkeys(groups)))
        wanted = (
            [data_group] if data_group else sorted(set(groups), key=lambda name: (name == "validation", name))
        )
        parts = [
            _over_folds(a, b, called, metric, asked, about)
            if group == "validation"
            else _on_test_group(a, b, called, metric, group, stratify, rng, asked, about)
            for group in wanted
        ]
        answer = _together(parts, wanted)
    answer = replace(answer, notices=(*answer.notices, WRITTEN))
    for folder in (first, second):
        write_beside_maps(folder, answer.to_dict(), answer.frame("results"))
    return answer


def _together(parts: Sequence[Answer], groups: Sequence[str]) -> Answer:
    """Put the answers of several data groups into one; the first is the main one, and says so of the others."""
    main = parts[0]
    if len(parts) == 1:
        return main
    more = [
        f"On {group}: {part.scope}: {part.headline} {part.sentences[0] if part.sentences else ''}".strip()
        for group, part in zip(groups[1:], parts[1:], strict=True)
    ]
    frames = {
        f"{name}_{group}": frame
        for group, part in zip(groups[1:], parts[1:], strict=True)
        for name, frame in part.frames.items()
        if name != "results"
    }
    own = {name: frame for name, frame in main.frames.items() if name != "results"}
    return replace(
        main,
        kicker=f"{main.kicker} ({groups[0]})",
        sentences=(*main.sentences, *more),
        results=(),
        verdicts=tuple(one for part in parts for one in part.verdicts),
        frames={**own, **frames},
    )


def _notes(a: Maps, b: Maps) -> tuple[str, ...]:
    return tuple(dict.fromkeys(note for one in (a, b) for note in (*one.notes, one.fact) if note))


def _facts(
    a: Maps, b: Maps, called: tuple[str, str], known: Metric | Quantity, asked: dict[str, Any], **more: Any
) -> Facts:
    """Give what a verdict may know of two networks."""
    return Facts(
        first=called[0], second=called[1], label=known.label, greater_is_better=known.greater_is_better,
        pairing="exact", n_repeats=1, from_table=True, hints=_notes(a, b), **more, **asked,
    )  # fmt: skip


def _over_folds(
    a: Maps,
    b: Maps,
    called: tuple[str, str],
    metric: str | None,
    asked: dict[str, Any],
    about: dict[str, Any],
) -> Answer:
    """Compare the folds of one partition: each network's score on the validation images of each fold."""
    aligned = align_maps(a, b, data_group="validation")
    name = primary_of(aligned[0][1].a, metric)
    first = np.array([[score_of(pair.a, name) for _, pair in aligned]])
    second = np.array([[score_of(pair.b, name) for _, pair in aligned]])
    sizes = [(a.n_test.get(split), a.n_train.get(split)) for split, _ in aligned]
    known = [(test, train) for test, train in sizes if test and train]
    pooled = [pair.a for _, pair in aligned]
    n, found = sum(len(p) for p in pooled), [positives_of(p) for p in pooled]
    positives = None if None in found else sum(one for one in found if one is not None)
    scored = Scored(
        first=called[0], second=called[1], metric=name, a=first, b=second, greater=METRICS[name].greater_is_better,
        pairing="exact", fresh=False, ratio=float(np.mean([t / r for t, r in known])) if known else None, n_cases=n,
        n_positive=positives, confidence_level=asked["confidence_level"], gamma=asked["gamma"],
    )  # fmt: skip
    facts = _facts(
        a, b, called, METRICS[name], asked, metric=name, n_folds=len(aligned), n_cases=n, n_positive=positives,
        varied=("split",), data="validation folds",
    )  # fmt: skip
    results = compare_scored(scored)
    if first.size > 1:
        results.append(floor_of(scored))
    folds = pd.DataFrame({"split": [split for split, _ in aligned], "first": first[0], "second": second[0]})
    folds["difference"] = folds["first"] - folds["second"]
    # One partition has one repeat: its folds are what can be drawn.
    by_fold = replace(scored, a=first.T, b=second.T)
    frames, pictures = pictures_of_pairs(by_fold, "folds", asked["margin"])
    return answer_of(
        concluded(facts, results),
        "compare",
        f"{called[0]} and {called[1]}: {len(aligned)} folds of one partition",
        frames={**frames, "folds": folds},
        pictures=tuple(pictures),
        about=about,
        tables=(_folds_table(called),),
    )


def _folds_table(called: tuple[str, str]) -> Shown:
    columns = {"split": "Split", "first": called[0], "second": called[1], "difference": "Difference"}
    return Shown("folds", "Fold by fold", columns)


def _on_test_group(
    a: Maps,
    b: Maps,
    called: tuple[str, str],
    metric: str | None,
    group: str,
    stratify: bool,
    rng: int,
    asked: dict[str, Any],
    about: dict[str, Any],
) -> Answer:
    """Compare on a test group that the networks of all splits predicted: the splits are the seeds."""
    aligned = align_maps(a, b, data_group=group)
    stacked = [_stack([getattr(pair, side) for _, pair in aligned]) for side in ("a", "b")]
    ask = Ask(
        first=called[0],
        second=called[1],
        metric=primary_of(stacked[0], metric),
        stratify=stratify,
        rng=rng,
        vary=("split of the training images",) if len(aligned) > 1 else None,
        **asked,
    )
    return answer_predictions(stacked[0], stacked[1], ask, about, _notes(a, b))


def _stack(parts: Sequence[Predictions]) -> Predictions:
    """Put the predictions of several networks for the same images under each other; the network is the seed."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]

    def joined(name: str) -> Any:
        values = [getattr(part, name) for part in parts]
        return None if values[0] is None else np.concatenate(values)

    seeds = np.repeat(np.array([str(i) for i in range(len(parts))], dtype=object), [len(p) for p in parts])
    return replace(
        first,
        y_true=joined("y_true"),
        y_score=joined("y_score"),
        y_pred=joined("y_pred"),
        ids=joined("ids"),
        groups=joined("groups"),
        seeds=seeds,
        subgroups=pd.DataFrame(),
    )


def _by_cases(
    a: Maps,
    b: Maps,
    called: tuple[str, str],
    metric: str | None,
    data_group: str | None,
    asked: dict[str, Any],
    about: dict[str, Any],
) -> Answer:
    """Compare measures of each image: of ClinicaDL 2.0, which keeps no predictions."""
    parts = [one.select_cases(data_group=data_group) for one in (a, b)]
    if [p.split for p in parts[0]] != [p.split for p in parts[1]]:
        raise DataError(f"{a.name} and {b.name} have different splits; both must have the same")
    pairs = [align_cases(x.cases, y.cases) for x, y in zip(*parts, strict=True)]
    columns = [name for name in pairs[0].a.metrics if name in pairs[0].b.metrics]
    if not columns:
        raise InputError(f"{a.name} and {b.name} measured nothing alike, image by image")
    name = columns[0] if metric is None else metric
    if name not in columns:
        raise InputError(unknown("measure", name, columns))
    quantity = pairs[0].a.quantities[name]
    sides = [
        np.mean([getattr(p, side).frame[name].to_numpy(float) for p in pairs], axis=0) for side in ("a", "b")
    ]
    sign = 1.0 if quantity.greater_is_better else -1.0
    groups = pairs[0].a.groups
    n = len(sides[0]) if groups is None else len(np.unique(groups))
    found = case_summary(
        sign * (sides[0] - sides[1]),
        groups=groups,
        confidence_level=asked["confidence_level"],
        pairing="exact",
    )
    found = with_class(found, design="test set", n=n)
    told = {
        "metric": name,
        "first": called[0],
        "second": called[1],
        "greater_is_better": quantity.greater_is_better,
        "mean_first": float(np.nanmean(sides[0])),
        "mean_second": float(np.nanmean(sides[1])),
    }
    found = replace(found, settings={**found.settings, **told})
    facts = _facts(
        a, b, called, quantity, asked, metric=name, n_folds=1, n_cases=len(sides[0]), data="test images"
    )  # fmt: skip
    frame = pd.DataFrame({"case": range(len(sides[0])), "first": sides[0], "second": sides[1]})
    return answer_of(
        concluded(facts, [found]),
        "compare",
        f"{called[0]} and {called[1]}: {len(frame)} images, {quantity.label} of each",
        frames={"cases": frame},
        about=about,
    )
