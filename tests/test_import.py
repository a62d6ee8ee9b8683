"""The package loads light, and every name of it loads at first use."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import varbench

#: What may be loaded by `varbench --help`, beside the standard library.
LIGHT = {"varbench", "click", "colorama"}

ASK = """
before = set(sys.modules)
{act}
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
print(*sorted(loaded - sys.stdlib_module_names), file=sys.__stdout__)
"""

HELP = """
import io
sys.argv, sys.stdout = ["varbench", "--help"], io.StringIO()
from varbench.cli import main
try:
    code = main()
except SystemExit as ended:
    code = ended.code
assert not code, code
assert "study" in sys.stdout.getvalue()
"""


def loaded_by(act: str) -> set[str]:
    """Top-level packages, outside the standard library, that a fresh interpreter loads for some lines."""
    code = "import sys\n" + ASK.format(act=act)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_import_loads_nothing_but_varbench() -> None:
    assert loaded_by("import varbench") == {"varbench"}


def test_the_question_itself_sees_what_is_loaded() -> None:
    assert {"varbench", "numpy"} <= loaded_by("import varbench; varbench.METRICS")


def test_help_loads_no_science() -> None:
    assert loaded_by(HELP) <= LIGHT


@pytest.mark.parametrize("name", varbench.__all__)
def test_each_name_loads(name: str) -> None:
    assert getattr(varbench, name) is not None
    assert name in dir(varbench)


@pytest.mark.parametrize("name", varbench._HOMES)
def test_each_name_is_public_where_it_lives(name: str) -> None:
    home = importlib.import_module(varbench._HOMES[name])
    assert getattr(varbench, name) is getattr(home, name)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(varbench.__file__).read_text(encoding="utf-8"))
    (block,) = (n for n in tree.body if isinstance(n, ast.If))
    imports = [n for n in block.body if isinstance(n, ast.ImportFrom)]
    seen = {a.name: n.module for n in imports for a in n.names if a.asname == a.name}
    assert seen == varbench._HOMES


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'varbench' has no attribute 'Benchmark'"):
        varbench.Benchmark  # noqa: B018
