"""What is said in answer to one question, apart from its forms: verdicts, results, tables and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from varbench.errors import InputError, unknown
from varbench.report.figures import FIGURES
from varbench.report.lining import WIDTH
from varbench.stats import Result
from varbench.verdict import Conclusion

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from varbench.report.blocks import Document
    from varbench.report.protocol import Record

#: The key of the frame that every answer has: a row a result.
RESULTS = "results"
#: Columns whose values are looked for, in this order, for what has a colour of its own.
_COLOURED = ("procedure", "method", "series")


@dataclass(frozen=True)
class Picture:
    """One figure of an answer, drawn from one of its frames.

    Parameters
    ----------
    kind : str
        How it is drawn: a key of :data:`~varbench.report.figures.FIGURES`.
    frame : str
        What it is drawn from: a key of the answer's frames.
    title : str
        What stands above it.
    alt : str
        What it shows, with its main numbers, for who cannot see it.
    caption : str
        What stands under it.
    options : mapping
        What this kind of figure takes beside its frame.

    Notes
    -----
    Each kind, the columns of its frame and its options:

    - ``differences``: pair, difference, dataset where there are several (then with estimate, ci_low, ci_high); first,
      second, label, margin, interval, estimate, places
    - ``strips``: method, score, panel where there are several; xlabel, references (``x``, ``label``), places
    - ``outperform``: pair, estimate, ci_low, ci_high, n; gamma
    - ``critical_difference``: method, rank; cd, groups, layout (``auto``, ``axis``, ``list``), best (``left``,
      ``right``), size, colours, xlabel
    - ``intervals``: label, estimate, ci_low, ci_high, kind (``item``, ``mean``, ``prediction``); xlabel, reference,
      margin, places
    - ``shares``: source, share, ci_low, ci_high; xlabel, percent
    - ``lines``: series, x, y, low and high where there are bands; xlabel, ylabel, logx, logy, diagonal, steps,
      references (``x`` or ``y``, ``label``), ylim
    - ``chart``: step, question, answer (``yes``, ``no``, ``open``, ``not applicable``), evidence, cure
    - ``heat``: row, column, value; kind (``p``, ``rate``, ``number``), label, threshold, low, high, places
    - ``scatter``: x, y, kind; xlabel, ylabel, middles
    - ``image_pairs``: pair, said, row, other, side, `other side`, picture, `other picture`, file and other_file
      where the images have names
    - ``row_pairs``: pair, row, other, feature, value, `other value`, said; xlabel
    """

    kind: str
    frame: str
    title: str
    alt: str
    caption: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """A frame of an answer that is shown as a table.

    Parameters
    ----------
    frame : str
        A key of the answer's frames.
    title : str
        The caption.
    columns : mapping of str to str
        The columns to show, in order, with their headings. ``interval`` shows ``ci_low`` and ``ci_high`` in one
        column. Columns named ``pvalue`` or ``p`` are written as p-values, those beginning with ``share`` as per cent.
    notes : tuple of str
        What stands under it.
    digits : int
        Behind the decimal point, at least 0.
    """

    frame: str
    title: str
    columns: Mapping[str, str]
    notes: tuple[str, ...] = ()
    digits: int = 3


@dataclass(frozen=True, eq=False)
class Answer:
    """All that is said in answer to one question.

    Parameters
    ----------
    command : str
        What was asked: ``compare``, ``evaluate``, ``decompose``, ``plan``, ``claim``, ``calibrate``.
    kicker : str
        The line over the headline: what the numbers are of.
    question : str
        The question in words.
    scope, headline : str
        Whom the answer is about, and the answer in one sentence.
    sentences : tuple of str
        The numbers, in sentences; the first stands under the headline.
    settle : str
        What would settle the question.
    notices : tuple of str
        What every form says at its top.
    verdicts : tuple of Conclusion
        Facts, results and verdict of each comparison, the main one first.
    results : tuple of Result
        All results; those of `verdicts` are added where they are missing.
    frames : mapping of str to DataFrame
        Every number; ``results`` is added.
    tables : tuple of Shown
        The frames that are shown as tables.
    pictures : tuple of Picture
        The figures; the first is the opening.
    methods : str
        What was done, as an author can use it in a paper; paragraphs are parted by an empty line.
    citations : tuple of str
        Whom to cite; the sources of the methods are added.
    about : mapping
        Where the numbers come from: ``command`` (the line that was typed), ``seed``, versions, hashes...

    Raises
    ------
    InputError
        If a picture or a table names a frame, a column or a kind of figure that there is not.

    Examples
    --------
    >>> sizes = pd.DataFrame({"rule": ["published", "sign test"], "n": [29, 44]})
    >>> answer = Answer(
    ...     "plan", "gamma 0.75, power 0.95", "How many runs?", "Independent pairs", "44 runs.",
    ...     ("The sign test needs 44 runs for a power of 0.95.",), frames={"sizes": sizes},
    ...     tables=(Shown("sizes", "Runs that are needed", {"rule": "Rule", "n": "Runs"}),),
    ... )
    >>> print(answer.text())
    gamma 0.75, power 0.95
    <BLANKLINE>
    Independent pairs: 44 runs.
    <BLANKLINE>
    The sign test needs 44 runs for a power of 0.95.
    <BLANKLINE>
    Runs that are needed
    <BLANKLINE>
    Rule       │ Runs
    ───────────┼─────
    published  │   29
    sign test  │   44
    """

    command: str
    kicker: str
    question: str
    scope: str
    headline: str
    sentences: tuple[str, ...]
    settle: str = ""
    notices: tuple[str, ...] = ()
    verdicts: tuple[Conclusion, ...] = ()
    results: tuple[Result, ...] = ()
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False)
    tables: tuple[Shown, ...] = ()
    pictures: tuple[Picture, ...] = ()
    methods: str = ""
    citations: tuple[str, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from varbench.report.answer_frames import results_frame

        known = {id(result) for result in self.results}
        missing = (r for one in self.verdicts for r in one.results if id(r) not in known)
        object.__setattr__(self, "results", (*self.results, *missing))
        object.__setattr__(self, "frames", {RESULTS: results_frame(self), **self.frames})
        for picture in self.pictures:
            _check(picture.kind, "kind of figure", FIGURES)
            _check(picture.frame, "frame", self.frames)
        for table in self.tables:
            _check(table.frame, "frame", self.frames)
            there = [*self.frames[table.frame].columns]
            for column in table.columns:
                if column != "interval" or not {"ci_low", "ci_high"} <= set(there):
                    _check(column, f"column of frame {table.frame!r}", there)

    @property
    def name(self) -> str:
        """A short word for labels: the command."""
        return self.command

    @property
    def version(self) -> str:
        """The version of varbench."""
        from varbench import __version__

        return __version__

    @property
    def procedures(self) -> tuple[str, ...]:
        """What has a colour of its own in all figures: procedures, methods and series, as they come."""
        drawn = [self.frames[picture.frame] for picture in self.pictures]
        named = (frame[column] for column in _COLOURED for frame in drawn if column in frame.columns)
        return tuple(dict.fromkeys(str(value) for column in named for value in column.unique()))

    @property
    def drawn(self) -> dict[str, Picture]:
        """The pictures by their names: the kind, numbered from its second on."""
        found: dict[str, Picture] = {}
        for picture in self.pictures:
            number = 1 + sum(other.kind == picture.kind for other in found.values())
            found[picture.kind if number == 1 else f"{picture.kind}-{number}"] = picture
        return found

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
        _check(name, "table", self.frames)
        return self.frames[name].copy()

    def plot(self, name: str | None = None, width: int | None = None) -> Figure:
        """Draw one figure.

        Parameters
        ----------
        name : str, optional
            A key of `drawn`; the first figure by default.
        width : int, optional
            In pixels; that of a page by default.

        Returns
        -------
        matplotlib.figure.Figure
            It shows itself in a notebook, and has ``savefig``.

        Raises
        ------
        InputError
            If there is no such figure in this answer.
        """
        from varbench.report.figures import draw

        drawn = self.drawn
        if not drawn:
            raise InputError("this answer has no figure; its numbers are in .frames")
        chosen = next(iter(drawn)) if name is None else name
        _check(chosen, "figure", drawn)
        picture, sized = drawn[chosen], {} if width is None else {"width": width}
        return draw(picture.kind, self.frames[picture.frame], self.procedures, **sized, **picture.options)

    @cached_property
    def document(self) -> Document:
        """The answer as sections of paragraphs, tables and figures, for any form."""
        from varbench.report.sections.answering import document

        return document(self)

    def text(self, columns: int = WIDTH) -> str:
        """Give what the terminal shows, in lines of so many columns; nothing hangs on colours."""
        from varbench.report.to_text import answered

        return answered(self, columns)

    def records(self) -> Iterator[Record]:
        """Give the rows of the long table that CSV holds."""
        from varbench.report.answer_frames import records

        return records(self)

    def to_dict(self) -> dict[str, Any]:
        """Give the answer as what JSON holds, as docs/report-json.md describes it."""
        from varbench.report.answer_json import to_dict

        return to_dict(self)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self.text())}</pre>"


def plot_results(
    results: Sequence[Result], *, xlabel: str = "", reference: float | None = None, width: int | None = None
) -> Figure:
    """Draw the estimates of some results with their intervals, a row a result.

    Parameters
    ----------
    results : sequence of Result
        Of any methods; they should estimate the same thing.
    xlabel : str
        What is estimated.
    reference : float, optional
        Where to draw a line: 0 for differences, which then have a sign.
    width : int, optional
        In pixels; that of a page by default.

    Returns
    -------
    matplotlib.figure.Figure
        It shows itself in a notebook, and has ``savefig``.

    Raises
    ------
    InputError
        If no result has an estimate.
    """
    from varbench.report.answer_frames import labelled
    from varbench.report.figures import draw

    frame = labelled(results)
    if frame.empty:
        raise InputError("none of the results has an estimate; give results with one")
    sized = {} if width is None else {"width": width}
    return draw("intervals", frame, (), **sized, xlabel=xlabel, reference=reference)


def _check(name: str, kind: str, there: Mapping[str, Any] | Sequence[str]) -> None:
    if name not in there:
        raise InputError(unknown(kind, name, there))
