"""The cube: whole after every interruption, the same by every way to it, and open to others."""

from __future__ import annotations

import errno
import json
import os
import random
import runpy
import shutil
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from itertools import repeat as endless
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from varbench.cube import (
    SCHEMA,
    UPGRADES,
    VARIABLES,
    VOLATILE,
    CubeWriter,
    Layout,
    RunRecord,
    Status,
    attributes,
    backing,
    blocks,
    cube_attributes,
    export_netcdf,
    has_cube,
    identical,
    layout_of,
    ledger,
    open_cube,
    override,
    pairing,
    reader,
    storage,
)
from varbench.errors import CubeError

GOLDEN = Path(__file__).parent / "golden"
LAYOUT = Layout(
    procedures=("incorrect", "correct"),
    metrics=("f1", "roc_auc"),
    classes=("no", "yes"),
    sources=("split", "init"),
    parameters=("depth",),
    n_folds=2,
    n_rows=5,
    n_external=3,
    sample_ids=tuple(f"case {i}" for i in range(8)),
    case_y=(0, 1) * 4,
    group_names=("g0", "g1"),
)
ATTRIBUTES = {
    "study": "test",
    "question": "[why?]",
    "margin": 0.02,
    "overrides": [],
    "settings": {"a": [1, None]},
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three repeats a chunk, so that few runs fill, finish and cross chunks; no waiting for a busy disk."""
    monkeypatch.setattr(storage, "_CHUNK_REPEATS", 3)
    monkeypatch.setattr(os, "fsync", lambda _: None)


def record(procedure: int, repeat: int, *, failed: bool = False) -> RunRecord:
    """A run as a worker gives it: the same for the same run, whoever asks; of 3 to 13 rows."""
    rng = np.random.default_rng((procedure, repeat))
    n = int(rng.integers(3, 14))
    if failed:
        return RunRecord(
            procedure, repeat, Status.FAILED, error=f"ValueError: {repeat}", seconds=rng.random()
        )
    row_fold, sample, y_true, y_pred = (
        rng.integers(low, high, n) for low, high in ((0, 2), (-1, 8), (0, 2), (0, 2))
    )
    return RunRecord(
        procedure,
        repeat,
        seconds=time.perf_counter(),
        warnings='["Ünusual"]' if repeat % 2 else "",
        arrays={
            "score": rng.random((2, 2)),
            "score_status": np.zeros((2, 2), np.uint8),
            "row_fold": row_fold,
            "sample": sample,
            "y_true": y_true,
            "y_pred": y_pred,
            "y_score": rng.random(n),
            "group": rng.integers(0, 2, n),
            "n_test": np.bincount(row_fold * 2 + y_true, minlength=4).reshape(2, 2),
            "external_y_true": np.random.default_rng(repeat).integers(0, 2, 3),
            "external_score": rng.random((2, 3)).astype(np.float32),
            "chosen": np.array([[str(repeat)], ["ä" * (repeat % 3)]], dtype=object),
        },
    )


def runs(n_repeats: int) -> list[tuple[int, int]]:
    return [(procedure, repeat) for repeat in range(n_repeats) for procedure in range(2)]


def set_repeats(writer: CubeWriter) -> None:
    for repeat in range(writer.n_repeats):
        writer.set_repeat(repeat, realization=[repeat, 0], seed=[repeat, 2**32 - 1])


def write(
    path: Path | None, n_repeats: int = 7, order: list[tuple[int, int]] | None = None, **options: Any
) -> Path | None:
    with CubeWriter.create(path, LAYOUT, ATTRIBUTES, n_repeats, **options) as writer:
        set_repeats(writer)
        for at in runs(n_repeats) if order is None else order:
            writer.add(record(*at))
    return path


def finish(path: Path, n_repeats: int = 7) -> None:
    with CubeWriter.open(path) as writer:
        writer.extend(n_repeats)
        set_repeats(writer)
        for at in writer.pending():
            writer.add(record(*at))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """Seven repeats, written at once and in order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "_CHUNK_REPEATS", 3)
        path = write(tmp_path_factory.mktemp("whole") / "run")
    return open_cube(path).load()


def stored_run(cube: xr.Dataset, procedure: int, repeat: int) -> dict[str, Any]:
    """All that a run has stored, without its padding."""
    here = cube.isel(procedure=procedure, repeat=repeat)
    rows = int((here["sample"].values != -2).sum())
    names = [n for n, v in VARIABLES.items() if v.of_run and n in cube and n not in ("seconds", "status")]
    return {
        n: here[n].isel(row=slice(rows)).values.tolist() if "row" in here[n].dims else here[n].values.tolist()
        for n in names
    }


def assert_whole_runs(path: Path, whole: xr.Dataset) -> int:
    """Every run with a commit mark has all its data; give their number."""
    cube = open_cube(path, verify=True)
    stored = np.argwhere(cube["status"].values == 1)
    for procedure, repeat in stored:
        found, expected = (stored_run(c, procedure, repeat) for c in (cube, whole))
        np.testing.assert_equal(found, expected)
    return len(stored)


# What is stored


def test_what_a_run_hands_in_comes_back(whole: xr.Dataset) -> None:
    for procedure, repeat in runs(7):
        here, given_ = whole.isel(procedure=procedure, repeat=repeat), record(procedure, repeat)
        n = len(given_.arrays["sample"])
        for name, value in given_.arrays.items():
            stored = here[name].values[:n] if "row" in here[name].dims else here[name].values
            np.testing.assert_array_equal(stored, value, err_msg=name)
        assert (here["sample"].values[n:] == -2).all()
        assert np.isnan(here["y_score"].values[n:]).all()
        assert (here["row_fold"].values[n:] == -1).all()
        assert here["warning"].item() == given_.warnings
    assert whole.sizes["row"] == max(len(record(*at).arrays["sample"]) for at in runs(7))
    assert whole["seed"].values[3].tolist() == [3, 2**32 - 1]
    assert whole["realization"].values[3].tolist() == [3, 0]
    assert whole["repeat"].values.tolist() == list(range(7))
    assert whole["class"].values.tolist() == ["no", "yes"]
    assert whole["sample_id"].dims == ("case",)
    assert "sample_id" in whole.coords


