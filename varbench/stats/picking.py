"""The best of several: what picking alone gives, without any difference to be found."""

from __future__ import annotations

import math

from scipy import integrate
from scipy import stats as distributions

from varbench.errors import StatisticsError

#: Beyond so many standard deviations the density of a normal number is 0 to double precision.
_FAR = 39.0


def expected_maximum(k: int) -> float:
    r"""How far above their mean is the best of k equal candidates, in standard deviations?

    Parameters
    ----------
    k : int
        Independent normal scores with one mean and one standard deviation; 1 or more.

    Returns
    -------
    float
        The expected maximum of k standard normal numbers, exact to about 1e-10.

    Raises
    ------
    StatisticsError
        If `k` is not a whole number from 1 on.

    Notes
    -----
    :math:`\int x\, k\, \varphi(x)\, \Phi(x)^{k-1}\, dx` (David & Nagaraja 2003, Order Statistics,
    doi:10.1002/0471722162, section 3.1), by quadrature. :math:`\sqrt{2 \ln k}`, which is often taken for it, is a
    bound.
    Candidates that share what they were scored on are correlated; then it holds for the standard deviation *among*
    them, and not for that of one of them over new data.

    Examples
    --------
    >>> round(expected_maximum(10), 2), round(expected_maximum(100), 2)
    (1.54, 2.51)
    """
    if isinstance(k, bool) or not hasattr(k, "__index__") or k < 1:
        raise StatisticsError(f"k={k!r}: must be a whole number of candidates, 1 or more")
    if k == 1:
        return 0.0

    def integrand(x: float) -> float:
        # In logarithms: the powers of a large k are below the smallest double.
        return x * k * math.exp(distributions.norm.logpdf(x) + (k - 1) * distributions.norm.logcdf(x))

    middle = float(distributions.norm.ppf(0.5 ** (1 / k)))  # the median of the maximum
    parts = [
        integrate.quad(integrand, low, high, epsabs=1e-13, epsrel=1e-12, limit=200)[0]
        for low, high in ((-_FAR, middle), (middle, middle + 10))
    ]
    return float(sum(parts))
