"""What a cube says of how it was made, as a checklist asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from varbench.cube import Status
from varbench.effects import Shares, attribute, copies, declared, external_kind, primary
from varbench.errors import InputError, unknown
from varbench.verdict.design import Leak, leaks_of

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Recorded:
    """The facts of a run that checklists ask for; no score is among them.

    Parameters
    ----------
    procedures : tuple of str
        Those that the checklist is about.
    data : mapping
        As the cube describes them: name, hash, counts, classes, batches, missing cells, licence.
    steps : mapping of str to sequence of mapping
        By procedure: name, text, kind, side and what each step sees; empty for a callable.
    leaks : mapping of str to (tuple of Leak or None)
        By procedure; None where it was not checked.
    shares : mapping of str to Shares
        Which share of the test rows crosses the split, by procedure.
    sources : mapping of str to mapping
        By source of variation: its state and who reads it.
    metrics : tuple of str
        The primary one first.
    settings, provenance : mapping
        As the cube has them.
    declared : mapping
        The primary metric, margin, gamma and confidence level as declared.
    overrides : int
        How many of these were set after the runs.
    external : {"", "population", "file"}
        What every fitted model was scored on as well.
    external_name : str
        Its name.
    n_repeats : int
        Repeats in which every procedure was done.
    unfinished : int
        Runs that failed, or were not made.
    n_external : int
        External rows.
    question : str
        The study's.
    notes : tuple of str
        What was done to the table before: rows that were left out.
    """

    procedures: tuple[str, ...]
    data: Mapping[str, Any]
    steps: Mapping[str, Sequence[Mapping[str, Any]]]
    leaks: Mapping[str, tuple[Leak, ...] | None]
    shares: Mapping[str, Shares]
    sources: Mapping[str, Mapping[str, Any]]
    metrics: tuple[str, ...]
    settings: Mapping[str, Any]
    provenance: Mapping[str, Any]
    declared: Mapping[str, Any]
    overrides: int
    external: str
    external_name: str
    n_repeats: int
    unfinished: int
    n_external: int
    question: str
    notes: tuple[str, ...] = ()

    @property
    def varied(self) -> tuple[str, ...]:
        """The sources that were drawn anew in each repeat."""
        return tuple(name for name, entry in self.sources.items() if entry.get("state") == "varied")

    @property
    def repeats(self) -> str:
        """How many repeats there are, and whether all of their runs are done."""
        less = f" ({self.unfinished:,} runs failed, or are not done)" if self.unfinished else ""
        return f"{self.n_repeats} repeats{less}"

    @property
    def simulated(self) -> bool:
        """Whether the cases come from a simulator."""
        return bool(self.data.get("simulated"))

    @property
    def numeric(self) -> bool:
        """Whether the outcome is a number."""
        return "outcome" in self.data

    @property
    def prevalence(self) -> float | None:
        """The share of events; None with more than two classes."""
        events, cases = self.data.get("events"), self.data.get("n_cases")
        return None if events is None or not cases else float(events) / float(cases)

    def steps_of(self, procedure: str, *, kind: str = "", side: str = "") -> tuple[Mapping[str, Any], ...]:
        """Give the steps of a procedure, of one kind or on one side of the split."""
        return tuple(
            step
            for step in self.steps.get(procedure) or ()
            if kind in ("", step.get("kind")) and side in ("", step.get("side"))
        )


def read(cube: xr.Dataset, procedures: Sequence[str] | None = None) -> Recorded:
    """Read from a cube what checklists ask for.

    Parameters
    ----------
    cube : xarray.Dataset
        From :func:`varbench.open_cube`.
    procedures : sequence of str, optional
        What the paper reports; all of the cube by default.

    Returns
    -------
    Recorded
        The facts.

    Raises
    ------
    InputError
        If a procedure is not in the cube.
    """
    there = [str(name) for name in cube["procedure"].values]
    for name in procedures or ():
        if name not in there:
            raise InputError(unknown("procedure", name, there))
    chosen = tuple(dict.fromkeys(procedures)) if procedures else tuple(there)
    first = primary(cube)
    others = [str(name) for name in cube["metric"].values if str(name) != first]
    leaks = leaks_of(cube)
    steps = attribute(cube, "steps", {})
    external = attribute(cube, "external") or {}
    done = cube["status"].sel(procedure=list(chosen)).transpose("procedure", "repeat").values == Status.DONE
    return Recorded(
        procedures=chosen, data=attribute(cube, "data", {}), steps={name: steps.get(name) or () for name in chosen},
        leaks={name: leaks[name] for name in chosen}, shares={name: copies(cube, name) for name in chosen},
        sources=attribute(cube, "sources", {}), metrics=(first, *others), settings=attribute(cube, "settings", {}),
        provenance=attribute(cube, "provenance", {}),
        declared={name: declared(cube, name) for name in ("margin", "gamma", "confidence_level")},
        overrides=len(attribute(cube, "overrides") or []), external=external_kind(cube),
        external_name=str(external.get("name", "")), n_repeats=int(done.all(axis=0).sum()),
        unfinished=int((~done).sum()),
        n_external=int(cube.sizes.get("external_row", 0)), question=str(cube.attrs.get("question", "")),
        notes=tuple(str(note) for note in attribute(cube, "notes") or ()),
    )  # fmt: skip