def test_rows_without_parents_and_ids_are_told_from_padding() -> None:
    with CubeWriter.create(None, LAYOUT, {}, 2) as writer:
        writer.add(RunRecord(0, 0, arrays={"y_score": np.array([0.5, 0.25])}))
        writer.add(RunRecord(0, 1, arrays={"y_score": np.array([0.5])}))
        cube = writer.dataset()
    for name in ("sample", "parent_a", "parent_b"):
        assert cube[name].values[0].tolist() == [[-1, -1], [-1, -2]]


def test_plain_xarray_opens_it_without_varbench_and_without_a_warning(tmp_path: Path) -> None:
    write(tmp_path / "run")
    code = (
        "import sys, xarray\n"
        "for chunks in (None, 'auto'):\n"
        f"    ds = xarray.open_zarr({str(tmp_path / 'run' / 'cube.zarr')!r}, consolidated=False).load()\n"
        "assert ds.sizes['repeat'] == 7 and ds.error.sel(procedure='correct').values[0] == ''\n"
        "assert not [m for m in sys.modules if m.startswith('varbench')]\n"
    )
    # Dask's own import is not what is tested here.
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_files_are_of_format_3_and_hold_no_objects(tmp_path: Path) -> None:
    write(tmp_path / "run")
    for path in (tmp_path / "run" / "cube.zarr").glob("*/zarr.json"):
        metadata = json.loads(path.read_text())
        assert metadata["zarr_format"] == 3
        assert metadata["data_type"] in {"string", "float64", "float32", "int32", "int16", "uint32", "uint8"}
    assert "consolidated_metadata" not in json.loads(
        (tmp_path / "run" / "cube.zarr" / "zarr.json").read_text()
    )
    assert sorted(os.listdir(tmp_path / "run")) == [".lock", "cube.zarr"]


def test_what_does_not_apply_is_left_out() -> None:
    bare = Layout(procedures=("p",), metrics=("f1",), classes=("a", "b", "c"), multi_class=True)
    with CubeWriter.create(None, bare, {}, 2) as writer:
        cube = writer.dataset()
        assert set(VARIABLES) - set(cube.variables) == {
            name
            for name, v in VARIABLES.items()
            if v.part in ("truth", "training", "groups", "batches", "parameters", "candidates", "sources")
        }
        assert cube["y_score"].dims == ("procedure", "repeat", "row", "class")
        assert not {"case", "source", "parameter", "external_row", "group_name"} & set(cube.dims)
        writer.add(RunRecord(0, 0, arrays={"y_score": np.arange(6.0).reshape(2, 3)}))
        assert writer.dataset()["y_score"].values[0, 0].tolist() == [[0, 1, 2], [3, 4, 5]]
        assert layout_of(writer.dataset()) == bare


def test_a_layout_is_found_again(whole: xr.Dataset, tmp_path: Path) -> None:
    assert layout_of(open_cube(write(tmp_path / "run") or "")) == LAYOUT


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"procedures": ()}, "procedures must have at least one name"),
        ({"metrics": ("f1", "f1")}, "metrics must be unique, but f1"),
        ({"n_folds": 0}, "n_folds must be at least 1, got 0"),
        ({"case_y": (0,)}, "one class for each of the 8 sample_ids, got 1"),
        ({"sources": ("",)}, "sources must be names"),
    ],
)
def test_a_layout_is_checked(change: dict[str, Any], message: str) -> None:
    with pytest.raises(CubeError, match=message):
        Layout(**{**vars(LAYOUT), **change})


def test_attributes_keep_their_kinds(tmp_path: Path) -> None:
    path = tmp_path / "run"
    given_ = {**ATTRIBUTES, "flag": True, "number": np.float64(0.5), "none": None, "x": {"y": np.arange(2)}}
    CubeWriter.create(path, LAYOUT, given_, 1).close()
    expected = {**ATTRIBUTES, "flag": True, "number": 0.5, "x": {"y": [0, 1]}, "varbench_schema": SCHEMA}
    assert attributes(open_cube(path)) == expected == cube_attributes(path)
    assert open_cube(path).attrs["settings"] == '{"a": [1, null]}'


@pytest.mark.parametrize("value", [float("nan"), {"a": float("inf")}, object(), "[text that looks like JSON"])
def test_attributes_that_would_not_come_back_are_refused(value: Any) -> None:
    with pytest.raises(CubeError, match="the attribute odd"):
        CubeWriter.create(None, LAYOUT, {"odd": value}, 1)


def test_attributes_change_as_a_whole_and_overrides_are_appended(tmp_path: Path) -> None:
    path = write(tmp_path / "run", 2) or tmp_path
    override(path, {"margin": 0.05})
    override(path, {"primary": "f1"})
    found = cube_attributes(path)["overrides"]
    assert [(o["name"], o["value"], o["runs"]) for o in found] == [("margin", 0.05, 4), ("primary", "f1", 4)]
    assert cube_attributes(path)["margin"] == 0.02
    assert identical(path, path) == []
    with CubeWriter.open(path) as writer:
        writer.update_attributes(mixed_versions=True, margin=None)
        assert writer.attributes["mixed_versions"] is True
        with pytest.raises(CubeError, match="not a list"):
            writer.append("study", 1)
        with pytest.raises(CubeError, match="cannot be changed"):
            writer.update_attributes(varbench_schema=2)
    assert "margin" not in cube_attributes(path)
    with pytest.raises(CubeError, match="unknown override 'margins'; did you mean margin"):
        override(path, {"margins": 1})


