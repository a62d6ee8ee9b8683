"""Views of a cube by its design: the scores of a crossed one with a dimension for each source that was varied."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from varbench.cube.reader import attributes
from varbench.cube.schema import Array, Status, check_name
from varbench.errors import CubeError, unknown

#: The scores that a repeat has of each of its folds, or one of.
SCORES = ("score", "score_weighted", "truth", "final")


def design(cube: xr.Dataset) -> dict[str, Any]:
    """How were the sources of variation varied?

    Parameters
    ----------
    cube : xarray.Dataset
        As :func:`open_cube` gives it.

    Returns
    -------
    dict
        ``kind``: ``"joint"`` (each repeat draws all of them anew), ``"crossed"`` (each draw of one meets each of
        every other) or ``"one"`` (one source at a time); ``counts``: source to its number of draws, in the order of
        the flat axis ``repeat``, empty in a joint design.

    Examples
    --------
    >>> design(xr.Dataset(attrs={"design": '{"kind": "crossed", "counts": {"split": 20, "init": 5}}'}))
    {'kind': 'crossed', 'counts': {'split': 20, 'init': 5}}
    """
    stored = attributes(cube).get("design") or {}  # cubes from before there was a choice do not say
    return {"kind": stored.get("kind", "joint"), "counts": dict(stored.get("counts", {}))}


def crossed(cube: xr.Dataset, procedure: str, metric: str, variable: str = "score") -> xr.DataArray:
    """What did a procedure score with each draw of each source?

    Parameters
    ----------
    cube : xarray.Dataset
        Of a crossed design.
    procedure, metric : str
        Names in the cube.
    variable : {"score", "score_weighted", "truth", "final"}
        Which score.

    Returns
    -------
    xarray.DataArray
        A dimension for each varied source, named as it is, in the order of the flat axis; the coordinate of each is
        the number of the draw. The score of a repeat is the mean over the folds that have one; NaN where a run is
        not done or no fold has a score.

    Raises
    ------
    CubeError
        If the cube's design is another one, or it has no such procedure, metric or variable.

    Examples
    --------
    >>> attrs = {"design": '{"kind": "crossed", "counts": {"split": 2, "init": 3}}'}
    >>> coords = {"procedure": ["a"], "metric": ["f1"], "source": ["split", "init"]}
    >>> values = np.arange(6.0).reshape(1, 6, 1, 1) / 10
    >>> draws = np.argwhere(np.ones((2, 3)))
    >>> cube = xr.Dataset({"score": (("procedure", "repeat", "fold", "metric"), values),
    ...     "status": (("procedure", "repeat"), np.ones((1, 6), int)),
    ...     "realization": (("repeat", "source"), draws)}, coords, attrs)
    >>> crossed(cube, "a", "f1").sel(split=1).values
    array([0.3, 0.4, 0.5])
    """
    counts = _counts(cube, "crossed")
    found = np.full(tuple(counts.values()), np.nan)
    scores, draws = _repeat_scores(cube, procedure, metric, variable), _draws(cube, list(counts))
    drawn = (draws >= 0).all(axis=1)
    found[tuple(draws[drawn].T)] = scores[drawn]
    coords = {source: np.arange(count) for source, count in counts.items()}
    return xr.DataArray(
        found, coords, tuple(counts), name=variable, attrs={"procedure": procedure, "metric": metric}
    )


def one_at_a_time(cube: xr.Dataset, procedure: str, metric: str, variable: str = "score") -> dict[str, Array]:
    """What did a procedure score while one source moved and the others stood still?

    Parameters
    ----------
    cube : xarray.Dataset
        Of the design ``one``.
    procedure, metric, variable : str
        As in :func:`crossed`.

    Returns
    -------
    dict of str to ndarray of float64
        Source to its scores, one a draw; the first of each is of the run in which every source has its draw 0. NaN
        where a run is not done or no fold has a score.

    Raises
    ------
    CubeError
        As :func:`crossed`.

    Examples
    --------
    >>> attrs = {"design": '{"kind": "one", "counts": {"split": 2, "init": 3}}'}
    >>> cube = xr.Dataset({
    ...     "score": (("procedure", "repeat", "fold", "metric"), np.arange(5.0).reshape(1, 5, 1, 1) / 10),
    ...     "status": (("procedure", "repeat"), np.ones((1, 5), int))},
    ...     {"procedure": ["a"], "metric": ["f1"]}, attrs)
    >>> one_at_a_time(cube, "a", "f1")
    {'split': array([0. , 0.1]), 'init': array([0.2, 0.3, 0.4])}
    """
    counts = _counts(cube, "one")
    scores = _repeat_scores(cube, procedure, metric, variable)
    ends = np.cumsum(list(counts.values()))
    return dict(zip(counts, np.split(scores, ends[:-1]), strict=True))


def _counts(cube: xr.Dataset, kind: str) -> dict[str, int]:
    found = design(cube)
    if found["kind"] != kind:
        raise CubeError(
            f"the cube's design is {found['kind']!r}, and {kind!r} is needed: run the study with --design {kind} and "
            "a number of draws for each source, as --vary split:20,init:5"
        )
    counts: dict[str, int] = found["counts"]
    return counts


def _repeat_scores(cube: xr.Dataset, procedure: str, metric: str, variable: str) -> Array:
    """Give the mean over the folds that have a score, (repeat,)."""
    for kind, name in (("procedure", procedure), ("metric", metric)):
        check_name(kind, name, cube[kind].values.tolist())
    if variable not in SCORES:
        raise CubeError(unknown("variable", variable, SCORES))
    if variable not in cube:
        raise CubeError(f"the cube has no {variable!r}: there was no population and no external set")
    chosen = cube[variable].sel(procedure=procedure, metric=metric)
    scores = np.asarray(chosen.values, np.float64).reshape(cube.sizes["repeat"], -1)
    done = np.asarray(cube["status"].sel(procedure=procedure).values) == Status.DONE
    there = np.isfinite(scores) & done[:, None]
    count = there.sum(axis=1)
    total = np.where(there, scores, 0.0).sum(axis=1)
    mean: Array = np.divide(total, count, out=np.full(len(scores), np.nan), where=count > 0)
    return mean


def _draws(cube: xr.Dataset, sources: list[str]) -> Array:
    """Give which draw of each of some sources a repeat has, (repeat, source); -1 where none was written."""
    names = cube["source"].values.tolist()
    places = [check_name("source", source, names) for source in sources]
    return np.asarray(cube["realization"].values[:, places], np.int64)
