"""The checklists: their items in our own words, by the numbers of their sources, and what of a run answers each.

An item without a subject is one that only a person can answer. What the sources ask in full stands in the sources.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from varbench.checklists import evidence, scoring, splitting
from varbench.checklists.evidence import Answered
from varbench.checklists.recorded import Recorded

Subject = Callable[[Recorded], Answered]


class Item(NamedTuple):
    """One item of a checklist.

    Attributes
    ----------
    number : str
        As in the source.
    topic : str
        What it asks for, in our words.
    subject : callable
        What answers it from a run; :func:`~varbench.checklists.evidence.person` where nothing does.
    """

    number: str
    topic: str
    subject: Subject = evidence.person


class Form(NamedTuple):
    """One checklist.

    Attributes
    ----------
    title : str
        Its name.
    source : str
        Whom to cite.
    items : tuple of Item
        In the order of the source.
    note : str
        What a reader must know of it.
    """

    title: str
    source: str
    items: tuple[Item, ...]
    note: str = ""


_TABLE4 = (
    Item("1", "Oversampling after the split", splitting.resampling_apart),
    Item("2", "Augmentation after the split", splitting.augmentation_apart),
    Item("3", "Feature selection after the split", splitting.selection_apart),
    Item("4", "Each patient's data on one side only", splitting.disjoint),
    Item("5", "No accuracy as the measure for unbalanced classes", scoring.metric_fits),
    Item("6", "Precision and recall beside accuracy", scoring.precision_recall),
    Item("7", "A baseline for acceptable performance", scoring.baseline),
    Item("8", "An external data set where possible", scoring.external),
    Item("9", "In multicentre data, classes distributed alike across centres", evidence.centres_alike),
)

_CLAIM = (
    Item("1", "Title or abstract says that a learning method is studied, and which kind"),
    Item("2", "Structured abstract"),
    Item("3", "Background, with the intended clinical use"),
    Item("4", "Aims and hypotheses", evidence.question),
    Item("5", "Prospective or retrospective"),
    Item("6", "Goal of the study"),
    Item("7", "Sources of the data", evidence.source_of_data),
    Item("8", "Who was included and excluded, where and when"),
    Item("9", "Preprocessing", evidence.preprocessing),
    Item("10", "Selection of subsets of the data"),
    Item("11", "De-identification"),
    Item("12", "Missing data and what was done about them", evidence.missing_data),
    Item("13", "Image acquisition"),
    Item("14", "How the reference standard was obtained"),
    Item("15", "Why this reference standard"),
    Item("16", "Who annotated the reference standard"),
    Item("17", "How the test set was annotated"),
    Item("18", "Variability within and between annotators"),
    Item("19", "How cases were assigned to partitions", splitting.partitions),
    Item("20", "At which level the partitions are disjoint", splitting.disjoint),
    Item("21", "Intended sample size", evidence.sample_size),
    Item("22", "The model in detail", evidence.model),
    Item("23", "Software, with versions", evidence.software),
    Item("24", "Initialisation of the model's parameters", evidence.seeds),
    Item("25", "Training: preprocessing, augmentation, hyperparameters", evidence.training),
    Item("26", "How the final model was chosen", splitting.tuning),
    Item("27", "Ensembles"),
    Item("28", "Metrics", scoring.metrics),
    Item("29", "Significance and uncertainty", scoring.uncertainty),
    Item("30", "Robustness or sensitivity analysis", scoring.robustness),
    Item("31", "Explainability or interpretability"),
    Item("32", "Evaluation on internal data", splitting.internal),
    Item("33", "Test on external data", scoring.external),
    Item("34", "Registration of a trial"),
    Item("35", "Flow of patients"),
    Item("36", "Demographics and clinical characteristics by partition"),
    Item("37", "Performance on all partitions, beside people or a standard"),
    Item("38", "Estimates with their precision", scoring.uncertainty),
    Item("39", "Analysis of failures", scoring.mistakes),
    Item("40", "Limitations"),
    Item("41", "Meaning for practice"),
    Item("42", "Where the full protocol is", evidence.script),
    Item("43", "Availability of code, model and data", evidence.script),
    Item("44", "Funding and the role of funders"),
)

_TRIPOD = (
    Item("1", "Title: development or evaluation, population, outcome"),
    Item("2", "Abstract"),
    Item("3a", "Healthcare context and rationale"),
    Item("3b", "Target population and intended use"),
    Item("3c", "Known inequalities between groups"),
    Item("4", "Objectives", evidence.question),
    Item("5a", "Sources of the data, by development and evaluation", evidence.source_of_data),
    Item("5b", "Dates of the data"),
    Item("6a", "Setting, number and place of centres", evidence.several_centres),
    Item("6b", "Eligibility"),
    Item("6c", "Treatments"),
    Item("7", "Preparation of the data, alike for all groups", evidence.preprocessing),
    Item("8a", "The outcome and its time horizon", evidence.horizon),
    Item("8b", "Who assessed the outcome, if it needs judgement"),
    Item("8c", "Blinding of that assessment"),
    Item("9a", "Choice of the first predictors"),
    Item("9b", "Definition of all predictors"),
    Item("9c", "Who assessed predictors, if they need judgement"),
    Item("10", "Sample size and its reason", evidence.sample_size),
    Item("11", "Missing data", evidence.missing_data),
    Item("12a", "How data were used: partitions", splitting.partitions),
    Item("12b", "Handling of predictors", evidence.preprocessing),
    Item("12c", "Type of model, how it was built and tuned, internal validation", evidence.training),
    Item("12d", "Heterogeneity between clusters such as hospitals", evidence.several_centres),
    Item("12e", "Measures of performance, and how models are compared", scoring.metrics),
    Item("12f", "Updating of the model"),
    Item("12g", "How predictions were computed in an evaluation", scoring.evaluated),
    Item("13", "Imbalance of the classes", evidence.imbalance),
    Item("14", "Fairness"),
    Item("15", "Output of the model, and its thresholds"),
    Item("16", "Differences between training and evaluation data"),
    Item("17", "Ethical approval"),
    Item("18a", "Funding"),
    Item("18b", "Conflicts of interest"),
    Item("18c", "Protocol"),
    Item("18d", "Registration"),
    Item("18e", "Availability of the data", evidence.source_of_data),
    Item("18f", "Availability of the code", evidence.script),
    Item("19", "Involvement of patients and the public"),
    Item("20a", "Flow of participants"),
    Item("20b", "Characteristics of participants"),
    Item("20c", "Comparison of development and evaluation data"),
    Item("21", "Participants and events in each analysis", evidence.sample_size),
    Item("22", "The full model"),
    Item("23a", "Performance with intervals, also in groups", scoring.uncertainty),
    Item("23b", "Heterogeneity of performance", scoring.robustness),
    Item("24", "Results of updating"),
    Item("25", "Interpretation"),
    Item("26", "Limitations"),
    Item("27a", "Input of poor quality in use"),
    Item("27b", "What users must do and know"),
    Item("27c", "Next steps"),
)

_REFORMS = (
    Item("1a", "The population of the claim"),
    Item("1b", "Why this population"),
    Item("1c", "Why a learning method"),
    Item("2a", "The data set, with an identifier", evidence.source_of_data),
    Item("2b", "The code, with its version", evidence.script),
    Item("2c", "Where it was computed", evidence.machine),
    Item("2d", "Instructions for making the results again", evidence.script),
    Item("2e", "A script that makes them again", evidence.script),
    Item("3a", "Sources of the data, by training and evaluation", evidence.source_of_data),
    Item("3b", "Sampling frame"),
    Item("3c", "Why the data suit the task"),
    Item("3d", "The outcome with its counts", evidence.outcome),
    Item("3e", "Sample size and outcome frequency", evidence.sample_size),
    Item("3f", "Missing data", evidence.missing_data),
    Item("3g", "Whether the data represent the population"),
    Item("4a", "Whether any rows were left out, and why"),
    Item("4b", "Impossible or corrupt values"),
    Item("4c", "Transformations", evidence.preprocessing),
    Item("5a", "The models", evidence.model),
    Item("5b", "Why these models"),
    Item("5c", "How models are evaluated", splitting.partitions),
    Item("5d", "How models are selected", splitting.tuning),
    Item("5e", "Ranges and choice of hyperparameters", splitting.tuning),
    Item("5f", "Baselines that suit", scoring.baseline),
    Item("6a", "Training and test rows are kept apart in every step", splitting.separation),
    Item("6b", "Dependencies between rows on both sides", splitting.disjoint),
    Item("6c", "Every feature is one that may be used"),
    Item("7a", "Metrics and why these", scoring.metrics),
    Item("7b", "Uncertainty and how it was computed", scoring.uncertainty),
    Item("7c", "Statistical tests and why these", scoring.comparison),
    Item("8a", "Evidence that it holds elsewhere", scoring.external),
    Item("8b", "Where it is not expected to hold"),
)

_METRICS = (
    Item("1", "A checklist for radiomics or learning was followed"),
    Item("2", "Eligibility criteria that represent the population"),
    Item("3", "A reference standard of high quality"),
    Item("4", "More than one centre", evidence.several_centres),
    Item("5", "Images as the clinic has them"),
    Item("6", "Imaging protocol"),
    Item("7", "Time between imaging and reference standard"),
    Item("8", "Segmentation described"),
    Item("9", "Automatic segmentation evaluated"),
    Item("10", "Test masks by one reader or tool"),
    Item("11", "Image preprocessing"),
    Item("12", "Standardised software for features"),
    Item("13", "Parameters of the extraction"),
    Item("14", "Nonrobust features removed"),
    Item("15", "Redundant features removed", evidence.dimensionality),
    Item("16", "Number of features fits the size of the data", evidence.dimensionality),
    Item("17", "Robustness of an end-to-end network"),
    Item("18", "Partitions made properly, nothing leaks", splitting.separation),
    Item("19", "Confounders handled"),
    Item("20", "Metrics that suit the task", scoring.metric_fits),
    Item("21", "Uncertainty considered", scoring.uncertainty),
    Item("22", "Calibration assessed", scoring.calibration),
    Item("23", "One image type, or proof that more are needed"),
    Item("24", "Compared with what is not radiomics"),
    Item("25", "Compared with simple classical models", evidence.model),
    Item("26", "Internal test", splitting.internal),
    Item("27", "External test", scoring.external),
    Item("28", "Data available", evidence.source_of_data),
    Item("29", "Code available", evidence.script),
    Item("30", "Model available"),
)

_PROBAST = (
    Item("1 participants", "Data sources that suit the aim", evidence.source_of_data),
    Item("1 participants", "Inclusion and exclusion that suit"),
    Item("2 predictors", "Defined and assessed alike for all"),
    Item("2 predictors", "Assessed without knowledge of the outcome"),
    Item("2 predictors", "Available when the model is used"),
    Item("2 predictors", "Preprocessed without knowledge of the test rows", splitting.preprocessing_apart),
    Item("3 outcome", "Determined alike for all, by a standard definition"),
    Item("3 outcome", "Predictors are no part of its definition"),
    Item("3 outcome", "Determined without knowledge of the predictors"),
    Item("4 analysis", "Enough participants with the outcome", evidence.sample_size),
    Item("4 analysis", "All enrolled participants are in the analysis", evidence.analysed),
    Item("4 analysis", "Missing data handled appropriately", evidence.missing_data),
    Item(
        "4 analysis",
        "Imbalance of the classes handled without distorting the probabilities",
        evidence.imbalance,
    ),
    Item("4 analysis", "No test row is used in building the model", splitting.separation),
    Item("4 analysis", "Overfitting and optimism accounted for", splitting.internal),
    Item("4 analysis", "Discrimination, calibration and use are assessed", scoring.calibration),
    Item("4 analysis", "Evaluated on other participants", scoring.external),
)

#: Every form by the name that ``--form`` takes.
FORMS: dict[str, Form] = {
    "table4": Form(
        "Pitfalls of generalizability, Table 4",
        "Maleki et al. 2022, Radiology: Artificial Intelligence, doi:10.1148/ryai.220028",
        _TABLE4,
    ),
    "claim": Form(
        "CLAIM 2024",
        "Tejani et al. 2024, Radiology: Artificial Intelligence, doi:10.1148/ryai.240300",
        _CLAIM,
    ),
    "tripod-ai": Form(
        "TRIPOD+AI", "Collins et al. 2024, BMJ 385:e078378, doi:10.1136/bmj-2023-078378", _TRIPOD
    ),
    "probast-ai": Form(
        "PROBAST+AI",
        "Moons et al. 2025, BMJ 388:e082505, doi:10.1136/bmj-2024-082505",
        _PROBAST,
        "By domain: a selection of what its signalling questions are about, not the questions themselves.",
    ),
    "reforms": Form(
        "REFORMS", "Kapoor et al. 2024, Science Advances 10:eadk3452, doi:10.1126/sciadv.adk3452", _REFORMS
    ),
    "metrics": Form(
        "METRICS",
        "Kocak et al. 2024, Insights into Imaging 15:8, doi:10.1186/s13244-023-01572-w",
        _METRICS,
        "The score with its weights is not computed: most items need a reader.",
    ),
}
