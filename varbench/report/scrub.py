"""What a report never prints: a path of somebody's machine, the id of a case, or a character that hides others."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterable

_QUOTED = re.compile(r"""(?P<quote>['"])(?P<path>(?:~?/|[A-Za-z]:[\\/]|\\\\)[^'"\n]*)(?P=quote)""")
#: Not within a URL or a DOI, nor in "and/or": a path begins a word.
_BARE = re.compile(r"(?<![\w:/.\\%&+-])(?:file://)?(?:~?/|[A-Za-z]:[\\/]|\\\\)[^\s'\"<>|,;()\[\]]+")
_LONGEST = 2000


def clean(text: object, longest: int = _LONGEST) -> str:
    r"""Take from a text what a reader cannot see: control characters, and those that turn the direction.

    Parameters
    ----------
    text : object
        Shown as ``str`` gives it.
    longest : int
        What is longer is cut, and ends with an ellipsis.

    Returns
    -------
    str
        Line breaks and tabs are spaces.

    Examples
    --------
    >>> clean("a\u202egnp.exe\x00\nb"), clean("abcdef", longest=4)
    ('agnp.exe b', 'abc…')
    """
    kept = [
        " " if c in "\t\n\r\v\f\x85\u2028\u2029" else c
        for c in str(text)[: 2 * longest]
        if c in "\t\n\r\v\f\x85\u2028\u2029\u200d"
        or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Cn", "Co")
    ]
    whole = "".join(kept)
    return whole if len(whole) <= longest else whole[: longest - 1] + "…"


def without_paths(text: str) -> str:
    """Leave of every absolute path its last part; ``/name``, which has no other, is left as it is.

    Examples
    --------
    >>> without_paths("cannot read '/home/jo/my data/x.csv' (see https://doi.org/10.1/2 and/or /etc/hosts)")
    "cannot read 'x.csv' (see https://doi.org/10.1/2 and/or hosts)"
    """
    quoted = _QUOTED.sub(lambda m: m["quote"] + _last(m["path"]) + m["quote"], text)
    return _BARE.sub(lambda m: _last(m[0]), quoted)


def _last(path: str) -> str:
    parts = [part for part in re.split(r"[\\/]+", path) if part not in ("", "~")]
    # A value, as the label "/" or "/yes", or a folder below the root: its last part is all there is to tell.
    if path[0] == "/" and len(parts) < 2:
        return path
    return parts[-1] if parts else "."


def without_ids(text: str, ids: Iterable[str]) -> str:
    """Replace every id of a case that stands in a text as a word of its own.

    Ids that are short plain numbers stay: they cannot be told from other numbers, and tell nothing.

    Examples
    --------
    >>> without_ids("row HN1-007 of 137 is bad", ["HN1-007", "137"])
    'row [id] of 137 is bad'
    """
    telling = (i for i in ids if i in text and len(i) > 1 and not (i.isdecimal() and len(i) < 5))
    for one in sorted(telling, key=len, reverse=True):
        text = re.sub(rf"(?<![\w]){re.escape(one)}(?![\w])", "[id]", text)
    return text


def command(text: str) -> str:
    """Make a command fit to be shown: the same, with the last part of each absolute path alone.

    Examples
    --------
    >>> command("varbench study oversampling --data '/home/jo/my table.csv' --from=/mnt/data --out RUN")
    "varbench study oversampling --data 'my table.csv' --from=data --out RUN"
    """
    try:
        words = shlex.split(text)
    except ValueError:
        return without_paths(clean(text))
    return shlex.join(_word(clean(word)) for word in words)


def _word(word: str) -> str:
    name, equals, value = word.partition("=")
    if equals and name.startswith("-"):
        return f"{name}={_word(value)}"
    return _last(word) if re.match(r"(?:file:///|~?/|[A-Za-z]:[\\/]|\\\\)", word) else without_paths(word)
