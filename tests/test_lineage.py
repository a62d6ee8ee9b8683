"""Rows keep where they come from: copies, relatives, parents and weights, against what is known of the samplers."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.base import BaseSampler
from imblearn.combine import SMOTEENN, SMOTETomek
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE, RandomOverSampler
from imblearn.under_sampling import (
    ClusterCentroids,
    EditedNearestNeighbours,
    NearMiss,
    RandomUnderSampler,
    TomekLinks,
)
from sklearn.cluster import KMeans

from varbench.procedure.lineage import Lineage, Origin, resampled


def table(n=(40, 12), n_features=5, seed=0):
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(len(n)), n)
    X = rng.normal(size=(len(y), n_features)) + y[:, None]
    order = rng.permutation(len(y))
    return X[order], y[order]


def follow(sampler, X, y, lineage=None):
    return resampled(sampler, X, y, lineage or Lineage.identity(len(X)))


class Recording(SMOTE):
    """A SMOTE that writes down which two rows it goes between."""

    def _make_samples(self, X, y_dtype, y_type, nn_data, nn_num, n_samples, *args, **kwargs):
        self.of_class = nn_data
        return super()._make_samples(X, y_dtype, y_type, nn_data, nn_num, n_samples, *args, **kwargs)

    def _generate_samples(self, X, nn_data, nn_num, rows, cols, steps, *args):
        self.pairs = [frozenset((int(a), int(nn_num[a, c]))) for a, c in zip(rows, cols, strict=True)]
        self.steps = np.ravel(steps)
        return super()._generate_samples(X, nn_data, nn_num, rows, cols, steps, *args)


class Jitter(BaseSampler):
    """Makes rows that lie nowhere in particular, and does not say of what."""

    _sampling_type = "over-sampling"
    _parameter_constraints: dict = {}  # noqa: RUF012

    def __init__(self, sampling_strategy="auto"):
        self.sampling_strategy = sampling_strategy

    def _fit_resample(self, X, y):
        rare = np.flatnonzero(y == 1)
        return np.vstack([X, X[rare] + 10.0 + rare[:, None]]), np.append(y, y[rare])


class Reversing(BaseSampler):
    """Hands back the same rows backwards, with indices."""

    _sampling_type = "over-sampling"
    _parameter_constraints: dict = {}  # noqa: RUF012

    def __init__(self, sampling_strategy="auto", indices=True):
        self.sampling_strategy = sampling_strategy
        self.indices = indices

    def _fit_resample(self, X, y):
        backwards = np.arange(len(X))[::-1]
        if self.indices:
            self.sample_indices_ = backwards
        return X[backwards], y[backwards]


class TestUntouched:
    def test_every_row_is_its_own_sample(self):
        lineage = Lineage.identity(6)
        assert lineage.sample().tolist() == lineage.nearest().tolist() == list(range(6))
        assert [part.tolist() for part in lineage.parents()] == [[-1] * 6, [-1] * 6]
        assert lineage.weights().tolist() == [1.0] * 6

    def test_nothing_is_related(self):
        copies, relatives = Lineage.identity(6).related(np.arange(3), np.arange(3, 6))
        assert not copies.any()
        assert not relatives.any()

    def test_taken_rows_keep_their_samples(self):
        lineage = Lineage.identity(6).take(np.array([4, 1, 1]))
        assert lineage.sample().tolist() == [4, 1, 1]


class TestRandomOverSampler:
    def test_samples_are_its_indices(self):
        X, y = table()
        sampler = RandomOverSampler(random_state=3)
        new_X, new_y, lineage = follow(sampler, X, y)
        assert np.array_equal(lineage.sample(), sampler.sample_indices_)
        assert (lineage.origin == Origin.SAMPLE).all()
        assert np.array_equal(new_X, X[lineage.sample()])
        assert np.array_equal(new_y, y[lineage.sample()])

    def test_all_rows_of_a_sample_weigh_one_together_and_prevalence_returns(self):
        X, y = table()
        sampler = RandomOverSampler(random_state=3)
        _, new_y, lineage = follow(sampler, X, y)
        weight = lineage.weights()
        assert np.allclose(np.bincount(sampler.sample_indices_, weight), 1, atol=1e-12)
        assert np.mean(new_y == 1) == pytest.approx(0.5)
        assert np.average(new_y == 1, weights=weight) == pytest.approx(np.mean(y == 1), abs=1e-12)
        copies = Counter(sampler.sample_indices_.tolist())
        assert np.allclose(weight, [1 / copies[i] for i in sampler.sample_indices_.tolist()], atol=1e-12)

    def test_with_shrinkage_the_rows_are_new(self):
        """They have indices all the same."""
        X, y = table()
        sampler = RandomOverSampler(random_state=3, shrinkage=0.5)
        new_X, _, lineage = follow(sampler, X, y)
        as_it_was = np.array(
            [(row == X[i]).all() for row, i in zip(new_X, sampler.sample_indices_, strict=True)]
        )
        assert 0 < as_it_was.sum() < len(new_X)
        assert np.array_equal(lineage.origin == Origin.SAMPLE, as_it_was)
        assert (lineage.origin[~as_it_was] == Origin.DERIVED).all()
        assert np.array_equal(lineage.sample(), np.where(as_it_was, sampler.sample_indices_, -1))
        assert np.array_equal(lineage.nearest(), sampler.sample_indices_)
        first, second = lineage.parents()
        assert np.array_equal(first, np.where(as_it_was, -1, sampler.sample_indices_))
        assert (second == -1).all()

    def test_rows_with_missing_values_are_copies_too(self):
        """RandomOverSampler takes NaN; NaN is not equal to itself, the row is."""
        X, y = table()
        X[np.random.default_rng(1).random(X.shape) < 0.2] = np.nan
        sampler = RandomOverSampler(random_state=3)
        _, _, lineage = follow(sampler, X, y)
        assert np.array_equal(lineage.sample(), sampler.sample_indices_)

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.integers(2, 15), min_size=2, max_size=4), st.integers(0, 1000))
    def test_weights_bring_every_class_back(self, sizes, seed):
        X, y = table(tuple(sizes), seed=seed)
        sampler = RandomOverSampler(random_state=seed)
        _, new_y, lineage = follow(sampler, X, y)
        weight = lineage.weights()
        assert np.allclose(np.bincount(lineage.sample(), weight, minlength=len(y)), 1, atol=1e-9)
        assert np.allclose(np.bincount(new_y, weight), sizes, atol=1e-9)


class TestSmote:
    def test_the_parents_are_right(self):
        X, y = table((240, 60), n_features=6)
        sampler = Recording(random_state=0)
        new_X, _, lineage = follow(sampler, X, y)
        cases = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in sampler.of_class]
        truth = [frozenset(cases[i] for i in pair) for pair in sampler.pairs]
        made = np.arange(len(X), len(new_X))
        assert len(made) == len(truth) == 180
        first, second = lineage.parents()
        got = [frozenset((int(first[row]), int(second[row]))) for row in made]
        assert sum(a == b for a, b in zip(got, truth, strict=True)) == 180
        assert (lineage.origin[made] == Origin.DERIVED).all()
        assert (lineage.sample()[made] == -1).all()

    def test_the_shares_put_the_row_together_again(self):
        X, y = table((60, 20), n_features=6)
        new_X, _, lineage = follow(SMOTE(random_state=1), X, y)
        assert np.allclose(lineage.matrix @ X, new_X, atol=1e-8)
        assert np.allclose(np.asarray(lineage.matrix.sum(axis=1)).ravel(), 1, atol=1e-12)
        assert lineage.matrix.min() >= 0

    def test_the_first_parent_is_the_nearer(self):
        X, y = table((60, 20), n_features=6)
        new_X, _, lineage = follow(SMOTE(random_state=1), X, y)
        first, second = lineage.parents()
        made = np.flatnonzero(lineage.origin == Origin.DERIVED)
        to_first, to_second = (
            np.linalg.norm(new_X[made] - X[part[made]], axis=1) for part in (first, second)
        )
        assert (to_first <= to_second * (1 + 1e-6)).all()
        assert np.array_equal(lineage.nearest()[made], first[made])

    def test_the_rows_that_were_there_are_samples(self):
        X, y = table()
        _, _, lineage = follow(SMOTE(random_state=1), X, y)
        assert lineage.sample()[: len(X)].tolist() == list(range(len(X)))

    def test_weights_return_the_prevalence(self):
        X, y = table((60, 20), n_features=6)
        _, new_y, lineage = follow(SMOTE(random_state=1), X, y)
        assert np.allclose(np.bincount(new_y, lineage.weights()), [60, 20], atol=1e-9)

    def test_equal_patients_stay_two_patients(self):
        """Two patients with equal features: each row keeps its own sample."""
        X, y = table()
        same = np.flatnonzero(y == 0)[:2]
        X[same[1]] = X[same[0]]
        _, _, lineage = follow(SMOTE(random_state=1), X, y)
        assert lineage.sample()[: len(X)].tolist() == list(range(len(X)))
        assert np.bincount(lineage.sample()[: len(X)], minlength=len(X)).tolist() == [1] * len(X)

    def test_equal_patients_of_two_classes_are_not_mixed_up(self):
        X, y = table()
        a, b = np.flatnonzero(y == 0)[0], np.flatnonzero(y == 1)[0]
        X[b] = X[a]
        _, new_y, lineage = follow(SMOTE(random_state=1), X, y)
        sample = lineage.sample()
        known = sample >= 0
        assert np.array_equal(y[sample[known]], new_y[known])

    @pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
    def test_scale_and_place_do_not_matter(self, scale):
        X, y = table((60, 20), n_features=6)
        plain, moved = SMOTE(random_state=1), SMOTE(random_state=1)
        first = follow(plain, X, y)[2]
        second = follow(moved, X * scale + 3 * scale, y)[2]
        assert (second.origin == first.origin).all()
        assert np.array_equal(second.parents()[0], first.parents()[0])
        assert np.array_equal(second.parents()[1], first.parents()[1])

    def test_features_on_very_different_scales(self):
        """Radiomics tables hold features of 1e-4 beside features of 1e9."""
        X, y = table((60, 20), n_features=6)
        X = X * np.array([1e-4, 1e-2, 1.0, 1e3, 1e6, 1e9])
        sampler = Recording(random_state=0)
        _, _, lineage = follow(sampler, X, y)
        cases = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in sampler.of_class]
        truth = [frozenset(cases[i] for i in pair) for pair in sampler.pairs]
        first, second = (part[len(X) :] for part in lineage.parents())
        got = [frozenset(map(int, pair)) for pair in zip(first, second, strict=True)]
        assert np.mean([a == b for a, b in zip(got, truth, strict=True)]) > 0.95


@pytest.mark.parametrize(
    "sampler", [BorderlineSMOTE(random_state=0), ADASYN(random_state=0)], ids=lambda s: type(s).__name__
)
def test_cousins_of_smote_lie_between_two_of_their_class(sampler):
    X, y = table((60, 20), n_features=6)
    X = X - 0.5 * y[:, None]  # classes overlap, so that there is a border
    new_X, new_y, lineage = follow(sampler, X, y)
    made = np.flatnonzero(lineage.sample() < 0)
    assert len(made) > 10
    assert (lineage.origin[made] == Origin.DERIVED).all()
    first, second = lineage.parents()
    assert (y[first[made]] == new_y[made]).all()
    assert (y[second[made]] == new_y[made]).all()
    assert np.allclose(lineage.matrix @ X, new_X, atol=1e-8)


@pytest.mark.parametrize(
    "sampler",
    [
        RandomUnderSampler(random_state=0),
        NearMiss(),
        TomekLinks(),
        EditedNearestNeighbours(),
    ],
    ids=lambda s: type(s).__name__,
)
def test_what_an_undersampler_keeps_are_samples(sampler):
    X, y = table((40, 12))
    X = X - 0.7 * y[:, None]
    new_X, new_y, lineage = follow(sampler, X, y)
    assert len(new_X) < len(X)
    assert np.array_equal(lineage.sample(), sampler.sample_indices_)
    assert np.array_equal(X[lineage.sample()], new_X)
    assert np.array_equal(y[lineage.sample()], new_y)
    assert lineage.weights().tolist() == [1.0] * len(new_X)  # each counts once; who is gone, does not


@pytest.mark.parametrize(
    "sampler", [SMOTETomek(random_state=0), SMOTEENN(random_state=0)], ids=lambda s: type(s).__name__
)
def test_combinations_are_followed_by_their_values(sampler):
    X, y = table((40, 12), n_features=6)
    X = X - 0.6 * y[:, None]
    new_X, new_y, lineage = follow(sampler, X, y)
    sample = lineage.sample()
    known = sample >= 0
    assert np.array_equal(X[sample[known]], new_X[known])
    assert (lineage.origin[~known] == Origin.DERIVED).all()
    assert np.allclose(lineage.matrix @ X, new_X, atol=1e-8)
    assert len(new_y) == len(lineage.origin)


def test_means_of_clusters_are_related_to_their_class_alone():
    X, y = table((40, 12))
    _, new_y, lineage = follow(ClusterCentroids(estimator=KMeans(n_init=1, random_state=0)), X, y)
    majority = np.flatnonzero(new_y == 0)
    unknown = majority[lineage.origin[majority] == Origin.UNKNOWN]
    assert len(unknown)
    related = lineage.matrix[unknown].toarray() > 0
    assert (related == (y == 0)).all()


class TestUnknown:
    def test_rows_from_nowhere_are_related_to_their_whole_class(self):
        X, y = table((20, 6))
        _, new_y, lineage = follow(Jitter(), X, y)
        made = np.arange(len(X), len(new_y))
        assert (lineage.origin[made] == Origin.UNKNOWN).all()
        assert (lineage.sample()[made] == -1).all()
        assert (lineage.nearest()[made] == -1).all()
        assert [(part[made] == -1).all() for part in lineage.parents()] == [True, True]
        copies, relatives = lineage.related(np.flatnonzero(y == 1)[:1], made)
        assert not copies.any()
        assert relatives.all()
        copies, relatives = lineage.related(np.flatnonzero(y == 0), made)
        assert not copies.any()
        assert not relatives.any()

    def test_and_the_class_to_them(self):
        X, y = table((20, 6))
        _, new_y, lineage = follow(Jitter(), X, y)
        made = np.arange(len(X), len(new_y))
        copies, relatives = lineage.related(made[:1], np.arange(len(X)))
        assert not copies.any()
        assert np.array_equal(relatives, y == 1)

    def test_weights_return_the_prevalence_all_the_same(self):
        X, y = table((20, 6))
        _, new_y, lineage = follow(Jitter(), X, y)
        assert np.allclose(np.bincount(new_y, lineage.weights()), [20, 6], atol=1e-9)

    def test_a_copy_of_an_unknown_row_is_unknown(self):
        X, y = table((20, 6))
        new_X, new_y, lineage = follow(Jitter(), X, y)
        sampler = RandomOverSampler(random_state=0)
        _, _, again = follow(sampler, new_X, new_y, lineage)
        assert np.array_equal(again.origin, lineage.origin[sampler.sample_indices_])


class TestOneAfterTheOther:
    def test_copies_of_copies(self):
        X, y = table((30, 10))
        first, second = RandomOverSampler(random_state=0), RandomUnderSampler(random_state=1)
        X1, y1, lineage = follow(first, X, y)
        X2, _, lineage = follow(second, X1, y1, lineage)
        truth = first.sample_indices_[second.sample_indices_]
        assert np.array_equal(lineage.sample(), truth)
        copies = Counter(truth.tolist())
        assert np.allclose(lineage.weights(), [1 / copies[i] for i in truth.tolist()])
        assert np.array_equal(X2, X[truth])

    def test_a_copy_of_a_derived_row_is_derived(self):
        X, y = table((30, 10), n_features=6)
        X1, y1, lineage = follow(SMOTE(random_state=0, sampling_strategy={1: 20}), X, y)
        sampler = RandomOverSampler(random_state=1)
        _, _, again = follow(sampler, X1, y1, lineage)
        assert np.array_equal(again.origin, lineage.origin[sampler.sample_indices_])
        assert np.array_equal(again.parents()[0], lineage.parents()[0][sampler.sample_indices_])

    def test_between_copies_of_samples(self):
        """SMOTE after random oversampling: a row between two copies of one sample is that sample's relative."""
        X, y = table((30, 5), n_features=6)
        X1, y1, lineage = follow(RandomOverSampler(random_state=0, sampling_strategy={1: 15}), X, y)
        new_X, new_y, again = follow(SMOTE(random_state=1), X1, y1, lineage)
        assert np.allclose(again.matrix @ X, new_X, atol=1e-8)
        assert (again.origin != Origin.UNKNOWN).all()
        assert np.allclose(np.bincount(new_y, again.weights()), [30, 5], atol=1e-9)


