"""Data that need no file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.datasets import load_breast_cancer

from varbench.data.dataset import Data
from varbench.data.simulate import SimulatedRadiomics
from varbench.data.simulate_clinical import SimulatedClinical
from varbench.data.simulate_drift import SimulatedDrift
from varbench.data.simulate_halves import SimulatedHalves
from varbench.data.simulate_pairs import SimulatedPairs
from varbench.data.simulate_score import SimulatedScore
from varbench.data.simulate_sites import SimulatedSites
from varbench.data.simulate_strata import SimulatedStrata
from varbench.data.simulate_subjects import SimulatedSubjects
from varbench.seeds import seed as seed_of


def wdbc() -> Data:
    """Load the Wisconsin diagnostic breast cancer table that ships with scikit-learn.

    Returns
    -------
    Data
        569 cases, 30 features, 212 malignant (the positive class).
    """
    table = load_breast_cancer()
    info = {
        "title": "Wisconsin diagnostic breast cancer",
        "citation": "Street, Wolberg, Mangasarian 1993, Nuclear feature extraction for breast tumor diagnosis, "
        "Proc. SPIE 1905",
        "doi": "10.1117/12.148698",
        "licence": "CC BY 4.0",
        "url": "https://archive.ics.uci.edu/dataset/17",
        "access": "built in",
        "note": "Features of cell nuclei in fine-needle aspirates; easy, and not imbalanced.",
    }
    return Data(
        X=table.data,
        # scikit-learn codes malignant as 0; here the event is malignant
        y=1 - table.target,
        classes=("benign", "malignant"),
        feature_names=tuple(str(name) for name in table.feature_names),
        ids=np.arange(1, len(table.data) + 1).astype(np.str_),
        name="wdbc",
        info=info,
    )


def simulated_radiomics(seed: int) -> Data:
    """Draw the default cohort of the simulator: realization 0 of the source ``cohort``.

    Parameters
    ----------
    seed : int
        The study's seed.

    Returns
    -------
    Data
        With its population.
    """
    return SimulatedRadiomics().cohort(seed_of(seed, "cohort"))


def simulated_halves(seed: int) -> Data:
    """Draw the default cohort with two halves of the same worth: realization 0 of the source ``cohort``.

    Parameters
    ----------
    seed : int
        The study's seed.

    Returns
    -------
    Data
        With its population.
    """
    return SimulatedHalves().cohort(seed_of(seed, "cohort"))


#: Name -> function of the study's seed.
BUILDERS: dict[str, Callable[[int], Data]] = {
    "simulated-clinical": lambda seed: SimulatedClinical().cohort(seed_of(seed, "cohort")),
    "simulated-drift": lambda seed: SimulatedDrift().cohort(seed_of(seed, "cohort")),
    "simulated-halves": simulated_halves,
    "simulated-pairs": lambda seed: SimulatedPairs().cohort(seed_of(seed, "cohort")),
    "simulated-radiomics": simulated_radiomics,
    "simulated-score": lambda seed: SimulatedScore().cohort(seed_of(seed, "cohort")),
    "simulated-sites": lambda seed: SimulatedSites().cohort(seed_of(seed, "cohort")),
    "simulated-strata": lambda seed: SimulatedStrata().cohort(seed_of(seed, "cohort")),
    "simulated-subjects": lambda seed: SimulatedSubjects().cohort(seed_of(seed, "cohort")),
    "wdbc": lambda seed: wdbc(),
}
