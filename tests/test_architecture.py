"""The order of the modules and the fences around libraries, read from the syntax tree.

A new module stands in ``BELOW`` before it stands anywhere else. A rule that is in the way is a sign that a
function lives in the wrong module: move the function.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "varbench"

#: Module or subpackage of varbench -> those right below it; it may import these, and what they may import.
BELOW = {
    "errors": [],
    "seeds": ["errors"],
    "workers": ["errors"],
    "shipped": ["errors"],
    "replacing": [],
    "rows": ["errors"],
    "delimited": ["errors"],
    "outcome": ["rows"],
    "metrics": ["rows"],
    "data": ["seeds", "metrics", "shipped", "replacing", "delimited", "outcome"],
    "procedure": ["data"],
    "elimination": ["errors"],
    "accelerate": ["procedure", "elimination"],
    "study": ["accelerate"],
    "cube": ["study"],
    "engine": ["cube", "workers"],
    "stats": ["metrics"],
    "tables": ["metrics", "replacing", "delimited", "outcome"],
    "calibration": ["stats", "seeds", "replacing", "workers"],
    "effects": ["metrics", "cube", "calibration"],
    "verdict": ["effects"],
    "report": ["verdict"],
    "checklists": ["verdict"],
    "questions": ["engine", "tables", "report", "checklists", "calibration", "audits"],
    "imaging": ["data", "procedure"],
    "deep": ["data", "procedure"],
    "audits": ["effects"],
    "cli": ["questions", "imaging", "deep"],
    "__main__": ["cli"],
    "__init__": [],  # its imports are for type checkers alone: test_the_package_itself_imports_nothing
}

#: (file, function, module): an import upwards, inside the function. There is one, and there shall be one.
UPWARD = {("study", "Study.run", "engine")}

#: Library -> the modules that may import it.
FENCES = {
    "zarr": {"cube"},
    "numcodecs": {"cube"},
    "click": {"cli"},
    "matplotlib": {"report"},
    "torch": {"deep"},
    "torchvision": {"deep"},
    "SimpleITK": {"imaging"},
    "radiomics": {"imaging"},
    "PIL": {"audits"},
    "pooch": {"data"},
    "requests": {"data"},
    "urllib": {"data"},
    "pickle": {"engine"},
    "cloudpickle": {
        "study",
        "engine",
    },  # a study's own functions travel to workers; nothing stored is unpickled
}

#: Libraries that load at first use: never at the top of a file.
LAZY = {
    "matplotlib",
    "PIL",
    "torch",
    "torchvision",
    "SimpleITK",
    "radiomics",
    "dask",
    "distributed",
    "docx",
    "sklearnex",
    "daal4py",
}

#: Name that is called -> the modules that may call it.
CALLS = {
    "print": {"cli"},
    "input": {"cli"},
    "exit": {"cli"},
    "sys.exit": {"cli", "__main__"},
    "SystemExit": {"cli", "__main__"},
    "SeedSequence": {"seeds"},
    "eval": set(),
    "exec": set(),
}

#: (file, function): where steps that know no seed are given one, by the global generators, which are restored.
BORDERS = {("engine.execute", "_global_generators")}

#: What may be used of numpy.random; all else there reads or moves the global generator.
RANDOM = {"Generator", "default_rng", "SeedSequence", "RandomState", "BitGenerator", "PCG64"}


@dataclass(frozen=True)
class Import:
    """One imported module, and where the import stands."""

    target: str
    line: int
    function: str  # dotted name of the function around it, "" at the top of the file
    for_types: bool  # under `if TYPE_CHECKING:`


@dataclass(frozen=True)
class Source:
    """One file of the package."""

    path: Path

    @property
    def name(self) -> str:
        """The file's dotted name within varbench: ``data.manifest``."""
        parts = self.path.relative_to(PACKAGE).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)

    @property
    def module(self) -> str:
        """The module or subpackage that the order speaks of."""
        return self.name.split(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))

    def imports(self) -> list[Import]:
        return list(_imports(self.tree, self._package(), "", False))

    def _package(self) -> list[str]:
        inner = self.path.parent.relative_to(PACKAGE).parts
        return ["varbench", *inner]


