"""Parameters by their path, as ``forest__n_estimators``: found exactly, or through the wrappers around a step."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from sklearn.utils._param_validation import InvalidParameterError

from varbench.errors import InputError, StudyError, unknown
from varbench.procedure.steps import Split, children, is_splitter

#: The places through which a path may pass without naming them: a search's estimator, a Split's splitter.
WRAPPERS = ("estimator", "cv")


def own_parameters(obj: Any) -> dict[str, Any]:
    """Give what can be set on an object itself: an estimator's parameters, a splitter's attributes."""
    if isinstance(obj, Split):
        return {"groups": obj.groups}
    if is_splitter(obj):
        return {
            name: splitter_value(obj, name)
            for name in inspect.signature(type(obj)).parameters
            if _has(obj, name)
        }
    return dict(obj.get_params(deep=False)) if hasattr(obj, "get_params") else {}


def _has(splitter: Any, name: str) -> bool:
    return hasattr(splitter, name) or name in getattr(splitter, "cvargs", {})


def splitter_value(splitter: Any, name: str) -> Any:
    """Give a splitter's parameter; the repeated ones keep theirs in ``cvargs``."""
    return splitter.cvargs[name] if name in getattr(splitter, "cvargs", {}) else getattr(splitter, name)


def find(name: str, step: Any, path: str) -> list[tuple[str, Any, str]]:
    """Find a parameter inside a step.

    Parameters
    ----------
    name : str
        The step's name.
    step : object
        The step.
    path : str
        ``step__parameter``, or ``parameter`` names with ``__`` between them.

    Returns
    -------
    list of (str, object, str)
        Full path, owner and parameter of every match; of the exact ones only, where there are any.
    """
    head, _, rest = path.partition("__")
    if not rest:
        return []
    inside = list(_below(name, step, rest)) if head == name else []
    # A step of this name may also stand inside a wrapper: the forest of a Tune.
    for child_name, child in children(step):
        if child_name == head and not is_splitter(child):
            inside += _below(f"{name}__{child_name}", child, rest)
    unique = {full: (full, owner, parameter) for full, owner, parameter in inside}
    return list(unique.values())


def _below(prefix: str, obj: Any, rest: str) -> Iterator[tuple[str, Any, str]]:
    if rest in own_parameters(obj):
        yield f"{prefix}__{rest}", obj, rest
        return
    head, _, tail = rest.partition("__")
    below = dict(children(obj))
    if tail and head in below:
        yield from _below(f"{prefix}__{head}", below[head], tail)
        return
    for wrapper in WRAPPERS:
        if wrapper in below:
            yield from _below(f"{prefix}__{wrapper}", below[wrapper], rest)


def all_paths(name: str, obj: Any) -> Iterator[str]:
    """Give every path that can be set inside a step."""
    for parameter in own_parameters(obj):
        yield f"{name}__{parameter}"
    for child_name, child in children(obj):
        yield from all_paths(f"{name}__{child_name}", child)


def set_paths(procedure: Any) -> list[str]:
    """Give the short paths of the plain values that a procedure's steps set to something else than their default."""
    return [path for name, step in getattr(procedure, "steps", ()) for path in _set_inside(name, step)]


def _set_inside(prefix: str, obj: Any) -> Iterator[str]:
    defaults = inspect.signature(type(obj).__init__).parameters
    for name, value in own_parameters(obj).items():
        default = defaults[name].default if name in defaults else None
        if isinstance(value, int | str) and not (is_splitter(obj) and name == "shuffle") and value != default:
            yield f"{prefix}__{name}"
    for name, child in children(obj):
        yield from _set_inside(prefix if name in WRAPPERS else f"{prefix}__{name}", child)


def set_parameter(owner: Any, parameter: str, value: Any, full: str) -> None:
    """Set one parameter, and let the estimator say whether it can be.

    Raises
    ------
    InputError
        If the value is not one that the estimator takes.
    """
    if not hasattr(owner, "set_params"):
        _set_plainly(owner, parameter, value, full)
        return
    owner.set_params(**{parameter: value})
    validate = getattr(owner, "_validate_params", None)
    if validate is not None:
        try:
            validate()
        except InvalidParameterError as error:
            raise InputError(f"{full}={value!r}: {error}") from None


def _set_plainly(owner: Any, parameter: str, value: Any, full: str) -> None:
    """Set a splitter's or a Split's attribute, once a new one could be made with it."""
    names = ("cv", "groups") if isinstance(owner, Split) else own_parameters(owner)
    given = {name: splitter_value(owner, name) for name in names} | {parameter: value}
    whole = parameter == "random_state" or parameter.startswith("n_")
    if whole and value is not None and type(value) is not int:
        raise InputError(f"{full}={value!r}: must be a whole number")
    try:
        type(owner)(**given)
    except (ValueError, TypeError, StudyError) as error:
        raise InputError(f"{full}={value!r}: {error}") from None
    if parameter in getattr(owner, "cvargs", {}):
        owner.cvargs[parameter] = value
    else:
        setattr(owner, parameter, value)


def apply(procedures: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Set ``--set`` values in every procedure that has them.

    Parameters
    ----------
    procedures : mapping of str to Procedure
        Changed in place.
    values : mapping of str to object
        Path and value.

    Raises
    ------
    InputError
        If a path matches nothing in any procedure, or several parameters in one.
    """
    for path, value in values.items():
        found = 0
        for procedure_name, procedure in procedures.items():
            matches = [
                match for name, step in getattr(procedure, "steps", ()) for match in find(name, step, path)
            ]
            matches = [match for match in matches if match[0] == path] or matches
            if len(matches) > 1:
                listed = ", ".join(full for full, _, _ in matches)
                raise InputError(
                    f"--set {path}: several parameters of {procedure_name} match: {listed}; name one in full"
                )
            for full, owner, parameter in matches:
                set_parameter(owner, parameter, value, full)
                found += 1
        if not found:
            available = {
                p for pr in procedures.values() for n, s in getattr(pr, "steps", ()) for p in all_paths(n, s)
            }
            raise InputError(unknown("parameter", path, sorted(available)))
