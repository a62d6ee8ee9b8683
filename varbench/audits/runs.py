"""The audit of a run: what its cube recorded that makes its scores look better, or surer, than they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from varbench.audits import made
from varbench.audits.drafts import Draft, as_finding, clear, counted, found, listed, nothing, unchecked
from varbench.audits.findings import ERROR, WARNING, Check, Finding
from varbench.audits.recorded import PENDING, Run
from varbench.effects import (
    Shares,
    baselines,
    copies,
    declared,
    greater_is_better,
    is_numeric,
    optimism,
    repeat_scores,
)
from varbench.effects.constants import BALANCED
from varbench.errors import StatisticsError
from varbench.metrics import label_of, shipped_metric

if TYPE_CHECKING:
    import xarray as xr

_LEAKAGE = {"copy": "L1.4", "relative": "L1.4", "group": "L3.2"}
_OF = {"copy": "a copy", "relative": "a relative", "group": "a row of their group"}
#: Leaks of the estimate that are certain to lift the score are errors; of the others it depends.
_ERRORS = ("L1.1", "L1.3")


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
    label = label_of(run.primary)
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


#: Every check of a run by its code; none has a null hypothesis.
RUN_CHECKS: dict[str, Check] = {
    "VB301": Check("Test rows related to training rows", "", related),
    "VB302": Check("Steps that saw the test rows", "", leaks),
    "VB303": Check("Scores that do not hold elsewhere", "", overstated),
    "VB311": Check("Runs that failed", "", made.failures),
    "VB312": Check("Scores without a value", "", made.undefined),
    "VB313": Check("Versions and files", "", made.versions),
    "VB314": Check("Warnings of the runs", "", made.warned),
    "VB321": Check("Sources that were kept", "", made.fixed),
    "VB322": Check("Number of repeats", "", made.repeats),
    "VB323": Check("Repeats that do not differ", "", made.effectless),
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
    if not (run.status != PENDING).any():
        return tuple(_as_untold(code, one.title) for code, one in RUN_CHECKS.items())
    return tuple(as_finding(code, one.title, one.function(run)) for code, one in RUN_CHECKS.items())


def _as_untold(code: str, title: str) -> Finding:
    return as_finding(code, title, unchecked("No run is stored yet."))
