"""The report as one HTML file that needs nothing else: no scripts, no requests, the figures inside."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from varbench.report.blocks import Figure
from varbench.report.scrub import clean
from varbench.report.wording import SHORT

if TYPE_CHECKING:
    from varbench.report.protocol import Content

_LINKS = re.compile(r"(?P<doi>doi:10\.\d{4,9}/[^\s,;()<>\"']+)|(?P<arxiv>arXiv:\d{4}\.\d{4,5})")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Give Jinja with autoescape, whatever the template's name."""
    found = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["linked"] = linked
    found.filters["breakable"] = breakable
    found.tests["block"] = lambda value, kind: type(value).__name__ == kind
    return found


def linked(text: str) -> Markup:
    """Escape a text, and make its DOIs and arXiv numbers links.

    Examples
    --------
    >>> print(linked("A <b> 2022, doi:10.1148/ryai.220028, Table 2"))
    A &lt;b&gt; 2022, <a href="https://doi.org/10.1148/ryai.220028">doi:10.1148/ryai.220028</a>, Table 2
    """
    parts, at = [], 0
    for found in _LINKS.finditer(clean(text)):
        shown = found[0].rstrip(".")
        base = "https://doi.org/" if found["doi"] else "https://arxiv.org/abs/"
        parts.append(escape(clean(text)[at : found.start()]))
        parts.append(Markup('<a href="{}{}">{}</a>').format(base, shown.partition(":")[2], shown))
        at = found.start() + len(shown)
    return Markup("").join([*parts, escape(clean(text)[at:])])


def breakable(code: str) -> Markup:
    """Escape a piece of code, and let its lines break after brackets, commas and equals signs.

    Examples
    --------
    >>> print(breakable("SVC(kernel='linear')"))
    SVC(<wbr>kernel=<wbr>&#39;linear&#39;)
    """
    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[(=,\[])(?! |$)", clean(code)))


def to_html(content: Content) -> str:
    """Write a report or an answer as one HTML file.

    Parameters
    ----------
    content : Report or Answer
        What is said.

    Returns
    -------
    str
        A whole document; the same for the same content.
    """
    document = content.document
    page = _environment().get_template("report.html")
    return page.render(
        document=document,
        looks=_looks(content),
        drawn=_Drawn(content),
        version=content.version,
        palette=_palette(),
        short=SHORT,
    )


class _Drawn:
    """Draws the figures as the template asks for them."""

    def __init__(self, content: Content) -> None:
        self.content = content

    def __call__(self, figure: Figure) -> list[tuple[str, Markup]]:
        """Give a figure twice: for a page and for a phone."""
        from varbench.report.figure_style import PAGE, PHONE, to_svg

        # The SVG is matplotlib's: it escapes every text that it writes.
        return [
            (kind, Markup(to_svg(self.content.plot(figure.name, width), f"{figure.name}-{kind}")))
            for kind, width in (("page", PAGE), ("phone", PHONE))
        ]


def _looks(content: Content) -> dict[str, str]:
    """Give the number of the colour of each procedure, as the figures have it."""
    from varbench.report.figure_style import SERIES

    return {clean(name, 120): f"s{index % len(SERIES) + 1}" for index, name in enumerate(content.procedures)}


def _palette() -> dict[str, dict[str, str]]:
    from varbench.report.figure_style import DARK, LIGHT

    return {"light": LIGHT, "dark": DARK}
