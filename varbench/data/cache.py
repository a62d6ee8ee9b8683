"""The user's cache: where fetched files are kept, and the hashes that were recorded on first use."""

from __future__ import annotations

import json
import os
import time
import warnings
from pathlib import Path
from typing import Self

from varbench.data.local import sha256_of
from varbench.data.manifest import File, Manifest
from varbench.errors import FetchError

#: Overrides the user's cache folder.
CACHE_VARIABLE = "VARBENCH_CACHE"


def cache_folder() -> Path:
    """Where are fetched files kept?

    Returns
    -------
    pathlib.Path
        The variable ``VARBENCH_CACHE``, or the usual place of the operating system; it need not exist yet.
    """
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named).expanduser()
    import pooch

    return Path(pooch.os_cache("varbench"))


def cached_path(manifest: Manifest, file: File) -> Path:
    """Where is a file kept once it is fetched?

    Parameters
    ----------
    manifest : Manifest
        The data set.
    file : File
        One of its files.

    Returns
    -------
    pathlib.Path
        Below the cache; it need not exist.
    """
    return cache_folder().joinpath("data", *manifest.full_name.split("/"), file.name)


def lock_path(manifest: Manifest, file: File) -> Path:
    """Where is the hash of a file kept that has no published one?

    Parameters
    ----------
    manifest : Manifest
        The data set.
    file : File
        One of its files.

    Returns
    -------
    pathlib.Path
        Beside the cached file; it need not exist.
    """
    path = cached_path(manifest, file)
    return path.with_name(path.name + ".lock.json")


class Arriving:
    """A temporary file beside its target, which becomes the target in one step, or is removed.

    Parameters
    ----------
    target : pathlib.Path
        The name that the file gets once it is whole.

    Raises
    ------
    varbench.errors.FetchError
        On entry, where the folder cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.{os.getpid()}.{time.time_ns()}.part")

    def __enter__(self) -> Self:
        try:
            self.target.parent.mkdir(parents=True, exist_ok=True)
            self.path.touch(exist_ok=False)
        except OSError as error:
            raise FetchError(
                f"the cache {self.target.parent} cannot be written ({error.strerror}); name another folder with the "
                f"variable {CACHE_VARIABLE}"
            ) from None
        return self

    def accept(self) -> None:
        """Make the file the target, whole, also where another process has just done the same."""
        os.replace(self.path, self.target)

    def __exit__(self, *error: object) -> None:
        self.path.unlink(missing_ok=True)


def trust(manifest: Manifest, file: File, path: Path, source: str) -> None:
    """Hold a file without a published hash against the one that was recorded, or record it.

    Parameters
    ----------
    manifest : Manifest
        The data set.
    file : File
        One of its files.
    path : pathlib.Path
        Where it is.
    source : str
        Where it came from, in words.

    Raises
    ------
    varbench.errors.FetchError
        Where it changed since it was first used here.
    """
    lock, actual = lock_path(manifest, file), sha256_of(path)
    recorded = recorded_hash(lock)
    if recorded is not None:
        if recorded != actual:
            raise FetchError(
                f"{manifest.full_name}: {file.name} ({source}) changed since it was first used here\n"
                f"  recorded SHA-256 {recorded} in {lock}\n"
                f"  actual   SHA-256 {actual}\n"
                "  Its hash is not published, so varbench cannot say which is right. If the change is meant, remove "
                "that lock file; results from before it are then of other data"
            )
        return
    warnings.warn(
        f"{manifest.full_name}: the SHA-256 of {file.name} is not published; it is trusted as it is ({actual}), and "
        "recorded: a later change will be an error",
        UserWarning,
        stacklevel=2,
    )
    content = {"file": file.name, "sha256": actual, "size": path.stat().st_size, "source": source}
    with Arriving(lock) as arriving:
        arriving.path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        arriving.accept()


def recorded_hash(lock: Path) -> str | None:
    """Read the hash that was recorded on first use.

    Parameters
    ----------
    lock : pathlib.Path
        As :func:`lock_path` gives it.

    Returns
    -------
    str or None
        SHA-256; None where nothing was recorded.

    Raises
    ------
    varbench.errors.FetchError
        Where the lock file is not one.
    """
    if not lock.is_file():
        return None
    try:
        return str(json.loads(lock.read_text(encoding="utf-8"))["sha256"])
    except (ValueError, KeyError, TypeError, OSError):
        raise FetchError(f"the lock file {lock} cannot be read; remove it to trust the file anew") from None
