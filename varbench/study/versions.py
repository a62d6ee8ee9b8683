"""Versions of the libraries: those that may change a score are settings, the others provenance."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from varbench.accelerate import FAST

#: Packages whose version may change a score; they are settings.
NUMERIC_PACKAGES = ("numpy", "scikit-learn", "imbalanced-learn")


def numeric_versions(forest_engine: str) -> dict[str, str]:
    """Give the versions of the packages that may change a score; the fast forest's only where it runs."""
    found = {}
    for package in (*NUMERIC_PACKAGES, *((FAST,) if forest_engine == FAST else ())):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def environment() -> dict[str, str]:
    """Give what else there is to know about where a cube was made."""
    packages = ("varbench", "scipy", "pandas", "xarray", "zarr", "joblib")
    found = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
    }
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
