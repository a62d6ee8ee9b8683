"""Wilson's interval of a share, for arrays, and for numbers of cases that need not be whole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from varbench.stats.samples import Floats


def score_interval(
    share: npt.ArrayLike, n: npt.ArrayLike, confidence_level: float = 0.95
) -> tuple[Floats, Floats]:
    """Where does a share lie, that was seen in as much as `n` independent cases?

    Parameters
    ----------
    share : array_like
        In [0, 1], any shape.
    n : array_like
        Greater than 0, a shape that goes with it. An effective number of cases is seldom whole.
    confidence_level : float
        In (0, 1).

    Returns
    -------
    low, high : ndarray of float64
        In [0, 1], with the share between them.

    Notes
    -----
    Wilson 1927, doi:10.1080/01621459.1927.10502953: all p with |share - p| <= z * sqrt(p (1 - p) / n).

    Examples
    --------
    >>> low, high = score_interval([81 / 263, 0.0], [263, 10])
    >>> low.round(4).tolist(), high.round(4).tolist()
    ([0.2553, 0.0], [0.3662, 0.2775])
    """
    share, n = np.asarray(share, np.float64), np.asarray(n, np.float64)
    z2 = float(special.ndtri((1 + confidence_level) / 2)) ** 2
    centre = share + z2 / (2 * n)
    half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2)))
    # Rounding must not put a bound beyond the share, nor beyond 0 and 1 where the share is one of them.
    low = np.minimum(np.maximum((centre - half) / (1 + z2 / n), 0.0), share)
    high = np.maximum(np.minimum((centre + half) / (1 + z2 / n), 1.0), share)
    return np.where(share == 0, 0.0, low), np.where(share == 1, 1.0, high)
