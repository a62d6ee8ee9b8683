"""The engine: one cube whatever the workers, the order or the interruption; failures recorded; nothing mixed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, LeaveOneOut, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import FunctionTransformer

import varbench as vb
from varbench.cube import RunRecord, Status, identical
from varbench.data import Data
from varbench.effects import greater_is_better, inflation
from varbench.engine import backends
from varbench.engine.tasks import Batches, Probes
from varbench.errors import CubeError, InputError, RunsFailed

CV = StratifiedKFold(3, shuffle=True)


def table(n: int = 60, p: int = 6, seed: int = 0) -> Data:
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], [n - n // 3, n // 3])
    X = rng.normal(size=(n, p)) + y[:, None] * np.linspace(0, 1, p)
    return Data(
        X=X, y=y, classes=("no", "yes"), feature_names=tuple(f"f{i}" for i in range(p)),
        ids=np.array([f"p{i}" for i in range(n)]), groups=None, batch=None, name="table", info={},
    )  # fmt: skip


def study(**changes: object) -> vb.Study:
    settings: dict[str, object] = {
        "question": "Which is better?",
        "data": table(),
        "procedures": {
            "bayes": vb.Procedure([vb.Split(CV), GaussianNB()]),
            "line": vb.Procedure([vb.Split(CV), LogisticRegression()]),
        },
        "primary": "roc_auc",
        "metrics": ["f1", "brier"],
        "vary": ["split"],
        "repeats": 6,
    }
    return vb.Study(**(settings | changes))  # type: ignore[arg-type]


def test_a_run_in_memory_is_complete_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cube = study().run()
    assert dict(cube.score.sizes) == {"procedure": 2, "repeat": 6, "fold": 3, "metric": 3}
    assert np.isfinite(cube.score.values).all()
    assert (cube.status == 1).all()
    assert list(tmp_path.iterdir()) == []


def test_scores_are_those_of_scikit_learn_on_the_stored_rows():
    from sklearn.metrics import brier_score_loss, f1_score, roc_auc_score

    cube = study().run(repeats=2)
    one = cube.sel(procedure="line", repeat=1)
    for fold in range(3):
        rows = one.row_fold.values == fold
        y, label, score = (one[name].values[rows] for name in ("y_true", "y_pred", "y_score"))
        expected = [roc_auc_score(y, score), f1_score(y, label), brier_score_loss(y, score)]
        np.testing.assert_allclose(one.score.sel(fold=fold).values, expected, rtol=1e-12)
        assert (y == table().y[one["sample"].values[rows]]).all()


def test_the_same_folds_for_procedures_on_the_same_rows():
    cube = study().run(repeats=3)
    sample = cube["sample"].values
    assert (sample[0] == sample[1]).all()
    assert (sample[0, 0] != sample[0, 1]).any()


def test_the_cube_does_not_depend_on_the_workers(tmp_path):
    alone = study().run(out=tmp_path / "one")
    many = study().run(out=tmp_path / "two", jobs=2)
    memory = study().run()
    assert identical(alone, many) == []
    assert identical(alone, memory) == []


def test_more_repeats_equal_running_them_at_once(tmp_path):
    study().run(repeats=2, out=tmp_path / "run")
    study().run(repeats=5, out=tmp_path / "run")
    assert identical(study().run(repeats=5), vb.open_cube(tmp_path / "run")) == []


def test_fewer_repeats_than_stored_run_nothing(tmp_path):
    study().run(repeats=3, out=tmp_path / "run")
    before = vb.open_cube(tmp_path / "run").seconds.values
    again = study().run(repeats=2, out=tmp_path / "run")
    assert again.sizes["repeat"] == 3
    np.testing.assert_array_equal(again.seconds.values, before)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"seed": 3}, "seed"),
        ({"set": {"line__C": 2.0}}, "procedures"),
        ({"data": table(seed=1)}, "hash"),
        ({"procedures": ["line"]}, "procedures"),
    ],
)
def test_other_settings_than_the_cubes_are_refused_with_both_shown(tmp_path, change, word):
    named = study(
        procedures={
            "bayes": vb.Procedure([vb.Split(CV), GaussianNB()]),
            "line": vb.Procedure([vb.Split(CV), ("line", LogisticRegression())]),
        }
    )
    named.run(repeats=2, out=tmp_path / "run")
    with pytest.raises(CubeError, match=rf"(?s){word}.*in the cube.*asked for.*another --out"):
        named.run(repeats=3, out=tmp_path / "run", **change)
    assert vb.open_cube(tmp_path / "run").sizes["repeat"] == 2


def test_what_is_not_given_comes_from_the_cube(tmp_path):
    study().run(repeats=2, seed=5, fix=None, out=tmp_path / "run")
    more = study().run(repeats=3, out=tmp_path / "run")
    assert identical(more, study().run(repeats=3, seed=5)) == []


def test_procedures_may_have_different_folds():
    five = vb.Procedure([vb.Split(StratifiedKFold(5, shuffle=True)), GaussianNB()])
    cube = study(procedures={"three": vb.Procedure([vb.Split(CV), GaussianNB()]), "five": five}).run(
        repeats=2
    )
    assert (cube.status == 1).all()
    assert np.isnan(cube.score.sel(procedure="three", fold=[3, 4]).values).all()
    assert np.isfinite(cube.score.sel(procedure="five").values).all()
    assert (cube.n_test.sel(procedure="three", fold=4) == -1).all()


def test_folds_that_a_sampler_makes_more_of_fail_the_run_and_no_other():
    loo = vb.Procedure([("over", RandomOverSampler()), vb.Split(LeaveOneOut()), GaussianNB()])
    good = vb.Procedure([vb.Split(CV), GaussianNB()])
    with pytest.warns(RuntimeWarning, match="folds"):
        cube = study(procedures={"good": good, "loo": loo}, vary=["init", "resample"]).run(
            repeats=1, fix=["init"]
        )
    assert cube.status.values.tolist() == [[1], [2]]


def test_undersampled_rows_are_weighted_back_to_the_cohort():
    under = vb.Procedure([("under", RandomUnderSampler()), vb.Split(CV), GaussianNB()])
    cube = study(procedures={"under": under}).run(repeats=1)
    y, weight = cube.y_true.values[0, 0], cube.weight.values[0, 0]
    sizes = np.bincount(table().y)
    for label in (0, 1):
        assert weight[y == label].sum() == pytest.approx(sizes[label])


@pytest.mark.parametrize(
    "change", [{"margin": 0.5}, {"gamma": 0.9}, {"confidence_level": 0.9}, {"compare": ("line", "bayes")}]
)
def test_what_was_declared_is_not_changed_on_the_way(tmp_path, change):
    study().run(repeats=1, out=tmp_path / "run")
    with pytest.raises(CubeError, match="in the cube"):
        study(**change).run(repeats=2, out=tmp_path / "run")


def mistakes(y_true, y_pred, y_score):
    return np.mean(y_true != y_pred)


mistakes.greater_is_better = False


def test_the_direction_of_ones_own_metric_is_kept():
    cube = study(metrics=[mistakes]).run(repeats=2)
    assert not greater_is_better(cube, "mistakes")
    assert greater_is_better(cube, "roc_auc")
    better = cube.score.sel(metric="mistakes").mean(("repeat", "fold"))
    inflated = inflation(cube, "bayes", "line", "mistakes").total.estimate
    assert inflated == pytest.approx(float(better.sel(procedure="line") - better.sel(procedure="bayes")))


def test_ids_are_not_left_in_a_cube_that_was_asked_to_have_none(tmp_path):
    study().run(repeats=1, out=tmp_path / "run")
    with pytest.raises(CubeError, match="anonymous"):
        study().run(repeats=2, out=tmp_path / "run", anonymous=True)


class Fails(ClassifierMixin, BaseEstimator):
    """Fails where its seed says so."""

    def __init__(self, share: float = 1.0, random_state: int | None = None) -> None:
        self.share = share
        self.random_state = random_state

    def fit(self, X, y):
        if np.random.default_rng(self.random_state).random() < self.share:
            raise ValueError("no luck")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.zeros(len(X), int)

    def predict_proba(self, X):
        return np.tile([0.5, 0.5], (len(X), 1))


def failing(share: float) -> vb.Study:
    good, bad = vb.Procedure([vb.Split(CV), GaussianNB()]), vb.Procedure([vb.Split(CV), Fails(share)])
    return study(procedures={"good": good, "bad": bad}, vary=["split", "init"], repeats=12)


def test_a_failing_run_is_recorded_and_does_not_stop_the_others(tmp_path):
    with pytest.warns(RuntimeWarning, match="runs failed: .* x ValueError: no luck"):
        cube = failing(0.2).run(out=tmp_path / "run")
    failed = (cube.status == 2).sel(procedure="bad").values
    assert 0 < failed.sum() < 12
    assert (cube.status.sel(procedure="good") == 1).all()
    assert set(cube.error.sel(procedure="bad").values[failed]) == {"ValueError: no luck (in the step fails)"}
    assert np.isnan(cube.score.sel(procedure="bad").values[failed]).all()


def test_a_candidate_that_fails_fails_its_run_and_is_not_left_out():
    search = GridSearchCV(Fails(), {"share": [0.0, 1.0]}, cv=CV)
    one = study(procedures={"bad": vb.Procedure([vb.Split(CV), search])}, vary=["split", "init"])
    with pytest.raises(RunsFailed, match="no luck"):
        one.run()


def test_failed_runs_count_as_done_until_they_are_retried(tmp_path):
    with pytest.warns(RuntimeWarning, match="failed"):
        first = failing(0.2).run(out=tmp_path / "run").load()
    with pytest.warns(RuntimeWarning, match="failed"):
        again = failing(0.2).run(out=tmp_path / "run")
    np.testing.assert_array_equal(first.seconds.values, again.seconds.values)
    with pytest.warns(RuntimeWarning, match="failed"):
        retried = failing(0.2).run(out=tmp_path / "run", retry_failed=True)
    failed = first.status.values == 2
    assert (retried.seconds.values[failed] != first.seconds.values[failed]).all()
    assert (retried.seconds.values[~failed] == first.seconds.values[~failed]).all()


@pytest.mark.parametrize("jobs", [1, 2])
def test_when_everything_fails_it_stops_early_and_stores_the_same(tmp_path, jobs):
    hopeless = study(
        procedures={"bad": vb.Procedure([vb.Split(CV), Fails()])}, vary=["split", "init"], repeats=50
    )
    with pytest.raises(RunsFailed, match=r"first 3 runs of every procedure failed.*no luck"):
        hopeless.run(out=tmp_path / "run", jobs=jobs)
    assert (vb.open_cube(tmp_path / "run").status.values == 2).sum() == 3


def test_each_procedure_may_have_its_own_error(tmp_path):
    procedures = {
        "bad": vb.Procedure([vb.Split(CV), Fails()]),
        "worse": vb.Procedure([vb.Split(CV), ("nb", GaussianNB(priors=[0.5, 0.6]))]),
    }
    hopeless = study(procedures=procedures, vary=["split"], repeats=20)
    with pytest.raises(RunsFailed, match=r"no luck .*; ValueError"):
        hopeless.run(out=tmp_path / "run")
    with pytest.raises(RunsFailed, match="--retry-failed"):  # the second call does not run the rest either
        hopeless.run(out=tmp_path / "run")
    assert (vb.open_cube(tmp_path / "run").status.values > 0).sum() == 6


def test_probes_hold_back_until_something_works():
    def record(repeat: int, status: int) -> RunRecord:
        return RunRecord(0, repeat, status, "" if status == 1 else "E: x")

    probes = Probes([(0, repeat) for repeat in range(9)], 1)
    assert [r.repeat for r in probes.release([record(5, 1)])] == []
    assert [r.repeat for r in probes.release([record(0, 2)])] == [0]
    assert [r.repeat for r in probes.release([record(1, 1)])] == [1, 5]
    assert not probes.hopeless


def test_quick_runs_travel_together_and_slow_ones_alone():
    quick, slow = ([(0, repeat) for repeat in range(1000)] for _ in range(2))
    for pending, seconds, expected in ((quick, 0.001, 100), (slow, 3.0, 1)):
        batches = Batches(pending, jobs=1)
        walk = iter(batches)
        next(walk)
        batches.learn([RunRecord(0, 0, int(Status.DONE), seconds=seconds)])
        size = len(next(walk))
        assert size >= expected if expected > 1 else size == 1


@pytest.mark.parametrize(
    "option",
    [
        {"repeats": 0},
        {"repeats": -1},
        {"jobs": 0},
        {"jobs": -2},
        {"jobs": 1_000},
        {"seed": -1},
        {"repeats": 2.5},
        {"repeats": 10**12},
        {"backend": "slurm"},
    ],
)
def test_impossible_numbers_are_refused_before_any_work(tmp_path, option):
    (name,) = option
    with pytest.raises(InputError, match=name):
        study().run(out=tmp_path / "run", **option)
    assert not (tmp_path / "run" / "cube.zarr").exists()


SCRIPT = """
    import sys, time
    import numpy as np
    sys.path[:0] = {path!r}
    from test_engine import study, SlowBayes, CV
    import varbench as vb
    slow, line = vb.Procedure([vb.Split(CV), SlowBayes()]), vb.Procedure([vb.Split(CV), SlowBayes(var_smoothing=1e-8)])
    slow = study(procedures={{"slow": slow, "line": line}}, repeats=40)
    print("begin", flush=True)
    slow.run(out=sys.argv[1], jobs=int(sys.argv[2]))
