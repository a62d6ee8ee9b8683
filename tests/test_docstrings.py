"""What is public is documented in numpydoc's form: what it takes, and what it gives back.

Public is what a user reaches as ``varbench.module.name``. Inside a subpackage a function may be content with
one sentence, as may a method, but where it lists its parameters, the list is right. That everything has a
docstring at all is a test of the architecture.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import Validator, validate

import varbench

#: numpydoc's checks that are held everywhere.
FORM = {
    "GL03",  # two blank lines in a row
    "GL06",  # a section that numpydoc does not know
    "GL07",  # sections in another order
    "GL08",  # no docstring
    "PR10",  # "name: type" for "name : type"
    "SS01",  # no summary
}
#: Those that are held for what is public.
RESULT = {
    "RT01",  # something is returned, and nothing says what
    "YD01",  # something is yielded, and nothing says what
}

#: Modules of an extra, and what must be there to import them.
EXTRAS = {"varbench.imaging": ["SimpleITK", "radiomics"], "varbench.deep": ["torch"]}

#: A docstring may hand on to another one that takes the same parameters, by name.
HANDED_ON = re.compile(r"(?i)parameters\b[^.]* as (in|of|for) :(func|meth|class):`")


def module_names() -> Iterator[str]:
    """Every module of varbench whose extra is installed."""
    root = Path(varbench.__path__[0])
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        name = ".".join(["varbench", *parts]).removesuffix(".__init__")
        extra = next((packages for start, packages in EXTRAS.items() if name.startswith(start)), [])
        private = any(part.startswith("_") for part in name.split("."))
        if not private and all(importlib.util.find_spec(package) for package in extra):
            yield name


def loaded(name: str) -> ModuleType | None:
    """Give a module, or None for one that cannot be imported: test_every_module_loads says why."""
    try:
        return importlib.import_module(name)
    except (ImportError, SyntaxError):
        return None


def objects(module: ModuleType) -> dict[str, object]:
    """Functions and classes of varbench that a module offers, by the names that it offers them under."""
    return {
        f"{module.__name__}.{name}": value
        for name, value in vars(module).items()
        if (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__.startswith(module.__name__)
        and not name.startswith("_")
    }


def own_methods(cls: type) -> dict[str, object]:
    """Give a class's own public methods, by their full names."""
    found = {}
    for name, value in vars(cls).items():
        function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if not name.startswith("_") and inspect.isfunction(function):
            found[f"{cls.__module__}.{cls.__qualname__}.{name}"] = function
    return found


MODULES = list(module_names())
FOUND: dict[str, object] = {}
for _module in filter(None, map(loaded, MODULES)):
    FOUND |= objects(_module)
PUBLIC = {name: value for name, value in FOUND.items() if name.count(".") == 2}
INNER = {name: value for name, value in FOUND.items() if not any(value is v for v in PUBLIC.values())}
EXPORTED = [v for v in PUBLIC.values() if inspect.isclass(v) and v.__name__ in varbench._HOMES]
METHODS: dict[str, object] = {}
for _class in EXPORTED:
    METHODS |= own_methods(_class)


def names_in(doc: Validator, *sections: str) -> list[str]:
    """Names that stand in some sections of a docstring, without the stars."""
    return [name.strip(" *\\") for s in sections for item in doc.doc[s] for name in item.name.split(",")]


def in_signature(value: object) -> list[str]:
    """Names of the parameters that a user gives; a constructor that a library wrote is documented there."""
    if inspect.isclass(value):
        home = next(cls for cls in value.__mro__ if "__init__" in vars(cls))
        abstract = issubclass(value, Enum) or getattr(value, "_is_protocol", False)
        if abstract or not home.__module__.startswith("varbench"):
            return []
    names = list(inspect.signature(value).parameters)
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def parameter_faults(doc: Validator) -> list[str]:
    """Say which parameters are missing from a docstring, or are not the function's."""
    given, documented = in_signature(doc.code_obj), names_in(doc, "Parameters", "Other Parameters")
    attributes = names_in(doc, "Attributes") if inspect.isclass(doc.code_obj) else []
    found = [f"parameter {p!r} is not documented" for p in given if p not in {*documented, *attributes}]
    return found + [f"there is no parameter {p!r}" for p in documented if p not in given]


def faults(value: object, *, public: bool = True) -> list[str]:
    """What is missing or wrong in a docstring, in words."""
    doc = Validator(get_doc_object(value))
    short_method = "." in doc.code_obj.__qualname__ and "\n" not in doc.raw_doc.strip()
    checks = FORM | RESULT if public and not short_method else FORM
    found = [text for code, text in validate(get_doc_object(value))["errors"] if code in checks]
    handed_on = HANDED_ON.search(" ".join(doc.raw_doc.split()))
    if handed_on or not (public or names_in(doc, "Parameters")):
        return found
    return found + parameter_faults(doc)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_loads(name: str) -> None:
    assert importlib.import_module(name).__doc__


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_what_is_public_says_what_it_takes_and_gives(name: str) -> None:
    assert not faults(PUBLIC[name])


@pytest.mark.parametrize("name", sorted(METHODS))
def test_methods_of_what_users_import_say_so_too(name: str) -> None:
    assert not faults(METHODS[name])


@pytest.mark.parametrize("name", sorted(INNER))
def test_what_is_inside_lists_its_parameters_rightly(name: str) -> None:
    assert not faults(INNER[name], public=False)


@pytest.mark.parametrize("name", sorted(varbench._HOMES))
def test_what_users_import_shows_an_example(name: str) -> None:
    value = getattr(varbench, name)
    if callable(value) and not (inspect.isclass(value) and issubclass(value, BaseException)):
        assert ">>> " in (value.__doc__ or ""), f"varbench.{name} has no example"


def wrongly_documented(first: int, second: int) -> int:
    """Add.

    Parameters
    ----------
    first : int
        One.
    third : int
        Not there.
    """
    return first + second


def test_the_check_itself_finds_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    of_parameters = ["parameter 'second' is not documented", "there is no parameter 'third'"]
    assert faults(wrongly_documented) == ["No Returns section found", *of_parameters]
    assert faults(wrongly_documented, public=False) == of_parameters
    monkeypatch.setattr(wrongly_documented, "__doc__", None)
    assert "The object does not have a docstring" in faults(wrongly_documented, public=False)
