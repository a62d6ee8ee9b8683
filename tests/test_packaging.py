"""The project's own files agree with each other: bounds, versions, commands, what is imported."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import varbench

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
TEST_COMMAND = "python -m pip install tox && tox"


def bounds(requirements: list[str]) -> dict[str, str]:
    """Lowest version by package, of the requirements that have a lowest version."""
    found = {}
    for requirement in map(Requirement, requirements):
        (specifier,) = requirement.specifier
        assert specifier.operator in (">=", "=="), requirement
        found[canonicalize_name(requirement.name)] = specifier.version
    return found


def third_party(folder: str) -> dict[str, str]:
    """Top-level packages that the files of a folder import, each with one file that does."""
    found = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.importorskip":
                names = [str(ast.literal_eval(node.args[0]))]
            found.update({name.split(".")[0]: path.name for name in names})
    own = {"varbench", "conftest", *(p.stem for p in (ROOT / "tests").glob("*.py"))}
    return {name: path for name, path in found.items() if name not in sys.stdlib_module_names | own}


def declared(*extras: str) -> set[str]:
    """Packages that an installation with some extras brings, by their canonical names."""
    requirements = [*PROJECT["dependencies"], *(r for extra in extras for r in EXTRAS[extra])]
    return {canonicalize_name(Requirement(r).name) for r in requirements}


def undeclared(folder: str, *extras: str) -> dict[str, str]:
    """Packages that a folder imports and that no requirement names."""
    distributions = packages_distributions()
    imported = third_party(folder)
    allowed = declared(*extras)
    return {
        name: path
        for name, path in imported.items()
        if not {canonicalize_name(d) for d in distributions.get(name, [name])} & allowed
    }


def test_the_lowest_versions_are_the_bounds() -> None:
    lines = (ROOT / "constraints-min.txt").read_text(encoding="utf-8").splitlines()
    pinned = bounds([line for line in lines if line and not line.startswith("#")])
    assert pinned == bounds([*PROJECT["dependencies"], *EXTRAS["dask"]])


def test_every_requirement_has_a_lowest_version() -> None:
    named = [r for extra in EXTRAS.values() for r in extra if not r.startswith("varbench[")]
    assert bounds([*PROJECT["dependencies"], *named])


def test_what_the_package_imports_is_declared() -> None:
    assert not undeclared("varbench", "dask", "radiomics", "deep", "bayes", "docx")
    assert not undeclared("studies")


def test_what_the_tests_import_is_declared() -> None:
    assert not undeclared("tests", "test", "dask", "radiomics", "deep")


def test_what_is_required_is_imported() -> None:
    """Nothing is installed for nothing; xarray loads h5netcdf and it h5py, to write NetCDF."""
    distributions = packages_distributions()
    imported = {
        canonicalize_name(d) for name in third_party("varbench") for d in distributions.get(name, [name])
    }
    assert declared() - imported <= {"h5netcdf", "h5py"}


def test_the_version_is_one() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {varbench.__version__}\n" in citation
    assert f"({varbench.__version__})" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_the_test_command_is_one(file: str) -> None:
    assert TEST_COMMAND in (ROOT / file).read_text(encoding="utf-8")


def test_the_bounds_in_words_agree() -> None:
    lowest = Requirement(f"python{PROJECT['requires-python']}").specifier
    (said,) = re.findall(r"Python (\d\.\d+) or later", (ROOT / "README.md").read_text(encoding="utf-8"))[:1]
    assert str(lowest) == f">={said}"
    assert f"base_python = python{said}" in (ROOT / "tox.ini").read_text(encoding="utf-8")


def test_the_markers_of_the_default_run() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    options = tools["pytest"]["ini_options"]
    left_out = {m.split(":")[0] for m in options["markers"]}
    assert options["addopts"][-1] == " and ".join(f"not {m}" for m in ("slow", "gpu", "network", "browser"))
    assert left_out == {"slow", "gpu", "network", "browser"}
    assert options["filterwarnings"][0] == "error"
