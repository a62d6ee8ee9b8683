"""The design of a study: which draw of each varied source a repeat takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from varbench.errors import InputError, unknown

#: How the sources are varied: all anew in each repeat, each draw with each, or one source at a time.
DESIGNS = ("joint", "crossed", "one")


@dataclass(frozen=True)
class Draws:
    """Which draw of each varied source does a repeat take?

    Parameters
    ----------
    kind : {"joint", "crossed", "one"}
        In a joint design every repeat draws all the sources anew, so that repeat k has draw k of each. A crossed
        design has each draw of a source with each of every other. In the design ``one`` the sources move one after
        the other, while the others keep their draw 0.
    counts : tuple of (str, int)
        The sources with their numbers of draws, in their order; empty in a joint design.

    Notes
    -----
    Repeats are numbered along one axis in every design: in a crossed one the last source moves fastest, in the
    design ``one`` the sources' blocks follow each other. Draw k of a source has the same seed in every design.

    Examples
    --------
    >>> crossed, one = (Draws(kind, (("split", 2), ("init", 3))) for kind in ("crossed", "one"))
    >>> [(crossed.realization("split", k), crossed.realization("init", k)) for k in range(crossed.total)]
    [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    >>> [(one.realization("split", k), one.realization("init", k)) for k in range(one.total)]
    [(0, 0), (1, 0), (0, 0), (0, 1), (0, 2)]
    """

    kind: str = "joint"
    counts: tuple[tuple[str, int], ...] = ()

    @property
    def joint(self) -> bool:
        """Whether each repeat is a joint draw of its own, so that there can always be more of them."""
        return self.kind == "joint"

    @property
    def total(self) -> int:
        """How many repeats a design that is not joint has: the product of its numbers, or their sum."""
        numbers = [count for _, count in self.counts]
        return math.prod(numbers) if self.kind == "crossed" else sum(numbers)

    @property
    def spelled(self) -> str:
        """The sources as ``--vary`` takes them: ``split:20,init:5``."""
        return ",".join(f"{source}:{count}" for source, count in self.counts)

    @property
    def text(self) -> str:
        """The design in a few words: ``crossed, split 20 x init 5 = 100 repeats``."""
        if self.joint:
            return "joint"
        sign, name = (" x ", "crossed") if self.kind == "crossed" else (" + ", "one source at a time")
        return f"{name}, {sign.join(f'{s} {count:,}' for s, count in self.counts)} = {self.total:,} repeats"

    def realization(self, source: str, repeat: int) -> int:
        """Give which draw of a varied source a repeat takes."""
        if self.joint:
            return repeat
        step, count, first = self._places[source]
        if self.kind == "crossed":
            return repeat // step % count
        return repeat - first if first <= repeat < first + count else 0

    @cached_property
    def _places(self) -> dict[str, tuple[int, int, int]]:
        """Source to how many repeats one draw of it lasts, its number of draws, and where its block begins."""
        numbers = [count for _, count in self.counts]
        return {
            source: (math.prod(numbers[place + 1 :]), count, sum(numbers[:place]))
            for place, (source, count) in enumerate(self.counts)
        }

    def to_dict(self) -> dict[str, Any]:
        """Give the design as a cube stores it: ``kind`` and ``counts``."""
        return {"kind": self.kind, "counts": dict(self.counts)}


JOINT = Draws()


def names_of(vary: Sequence[str]) -> list[str]:
    """Give the sources of a list without their numbers of draws.

    Examples
    --------
    >>> names_of(["split:20", "init"])
    ['split', 'init']
    """
    return [entry.partition(":")[0].strip() for entry in vary]


def numbers_of(vary: Sequence[str]) -> dict[str, int | None]:
    """Read ``source`` and ``source:20`` as a source and its number of draws.

    Parameters
    ----------
    vary : sequence of str
        As ``--vary`` takes them.

    Returns
    -------
    dict of str to (int or None)
        In their order; None where no number is given.

    Raises
    ------
    InputError
        If a number is none or below 2, or a source stands there twice with a number.

    Examples
    --------
    >>> numbers_of(["split:20", "init"])
    {'split': 20, 'init': None}
    """
    found: dict[str, int | None] = {}
    for entry in vary:
        source, colon, text = (part.strip() for part in entry.partition(":"))
        if colon and (not text.isdecimal() or int(text) < 2):
            raise InputError(
                f"--vary {entry}: must be a source and its number of draws, 2 or more, as {source or 'split'}:20"
            )
        if source in found and (colon or found[source] is not None):
            raise InputError(
                f"--vary {','.join(vary)}: {source} stands there twice; give it one number of draws"
            )
        found[source] = int(text) if colon else None
    return found


def check_design(kind: Any, vary: Sequence[str], *, by_hand: bool = True) -> None:
    """Hold a design against the list of its sources.

    Parameters
    ----------
    kind : str
        One of :data:`DESIGNS`.
    vary : sequence of str
        The sources, with or without numbers.
    by_hand : bool
        Whether the list was given for this design; a study's own list may have numbers that a joint one ignores.

    Raises
    ------
    InputError
        If there is no such design, or a source has a number where it should have none, or none where it needs one.
    """
    if kind not in DESIGNS:
        raise InputError(unknown("design", str(kind), DESIGNS))
    for source, number in numbers_of(vary).items():
        if kind == "joint" and number is not None and by_hand:
            raise InputError(
                f"--vary {source}:{number}: a number of draws belongs to a crossed design or to one source at a "
                f"time; add --design crossed or --design one, or take {source} alone: a joint design draws all of "
                "its sources anew in each of its --repeats"
            )
        if kind != "joint" and number is None:
            raise InputError(
                f"--vary {source}: the design {kind!r} needs a number of draws for each source, as {source}:20"
            )


def draws_of(kind: str, vary: Sequence[str], varied: Sequence[str]) -> Draws:
    """Settle which draws the repeats take.

    Parameters
    ----------
    kind : str
        One of :data:`DESIGNS`.
    vary : sequence of str
        The sources with their numbers, in their order.
    varied : sequence of str
        Those of them that do vary.

    Returns
    -------
    Draws
        Without numbers in a joint design.
    """
    if kind == "joint":
        return JOINT
    counts = [(source, number) for source, number in numbers_of(vary).items() if number and source in varied]
    return Draws(kind, tuple(counts))
