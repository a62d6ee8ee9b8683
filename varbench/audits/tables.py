"""The audit of a table: every check, its families, and the adjustment of their p-values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from varbench.audits import alike, batches, copies, groups, labels, order, probes, resampled, sizes, splits
from varbench.audits.beside import beside
from varbench.audits.deep import DEEP_CHECKS
from varbench.audits.drafts import Draft, as_finding, nothing
from varbench.audits.embedding import embedding
from varbench.audits.findings import FOUND, Audit, Check
from varbench.audits.look import SHUFFLES, Look
from varbench.audits.steps import Steps
from varbench.audits.table import Table
from varbench.errors import InputError, unknown
from varbench.stats import adjust

#: Every check of a table by its code. A family shares its part of the level; "" has no null.
CHECKS: dict[str, Check] = {
    "VB101": Check("Rows that repeat", "", copies.exact),
    "VB102": Check("Rows that nearly repeat", "copies", copies.near),
    "VB103": Check("Rows made by oversampling", "", resampled.oversampled, ("classes",)),
    "VB104": Check("Rows drawn with replacement", "", resampled.bootstrapped),
    "VB105": Check("Ids that repeat", "", copies.repeated_ids, ("ids",)),
    "VB106": Check("Images that look alike", "copies", alike.images, ("images",)),
    "VB107": Check("Images that were moved", "copies", alike.moved_images, ("images",)),
    "VB111": Check("Groups across the split", "", groups.across, ("groups", "split")),
    "VB112": Check("Groups with several labels", "groups", groups.labels_within, ("groups", "classes")),
    "VB113": Check("Groups told from the features", "groups", groups.recognised, ("groups",)),
    "VB114": Check("Groups that nobody named", "groups", groups.hidden),
    "VB115": Check("Folds that the groups allow", "", groups.possible_folds, ("groups",)),
    "VB121": Check("Columns that are the label", "label", labels.stands_in, ("y",)),
    "VB122": Check("Columns named like an answer", "label", labels.named_alike, ("y",)),
    "VB123": Check("Columns that number the rows", "", order.numbering),
    "VB124": Check("Order and names of the rows", "label", order.order, ("y",)),
    "VB125": Check("Missing cells and the label", "label", labels.missingness, ("y",)),
    "VB126": Check("A quick probe", "", probes.signal, ("classes",)),
    "VB131": Check("Batch and label", "batch", batches.batch_label, ("batch", "y")),
    "VB132": Check("Batch told from the features", "batch", batches.batch_features, ("batch",)),
    "VB141": Check("Flaws of the split", "", splits.usable),
    "VB142": Check("Training and test rows differ", "split", splits.shift, ("split",)),
    "VB143": Check("Strata missing from a side", "split", splits.strata, ("split",)),
    "VB144": Check("Order in time", "time", splits.time_order, ("time", "split")),
    "VB145": Check("Drift with time", "time", splits.drift, ("time",)),
    "VB151": Check("Unequal classes", "", sizes.imbalance, ("classes",)),
    "VB152": Check("Features and events", "", sizes.width),
    "VB153": Check("What the test rows can show", "", sizes.detectable, ("classes",)),
    "VB161": Check("Constant features", "", sizes.constant),
    "VB162": Check("Features that repeat", "", sizes.twins),
    "VB163": Check("Missing cells", "", sizes.gaps),
}
_ALL = {**CHECKS, **DEEP_CHECKS}
#: Below this level nothing could be found: the smallest p-value of the shuffles, adjusted for all checks, is .028.
LEAST_LEVEL = 0.03
#: What a check needs, in a user's words.
_NEEDED = {
    "y": "the outcome (--target)", "classes": "an outcome of classes (--target)", "groups": "the group (--group)",
    "split": "a split (--split, or a second table)", "batch": "the batch (--batch)", "time": "the time (--time)",
    "ids": "the ids (--id)", "binary": "an outcome of two classes (--target)",
    "images": "images (a folder of pictures, .npz, .h5)",
}  # fmt: skip


def audit_table(
    table: Table,
    *,
    level: float = 0.05,
    seed: int = 0,
    checks: Iterable[str] | None = None,
    steps: Steps | None = None,
) -> Audit:
    """What would make the scores on this table look better than they are?

    Parameters
    ----------
    table : Table
        As :func:`varbench.audits.table.read` gives it.
    level : float
        The probability, from .03 to below 1, of any warning or error on a clean table: independent rows, no groups.
    seed : int
        Of shuffles and samples, 0 or greater.
    checks : iterable of str, optional
        Codes; all by default.
    steps : Steps, optional
        What is fitted to the table, with shuffled labels: :data:`varbench.audits.deep.DEEP_CHECKS`.

    Returns
    -------
    Audit
        A finding for each check, errors first.

    Raises
    ------
    InputError
        If the level is not in [.03, 1), the seed is below 0, or there is no such check.

    Notes
    -----
    Within a check over many columns the p-value is that of the largest (max-T); the checks of a family are adjusted
    by Holm's method, and the families share the level equally.
    """
    if not (isinstance(level, int | float) and 0 < level < 1):
        raise InputError(f"level={level!r}: must lie between 0 and 1, as 0.05 does")
    if level < LEAST_LEVEL:
        raise InputError(
            f"level={level!r}: {SHUFFLES:,} shuffles cannot give p-values of a whole audit below {LEAST_LEVEL}, so "
            f"even a column that is the label would be called clear; must be {LEAST_LEVEL} or more"
        )
    if not (isinstance(seed, int | np.integer) and seed >= 0):
        raise InputError(f"rng={seed!r}: must be 0 or greater, a whole number")
    chosen = list(CHECKS) if checks is None else list(checks)
    for code in chosen:
        if code not in CHECKS:
            raise InputError(unknown("check", code, CHECKS))
    look = Look(table, seed, level)
    drafts = {code: _draft(look, CHECKS[code]) for code in chosen}
    if steps is not None:
        drafts |= {code: check.function(look, steps) for code, check in DEEP_CHECKS.items()}
    adjusted = _adjusted(drafts)
    findings = tuple(
        as_finding(code, _ALL[code].title, draft, adjusted.get(code), level) for code, draft in drafts.items()
    )
    frames: dict[str, pd.DataFrame] = embedding(look)
    there = {one.code for one in findings if one.outcome == FOUND}
    for code, draft in drafts.items():
        for name, frame in draft.frames.items():  # several checks find pairs of rows
            if name != "pairs" or code in there:
                frames[name] = (
                    pd.concat([frames[name], frame], ignore_index=True) if name in frames else frame
                )
    frames |= beside(look, frames.get("pairs", pd.DataFrame()))
    about = {
        "level": level, "seed": seed, "rows": len(table), "features": len(look.names), "rows_tested": len(look.rows),
        "shuffles": SHUFFLES, "notes": () if table.album is None else table.album.notes,
    }  # fmt: skip
    return Audit(findings, table.name, frames, about)


def _draft(look: Look, check: Check) -> Draft:
    lacking = [need for need in check.needs if need not in look.table.has]
    if lacking:
        return nothing(f"Needs {' and '.join(_NEEDED[need] for need in lacking)}.")
    draft = check.function(look)
    return draft if isinstance(draft, Draft) else nothing("")


def _adjusted(drafts: Mapping[str, Draft]) -> dict[str, float]:
    """Adjust by Holm within a family, and for the number of families that have a p-value."""
    families: dict[str, list[str]] = {}
    for code, draft in drafts.items():
        if _ALL[code].family and draft.pvalue is not None:
            families.setdefault(_ALL[code].family, []).append(code)
    found: dict[str, float] = {}
    for codes in families.values():
        for code, p in zip(codes, adjust([float(drafts[c].pvalue or 0.0) for c in codes]), strict=True):
            found[code] = min(1.0, float(p) * len(families))
    return found
