"""What a cube says of itself: its shape, its settings, and whether a plan may extend it."""

from __future__ import annotations

import datetime
import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from varbench.cube import CubeWriter, Layout, cube_attributes, has_cube
from varbench.cube import override as append_overrides
from varbench.engine.execute import batch_names, candidates, parameters, run_seed
from varbench.errors import CubeError, InputError, unknown
from varbench.metrics import resolve
from varbench.procedure import Procedure
from varbench.study import Plan, Study, Work
from varbench.study.describe import differences, digest
from varbench.study.plan import drawn_steps, leaks_of
from varbench.study.versions import environment


def layout(plan: Plan, *, anonymous: bool = False) -> Layout:
    """Give the shape of a plan's cube."""
    data = plan.work.data
    shared = "cohort" not in plan.work.varied
    ids = [str(number) for number in range(data.n_cases)] if anonymous else _unique_ids(plan)
    outside = plan.work.truth_rows if plan.work.external is None else plan.work.external.n_cases
    modelled = any(isinstance(procedure, Procedure) for procedure in plan.work.procedures)
    return Layout(
        procedures=plan.names,
        metrics=tuple(metric.name for metric in plan.work.metrics),
        classes=data.strata,
        numeric=data.numeric,
        sources=tuple(source for source, entry in plan.sources.items() if entry["readers"]),
        parameters=tuple(parameters(plan.work)),
        n_folds=plan.work.n_folds,
        n_rows=data.n_cases,
        n_external=outside if modelled else 0,
        n_candidates=candidates(plan.work),
        training=plan.work.training and modelled,
        sample_ids=tuple(ids) if shared else None,
        case_y=tuple(data.y.tolist()) if shared else None,
        group_names=None if data.groups is None else _group_names(plan, anonymous),
        batch_names=None if data.batch is None else batch_names(plan.work),
        multi_class=len(data.classes) > 2,
    )


def _unique_ids(plan: Plan) -> list[str]:
    """Give the ids; with the batch before them where ids repeat across batches."""
    data = plan.work.data
    ids = [str(one) for one in data.ids]
    if len(set(ids)) < len(ids) and data.batch is not None:
        return [f"{batch}/{one}" for batch, one in zip(data.batch, ids, strict=True)]
    return ids


def _group_names(plan: Plan, anonymous: bool) -> tuple[str, ...]:
    names = np.unique(plan.work.data.groups)  # type: ignore[arg-type]
    return tuple(str(number) if anonymous else str(name) for number, name in enumerate(names))


def attributes(plan: Plan, *, command: str, anonymous: bool = False) -> dict[str, Any]:
    """Give all that a report needs beside the numbers, so that the study need not be there."""
    study, data = plan.study, plan.work.data
    primary = plan.work.metrics[0]
    return {
        "study": study.name,
        "study_source": study.source,
        "study_hash": hashlib.sha256(study.source.encode()).hexdigest(),
        "question": study.question,
        "settings": dict(plan.settings),
        "settings_hash": digest(plan.settings),
        "request": plan.request.stored(),
        "data": _data(plan),
        "external": _external(plan),
        **_external_groups(plan),
        "primary": primary.name,
        "direction": "greater" if primary.greater_is_better else "less",
        "lower_is_better": [metric.name for metric in plan.work.metrics if not metric.greater_is_better],
        "margin": study.margin,
        "gamma": study.gamma,
        "confidence_level": study.confidence_level,
        "overrides": [],
        **({"task": "regression"} if data.numeric else {}),
        "cases_shared": "cohort" not in plan.work.varied,
        "simulated": data.simulated,
        "preset": plan.request.preset or "",
        "leaks": leaks_of(plan.procedures, data),
        "steps": {name: drawn_steps(procedure) for name, procedure in plan.procedures.items()},
        "sources": {source: dict(entry) for source, entry in plan.sources.items()},
        "design": plan.work.draws.to_dict(),
        "equal": None if plan.equal is None else list(plan.equal),
        "compared": None if plan.compared is None else list(plan.compared),
        "pairs": {title: list(pair) for title, pair in plan.pairs.items()},
        "covers": {title: list(pair) for title, pair in plan.covers.items()},
        "monitored": {name: number for name, number in study.monitored.items() if name in plan.names},
        "axis": study.axis,
        "lines": {line: [list(point) for point in points] for line, points in plan.lines.items()},
        "published": dict(study.published),
        "notes": list(plan.notes),
        "anonymous": anonymous,
        "mixed_versions": False,
        "provenance": {
            "command": command,
            "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "environment": environment(),
            "versions": plan.settings["versions"],
            "forest_engine_reason": plan.engine.reason,
        },
    }


def _data(plan: Plan) -> dict[str, Any]:
    """Give what is told of the data, and which they are."""
    data = plan.work.data
    return {
        **data.describe(),
        **{key: value for key, value in data.info.items() if value},
        "name": data.name,
        "hash": plan.settings["data"]["hash"],
        "simulated": data.simulated,
        "unverified": data.unverified,
        "population": None if data.population is None else data.population.settings(),
        "ceiling": getattr(data.population, "ceiling", None),
    }


def _external(plan: Plan) -> dict[str, Any] | None:
    external = plan.work.external
    if external is None:
        return None
    alignment = None if plan.alignment is None else plan.alignment.to_dict()
    return {**external.describe(), "name": external.name, "hash": external.hash(), "alignment": alignment}


