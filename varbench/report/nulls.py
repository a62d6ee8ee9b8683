"""How often two equal procedures are called different: the same frames for a report and for an answer."""

from __future__ import annotations

import pandas as pd

from varbench.report import digits
from varbench.report.wording import METHODS

#: Methods whose rates are drawn over the number of re-splits; the table has all.
DRAWN = (
    "signed_rank", "difference", "prob_outperform (published)", "corrected_resampled_t on repeat means",
    "corrected_resampled_t",
)  # fmt: skip
#: How a method is written where its own name would not say how it was used.
_NAMES = {
    "difference": "t over the re-splits",
    "sign_test": "Sign test",
    "paired_t": "t over the folds, uncorrected",
    "prob_outperform": "P(first > second), exact interval",
    "prob_outperform (published)": "P(first > second), bootstrap interval",
    "corrected_resampled_t": "Corrected t, on folds",
    "corrected_resampled_t on repeat means": "Corrected t, on repeat means",
}
#: What was measured once with more cohorts, to hold a run against: 3-fold x 100 re-splits of each of 200 cohorts.
REFERENCE = (
    ("P(first > second), bootstrap interval off one half", "0.86"),
    ("The published rule: significant and meaningful, gamma 0.75", "0.78 to 0.82"),
    ("Signed-rank, or t, over the re-splits", "0.88 to 0.93"),
    ("Corrected t, on repeat means", "0.36 to 0.43"),
    ("Corrected t, on folds", "0.09 to 0.15"),
    ("Corrected t, on folds, 10-fold", "0.07 to 0.10"),
    ("Bootstrap by patient, out of fold", "0.11 to 0.15"),
)
REFERENCE_TITLE = "Reference: 200 simulated cohorts, each re-split 100 times"
REFERENCE_NOTE = (
    "Measured beforehand, not in this run: two disjoint halves of the features with the same signal, linear "
    "discriminant analysis, AUC, 137 cases, 3-fold; Monte Carlo error about ±0.05."
)
CAPTION = (
    "Each cohort as if it were a study of its own. Below six re-splits no rank test can reject. "
    "The table has all methods."
)
AXES = {"xlabel": "re-splits of each cohort", "ylabel": "share of cohorts called different", "logx": True}
LINES = {**AXES, "ylim": (0.0, 1.0), "references": ({"y": 0.05, "label": "nominal 0.05"},)}


def named(method: str) -> str:
    """Write the name of a method, and of how it was used.

    Examples
    --------
    >>> named("signed_rank"), named("paired_t")
    ('Wilcoxon signed-rank', 't over the folds, uncorrected')
    """
    return _NAMES.get(method) or METHODS.get(method, method)


def curves(rates: pd.DataFrame) -> pd.DataFrame:
    """Give the rates as lines over the number of re-splits, the methods that tell most."""
    shown = [name for name in DRAWN if name in set(rates["method"])]
    mine = pd.concat([rates[rates["method"] == name] for name in shown]) if shown else rates[:0]
    return pd.DataFrame({"series": mine["method"].map(named), "x": mine["repeats"], "y": mine["rate"]})


def by_repeats(rates: pd.DataFrame) -> pd.DataFrame:
    """Give a row a method, the highest rate first, a column a number of re-splits; the interval is of the last."""
    wide = rates.pivot(index="method", columns="repeats", values="rate")
    last = rates[rates["repeats"] == rates["repeats"].max()].set_index("method")
    frame = wide.join(last[["ci_low", "ci_high", "differs", "n"]])
    frame = frame.sort_values(
        [wide.columns[-1], wide.columns[0]], ascending=False, kind="stable"
    ).reset_index()
    frame.columns = pd.Index([str(name) for name in frame.columns])
    return frame.assign(method=frame["method"].map(named))


def reference() -> pd.DataFrame:
    """Give the reference as a table."""
    return pd.DataFrame(list(REFERENCE), columns=["method", "rate"])


def headline(rates: pd.DataFrame) -> str:
    """Say in one sentence what the rates show."""
    last = rates[rates["repeats"] == rates["repeats"].max()]
    worst = last.loc[last["rate"].idxmax()]
    text = (
        f"{named(worst['method'])} calls the two equal procedures different on {worst['differs']:,} of "
        f"{worst['n']:,} cohorts"
    )
    folds = last[last["method"] == "corrected_resampled_t"]
    if len(folds) and worst["method"] != "corrected_resampled_t":
        text += f", the corrected resampled t on folds on {folds['differs'].iloc[0]:,}"
    return f"{text}, at a nominal rate of 0.05."


def growth(rates: pd.DataFrame) -> str:
    """Say what more re-splits do to the signed-rank test; empty where it was not asked twice."""
    mine = rates[rates["method"] == "signed_rank"].sort_values("repeats")
    # Below six pairs it cannot reject at all.
    mine = mine[mine["repeats"] >= 6]
    if len(mine) < 2:
        return ""
    few, many = mine.iloc[0], mine.iloc[-1]
    return (
        f"Over {few['repeats']:,} re-splits the signed-rank test errs on {digits.score(few['rate'], 2)} of the "
        f"cohorts, over {many['repeats']:,} on {digits.score(many['rate'], 2)}: re-splits share their patients, and "
        "more of them are no new evidence about other patients."
    )
