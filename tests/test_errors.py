"""What the errors are, and what the sentence about an unknown name says."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from varbench import errors
from varbench.errors import FetchError, MissingExtra, VarbenchError, unknown

KINDS = [
    kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == "varbench.errors"
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_caught_as_one(kind):
    assert issubclass(kind, VarbenchError)
    assert not issubclass(kind, ValueError | KeyError | TypeError)  # `except ValueError` must not swallow it


def test_a_failed_fetch_is_an_error_of_the_data():
    assert issubclass(FetchError, errors.DataError)


def test_a_missing_extra_says_what_to_install():
    with pytest.raises(MissingExtra, match=r"package torch.*python -m pip install 'varbench\[deep\]'"):
        raise MissingExtra("torch", "deep")


def test_an_extra_that_pip_cannot_build_at_once_says_what_comes_before():
    said = str(MissingExtra("radiomics", "radiomics"))
    first, last = said.index("versioneer"), said.index("'varbench[radiomics]'")
    assert first < said.index("--no-build-isolation pyradiomics==3.0.1") < last
    assert "Python 3.11 and a C compiler" in said


@pytest.mark.parametrize(
    ("name", "available", "nearest"),
    [
        ("f2", ["accuracy", "roc_auc", "f1"], "f1"),
        ("ROC_AUC", ["accuracy", "roc_auc", "f1"], "roc_auc"),  # only the case differs
        ("acuracy", ["f1", "balanced_accuracy", "accuracy"], "accuracy"),
        ("n_estimator", ["max_depth", "n_estimators"], "n_estimators"),
    ],
)
def test_the_nearest_name_comes_first(name, available, nearest):
    said = unknown("metric", name, available)
    assert said.startswith(f"unknown metric {name!r}; did you mean {nearest}")
    assert f"Available: {nearest}" in said
    assert all(other in said for other in available)


def test_nothing_is_proposed_where_nothing_is_near():
    said = unknown("metric", "zzz", ["accuracy", "f1"])
    assert "did you mean" not in said
    assert said == "unknown metric 'zzz'. Available: accuracy, f1"


def test_nothing_is_listed_where_there_is_nothing():
    assert unknown("batch", "zzz", []) == "unknown batch 'zzz'"


def test_a_long_list_is_cut_and_counted():
    names = [f"feature_{number:04d}" for number in range(2000)]
    said = unknown("column", "feature_1234x", iter(names))  # an iterator will do
    assert "did you mean feature_1234" in said
    assert "2000" in said
    assert len(said) < 400


def test_a_name_that_is_no_text_is_shown_too():
    assert unknown("fold", 7, ["0", "1"]).startswith("unknown fold '7'")


def test_a_name_that_stands_twice_is_listed_once():
    assert unknown("step", "x", ["scale", "scale", "forest"]).count("scale") == 1


@settings(deadline=None)
@given(st.text(max_size=20), st.lists(st.text(min_size=1, max_size=12), max_size=12))
def test_no_name_is_lost_and_none_is_invented(name, available):
    said = unknown("metric", name, available)
    assert said.startswith(f"unknown metric {name!r}")
    if available:
        listed = said.partition("Available: ")[2]
        assert sorted(listed) == sorted(", ".join(dict.fromkeys(available)))