def test_text_that_c_or_utf8_cannot_hold_is_made_readable(tmp_path: Path) -> None:
    with CubeWriter.create(tmp_path / "run", LAYOUT, {"question": "\udc80"}, 1) as writer:
        writer.add(RunRecord(0, 0, Status.FAILED, error="a\0b \udcff ü"))
    cube = open_cube(tmp_path / "run")
    assert cube["error"].values[0, 0] == "a\\x00b \\udcff ü"
    assert cube.attrs["question"] == "\\udc80"


# What a run and a repeat may hold


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"scores": np.zeros((2, 2))}, "unknown variable of a run 'scores'; did you mean score"),
        ({"error": np.zeros(())}, "unknown variable of a run 'error'"),
        (
            {"score": np.zeros((2, 3))},
            r"score of a run must be float64 with shape \(2, 2\), got float64 .* \(2, 3\)",
        ),
        ({"sample": np.zeros(3)}, r"sample of a run must be int32 with shape \(3,\), got float64"),
        (
            {"sample": np.zeros(3, int), "y_pred": np.zeros(4, int)},
            r"y_pred .* shape \(3,\), got int64 .* \(4,\)",
        ),
        ({"chosen": np.zeros((2, 1))}, "chosen of a run must be text"),
    ],
)
def test_arrays_of_a_run_are_checked_before_anything_is_taken(arrays: dict[str, Any], message: str) -> None:
    with CubeWriter.create(None, LAYOUT, {}, 1) as writer:
        with pytest.raises(CubeError, match=message):
            writer.add(RunRecord(0, 0, arrays=arrays))
        assert not writer.done.any()


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (RunRecord(0, 5), r"repeat must be in \[0, 2\), got 5"),
        (RunRecord(2, 0), r"procedure must be in \[0, 2\), got 2"),
        (RunRecord(0, 1, Status.PENDING), "must be 1 .done. or 2"),
        (RunRecord(0, 0), "the run of incorrect in repeat 0 is done already"),
    ],
)
def test_a_run_has_its_place(run: RunRecord, message: str) -> None:
    with CubeWriter.create(None, LAYOUT, {}, 2) as writer:
        writer.add(record(0, 0))
        with pytest.raises(CubeError, match=message):
            writer.add(run)


def test_draws_of_a_stored_repeat_cannot_change(tmp_path: Path) -> None:
    path = write(tmp_path / "run", 2) or tmp_path
    with CubeWriter.open(path) as writer:
        writer.set_repeat(1, realization=[1, 0], seed=[1, 2**32 - 1])
        with pytest.raises(CubeError, match=r"repeat 1 was stored with seed .* not mixed"):
            writer.set_repeat(1, seed=[2, 3])
        with pytest.raises(CubeError, match=r"must be uint32 with shape \(2,\), got \[-1, 0\]"):
            writer.set_repeat(1, seed=[-1, 0])
        with pytest.raises(CubeError, match=r"got \[1\] with shape \(1,\)"):
            writer.set_repeat(1, realization=[1])
    bare = Layout(procedures=("p",), metrics=("f1",), classes=("a", "b"))
    with (
        CubeWriter.create(None, bare, {}, 1) as writer,
        pytest.raises(CubeError, match="has no external_y_true"),
    ):
        writer.set_repeat(0, external_y_true=[1])


def test_pending_runs_are_listed_repeat_by_repeat() -> None:
    with CubeWriter.create(None, LAYOUT, {}, 2) as writer:
        writer.add(record(1, 0))
        writer.add(record(0, 1, failed=True))
        assert writer.pending() == [(0, 0), (1, 1)]
        assert writer.pending(1) == [(0, 0)]
        assert writer.pending(3, retry_failed=True) == [(0, 0), (0, 1), (1, 1), (0, 2), (1, 2)]
        assert writer.done.tolist() == [[False, True], [True, False]]
    with pytest.raises(CubeError, match="was closed by its writer"):
        writer.add(record(0, 0))


# The same by every way


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(runs(7)), cuts=st.lists(st.integers(0, 14), max_size=3), start=st.integers(1, 7))
def test_neither_order_nor_interruption_nor_extension_matters(
    whole: xr.Dataset,
    tmp_path_factory: pytest.TempPathFactory,
    order: list[tuple[int, int]],
    cuts: list[int],
    start: int,
) -> None:
    path = tmp_path_factory.mktemp("runs") / "run"
    CubeWriter.create(path, LAYOUT, ATTRIBUTES, start).close()
    edges = [0, *sorted(cuts), len(order)]
    for first, stop in pairwise(edges):
        with CubeWriter.open(path, flush_seconds=1e9) as writer:
            writer.extend(max([start, *(repeat + 1 for _, repeat in order[first:stop])]))
            set_repeats(writer)
            for at in order[first:stop]:
                writer.add(record(*at))
    assert identical(whole, path) == []


def test_extending_equals_writing_more_at_once(whole: xr.Dataset, tmp_path: Path) -> None:
    path = write(tmp_path / "run", 4) or tmp_path
    short = open_cube(path).load()
    finish(path, 7)
    assert identical(whole, path) == []
    assert short.sizes["row"] == whole.sizes["row"]  # the longest run is among the first
    assert identical(short, open_cube(path).isel(repeat=slice(4))) == []
    with CubeWriter.open(path) as writer:
        writer.extend(3)
        assert writer.n_repeats == 7


