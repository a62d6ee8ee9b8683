"""How figures look: one palette that works in the dark, in grey and for the colour-blind, and SVG fit for a page."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Widths in pixels: of a page, and of a phone.
PAGE, PHONE = 720, 342
#: Up to so many values are drawn one by one.
DOTS_AT_MOST = 1000
_LONG = re.compile(r"-?\d+\.\d{3,}")

#: The light palette. In a page each is replaced by the CSS variable of its name, so that it follows the reader's mode.
LIGHT = {
    "ink": "#1c1b1a",
    "muted": "#6b6862",
    "rule": "#dedad2",
    "paper": "#fffefb",
    "band": "#f6f3ec",
    "tint": "#efc3b5",
    "s1": "#a8371b",
    "s2": "#1d5b8f",
    "s3": "#7a6a00",
    "s4": "#6d3f93",
    "s5": "#00705c",
    "s6": "#4c4a47",
}
#: The same in the dark.
DARK = {
    "ink": "#ebe7df",
    "muted": "#a6a199",
    "rule": "#37363b",
    "paper": "#17171a",
    "band": "#212125",
    "tint": "#5c2d20",
    "s1": "#ff9a78",
    "s2": "#8dbdf2",
    "s3": "#d9c64f",
    "s4": "#d0a8f5",
    "s5": "#57cdb3",
    "s6": "#bdb8af",
}


@dataclass(frozen=True)
class Series:
    """The looks of one procedure: told apart by marker and hatch as well as by colour."""

    colour: str
    marker: str
    hatch: str


SERIES = (
    Series(LIGHT["s1"], "o", "///"),
    Series(LIGHT["s2"], "s", "\\\\\\"),
    Series(LIGHT["s3"], "^", "xx"),
    Series(LIGHT["s4"], "D", "||"),
    Series(LIGHT["s5"], "v", "--"),
    Series(LIGHT["s6"], "P", "++"),
)


def settings() -> dict[Any, Any]:
    """Give matplotlib's settings for a report."""
    ink, muted = LIGHT["ink"], LIGHT["muted"]
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": "varbench",
        "text.parse_math": False,
        "text.usetex": False,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 13.0,
        "text.color": ink,
        "axes.edgecolor": muted,
        "axes.labelcolor": ink,
        "xtick.color": muted,
        "ytick.color": muted,
        "xtick.labelcolor": ink,
        "ytick.labelcolor": ink,
        "axes.linewidth": 1.0,
        "axes.facecolor": "none",
        "figure.facecolor": "none",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.axisbelow": True,
        "axes.labelsize": 13.0,
        "xtick.labelsize": 12.0,
        "ytick.labelsize": 12.0,
        "axes.unicode_minus": True,
        "hatch.linewidth": 1.1,
        "axes.titlepad": 6.0,
        "path.simplify": False,
        "axes.formatter.use_mathtext": False,
        "axes.formatter.useoffset": False,
        "axes.formatter.use_locale": False,
    }


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with the report's settings, and leave matplotlib's as they were."""
    import matplotlib

    with matplotlib.rc_context(rc=settings()), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a name with letters that matplotlib's font lacks
        yield


def shorten(text: str, longest: int) -> str:
    """Cut a name that would not fit.

    Examples
    --------
    >>> shorten("incorrect", 16), shorten("a very long name of a procedure", 12)
    ('incorrect', 'a very long…')
    """
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def beeswarm(values: npt.NDArray[np.float64], size: float, height: float) -> npt.NDArray[np.float64]:
    """Place dots so that none hides another: beside those that are near, in the middle where there are none.

    Parameters
    ----------
    values : ndarray (dot,)
        Where each dot stands on the axis.
    size : float
        Width of a dot on the axis.
    height : float
        What all of them may take; where there are too many they stand closer.

    Returns
    -------
    ndarray (dot,)
        Offsets from the middle.

    Examples
    --------
    >>> beeswarm(np.array([0.5, 0.5, 0.5, 0.9]), 0.01, 1.0).round(2).tolist()
    [0.0, 0.17, -0.17, 0.0]
    """
    order = np.argsort(values, kind="stable")
    levels = np.zeros(len(values), int)
    last: dict[int, float] = {}
    for index in order:
        level = next(k for k in range(len(values) + 1) if values[index] - last.get(k, -np.inf) >= size)
        levels[index] = level
        last[level] = float(values[index])
    steps = np.where(levels % 2 == 1, (levels + 1) // 2, -(levels // 2)).astype(float)
    most = max(float(np.abs(steps).max(initial=0)), 1.0)
    return steps * min(height / 2 / most, height / 6)


def to_svg(figure: Figure, name: str) -> str:
    """Turn a figure into an SVG element for a page: no fixed size, no ids of others, colours that follow the page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn within :func:`varbench.report.figures.drawing`.
    name : str
        Unique in the page; every id begins with it.

    Returns
    -------
    str
        The same for the same figure, whenever and wherever it is drawn.
    """
    buffer = io.StringIO()
    with drawing():
        figure.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(
        r"<defs>\s*<style type=\"text/css\">.*?</style>\s*</defs>", "", svg, flags=re.S
    )  # it would style the page
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(
        r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>",
        r'<svg viewBox="\1" aria-hidden="true" focusable="false">',
        svg,
        count=1,
    )
    return _compact(_coloured(_own_ids(svg, name)))


def _own_ids(svg: str, name: str) -> str:
    """Keep the ids that something refers to, under the figure's own name."""
    used = set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r"href=\"#([^\"]+)\"", svg))
    svg = re.sub(r" id=\"([^\"]+)\"", lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    return re.sub(r"(?:xlink:)?href=\"#([^\"]+)\"", rf'href="#{name}-\1"', svg)


def _compact(svg: str) -> str:
    """Round to hundredths of a pixel, and name the style of many equal dots once."""
    svg = re.sub(
        r" (d|x|y|width|height|transform|points)=\"([^\"]*)\"",
        lambda m: f' {m[1]}="{re.sub(_LONG, _rounded, " ".join(m[2].split()))}"',
        svg,
    )
    svg = re.sub(r"(?:<use [^>]*? style=\"([^\"]*)\"/>\s*)(?:<use [^>]*? style=\"\1\"/>\s*)+", _hoisted, svg)
    return re.sub(r"\s*\n\s*", "\n", svg).strip()


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def _hoisted(run: re.Match[str]) -> str:
    bare = run[0].replace(f' style="{run[1]}"', "")
    return f'<g style="{run[1]}">{bare.strip()}</g>\n'


def _coloured(svg: str) -> str:
    svg = re.sub(r" fill=\"(#[0-9a-f]{6})\"", r' style="fill: \1"', svg)
    for name, colour in LIGHT.items():
        svg = svg.replace(colour, f"var(--{name}, {colour})")
    # The page's own letters, not matplotlib's.
    return re.sub(
        r"font-family: [^;\"]*;? ?",
        "",
        re.sub(r"font: (?:(\d+|bold|normal) )?([\d.]+)px [^;\"]*", _font, svg),
    )


def _font(found: re.Match[str]) -> str:
    weight = "; font-weight: 700" if found[1] in ("700", "bold") else ""
    return f"font-size: {found[2]}px{weight}"
