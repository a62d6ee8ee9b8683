"""The forms of a report, and how they become files: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from varbench.errors import InputError, unknown
from varbench.replacing import replacing
from varbench.report.protocol import Content
from varbench.report.to_csv import to_csv
from varbench.report.to_docx import to_docx
from varbench.report.to_html import to_html
from varbench.report.to_json import to_json
from varbench.report.to_latex import to_latex
from varbench.report.to_markdown import to_markdown


class Form(NamedTuple):
    """One form: what writes it, and the ending of its file."""

    write: Callable[[Content], str | bytes]
    suffix: str


#: Every form by the name that ``--to`` takes.
FORMS: dict[str, Form] = {
    "html": Form(to_html, "html"),
    "md": Form(to_markdown, "md"),
    "tex": Form(to_latex, "tex"),
    "csv": Form(to_csv, "csv"),
    "json": Form(to_json, "json"),
    "docx": Form(to_docx, "docx"),
}


def check_forms(forms: Sequence[str]) -> tuple[str, ...]:
    """Refuse a form that there is not, before any work.

    Parameters
    ----------
    forms : sequence of str
        Names of :data:`FORMS`.

    Returns
    -------
    tuple of str
        Each once, in the order given.

    Raises
    ------
    InputError
        If a name is not known, or there is none.

    Examples
    --------
    >>> check_forms(["html", "md", "html"])
    ('html', 'md')
    """
    for form in forms:
        if form not in FORMS:
            raise InputError(unknown("form", form, FORMS))
    if not forms:
        raise InputError(f"no form is given; the forms are {', '.join(FORMS)}")
    return tuple(dict.fromkeys(forms))


def write(
    content: Content, folder: str | os.PathLike[str], forms: Sequence[str] = ("html",), stem: str = "report"
) -> list[Path]:
    """Write a report or an answer into a folder.

    Parameters
    ----------
    content : Report or Answer
        From :func:`varbench.report.report`, or from a question.
    folder : path
        It is made where it is not there.
    forms : sequence of str
        Names of :data:`FORMS`: ``html``, ``md``, ``tex``, ``csv``, ``json``, ``docx``.
    stem : str
        What the files are called, without their endings.

    Returns
    -------
    list of Path
        ``report.html`` and so on, in the order of the forms. A file that is there is replaced at once, and stays as
        it is if anything fails.

    Raises
    ------
    InputError
        If a form is not known, or the folder cannot be written.
    """
    written = []
    for form in check_forms(forms):
        path = Path(folder) / f"{stem}.{FORMS[form].suffix}"
        _replace(path, FORMS[form].write(content))
        written.append(path)
    return written


def _replace(path: Path, written: str | bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as beside, beside.open("wb") as file:
            file.write(written.encode("utf-8") if isinstance(written, str) else written)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InputError(
            f"the report cannot be written to {path}: {error.strerror or error}; give a folder that can be written"
        ) from error
