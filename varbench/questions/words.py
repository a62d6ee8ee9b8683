"""Words that several answers share: the paragraph for a methods section, headings, notices."""

from __future__ import annotations

from collections.abc import Sequence

from varbench.verdict import Conclusion

#: Headings of a table with two procedures and their difference.
PAIR_COLUMNS = {
    "label": "Metric", "first": "First", "second": "Second", "estimate": "Difference", "interval": "Interval",
}  # fmt: skip
_DONE = {
    1: "No test was used to decide, since the score of a procedure that leaks is invalid by construction.",
    2: "No comparison was made, since one score of each cannot be told from noise.",
    3: "The two trained models were compared on the same test cases{by}",
    4: "Several trained seeds of the two procedures were compared on one test set by a bootstrap that draws seeds and "
    "patients together",
    5: "The procedures were compared over cohorts drawn anew in each repeat, by a t interval of the mean difference",
    6: "The procedures were compared over re-splits of one cohort, by the corrected resampled t test on "
    "the differences "
    "of the folds (Nadeau and Bengio 2003), whose variance allows for the overlap of the training sets",
    7: "The procedures were compared on one cohort; the interval of the mean difference is about this cohort alone",
    8: "The procedures were compared on each data set by the corrected resampled t test, and the number "
    "of data sets on "
    "which one is ahead was bounded from below with control of the error rate over data sets",
    9: "The procedures were compared over data sets, one mean difference a data set, by a t interval and "
    "the signed-rank "
    "test",
}


def methods_paragraph(conclusion: Conclusion, metric: str) -> str:
    """Say what was done, as an author can say it in a paper.

    Parameters
    ----------
    conclusion : Conclusion
        The comparison.
    metric : str
        The primary metric with its direction.

    Returns
    -------
    str
        One paragraph.
    """
    facts, _, said = conclusion
    # Only a study's file proves that its metric was declared before the runs.
    declared = ", declared before the runs" if facts.study and not facts.overrides else ""
    parts = [f"The primary metric was {metric}{declared}."]
    if facts.margin is not None:
        parts.append(f"Differences within {facts.margin:g} were regarded as too small to matter.")
    varied, n = ", ".join(facts.varied), said.basis
    if facts.n_repeats > 1 and facts.n_data_sets == 1:
        parts.append(
            f"Each procedure was run {facts.n_repeats:,} times"
            + (f", with {varied} drawn anew each time" if varied else "")
            + (", both on the same test rows." if facts.pairing == "exact" else ".")
        )
    done = _DONE[said.row].format(by=_by(conclusion)).rstrip(".")
    parts.append(f"{done}. Intervals are two-sided at {100 * facts.confidence_level:g} %.")
    if facts.n_positive and facts.n_cases:
        parts.append(f"There were {facts.n_cases:,} cases, {facts.n_positive:,} of them positive.")
    parts.append(f"The claim is limited to: {said.scope[:1].lower()}{said.scope[1:]}." if n else "")
    return " ".join(part for part in parts if part)


#: How two trained models are held against each other, by the method that counts.
_BY = {
    "delong": "by the method of DeLong et al. (1988) for two correlated areas under the curve",
    "bootstrap_metric": "by a paired bootstrap",
    "regression_metric": "by a paired bootstrap",
    "case_summary": "by a bootstrap of the differences of the cases",
}


def _by(conclusion: Conclusion) -> str:
    """Name the method that two trained models were compared by, and its units where they are groups."""
    facts, _, said = conclusion
    method = _BY.get(next(iter(said.counted), ""), "")
    if not facts.n_groups or not method:
        return f", {method}" if method else ""
    # Of cases that come in groups the variance is Obuchowski's, from the groups' sums.
    summed = " and Obuchowski (1997)" if said.counted[0] == "delong" else ""
    method = method.replace("DeLong et al. (1988)", f"DeLong et al. (1988){summed}")
    return f", {method}, with the {facts.n_groups:,} groups of cases as units"


_OF_ALL = {
    **_DONE,
    1: "No order was made, since the score of a procedure that leaks is invalid by construction.",
    2: "No comparison was made, since one score of each cannot be told from noise.",
    3: "The trained models were compared on the same test cases, every pair of them",
    4: "Several trained seeds of each procedure were compared on one test set, every pair by a bootstrap that draws "
    "seeds and patients together",
    5: "Every pair was compared over cohorts drawn anew in each repeat, by a t interval of the mean difference",
    6: "Every pair was compared over re-splits of one cohort, by the corrected resampled t test on the differences of "
    "the folds (Nadeau and Bengio 2003), whose variance allows for the overlap of the training sets",
    7: "Every pair was compared on one cohort; the intervals of the mean differences are about this cohort alone",
    8: "Every pair was compared on each data set by the corrected resampled t test, and the number of data sets on "
    "which one is ahead was bounded from below, with control of the error rate over data sets, pairs and directions",
    9: "Every pair was compared over data sets, one mean a data set, by the signed-rank test (Demšar 2006; Benavoli et "
    "al. 2016) and a t interval of the mean difference",
}


def family_paragraph(conclusion: Conclusion) -> str:
    """Say what was done with more than two procedures, as an author can say it in a paper.

    Parameters
    ----------
    conclusion : Conclusion
        Of the family.

    Returns
    -------
    str
        One paragraph.
    """
    facts, _, said = conclusion
    better = "higher" if facts.greater_is_better else "lower"
    parts = [
        f"{len(facts.procedures)} procedures were compared. The primary metric was {facts.label} ({better} is better).",
        f"{_OF_ALL[said.row].rstrip('.')}.",
    ]
    if facts.margin is not None:
        parts.insert(1, f"Differences within {facts.margin:g} were regarded as too small to matter.")
    if said.row in (3, 4, 5, 6, 9):
        parts.append(
            f"P-values were adjusted by Holm for all {facts.n_pairs} pairs; intervals are two-sided and hold together "
            f"at {100 * facts.confidence_level:g} % (Bonferroni)."
        )
    parts.append(f"The claim is limited to: {said.scope[:1].lower()}{said.scope[1:]}.")
    return " ".join(parts)


def said_in(notes: Sequence[str]) -> tuple[str, ...]:
    """Give the notes of a verdict that belong at the top of every form: those that take from its weight."""
    return tuple(note for note in notes if note.startswith(("Simulated", "Preset", "Row ")))
