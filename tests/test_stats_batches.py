"""What the batch alone tells: against the AUC of the very ranking, and the published figure."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from varbench.errors import StatisticsError
from varbench.stats import auc_of_batches, in_halves, two_sites


def test_the_two_site_formula_is_the_auc_of_the_site() -> None:
    site = np.repeat([1, 0, 1, 0], [30, 10, 20, 60])
    y = np.repeat([1, 1, 0, 0], [30, 10, 20, 60])
    assert two_sites(30 / 40, 20 / 80) == pytest.approx(roc_auc_score(y, site))


@pytest.mark.parametrize("seed", range(5))
def test_the_auc_of_batches_is_that_of_ranking_by_their_shares(seed: int) -> None:
    rng = np.random.default_rng(seed)
    positives, negatives = rng.integers(0, 6, (2, 8)) + 0
    positives[0], negatives[1] = 3, 2
    share = positives / np.maximum(positives + negatives, 1)
    y = np.repeat(np.tile([1, 0], (8, 1)), np.column_stack([positives, negatives]).ravel())
    score = np.repeat(np.repeat(share, 2), np.column_stack([positives, negatives]).ravel())
    assert auc_of_batches(positives, negatives) == pytest.approx(roc_auc_score(y, score))


def test_of_two_batches_all_say_the_same() -> None:
    a, b = in_halves([3, 40], [50, 10])
    assert (a, b) == (40 / 43, 10 / 60)
    assert auc_of_batches([3, 40], [50, 10]) == pytest.approx(two_sites(a, b))


@pytest.mark.parametrize("function", [auc_of_batches, in_halves])
def test_a_class_without_a_case(function) -> None:
    with pytest.raises(StatisticsError, match="both classes must have a case"):
        function([0, 0], [3, 4])


@pytest.mark.parametrize("shares", [(1.2, 0.3), (0.9, -0.1), (float("nan"), 0.2), ("a", 0.2)])
def test_what_is_no_share_is_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(StatisticsError, match=r"two shares in \[0, 1\] are needed"):
        two_sites(*shares)
