"""The pictures of an audit, each from a frame of its findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from varbench.audits import Audit
from varbench.report import Picture

#: Features of the picture.
_MOST = 20


#: Which picture a finding is seen in: the first alarm's comes first.
_SEEN = {
    "VB10": ("pair_pictures", "pair_features", "neighbours"), "VB12": ("features",), "VB13": ("batches",),
    "VB14": ("embedding_split",),
}  # fmt: skip
#: Pairs that the words for who cannot see a picture name.
_NAMED, _MOST_SERIES = 3, 6


def pictures(found: Audit) -> tuple[Picture, ...]:
    """Draw features, batches, neighbours and an embedding, as far as there are frames; the first alarm's first."""
    drawn = list(_all(found))
    seen = [
        frame
        for one in found.alarms
        for code, frames in _SEEN.items()
        if one.code.startswith(code)
        for frame in frames
    ]
    return tuple(sorted(drawn, key=lambda one: seen.index(one.frame) if one.frame in seen else len(seen)))


def _all(found: Audit) -> Iterator[Picture]:
    if "pair_pictures" in found.frames:
        yield _image_pairs(found.frames["pair_pictures"], len(found.frames["pairs"]))
    if "pair_features" in found.frames:
        yield _row_pairs(found.frames["pair_features"])
    if "features" in found.frames:
        yield _features(found)
    if "batches" in found.frames:
        yield Picture(
            "heat", "batches", "Batch by class",
            f"The share of each class within each batch: {_spread(found.frames['batches'])}.",
            "The share of each class within each batch; without an effect of the site all lines are alike.",
            {"kind": "rate", "label": "share of the batch", "low": 0.0, "high": 1.0},
        )  # fmt: skip
    if "neighbours" in found.frames:
        frame = found.frames["neighbours"]
        middle = ", ".join(
            f"{name}: {part['score'].median():.2f}" for name, part in frame.groupby("method", sort=False)
        )
        yield Picture(
            "strips", "neighbours", "How near is the nearest row?",
            f"Distances to the nearest row; medians {middle}.",
            "Distances in ranks of the continuous columns. Copies lie at 0; rows across the split should "
            "be as far as rows on one side.",
            {"xlabel": "distance to the nearest row", "places": 2},
        )  # fmt: skip
    for column, words in (("split", "side of the split"), ("batch", "batch"), ("label", "class")):
        frame = found.frames.get("embedding", pd.DataFrame())
        alone = not {"split", "batch"} & set(frame.columns)
        if column in frame.columns and (column != "label" or alone):
            shares = [
                f" ({100 * share:.0f} % of the variance)" for share in frame.attrs.get("shares", [0, 0])
            ]
            yield Picture(
                "scatter", f"embedding_{column}", f"The rows by {words}",
                f"Principal components of the rows, by {words}; middles: {_middles(frame, column)}.",
                "The two directions in which the ranks of the features vary most. The large markers are the middles: "
                "where they lie apart, the rows differ on the whole.",
                {"xlabel": f"first direction{shares[0]}", "ylabel": f"second direction{shares[1]}", "middles": True},
            )  # fmt: skip


def _middles(frame: pd.DataFrame, column: str) -> str:
    """Write where the middle of each of the first series is."""
    parts = frame.groupby(column, sort=False)[["x", "y"]].median().head(_MOST_SERIES)
    return "; ".join(f"{name} ({one['x']:.1f}, {one['y']:.1f})" for name, one in parts.iterrows())


def _spread(frame: pd.DataFrame) -> str:
    """Write between which shares a class lies, over the batches."""
    said = []
    for name, part in frame.groupby("column", sort=False):
        ordered = part.sort_values("value")
        (low, least), (high, most) = zip(
            100 * ordered["value"].iloc[[0, -1]], ordered["row"].iloc[[0, -1]], strict=True
        )
        said.append(f"{name} from {low:.0f} % in {least} to {high:.0f} % in {most}")
    return "; ".join(said)


def frames_of(found: Audit) -> dict[str, pd.DataFrame]:
    """Give the frames that the pictures are drawn from."""
    drawn = {name: frame for name, frame in found.frames.items() if name not in ("embedding", "features")}
    embedding = found.frames.get("embedding")
    if embedding is not None:
        for column in ("split", "batch", "label"):
            if column in embedding.columns:
                drawn[f"embedding_{column}"] = embedding[["x", "y", column]].set_axis(
                    ["x", "y", "kind"], axis=1
                )
    features = found.frames.get("features")
    if features is not None:
        drawn["features"] = features.head(_MOST)
    return drawn


def _features(found: Audit) -> Picture:
    frame, null = found.frames["features"].head(_MOST), found.frames["features"].attrs
    best = frame.iloc[0]
    return Picture(
        "intervals", "features", "What each feature tells alone",
        f"The best is {best['label']} with {best['estimate']:.3f}; {null['null95']:.3f} under shuffled "
        "labels.",
        f"The best {len(frame)} of {null['features']:,} features with 90 % intervals. The line is what "
        "the best of all stays below in 95 % of shuffled labels.",
        {"xlabel": null["word"], "reference": float(np.round(null["null95"], 4))},
    )  # fmt: skip


def _image_pairs(frame: pd.DataFrame, pairs: int) -> Picture:
    told = "; ".join(
        f"{_named(one, 'file', 'row', 'side')} and {_named(one, 'other_file', 'other', 'other side')}, {one['said']}"
        for one in frame.head(_NAMED).to_dict("records")
    )
    return Picture(
        "image_pairs", "pair_pictures", "Pairs of images beside each other",
        f"{len(frame)} of {pairs:,} pairs of images, as pictures: {told}.",
        f"{len(frame)} of {pairs:,} pairs; those across the split and the nearest first. Under each its side and its "
        "class, as far as there are such.",
    )  # fmt: skip


def _named(pair: Mapping[Any, Any], file: str, row: str, side: str) -> str:
    name = str(pair.get(file) or f"row {pair[row]:,}")
    return f"{name} ({pair[side]})" if pair[side] else name


def _row_pairs(frame: pd.DataFrame) -> Picture:
    shown, features = frame["feature"].nunique(), frame.attrs["features"]
    told = [
        f"rows {one['row'].iloc[0]:,} and {one['other'].iloc[0]:,} ({one['said'].iloc[0]}) are "
        f"{(one['value'] - one['other value']).abs().median():.3f} apart in the middle"
        for _, one in frame.groupby("pair", sort=False)
    ]
    return Picture(
        "row_pairs", "pair_features", "Pairs of rows beside each other",
        f"Two lines a pair over {shown} features: {'; '.join(told)}.",
        "A marker a feature: the share of all rows that lie below it. Where two lines lie on each other the rows are "
        "copies; the last pair shows what is usual here.",
        {"xlabel": f"{'all' if shown == features else f'{shown} of'} {features:,} continuous features, in their order"},
    )  # fmt: skip
