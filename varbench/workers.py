"""How many worker processes a machine bears."""

from __future__ import annotations

import operator
import os
from typing import Any

from varbench.errors import InputError

#: More processes than processors gain nothing; so many are borne all the same, and never fewer than the first number.
_ALWAYS_FINE, _PER_PROCESSOR = 16, 4


def check_jobs(jobs: Any, name: str = "jobs") -> int:
    """Take a number of worker processes, before any of them is started.

    Parameters
    ----------
    jobs : int
        Processes; NumPy's whole numbers too.
    name : str
        What the caller calls it.

    Returns
    -------
    int
        The number.

    Raises
    ------
    InputError
        If it is no whole number, not 1 or more, or more than 4 for each processor (and more than 16): each takes
        memory of its own, and a thousand of them bring a machine down.

    Examples
    --------
    >>> check_jobs(2)
    2
    """
    most = max(_ALWAYS_FINE, _PER_PROCESSOR * (os.cpu_count() or 1))
    whole = hasattr(jobs, "__index__") and not isinstance(jobs, bool)
    if not whole or not 1 <= operator.index(jobs) <= most:
        raise InputError(
            f"{name}={jobs!r}: must be a whole number from 1 to {most:,}; this machine has {os.cpu_count() or 1:,} "
            "processors, and more processes than these gain nothing"
        )
    return operator.index(jobs)
