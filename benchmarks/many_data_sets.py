"""How much sooner are the methods over data sets than in the packages that have them? On one core.

Friedman with Nemenyi beside autorank (10 procedures, 100 data sets; target: 5 times), the Bayesian signed-rank test
beside baycomp (50 data sets, 50,000 draws; target: 8 times), and the interquartile mean beside rliable (100 runs, 26
tasks, 2,000 resamples; target: 3 times). Both sides run in turns, on the same scores, and what they give is compared
before a time is printed. A package that is not installed is skipped, with a line that says so.

    python -m pip install baycomp autorank rliable
    OMP_NUM_THREADS=1 python benchmarks/many_data_sets.py

rliable 1.2.0 hands its `random_state` on to arch, which refuses it (8.0.0); the benchmark makes rliable's
object without it, and changes nothing of what is timed.
"""

from __future__ import annotations

import contextlib
import importlib
import time
import warnings

import numpy as np
import pandas as pd

from varbench.stats import bayesian_signed_rank, iqm, nemenyi

TURNS = 7
RNG = np.random.default_rng(0)


def peer(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError as error:
            print(f"{name}: not measured ({error})")
    return None


def in_turns(label, target, ours, theirs):
    """Print the medians of both and the median of the ratios of each turn."""
    times = []
    for _ in range(TURNS):
        turn = []
        for run in (ours, theirs):
            start = time.perf_counter()
            run()
            turn.append(time.perf_counter() - start)
        times.append(turn)
    mine, other = np.median(times, axis=0) * 1e3
    ratios = np.array([b / a for a, b in times])
    print(
        f"{label}: varbench {mine:.2f} ms, peer {other:.1f} ms; "
        f"{np.median(ratios):.1f} times ({ratios.min():.1f} to {ratios.max():.1f}); target {target}"
    )


def friedman_and_nemenyi():
    autorank = peer("autorank")
    if autorank is None:
        return
    scores = pd.DataFrame(
        RNG.normal(0.7, 0.1, (100, 1)) + np.linspace(0, 0.05, 10) + RNG.normal(0, 0.05, (100, 10))
    ).add_prefix("method ")

    def theirs():
        with warnings.catch_warnings(), contextlib.redirect_stdout(None):
            warnings.simplefilter("ignore")
            return autorank.autorank(scores, alpha=0.05, verbose=False, force_mode="nonparametric")

    ours, other = nemenyi(scores), theirs()
    np.testing.assert_allclose(ours.critical_difference, other.cd, rtol=1e-3)  # theirs is a rounded table
    ranks = dict(zip(ours.names, ours.ranks, strict=True))
    np.testing.assert_allclose([ranks[name] for name in other.rankdf.index], other.rankdf["meanrank"])
    in_turns("Friedman and Nemenyi, 10 procedures x 100 data sets", 5, lambda: nemenyi(scores), theirs)


def signed_rank():
    baycomp = peer("baycomp")
    if baycomp is None:
        return
    a, b = RNG.normal(0.75, 0.08, (2, 50))
    for rope in (0.0, 0.01):
        ours = bayesian_signed_rank(a, b, rope=rope).settings["probabilities"]["right"]
        np.testing.assert_allclose(ours, baycomp.two_on_multiple(a, b, rope=rope)[0], atol=0.015)
        in_turns(
            f"Bayesian signed-rank, 50 data sets, 50,000 draws, rope {rope}", 8,
            lambda rope=rope: bayesian_signed_rank(a, b, rope=rope),
            lambda rope=rope: baycomp.two_on_multiple(a, b, rope=rope),
        )  # fmt: skip


def interquartile_mean():
    library, metrics = peer("rliable.library"), peer("rliable.metrics")
    if library is None or metrics is None:
        return
    bootstrap = importlib.import_module("arch.bootstrap")

    class Stratified(library.StratifiedBootstrap):
        def __init__(self, scores):
            bootstrap.IIDBootstrap.__init__(self, scores)
            self._args_shape, self._num_tasks = scores.shape, scores.shape[1]
            self._parameters, self._task_bootstrap = [self._num_tasks, False], False
            self._strata_indices = self._get_strata_indices()

    scores = RNG.random((100, 26))

    def theirs():
        return Stratified(scores).conf_int(
            lambda x: np.array([metrics.aggregate_iqm(x)]), reps=2000, size=0.95, method="percentile"
        )

    ours = iqm(scores)
    np.testing.assert_allclose(ours.estimate, metrics.aggregate_iqm(scores))
    np.testing.assert_allclose(ours.interval, theirs().ravel(), atol=0.003)
    in_turns("Interquartile mean, 100 runs x 26 tasks, 2,000 resamples", 3, lambda: iqm(scores), theirs)


if __name__ == "__main__":
    friedman_and_nemenyi()
    signed_rank()
    interquartile_mean()