class TestOrder:
    @pytest.mark.parametrize("indices", [True, False])
    def test_rows_may_come_back_in_another_order(self, indices):
        X, y = table()
        _, _, lineage = follow(Reversing(indices=indices), X, y)
        assert lineage.sample().tolist() == list(range(len(X)))[::-1]


def loop_over_ids(sample, train, test):
    """Copies as one would count them by hand."""
    trained = {int(s) for s in sample[train]}
    return [int(s) in trained for s in sample[test]]


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 12), st.integers(12, 30), st.integers(0, 10_000))
def test_copies_across_a_split_as_counted_by_hand(rare, common, seed):
    X, y = table((common, rare), seed=seed)
    sampler = RandomOverSampler(random_state=seed)
    _, new_y, lineage = follow(sampler, X, y)
    rows = np.random.default_rng(seed).permutation(len(new_y))
    train, test = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    copies, relatives = lineage.related(train, test)
    assert copies.tolist() == loop_over_ids(sampler.sample_indices_, train, test)
    assert not relatives.any()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_relatives_across_a_split_as_counted_by_hand(seed):
    X, y = table((24, 8), n_features=6, seed=seed)
    sampler = Recording(random_state=seed)
    sampler.set_params(k_neighbors=3)
    new_X, _, lineage = follow(sampler, X, y)
    cases = [int(np.flatnonzero((row == X).all(axis=1))[0]) for row in sampler.of_class]
    ancestors = [{i} for i in range(len(X))] + [{cases[i] for i in pair} for pair in sampler.pairs]
    rows = np.random.default_rng(seed).permutation(len(new_X))
    train, test = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    trained = set().union(*(ancestors[row] for row in train))
    copies, relatives = lineage.related(train, test)
    assert not copies.any()
    assert relatives.tolist() == [bool(ancestors[row] & trained) for row in test]


def test_a_relative_is_not_a_copy_and_a_copy_no_relative():
    X, y = table((24, 8), n_features=6)
    X1, y1, lineage = follow(SMOTE(random_state=0, sampling_strategy={1: 16}), X, y)
    _, _, lineage = follow(RandomOverSampler(random_state=0), X1, y1, lineage)
    train = np.arange(0, len(lineage.origin), 2)
    test = np.arange(1, len(lineage.origin), 2)
    copies, relatives = lineage.related(train, test)
    assert copies.any()
    assert relatives.any()
    assert not (copies & relatives).any()


def test_a_copy_of_a_made_row_is_related_to_it():
    """Two equal synthetic rows on both sides of a split are as bad as two equal samples: never nothing."""
    X, y = table((24, 8), n_features=6)
    X1, _, lineage = follow(SMOTE(random_state=0, sampling_strategy={1: 16}), X, y)
    row = len(X1) - 1
    twice = lineage.take(np.array([row, row]))
    copies, relatives = twice.related(np.array([0]), np.array([1]))
    assert (copies | relatives).tolist() == [True]
