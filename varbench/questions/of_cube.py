"""Compare two procedures of a cube."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from varbench.effects import Scored, by_patients
from varbench.errors import InputError
from varbench.questions.family_one import several_of_cube
from varbench.questions.of_scores import answer_of
from varbench.questions.pieces import concluded, counted, pair_of, picture_of_wins, pictures_of_pairs
from varbench.report import Answer
from varbench.verdict import conclude

if TYPE_CHECKING:
    import xarray as xr


def answer_cube(cube: xr.Dataset, procedures: Sequence[str] | None, about: dict[str, Any]) -> Answer:
    """Answer whether two procedures of a cube differ.

    Parameters
    ----------
    cube : xarray.Dataset
        From :func:`varbench.open_cube`.
    procedures : sequence of str or None
        The two, or more that are compared all together; the two that its study compares by default.
    about : dict
        Provenance.

    Returns
    -------
    Answer
        With the verdict that the cube's report has.
    """
    names = [str(name) for name in cube["procedure"].values]
    if len(names) < 2:
        raise InputError(f"the cube has one procedure, {names[0]}: there is nothing to compare it with")
    if procedures is not None and len(procedures) > 2:
        return several_of_cube(cube, procedures, about)
    first, second = (None, None) if procedures is None else pair_of(names, procedures)
    conclusion = conclude(cube, first, second)
    facts = conclusion.facts
    if facts.re_split and facts.pairing == "exact" and facts.design == "joint":
        conclusion = concluded(facts, (*conclusion.results, *by_patients(cube, facts.first, facts.second)))
    scored = Scored.of_cube(cube, facts.first, facts.second, facts.metric, facts.pairing)
    frames, pictures = pictures_of_pairs(scored, facts.over, facts.margin)
    more_frames, more_pictures = picture_of_wins(conclusion.results, facts.gamma)
    kicker = f"{facts.study or 'study'} on {facts.data or 'its data'}: {counted(facts.n_repeats, facts.over)}"
    return answer_of(
        conclusion,
        "compare",
        kicker,
        frames={**frames, **more_frames},
        pictures=(*pictures, *more_pictures),
        about=about,
    )
