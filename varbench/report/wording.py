"""The sentences that do not depend on a cube's numbers, each in one place and the same in every form."""

from __future__ import annotations

from varbench.report.scrub import clean

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
    "paired_t": "Paired t",
    "corrected_resampled_t": "Corrected resampled t",
    "cv_5x2_t": "5x2cv t",
    "cv_5x2_f": "5x2cv F, combined",
    "permutation": "Permutation",
    "bootstrap_difference": "Bootstrap of the difference",
    "average_comparison": "Average against δ",
    "bayesian_correlated_t": "Bayesian correlated t",
    "stochastic_order": "Almost stochastic order",
    "equivalence": "Equivalence, two one-sided tests",
    "hedges_g": "Hedges’ g",
    "paired_d": "Paired d (d_z)",
    "rank_biserial": "Matched-pairs rank-biserial",
    "delong": "DeLong",
    "mcnemar": "McNemar",
    "cochran_q": "Cochran’s Q",
    "proportion": "Proportion",
    "clopper_pearson": "Clopper-Pearson",
    "bootstrap_metric": "Bootstrap by patient",
    "joint_bootstrap": "Joint bootstrap, seeds and patients",
    "patient_bootstrap": "Bootstrap by patient, out of fold",
    "permutation_metric": "Permutation by patient",
    "case_summary": "Summary over cases",
    "iman_davenport": "Iman-Davenport F",
    "wilcoxon_holm": "Wilcoxon-Holm",
    "bayesian_sign": "Bayesian sign test",
    "bayesian_signed_rank": "Bayesian signed-rank",
    "iqm": "Interquartile mean",
    "optimality_gap": "Optimality gap",
    "mean_over_datasets": "Mean over data sets",
    "icc": "Intraclass correlation",
    "variance_components": "Variance component",
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
    "paired_t": "Student 1908, doi:10.1093/biomet/6.1.1 (paired t)",
    "corrected_resampled_t": "Nadeau & Bengio 2003, doi:10.1023/A:1024068626366 (corrected resampled t)",
    "cv_5x2_t": "Dietterich 1998, doi:10.1162/089976698300017197 (5x2cv t)",
    "cv_5x2_f": "Alpaydin 1999, doi:10.1162/089976699300016007 (5x2cv F)",
    "sign_test": "Dixon & Mood 1946, doi:10.1080/01621459.1946.10501898 (sign test)",
    "permutation": "Phipson & Smyth 2010, doi:10.2202/1544-6115.1585 (permutation p-values)",
    "permutation_metric": "Phipson & Smyth 2010, doi:10.2202/1544-6115.1585 (permutation p-values)",
    "bootstrap_difference": "Efron 1987, doi:10.1080/01621459.1987.10478410 (bootstrap, BCa)",
    "bootstrap_metric": "Efron 1987, doi:10.1080/01621459.1987.10478410 (bootstrap, BCa)",
    "average_comparison": "Bouthillier et al. 2021, arXiv:2103.03098 (average with δ)",
    "bayesian_correlated_t": "Corani & Benavoli 2015, doi:10.1007/s10994-015-5486-z (Bayesian correlated t)",
    "stochastic_order": "del Barrio et al. 2018, doi:10.1007/978-3-319-73848-2_3; Dror et al. 2019, "
    "doi:10.18653/v1/P19-1266 (almost stochastic order)",
    "equivalence": "Schuirmann 1987, doi:10.1007/BF01068419 (two one-sided tests)",
    "hedges_g": "Hedges 1981, doi:10.3102/10769986006002107 (g)",
    "paired_d": "Cohen 1988, Statistical Power Analysis for the Behavioral Sciences, section 2.3 (d_z)",
    "rank_biserial": "Kerby 2014, doi:10.2466/11.IT.3.1 (rank-biserial correlation)",
    "delong": "DeLong et al. 1988, doi:10.2307/2531595; Sun & Xu 2014, doi:10.1109/LSP.2014.2337313; of groups "
    "Obuchowski 1997, doi:10.2307/2533958 (AUC)",
    "mcnemar": "McNemar 1947, doi:10.1007/BF02295996; Fagerland et al. 2013, doi:10.1186/1471-2288-13-91 (mid-p)",
    "cochran_q": "Cochran 1950, doi:10.1093/biomet/37.3-4.256 (Q)",
    "proportion": "Wilson 1927, doi:10.1080/01621459.1927.10502953; "
    "Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404",
    "patient_bootstrap": "Efron & Tibshirani 1993, doi:10.1201/9780429246593 (bootstrap of patients)",
    "regression_metric": "Efron & Tibshirani 1993, doi:10.1201/9780429246593 (bootstrap of patients)",
    "case_summary": "Thompson 1936, doi:10.1214/aoms/1177732502 (interval of a median); Efron 1987, "
    "doi:10.1080/01621459.1987.10478410 (bootstrap, BCa)",
    "joint_bootstrap": "Sellam et al. 2022, arXiv:2106.16163 (bootstrap over seeds and test cases)",
    "friedman": "Friedman 1937, doi:10.1080/01621459.1937.10503522; Demšar 2006, J Mach Learn Res 7:1-30",
    "iman_davenport": "Iman & Davenport 1980, doi:10.1080/03610928008827904 (F form of Friedman’s test)",
    "nemenyi": "Nemenyi 1963; Demšar 2006, J Mach Learn Res 7:1-30 (critical difference)",
    "wilcoxon_holm": "Demšar 2006, J Mach Learn Res 7:1-30; Holm 1979, doi:10.2307/4615733 (all pairs)",
    "bayesian_sign": "Benavoli et al. 2017, arXiv:1606.04316 (Bayesian tests over data sets)",
    "bayesian_signed_rank": "Benavoli et al. 2017, arXiv:1606.04316 (Bayesian tests over data sets)",
    "replicability": "Benjamini & Heller 2008, doi:10.1111/j.1541-0420.2007.00984.x; Dror et al. 2017, "
    "doi:10.1162/tacl_a_00074 (replicability)",
    "iqm": "Agarwal et al. 2021, arXiv:2108.13264 (interquartile mean)",
    "optimality_gap": "Agarwal et al. 2021, arXiv:2108.13264 (optimality gap)",
    "mean_over_datasets": "Hahn & Meeker 1991, doi:10.1002/9780470316771, section 4.2 (prediction interval)",
    "variance_components": "Searle, Casella & McCulloch 1992, doi:10.1002/9780470316856 (variance components)",
    "icc": "Shrout & Fleiss 1979, doi:10.1037/0033-2909.86.2.420 (intraclass correlation)",
}
TAXONOMY = "Kapoor & Narayanan 2023, doi:10.1016/j.patter.2023.100804 (classes of leakage)"

