"""Fetching, against a real server on this machine that behaves and misbehaves as servers do."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

import varbench.data.transfer
from varbench.data import load_data
from varbench.data.cache import cache_folder, cached_path, lock_path
from varbench.data.fetch import Fetcher
from varbench.data.manifest import File, Manifest
from varbench.errors import DataError, FetchError, InputError

TABLE = b"id,a,y\n1,0.5,0\n2,0.25,1\n3,0.125,0\n"
PACKED = gzip.compress(TABLE, mtime=0)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Misbehaving(BaseHTTPRequestHandler):
    """What a path is called is what happens."""

    asked: ClassVar[Counter[str]] = Counter()
    released: ClassVar[threading.Event] = threading.Event()
    wanted: ClassVar[dict[str, str]] = {}

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        name = self.path.strip("/").split("/")[0]
        self.asked[name] += 1
        self.wanted[name] = self.headers["Accept-Encoding"]
        getattr(self, "on_" + name.partition(".")[0].replace("-", "_"), self.on_missing)()

    def send(self, content: bytes, *, says: int | None = None, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content) if says is None else says))
        self.end_headers()
        self.wfile.write(content)

    def on_table(self) -> None:
        self.send(PACKED)

    def on_plain(self) -> None:
        self.send(TABLE)

    def on_other(self) -> None:
        self.send(gzip.compress(TABLE + b"4,1,1\n", mtime=0))

    def on_page(self) -> None:
        self.send(b"<html>Please log in</html>")

    def on_short(self) -> None:
        self.send(PACKED[:20], says=len(PACKED))

    def on_cut(self) -> None:
        self.send(PACKED[:-9])

    def on_flaky(self) -> None:
        if self.asked["flaky.gz"] == 1:
            self.send(PACKED[:20], says=len(PACKED))
        else:
            self.send(PACKED)

    def on_busy(self) -> None:
        self.send(b"later", status=503)

    def on_forbidden(self) -> None:
        self.send(b"no", status=403)

    def on_missing(self) -> None:
        self.send(b"no", status=404)

    def on_silent(self) -> None:
        self.released.wait(20)

    def on_stall(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(PACKED)))
        self.end_headers()
        self.wfile.write(PACKED[:20])
        self.wfile.flush()
        self.released.wait(20)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    Misbehaving.released.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        Misbehaving.released.set()
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(varbench.data.transfer, "PAUSE", 0.01)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    Misbehaving.asked.clear()


def manifest(
    *urls: str, content: bytes | None = PACKED, name: str = "t.csv.gz", access: str = "open"
) -> Manifest:
    """A data set with a published hash, or with none where the content is None."""
    known = {} if content is None else {"sha256": sha(content), "size": len(content)}
    return Manifest(
        "toy", (File(name, tuple(urls), **known),), access=access, instructions="Ask the authors."
    )  # type: ignore[arg-type]


def obtain(made: Manifest, **how: object) -> Path:
    return Fetcher(**how).obtain(made, made.files[0])  # type: ignore[arg-type]


def left_behind() -> list[str]:
    return sorted(path.name for path in cache_folder().rglob("*") if path.is_file())


def test_a_file_is_fetched_once(server: str) -> None:
    made = manifest(f"{server}/table.gz")
    path = obtain(made)
    assert path == cached_path(made, made.files[0])
    assert path.read_bytes() == PACKED
    assert obtain(made) == path
    assert Misbehaving.asked == {"table.gz": 1}
    assert left_behind() == ["t.csv.gz"]


def test_no_compression_is_asked_for_on_the_way(server: str) -> None:
    obtain(manifest(f"{server}/table.gz"))
    assert Misbehaving.wanted["table.gz"] == "identity"


def test_another_file_than_promised_is_discarded(server: str) -> None:
    with pytest.raises(FetchError, match="is not the file that the manifest promises") as failure:
        obtain(manifest(f"{server}/other.gz"))
    text = str(failure.value)
    for part in (
        f"{server}/other.gz",
        f"expected SHA-256 {sha(PACKED)}",
        "actual   SHA-256",
        "was discarded",
    ):
        assert part in text
    assert left_behind() == []
    assert Misbehaving.asked == {"other.gz": 1}


def test_a_login_page_is_not_taken_for_the_data(server: str) -> None:
    with pytest.raises(FetchError, match=r"26 bytes\n.*a login page"):
        obtain(manifest(f"{server}/page"))
    assert left_behind() == []


def test_an_interrupted_download_is_tried_again_and_then_told(server: str) -> None:
    with pytest.raises(FetchError, match=r"the download was interrupted. Nothing was kept.*--from DIR"):
        obtain(manifest(f"{server}/short.gz"))
    assert Misbehaving.asked["short.gz"] == 2
    assert left_behind() == []


def test_a_failure_that_passes_is_not_seen(server: str) -> None:
    assert obtain(manifest(f"{server}/flaky.gz")).read_bytes() == PACKED
    assert Misbehaving.asked["flaky.gz"] == 2
    assert left_behind() == ["t.csv.gz"]


@pytest.mark.parametrize(
    ("path", "message", "times"),
    [
        ("gone.gz", r"the server answered 404 \(there is no such file\)", 1),
        ("forbidden.gz", r"the server answered 403 \(access is refused\)", 1),
        ("busy.gz", "the server answered 503", 2),
    ],
)
def test_refusals(server: str, path: str, message: str, times: int) -> None:
    with pytest.raises(
        FetchError, match=f"toy: t.csv.gz could not be fetched from 127.*{message}.*VARBENCH_DATA"
    ):
        obtain(manifest(f"{server}/{path}"))
    assert Misbehaving.asked[path] == times
    assert left_behind() == []


@pytest.mark.parametrize("path", ["silent.gz", "stall.gz"])
def test_a_server_that_stalls_is_left(server: str, path: str) -> None:
    start = time.monotonic()
    with pytest.raises(FetchError, match=r"the server sent nothing for 0.2 seconds"):
        obtain(manifest(f"{server}/{path}"), timeout=0.2)
    assert time.monotonic() - start < 10
    assert left_behind() == []


def test_no_server_at_all() -> None:
    with pytest.raises(FetchError, match=r"no connection to the server.*on another machine.*--from DIR"):
        obtain(manifest("http://127.0.0.1:9/t.gz"))


def test_mirrors_are_tried_in_turn(server: str) -> None:
    assert obtain(manifest(f"{server}/gone.gz", f"{server}/other.gz", f"{server}/table.gz")).is_file()
    with pytest.raises(FetchError, match=r"(?s)404.*is not the file"):
        obtain(manifest(f"{server}/gone.gz", f"{server}/page", content=b"else", name="u.csv"))


def test_a_damaged_cache_is_replaced(server: str) -> None:
    made = manifest(f"{server}/table.gz")
    path = obtain(made)
    path.write_bytes(b"x" * len(PACKED))
    with pytest.warns(UserWarning, match="was damaged"):
        assert obtain(made).read_bytes() == PACKED


def test_a_corrupt_gzip_is_refused_even_with_its_hash(server: str) -> None:
    with pytest.raises(FetchError, match="no sound gzip file"):
        obtain(manifest(f"{server}/cut.gz", content=PACKED[:-9]))
    with pytest.raises(FetchError, match="no sound gzip file"):
        obtain(manifest(f"{server}/cut.gz", content=None))
    with pytest.raises(FetchError, match="no sound gzip file"):
        obtain(manifest(f"{server}/page", content=None))
    assert left_behind() == []


# ---- trust on first use


def test_a_file_without_a_hash_is_trusted_once_and_recorded(server: str) -> None:
    made = manifest(f"{server}/table.gz", content=None)
    with pytest.warns(UserWarning, match=f"is not published; it is trusted as it is .{sha(PACKED)}"):
        path = obtain(made)
    lock = json.loads(lock_path(made, made.files[0]).read_text())
    assert lock["sha256"] == sha(PACKED)
    assert obtain(made) == path  # and no second warning
    assert Misbehaving.asked["table.gz"] == 1


def test_a_later_change_is_an_error(server: str) -> None:
    made = manifest(f"{server}/table.gz", content=None)
    with pytest.warns(UserWarning, match="trusted"):
        path = obtain(made)
    path.unlink()
    changed = manifest(f"{server}/other.gz", content=None)
    with pytest.raises(FetchError, match="changed since it was first used here") as failure:
        obtain(changed)
    assert f"recorded SHA-256 {sha(PACKED)}" in str(failure.value)
    assert "remove that lock file" in str(failure.value)
    assert left_behind() == ["t.csv.gz.lock.json"]
    path.write_bytes(gzip.compress(b"edited"))
    with pytest.raises(FetchError, match="changed since"):
        obtain(made)


def test_a_broken_lock_is_told(server: str) -> None:
    made = manifest(f"{server}/table.gz", content=None)
    lock = lock_path(made, made.files[0])
    lock.parent.mkdir(parents=True)
    lock.write_text("{")
    with pytest.raises(FetchError, match=r"the lock file .* cannot be read; remove it"):
        obtain(made)


# ---- local folders


def test_a_local_folder_comes_before_the_network(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "renamed").write_bytes(PACKED)
    made = manifest(f"{server}/table.gz")
    assert obtain(made, search=tmp_path) == tmp_path / "renamed"
    monkeypatch.setenv("VARBENCH_DATA", str(tmp_path))
    assert obtain(made) == tmp_path / "renamed"
    assert not Misbehaving.asked
    assert left_behind() == []


def test_what_is_found_may_be_kept(tmp_path: Path) -> None:
    (tmp_path / "renamed").write_bytes(PACKED)
    made = manifest("https://example.invalid/t.gz")
    path = obtain(made, search=tmp_path, keep=True)
    assert path == cached_path(made, made.files[0])
    shutil.rmtree(tmp_path)
    assert obtain(made).read_bytes() == PACKED


def test_without_a_hash_the_name_decides_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(PACKED)
    made = manifest("https://example.invalid/t.gz", content=None)
    with (
        pytest.warns(UserWarning, match="taken by its name alone"),
        pytest.warns(UserWarning, match="it is trusted as it is"),
    ):
        assert obtain(made, search=tmp_path) == tmp_path / "t.csv.gz"
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"edited"))
    with (
        pytest.warns(UserWarning, match="by its name alone"),
        pytest.raises(FetchError, match=r"\(a local folder\) changed since"),
    ):
        obtain(made, search=tmp_path)


@pytest.mark.parametrize(("access", "words"), [("restricted", "is restricted"), ("manual", "no address")])
def test_what_is_not_open_says_what_to_do(tmp_path: Path, access: str, words: str) -> None:
    made = manifest(access=access)
    with pytest.raises(FetchError, match=f"{words}.*Ask the authors.*--from.*{sha(PACKED)}"):
        obtain(made)
    (tmp_path / "t").write_bytes(PACKED)
    assert obtain(made, search=tmp_path) == tmp_path / "t"


# ---- settings


def test_progress_is_reported(server: str) -> None:
    class Bar:
        total = 0
        done = 0
        closed = False

        def update(self, n: int) -> None:
            self.done += n

        def reset(self) -> None:
            self.done = 0

        def close(self) -> None:
            self.closed = True

    bar = Bar()
    obtain(manifest(f"{server}/table.gz"), progress=bar)
    assert (bar.total, bar.done, bar.closed) == (len(PACKED), len(PACKED), True)


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_timeout_must_be_positive(timeout: float) -> None:
    with pytest.raises(InputError, match="timeout must be more than 0 seconds"):
        Fetcher(timeout=timeout)


def test_the_timeout_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Fetcher().seconds == 30
    monkeypatch.setenv("VARBENCH_TIMEOUT", "2.5")
    assert Fetcher().seconds == 2.5
    assert Fetcher(timeout=4).seconds == 4
    monkeypatch.setenv("VARBENCH_TIMEOUT", "soon")
    with pytest.raises(InputError, match="VARBENCH_TIMEOUT must be a number of seconds, got 'soon'"):
        Fetcher()


def test_a_cache_that_cannot_be_written(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VARBENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(FetchError, match=r"the cache .* cannot be written.*VARBENCH_CACHE"):
        obtain(manifest(f"{server}/table.gz"))


def test_the_usual_cache_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VARBENCH_CACHE")
    assert "varbench" in str(cache_folder()).lower()


# ---- from a user's own manifest to Data


def test_from_a_manifest_to_data(server: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = f'[columns]\ntarget = "y"\nid = "id"\n[[files]]\nname = "t.csv.gz"\nurl = "{server}/table.gz"\n'
    path.write_text(f'{text}sha256 = "{sha(PACKED)}"\nsize = {len(PACKED)}\n')
    data = load_data(path)
    assert (data.name, data.X.tolist(), data.y.tolist()) == ("mine", [[0.5], [0.25], [0.125]], [0, 1, 0])
    assert not data.unverified
    path.write_text(text)
    cached_path(Manifest("mine", ()), File("t.csv.gz")).unlink()
    with pytest.warns(UserWarning, match="trusted"):
        assert load_data(path).unverified


def test_a_failure_is_a_data_error(server: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'[columns]\ntarget = "y"\n[[files]]\nname = "t.csv"\nurl = "{server}/gone.csv"\n')
    with pytest.raises(DataError, match="404"):
        load_data(path)
