"""A simulated radiomics cohort, and the population from which fresh cases can be drawn.

The features have the names and the correlation of pyradiomics' tables: one group of shape features, and the same 91
intensity and texture features on each of 18 filtered images. A feature is the sum of

- a *size* factor of the case, which everything in radiomics depends on;
- a *shared* factor of its block (a few features of one family), the same on all images;
- a *local* factor of its block on its image;
- noise of its own;

then bent to the right by a factor of its own (many texture features are skewed) and put in standard units of the
population. Some shared factors carry the outcome: their mean is higher in the positive class.

Only additions, products and comparisons of 32-bit numbers act on the stream of normal numbers, no matrix products and
no exponentials, so that a seed gives the same bits whatever the threads and the processor.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from varbench.data.dataset import Data, Floats, Integers
from varbench.data.population import Simulated, shift_of
from varbench.seeds import generator

Singles = npt.NDArray[np.float32]

#: The families of features, with pyradiomics' names; shape is measured once, the others on every image.
SHAPE = """
    Elongation Flatness LeastAxisLength MajorAxisLength Maximum2DDiameterColumn Maximum2DDiameterRow
    Maximum2DDiameterSlice Maximum3DDiameter MeshVolume MinorAxisLength Sphericity SurfaceArea SurfaceVolumeRatio
    VoxelVolume
