"""From a cube to labelled numbers: comparisons, inflation, optimism, copies, constant classifiers."""

from __future__ import annotations

from varbench.effects.batches import ALONE_COLUMNS, BATCH_COLUMNS, batch_alone, by_batch
from varbench.effects.by_data_set import (
    MODERATION_COLUMNS,
    MODERATORS,
    SET_COLUMNS,
    by_data_set,
    moderation,
    over_data_sets,
    pairs_of,
)
from varbench.effects.comparing import (
    COMPARISONS,
    Scored,
    compare,
    compare_scored,
    floor_of,
    pairing_of,
    resample_floor,
)
from varbench.effects.constants import CLASSIFIERS, Constant, baselines, cohort_shares, constant_scores
from varbench.effects.coverage import BOTH, FOLDS, FRESH, PATIENTS, coverage, covered
from varbench.effects.crossing import Shares, copies
from varbench.effects.fixed_set import on_test_set
from varbench.effects.inflating import Inflation, inflation
from varbench.effects.lines import (
    LINE_COLUMNS,
    RANGE_COLUMNS,
    SHARE_COLUMNS,
    line_ranges,
    line_shares,
    lines,
)
from varbench.effects.monitoring import CHART_COLUMNS, LIMIT, MONITORING_COLUMNS, charts, monitoring
from varbench.effects.nulls import RATE_COLUMNS, error_rates, is_null
from varbench.effects.out_of_fold import by_patients
from varbench.effects.picking import PICKING_COLUMNS, picking
from varbench.effects.scores import (
    attribute,
    by_cohort,
    declared,
    defined_folds,
    design_of,
    fold_scores,
    greater_is_better,
    is_cohort_varied,
    is_numeric,
    primary,
    repeat_scores,
)
from varbench.effects.truth import external_difference, external_kind, final_truth, optimism

__all__ = [
    "ALONE_COLUMNS",
    "BATCH_COLUMNS",
    "BOTH",
    "CHART_COLUMNS",
    "CLASSIFIERS",
    "COMPARISONS",
    "FOLDS",
    "FRESH",
    "LIMIT",
    "LINE_COLUMNS",
    "MODERATION_COLUMNS",
    "MODERATORS",
    "MONITORING_COLUMNS",
    "PATIENTS",
    "PICKING_COLUMNS",
    "RANGE_COLUMNS",
    "RATE_COLUMNS",
    "SET_COLUMNS",
    "SHARE_COLUMNS",
    "Constant",
    "Inflation",
    "Scored",
    "Shares",
    "attribute",
    "baselines",
    "batch_alone",
    "by_batch",
    "by_cohort",
    "by_data_set",
    "by_patients",
    "charts",
    "cohort_shares",
    "compare",
    "compare_scored",
    "constant_scores",
    "copies",
    "coverage",
    "covered",
    "declared",
    "defined_folds",
    "design_of",
    "error_rates",
    "external_difference",
    "external_kind",
    "final_truth",
    "floor_of",
    "fold_scores",
    "greater_is_better",
    "inflation",
    "is_cohort_varied",
    "is_null",
    "is_numeric",
    "line_ranges",
    "line_shares",
    "lines",
    "moderation",
    "monitoring",
    "on_test_set",
    "optimism",
    "over_data_sets",
    "pairing_of",
    "pairs_of",
    "picking",
    "primary",
    "repeat_scores",
    "resample_floor",
]
