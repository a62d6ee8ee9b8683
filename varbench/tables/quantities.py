"""What a column of scores is called, which way is better, and where its values lie."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from varbench.metrics import METRICS, Metric


@dataclass(frozen=True)
class Quantity:
    """A name, a direction and a range.

    Parameters
    ----------
    name : str
        As in :data:`varbench.metrics.METRICS` where it stands there.
    label : str
        As a heading shows it.
    greater_is_better : bool
        The direction.
    low, high : float
        The range; infinite where there is no bound.
    """

    name: str
    label: str
    greater_is_better: bool = True
    low: float = -math.inf
    high: float = math.inf


def _unit(name: str, label: str) -> Quantity:
    return Quantity(name, label, True, 0.0, 1.0)


def _cost(name: str, label: str, high: float = math.inf) -> Quantity:
    return Quantity(name, label, False, 0.0, high)


_OTHERS = (
    _unit("npv", "NPV"),
    _unit("dice", "Dice"),
    _unit("iou", "IoU"),
    _unit("nsd", "Normalised surface Dice"),
    _unit("ssim", "SSIM"),
    _unit("c_index", "C-index"),
    _cost("error_rate", "Error rate", 1.0),
    _cost("ece", "ECE", 1.0),
    _cost("hd95", "HD95"),
    _cost("hd", "Hausdorff distance"),
    _cost("assd", "ASSD"),
    _cost("mae", "MAE"),
    _cost("mse", "MSE"),
    _cost("rmse", "RMSE"),
    Quantity("loss", "Loss", False),
    Quantity("psnr", "PSNR"),
    Quantity("r2", "R²", True, -math.inf, 1.0),
    Quantity("pearson", "Pearson correlation", True, -1.0, 1.0),
    Quantity("spearman", "Spearman correlation", True, -1.0, 1.0),
    Quantity("kappa", "Cohen's kappa", True, -1.0, 1.0),
    Quantity("markedness", "Markedness", True, -1.0, 1.0),
    Quantity("lr_plus", "LR+", True, 0.0),
    Quantity("lr_minus", "LR-", False, 0.0),
)
#: Every quantity by its name: the metrics, and what tables of other tools hold.
QUANTITIES: dict[str, Quantity] = {
    **{m.name: Quantity(m.name, m.label, m.greater_is_better, m.low, m.high) for m in METRICS.values()},
    **{one.name: one for one in _OTHERS},
}
#: Other spellings, without signs and capitals.
_ALIASES = {
    "acc": "accuracy", "ba": "balanced_accuracy", "bacc": "balanced_accuracy", "ppv": "precision",
    "sensitivity": "recall", "tpr": "recall", "tnr": "specificity", "f1score": "f1", "fscore": "f1",
    "auc": "roc_auc", "auroc": "roc_auc", "rocauc": "roc_auc", "aucroc": "roc_auc", "ap": "average_precision",
    "auprc": "average_precision", "prauc": "average_precision", "aucpr": "average_precision",
    "brierscore": "brier", "crossentropy": "log_loss", "nll": "log_loss", "dsc": "dice", "dicescore": "dice",
    "jaccard": "iou", "hausdorff95": "hd95", "hausdorff": "hd", "asd": "assd", "surfacedice": "nsd",
    "error": "error_rate", "err": "error_rate", "r2score": "r2", "cindex": "c_index", "mk": "markedness",
    "lrplus": "lr_plus", "lrminus": "lr_minus", "matthewscorrcoef": "mcc",
}  # fmt: skip
_BY_SPELLING = {re.sub(r"[^a-z0-9]", "", name): name for name in QUANTITIES} | _ALIASES
#: Words in a heading that say where a score is from, not what it is.
_PLACES = frozenset(
    [
        "test",
        "fold",
        "mean",
        "value",
        "score",
        "scores",
        "val",
        "valid",
        "validation",
        "repeat",
        "run",
        "per",
        "at",
        "outer",
        "external",
        "median",
    ]
)


def quantity(name: str) -> Quantity | None:
    """Which quantity is meant by exactly this name, in any usual spelling?

    Parameters
    ----------
    name : str
        As a user or a heading writes it.

    Returns
    -------
    Quantity or None
        None where it is not known.

    Examples
    --------
    >>> quantity("ROC-AUC").name, quantity("Sensitivity").name, quantity("my score")
    ('roc_auc', 'recall', None)
    """
    found = _BY_SPELLING.get(re.sub(r"[^a-z0-9]", "", name.lower()))
    return None if found is None else QUANTITIES[found]


def quantity_in(heading: str) -> Quantity | None:
    """Which quantity does a column's heading speak of, places and thresholds aside?

    Parameters
    ----------
    heading : str
        Of a column.

    Returns
    -------
    Quantity or None
        None where other words stand beside it.

    Examples
    --------
    >>> quantity_in("test_auc").name, quantity_in("acc_at_0.5").name, quantity_in("auc_inner")
    ('roc_auc', 'accuracy', None)
    """
    exact = quantity(heading)
    if exact is not None:
        return exact
    words = re.split(r"[^a-z0-9²]+", re.sub(r"\d*\.\d+", " ", heading.lower()))
    return quantity("".join(word for word in words if word not in _PLACES))


def of_metric(metric: Metric) -> Quantity:
    """Give the quantity that a metric of ours is."""
    return Quantity(metric.name, metric.label, metric.greater_is_better, metric.low, metric.high)
