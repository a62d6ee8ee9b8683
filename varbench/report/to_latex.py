r"""The report's tables in LaTeX, for ``\input`` into a document that loads booktabs."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from varbench.report.blocks import Block, Paragraph, Table
from varbench.report.scrub import clean

if TYPE_CHECKING:
    from varbench.report.protocol import Content

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "−": "$-$",
    "–": "--",
    "—": "---",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "’": "'",
    "‘": "`",
    "“": "``",
    "”": "''",
    "…": r"\dots{}",
    "·": r"$\cdot$",
    "↓": r"$\downarrow$",
    "●": r"$\bullet$",
    "\u202f": r"\,",
    "\u00a0": "~",
    "▲": r"$\blacktriangle$",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
}
_GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "kappa", "lambda", "mu", "pi", "rho", "sigma", "tau")
_SPECIAL |= {letter: rf"$\{name}$" for letter, name in zip("αβγδεκλμπρστ", _GREEK, strict=True)}
_SPECIAL |= {
    "∞": r"$\infty$",
    "√": r"$\surd$",
    "²": r"$^2$",
    "≈": r"$\approx$",
    "→": r"$\to$",
    "Δ": r"$\Delta$",
}
_SPECIAL |= {'"': "''", "'": "'", "`": "`", "▲": "*"}
#: Tables wide or long enough to be of no use in a paper stay in the other forms.
LEFT_OUT = ("provenance", "errors", "warnings", "leaks", "sources", "runs")


def escape(text: object) -> str:
    r"""Write a text so that LaTeX prints it as it is, with the packages of any document.

    Letters that plain pdfLaTeX cannot print become their nearest ASCII, or a question mark.

    Examples
    --------
    >>> print(escape("50 % of a_b & {x} −0.1"))
    50 \% of a\_b \& \{x\} $-$0.1
    """
    return "".join(_letter(c) for c in clean(text))


def _letter(c: str) -> str:
    if c in _SPECIAL:
        return _SPECIAL[c]
    if c.isascii() or (c.isalpha() and ord(c) < 0x180):
        return c
    plain = "".join(p for p in unicodedata.normalize("NFKD", c) if p.isascii())
    return "".join(_SPECIAL.get(p, p) for p in plain) or "?"


def to_latex(content: Content) -> str:
    r"""Write the tables of a report or an answer in LaTeX, and a methods paragraph where there is one.

    Parameters
    ----------
    content : Report or Answer
        What is said.

    Returns
    -------
    str
        One ``table`` environment a table, with caption and label; the verdict stands above them as a comment. The
        document needs ``\usepackage{booktabs}``.
    """
    document = content.document
    head = [
        f"% {line}"
        for line in (document.kicker, document.scope, document.headline, document.lead, *document.notices)
        if line
    ]
    tables = [table for table in document.tables() if table.name not in LEFT_OUT]
    marks = " ".join(document.notices)
    body = [_table(table, content.name, marks) for table in tables]
    told = [line for block in document.walk() for line in _methods(block)]
    return "\n".join([*(clean(line) for line in head), "% Needs \\usepackage{booktabs}.", "", *told, *body])


def _methods(block: Block) -> list[str]:
    """Give a paragraph that is meant for a paper."""
    return [escape(block.text), ""] if isinstance(block, Paragraph) and block.tone == "methods" else []


def _table(table: Table, study: str, marks: str) -> str:
    letters = "".join("l" if column.align == "text" else "r" for column in table.columns)
    label = "".join(c if c.isascii() and c.isalnum() else "-" for c in f"{study}-{table.name}")
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        r"\footnotesize",
        rf"\caption{{{escape(f'{table.title}. {marks}'.strip())}}}",
        rf"\label{{tab:{label}}}",
    ]
    lines += [rf"\begin{{tabular}}{{@{{}}{letters}@{{}}}}", r"\toprule"]
    if table.groups:
        lines += [
            " & ".join(rf"\multicolumn{{{n}}}{{c}}{{{escape(title)}}}" for title, n in table.groups) + r" \\",
            *_rules(table),
        ]
    lines += [" & ".join(escape(column.title) for column in table.columns) + r" \\", r"\midrule"]
    lines += [" & ".join(_cells(row.cells, row.strong)) + r" \\" for row in table.rows]
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += (
        [
            rf"\par\smallskip\parbox{{\linewidth}}{{\scriptsize {' '.join(escape(note) for note in table.notes)}}}"
        ]
        if table.notes
        else []
    )
    return "\n".join([*lines, r"\end{table}", ""])


def _rules(table: Table) -> list[str]:
    found, at = [], 1
    for title, n in table.groups:
        if title:
            found.append(rf"\cmidrule(lr){{{at}-{at + n - 1}}}")
        at += n
    return found


def _cells(cells: tuple[str, ...], strong: bool) -> list[str]:
    written = [escape(cell) for cell in cells]
    # A bracket at the start of a row would be taken for the optional argument of the \\ before it.
    written[0] = f"{{}}{written[0]}" if written[0][:1] in ("[", "*") else written[0]
    return [rf"\textbf{{{written[0]}}}", *written[1:]] if strong else written
