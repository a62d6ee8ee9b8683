"""Tables of a user's own: scores, predictions, measures per case, and the folders that ClinicaDL writes."""

from __future__ import annotations

from varbench.tables.aligning import Aligned, align_predictions
from varbench.tables.prediction_reader import read_predictions
from varbench.tables.predictions import Predictions
from varbench.tables.score_reader import read_scores
from varbench.tables.scores import Pairs, Scores

__all__ = [
    "Aligned",
    "Pairs",
    "Predictions",
    "Scores",
    "align_predictions",
    "read_predictions",
    "read_scores",
]
