"""The audit of a run: what its cube recorded that makes its scores look better, or surer, than they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from varbench.audits.choosing import BALANCED
from varbench.audits.drafts import Draft, as_finding, clear, counted, found, listed, nothing, unchecked
from varbench.audits.findings import ERROR, INFORMATION, WARNING, Check, Finding
from varbench.effects import (
    Shares,
    attribute,
    baselines,
    copies,
    declared,
    greater_is_better,
    is_numeric,
    optimism,
    primary,
    repeat_scores,
)
from varbench.errors import StatisticsError
from varbench.metrics import ScoreStatus, shipped_metric
from varbench.stats import outperform_sizes

if TYPE_CHECKING:
    import xarray as xr

_PENDING, _DONE, _FAILED = 0, 1, 2
#: Below so many repeats no rank test of pairs can fall below .05.
LEAST_REPEATS = 6
_LEAKAGE = {"copy": "L1.4", "relative": "L1.4", "group": "L3.2"}
_OF = {"copy": "a copy", "relative": "a relative", "group": "a row of their group"}
#: Leaks of the estimate that are certain to lift the score are errors; of the others it depends.
_ERRORS = ("L1.1", "L1.3")


@dataclass(frozen=True, eq=False)
class Run:
    """One cube as the checks see it: what it recorded, and nothing else.

    Parameters
    ----------
    cube : xarray.Dataset
        As :func:`varbench.open_cube` gives it.
    """

    cube: xr.Dataset

    @cached_property
    def procedures(self) -> tuple[str, ...]:
        """The procedures."""
        return tuple(str(name) for name in self.cube["procedure"].values)

    @cached_property
    def status(self) -> np.ndarray[tuple[int, ...], np.dtype[Any]]:
        """What became of each run, (procedure, repeat)."""
        return np.asarray(self.cube["status"].values)

    @cached_property
    def primary(self) -> str:
        """The primary metric."""
        return primary(self.cube)

    def of(self, name: str, default: Any = None) -> Any:
        """Give an attribute, decoded."""
        return attribute(self.cube, name, default)

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """What the cube says of its data."""
        return dict(self.of("data", {}) or {})

    @cached_property
    def sources(self) -> Mapping[str, Mapping[str, Any]]:
        """By source of variation: its state, and who reads it."""
        return dict(self.of("sources", {}) or {})

    @property
    def varied(self) -> tuple[str, ...]:
        """The sources that are drawn anew in each repeat."""
        return tuple(name for name, one in self.sources.items() if one.get("state") == "varied")

    @property
    def rarer(self) -> float | None:
        """The share of the rarest class of the cohort, where the cube tells it."""
        counts = [float(n) for n in (self.data.get("classes") or {}).values()]
        total = float(np.sum(counts))
        return min(counts) / total if len(counts) > 1 and total else None


def related(run: Run) -> Draft:
    """Do test rows have a copy, a relative, a row of their group among the training rows?"""
    shares = {name: copies(run.cube, name) for name in run.procedures}
    if not any(one.n_rows for one in shares.values()):
        return unchecked("No run is done.")
    crossing = {name: one.crossing for name, one in shares.items() if one.crossing}
    if crossing:
        said = [f"in {name} {_shares_of(shares[name])}" for name in crossing]
        return found(
            f"{_started('; '.join(said))} among the training rows.", "Their answers were there to be remembered.",
            severity=ERROR, leakage=_LEAKAGE[next(iter(crossing.values()))[0]], columns=tuple(crossing),
            cure="Split first, by groups where there are any; make rows of training rows alone.",
            evidence={f"{name} {one}": shares[name].overall[one] for name, what in crossing.items() for one in what},
        )  # fmt: skip
    unknown = [name for name, one in shares.items() if all(share is None for share in one.overall.values())]
    if unknown:
        return unchecked(f"{listed(unknown)}: a function, which does not say what its rows are made of.")
    alone = "" if run.data.get("groups") or run.data.get("simulated") else (
        " Whether a patient has several rows was not declared (--group)."
    )  # fmt: skip
    return clear(f"No copy, relative or group of a test row is among the training rows.{alone}")


def _shares_of(shares: Shares) -> str:
    parts = [f"{shares.overall[what]:.0%} of the test rows have {_OF[what]}" for what in shares.crossing]
    return " and ".join(parts)


def _started(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def leaks(run: Run) -> Draft:
    """Which steps learned from test rows, by the order of the steps?"""
    stored = run.of("leaks", {}) or {}
    known = {name: stored[name] for name in run.procedures if stored.get(name) is not None}
    if not known:
        return unchecked("The procedures are functions: their steps cannot be read.")
    learned = [
        (name, one) for name, all_ in known.items() for one in all_
        if one.get("kind") == "estimate" and one.get("how", "learns") == "learns"
    ]  # fmt: skip
    chosen = [(name, one) for name, all_ in known.items() for one in all_ if one.get("kind") == "choice"]
    unread = [name for name in run.procedures if name not in known]
    also = f" {listed(unread)}: a function, not read." if unread else ""
    if learned:
        severe = [one for _, one in learned if one["code"] in _ERRORS]
        return found(
            f"{'; '.join(f'{name}, ' + one['step'] + ': ' + one['what'] for name, one in learned)}.{also}",
            severity=ERROR if severe else WARNING, leakage=str((severe or [one for _, one in learned])[0]["code"]),
            columns=tuple(dict.fromkeys(name for name, _ in learned)),
            cure=_started("; ".join(dict.fromkeys(str(one["cure"]) for _, one in learned)) + "."),
        )  # fmt: skip
    if chosen:
        steps = listed(dict.fromkeys(f"{one['step']} of {name}" for name, one in chosen), 6)
        return found(
            f"No step learned from test rows. {steps} stand before an inner split, with its rows in sight.{also}",
            "Settings were chosen by scores that are too good; those on test rows stay valid.",
        )
    return clear(f"No step learned from test rows.{also}")


def overstated(run: Run) -> Draft:
    """Did a procedure score more on its own test rows than the same models on rows from elsewhere?"""
    if "truth" not in run.cube:
        return nothing("No model was scored on an external set, or on a population (--external).")
    gone = {}
    for name in run.procedures:
        try:
            gone[name] = optimism(run.cube, name)
        except StatisticsError:
            continue
    if not gone:
        return unchecked("No run has both scores.")
    label = known.label if (known := shipped_metric(run.primary)) else run.primary
    over = {name: one for name, one in gone.items() if one.ci_low is not None and one.ci_low > 0}
    said = "; ".join(f"{name} {_with_ends(one)}" for name, one in (over or gone).items())
    if not over:
        return clear(f"Own score minus that of the same models elsewhere, {label}: {said}.")
    return found(
        f"Own score minus that of the same models elsewhere, {label}: {said}.",
        "The scores on its own test rows do not hold elsewhere.", severity=WARNING, columns=tuple(over),
        cure="Report the external score first, and look for a leak or another population.",
        evidence={name: one.estimate for name, one in over.items()},
    )  # fmt: skip


def _with_ends(one: Any) -> str:
    ends = "" if one.ci_low is None else f" [{one.ci_low:+.3f}, {one.ci_high:+.3f}]"
    return f"{one.estimate:+.3f}{ends}"


def failures(run: Run) -> Draft:
    """Did runs fail, or were some never made?"""
    failed, pending = (run.status == _FAILED).sum(axis=1), int((run.status == _PENDING).sum())
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
    stored = np.asarray(run.cube["score_status"].values)[run.status == _DONE]  # (run, fold, metric)
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
    done = int((run.status == _DONE).all(axis=0).sum())
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


def declarations(run: Run) -> Draft:
    """Was it declared before the runs what counts, and from when on?"""
    late = [
        f"{one['name']} = {one['value']} (after {counted(int(one.get('runs', 0)), 'run')})"
        for one in run.of("overrides") or []
    ]
    margin = declared(run.cube, "margin")
    if late:
        return found(
            f"Set after the runs: {listed(late)}.", "Who has seen the scores can choose what counts.",
            severity=WARNING, cure="Say so where it is reported.",
        )  # fmt: skip
    if margin is None:
        return found(
            f"{run.primary} was declared before the runs, and no margin: a difference can be real, not meaningful.",
        )
    return clear(f"{run.primary} with a margin of {float(margin):g} was declared before the runs.")


def metrics(run: Run) -> Draft:
    """Does the primary metric fit the balance of the classes, and is it the only one?"""
    names = [str(name) for name in run.cube["metric"].values]
    rarer = run.rarer
    if run.primary == "accuracy" and rarer is not None and rarer < BALANCED:
        return found(
            f"The primary metric is accuracy, and the rarest class has {rarer:.0%} of the cases.",
            "Never answering it scores well.", severity=WARNING,
            cure="Name roc_auc or balanced_accuracy before the runs, and report precision and recall beside it.",
            evidence={"rarest_share": rarer},
        )  # fmt: skip
    if len(names) == 1:
        return found(
            f"{names[0]} is the only metric.", "One number hides what it costs: add others (--metrics)."
        )
    return clear(f"Primary: {run.primary}; {len(names) - 1} more.")


def constant(run: Run) -> Draft:
    """Does every procedure score better than an answer that does not look?"""
    if shipped_metric(run.primary) is None:
        return unchecked(
            f"{run.primary} is a metric of the user's own; what a constant answer scores is not known."
        )
    table = baselines(run.cube, [run.primary])
    table = table[(table["metric"] == run.primary) & np.isfinite(table["value"])]
    if not len(table):
        return unchecked("The cube does not say what the outcomes are.")
    up = greater_is_better(run.cube, run.primary)
    worse = []
    for name in run.procedures:
        scores = np.asarray(repeat_scores(run.cube, name, run.primary))
        place = table[table["rows"] == ("cohort" if is_numeric(run.cube) else name)]
        best = (place["value"].max() if up else place["value"].min()) if len(place) else np.nan
        mean = float(np.nanmean(scores)) if np.isfinite(scores).any() else np.nan
        if np.isfinite(mean) and np.isfinite(best) and (mean <= best if up else mean >= best):
            worse.append(f"{name} {mean:.3f} ({best:.3f})")
    if not worse:
        return clear(
            f"Every procedure scores better by {run.primary} than a constant answer on its test rows."
        )
    return found(
        f"By {run.primary}, with the best constant answer on the same test rows: {listed(worse)}.",
        "Nothing is shown to have been learned.", severity=WARNING, cure="Report the constant answer beside it.",
    )  # fmt: skip


def outside(run: Run) -> Draft:
    """Was anything scored on data from elsewhere?"""
    external = run.of("external")
    if isinstance(external, Mapping) and external:
        return clear(f"Every fitted model was scored on {external.get('name', 'an external set')}.")
    if run.data.get("simulated"):
        return nothing("The cases are simulated.")
    return found(
        "No data from elsewhere were scored.",
        "How the models do elsewhere is not known (--external).",
    )


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


#: Every check of a run by its code; none has a null hypothesis.
RUN_CHECKS: dict[str, Check] = {
    "VB301": Check("Test rows related to training rows", "", related),
    "VB302": Check("Steps that saw the test rows", "", leaks),
    "VB303": Check("Scores that do not hold elsewhere", "", overstated),
    "VB311": Check("Runs that failed", "", failures),
    "VB312": Check("Scores without a value", "", undefined),
    "VB313": Check("Versions and files", "", versions),
    "VB314": Check("Warnings of the runs", "", warned),
    "VB321": Check("Sources that were kept", "", fixed),
    "VB322": Check("Number of repeats", "", repeats),
    "VB323": Check("Repeats that do not differ", "", effectless),
    "VB331": Check("Declared before the runs", "", declarations),
    "VB332": Check("Metrics", "", metrics),
    "VB333": Check("Constant answers", "", constant),
    "VB341": Check("Data from elsewhere", "", outside),
}


def audit_cube(cube: xr.Dataset) -> tuple[Finding, ...]:
    """What did a run record that makes its scores look better than they are?

    Parameters
    ----------
    cube : xarray.Dataset
        Of one data set.

    Returns
    -------
    tuple of Finding
        One for each of :data:`RUN_CHECKS`; scores are read by VB303, VB323 and VB333 alone.
    """
    run = Run(cube)
    if not (run.status != _PENDING).any():
        return tuple(_as_untold(code, one.title) for code, one in RUN_CHECKS.items())
    return tuple(as_finding(code, one.title, one.function(run)) for code, one in RUN_CHECKS.items())


def _as_untold(code: str, title: str) -> Finding:
    return as_finding(code, title, unchecked("No run is stored yet."))
