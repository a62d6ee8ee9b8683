"""One address to one file, through pooch; every way it can fail becomes a reason in words."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from varbench.errors import FetchError

#: Attempts at one address; only a failure that may pass by itself is tried again.
ATTEMPTS = 2
#: Seconds between them.
PAUSE = 1.0


def transfer(url: str, target: Path, seconds: float, progress: object) -> None:
    """One address to one file, with one more attempt where the failure may pass by itself.

    Parameters
    ----------
    url : str
        The address.
    target : pathlib.Path
        The file that is written; what stands in it after an error is worthless.
    seconds : float
        Without a byte, after which the server counts as stalled.
    progress : bool or object
        As pooch takes it.

    Raises
    ------
    varbench.errors.FetchError
        With the reason alone, as the end of a sentence.
    """
    import pooch

    # Without compression on the way: some servers label a gzip file as compressed text, and it would arrive unpacked.
    download = pooch.HTTPDownloader(
        progressbar=progress,
        chunk_size=1 << 16,
        timeout=seconds,
        headers={"Accept-Encoding": "identity", "User-Agent": "varbench"},
    )
    _try(lambda: download(url, str(target), None), seconds)


def _try(download: Callable[[], object], seconds: float) -> None:
    failures: Any = importlib.import_module("requests").exceptions
    for attempt in range(1, ATTEMPTS + 1):
        try:
            download()
            return
        except failures.HTTPError as error:
            reason, passing = _refused(error.response.status_code)
        except failures.Timeout:
            reason, passing = f"the server sent nothing for {seconds:g} seconds", True
        except (failures.ChunkedEncodingError, failures.ContentDecodingError):
            reason, passing = "the download was interrupted", True
        except failures.ConnectionError as error:
            # requests reports a stall in the middle of a body as a connection error
            stalled = "timed out" in str(error).lower()
            waited = f"the server sent nothing for {seconds:g} seconds"
            reason, passing = waited if stalled else "no connection to the server", True
        except (failures.RequestException, ValueError) as error:
            reason, passing = str(error), False
        except OSError as error:
            reason, passing = f"the file cannot be written ({error.strerror})", False
        if not passing or attempt == ATTEMPTS:
            raise FetchError(reason) from None
        time.sleep(PAUSE)


def _refused(status: int) -> tuple[str, bool]:
    words = {
        401: "a login is needed",
        403: "access is refused",
        404: "there is no such file",
        410: "it was removed",
    }
    return f"the server answered {status} ({words.get(status, 'an error')})", status >= 500 or status == 429
