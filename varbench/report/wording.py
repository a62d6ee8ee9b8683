"""The sentences that do not depend on a cube's numbers, each in one place and the same in every form."""

from __future__ import annotations

#: How a method is written in a table.
METHODS = {
    "difference": "Difference of means",
    "prob_outperform": "P(first > second)",
    "a12": "A12",
    "cliffs_delta": "Cliff’s delta",
    "rank_sum": "Wilcoxon rank-sum",
    "signed_rank": "Wilcoxon signed-rank",
    "inflation": "Inflation",
    "inflation_leakage": "Inflation, leakage part",
    "inflation_prevalence": "Inflation, prevalence part",
    "optimism": "Optimism",
    "final_truth": "Final fit, true score",
    "external_difference": "Difference on external patients",
    "resample_floor": "Floor of the half-width",
}

#: What each method stands on, for the citations.
SOURCES = {
    "difference": "Student 1908, doi:10.1093/biomet/6.1.1; Welch 1947, doi:10.1093/biomet/34.1-2.28 (means)",
    "rank_sum": "Wilcoxon 1945, doi:10.2307/3001968; Mann & Whitney 1947, doi:10.1214/aoms/1177730491 (rank-sum)",
    "signed_rank": "Wilcoxon 1945; Hodges & Lehmann 1963, doi:10.1214/aoms/1177704172 (signed-rank)",
    "a12": "Vargha & Delaney 2000, doi:10.3102/10769986025002101; Newcombe 2006, doi:10.1002/sim.2324 (A12)",
    "cliffs_delta": "Cliff 1993, doi:10.1037/0033-2909.114.3.494 (Cliff’s delta)",
    "prob_outperform": "Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404; Bouthillier et al. 2021, arXiv:2103.03098",
    "resample_floor": "Nadeau & Bengio 2003, doi:10.1023/A:1024068626366 (variance over re-splits)",
}
TAXONOMY = "Kapoor & Narayanan 2023, doi:10.1016/j.patter.2023.100804 (classes of leakage)"

#: What crosses the split, in words.
RELATIONS = {
    "copy": "a copy in training",
    "relative": "a relative in training",
    "group": "their group in training",
}

#: Constant classifiers, as a column's heading.
CONSTANTS = {"majority": "most frequent class", "positive": "always positive", "prevalence": "by prevalence"}

STEPS = (
    "A procedure is an order of steps with one split among them. What stands before the split sees the test rows; "
    "what stands between the split and a step that splits again, to choose hyperparameters, sees that step’s "
    "validation rows."
)
UNREAD = "Not checked: {names}. A callable cannot be read; whatever it sees, it sees unnoticed."
INFLATION = (
    "Inflation is the score of {first} minus that of {second}. Its leakage part is the same difference with every "
    "test row weighted by 1 / its number of copies, so that every case counts once; its prevalence part is what the "
    "weights change, and the two add up. Metrics of which less is better are turned round: right of 0, {first} looks "
    "better."
)
DIFFERENCE = (
    "{first} minus {second}, metric by metric. Metrics of which less is better are turned round: right of 0, {first} "
    "is better. The verdict is about the primary metric alone."
)
RANK_SUM = (
    "z and A12 compare {first} with {second}: z is positive, and A12 above 0.5, where {first} tends to look better. "
    "Only the primary metric has a verdict."
)
OPTIMISM = {
    "population": (
        "Every fitted model is scored twice: on its own test rows, and on {n} patients drawn from the simulated "
        "population in each repeat, whom it has never touched. Optimism is the first minus the second, both at the "
        "prevalence of the cohort; above 0 the procedure overstates itself. The final fit is the model fitted on all "
        "rows of the cohort."
    ),
    "file": (
        "Every fitted model is scored twice: on its own test rows, and on the {n} external patients of {name}. "
        "Optimism is the first minus the second: it holds what leaks, and also what is different about the external "
        "patients. The final fit is the model fitted on all rows of the cohort."
    ),
}
JOINT = "The interval is a joint bootstrap over repeats and external patients, computed for the primary metric and F1."
SCATTER = (
    "a dot a repeat. Above the line a procedure overstates itself. The ticks on the lower edge are the true scores of "
    "the final fits."
)
GAPS = "Metric by metric, means: from what a procedure says of itself to what the same models truly have."
OWN_SCORES = "Own scores count every case once, as the truth does; as they would be reported:"
DISTRIBUTIONS = (
    "the tall bar is their median. A short bar on the axis is a constant classifier in the cohort."
)
COPIES = (
    "Every row keeps the identity of the case that it is, copies or was made from. A copy is the same case; a relative "
    "is a row made from one of the same cases, or from cases that are not known; a group is several cases that belong "
    "together."
)
COPIES_FIGURE = (
    "Share of the test rows that have something of their own among the training rows of their fold."
)
CONSTANT_CLASSIFIERS = (
    "Constant classifiers answer without looking. They are computed, not run: the most frequent class; always the "
    "positive class; a class at random, each as often as it occurs."
)
#: Why a fold has no score, or one with a note.
UNDEFINED = {
    "NO_PREDICTED_POSITIVES": "a class that the metric divides by was never predicted, and 0 stands for the score",
    "ONE_CLASS": "undefined, as the test rows hold one class only; left out",
    "NOT_PROBABILITY": "undefined, as the scores are no probabilities; left out",
    "NO_WEIGHTS": "undefined, as the metric takes no weights; left out",
    "NO_VALUE": "undefined, as the metric gave no number; left out",
}
PUBLISHED = (
    "{title}: {source}. Another cohort, or another cut of it, stands beside ours for a look; the two are never "
    "subtracted. “Not reached” means that our mean lies outside the published mean ± 2 published SD; where no SD is "
    "published nothing is judged."
)
PUBLISHED_SIMULATED = "Our figures are of simulated patients, theirs of real ones."
SIGN = "The paper’s statistic has the other sign: it subtracts {first} from {second}."
DRAWN_ANEW = "These are the numbers of one cohort; a new one of the same size is drawn in each repeat."
SOURCES_OF_VARIATION = "Varied: drawn anew in each repeat. All procedures share the draws of a repeat."

