"""Where the files of a cube are: in a folder, where each is replaced as a whole, or in memory."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, Self

from zarr.abc.buffer import Buffer, BufferPrototype
from zarr.abc.store import ByteRequest, Store
from zarr.buffer.cpu import Buffer as CpuBuffer
from zarr.storage import LocalStore, MemoryStore

from varbench.cube.locking import LOCK, WRITER
from varbench.errors import CubeError

CUBE = "cube.zarr"
#: Files being written, beside the cube and never in it, so that whatever lies in the cube is whole.
PARTIAL = ".partial"

_AT_ONCE = 8  # files on their way to the disk; twice as fast as one after the other

_NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NO_ACCESS = {errno.EACCES, errno.EPERM, errno.EROFS}


def run_folder(path: str | os.PathLike[str]) -> Path:
    """Give the folder of a run.

    Parameters
    ----------
    path : path
        ``RUN`` or ``RUN/cube.zarr``.

    Returns
    -------
    pathlib.Path
        ``RUN``.
    """
    given = Path(path)
    return given.parent if given.name == CUBE else given


def check_free(run: Path) -> None:
    """Refuse a folder that holds a cube or anything else that is not ours.

    Raises
    ------
    CubeError
        With what to do instead.
    """
    if any(folder.name == CUBE for folder in run.absolute().parents):
        raise CubeError(f"{run} is inside the store of another cube; give a folder beside it")
    if run.is_dir():
        there = sorted(set(os.listdir(run)) - {LOCK, WRITER, PARTIAL})
        if CUBE in there:
            raise CubeError(f"{run} holds a cube already; open it to go on, or give another folder")
        if there:
            raise CubeError(
                f"{run} is not a cube and not empty (it holds {', '.join(there[:3])}"
                f"{' and more' if len(there) > 3 else ''}); give a new or an empty folder"
            )
    elif run.exists():
        raise CubeError(f"{run} is a file; give a folder")


def not_whole(fault: str) -> CubeError:
    """Give the error of a cube that is not whole, with what to do: nothing else can bring its runs back."""
    return CubeError(
        f"the cube is damaged: {fault}; bring it back from a copy, or delete the folder of this run and run the study "
        "again"
    )


@contextmanager
def explained(path: Path | None) -> Iterator[None]:
    """Turn what the system says while a cube is written into a CubeError, and have each name the cube.

    Raises
    ------
    CubeError
        For a full disk, a folder without permission to write, and any other OSError.
    """
    try:
        yield
    except CubeError as error:
        if path is None or str(path) in str(error):
            raise
        raise CubeError(f"{path}: {error}") from error
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in _NO_SPACE:
            text = (
                f"the disk that holds {path} is full ({reason}); what was stored before is intact: "
                "make room and give the same command again, it goes on from there"
            )
        elif error.errno in _NO_ACCESS:
            text = f"{path} cannot be written ({reason}); give another folder, or change its permissions"
        else:
            text = f"{path} cannot be written: {reason} ({error.filename or 'no file named'})"
        raise CubeError(text) from error


class Backing(Protocol):
    """Where the files of a cube are: a folder or the memory."""

    def read(self, key: str) -> bytes | None:
        """Give a file, or None where there is none."""

    def write(self, files: Mapping[str, bytes]) -> None:
        """Replace files, in order, each as a whole; where this fails before the first, none is replaced."""

    def folders(self) -> list[str]:
        """Give the names of the folders, one for each variable."""

    def names(self, folder: str) -> list[str]:
        """Give the names of the files in a folder."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files."""

    def store(self, metadata: Mapping[str, bytes]) -> Store:
        """Give what zarr and xarray open, with these files in place of its own."""


