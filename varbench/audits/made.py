"""How the runs of a cube were made: what failed, what has no value, what was varied, and how often."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from varbench.audits.drafts import Draft, clear, counted, found, listed, nothing, unchecked
from varbench.audits.findings import INFORMATION, WARNING
from varbench.audits.recorded import DONE, FAILED, PENDING, Run
from varbench.effects import declared, repeat_scores
from varbench.metrics import ScoreStatus
from varbench.stats import outperform_sizes

#: Below so many repeats no rank test of pairs can fall below .05.
LEAST_REPEATS = 6


def failures(run: Run) -> Draft:
    """Did runs fail, or were some never made?"""
    failed, pending = (run.status == FAILED).sum(axis=1), int((run.status == PENDING).sum())
    if failed.any():
        errors = [
            str(one).strip().splitlines()[-1] for one in run.cube["error"].values.ravel() if str(one).strip()
        ]
        kinds = list(dict.fromkeys(errors))
        each = listed(f"{name} {n}" for name, n in zip(run.procedures, failed.tolist(), strict=True) if n)
        return found(
            f"{counted(int(failed.sum()), 'run')} of {run.status.size:,} failed ({each}); "
            f"{counted(len(kinds), 'distinct error')}, the first: {kinds[0][:160] if kinds else 'not recorded'}.",
            "What fails is not drawn at random: the mean is over the easier splits.", severity=WARNING,
            cure="Find the cause, and run them again (--retry-failed).", evidence={"failed": int(failed.sum())},
        )  # fmt: skip
    if pending:
        return found(
            f"{counted(pending, 'run')} of {run.status.size:,} are not done yet.",
            "Whoever stops when the score looks well picks a score.", severity=WARNING,
            cure="Run the study to its end.", evidence={"pending": pending},
        )  # fmt: skip
    return clear(f"All {run.status.size:,} runs are done.")


def undefined(run: Run) -> Draft:
    """Are there folds in which a metric has no value?"""
    stored = np.asarray(run.cube["score_status"].values)[run.status == DONE]  # (run, fold, metric)
    names = [str(name) for name in run.cube["metric"].values]
    valued = (ScoreStatus.DEFINED, ScoreStatus.NO_PREDICTED_POSITIVES, 255)
    without = {name: int((~np.isin(stored[..., i], valued)).sum()) for i, name in enumerate(names)}
    unpredicted = int((stored == ScoreStatus.NO_PREDICTED_POSITIVES).any(axis=-1).sum()) if stored.size else 0
    gone = {name: n for name, n in without.items() if n}
    if gone:
        bad = run.primary in gone
        return found(
            f"{listed(f'{name} has no value in {n:,} folds' for name, n in gone.items())}, of "
            f"{int(np.prod(stored.shape[:2])):,}.",
            "Means are over the folds that have one: fewer folds, or a metric for which a fold of one class will do.",
            severity=WARNING if bad else INFORMATION, cure="Take fewer folds, or stratify them.", evidence=gone,
        )  # fmt: skip
    if unpredicted:
        return found(
            f"In {counted(unpredicted, 'fold')} no row is called positive: precision and F1 are 0 there."
        )
    return clear("Every score has a value.")


def versions(run: Run) -> Draft:
    """Were the runs made with the same versions, on data whose file is known?"""
    wrong = []
    if run.of("mixed_versions"):
        wrong.append("Runs of different versions of the libraries are in one cube.")
    if run.data.get("unverified"):
        wrong.append("The data's file had no published hash to be checked against.")
    if not wrong:
        return clear("One set of versions; the data's file is known by its hash, or simulated.")
    mixed = bool(run.of("mixed_versions"))
    return found(
        " ".join(wrong), "A difference between runs can be one between versions." if mixed else "",
        severity=WARNING if mixed else INFORMATION, cure="Run all of it anew, in one environment.",
    )  # fmt: skip


def fixed(run: Run) -> Draft:
    """Which sources of variation were kept, so that no interval knows of them?"""
    state = {name: str(one.get("state")) for name, one in run.sources.items()}
    kept = [name for name, one in state.items() if one == "fixed"]
    if not run.sources:
        return unchecked("The cube does not say what was varied.")
    if not run.varied:
        return found(
            "Nothing was varied.", "All scores are those of one split and one seed.", severity=WARNING,
            cure="Vary the split at least: --vary split,init.",
        )  # fmt: skip
    over = f"Varied: {listed(run.varied, 8)}"
    if "split" in kept and "cohort" not in run.varied:
        return found(
            f"{over}; kept: {listed(kept, 8)}.", "The scores are those of one split of one cohort.", severity=WARNING,
            cure="Vary the split: --vary split.",
        )  # fmt: skip
    if not kept:
        return clear(f"{over}; nothing was kept.")
    return found(f"{over}; kept: {listed(kept, 8)}.", "Intervals know nothing of what was kept.")


def repeats(run: Run) -> Draft:
    """Are there as many repeats as what is said of them needs?"""
    done = int((run.status == DONE).all(axis=0).sum())
    need = outperform_sizes(float(declared(run.cube, "gamma", 0.75)))
    facts = f"{counted(done, 'repeat')} with every procedure done"
    if done < LEAST_REPEATS:
        return found(
            f"{facts}; with fewer than {LEAST_REPEATS} no rank test can reach .05, and a spread is hardly known.",
            severity=WARNING, cure=f"Make {need['published']} or more: --repeats.", evidence={"repeats": done},
        )  # fmt: skip
    if done < need["published"]:
        return found(
            f"{facts}; P(A>B) asks for {need['published']} (as published) to {need['interval']} (exact interval).",
            "Fewer show only large differences. More repeats settle nothing that more patients would have to.",
            evidence={"repeats": done},
        )
    return clear(
        f"{facts}; P(A>B) asks for {need['published']} to {need['interval']}.", evidence={"repeats": done}
    )


def effectless(run: Run) -> Draft:
    """Do the repeats differ at all?"""
    if not run.varied or run.status.shape[1] < 2:
        return nothing("Fewer than two repeats, or nothing varied.")
    same = []
    for name in run.procedures:
        scores = np.asarray(repeat_scores(run.cube, name, run.primary))
        scores = scores[np.isfinite(scores)]
        if len(scores) > 1 and np.ptp(scores) == 0:
            same.append(name)
    if not same:
        return clear(f"Repeats differ in {run.primary}.")
    return found(
        f"{listed(same)}: every repeat has the same {run.primary}, though {listed(run.varied, 8)} varied.",
        "A seed that does nothing gives a spread of 0, which is none.", severity=WARNING, columns=tuple(same),
        cure="See whether the splitter shuffles, and whether steps have a random_state of their own.",
    )  # fmt: skip


def warned(run: Run) -> Draft:
    """Did libraries warn while the models were fitted?"""
    if "warning" not in run.cube:
        return unchecked("The cube has no warnings.")
    told = [str(one) for one in run.cube["warning"].values.ravel() if str(one).strip() not in ("", "[]")]
    if not told:
        return clear("No run warned.")
    kinds = list(dict.fromkeys(text for one in told for text in _texts(one)))
    return found(
        f"{counted(len(told), 'run')} of {run.status.size:,} warned; {counted(len(kinds), 'distinct text')}, "
        f"the first: {kinds[0][:160] if kinds else told[0][:160]}",
    )


def _texts(stored: str) -> Sequence[str]:
    try:
        given = json.loads(stored)
    except ValueError:
        return [stored]
    return [str(one) for one in given] if isinstance(given, list) else [str(given)]
