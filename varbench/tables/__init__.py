"""Tables of a user's own: scores, predictions, measures per case, and the folders that ClinicaDL writes."""

from __future__ import annotations

from varbench.tables.score_reader import read_scores
from varbench.tables.scores import Pairs, Scores

__all__ = ["Pairs", "Scores", "read_scores"]