"""
FAMILIES = {
    "firstorder": """
        10Percentile 90Percentile Energy Entropy InterquartileRange Kurtosis Maximum Mean MeanAbsoluteDeviation Median
        Minimum Range RobustMeanAbsoluteDeviation RootMeanSquared Skewness TotalEnergy Uniformity Variance
    """,
    "glcm": """
        Autocorrelation ClusterProminence ClusterShade ClusterTendency Contrast Correlation DifferenceAverage
        DifferenceEntropy DifferenceVariance Id Idm Idmn Idn Imc1 Imc2 InverseVariance JointAverage JointEnergy
        JointEntropy MaximumProbability SumEntropy SumSquares
    """,
    "glrlm": """
        GrayLevelNonUniformity GrayLevelNonUniformityNormalized GrayLevelVariance HighGrayLevelRunEmphasis
        LongRunEmphasis LongRunHighGrayLevelEmphasis LongRunLowGrayLevelEmphasis LowGrayLevelRunEmphasis RunEntropy
        RunLengthNonUniformity RunLengthNonUniformityNormalized RunPercentage RunVariance ShortRunEmphasis
        ShortRunHighGrayLevelEmphasis ShortRunLowGrayLevelEmphasis
    """,
    "glszm": """
        GrayLevelNonUniformity GrayLevelNonUniformityNormalized GrayLevelVariance HighGrayLevelZoneEmphasis
        LargeAreaEmphasis LargeAreaHighGrayLevelEmphasis LargeAreaLowGrayLevelEmphasis LowGrayLevelZoneEmphasis
        SizeZoneNonUniformity SizeZoneNonUniformityNormalized SmallAreaEmphasis SmallAreaHighGrayLevelEmphasis
        SmallAreaLowGrayLevelEmphasis ZoneEntropy ZonePercentage ZoneVariance
    """,
    "gldm": """
        DependenceEntropy DependenceNonUniformity DependenceNonUniformityNormalized DependenceVariance
        GrayLevelNonUniformity GrayLevelVariance HighGrayLevelEmphasis LargeDependenceEmphasis
        LargeDependenceHighGrayLevelEmphasis LargeDependenceLowGrayLevelEmphasis LowGrayLevelEmphasis
        SmallDependenceEmphasis SmallDependenceHighGrayLevelEmphasis SmallDependenceLowGrayLevelEmphasis
    """,
    "ngtdm": "Busyness Coarseness Complexity Contrast Strength",
}
#: The first 18 images; a table with more features goes on with wider Laplacians of Gaussians.
IMAGES = (
    "original",
    *(f"wavelet-{band}" for band in ("LLL", "LLH", "LHL", "LHH", "HLL", "HLH", "HHL", "HHH")),
    *("square", "squareroot", "logarithm", "exponential"),
    *(f"log-sigma-{sigma}-0-mm-3D" for sigma in range(1, 6)),
)
_CHUNK = 64  # rows that are worked on together: they stay in the processor's cache, and change no number
_SHARES = ((0.1, 0.6), (0.03, 0.12), (0.01, 0.08))  # of the variance: size, local factor, noise
_BENT, _BEND = 0.75, 3.0  # the share of features that are skewed, and the strongest bend


@dataclass(frozen=True)
class SimulatedRadiomics(Simulated):
    r"""A population of patients with radiomics-like features and a weak, known signal.

    Parameters
    ----------
    n_cases : int
        Cases of a cohort.
    n_positive : int
        Positive cases of a cohort, exactly.
    n_features : int
        Features of a case; 1652 are 14 of shape and 91 on each of 18 images.
    strength : float
        The AUC of an observer who sees the factors that carry the outcome themselves, free of noise; .5 is no
        signal. No procedure that sees the features can do better in expectation. With :math:`m` informative factors
        whose means differ by :math:`d` standard deviations between the classes, it is
        :math:`\Phi(d \sqrt{m / 2})`. At the defaults, .72, one informative factor alone has .63, and the pipeline of
        the study ``oversampling``, fitted on two thirds of a cohort in the correct order, .59 on fresh cases
        (mean over 30 cohorts, standard error .007).
    n_informative : int
        How many shared factors carry the outcome, each alike.
    block_size : int
        Features of a block, at most.
    structure : int
        Which population: another number draws other loadings and other informative factors.

    Raises
    ------
    varbench.errors.InputError
        Where a parameter is out of its range.

    Examples
    --------
    >>> population = SimulatedRadiomics()
    >>> population.cohort(seed=0)
    Data('simulated-radiomics', 137 cases x 1652 features, 24 'positive', simulated)
    >>> population.sample(1000, seed=0).y.sum()
    np.int64(175)
    """

    n_cases: int = 137
    n_positive: int = 24
    n_features: int = 1652
    strength: float = 0.72
    n_informative: int = 3
    block_size: int = 6
    structure: int = 0

    _NAME: ClassVar[str] = "simulated-radiomics"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._need(self.n_features >= 1, "n_features", "1 or greater")
        self._need_strength()
        self._need(self.block_size >= 1, "block_size", "1 or greater")
        self._need(self.structure >= 0, "structure", "0 or greater")
        factors = _structure(self).n_shared
        self._need(
            1 <= self.n_informative <= factors, "n_informative", f"in 1 ... {factors}, the number of blocks"
        )

    @property
    def prevalence(self) -> float:
        """The share of positive cases."""
        return self.n_positive / self.n_cases

    @property
    def shift(self) -> float:
        """By how many standard deviations an informative factor's mean differs between the classes."""
        return shift_of(self.strength, self.n_informative)

    @property
    def ceiling(self) -> float:
        """The AUC of who sees the factors themselves: no procedure can exceed it on fresh cases, in expectation."""
        return self.strength

    def _draw(self, y: Integers, rng: np.random.Generator, *, fresh: bool) -> Data:
        structure = _structure(self)
        X = structure.features(*structure.factors(y, np.float32(self.shift), rng), rng)
        return self._data(X, y, structure.names)

    def _describe(self) -> tuple[str, str]:
        return (
            f"Simulated radiomics: {self.n_features} correlated features, {self.n_positive} of {self.n_cases} positive",
            f"An observer of the informative factors has an AUC of {self.strength:g}.",
        )


