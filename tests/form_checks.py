"""What holds of a form of any report or answer: each check raises where it does not."""

from __future__ import annotations

import re
from html.parser import HTMLParser

#: Elements that run something, load something or send something. A picture holds its own bytes.
FORBIDDEN = {
    "script", "iframe", "object", "embed", "link", "img", "form", "base", "foreignobject",
}  # fmt: skip
#: Where a link may lead: to a paper.
SOURCES = ("https://doi.org/10.", "https://arxiv.org/abs/")


class Page(HTMLParser):
    """What a browser would make of a page, as far as these tests ask."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br", "wbr", "path", "use", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in ("path", "use", "rect"):
            return
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def check_closed_and_quiet(page: Page) -> None:
    """Every element is closed; none runs a script, and none asks another host for anything."""
    assert page.open == []
    assert not {tag for tag, _ in page.tags} & FORBIDDEN
    for tag, attributes in page.tags:
        assert not [key for key in attributes if key.startswith("on")], tag
        links = ("data:image/png;base64,",) if tag == "image" else ("#", *SOURCES)
        for address in (attributes.get(name) for name in ("href", "xlink:href", "src")):
            assert address is None or address.startswith(links), address


def check_references(page: Page) -> None:
    """Ids are unique, and what refers to one finds it."""
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    for _, a in page.tags:
        href = a.get("href") or ""
        for reference in (a.get("aria-labelledby"), href.removeprefix("#") if href.startswith("#") else None):
            assert reference is None or reference in ids


def without_comments(text: str) -> str:
    """Give LaTeX without its comments."""
    return re.sub(r"(?m)^%.*\n", "", text)


def check_latex(text: str) -> None:
    """What is opened is closed, nothing is left unescaped, and each row has the cells of its table."""
    text = without_comments(text)
    bare = re.sub(r"\\[\\{}$&#%_,]", " ", text)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert bare.count(r"\begin{table}") == bare.count(r"\end{table}")
    assert "%" not in bare
    assert "#" not in bare
    for columns, body in re.findall(
        r"\\begin\{tabular\}\{@\{\}([lr]+)@\{\}\}(.*?)\\end\{tabular\}", text, re.S
    ):
        rows = body.partition(r"\midrule")[2].partition(r"\bottomrule")[0]
        for line in rows.strip().splitlines():
            assert len(re.findall(r"(?<!\\)&", line)) == len(columns) - 1
            assert line.endswith(r"\\")


def check_markdown(text: str) -> None:
    """Every row of a table has as many cells as its others."""
    for block in re.split(r"\n\s*\n", text):
        rows = [line for line in block.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) <= 1, block


def is_number(cell: str) -> bool:
    """Whether a cell of a table is a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def check_no_formulas(cells: list[str]) -> None:
    """No cell is what a spreadsheet would compute."""
    assert not [cell for cell in cells if cell[0] in "=+@" or (cell[0] == "-" and not is_number(cell))]


def as_words(text: str) -> str:
    """Give the words of a form: no tags, no marks, one space between."""
    return " ".join(re.sub(r"<[^>]*>|[\\*]", "", text).split()).replace("’", "'")
