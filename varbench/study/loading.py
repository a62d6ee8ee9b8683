"""Finding study files by name or path, and loading the study that each defines."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import cloudpickle

from varbench.errors import StudyError, unknown
from varbench.shipped import shipped

if TYPE_CHECKING:
    from varbench.study.study import Study


def study_names() -> dict[str, Path]:
    """Give the shipped studies.

    Returns
    -------
    dict of str to pathlib.Path
        Name to file, in alphabetical order.
    """
    return {
        path.stem: path for path in sorted(shipped("studies").glob("*.py")) if not path.stem.startswith("_")
    }


def load_study(name_or_path: str) -> Study:
    """Load a study by its name or by the path of its file.

    Parameters
    ----------
    name_or_path : str
        A name of ``varbench list studies``, or a path that ends in ``.py``.

    Returns
    -------
    Study
        With its name and its source text filled in.

    Raises
    ------
    StudyError
        If there is none, or if the file fails or defines no ``study``.
    """
    from varbench.study.study import Study

    path = _find(name_or_path)
    source = _text(path)
    study = getattr(_execute(path, source), "study", None)
    if not isinstance(study, Study):
        raise StudyError(f"{path.name} defines no study: it must end with study = Study(...)")
    study.name = path.stem
    study.source = source
    return study


def load_object(path: Path, name: str | Sequence[str]) -> object:
    """Load one object of a user's file, as the procedure in ``a.py:forest``.

    Parameters
    ----------
    path : Path
        A Python file; it is run.
    name : str or sequence of str
        A name that it defines, or the first that it does of several.

    Returns
    -------
    object
        What stands under that name.

    Raises
    ------
    StudyError
        If the file cannot be read, fails, or does not define the name.
    """
    module = _execute(path, _text(path))
    names = [name] if isinstance(name, str) else list(name)
    for one in names:
        if hasattr(module, one):
            return getattr(module, one)
    there = [known for known in vars(module) if not known.startswith("_")]
    if len(names) > 1:
        raise StudyError(
            f"{path.name} defines none of {', '.join(names)}: say which name, as {path.name}:{(there or ['name'])[-1]}"
        )
    raise StudyError(f"{path.name}: {unknown('name', names[0], there)}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        near = [one.name for one in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise StudyError(f"{path}: {unknown('file', path.name, near)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(f"{path.name} cannot be read as a study's file, UTF-8 text: {error}") from None


def _find(name_or_path: str) -> Path:
    if name_or_path.endswith(".py") or "/" in name_or_path or "\\" in name_or_path:
        path = Path(name_or_path)
        if not path.is_file():
            raise StudyError(f"there is no study file {name_or_path}")
        return path
    names = study_names()
    if name_or_path not in names:
        raise StudyError(
            unknown("study", name_or_path, names)
            + "; a file of your own is given by its path, as ./my_study.py"
        )
    return names[name_or_path]


class _Uncached(SourceFileLoader):
    """Loads a user's file and leaves nothing beside it: no folder of compiled files."""

    def set_data(self, path: Any, data: Any, *, _mode: int = 0o666) -> None:
        """Do not write what was compiled."""


def _execute(path: Path, source: str) -> ModuleType:
    # The name holds the path's hash, so that two files of one name do not stand in for each other.
    name = f"varbench_study_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:8]}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_Uncached(name, str(path)))
    if spec is None or spec.loader is None:
        raise StudyError(f"{path} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        ast.parse(source, str(path))
        spec.loader.exec_module(module)
    except StudyError:
        raise
    except (Exception, SystemExit) as error:
        line = getattr(error, "lineno", None) or _line_in(error, path)
        raise StudyError(f"{path.name}, line {line}: {type(error).__name__}: {error}") from error
    _pickle_by_value(module)
    return module


def _line_in(error: BaseException, path: Path) -> int | None:
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _pickle_by_value(module: ModuleType) -> None:
    """Let a study's own functions travel to workers, which cannot import its file by name."""
    cloudpickle.register_pickle_by_value(module)