#: What the repeats are, and what a p-value over them can and cannot say.
PVALUE = {
    "cohort": (
        "repeats with new cohorts",
        "Each repeat draws a new cohort, so the repeats are independent, and a p-value over them is about the "
        "population that the cohorts come from, at this size. It is not about the patients of a hospital, whom the "
        "simulated ones only resemble.",
        "It shrinks with every repeat, whatever the size of a difference: read the interval against the margin, not "
        "the p-value against 0.05. And it cannot make a leaking score valid.",
    ),
    "split": (
        "re-splits of one cohort",
        "The repeats split one cohort again and again, so they share their patients. A p-value over them answers one "
        "question: would splitting this same cohort more often turn the order round? It shrinks with every repeat.",
        "It cannot answer the question that one wants to ask, whether the gain holds for other patients. Two "
        "procedures that are equal over cohorts come out “significantly different” by such a test on about 9 of 10 "
        "cohorts. More patients, or more cohorts, can settle that; more repeats cannot.",
    ),
    "other": (
        "repeats of one cohort and split",
        "The repeats keep the cohort and the split, and change only what is listed as varied. A p-value over them is "
        "about those sources alone: would other seeds turn the order round? It shrinks with every repeat.",
        "It cannot tell whether the gain holds for another split, let alone for other patients: only varying those "
        "can.",
    ),
}
VALIDITY = (
    "The class of a method says how far its error rate can be trusted for this design: exact, approximate, failing "
    "(measured, and far from the nominal one), or unknown (not measured). What does not count stands in grey, with "
    "the reason."
)
BESIDE = "A dash: shown, and neither evidence nor held against it."
PRESET = "Preset “{preset}”: a first look, not the protocol."
SIMULATED = "Simulated data: no patient stands behind these numbers."
UNVERIFIED = (
    "Unverified data: this file has no published hash; the one recorded is of the first time it was fetched."
)
PENDING = "Not finished: {pending} of {total} are pending; the numbers are of those that are done."
MIXED = "Mixed versions: runs of this cube were made with different versions of the libraries."
LAST_PART = "Of an absolute path only its last part is shown."
ONE = "Only {procedure} was run, so there is nothing to compare it with."

#: How a section is called in the list of sections.
SHORT = {
    "verdict": "Verdict",
    "significance": "Results",
    "steps": "Order of steps",
    "copies": "Copies",
    "scores": "Scores",
    "inflation": "Differences",
    "optimism": "Truth",
    "published": "Published",
    "cohort": "Cohort",
    "sources": "Sources",
    "pvalues": "p-values",
    "runs": "Runs",
    "provenance": "Provenance",
    "citations": "To cite",
    "tables": "Tables",
    "figures": "Figures",
    "results": "Results",
    "methods": "Methods",
}
