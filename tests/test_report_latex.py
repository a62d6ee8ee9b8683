"""The tables and the methods paragraph in LaTeX: what is printed, how wide it is, and that pdfLaTeX takes it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from synthetic_answers import comparison

from varbench.report.blocks import Column, Document, Paragraph, Row, Section, Table
from varbench.report.latex_layout import MOST_LINES, TEXT, layout, stacked
from varbench.report.latex_text import escape
from varbench.report.to_latex import to_latex

needs_tex = pytest.mark.skipif(
    shutil.which("pdflatex") is None,
    reason="needs pdfLaTeX (Debian's texlive-latex-recommended)",
)
NASTY = (
    "50 % of a_b & {c} #1 $x$ ~ ^ \\input{y} -- ± − é β κ <script>alert('1')</script> \"q\" `r` [s] *t ≠ 10⁻³"
)
#: The accents that a document in the default encoding has no letters for, besides those with a sign of their own.
LATIN = "".join(c for c in map(chr, range(0xA0, 0x180)))


def table(*rows: tuple[str, ...], titles: tuple[str, ...] = (), **changes: object) -> Table:
    titles = titles or tuple(f"column {i}" for i in range(len(rows[0])))
    columns = tuple(
        Column(title, "text" if i == 0 or not rows or " " in rows[0][i].strip() else "number")
        for i, title in enumerate(titles)
    )
    fields: dict[str, object] = {
        "name": "t", "title": "A title", "columns": columns, "rows": tuple(Row(cells) for cells in rows),
    }  # fmt: skip
    return Table(**(fields | changes))  # type: ignore[arg-type]


def content(*blocks: object, headline: str = "A headline", name: str = "study") -> SimpleNamespace:
    document = Document("kicker", "?", "scope", headline, "lead", (), None, (Section("s", "S", blocks),))  # type: ignore[arg-type]
    return SimpleNamespace(document=document, name=name)


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("a\n\nb\tc\x00d", "a  b cd"),  # an empty line would end a caption's paragraph
        ("a--b---c", "a-{}-b-{}-{}-c"),  # not a dash
        ("x ≠ y", r"x $\neq$ y"),  # NFKD would leave the equals sign
        ("x ≢ y", "x ? y"),
        ("½ cm", "1/2 cm"),  # and not 12
        ("10⁻³ m²", "10$^{-}$$^{3}$ m$^{2}$"),
        ("12° 5′", r"12$^\circ$ 5$'$"),
        ("?` !`", "?{}` !{}`"),  # not an inverted mark
        ("Ωω χ²", r"$\Omega$$\omega$ $\chi$$^{2}$"),
        ("Łódź ęą", "Łódź ea"),  # the ogonek is not in the default encoding
        ("e\u0301", "é"),
        ("ħ þ ŋ", "h th ng"),
        ("患😀", "??"),
        ("«a» 5 ‰", r"``a'' 5 \textperthousand{}"),
    ],
)
def test_signs_print_as_what_they_mean(given, printed):
    assert escape(given) == printed


def test_nothing_stays_that_latex_reads_as_a_command():
    bare = re.sub(r"\\[\\{}$&#%_,]|\\(?:text\w+|neq|pm|beta|kappa)(?:\{\})?", "", escape(NASTY))
    assert not set("\\%&#_~") & set(bare.replace("^{", "{"))
    assert bare.count("$") % 2 == 0


def test_a_comment_stays_one_line():
    text = to_latex(content(headline="one\ntwo\r\n\\input{three}"))
    assert [line for line in text.splitlines() if not line.startswith("%") and line] == []


def test_a_narrow_table_is_set_as_it_is():
    found = layout(table(("a", "0.5"), titles=("Name", "AUC")))
    assert (found.columns, found.headings, found.narrow) == (("l", "r"), ("Name", "AUC"), False)


def test_headings_break_before_text_wraps():
    found = layout(table(*[("a",) + ("0.5",) * 8], titles=("Name", *["a heading of words"] * 8)))
    assert found.columns == ("l", *"r" * 8)
    assert all(heading.count(r"\\") for heading in found.headings[1:])


def test_text_wraps_until_the_table_is_as_wide_as_the_page():
    words = "many words that tell what was found here, and why it is so, one after the other, at some length"
    found = layout(table(("a", "0.123", words), ("b", "0.5", "few words")))
    shares = [
        float(share) for column in found.columns for share in re.findall(r"p\{([\d.]+)\\linewidth\}", column)
    ]
    assert len(shares) == 1
    assert TEXT * 0.75 < shares[0] * TEXT < TEXT


def test_a_heading_over_columns_makes_them_wider():
    wide = tuple(
        Column(f"c{i}", "number", "a heading over two narrow columns that is long" * 2) for i in range(2)
    )
    found = layout(table(("1", "2"), columns=wide))
    assert r"\\" in found.groups[0]


def test_a_heading_breaks_at_spaces_and_hyphens():
    assert stacked("AUC", 9, "r") == "AUC"
    assert stacked("incorrect-permuted x", 9, "r") == (
        r"\begin{tabular}[b]{@{}r@{}}incorrect-\\permuted\\x\end{tabular}"
    )
    assert stacked("interval [95", 8, "r").count(r"\\{}[95") == 1


def test_a_long_table_is_several_with_their_own_labels():
    rows = [(f"r{i}", "0.5") for i in range(2 * MOST_LINES + 1)]
    text = to_latex(content(table(*rows, notes=("Told once.",))))
    assert text.count(r"\begin{table}") == 3
    assert re.findall(r"\\label\{(.*?)\}", text) == ["tab:study-t-1", "tab:study-t-2", "tab:study-t-3"]
    assert re.findall(r"\((\d) of 3\)", text) == ["1", "2", "3"]
    assert text.count("Told once.") == 1
    assert all(f"r{i} &" in text for i in range(len(rows)))


def test_a_row_that_wraps_takes_several_lines():
    words = "some words of it " * 20
    rows = tuple((f"r{i}", words) for i in range(30))
    found = layout(table(*rows))
    parts = found.parts(table(*rows).rows)
    lines = -(-len(words) // found.letters[1])
    assert lines > 3
    assert max(map(len, parts)) == MOST_LINES // lines
    assert sum(map(len, parts)) == 30


def compiled(text: str, folder: Path) -> str:
    """Compile in an article with the packages that the text says it needs, and give the log."""
    packages = re.findall(r"Needs (\\usepackage\{.*?\})", text)
    (folder / "in.tex").write_text(text, encoding="utf-8")
    (folder / "w.tex").write_text(
        "\n".join(
            [r"\documentclass{article}", *packages, r"\begin{document}", r"\input{in}", r"\end{document}"]
        ),
        encoding="utf-8",
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "w.tex"]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    log = (folder / "w.log").read_text(encoding="latin-1")
    assert (folder / "w.pdf").exists(), log[-2000:]
    return log


def faults(log: str, *more: str) -> list[str]:
    kinds = ("!", "Missing character", "LaTeX Warning: Float too large", *more)
    return [line for line in log.splitlines() if line.startswith(kinds) or "multiply" in line]


@needs_tex
@pytest.mark.parametrize("kind", ["plain", "long"])
@pytest.mark.parametrize("number", [2, 15])
def test_an_answer_compiles_and_no_table_is_too_wide(tmp_path, kind, number):
    assert faults(compiled(to_latex(comparison(number, kind)), tmp_path), "Overfull") == []


@needs_tex
def test_an_answer_with_attacks_for_names_compiles(tmp_path):
    assert faults(compiled(to_latex(comparison(5, "hostile")), tmp_path)) == []


@needs_tex
def test_nasty_words_compile_wherever_they_stand(tmp_path):
    cells = (NASTY, "0.5", NASTY + " and more words", "[1, 2]")
    groups = tuple(Column(NASTY, "number" if i else "text", NASTY[: 20 * (i // 2)]) for i in range(4))
    given = content(
        Paragraph(NASTY, "methods"),
        table(cells, cells, columns=groups, title=NASTY, notes=(NASTY,)),
        name=NASTY,
    )
    assert faults(compiled(to_latex(given), tmp_path)) == []


@needs_tex
def test_every_latin_letter_and_every_sign_compiles(tmp_path):
    from varbench.report import latex_text

    signs = [*LATIN, *latex_text._SPECIAL]
    given = content(*(Paragraph(f"x{sign}y", "methods") for sign in signs))
    assert faults(compiled(to_latex(given), tmp_path)) == []