"""


class Rude(FunctionTransformer):
    """Works in place, leaves the folder, ends the process, and draws from the generators of all."""

    def __init__(self, deed: str = "nothing") -> None:
        super().__init__()
        self.deed = deed

    def transform(self, X):
        if self.deed == "in place":
            X[:] = np.arange(X.size).reshape(X.shape) % 7
        if self.deed == "exit":
            raise SystemExit(7)
        if self.deed == "global":
            X = X + np.random.normal(size=X.shape) + random.random()  # noqa: NPY002 - what is tested
        return X


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_step_that_works_in_place_reaches_no_other_run(jobs, left):
    rude = [("rude", Rude("in place")), vb.Split(CV)] if left else [vb.Split(CV), ("rude", Rude("in place"))]
    procedures = {
        "rude": vb.Procedure([*rude, GaussianNB()]),
        "bayes": vb.Procedure([vb.Split(CV), GaussianNB()]),
    }
    beside = study(procedures=procedures).run(repeats=2, jobs=jobs)
    alone = study(procedures={"bayes": procedures["bayes"]}).run(repeats=2)
    np.testing.assert_array_equal(
        beside.score.sel(procedure="bayes").values, alone.score.sel(procedure="bayes").values
    )


def test_a_step_that_draws_from_the_global_generators_is_seeded_and_they_are_restored():
    noisy = study(procedures={"noisy": vb.Procedure([vb.Split(CV), ("rude", Rude("global")), GaussianNB()])})
    before = np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    assert identical(noisy.run(repeats=3), noisy.run(repeats=3, jobs=2)) == []
    np.testing.assert_array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert random.getstate() == before[1]


def test_a_step_that_ends_the_process_fails_its_run():
    procedures = {"exit": vb.Procedure([vb.Split(CV), ("rude", Rude("exit")), GaussianNB()])}
    with pytest.raises(RunsFailed, match="SystemExit: 7"):
        study(procedures=procedures).run()


class SlowBayes(GaussianNB):
    """Takes a while, so that there is time to kill it."""

    def fit(self, X, y, sample_weight=None):
        time.sleep(0.02)
        return super().fit(X, y, sample_weight)


def start(folder: Path, jobs: int) -> subprocess.Popen[str]:
    script = textwrap.dedent(
        SCRIPT.format(path=[str(Path(__file__).parent), str(Path(vb.__file__).parents[1])])
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", script, str(folder), str(jobs)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment, start_new_session=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def never_killed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "run"
    process = start(folder, 2)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return vb.open_cube(folder)


def killed_and_resumed(folder: Path, sent: int, jobs: int, moments: list[float]) -> None:
    for moment in moments:
        process = start(folder, jobs)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moment)
        os.killpg(process.pid, sent)
        process.communicate(timeout=60)
    process = start(folder, jobs)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors


@pytest.mark.parametrize(("sent", "jobs", "moment"), [(signal.SIGKILL, 2, 1.9), (signal.SIGINT, 1, 1.1)])
def test_killed_and_resumed_equals_never_killed(tmp_path, never_killed, sent, jobs, moment):
    killed_and_resumed(tmp_path / "run", sent, jobs, [moment])
    assert identical(vb.open_cube(tmp_path / "run"), never_killed) == []


@pytest.mark.slow
def test_killed_at_ten_random_moments(tmp_path, never_killed):
    moments = list(np.random.default_rng().uniform(0.0, 4.0, size=10))
    killed_and_resumed(tmp_path / "run", signal.SIGKILL, 2, moments)
    assert identical(vb.open_cube(tmp_path / "run"), never_killed) == []


def frame(data, seeds):
    rng = np.random.default_rng(seeds("init"))
    return {
        "fold": np.zeros(data.n_cases, int),
        "sample": np.arange(data.n_cases),
        "y_score": rng.random(data.n_cases),
    }


def test_a_callable_is_a_procedure():
    cube = study(procedures={"dice": frame}, vary=["init"], folds=1).run(repeats=4)
    assert (cube.status == 1).all()
    assert len(np.unique(cube.score.sel(metric="roc_auc").values)) == 4
    assert (cube.related == -1).all()


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ({"fold": [0], "sample": [0]}, "missing: y_score"),
        ({"fold": [0], "sample": [99], "y_score": [0.1]}, "sample outside"),
        ({"fold": [1], "sample": [0], "y_score": [0.1]}, "fold outside"),
        ({"fold": [0], "sample": [0], "y_score": [np.nan]}, "NaN"),
    ],
)
def test_a_callable_that_returns_nonsense_fails_its_run(returned, message):
    with pytest.raises(RunsFailed, match=message):
        study(
            procedures={"odd": lambda data, seeds: {k: np.array(v) for k, v in returned.items()}},
            vary=["init"],
            folds=1,
        ).run()


@pytest.fixture(scope="module")
def dask_cluster():
    distributed = pytest.importorskip("distributed", reason="the extra dask is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # distributed leaves sockets to the garbage collector
def test_a_dask_cluster_gives_the_same_cube(tmp_path, dask_cluster):
    remote = study().run(out=tmp_path / "run", backend="dask", scheduler=dask_cluster.scheduler_address)
    assert identical(remote, study().run()) == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_killed_dask_worker_changes_nothing(tmp_path, dask_cluster):
    slow, line = (vb.Procedure([vb.Split(CV), SlowBayes(var_smoothing=s)]) for s in (1e-9, 1e-8))
    long = study(procedures={"slow": slow, "line": line}, repeats=60)
    victim = next(iter(dask_cluster.workers.values())).process.pid
    threading.Timer(2.0, os.kill, (victim, signal.SIGKILL)).start()
    remote = long.run(out=tmp_path / "run", backend="dask", scheduler=dask_cluster.scheduler_address)
    assert victim != next(iter(dask_cluster.workers.values())).process.pid  # it did die, and another came
    assert identical(remote, long.run(jobs=2)) == []


def test_no_scheduler_at_the_address(monkeypatch):
    monkeypatch.setattr(backends, "ANSWER_SECONDS", 1)
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    with pytest.raises(InputError, match="no Dask scheduler answers"):
        study().run(backend="dask", scheduler="tcp://127.0.0.1:9")