def _imports(node: ast.AST, package: list[str], function: str, for_types: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        inside, types = function, for_types
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = f"{function}.{child.name}".lstrip(".")
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            types = True
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, function, for_types)
        elif isinstance(child, ast.ImportFrom):
            base = ".".join(package[: len(package) - child.level + 1]) + "." if child.level else ""
            home = (base + (child.module or "")).strip(".")
            for alias in child.names:
                yield Import(f"{home}.{alias.name}", child.lineno, function, for_types)
        else:
            yield from _imports(child, package, inside, types)


FILES = sorted((Source(p) for p in PACKAGE.rglob("*.py")), key=lambda s: s.name)
each_file = pytest.mark.parametrize("source", FILES, ids=lambda s: s.name)


def allowed(module: str) -> set[str]:
    """All that a module may import: what stands below it, however far."""
    found: set[str] = set()
    waiting = list(BELOW.get(module, []))
    while waiting:
        below = waiting.pop()
        if below not in found:
            found.add(below)
            waiting += BELOW.get(below, [])
    return found


def own_module(target: str) -> str | None:
    """Which module of varbench an import names, None for a library's."""
    root, _, rest = target.partition(".")
    if root != "varbench" or rest == "__version__":
        return None
    first = rest.split(".")[0]
    return first if first in {*BELOW, *(s.module for s in FILES)} else "__init__"


