"""Curves with their bands: ROC, calibration, decisions, estimators, power, error rates over repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from varbench.report.figure_canvas import Canvas, fit, text_width, ticks_inside
from varbench.report.figure_rows import bare
from varbench.report.figure_style import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Dashes tell lines apart where colours do not.
_DASHES: tuple[Any, ...] = (
    "-",
    (0, (6, 2)),
    (0, (2, 1.6)),
    (0, (8, 2, 2, 2)),
    (0, (4, 1, 1, 1, 1, 1)),
    (0, (10, 3)),
)
#: Of series that are kin to others.
_KIN: tuple[Any, ...] = ((0, (5, 2)), (0, (7, 2, 1.5, 2)))
_REFERENCES: tuple[Any, ...] = ((0, (1, 2.5)), (0, (1, 2.5, 5, 2.5)), (0, (1, 5)))
#: What is drawn point by point, too.
_FEW_POINTS = 16
_SIDE, _LEFT, _FOOT, _LINE = 400.0, 66.0, 50.0, 22.0


def lines(
    canvas: Canvas,
    frame: pd.DataFrame,
    *,
    xlabel: str = "",
    ylabel: str = "",
    logx: bool = False,
    logy: bool = False,
    diagonal: bool = False,
    steps: bool = False,
    references: Sequence[Mapping[str, Any]] = (),
    kin: Mapping[str, tuple[str, str]] | None = None,
    ylim: tuple[float, float] | None = None,
) -> Figure:
    """Curves, each with its band where it has one.

    `frame` has the columns series, x, y, and low and high where there are bands. `diagonal` draws x = y and makes the
    figure square; `steps` draws steps; a reference has ``x`` or ``y``, and ``label``. `kin` names series that belong to
    another one, and as what: they have its colour, and dashes of their own.
    """
    every = list(dict.fromkeys(str(name) for name in frame["series"]))
    series = [name for name in every if name not in (kin or {})]
    looks = _looks(canvas, series, kin or {})
    marks = {name: canvas.look(name, place).marker for place, name in enumerate(series)}
    entries = _entries(looks, marks if kin else dict.fromkeys(series, ""), kin or {}, references)
    square = diagonal and not canvas.narrow
    room = canvas.width - _LEFT - _SIDE - 40 if square else canvas.width - _LEFT - 10
    placed, keyed = _place(entries, room)
    head = 8.0 if square else keyed + 8
    tall = min(_SIDE, canvas.width - _LEFT - 14) if diagonal else 250.0 if canvas.narrow else 320.0
    tall = max(tall, keyed - 20) if square else tall
    figure = canvas.figure(head + tall + _FOOT)
    wide = _SIDE if square else canvas.width - _LEFT - 14
    axes = canvas.axes(figure, _LEFT, head, wide, tall)
    _scales(axes, frame, references, (logx, logy), (None, ylim))
    if diagonal:
        low, high = max(axes.get_xlim()[0], axes.get_ylim()[0]), min(axes.get_xlim()[1], axes.get_ylim()[1])
        axes.plot([low, high], [low, high], color=LIGHT["muted"], lw=1, zorder=1)
    for name in every:
        part = frame[frame["series"].astype(str) == name]
        _curve(axes, part, (*looks[name], marks.get(name, "")), many=len(series) > 3, steps=steps)
    for place, reference in enumerate(references):
        draw = axes.axvline if "x" in reference else axes.axhline
        draw(
            reference.get("x", reference.get("y")),
            color=LIGHT["ink"],
            lw=1.4,
            ls=_REFERENCES[place % 3],
            zorder=2,
        )
    ticks_inside(axes, canvas)
    axes.set_xlabel(fit(xlabel, wide))
    axes.set_ylabel(fit(ylabel, tall))
    _key(canvas, figure, placed, (_LEFT + _SIDE + 30 if square else _LEFT, room, max(keyed, 1.0)))
    return figure


#: Label, colour, dashes, width and marker of an entry of the key.
_Entry = tuple[str, str, Any, float, str]


def _looks(
    canvas: Canvas, series: Sequence[str], kin: Mapping[str, tuple[str, str]]
) -> dict[str, tuple[str, Any]]:
    """Give colour and dashes of every series; where some are kin to others, dashes say as what."""
    found = {name: _style(canvas, series, name) for name in series}
    if not kin:
        return found
    found = {name: (colour, "-") for name, (colour, _) in found.items()}
    kinds = list(dict.fromkeys(kind for _, kind in kin.values()))
    dashes = {kind: _KIN[place % len(_KIN)] for place, kind in enumerate(kinds)}
    return found | {name: (found[of][0], dashes[kind]) for name, (of, kind) in kin.items()}


def _entries(
    looks: Mapping[str, tuple[str, Any]],
    marks: Mapping[str, str],
    kin: Mapping[str, tuple[str, str]],
    references: Sequence[Mapping[str, Any]],
) -> list[_Entry]:
    found: list[_Entry] = []
    if len(looks) > 1 or references:
        found = [(name, *looks[name], 2.0, mark) for name, mark in marks.items()]
    shown = {kind: looks[name][1] for name, (_, kind) in kin.items()}
    found += [(kind, LIGHT["ink"], dashes, 1.4, "") for kind, dashes in shown.items()]
    drawn = (
        (str(r.get("label", "")), LIGHT["ink"], _REFERENCES[i % 3], 1.4, "") for i, r in enumerate(references)
    )
    return [*found, *(one for one in drawn if one[0])]


def _style(canvas: Canvas, series: Sequence[str], name: str) -> tuple[str, Any]:
    """Give colour and dashes: no two of 36 series share both."""
    known = [one for one in canvas.looks if one in series]
    index = known.index(name) if name in known else series.index(name)
    return canvas.look(name, index).colour, _DASHES[(index + index // 6) % 6]


def _place(entries: Sequence[_Entry], room: float) -> tuple[list[tuple[float, float, _Entry]], float]:
    """Put the key's entries in as many lines as they need; give each its place, and the height of all."""
    found, x, y = [], 0.0, 0.0
    for text, *rest in entries:
        shown = fit(text, room - 42)
        width = 42 + text_width(shown)
        if x and x + width > room:
            x, y = 0.0, y + _LINE
        found.append((x, y, (shown, *rest)))
        x += width + 18
    return found, y + _LINE if found else 0.0