def test_chunks_and_the_first_guess_of_rows_do_not_matter(
    whole: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "_CHUNK_REPEATS", 512)
    for n_rows in (0, 1, 100):
        path = tmp_path / str(n_rows)
        with CubeWriter.create(path, Layout(**{**vars(LAYOUT), "n_rows": n_rows}), ATTRIBUTES, 7) as writer:
            set_repeats(writer)
            for at in runs(7):
                writer.add(record(*at))
        assert identical(whole, path) == []


def test_memory_and_disk_hold_the_same(whole: xr.Dataset) -> None:
    with CubeWriter.create(None, LAYOUT, ATTRIBUTES, 4) as writer:
        set_repeats(writer)
        for at in runs(4):
            writer.add(record(*at))
        writer.extend(7)
        set_repeats(writer)
        for at in writer.pending():
            writer.add(record(*at))
    assert identical(whole, writer.dataset()) == []
    assert writer.name == "the cube in memory"


def test_too_many_open_chunks_are_let_go(
    whole: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "_HELD_BYTES", 2000)
    monkeypatch.setattr(blocks, "_STAGED_BYTES", 500)
    order = runs(7)
    random.Random(0).shuffle(order)
    assert identical(whole, write(tmp_path / "run", 7, order) or "") == []


def test_runs_that_failed_are_run_again(whole: xr.Dataset, tmp_path: Path) -> None:
    path = tmp_path / "run"
    with CubeWriter.create(path, LAYOUT, ATTRIBUTES, 7) as writer:
        set_repeats(writer)
        for procedure, repeat in runs(7):
            writer.add(record(procedure, repeat, failed=repeat in (1, 4)))
    cube = open_cube(path)
    assert cube["error"].values[1, 4] == "ValueError: 4"
    assert (cube["status"].values == Status.FAILED).sum() == 4
    with CubeWriter.open(path) as writer:
        assert writer.pending() == []
        for at in writer.pending(retry_failed=True):
            writer.add(record(*at))
    assert identical(whole, path) == []


def test_rows_that_are_no_longer_needed_go(tmp_path: Path) -> None:
    """A failed run may have stored rows; when it is run again with fewer, the cube has no trace of them."""
    paths = tmp_path / "once", tmp_path / "twice"
    few = RunRecord(0, 0, arrays={"sample": np.arange(2)}, seconds=1.0)
    for path in paths:
        CubeWriter.create(path, LAYOUT, {}, 2).close()
    with CubeWriter.open(paths[1]) as writer:
        writer.add(RunRecord(0, 0, Status.FAILED, error="late", arrays={"sample": np.arange(12)}))
    for path in paths:
        with CubeWriter.open(path) as writer:
            writer.add(few)
            writer.flush()
            writer.add(RunRecord(0, 1, arrays={"sample": np.arange(7)}))
    assert identical(*paths) == []
    assert open_cube(paths[1]).sizes["row"] == 7