#: What crosses the split, in words.
RELATIONS = {
    "copy": "a copy in training",
    "relative": "a relative in training",
    "group": "their group in training",
}

#: Constant classifiers, as a column's heading.
CONSTANTS = {
    "majority": "most frequent class", "positive": "always positive", "prevalence": "by prevalence",
    "mean": "the mean", "median": "the median",
}  # fmt: skip

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
    "the tall bar is their median. A short bar on the axis is an answer that does not look, in the cohort."
)
PAIRS = (
    "Each pair is a procedure with a pitfall and the same procedure without it, held against the margin, the smallest "
    "difference that matters. A pitfall that is negligible here is a pitfall all the same: the score is no evidence, "
    "and with other data, or fewer of them, it need not be negligible."
)
PICKING = (
    "A procedure that tries several candidates and reports the best by the test rows picks luck too. Among k equal "
    "candidates with normal scores, the best is expected so many standard deviations above their mean as the largest "
    "of k standard normal numbers. The SD is the one among the candidates of one repeat, which share cohort and split. "
    "A gain above the expected one is what the candidates differ in; one below it, candidates that are alike, or "
    "scores that are not normal."
)
RANKS = (
    "The place of each procedure by its mean, metric by metric; 1 is the best. Which procedure is ahead is a question "
    "of what is asked: a metric that counts all mistakes alike is the cost of mistakes where a missed case costs no "
    "more than a false alarm."
)
COSTS = (
    "A price says how many false alarms a missed case is worth. At a price of 1 the cost is 1 − accuracy. Beside it "
    "stands the cheaper of two answers that do not look: never the positive class, or always. A procedure that costs "
    "more than that is worth nothing at this price, whatever its other scores."
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
CONSTANT_NUMBERS = (
    "Constant predictions are the same number for all cases. They are computed, not run: the mean outcome, which has "
    "the least squared error of all, and the median, which has the least absolute error."
)
#: Why a fold has no score, or one with a note.
UNDEFINED = {
    "NO_PREDICTED_POSITIVES": "a class that the metric divides by was never predicted, and 0 stands for the score",
    "ONE_CLASS": "undefined, as the test rows hold one class only; left out",
    "NOT_PROBABILITY": "undefined, as the scores are no probabilities; left out",
    "NO_WEIGHTS": "undefined, as the metric takes no weights; left out",
    "NO_VALUE": "undefined, as the metric gave no number; left out",
    "ONE_VALUE": "undefined, as the test rows hold one value only; left out",
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
FAMILY = "Of several procedures: intervals hold together for all pairs (Bonferroni), p-values are adjusted by Holm."
BETWEEN = (
    "Of every line the first and the last procedure; {number} between them differ in one number: {axis}."
)
#: What stands beside the own score along a line, by its column.
LINES = {
    "score": "Own is the score that a paper reports, on the test rows.",
    "training": "Training is the score of the same models on the rows that they were fitted on, as the steps before "
    "them left these; overfit is by how much that looks better.",
    "truth": "Truth is the score of the same models on what no procedure has touched; optimism is by how much the own "
    "score looks better than that.",
}
CEILING = (
    "Who knew the population would have {score}: in expectation no procedure exceeds that on fresh patients."
)
LINE_SHARES = (
    "Which moves the score more? Number, line and repeat are crossed, and the variance of all scores is divided among "
    "them. The shares are those of these numbers and these lines: a wider range of one gives it a larger share."
)
BATCH_ALONE = (
    "Batch alone is the AUC of ranking the test rows by the share of positive ones in their batch, nothing else being "
    "known of them; with small batches some of it is luck. The two-site formula (Zech 2018) takes each half of the "
    "batches as one site: with a and b the shares of the positive and of the negative rows from the half with more "
    "positive ones, it is a(1 − b) + (ab + (1 − a)(1 − b)) / 2. An AUC of all rows is worth what it is above that."
)
BATCHES = (
    "Within a batch, knowing the batch is of no use: what is left of the score there is not the site’s. A batch’s "
    "score is the mean of those folds in which it has one, by the number of its rows in them."
)
COVERAGE = (
    "Each part is left out in turn: inside is the score of a cross-validation on the others, with the interval that is "
    "printed with it, outside that of their model on the part. Folds is Student’s interval of the folds’ mean, which "
    "takes them for independent; corrected (Nadeau and Bengio 2003) it does not. Patients is DeLong’s, of the "
    "predictions of all folds together. Both sides adds the variance of the part’s own patients, who are few: new "
    "patients of one population are in it about as often as it says, and what it misses beyond that is another "
    "population."
)
MONITORING = (
    "A control chart: the centre is the mean of the periods that set the limits, which lie three standard errors away, "
    "those of a period of its size (Hanley and McNeil’s of an AUC, binomial of a share) and of the centre itself. A "
    "model as good as before is beyond them in some three of a thousand periods; a real change may need several "
    "periods to be seen. Above the limits is no harm, and no accident either."
)
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
    "errors": "Error rates",
    "lines": "Along the axis",
    "batches": "Batch by batch",
    "coverage": "Coverage",
    "monitoring": "Over time",
    "pairs": "What matters",
    "picking": "The best of k",
    "order": "Places",
    "costs": "Costs",
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


def method_label(method: str) -> str:
    """Write a method.

    Examples
    --------
    >>> method_label("signed_rank"), method_label("my_own_test")
    ('Wilcoxon signed-rank', 'My own test')
    """
    words = clean(method, 120).replace("_", " ")
    return METHODS.get(method, f"{words[:1].upper()}{words[1:]}")