@dataclass(frozen=True, eq=False)
class _Structure:
    """The population's fixed numbers: one entry a feature, but for ``informative``, indices of shared factors."""

    names: tuple[str, ...]
    shared: Integers
    local: Integers
    n_shared: int
    n_local: int
    informative: Integers
    size_loading: Singles
    shared_loading: Singles
    local_loading: Singles
    noise_loading: Singles
    bend: Singles
    centre: Singles
    scale: Singles

    def factors(
        self, y: Integers, shift: np.float32, rng: np.random.Generator
    ) -> tuple[Singles, Singles, Singles]:
        """Size (case,), shared factors (case, block) and local factors (case, block on an image)."""
        size = rng.standard_normal(len(y), dtype=np.float32)
        shared = rng.standard_normal((len(y), self.n_shared), dtype=np.float32)
        local = rng.standard_normal((len(y), self.n_local), dtype=np.float32)
        shared[np.ix_(y == 1, self.informative)] += shift
        return size, shared, local

    def features(self, size: Singles, shared: Singles, local: Singles, rng: np.random.Generator) -> Floats:
        """Features (case, feature) from the factors, in chunks of rows."""
        X = np.empty((len(size), len(self.names)))
        for start in range(0, len(size), _CHUNK):
            rows = slice(start, start + _CHUNK)
            part = rng.standard_normal((len(size[rows]), len(self.names)), dtype=np.float32)
            part *= self.noise_loading
            part += shared[rows][:, self.shared] * self.shared_loading
            part += local[rows][:, self.local] * self.local_loading
            part += size[rows, None] * self.size_loading
            # z (1 + bend * max(z, 0)): rises with z everywhere, and stretches the upper half
            stretch = np.maximum(part, np.float32(0))
            stretch *= self.bend
            stretch += np.float32(1)
            part *= stretch
            part -= self.centre
            part *= self.scale
            X[rows] = part
        return X


@lru_cache(maxsize=8)
def _structure(population: SimulatedRadiomics) -> _Structure:
    names, shared, local = _blocks(population.n_features, population.block_size)
    rng = generator(population.structure, "population", step=population.name)
    n, n_shared = len(names), int(shared.max()) + 1
    # Shares of a feature's variance; what the other three leave is the shared factor's. They are chosen so that the
    # correlations, the skewness and the number of strong principal components are like those of real tables.
    of_size, of_local, of_noise = (rng.uniform(low, high, n) for low, high in _SHARES)
    of_shared = 1 - of_size - of_local - of_noise
    signs = rng.choice([-1.0, 1.0], size=(2, n))
    loading = (signs[0] * np.sqrt(of_size), signs[1] * np.sqrt(of_shared), signs[1] * np.sqrt(of_local))
    noise = np.sqrt(of_noise)
    bend = np.where(rng.random(n) < _BENT, rng.uniform(0, _BEND, n), 0.0)
    centre, deviation = _bent_moments(bend)
    order = rng.permutation(n_shared)
    single = [a.astype(np.float32) for a in (*loading, noise, bend, centre, 1 / deviation)]
    return _Structure(
        names,
        shared,
        local,
        n_shared,
        int(local.max()) + 1,
        np.sort(order[: population.n_informative]),
        *single,
    )


def _bent_moments(bend: Floats) -> tuple[Floats, Floats]:
    """Mean and SD of z (1 + bend * max(z, 0)) for a standard normal z, by its half moments."""
    second, third, fourth = 0.5, np.sqrt(2 / np.pi), 1.5  # E max(z, 0)^k for k = 2, 3, 4
    mean = second * bend
    square = 1 + 2 * bend * third + bend**2 * fourth
    return mean, np.sqrt(square - mean**2)


def _blocks(n_features: int, block_size: int) -> tuple[tuple[str, ...], Integers, Integers]:
    """Names of the first features, and for each the number of its shared and of its local factor."""
    names: list[str] = [f"original_shape_{feature}" for feature in SHAPE.split()]
    shared = [i // block_size for i in range(len(names))]
    local = list(shared)
    first_shared, next_local, image = shared[-1] + 1, local[-1] + 1, 0
    while len(names) < n_features:
        title = IMAGES[image] if image < len(IMAGES) else f"log-sigma-{image - len(IMAGES) + 6}-0-mm-3D"
        next_shared = first_shared
        for family, text in FAMILIES.items():
            features = text.split()
            names += [f"{title}_{family}_{feature}" for feature in features]
            shared += [next_shared + i // block_size for i in range(len(features))]
            local += [next_local + i // block_size for i in range(len(features))]
            next_shared, next_local = shared[-1] + 1, local[-1] + 1
        image += 1
    cut = slice(0, n_features)
    return tuple(names[cut]), np.array(shared[cut]), np.array(local[cut])
