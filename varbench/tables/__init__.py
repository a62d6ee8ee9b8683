"""Tables of a user's own: scores, predictions, measures per case, and the folders that ClinicaDL writes."""

from __future__ import annotations

from varbench.tables.aligning import Aligned, AlignedCases, align_cases, align_predictions
from varbench.tables.beside import write_beside_maps
from varbench.tables.cases import Cases, read_per_case
from varbench.tables.maps import Maps, align_maps, is_maps, read_maps
from varbench.tables.maps_parts import FoldCases, FoldPredictions
from varbench.tables.prediction_reader import read_predictions
from varbench.tables.predictions import Predictions
from varbench.tables.quantities import QUANTITIES, Quantity, quantity
from varbench.tables.score_reader import read_scores
from varbench.tables.scores import Pairs, Scores

__all__ = [
    "QUANTITIES", "Aligned", "AlignedCases", "Cases", "FoldCases", "FoldPredictions", "Maps", "Pairs", "Predictions",
    "Quantity", "Scores", "align_cases", "align_maps", "align_predictions", "is_maps", "quantity", "read_maps",
    "read_per_case", "read_predictions", "read_scores", "write_beside_maps",
]  # fmt: skip
