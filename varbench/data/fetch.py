"""Bringing a manifest's files onto this machine: verified, whole or not at all.

A file is looked for in the cache, then in local folders, then at its addresses. What arrives is checked before it is
given its name. A file without a published hash is trusted the first time it is seen; its hash is then kept in a
lock file beside it, and another content later is an error.
"""

from __future__ import annotations

import gzip
import os
import shutil
import warnings
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from varbench.data.cache import Arriving, cached_path, trust
from varbench.data.local import VARIABLE, Search, find, folders, folders_of_environment, sha256_of
from varbench.data.manifest import File, Manifest
from varbench.data.transfer import transfer
from varbench.errors import FetchError, InputError

#: Overrides after how many seconds without a byte a server counts as stalled.
TIMEOUT_VARIABLE = "VARBENCH_TIMEOUT"
TIMEOUT = 30.0


@dataclass(frozen=True)
class Fetcher:
    """How files are brought here.

    Parameters
    ----------
    search : path, iterable of paths, or None
        Folders to look in first, as the option ``--from``.
    timeout : float, optional
        Seconds without a byte after which a server counts as stalled; 30, or the variable ``VARBENCH_TIMEOUT``.
    progress : bool or object
        True shows pooch's progress bar on the terminal; an object is a bar of one's own, with ``total``,
        ``update(n)``, ``reset()`` and ``close()``.
    keep : bool
        Whether a file that is found in a local folder is copied into the cache too.
    """

    search: Search = None
    timeout: float | None = None
    progress: object = False
    keep: bool = False
    _places: list[Path] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        self._places.extend(folders(self.search))
        if self.seconds <= 0:
            raise InputError(f"timeout must be more than 0 seconds, got {self.seconds:g}")

    @property
    def seconds(self) -> float:
        """The timeout that holds."""
        if self.timeout is not None:
            return float(self.timeout)
        named = os.environ.get(TIMEOUT_VARIABLE, str(TIMEOUT))
        try:
            return float(named)
        except ValueError:
            raise InputError(
                f"the variable {TIMEOUT_VARIABLE} must be a number of seconds, got {named!r}"
            ) from None

    def obtain(self, manifest: Manifest, file: File) -> Path:
        """Have a file here, verified.

        Parameters
        ----------
        manifest : Manifest
            The data set.
        file : File
            One of its files.

        Returns
        -------
        pathlib.Path
            In the cache or in a local folder.

        Raises
        ------
        varbench.errors.FetchError
            Where it cannot be had, or is not what the manifest promises; no half file is left.
        """
        found = self._nearby(manifest, file)
        if found is not None:
            return found
        if manifest.access != "open":
            raise FetchError(_how_to_get(manifest, file))
        errors: list[str] = []
        for url in file.url:
            try:
                return self._download(manifest, file, url)
            except FetchError as error:
                errors.append(str(error))
        raise FetchError("\n".join(errors))

    def _nearby(self, manifest: Manifest, file: File) -> Path | None:
        """The file in the cache or in a local folder; those of ``search`` come first where only a name can tell."""
        cached = cached_path(manifest, file)
        if file.sha256 is not None:
            if cached.is_file() and self._sound(cached, file):
                return cached
            return self._keep(find(file, [*self._places, *folders_of_environment()]), manifest, file)
        named = find(file, self._places)
        if named is None and cached.is_file():
            trust(manifest, file, cached, file.url[0] if file.url else "")
            return cached
        named = named or find(file, folders_of_environment())
        if named is not None:
            warnings.warn(_by_name(manifest, file, named), UserWarning, stacklevel=2)
            trust(manifest, file, named, "a local folder")
        return self._keep(named, manifest, file)

    def _sound(self, cached: Path, file: File) -> bool:
        if sha256_of(cached) == file.sha256:
            return True
        cached.unlink()
        warnings.warn(
            f"the cached {file.name} was damaged, and was removed ({cached})", UserWarning, stacklevel=2
        )
        return False

    def _keep(self, found: Path | None, manifest: Manifest, file: File) -> Path | None:
        if found is None or not self.keep:
            return found
        target = cached_path(manifest, file)
        with Arriving(target) as arriving:
            shutil.copyfile(found, arriving.path)
            arriving.accept()
        return target

    def _download(self, manifest: Manifest, file: File, url: str) -> Path:
        target = cached_path(manifest, file)
        with Arriving(target) as arriving:
            try:
                transfer(url, arriving.path, self.seconds, self.progress)
            except FetchError as error:
                raise FetchError(_failed(str(error), url, manifest, file)) from None
            _verify(arriving.path, manifest, file, url)
            if file.sha256 is None:
                trust(manifest, file, arriving.path, url)
            arriving.accept()
        return target


def _failed(reason: str, url: str, manifest: Manifest, file: File) -> str:
    host = urlsplit(url).netloc
    return (
        f"{manifest.full_name}: {file.name} could not be fetched from {host}: {reason}. Nothing was kept. Try again "
        f"later; or fetch {url} on another machine and give its folder with --from DIR or the variable {VARIABLE}"
    )


def _how_to_get(manifest: Manifest, file: File) -> str:
    kind = "is restricted" if manifest.access == "restricted" else "has no address to be fetched from"
    by = f"its SHA-256 ({file.sha256})" if file.sha256 else "its name"
    return (
        f"{manifest.full_name}: {file.name} {kind}. {manifest.instructions.strip()} Then give its folder with --from "
        f"DIR or the variable {VARIABLE}; the file is found by {by}. Another version of the table is used by its path, "
        "with --target and the other columns"
    )


def _verify(path: Path, manifest: Manifest, file: File, url: str) -> None:
    """The content that arrived; what fails is discarded by the caller."""
    actual = sha256_of(path)
    if file.sha256 is not None and actual != file.sha256:
        size = f", {file.size} bytes" if file.size else ""
        raise FetchError(
            f"{manifest.full_name}: {file.name} from {url} is not the file that the manifest promises\n"
            f"  expected SHA-256 {file.sha256}{size}\n"
            f"  actual   SHA-256 {actual}, {path.stat().st_size} bytes\n"
            "  The file was discarded. Something on the way may have replaced it (a login page, a proxy): look at the "
            "address in a browser. If the authors published a new version, the manifest needs its hash"
        )
    check_gzip(path, file.name, f"{manifest.full_name}: {file.name} from {url}")


def check_gzip(path: Path, name: str, where: str) -> None:
    """Refuse a gzip file that does not unpack to its end.

    Parameters
    ----------
    path : pathlib.Path
        The file; one of another kind passes, unless its name promises gzip.
    name : str
        The name that it will have.
    where : str
        How an error begins.

    Raises
    ------
    varbench.errors.FetchError
        Where it is cut off or damaged.
    """
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    if not packed and not name.endswith(".gz"):
        return
    try:
        with gzip.open(path) as stream:
            while stream.read(1 << 20):
                pass
    except (OSError, EOFError, zlib.error) as error:
        raise FetchError(
            f"{where} is no sound gzip file ({error}); it was discarded. Fetch it again"
        ) from None


def _by_name(manifest: Manifest, file: File, path: Path) -> str:
    return (
        f"{manifest.full_name}: {file.name} has no published hash, so the local file was taken by its name alone "
        f"({path})"
    )
