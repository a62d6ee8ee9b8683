"""Writing a file as a whole: nobody ever sees half of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file beside another one to write to; it takes the other's place at the end, or is gone.

    Parameters
    ----------
    path : Path
        The file that there is to be, in a folder that exists; it may exist as well.

    Yields
    ------
    Path
        An empty file of the same folder. Where the block ends well it becomes `path`, with the mode of any new file of
        the user's; where it does not, `path` is as it was.

    Raises
    ------
    OSError
        Where the folder cannot be written.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "rates.csv"
    >>> with replacing(path) as beside:
    ...     _ = beside.write_text("a,b")
    >>> path.read_text(), [file.name for file in path.parent.iterdir()]
    ('a,b', ['rates.csv'])
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        beside.chmod(0o666 & ~_umask())  # a temporary file is private
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Give the mask of new files; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
