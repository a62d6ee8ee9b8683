"""Settings as text: a description of procedures that changes when, and only when, what they do changes."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import json
import re
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from varbench.procedure import Procedure, Split
from varbench.procedure.paths import own_parameters
from varbench.procedure.steps import is_estimator, is_splitter


def describe(value: Any) -> str:
    """Describe a value, an estimator, a splitter, a function or a procedure.

    Parameters
    ----------
    value : object
        Anything that may stand in a study.

    Returns
    -------
    str
        Equal for equal settings: only parameters that differ from their default are named, and a function of a
        study's own is described by its code without comments.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> describe(SVC(kernel="linear"))
    "SVC(kernel='linear')"
    """
    if isinstance(value, Procedure):
        return "; ".join(f"{name}: {describe(step)}" for name, step in value.steps) + describe_sources(
            value.sources
        )
    if isinstance(value, Split):
        return f"Split({describe(value.cv)}{'' if value.groups is None else f', groups={value.groups!r}'})"
    if is_estimator(value) or hasattr(value, "fit_resample"):
        return _call(value, value.get_params(deep=False))
    if is_splitter(value):
        return _call(value, own_parameters(value))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{describe(k)}: {describe(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(describe(item) for item in value) + "]"
    if isinstance(value, np.ndarray):
        content = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]
        return f"array({value.dtype}, {value.shape}, {content})"
    if isinstance(value, functools.partial):
        return f"partial({describe(value.func)}, {describe(value.args)}, {describe(value.keywords)})"
    if callable(value):
        return _function(value)
    text = repr(value)
    # A repr with an address would differ in each process.
    return f"{type(value).__module__}.{type(value).__qualname__}" if " at 0x" in text else text


def readable(text: str) -> str:
    """Shorten what tells two settings apart and no reader: the hash of a function's code, a long run of numbers.

    Examples
    --------
    >>> readable("FunctionTransformer(func=half#eda75ac821dd)")
    'FunctionTransformer(func=half)'
    >>> readable(f"seeds={list(range(100))}")
    'seeds=[0, 1, 2, ... 99]'
    """
    text = re.sub(r"#[0-9a-f]{12}\b", "", text)
    return re.sub(r"\[((?:[\w.-]+, ){3})(?:[\w.-]+, ){12,}([\w.-]+)\]", r"[\1... \2]", text)


def describe_sources(sources: Mapping[str, str]) -> str:
    """Describe a procedure's own sources, as an ending; empty where there are none."""
    return f" | sources {describe(sources)}" if sources else ""


def _call(value: Any, parameters: Mapping[str, Any]) -> str:
    signature = inspect.signature(type(value).__init__).parameters
    changed = [
        f"{name}={describe(given)}"
        for name, given in parameters.items()
        if name not in signature or not _same(signature[name].default, given)
    ]
    return f"{type(value).__name__}({', '.join(changed)})"


def _same(default: Any, given: Any) -> bool:
    return default is given or (type(default) is type(given) and bool(default == given))


def _function(value: Any) -> str:
    if not hasattr(value, "__qualname__"):  # an object that can be called
        return f"{type(value).__qualname__}({describe(getattr(value, '__dict__', {}))})"
    name = f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', type(value).__qualname__)}"
    root = name.split(".")[0]
    if root in ("numpy", "scipy", "sklearn", "imblearn", "varbench", "builtins"):
        return name
    try:
        code = _canonical(ast.parse(textwrap.dedent(inspect.getsource(value))))
    except (OSError, TypeError, SyntaxError):  # a lambda inside a call has no source of its own
        code = value.__code__.co_code.hex() if hasattr(value, "__code__") else name
    held = [cell.cell_contents for cell in getattr(value, "__closure__", None) or ()]
    content = code + describe(held) + describe(getattr(value, "__defaults__", None) or ())
    return f"{value.__qualname__}#{hashlib.sha256(content.encode()).hexdigest()[:12]}"


def code_digest(source: str) -> str:
    """Hash the code of a study's file that its procedures may use: functions, classes, constants.

    Comments, docstrings and what calls make do not count; the latter is described with the procedures.

    Parameters
    ----------
    source : str
        The text of the file; empty for a study that is made at hand.

    Returns
    -------
    str
        12 hexadecimal digits, or nothing where there is no such code.

    Examples
    --------
    >>> code_digest("class A: x = 1") == code_digest("class A: x = 1  # why")
    True
    """
    kept = []
    for node in ast.parse(source).body:
        constant = isinstance(node, ast.Assign) and not any(isinstance(n, ast.Call) for n in ast.walk(node))
        if constant or isinstance(node, ast.FunctionDef | ast.ClassDef):
            kept.append(_canonical(node))
    return hashlib.sha256("".join(kept).encode()).hexdigest()[:12] if kept else ""


def _canonical(node: Any) -> str:
    """Write a syntax tree so that it is the same text in every version of Python; docstrings are left out."""
    if isinstance(node, ast.AST):
        fields = {name: value for name, value in ast.iter_fields(node) if value not in (None, [])}
        body = fields.get("body")
        if (
            isinstance(body, list)
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            fields["body"] = body[1:]
        return f"{type(node).__name__}({','.join(f'{name}={_canonical(fields[name])}' for name in sorted(fields))})"
    return f"[{','.join(map(_canonical, node))}]" if isinstance(node, list) else repr(node)


def digest(settings: Mapping[str, Any]) -> str:
    """Hash settings, whatever the order of their keys.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def differences(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], prefix: str = ""
) -> list[tuple[str, Any, Any]]:
    """List where two settings differ.

    Returns
    -------
    list of (str, object, object)
        Dotted key, our value, their value; None where one lacks the key.

    Examples
    --------
    >>> differences({"seed": 1, "set": {"a": 2}}, {"seed": 1, "set": {}})
    [('set.a', 2, None)]
    """
    found: list[tuple[str, Any, Any]] = []
    for key in dict.fromkeys([*ours, *theirs]):
        a, b = ours.get(key), theirs.get(key)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            found += differences(a, b, f"{prefix}{key}.")
        elif a != b:
            found.append((f"{prefix}{key}", a, b))
    return found
