"""One run: draw the cohort, run the procedure, score every fold. This is what workers do."""

from __future__ import annotations

import contextlib
import copy
import json
import random
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from varbench.accelerate import ran_on
from varbench.cube import RunRecord, Status
from varbench.data import Data, Population
from varbench.errors import StudyError
from varbench.metrics import evaluate
from varbench.procedure import Outcome, Procedure, outcome_of_callable
from varbench.seeds import BEFORE_SPLIT, seed
from varbench.study import Work
from varbench.study.describe import digest

#: The address of the fresh rows on which models are scored; no source, since it is no part of a procedure.
TRUTH = "truth"
_ONE_AT_A_TIME = threading.Lock()
#: Warnings about code, not about the run; which process sees them first would show in the cube.
_PASSING = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ImportWarning, ResourceWarning)


def execute_batch(work: Work, runs: Sequence[tuple[int, int]]) -> list[RunRecord]:
    """Do some runs, each on one thread.

    Parameters
    ----------
    work : Work
        The plan's work.
    runs : sequence of (int, int)
        Procedure and repeat.

    Returns
    -------
    list of RunRecord
        In the order of ``runs``; a run that failed is a record too.
    """
    # More threads would change the last bits of sums, and so the cube, with the machine. The limit, like the record
    # of warnings, is the process's: where a process has several worker threads, they take turns.
    with _ONE_AT_A_TIME, threadpool_limits(1), _global_generators() as reseed:
        return [_execute(work, procedure, repeat, reseed) for procedure, repeat in runs]


