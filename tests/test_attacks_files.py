"""Disks that are full or read-only while something is written."""

from __future__ import annotations

import errno
import os
from collections import namedtuple
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import xarray as xr
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB

import varbench as vb
from varbench.cube import export_netcdf, locking, netcdf
from varbench.data import SimulatedRadiomics
from varbench.errors import CubeError

Usage = namedtuple("Usage", "total used free")


def study() -> vb.Study:
    one, other = (
        SimulatedRadiomics(n_cases=n, n_positive=12, n_features=20, n_informative=2) for n in (30, 36)
    )
    procedures = {"bayes": vb.Procedure([vb.Split(StratifiedKFold(3, shuffle=True)), GaussianNB()])}
    return vb.Study(
        question="?",
        data={"a": one, "b": other},
        procedures=procedures,
        primary="roc_auc",
        vary=["split"],
        repeats=1,
    )


@pytest.fixture
def run(tmp_path: Path) -> Path:
    study().run(out=tmp_path / "run")
    return tmp_path / "run"


def refuse(code: int) -> NoReturn:
    raise OSError(code, os.strerror(code))


def test_on_a_nearly_full_disk_no_library_writes_that_ends_the_process(run, monkeypatch):
    direct = export_netcdf(run / "a", run / "direct.nc")
    monkeypatch.setattr(netcdf.shutil, "disk_usage", lambda path: Usage(10**6, 10**6 - 9, 9))
    by_memory = export_netcdf(run / "a", run / "by_memory.nc")
    with xr.open_dataset(direct) as one, xr.open_dataset(by_memory) as other:
        assert one.identical(other)
        assert np.isfinite(other["score"].values).any()
    monkeypatch.setattr(netcdf, "write_through", lambda path, content: refuse(errno.ENOSPC))
    with pytest.raises(CubeError, match=r"the disk that holds .*c\.nc is full"):
        export_netcdf(run / "a", run / "c.nc")
    assert not [path for path in run.iterdir() if "c.nc" in path.name]


@pytest.mark.parametrize("member", ["", "a"])
def test_a_run_on_a_read_only_disk_is_not_extended_and_says_why(run, member, monkeypatch):
    monkeypatch.setattr(locking.FileLock, "acquire", lambda lock, *_: refuse(errno.EROFS))
    with pytest.raises(CubeError, match=r"cannot be written \(Read-only file system\); give another folder"):
        study().run(out=run / member, repeats=2)
