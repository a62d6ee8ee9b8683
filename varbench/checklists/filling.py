"""Go through a checklist, and through the questions of a study in their order."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from varbench.checklists import evidence, scoring, splitting
from varbench.checklists.evidence import MET, NOT_APPLICABLE, NOT_MET, RECORDED
from varbench.checklists.forms import FORMS, Subject
from varbench.checklists.recorded import Recorded
from varbench.errors import InputError, unknown

#: Columns of a filled form.
COLUMNS = ("form", "number", "topic", "answer", "evidence")


class Question(NamedTuple):
    """One question of the chart: what is asked, what answers it, what to do where the answer is no."""

    asked: str
    subject: Subject
    cure: str


#: The order in which a study goes right or wrong; each question has a place in the paper's list of pitfalls.
CHART = (
    Question(
        "Is every patient on one side of the split?",
        splitting.disjoint,
        "Keep a patient's rows, and copies, together.",
    ),
    Question(
        "Are the classes distributed alike over the centres?",
        evidence.centres_alike,
        "Balance them, or test by centre.",
    ),
    Question(
        "Are rows resampled only after the split?",
        splitting.resampling_apart,
        "Move the sampler right of Split.",
    ),
    Question(
        "Are rows augmented only after the split?",
        splitting.augmentation_apart,
        "Move the step right of Split.",
    ),
    Question(
        "Are features selected only after the split?",
        splitting.selection_apart,
        "Move the step right of Split.",
    ),
    Question(
        "Does all else learn from training rows alone?",
        splitting.preprocessing_apart,
        "Move the step right of Split.",
    ),
    Question(
        "Are hyperparameters chosen without the test rows?",
        splitting.tuning_apart,
        "Tune inside the training rows.",
    ),
    Question(
        "Does the metric fit the balance of the classes?",
        scoring.metric_fits,
        "Take ROC AUC or balanced accuracy.",
    ),
    Question("Do precision and recall stand beside it?", scoring.precision_recall, "Add both."),
    Question("Is there a baseline?", scoring.baseline, "Add a constant or simple model."),
    Question("Was it tested on data from elsewhere?", scoring.external, "Add an external set: --external."),
)


def fill(run: Recorded, form: str) -> pd.DataFrame:
    """Fill a checklist from a run.

    Parameters
    ----------
    run : Recorded
        From :func:`~varbench.checklists.read`.
    form : str
        A key of :data:`~varbench.checklists.forms.FORMS`.

    Returns
    -------
    DataFrame
        A row an item: form, number, topic, answer (one of :data:`~varbench.checklists.evidence.ANSWERS`), evidence.

    Raises
    ------
    InputError
        If there is no such form.
    """
    if form not in FORMS:
        raise InputError(unknown("form of checklist", form, FORMS))
    rows = [(form, item.number, item.topic, *item.subject(run)) for item in FORMS[form].items]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def chart(run: Recorded) -> pd.DataFrame:
    """Where on the way from data to a claim does this study stand?

    Parameters
    ----------
    run : Recorded
        From :func:`~varbench.checklists.read`.

    Returns
    -------
    DataFrame
        A row a question, in their order: step (from 1), question, answer ("yes", "no", "open", "not applicable"),
        evidence, cure (where the answer is no).
    """
    rows = []
    for step, (asked, subject, cure) in enumerate(CHART, 1):
        answer, said = subject(run)
        short = {MET: "yes", RECORDED: "yes", NOT_MET: "no", NOT_APPLICABLE: NOT_APPLICABLE}.get(
            answer, "open"
        )
        if asked.endswith("from elsewhere?") and answer == RECORDED:
            short = "no"
        rows.append((step, asked, short, said, cure if short == "no" else ""))
    return pd.DataFrame(rows, columns=["step", "question", "answer", "evidence", "cure"])
