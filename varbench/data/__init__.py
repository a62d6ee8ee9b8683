"""Data sets: what they are, where they come from, and how they are held against each other."""

from __future__ import annotations

from varbench.data.alignment import Alignment
from varbench.data.catalogue import fetch_data, list_data, show_data, verify_data
from varbench.data.dataset import Data, Population
from varbench.data.external import align
from varbench.data.frame import from_frame
from varbench.data.load import load_data
from varbench.data.members import Member, is_here, is_several, members_of
from varbench.data.simulate import SimulatedRadiomics
from varbench.data.simulate_clinical import SimulatedClinical
from varbench.data.simulate_drift import SimulatedDrift
from varbench.data.simulate_halves import SimulatedHalves
from varbench.data.simulate_pairs import SimulatedPairs
from varbench.data.simulate_score import SimulatedScore
from varbench.data.simulate_sites import SimulatedSites
from varbench.data.simulate_strata import SimulatedStrata
from varbench.data.simulate_subjects import SimulatedSubjects

__all__ = [
    "Alignment",
    "Data",
    "Member",
    "Population",
    "SimulatedClinical",
    "SimulatedDrift",
    "SimulatedHalves",
    "SimulatedPairs",
    "SimulatedRadiomics",
    "SimulatedScore",
    "SimulatedSites",
    "SimulatedStrata",
    "SimulatedSubjects",
    "align",
    "fetch_data",
    "from_frame",
    "is_here",
    "is_several",
    "list_data",
    "load_data",
    "members_of",
    "show_data",
    "verify_data",
]