def called_names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names that are called or raised, with their last two parts: ``sys.exit``, ``exit``."""
    for node in ast.walk(tree):
        name = node.func if isinstance(node, ast.Call) else node.exc if isinstance(node, ast.Raise) else None
        if isinstance(name, ast.Name | ast.Attribute):
            text = ast.unparse(name)
            yield text, node.lineno
            if text.split(".")[-1] == "SeedSequence":
                yield "SeedSequence", node.lineno


def test_the_order_has_no_circle() -> None:
    TopologicalSorter(BELOW).prepare()


@each_file
def test_every_module_has_its_place(source: Source) -> None:
    assert source.module in BELOW, f"give {source.module} its place in BELOW, and in CONTRIBUTING.md"


def test_the_order_stands_in_contributing() -> None:
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    order = text.partition("## The order of the modules")[2].partition("\n##")[0]
    assert not [m for m in BELOW if not m.startswith("__") and not re.search(rf"\b{m}\b", order)]


def test_there_is_no_utils() -> None:
    assert not [
        s.name for s in FILES if {"utils", "util", "helpers", "misc", "common"} & set(s.name.split("."))
    ]


@each_file
def test_imports_run_one_way(source: Source) -> None:
    upward = []
    for found in source.imports():
        target = own_module(found.target)
        if target in (None, source.module, *allowed(source.module)) or source.name == "__init__":
            continue
        if (source.module, found.function, target) in UPWARD:
            continue
        upward.append(f"{source.path.name}:{found.line} imports {found.target}")
    assert not upward


def test_each_upward_import_is_used() -> None:
    seen = {(s.module, i.function, own_module(i.target)) for s in FILES for i in s.imports()}
    assert seen >= UPWARD


def test_the_package_itself_imports_nothing() -> None:
    (package,) = (s for s in FILES if s.name == "__init__")
    at_run_time = [i.target for i in package.imports() if not i.for_types]
    assert at_run_time == ["__future__.annotations", "importlib", "typing.TYPE_CHECKING"]


def test_no_two_files_import_each_other() -> None:
    names = {f"varbench.{s.name}" for s in FILES}
    graph: dict[str, set[str]] = {}
    for source in FILES:
        if source.name == "__init__":
            continue
        at_import = (i for i in source.imports() if not i.for_types and not i.function)
        # "from package import module" is the module's; "from module import name" the module's too.
        targets = (names & {i.target} or names & {i.target.rpartition(".")[0]} for i in at_import)
        own = f"varbench.{source.name}"
        graph[own] = set().union(*targets) - {own}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@each_file
def test_libraries_stay_behind_their_fences(source: Source) -> None:
    outside = [
        f"{source.path.name}:{i.line} imports {i.target}"
        for i in source.imports()
        if source.module not in FENCES.get(i.target.split(".")[0], {source.module})
    ]
    assert not outside


@each_file
def test_heavy_libraries_load_at_first_use(source: Source) -> None:
    early = [
        f"{source.path.name}:{i.line} imports {i.target} at its top"
        for i in source.imports()
        if i.target.split(".")[0] in LAZY and not i.function and not i.for_types
    ]
    assert not early


@each_file
def test_matplotlib_is_the_figures_alone(source: Source) -> None:
    users = [i for i in source.imports() if i.target.split(".")[0] == "matplotlib" and not i.for_types]
    assert not users or "figure" in source.name


@each_file
def test_calls_stay_behind_their_fences(source: Source) -> None:
    outside = [
        f"{source.path.name}:{line} calls {name}"
        for name, line in called_names(source.tree)
        if source.module not in CALLS.get(name, {source.module})
    ]
    assert not outside


def _outside_borders(source: Source) -> list[ast.AST]:
    """All nodes of a file but those inside a function that is a border."""
    inside = {
        id(node)
        for function in ast.walk(source.tree)
        if isinstance(function, ast.FunctionDef) and (source.name, function.name) in BORDERS
        for node in ast.walk(function)
    }
    return [node for node in ast.walk(source.tree) if id(node) not in inside]


@each_file
def test_no_global_generator(source: Source) -> None:
    attributes = [n for n in _outside_borders(source) if isinstance(n, ast.Attribute)]
    of_numpy = [n for n in attributes if ast.unparse(n.value) in {"np.random", "numpy.random"}]
    assert not [(n.lineno, n.attr) for n in of_numpy if n.attr not in RANDOM]
    assert not [(n.lineno, n.attr) for n in attributes if ast.unparse(n.value) == "random"]
    imported = [i.target.split(".") for i in source.imports()]
    has_border = source.name in {file for file, _ in BORDERS}
    assert not [".".join(t) for t in imported if t[0] == "random" and (len(t) > 1 or not has_border)]
    assert not [
        ".".join(t) for t in imported if t[:2] == ["numpy", "random"] and t[2:] and t[2] not in RANDOM
    ]
    if source.module != "seeds":
        assert "SeedSequence" not in {n.attr for n in attributes}
        assert not [".".join(t) for t in imported if t[-1] == "SeedSequence"]


def test_each_border_restores_the_generators() -> None:
    for file, name in BORDERS:
        (source,) = (s for s in FILES if s.name == file)
        (function,) = (n for n in source.tree.body if isinstance(n, ast.FunctionDef) and n.name == name)
        (guarded,) = (n for n in ast.walk(function) if isinstance(n, ast.Try))
        restored = {
            ast.unparse(n.func) for end in guarded.finalbody for n in ast.walk(end) if isinstance(n, ast.Call)
        }
        assert restored == {"random.setstate", "np.random.set_state"}


@each_file
def test_nothing_is_unpickled(source: Source) -> None:
    keywords = (k for n in ast.walk(source.tree) if isinstance(n, ast.Call) for k in n.keywords)
    assert not [
        k.value.lineno for k in keywords if k.arg == "allow_pickle" and ast.unparse(k.value) != "False"
    ]


@each_file
def test_no_assert(source: Source) -> None:
    assert not [n.lineno for n in ast.walk(source.tree) if isinstance(n, ast.Assert)]


def _public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Public functions, classes and methods; a property's setter has its getter's docstring."""
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name[0] == "_":
            continue
        decorators = [ast.unparse(d) for d in node.decorator_list]
        if any(d.endswith((".setter", "overload", "override")) for d in decorators):
            continue
        yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body, f"{prefix}{node.name}.")


@each_file
def test_everything_public_has_a_docstring(source: Source) -> None:
    assert ast.get_docstring(source.tree), f"{source.name} says nothing about itself"
    assert not [name for name, node in _public(source.tree.body) if not ast.get_docstring(node)]


def test_the_studies_are_imported_by_nobody() -> None:
    assert not [(s.name, i.line) for s in FILES for i in s.imports() if i.target.split(".")[0] == "studies"]