def _external_groups(plan: Plan) -> dict[str, Any]:
    """Tell which external rows are of one group, by numbers: they are drawn together."""
    groups = None if plan.work.external is None else plan.work.external.groups
    if groups is None:
        return {}
    held, codes = np.unique(groups, return_inverse=True)
    return {"external_groups": codes.tolist()} if len(held) < len(groups) else {}


def stored_request(out: str | Path | None) -> Mapping[str, Any] | None:
    """Give the request of the cube that a folder holds; None where there is no cube."""
    if out is None or not has_cube(out):
        return None
    stored: Mapping[str, Any] = cube_attributes(out).get("request", {})
    return stored


def check_study(out: str | Path, study: Study) -> None:
    """Refuse the cube of another study: one of another name, with other procedures.

    Raises
    ------
    CubeError
        With both names, and what to do.
    """
    stored = cube_attributes(out)
    was, there = stored.get("study"), stored.get("settings", {}).get("procedures", {})
    if was in (None, study.name) or not there or set(there) & set(study.procedures):
        return
    raise CubeError(
        f"{out} holds the runs of another study, {was!r} (procedures {', '.join(there)}), and this is "
        f"{study.name!r} (procedures {', '.join(study.procedures)}); give another --out"
    )


def write_versions(writer: CubeWriter, plan: Plan, repeats: list[int]) -> None:
    """Write down which repeats run under which versions, once a cube is mixed; the last entry of a repeat holds."""
    if writer.attributes.get("mixed_versions"):
        writer.append("ran_under", {"repeats": repeats, "versions": dict(plan.settings["versions"])})


#: Declared when the cube is made; ``varbench report`` can set some of it later, and says so.
DECLARED = ("primary", "margin", "gamma", "confidence_level", "compared", "equal")
#: Differences in these are no difference: the content is compared by its hash.
NAMES = ("data.name", "external.name", "study")


def check_same(writer: CubeWriter, plan: Plan, *, allow_versions: bool, anonymous: bool = False) -> None:
    """Refuse to extend a cube with other settings than its own.

    Raises
    ------
    CubeError
        With both values of everything that differs, and the two ways out.
    """
    stored = writer.attributes
    ours = attributes(plan, command="", anonymous=anonymous or bool(stored.get("anonymous")))
    found = [
        entry for entry in differences(stored.get("settings", {}), plan.settings) if entry[0] not in NAMES
    ]
    found += [
        (name, stored.get(name), ours[name])
        for name in (*DECLARED, "preset")
        if stored.get(name) != ours[name]
    ]
    found += [("anonymous", False, True)] if anonymous and not stored.get("anonymous") else []
    waived = [
        entry for entry in found if entry[0].startswith("versions.") and "forest_engine" not in entry[0]
    ]
    versions = [entry for entry in waived if not any("forest_engine" in other[0] for other in found)]
    others = [entry for entry in found if entry not in versions]
    if others:
        raise CubeError(
            f"{writer.name} was made with other settings:\n{_listed(others)}\n"
            "give another --out for the new settings, or leave the option out to go on with the cube's"
        )
    if versions and not allow_versions:
        raise CubeError(
            f"{writer.name} was made with other versions:\n{_listed(versions)}\n"
            "install those versions, give another --out, or accept a mixed cube with --allow-versions"
        )
    if versions:
        writer.update_attributes(mixed_versions=True)


def _listed(found: list[tuple[str, Any, Any]]) -> str:
    return "\n".join(
        f"  {key}: {_shown(old)} in the cube, {_shown(new)} asked for" for key, old, new in found
    )


def _shown(value: Any) -> str:
    return "nothing" if value is None else repr(value)


def write_seeds(writer: CubeWriter, work: Work) -> None:
    """Write which draw of each source, and which seed, every repeat has."""
    for repeat in range(writer.n_repeats):
        writer.set_repeat(
            repeat,
            realization=[work.realization(source, repeat) for source in writer.layout.sources],
            seed=[run_seed(work, repeat, source) for source in writer.layout.sources],
        )


def override(
    run: str | Path, *, primary: str | None = None, margin: float | None = None, gamma: float | None = None
) -> None:
    """Set the primary metric, the margin or gamma after the runs; that it was so late is written down with it.

    Parameters
    ----------
    run : str or Path
        ``RUN`` or ``RUN/cube.zarr``.
    primary : str, optional
        A metric that the cube holds.
    margin : float, optional
        Greater than 0.
    gamma : float, optional
        Between 0.5 and 1.

    Raises
    ------
    InputError
        If a value is out of its range, or the cube lacks the metric.
    """
    if margin is not None and not 0 < margin < math.inf:
        raise InputError(f"margin={margin!r}: must be greater than 0")
    if gamma is not None and not 0.5 < gamma < 1:
        raise InputError(f"gamma={gamma!r}: must be between 0.5 and 1")
    metrics = cube_attributes(run).get("settings", {}).get("metrics", ())
    if primary is not None and primary not in metrics:
        raise InputError(unknown("metric of this cube", primary, metrics))
    given = {"primary": primary, "margin": margin, "gamma": gamma}
    if primary is not None:
        given["direction"] = "greater" if resolve(primary)[0].greater_is_better else "less"
    append_overrides(run, {name: value for name, value in given.items() if value is not None})
