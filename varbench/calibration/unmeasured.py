"""What has no error rate to measure, and why."""

from __future__ import annotations

_VARIANCE = "it shares variance out, and says of no two procedures that they differ"
_BAND = "its band is drawn, pointwise, and no verdict is read off it"

#: The methods of :data:`varbench.stats.METHODS` that a calibration does not measure, each with its reason.
UNMEASURED: dict[str, str] = {
    "numerical_noise": _VARIANCE,
    "one_at_a_time": _VARIANCE,
    "icc": _VARIANCE,
    "variance_components": _VARIANCE,
    "estimator_curves": "it shows how estimators of a mean differ in their spread; nothing is tested",
    "adjust": "it takes p-values; what holds after it is measured where it is used: wilcoxon_holm and replicability",
    "performance_profile": _BAND,
    "ranking_stability": "it tells how often a ranking would come out the same; no ranking is called true",
    "roc_curve": _BAND,
    "pr_curve": _BAND,
    "calibration_curve": _BAND,
    "decision_curve": _BAND,
    "expected_cost": _BAND,
    "multilabel_metrics": "label by label, its intervals are those of bootstrap_metric, which is measured",
}
