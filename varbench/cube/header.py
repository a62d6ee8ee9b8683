"""The attributes of a cube: scalars as they are, all else as JSON text; Zarr and NetCDF hold both."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from varbench.errors import CubeError

#: The attributes that are plain text. In all others text that begins with a bracket is JSON.
TEXT_ATTRIBUTES = frozenset(
    {"direction", "preset", "primary", "question", "settings_hash", "study", "study_hash", "study_source"}
)


def encode_attributes(attributes: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    """Make attributes fit for Zarr and NetCDF alike: scalars as they are, all else as JSON text.

    Parameters
    ----------
    attributes : mapping of str to object
        None is not stored; tuples become lists.

    Returns
    -------
    dict of str to scalar
        In the given order.

    Raises
    ------
    CubeError
        Where a value is neither a scalar nor JSON, or where text could be taken for JSON.

    Examples
    --------
    >>> encode_attributes({"gamma": 0.75, "settings": {"seed": 0}, "preset": None})
    {'gamma': 0.75, 'settings': '{"seed": 0}'}
    """
    return {name: _encode(name, value) for name, value in attributes.items() if value is not None}


def _encode(name: str, value: Any) -> str | int | float | bool:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        if name not in TEXT_ATTRIBUTES and value[:1] in ("{", "["):
            raise CubeError(f"the attribute {name} is text that looks like JSON; give the object itself")
        return clean_text(value)
    if isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    try:
        return clean_text(json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain))
    except (TypeError, ValueError) as error:
        raise CubeError(f"the attribute {name} cannot be stored: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is not JSON")


def decode_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Undo :func:`encode_attributes`; what was None is not there.

    Raises
    ------
    CubeError
        Where text that begins as JSON is none.

    Examples
    --------
    >>> decode_attributes({"gamma": 0.75, "settings": '{"seed": 0}', "question": "[why?]"})
    {'gamma': 0.75, 'settings': {'seed': 0}, 'question': '[why?]'}
    """
    return {name: _decode(name, value) for name, value in attributes.items()}


def _decode(name: str, value: Any) -> Any:
    if not isinstance(value, str) or name in TEXT_ATTRIBUTES or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise CubeError(f"the attribute {name} begins as JSON and is none ({error})") from error


def clean_text(text: str) -> str:
    r"""Replace what UTF-8 or C cannot hold: lone surrogates and NUL.

    Examples
    --------
    >>> clean_text("cut\x00 here")
    'cut\\x00 here'
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