def test_rows_of_a_lost_run_do_not_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its data had reached the disk, the commit mark had not; then it is run again and has fewer rows."""

    def arrays(n: int) -> dict[str, Any]:
        return {"sample": np.arange(n), "weight": np.ones(n)}

    path = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(ledger.Ledger, "commit", full)
        writer = CubeWriter.create(path, LAYOUT, {}, 4)
        writer.add(RunRecord(0, 0, arrays=arrays(12)))
        with pytest.raises(CubeError, match="full"):
            writer.flush()
        abandon(writer)
    for repeat, n in ((0, 2), (3, 13)):
        with CubeWriter.open(path) as writer:
            writer.add(RunRecord(0, repeat, arrays=arrays(n)))
    weight = open_cube(path)["weight"].values
    assert np.isfinite(weight).sum(axis=2)[0].tolist() == [2, 0, 0, 13]


def test_the_commit_mark_waits_for_the_data_to_be_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, events = write(tmp_path / "run", 1) or tmp_path, []
    replace = os.replace

    def replaced(temporary: Path, target: Path) -> None:
        events.append(target.parent.name)
        replace(temporary, target)

    monkeypatch.setattr(os, "fsync", lambda _: events.append("on disk"))
    monkeypatch.setattr(os, "replace", replaced)
    with CubeWriter.open(path) as writer:
        writer.extend(2)
        events.clear()
        writer.add(record(0, 1))
    data = set(writer.layout.variables()) - {"status"}
    n_synced = events.index(next(event for event in events if event != "on disk"))
    assert n_synced >= len(data)
    assert len(events) == 2 * n_synced + 2
    assert set(events[n_synced:-2]) == data
    assert events[-2:] == ["on disk", "status"]


# Death at any moment


class Crash(BaseException):
    """The process dies: no handler of ours may tidy up."""


class Disk:
    """Counts what is done to files, and dies at one of these moments, in the middle of a write."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
        self.left, self.count = at, 0
        self._bytes, self._lock = Path.write_bytes, threading.Lock()
        monkeypatch.setattr(backing, "write_through", self.write)
        monkeypatch.setattr(Path, "write_bytes", lambda path, content: self.write(path, content))
        for owner, name in (
            (os, "replace"),
            (Path, "rename"),
            (Path, "unlink"),
            (shutil, "rmtree"),
            (Path, "mkdir"),
        ):
            monkeypatch.setattr(owner, name, self._dying(getattr(owner, name)))

    def _tick(self) -> None:
        with self._lock:
            self.count += 1
            self.left -= 1
            dead = self.left < 0
        if dead:
            raise Crash(f"at moment {self.count}")

    def _dying(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self._tick()
            return function(*args, **options)

        return call

    def write(self, path: Path, content: bytes) -> None:
        try:
            self._tick()
        except Crash:
            if self.left == -1:
                self._bytes(path, content[: len(content) // 2])
            raise
        self._bytes(path, content)


def abandon(writer: CubeWriter) -> None:
    """What the system does for a dead process."""
    assert writer._lock is not None
    writer._lock._lock.release()


def work(path: Path) -> None:
    """A life of a cube: made, filled, flushed, extended, a failed run redone."""
    writer = CubeWriter.create(path, LAYOUT, ATTRIBUTES, 4, flush_seconds=1e9)
    try:
        set_repeats(writer)
        for at in runs(2):
            writer.add(record(*at))
        writer.add(record(0, 2, failed=True))
        writer.flush()
        writer.extend(7)
        set_repeats(writer)
        writer.add(record(0, 2))
        for at in runs(6)[5:]:
            writer.add(record(*at))
        writer.flush()
    finally:
        abandon(writer)


@pytest.mark.parametrize(
    "moment", [*range(2, 508, 50), *(pytest.param(m, marks=pytest.mark.slow) for m in range(0, 508, 5))]
)
def test_death_at_any_moment_leaves_whole_runs_and_the_same_end(
    whole: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    path = tmp_path / "run"
    with monkeypatch.context() as patch:
        Disk(patch, moment)
        with pytest.raises(Crash, match="at moment"):
            work(path)
    if not has_cube(path):  # died while it was made: nothing looks like a cube, and the folder can be used
        with pytest.raises(CubeError, match="there is no cube"):
            open_cube(path)
        write(path)
    else:
        assert_whole_runs(path, whole)
        finish(path)
        with CubeWriter.open(path) as writer:
            for at in writer.pending(retry_failed=True):
                writer.add(record(*at))
    assert identical(whole, path) == []
    assert sorted(os.listdir(path)) == [".lock", "cube.zarr"]


def test_a_reader_copes_while_lengths_differ(whole: xr.Dataset, tmp_path: Path) -> None:
    """Metadata files are replaced one by one; a reader may come in between, or a writer may die there."""
    path = write(tmp_path / "run", 4) or tmp_path
    before = open_cube(path).load()
    copies = {p: p.read_bytes() for p in (path / "cube.zarr").glob("*/zarr.json")}
    finish(path, 7)
    for number, (place, content) in enumerate(sorted(copies.items())):
        if number % 2:
            place.write_bytes(content)
    cube = open_cube(path)
    assert cube.sizes["repeat"] == 4
    assert identical(before, cube) == []
    assert "sample_id" in cube.coords


WORKER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
import test_cube as t
t.storage._CHUNK_REPEATS = 3
path = Path(sys.argv[1])
if not t.has_cube(path):
    t.CubeWriter.create(path, t.LAYOUT, t.ATTRIBUTES, 7).close()
with t.CubeWriter.open(path, flush_seconds=0.0) as writer:
    t.set_repeats(writer)
    print("writing", flush=True)
    for at in writer.pending():
        t.time.sleep(0.002)
        writer.add(t.record(*at))
    print("done", flush=True)
    t.time.sleep(60)
"""


def start(path: Path) -> subprocess.Popen[str]:
    code = WORKER.format(tests=str(Path(__file__).parent))
    return subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_kill_9_at_random_moments_and_go_on(whole: xr.Dataset, tmp_path: Path) -> None:
    path, rng, stored = tmp_path / "run", random.Random(7), [0]
    for _ in range(2):
        process = start(path)
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        deadline = time.monotonic() + rng.uniform(0.0, 0.3)
        while time.monotonic() < deadline:  # a reader beside the writer never sees half a run
            assert_whole_runs(path, whole)
        kill(process)
        stored.append(assert_whole_runs(path, whole))
    assert stored == sorted(stored)
    finish(path)
    assert identical(whole, path) == []


def test_only_one_process_writes_and_a_killed_one_gives_way(tmp_path: Path) -> None:
    process = start(tmp_path / "run")
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    with pytest.raises(
        CubeError, match=f"is being written by process {process.pid} on .*; wait until it has ended"
    ):
        CubeWriter.open(tmp_path / "run")
    open_cube(tmp_path / "run")
    kill(process)
    with CubeWriter.open(tmp_path / "run"), pytest.raises(CubeError, match="is being written by process"):
        CubeWriter.open(tmp_path / "run")
    CubeWriter.open(tmp_path / "run").close()


# Folders and disks that will not do


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_loses_nothing_that_was_stored(
    whole: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "run", 2) or tmp_path
    writer = CubeWriter.open(path)
    writer.extend(7)
    set_repeats(writer)
    with monkeypatch.context() as patch:
        patch.setattr(backing, "write_through", full)
        writer.add(record(0, 2))
        for step in (writer.flush, lambda: writer.extend(9), lambda: writer.update_attributes(x=1)):
            with pytest.raises(
                CubeError, match=r"the disk that holds .* is full .* what was stored before is intact"
            ):
                step()
        assert assert_whole_runs(path, whole) == 4
        assert "x" not in cube_attributes(path)
    for at in writer.pending():
        writer.add(record(*at))
    writer.close()
    assert identical(whole, path) == []


def test_a_full_disk_while_a_cube_is_made_leaves_no_cube(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(CubeError, match="is full"):
            write(tmp_path / "run")
    assert not has_cube(tmp_path / "run")
    write(tmp_path / "run")


def test_a_disk_that_is_really_full(whole: xr.Dataset, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "varbench", str(small)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can only be made with the right to mount")
    try:
        path = write(small / "run", 2) or tmp_path
        filler = (small / "filler").open("wb", buffering=0)
        with filler, pytest.raises(OSError, match="No space left"):
            filler.writelines(endless(b"x" * 4096))
        with pytest.raises(CubeError, match="is full"):
            finish(path)
        assert assert_whole_runs(path, whole) == 4
        (small / "filler").unlink()
        finish(path)
        assert identical(whole, path) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_the_first_error_is_the_one_that_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        with CubeWriter.create(tmp_path / "run", LAYOUT, {}, 1) as writer:
            writer.add(record(0, 0))
            monkeypatch.setattr(backing, "write_through", full)
            raise KeyError("the user's")

    with pytest.raises(KeyError, match="the user's") as caught:
        fail()
    assert "is full" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.EACCES, "cannot be written .* another folder"),
        (errno.EROFS, "cannot be written"),
        (errno.EIO, "cannot be"),
    ],
)
def test_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, message: str
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(CubeError, match=message):
        write(tmp_path / "run")


def test_folders_that_are_something_else_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(CubeError, match=r"is not a cube and not empty \(it holds notes.txt\)"):
        write(tmp_path)
    with pytest.raises(CubeError, match="is a file; give a folder"):
        write(tmp_path / "notes.txt")
    with pytest.raises(CubeError, match="cannot be written"):
        write(tmp_path / "notes.txt" / "run")
    write(tmp_path / "run", 1)
    with pytest.raises(CubeError, match="holds a cube already"):
        write(tmp_path / "run")
    assert sorted(os.listdir(tmp_path)) == ["notes.txt", "run"]
    with pytest.raises(CubeError, match="n_repeats must be at least 1, got 0"):
        write(tmp_path / "new", 0)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("opened", [open_cube, CubeWriter.open, cube_attributes])
def test_what_is_no_cube_is_named(tmp_path: Path, opened: Callable[[Path], Any]) -> None:
    for path, message in ((tmp_path / "none", "no such folder"), (tmp_path, "has no cube.zarr")):
        with pytest.raises(CubeError, match=f"there is no cube at .*{message}"):
            opened(path)
    (tmp_path / "file").write_text("")
    with pytest.raises(CubeError, match="it is a file"):
        opened(tmp_path / "file")
    zarr.create_group(tmp_path / "cube.zarr")
    with pytest.raises(CubeError, match="not a cube of varbench: it has no varbench_schema"):
        opened(tmp_path)
    assert not (tmp_path / "none").exists()


def test_a_run_is_named_by_its_folder_or_by_its_cube(tmp_path: Path) -> None:
    write(tmp_path / "run", 1)
    assert identical(tmp_path / "run", str(tmp_path / "run" / "cube.zarr")) == []
    CubeWriter.open(tmp_path / "run" / "cube.zarr").close()
    assert has_cube(tmp_path / "run" / "cube.zarr")
    assert not has_cube(tmp_path)


# Damage, and other schemas


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("harm", [cut, Path.unlink])
@pytest.mark.parametrize(
    "name", ["zarr.json", "score/zarr.json", "seed/zarr.json", "procedure/zarr.json", "status/c.0.0"]
)
def test_damage_shows_when_a_cube_is_opened(tmp_path: Path, harm: Callable[[Path], None], name: str) -> None:
    path = write(tmp_path / "run") or tmp_path
    harm(path / "cube.zarr" / name)
    if name == "status/c.0.0" and harm is Path.unlink:
        assert open_cube(path)["status"].values[:, :4].tolist() == [[0, 0, 0, 1]] * 2  # as if never stored
        return
    for opened in (open_cube, CubeWriter.open):
        with pytest.raises(CubeError, match=r"run: .*the cube is damaged"):
            opened(path)
    (path / "cube.zarr" / ".lock").unlink(missing_ok=True)


@pytest.mark.parametrize("name", ["y_score/c.0.1.0", "external_y_true/c.0.0", "warning/c.0.2"])
def test_a_chunk_that_is_missing_or_cut_off_is_found(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "run") or tmp_path
    cut(path / "cube.zarr" / name)
    with pytest.raises(CubeError, match="the cube is damaged"):
        open_cube(path, verify=True)
    with pytest.raises(CubeError, match="the cube is damaged"):
        export_netcdf(path, tmp_path / "cube.nc")
    (path / "cube.zarr" / name).unlink()
    with pytest.raises(CubeError, match=f"{name} is missing, although runs are stored in it"):
        open_cube(path)


def test_a_cut_off_chunk_stops_the_writer_before_it_adds(tmp_path: Path) -> None:
    path = write(tmp_path / "run", 7, runs(7)[:-1]) or tmp_path
    cut(path / "cube.zarr" / "y_score" / "c.0.2.0")
    with (
        CubeWriter.open(path) as writer,
        pytest.raises(CubeError, match="run: the cube is damaged: a chunk of y_score"),
    ):
        writer.add(record(1, 6))


def test_a_variable_that_is_missing_is_damage(tmp_path: Path) -> None:
    path = write(tmp_path / "run", 1) or tmp_path
    shutil.rmtree(path / "cube.zarr" / "weight")
    with pytest.raises(CubeError, match="the cube is damaged: it lacks weight"):
        open_cube(path)


def edit(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    metadata = json.loads(path.read_text())
    change(metadata)
    path.write_text(json.dumps(metadata))


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "run", 1) or tmp_path
    root = path / "cube.zarr" / "zarr.json"
    edit(root, lambda m: m["attributes"].update(varbench_schema=SCHEMA + 1))
    before = root.read_bytes()
    for opened in (open_cube, CubeWriter.open, cube_attributes):
        with pytest.raises(
            CubeError, match=f"has schema {SCHEMA + 1}.* a newer varbench has written it; update"
        ):
            opened(path)
    assert root.read_bytes() == before


def test_an_older_schema_is_upgraded_when_read_and_refused_when_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "run", 1) or tmp_path
    monkeypatch.setattr(reader, "SCHEMA", SCHEMA + 1)
    monkeypatch.setitem(UPGRADES, SCHEMA, lambda cube: cube.assign_attrs(upgraded=1))
    assert open_cube(path).attrs["upgraded"] == 1
    with pytest.raises(CubeError, match="the cube can be read, but no runs can be added"):
        CubeWriter.open(path)


def test_each_older_schema_has_its_upgrade() -> None:
    assert sorted(UPGRADES) == list(range(1, SCHEMA))


def test_a_cube_in_other_codecs_is_read_but_not_written(tmp_path: Path) -> None:
    path = write(tmp_path / "run", 1) or tmp_path
    edit(
        path / "cube.zarr" / "chosen" / "zarr.json",
        lambda m: m["codecs"][-1]["configuration"].update(level=3),
    )
    with pytest.raises(CubeError, match="chosen was not written by varbench"):
        CubeWriter.open(path)


def test_the_golden_cube_of_schema_1() -> None:
    cube = open_cube(GOLDEN / "cube_v1", verify=True)
    assert cube["score"].sel(procedure="correct", metric="f1").values[1, 0] == 3.25
    assert np.isnan(cube["score"].values[1, 0, 1, 1])
    assert np.signbit(cube["final"].values[0, 0, 1])
    assert cube["sample"].values[:, 0].tolist() == [[0, 1, 2, 3, 0, 1], [0, 1, 2, 3, -2, -2]]
    assert cube["chosen"].values[1, 1].tolist() == [["6"], ["7"]]
    assert cube["seed"].values.tolist() == [[2**32 - 1, 7], [2**32 - 2, 7], [2**32 - 3, 7]]
    assert cube["status"].values.tolist() == [[1, 2, 0], [1, 1, 0]]
    assert cube["error"].values[0, 1] == "ValueError: none"
    assert cube["warning"].values[1, 1] == '["ÿ"]'
    assert cube["sample_id"].values.tolist() == ["a", "b", "ç", "d"]
    assert attributes(cube)["settings"] == {"seed": 0, "repeats": [1, 2]}
    assert sum(p.stat().st_size for p in (GOLDEN / "cube_v1").rglob("*") if p.is_file()) < 60_000


@pytest.mark.skipif(SCHEMA > 1, reason="today's cubes are of another schema")
def test_what_is_written_today_is_the_golden_cube(tmp_path: Path) -> None:
    runpy.run_path(str(GOLDEN / "write_cube_v1.py"))["write"](tmp_path / "run")
    assert identical(GOLDEN / "cube_v1", tmp_path / "run") == []


# Comparing


def test_every_kind_of_difference_is_told(whole: xr.Dataset) -> None:
    def changed(name: str, at: tuple[int, ...], value: Any) -> xr.Dataset:
        other = whole.copy(deep=True)
        other[name].values[at] = value
        return other

    old = whole["score"].values[1, 3, 0, 1]
    place = "procedure=correct, repeat=3, fold=0, metric=roc_auc"
    expected = f"score: 1 of 56 values differs, the first at {place}: {old} and {np.nextafter(old, 2)}"
    assert identical(whole, changed("score", (1, 3, 0, 1), np.nextafter(old, 2))) == [expected]
    assert identical(whole, changed("final", (0, 0, 0), 0.0)) != []
    assert identical(changed("final", (0, 0, 0), -0.0), changed("final", (0, 0, 0), 0.0)) != []
    assert "'' and 'x'" in identical(whole, changed("error", (0, 0), "x"))[0]
    assert identical(whole, changed("y_pred", (0, 0, 0), 7))[0].startswith("y_pred: 1 of")
    assert identical(whole, whole.drop_vars("weight")) == ["weight: only in the first"]
    assert "attribute margin: 0.02 and 0.03" in identical(whole, whole.assign_attrs(margin=0.03))
    assert "attribute new: nothing and 1" in identical(whole, whole.assign_attrs(new=1))
    lighter = whole.assign(weight=whole.weight.astype("f4"))
    assert identical(whole, lighter) == ["weight: float64 and float32"]
    assert "dimension repeat: 7 and 6" in identical(whole, whole.isel(repeat=slice(6)))
    assert "dimensions" in identical(whole, whole.assign(error=whole.error.T))[0]


def test_what_is_volatile_is_published_and_ignored(whole: xr.Dataset) -> None:
    assert "seconds" in VOLATILE
    other = whole.assign(seconds=whole.seconds + 1).assign_attrs(sessions='[{"pid": 1}]')
    assert identical(whole, other) == []
    one, two = (
        whole.assign_attrs(
            provenance=json.dumps({"created": t, "command": t, "host": t, "versions": {"numpy": "2"}})
        )
        for t in "ab"
    )
    assert identical(one, two) == []
    assert identical(one, one.assign_attrs(provenance='{"versions": {"numpy": "3"}}')) != []


def test_what_a_pending_run_left_behind_is_no_difference(whole: xr.Dataset) -> None:
    one, two = whole.copy(deep=True), whole.copy(deep=True)
    for cube in (one, two):
        cube["status"].values[0, 2] = Status.PENDING
    two["score"].values[0, 2] = 9
    assert identical(one, two) == []
    two["score"].values[0, 3] = 9
    assert len(identical(one, two)) == 1


# NetCDF


def test_netcdf_holds_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with CubeWriter.create(
        path, LAYOUT, {**ATTRIBUTES, "flag": True, "study_source": "é\n" * 50_000}, 3
    ) as writer:
        set_repeats(writer)
        for at in runs(3):
            writer.add(record(*at))
    target = export_netcdf(path, tmp_path / "cube.nc")
    with xr.open_dataset(target, engine="h5netcdf") as back:
        back = back.load().assign_attrs(flag=True)
        back.attrs = {k: v if isinstance(v, str | bool) else v.item() for k, v in back.attrs.items()}
        assert identical(path, back) == []
    assert (target.stat().st_mode & 0o777) == (path / "cube.zarr" / "zarr.json").stat().st_mode & 0o777
    with pytest.raises(CubeError, match="exists already"):
        export_netcdf(path, target)
    export_netcdf(path, target, overwrite=True)
    assert sorted(os.listdir(tmp_path)) == ["cube.nc", "run"]


def test_the_c_library_reads_the_netcdf_file(tmp_path: Path) -> None:
    """R's ncdf4 reads through it."""
    netcdf = pytest.importorskip("netCDF4")
    path = write(tmp_path / "run", 2) or tmp_path
    cube = open_cube(path)
    with netcdf.Dataset(export_netcdf(path, tmp_path / "cube.nc")) as found:
        assert found["procedure"][:].tolist() == ["incorrect", "correct"]
        assert found["chosen"][:].tolist() == cube["chosen"].values.tolist()
        np.testing.assert_array_equal(found["score"][:], cube["score"].values)
        found["seed"].set_auto_mask(False)  # 2**32 - 1 is what C fills with
        assert found["seed"][:].tolist() == cube["seed"].values.tolist()
        assert json.loads(found.getncattr("settings")) == ATTRIBUTES["settings"]


def test_netcdf_is_written_as_a_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "run", 1) or tmp_path
    with pytest.raises(CubeError, match="there is no folder"):
        export_netcdf(path, tmp_path / "none" / "cube.nc")
    (tmp_path / "cube.nc").write_text("old")
    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    with pytest.raises(CubeError, match="is full"):
        export_netcdf(path, tmp_path / "cube.nc", overwrite=True)
    assert (tmp_path / "cube.nc").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["cube.nc", "run"]


# Pairing

#: Test rows as (fold, sample, group).
ONE = ([0, 0, 1, 1], [0, 1, 2, 3], [0, 0, 1, 1])
#: Others beside them, and the pairing with ONE where there are groups.
OTHERS = {
    "the same": (ONE, "exact"),
    "another order of rows": (([1, 0, 1, 0], [2, 1, 3, 0], [1, 0, 1, 0]), "exact"),
    "a case twice": (([0, 0, 0, 1, 1], [0, 0, 1, 2, 3], [0, 0, 0, 1, 1]), "group"),
    "a case missing, its group not": (([0, 1, 1], [0, 2, 3], [0, 1, 1]), "group"),
    "a synthetic row": (([0, 0, 1, 1], [0, -1, 2, 3], [0, 0, 1, 1]), "group"),
    "other folds": (([0, 0, 1, 1], [0, 2, 1, 3], [0, 1, 0, 1]), "none"),
    "the folds swapped": (([1, 1, 0, 0], [0, 1, 2, 3], [0, 0, 1, 1]), "none"),
    "a row without a group": (([0, 1, 1], [0, 2, 3], [0, 1, -1]), "none"),
    "no rows": (([], [], []), "none"),
}


def cube_of_test_rows(groups: bool, first: int = 0, failed: str = "") -> xr.Dataset:
    """Give a cube in which, in one of two repeats, each procedure has other test rows than "one"."""
    names = ("one", *OTHERS)
    group_names = ("g0", "g1", "g2") if groups else None
    layout = Layout(procedures=names, metrics=("f1",), classes=("n", "y"), n_folds=2, group_names=group_names)
    with CubeWriter.create(None, layout, {}, 3) as writer:  # nothing is stored of the last repeat
        for procedure, repeat in ((p, r) for p in range(len(names)) for r in range(2)):
            rows = OTHERS[names[procedure]][0] if procedure and repeat == first else ONE
            arrays = dict(zip(("row_fold", "sample", "group"), (np.array(r, int) for r in rows), strict=True))
            if not groups:
                del arrays["group"]
            status = Status.FAILED if names[procedure] == failed and repeat == first else Status.DONE
            writer.add(RunRecord(procedure, repeat, status, arrays=arrays))
        return writer.dataset().load()


@pytest.mark.parametrize("first", [0, 1])
def test_pairing_is_that_of_the_weakest_repeat(first: int) -> None:
    cube = cube_of_test_rows(groups=True, first=first)
    assert {n: pairing(cube, "one", n) for n in OTHERS} == {
        n: expected for n, (_, expected) in OTHERS.items()
    }
    assert {n: pairing(cube, n, "one") for n in OTHERS} == {
        n: expected for n, (_, expected) in OTHERS.items()
    }


def test_pairing_without_groups_is_exact_or_none() -> None:
    cube = cube_of_test_rows(groups=False)
    exact = {"the same", "another order of rows"}
    assert {n: pairing(cube, "one", n) for n in OTHERS} == {
        n: "exact" if n in exact else "none" for n in OTHERS
    }
    assert pairing(cube, "a synthetic row", "a synthetic row") == "none"


def test_pairing_looks_at_runs_that_are_done() -> None:
    cube = cube_of_test_rows(groups=True, failed="other folds")
    assert pairing(cube, "one", "other folds") == "exact"
    assert pairing(cube.isel(repeat=[0, 2]), "one", "other folds") == "none"
    with pytest.raises(CubeError, match="unknown procedure 'othre folds'; did you mean other folds"):
        pairing(cube, "one", "othre folds")


# Cost


def test_memory_is_flat_in_the_number_of_repeats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_CHUNK_REPEATS", 20)
    layout = Layout(procedures=("p",), metrics=("f1",), classes=("a", "b"), n_rows=2000)
    arrays = {"y_score": np.linspace(0, 1, 2000), "sample": np.arange(2000)}

    def peak(n_repeats: int) -> int:
        with CubeWriter.create(tmp_path / str(n_repeats), layout, {}, n_repeats, flush_seconds=0.1) as writer:
            tracemalloc.start()
            for repeat in range(n_repeats):
                writer.add(RunRecord(0, repeat, arrays=arrays))
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    peak(5)
    few, many = peak(100), peak(800)
    assert many < 1.5 * few
    # What was stored is much more than what was held.
    assert many < 800 * 2000 * 12 / 4