def _execute(work: Work, procedure: int, repeat: int, reseed: Callable[[int], None]) -> RunRecord:
    """Do one run; an error in it is recorded, not raised."""
    started = time.perf_counter()
    reseed(run_seed(work, repeat, "init", "global generators"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            arrays, status, error = _arrays(work, procedure, repeat), Status.DONE, ""
        except (
            Exception,
            SystemExit,
            GeneratorExit,
        ) as problem:  # what a user's step raises is this run's alone
            arrays, status, error = {}, Status.FAILED, _error(problem)
    caught = [w for w in caught if not issubclass(w.category, _PASSING)]
    told = list(dict.fromkeys(f"{w.category.__name__}: {w.message}".splitlines()[0] for w in caught))
    return RunRecord(
        procedure=procedure, repeat=repeat, status=status, error=error, seconds=time.perf_counter() - started,
        arrays=arrays, warnings=json.dumps(told) if told else "",
    )  # fmt: skip


def _error(problem: BaseException) -> str:
    """Give an error as a cube keeps it: type, message, and the step that it came from."""
    notes = "".join(
        f" ({note})" for note in getattr(problem, "__notes__", ()) if note.startswith("in the step")
    )
    return f"{type(problem).__name__}: {problem}{notes}"


def run_seed(work: Work, repeat: int, source: str, path: str = "", fold: int = BEFORE_SPLIT) -> int:
    """Give the seed that a place reads in a repeat; a fixed source keeps the seeds of its draw 0."""
    return seed(work.seed, source, work.realization(source, repeat), fold, path)


def cohort(work: Work, repeat: int) -> Data:
    """Give the cohort of a repeat: the table, or the simulator's draw."""
    if work.data.population is None:
        return _own(work.data)
    drawn = _drawn(_Populated(work.data.population), run_seed(work, repeat, "cohort"))
    if work.columns is None:
        return _own(drawn)
    return replace(drawn, X=drawn.X[:, work.columns], feature_names=work.data.feature_names)


class _Populated:
    """A population as the key of a cache: alike where its settings are, whether it can be hashed or not."""

    def __init__(self, population: Population) -> None:
        self.population = population
        self._key = digest(population.settings())

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Populated) and self._key == other._key


@lru_cache(maxsize=1)
def _drawn(of: _Populated, drawn: int) -> Data:
    """Draw a cohort once for all the runs on it, which follow each other."""
    return of.population.cohort(drawn)


def _own(data: Data) -> Data:
    """Give a run its own features and labels: a step that works in place must not reach the next run."""
    mine = copy.copy(data)
    for name in ("X", "y"):
        object.__setattr__(mine, name, getattr(data, name).copy())
    return mine


@contextlib.contextmanager
def _global_generators() -> Iterator[Callable[[int], None]]:
    """Give what seeds the generators that some steps use without asking; they are restored in the end."""
    before, before_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the border to such steps

    def reseed(drawn: int) -> None:
        random.seed(drawn)
        np.random.seed(drawn)  # noqa: NPY002

    try:
        yield reseed
    finally:
        random.setstate(before)
        np.random.set_state(before_numpy)  # noqa: NPY002


def _truth(work: Work, repeat: int) -> Data | None:
    """Give the rows that no procedure touches: the external table, or a sample.

    The sample is drawn anew in every repeat; in a design that is not joint with every cohort.
    """
    if work.external is not None:
        return _own(work.external)
    if work.data.population is None or work.truth_rows == 0:
        return None
    # Where the sources are to be told apart, a truth sample of a repeat's own would look like one more of them.
    drawn = repeat if work.draws.joint else work.realization("cohort", repeat)
    return work.data.population.sample(work.truth_rows, seed(work.seed, TRUTH, drawn))


def _arrays(work: Work, index: int, repeat: int) -> dict[str, NDArray[Any]]:
    procedure, data = work.procedures[index], cohort(work, repeat)
    if not isinstance(procedure, Procedure):
        seeds = partial(run_seed, work, repeat)
        outcome = outcome_of_callable(procedure(data, seeds), data, work.n_folds)
        return _rows(work, outcome) | _scores(work, outcome, len(data.classes))
    truth = _truth(work, repeat)
    engines: set[str | None] = set()
    outcome = procedure.run(
        data,
        lambda source, path, fold: run_seed(work, repeat, source, path, fold),
        None if truth is None else truth.X,
        external_batch=None if truth is None else truth.batch,
        final=truth is not None,
        training=work.training,
        watch=lambda predictor: engines.add(ran_on(predictor)),
    )
    if engines - {None, work.forest_engine}:
        raise StudyError(
            f"the forest of {sorted(map(str, engines))} ran where {work.forest_engine} should have"
        )
    if outcome.n_test.shape[0] > work.n_folds:
        raise StudyError(
            f"the split gave {outcome.n_test.shape[0]} folds, {work.n_folds} were expected from the data"
        )
    arrays = _rows(work, outcome) | _scores(work, outcome, len(data.classes)) | _chosen(work, outcome)
    if (number := candidates(work)) and outcome.candidates is not None:
        arrays["candidate_score"] = _padded(outcome.candidates, number, np.nan)
    if outcome.training is not None:
        arrays["training"] = _training(work, outcome.training, len(data.classes))
    if truth is not None:
        arrays |= _external(work, outcome, truth.y, len(data.classes))
    return arrays


def _rows(work: Work, outcome: Outcome) -> dict[str, NDArray[Any]]:
    rows = {
        "row_fold": outcome.fold, "sample": outcome.sample, "parent_a": outcome.parent_a, "parent_b": outcome.parent_b,
        "y_true": outcome.y_true, "y_pred": outcome.y_pred, "y_score": outcome.y_score, "weight": outcome.weight,
        "related": _padded(outcome.related, work.n_folds, -1),
        "n_train": _padded(outcome.n_train, work.n_folds, -1), "n_test": _padded(outcome.n_test, work.n_folds, -1),
    }  # fmt: skip
    rows |= {} if outcome.group is None else {"group": outcome.group}
    return rows if outcome.batch is None else rows | {"batch": _batch_codes(work, outcome.batch)}


@lru_cache(maxsize=4)
def batch_names(work: Work) -> tuple[str, ...]:
    """Give the names of the batches; of a simulator those of its first cohort."""
    return () if work.data.batch is None else tuple(np.unique(work.data.batch).tolist())


def _batch_codes(work: Work, batch: NDArray[np.str_]) -> NDArray[np.int64]:
    place = {name: number for number, name in enumerate(batch_names(work))}
    return np.array([place.get(name, -1) for name in batch.tolist()], dtype=np.int64)


def _padded(array: NDArray[Any], n_folds: int, fill: float) -> NDArray[Any]:
    """Fill the folds up: another procedure of the study may have more."""
    missing = np.full((n_folds - array.shape[0], *array.shape[1:]), fill, dtype=array.dtype)
    return np.concatenate([array, missing]) if len(missing) else array


def _scores(work: Work, outcome: Outcome, n_classes: int) -> dict[str, NDArray[Any]]:
    """Score every fold twice: as it stands, and with its rows weighted back to the cohort's prevalence."""
    shape = (work.n_folds, len(work.metrics))
    values, weighted = np.full(shape, np.nan), np.full(shape, np.nan)
    status = np.full(shape, 255, np.uint8)
    same = bool((outcome.weight == 1).all())
    for fold in np.unique(outcome.fold):
        rows = np.flatnonzero(outcome.fold == fold)
        part = outcome.y_true[rows], outcome.y_pred[rows], outcome.y_score[rows]
        values[fold], status[fold] = evaluate(work.metrics, *part, n_classes=n_classes)
        weighted[fold] = (
            values[fold]
            if same
            else evaluate(work.metrics, *part, outcome.weight[rows], n_classes=n_classes)[0]
        )
    return {"score": values, "score_weighted": weighted, "score_status": status}


def _training(work: Work, training: Sequence[Any], n_classes: int) -> NDArray[np.float64]:
    """Score every fold's model on the rows that it was fitted on."""
    values = [evaluate(work.metrics, y, label, score, n_classes=n_classes)[0] for y, label, score in training]
    return _padded(np.array(values, dtype=float), work.n_folds, np.nan)


def _chosen(work: Work, outcome: Outcome) -> dict[str, NDArray[Any]]:
    names = parameters(work)
    chosen = np.full((work.n_folds, len(names)), "", dtype=object)
    for name, values in outcome.chosen.items():
        chosen[: len(values), names.index(name)] = values
    return {"chosen": chosen} if names else {}


@lru_cache(maxsize=4)
def parameters(work: Work) -> list[str]:
    """Give the paths of all hyperparameters that the procedures' searches choose."""
    return list(
        dict.fromkeys(p for pr in work.procedures if isinstance(pr, Procedure) for p in pr.parameters())
    )


def candidates(work: Work) -> int:
    """Give the most candidates that a procedure picks among by their scores on the test rows."""
    return max((pr.n_candidates for pr in work.procedures if isinstance(pr, Procedure)), default=0)


def _external(work: Work, outcome: Outcome, y_true: NDArray[Any], n_classes: int) -> dict[str, NDArray[Any]]:
    outside = outcome.external
    if outside is None:
        return {}
    # Kept as float32, and scored as kept: a metric computed later from the cube gives the same number.
    scores = outside.y_score.astype(np.float32)
    truth = np.full((work.n_folds, len(work.metrics)), np.nan)
    for fold, (label, score) in enumerate(zip(outside.y_pred, scores, strict=True)):
        truth[fold] = evaluate(work.metrics, y_true, label, score.astype(float), n_classes=n_classes)[0]
    arrays = {
        "external_y_true": y_true,
        "external_score": _padded(scores, work.n_folds, np.nan),
        "external_pred": _padded(outside.y_pred, work.n_folds, np.nan if work.data.numeric else -1),
        "truth": truth,
    }
    if outside.final_pred is None or outside.final_score is None:
        return arrays
    last = outside.final_score.astype(np.float32)
    final = evaluate(work.metrics, y_true, outside.final_pred, last.astype(float), n_classes=n_classes)[0]
    return arrays | {"final": final, "final_score": last, "final_pred": outside.final_pred}