def _key(
    canvas: Canvas,
    figure: Figure,
    placed: Sequence[tuple[float, float, _Entry]],
    box: tuple[float, float, float],
) -> None:
    axes = bare(canvas, figure, 0, box[2])
    for x, y, (text, colour, dashes, width, mark) in placed:
        at, line = box[0] + x, y + 12
        axes.plot([at, at + 30], [line, line], color=colour, ls=dashes, lw=width)
        if mark:
            axes.plot([at + 15], [line], mark, ms=5, color=colour)
        axes.text(at + 37, line, text, va="center", size=13, color=colour)


def _scales(
    axes: Axes,
    frame: pd.DataFrame,
    references: Sequence[Mapping[str, Any]],
    logs: tuple[bool, bool],
    ends: tuple[tuple[float, float] | None, tuple[float, float] | None],
) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    columns = (["x"], [c for c in ("y", "low", "high") if c in frame])
    sides: tuple[Any, ...] = (
        (axes.xaxis, axes.set_xscale, axes.set_xlim),
        (axes.yaxis, axes.set_yscale, axes.set_ylim),
    )
    for at, (axis, scale, limit) in enumerate(sides):
        beside = [float(r["xy"[at]]) for r in references if "xy"[at] in r]
        values = np.concatenate([frame[columns[at]].to_numpy(float).ravel(), beside])
        values = values[np.isfinite(values) & ((values > 0) | (not logs[at]))]
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        if logs[at]:
            scale("log")
            limit(*(ends[at] or (low / 1.08, high * 1.08)))
            axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 300 * low else (1,)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axis.set_minor_formatter(NullFormatter())
        else:
            pad = 0.03 * ((high - low) or abs(low) or 1.0)
            limit(*(ends[at] or (low - pad, high + pad)))
    axes.grid(color=LIGHT["rule"], lw=0.8)
    axes.spines["left"].set_visible(True)
    for which in (name for name, log in zip("xy", logs, strict=True) if not log):
        axes.locator_params(axis=which, nbins=6)  # type: ignore[arg-type]


def _curve(axes: Axes, part: pd.DataFrame, look: tuple[str, Any, str], *, many: bool, steps: bool) -> None:
    colour, dashes, mark = look
    x, y = part["x"].to_numpy(float), part["y"].to_numpy(float)
    drawn: dict[str, Any] = {"drawstyle": "steps-post"} if steps else {}
    if {"low", "high"} <= set(part.columns) and part[["low", "high"]].notna().any(axis=None):
        low, high = part["low"].to_numpy(float), part["high"].to_numpy(float)
        band: dict[str, Any] = {"step": "post"} if steps else {}
        axes.fill_between(x, low, high, color=colour, alpha=0.08 if many else 0.16, lw=0, **band)
        edge: dict[str, Any] = {"color": colour, "lw": 0.7, "alpha": 0.6}
        axes.plot(x, low, **edge, **drawn)
        axes.plot(x, high, **edge, **drawn)
    axes.plot(x, y, color=colour, ls=dashes, lw=2 if mark else 1.4, zorder=3, **drawn)
    if mark and len(x) <= _FEW_POINTS and not steps:
        axes.plot(x, y, mark, ms=5, color=colour, zorder=4)
