"""On how many data sets: the published example, the definition written out, and error rates."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from varbench.errors import StatisticsError
from varbench.stats import adjust, partial_conjunction, replicability

# The example of the authors' own program (Dror et al. 2017): Bonferroni finds 1, Fisher 2, Holm the sixth.
PUBLISHED = [0.168, 0.297, 0.357, 0.019, 0.218, 0.001]


def test_the_published_example() -> None:
    found = replicability(PUBLISHED, names=[f"dataset{i}" for i in range(1, 7)])
    assert found.estimate == 1
    assert found.settings["which"] == ["dataset6"]
    assert replicability(PUBLISHED, combine="fisher").estimate == 2
    assert found.settings["k_fisher"] == 2


@pytest.mark.parametrize("combine", ["bonferroni", "fisher"])
def test_a_partial_conjunction_is_the_worst_of_all_intersections(combine: str) -> None:
    # "fewer than u" holds if some n - u + 1 are all null: its p-value is the largest over those intersections
    rng = np.random.default_rng(0)
    for _ in range(10):
        pvalues = rng.random(5) ** 3
        found = partial_conjunction(pvalues, combine)
        expected = []
        for u in range(1, 6):
            chosen = [np.array(some) for some in itertools.combinations(pvalues, 6 - u)]
            if combine == "bonferroni":
                each = [min(1.0, len(some) * some.min()) for some in chosen]
            else:
                each = [stats.combine_pvalues(some, method="fisher").pvalue for some in chosen]
            expected.append(max(each))
        assert found == pytest.approx(np.maximum.accumulate(expected), rel=1e-10)


def test_bonferroni_counts_as_many_as_holm_names() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        pvalues = rng.random(8) ** 4
        found = replicability(pvalues)
        assert found.estimate == len(found.settings["which"]) == (adjust(pvalues) <= 0.05).sum()


@pytest.mark.parametrize("combine", ["bonferroni", "fisher"])
def test_more_than_the_true_count_is_claimed_no_more_often_than_allowed(combine: str) -> None:
    rng, trials, wrong = np.random.default_rng(2), 1000, 0
    for _ in range(trials):
        pvalues = rng.random(6)
        pvalues[:2] = 1e-8  # a true effect on two of six
        wrong += (partial_conjunction(pvalues, combine) <= 0.05).sum() > 2
    assert wrong <= stats.binom.isf(0.001, trials, 0.05)


def test_u_and_level_change_the_answer() -> None:
    pvalues = [0.001, 0.004, 0.03, 0.5]
    assert replicability(pvalues).pvalue == pytest.approx(0.004)
    assert replicability(pvalues, u=3).pvalue == pytest.approx(0.06)
    assert replicability(pvalues).estimate == 2
    assert replicability(pvalues, confidence_level=0.9).estimate == 3


def test_a_certain_data_set_does_not_break_fishers_sum() -> None:
    assert partial_conjunction([0.0, 0.5], "fisher") == pytest.approx([0.0, 0.5])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"u": 0}, "u=0: must lie between 1 and the number of data sets, 6"),
        ({"u": 7}, "u=7"),
        ({"combine": "stouffer"}, "unknown combine"),
        ({"names": ["a"]}, "names has 1 entries for 6"),
    ],
)
def test_choices_are_checked(settings: dict[str, object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        replicability(PUBLISHED, **settings)


def test_a_missing_pvalue_is_refused() -> None:
    with pytest.raises(StatisticsError, match="1 missing values"):
        replicability([0.1, float("nan")])


def test_an_unknown_combination_is_refused_at_each_door() -> None:
    with pytest.raises(StatisticsError, match="unknown combine 'fischer'; did you mean fisher"):
        partial_conjunction([0.1], "fischer")