class Memory:
    """A cube that is never written to disk."""

    def __init__(self) -> None:
        self._files: dict[str, Any] = {}

    def read(self, key: str) -> bytes | None:
        """Give a file, or None where there is none."""
        found = self._files.get(key)
        return None if found is None else bytes(found.to_bytes())

    def write(self, files: Mapping[str, bytes]) -> None:
        """Replace files."""
        self._files.update({key: CpuBuffer.from_bytes(content) for key, content in files.items()})

    def folders(self) -> list[str]:
        """Give the names of the folders, one for each variable."""
        return sorted({key.partition("/")[0] for key in self._files if "/" in key})

    def names(self, folder: str) -> list[str]:
        """Give the names of the files in a folder."""
        return [key.removeprefix(f"{folder}/") for key in self._files if key.startswith(f"{folder}/")]

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files."""
        for key in keys:
            self._files.pop(key, None)

    def store(self, metadata: Mapping[str, bytes]) -> Store:
        """Give what zarr and xarray open; nobody else can write here, so the metadata are its own."""
        return MemoryStore(self._files, read_only=True)


class Folder:
    """A cube in ``RUN/cube.zarr``."""

    def __init__(self, run: Path) -> None:
        self._cube = run / CUBE
        self._partial = run / PARTIAL

    def read(self, key: str) -> bytes | None:
        """Give a file, or None where there is none."""
        try:
            return (self._cube / key).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, files: Mapping[str, bytes]) -> None:
        """Replace files, in order, each as a whole; where there is no room for all, none is replaced.

        Every file is on the disk before the first takes its place, and a later call begins when this one has
        ended: so the commit mark never reaches the disk before the data, not even when the power fails.
        """
        self._partial.mkdir(exist_ok=True)
        temporary = [self._partial / str(number) for number in range(len(files))]
        try:
            with ThreadPoolExecutor(min(len(files), _AT_ONCE)) as pool:
                for _ in pool.map(write_through, temporary, files.values()):
                    pass  # what a thread raised is raised here
            for path, key in zip(temporary, files, strict=True):
                os.replace(path, self._cube / key)
        except BaseException:
            for path in temporary:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            raise

    def folders(self) -> list[str]:
        """Give the names of the folders, one for each variable."""
        return sorted(entry.name for entry in os.scandir(self._cube) if entry.is_dir())

    def names(self, folder: str) -> list[str]:
        """Give the names of the files in a folder."""
        return os.listdir(self._cube / folder)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files."""
        for key in keys:
            (self._cube / key).unlink(missing_ok=True)

    def store(self, metadata: Mapping[str, bytes]) -> Store:
        """Give what zarr and xarray open, with these files in place of its own."""
        return _Snapshot(self._cube, metadata)


class _Snapshot(LocalStore):
    """A folder seen with the metadata of one moment, while a writer may replace them one after the other."""

    def __init__(self, root: Path, metadata: Mapping[str, bytes]) -> None:
        super().__init__(root, read_only=True)
        self._metadata = {key: CpuBuffer.from_bytes(content) for key, content in metadata.items()}

    def with_read_only(self, read_only: bool = False) -> Self:
        return self

    async def get(
        self, key: str, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        return self._metadata.get(key) or await super().get(key, prototype, byte_range)

    def get_sync(
        self, key: str, *, prototype: BufferPrototype | None = None, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        # Not every version of zarr has it, and those that do may ask here alone.
        found: Buffer | None = self._metadata.get(key)
        return found or super().get_sync(key, prototype=prototype, byte_range=byte_range)


def write_through(path: Path, content: bytes) -> None:
    """Write a file and wait until it is on the disk: 0.7 ms on an idle SSD, 8 ms on a busy one."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        try:
            os.fsync(file.fileno())
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system without fsync
                raise


def clear_partial(run: Path) -> None:
    """Remove what a killed writer left beside the cube."""
    shutil.rmtree(run / PARTIAL, ignore_errors=True)


def place(run: Path, files: Mapping[str, bytes]) -> None:
    """Make ``RUN/cube.zarr`` appear as a whole: built beside it, then renamed.

    Nothing waits for the disk here, for nothing is lost yet: a power failure in the first seconds of a cube may
    cost the cube, and no more than these seconds of work.
    """
    building = run / PARTIAL / CUBE
    clear_partial(run)
    try:
        for key, content in files.items():
            (building / key).parent.mkdir(parents=True, exist_ok=True)
            (building / key).write_bytes(content)
        building.rename(run / CUBE)
    except BaseException:
        clear_partial(run)
        raise
