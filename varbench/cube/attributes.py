"""What the attributes of a cube may be: those that were edited by hand into nonsense are named when it is opened."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from varbench.errors import CubeError

Fits = Callable[[Any], bool]


class Expected(NamedTuple):
    """What an attribute must be.

    Attributes
    ----------
    fits : callable
        Tells it of a value.
    what : str
        Says it to a reader.
    """

    fits: Fits
    what: str


def _is(*kinds: type) -> Fits:
    # True is an int to Python, and no number to a reader.
    return lambda v: isinstance(v, kinds) and (bool in kinds or not isinstance(v, bool))


_text, _flag, _whole = _is(str), _is(bool), _is(int)


def _number(value: Any) -> bool:
    return _is(int, float)(value) and math.isfinite(value)


def _between(low: float, high: float) -> Fits:
    return lambda v: _number(v) and low < v < high


def _maybe(fits: Fits) -> Fits:
    return lambda v: v is None or fits(v)


def _any_of(*several: Fits) -> Fits:
    return lambda v: any(fits(v) for fits in several)


def _list(fits: Fits) -> Fits:
    return lambda v: isinstance(v, list) and all(fits(one) for one in v)


def _map(fits: Fits) -> Fits:
    return lambda v: isinstance(v, dict) and all(fits(one) for one in v.values())


def _fields(*needed: str, **fits: Fits) -> Fits:
    """Take a mapping that has all that is needed, and of what is known only what fits; the rest is free."""
    return lambda v: (
        isinstance(v, dict)
        and all(n in v for n in needed)
        and all(f(v[n]) for n, f in fits.items() if n in v)
    )


def _pair(value: Any) -> bool:
    return _list(_text)(value) and len(value) == 2


def _figures(value: Any) -> bool:
    """Take what is published of a score: a mean, or a mean and a standard deviation."""
    return _number(value) or (_list(_maybe(_number))(value) and 1 <= len(value) <= 2)


def _codes(value: Any) -> bool:
    """Take a list of numbers from 0 on, none of which is left out."""
    return _list(_whole)(value) and set(value) == set(range(len(set(value))))


_NAMES, _COUNTS = _list(_text), _map(_whole)
_LEAK = _fields(
    "step", "kind", step=_text, kind=_text, how=_text, code=_text, what=_text, cure=_text
)  # fmt: skip
_STEP = _fields("name", "text", "kind", "side", name=_text, text=_text, kind=_text, side=_text)
_SOURCE = _fields("state", state=_text, readers=_NAMES)
_DESIGN = _fields("kind", kind=lambda v: v in ("joint", "crossed", "one"), counts=_maybe(_COUNTS))
_DATA = _fields(
    name=_text, hash=_maybe(_text), n_cases=_maybe(_whole), n_features=_maybe(_whole), events=_maybe(_whole),
    prevalence=_maybe(_number), classes=_any_of(_map(_maybe(_whole)), _NAMES), groups=_maybe(_map(_maybe(_whole))),
    batches=_maybe(_is(dict)), missing=_maybe(_map(_whole)), outcome=_maybe(_map(_maybe(_number))),
    ceiling=_maybe(_number), population=_maybe(_is(dict)), simulated=_flag, unverified=_flag,
)  # fmt: skip
_SETTINGS = _fields(
    metrics=_NAMES, procedures=_is(dict), varied=_NAMES, versions=_map(_maybe(_text)), data=_maybe(_is(dict)),
)  # fmt: skip
_REQUEST = _fields(
    data_options=_is(dict), external_options=_is(dict), set=_maybe(_is(dict)), vary=_maybe(_any_of(_NAMES, _text)),
    fix=_maybe(_any_of(_NAMES, _text)), seed=_maybe(_whole), preset=_maybe(_text), design=_maybe(_text),
    procedures=_maybe(_any_of(_NAMES, _text)), align=_maybe(_text), missing=_maybe(_text),
)  # fmt: skip
_PUBLISHED = _fields(
    title=_text, source=_text, procedures=_map(_map(_figures)), rank_sum=_map(_number)
)  # fmt: skip
_PROVENANCE = _fields(
    command=_text, created=_text, environment=_maybe(_map(_maybe(_any_of(_text, _number)))),
    versions=_maybe(_map(_maybe(_text))),
)  # fmt: skip

#: What each attribute must be; one that does not stand here may be anything.
EXPECTED: Mapping[str, Expected] = {
    **dict.fromkeys(
        (
            "study",
            "study_source",
            "study_hash",
            "settings_hash",
            "question",
            "primary",
            "preset",
            "task",
            "axis",
        ),
        Expected(_text, "text"),
    ),
    **dict.fromkeys(
        ("cases_shared", "simulated", "anonymous", "mixed_versions"), Expected(_flag, "true or false")
    ),
    "direction": Expected(lambda v: v in ("greater", "less"), "greater or less"),
    "margin": Expected(_between(0, math.inf), "a number above 0"),
    "gamma": Expected(_between(0.5, 1), "a number between 0.5 and 1"),
    "confidence_level": Expected(_between(0, 1), "a number between 0 and 1"),
    "settings": Expected(_SETTINGS, "the settings of a study, as JSON"),
    "request": Expected(_REQUEST, "what was asked for, as JSON"),
    "data": Expected(_DATA, "a description of the data, as JSON"),
    "external": Expected(_fields(name=_text, n_cases=_whole), "a description of a table, as JSON"),
    "external_groups": Expected(_codes, "a list of codes 0, 1, 2..., one an external row"),
    "lower_is_better": Expected(_NAMES, "a list of metrics"),
    "notes": Expected(_NAMES, "a list of sentences"),
    "overrides": Expected(_list(lambda v: _override(v)), "a list of what was set after the runs"),
    "leaks": Expected(_map(_maybe(_list(_LEAK))), "the leaks of each procedure, as JSON"),
    "steps": Expected(_map(_maybe(_list(_STEP))), "the steps of each procedure, as JSON"),
    "sources": Expected(_map(_SOURCE), "the state of each source, as JSON"),
    "design": Expected(_DESIGN, "a design of kind joint, crossed or one, as JSON"),
    "equal": Expected(_pair, "two procedures"),
    "compared": Expected(_pair, "two procedures"),
    "pairs": Expected(_map(_pair), "two procedures by each title, as JSON"),
    "covers": Expected(_map(_pair), "two procedures by each title, as JSON"),
    "monitored": Expected(_COUNTS, "a number by each procedure, as JSON"),
    "lines": Expected(
        _map(_list(lambda v: isinstance(v, list) and len(v) == 2 and _number(v[0]) and _text(v[1]))),
        "points by each line, as JSON",
    ),
    "ran_under": Expected(
        _list(_fields("repeats", "versions", repeats=_list(_whole), versions=_map(_maybe(_text)))),
        "a list of repeats with their versions, as JSON",
    ),
    "published": Expected(_PUBLISHED, "published figures, as JSON"),
    "provenance": Expected(_PROVENANCE, "where the runs come from, as JSON"),
}


def _override(entry: Any) -> bool:
    if not _fields("name", "value", name=_text, time=_text, runs=_whole)(entry):
        return False
    name = entry["name"]
    return name in EXPECTED and EXPECTED[name].fits(entry["value"])


def check_attributes(attributes: Mapping[str, Any]) -> None:
    """Refuse attributes that are not what a study writes.

    Parameters
    ----------
    attributes : mapping of str to object
        Decoded.

    Raises
    ------
    CubeError
        With the first attribute that is something else, and what it must be.

    Examples
    --------
    >>> check_attributes({"gamma": 0.75, "overrides": []})
    >>> check_attributes({"gamma": "often"})
    Traceback (most recent call last):
    varbench.errors.CubeError: the attribute gamma is 'often', and must be a number between 0.5 and 1
    """
    for name, expected in EXPECTED.items():
        if name in attributes and not expected.fits(attributes[name]):
            raise CubeError(
                f"the attribute {name} is {_shown(attributes[name])}, and must be {expected.what}"
            )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
