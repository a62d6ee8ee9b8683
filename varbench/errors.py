"""The errors a user can cause, and the sentence that offers the nearest name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class VarbenchError(Exception):
    """A mistake on the user's side; the command line shows its message alone and exits with 2."""


class InputError(VarbenchError):
    """An argument or an option has a value that cannot be used."""


class DataError(VarbenchError):
    """A table, a manifest or a file of data cannot be used as it is."""


class FetchError(DataError):
    """A file could not be fetched, or what arrived is not what the manifest promises."""


class StudyError(VarbenchError):
    """A study file, a procedure or a step is not as it must be."""


class CubeError(VarbenchError):
    """A cube cannot be opened, extended or written."""


class RunsFailed(VarbenchError):
    """Every procedure failed in its first runs; the command line exits with 3."""


class StatisticsError(VarbenchError):
    """The numbers handed to a statistical method do not fit its assumptions or its shape."""


#: Extras that one command of pip cannot install -> the commands before it, and what else is needed.
_BEFORE = {
    "radiomics": (
        "python -m pip install numpy versioneer 'setuptools<81' wheel && "
        "python -m pip install --no-build-isolation pyradiomics==3.0.1 && ",
        "Python 3.11 and a C compiler",
    )
}


class MissingExtra(VarbenchError):
    """A package of an optional extra is not installed.

    Parameters
    ----------
    package : str
        Its name.
    extra : str
        The extra of varbench that brings it.

    Examples
    --------
    >>> print(MissingExtra("distributed", "dask"))
    this needs the package distributed, which is not installed; install it with: python -m pip install 'varbench[dask]'
    """

    def __init__(self, package: str, extra: str) -> None:
        before, needs = _BEFORE.get(extra, ("", ""))
        super().__init__(
            f"this needs the package {package}, which is not installed; "
            f"install it{f' (with {needs})' if needs else ''} with: {before}python -m pip install 'varbench[{extra}]'"
        )


def unknown(kind: str, name: object, available: Iterable[str]) -> str:
    """Say that a name is not known, the nearest names first.

    Parameters
    ----------
    kind : str
        What was named, in the singular: ``"metric"``, ``"column"``.
    name : object
        The name as given.
    available : iterable of str
        The names that exist.

    Returns
    -------
    str
        One sentence, and the list of names where it is short enough to read.

    Examples
    --------
    >>> unknown("metric", "f2", ["f1", "roc_auc"])
    "unknown metric 'f2'; did you mean f1? Available: f1, roc_auc"
    """
    names = list(dict.fromkeys(available))
    lowered = {n.lower(): n for n in names}
    near = [lowered[m] for m in difflib.get_close_matches(str(name).lower(), lowered, n=3, cutoff=0.5)]
    text = f"unknown {kind} {str(name)!r}"
    if near:
        text += f"; did you mean {' or '.join(near)}?"
    elif names:
        text += "."
    if 0 < len(names) <= 60:
        text += f" Available: {', '.join(near + [n for n in names if n not in near])}"
    elif names:
        text += f" There are {len(names)}, among them: {', '.join(names[:10])}"
    return text
