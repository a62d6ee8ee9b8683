"""Pairs of rows beside each other, for a picture: two images, or two rows of a table feature by feature."""

from __future__ import annotations

import numpy as np
import pandas as pd

from varbench.audits.look import MOST_NEAR, Look

#: Pairs and features of a picture.
_IMAGES, _ROWS, _FEATURES = 6, 3, 40


def beside(look: Look, pairs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What do the rows of a pair look like beside each other?

    Parameters
    ----------
    look : Look
        The table.
    pairs : DataFrame
        As :func:`varbench.audits.copies.pairs_of` gives them.

    Returns
    -------
    dict of str to DataFrame
        ``pair_pictures``: a row a pair of images, with both as PNG in text; or ``pair_features``: a row a pair and a
        feature, with the share of all rows that lie below each of the two. Its last pair, ``usual``, is a row with
        the nearest that is no copy of any.
    """
    if pairs.empty:
        return {}
    if look.table.album is not None:
        return {"pair_pictures": _images(look, _some(pairs, _IMAGES))}
    frame = _features(look, _some(pairs, _ROWS), pairs)
    return {} if frame.empty else {"pair_features": frame}


def _some(pairs: pd.DataFrame, most: int) -> pd.DataFrame:
    """Give a few pairs, of each kind the first, and then in turn."""
    turn = pairs.groupby("how", sort=False).cumcount()
    return pairs.iloc[np.argsort(turn.to_numpy(), kind="stable")[:most]].sort_index().reset_index(drop=True)


def _images(look: Look, pairs: pd.DataFrame) -> pd.DataFrame:
    table, album = look.table, look.table.album
    found = pairs.copy()
    if album is None:
        return found
    for row, said in (("row", "side"), ("other", "other side")):
        at = found[row].to_numpy() - 1
        parts = [np.full(len(at), "", dtype=object)]
        parts += (
            []
            if table.split is None
            else [np.asarray(table.split.names, dtype=object)[table.split.codes[at]]]
        )
        parts += [] if table.y is None or not table.y.classes else [
            np.asarray(table.y.classes, dtype=object)[table.y.codes[at]]
        ]  # fmt: skip
        found[said] = [", ".join(str(part) for part in one if part) for one in zip(*parts, strict=True)]
        found["picture" if row == "row" else "other picture"] = album.pictures(at.tolist())
    classes = np.zeros(len(found), dtype=bool)
    if table.y is not None and table.y.classes:
        classes = table.y.codes[found["row"] - 1] != table.y.codes[found["other"] - 1]
    found["said"] = [
        how + (", two classes" if two else "") for how, two in zip(found["how"], classes, strict=True)
    ]
    return found.assign(pair=np.arange(1, len(found) + 1))


def _features(look: Look, pairs: pd.DataFrame, every: pd.DataFrame) -> pd.DataFrame:
    names = list(look.continuous if len(look.continuous) > 1 else look.table.numeric)
    if len(names) < 2:
        return pd.DataFrame()
    shown = [
        names[i] for i in np.unique(np.linspace(0, len(names) - 1, min(len(names), _FEATURES)).astype(int))
    ]
    ranks = (look.table.X[shown].rank() - 0.5) / look.table.X[shown].notna().sum()
    values = ranks.to_numpy(np.float64)
    a, b = pairs["row"].to_numpy() - 1, pairs["other"].to_numpy() - 1
    hows = [
        "; ".join(part for part in said if part) for said in zip(pairs["how"], pairs["sides"], strict=True)
    ]
    usual = _nearest(look, values, int(a[0]), every)
    if usual is not None:
        a, b, hows = np.append(a, a[0]), np.append(b, usual), [*hows, "the nearest row that is no copy"]
    parts = [
        pd.DataFrame({
            "pair": number, "row": i + 1, "other": j + 1, "said": how, "feature": shown,
            "value": values[i], "other value": values[j],
        })
        for number, (i, j, how) in enumerate(zip(a.tolist(), b.tolist(), hows, strict=True), 1)
    ]  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs["features"] = len(names)
    return frame


def _nearest(look: Look, values: np.ndarray, row: int, pairs: pd.DataFrame) -> int | None:
    """Give the row that is nearest to another, among those that are in no pair and no copies."""
    odd = np.union1d(pairs["row"].to_numpy(), pairs["other"].to_numpy()) - 1
    free = np.setdiff1d(np.flatnonzero(look.copies.count == 1), odd)
    if not len(free):
        return None
    some = free if len(free) <= MOST_NEAR else look.rng("usual").choice(free, MOST_NEAR, replace=False)
    apart = np.nan_to_num(np.abs(values[some] - values[row]), nan=0.5)
    return int(some[int(apart.mean(axis=1).argmin())])
