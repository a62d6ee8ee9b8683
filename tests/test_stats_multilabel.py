"""Several labels a case: against scikit-learn, resampling one by one, and the edges."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn import metrics as peer

from varbench.errors import StatisticsError
from varbench.stats.multilabel import multilabel_metrics


def cases(seed: int, n: int = 150) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    linear = rng.normal([-1.0, 0.0, -0.5], 1.3, (n, 3)) + rng.normal(size=(n, 1))
    return (rng.random((n, 3)) < expit(linear)).astype(int), expit(linear + rng.normal(0, 0.7, (n, 3)))


@pytest.mark.parametrize("seed", range(3))
def test_against_scikit_learn(seed: int) -> None:
    y, p = cases(seed)
    said = (p >= 0.5).astype(int)
    frame = multilabel_metrics(
        y,
        p,
        metrics=["f1", "precision", "recall", "roc_auc", "average_precision"],
        names=list("abc"),
        n_resamples=20,
    ).frame()
    found = frame.set_index(["label", "metric"])["estimate"]
    for average in ("macro", "micro"):
        for metric in ("f1", "precision", "recall"):
            score = getattr(peer, f"{metric}_score")
            assert found[average, metric] == pytest.approx(score(y, said, average=average), abs=1e-12)
        for metric, score in (
            ("roc_auc", peer.roc_auc_score),
            ("average_precision", peer.average_precision_score),
        ):
            assert found[average, metric] == pytest.approx(score(y, p, average=average), abs=1e-12)
    assert [found[k, "f1"] for k in "abc"] == pytest.approx(peer.f1_score(y, said, average=None))
    assert found["all", "exact_match"] == pytest.approx(peer.accuracy_score(y, said))
    assert found["all", "hamming_loss"] == pytest.approx(peer.hamming_loss(y, said))
    assert len(frame) == 5 * (3 + 2) + 2


def test_intervals_against_resampling_one_by_one() -> None:
    y, p = cases(4, n=90)
    frame = multilabel_metrics(y, p, n_resamples=6000).frame().set_index(["label", "metric"])
    rng, found = np.random.default_rng(5), {}
    for _ in range(400):
        rows = rng.integers(0, 90, 90)
        said = (p[rows] >= 0.5).astype(int)
        found.setdefault(("macro", "f1"), []).append(peer.f1_score(y[rows], said, average="macro"))
        found.setdefault(("micro", "roc_auc"), []).append(
            peer.roc_auc_score(y[rows], p[rows], average="micro")
        )
        found.setdefault(("all", "exact_match"), []).append(peer.accuracy_score(y[rows], said))
    for key, values in found.items():
        ends = frame.loc[[key], ["ci_low", "ci_high"]].to_numpy()[0]
        assert ends == pytest.approx(np.quantile(values, [0.025, 0.975]), abs=0.4 * np.std(values))


def test_a_label_of_one_class_has_no_results_and_is_in_no_macro_average() -> None:
    y, p = cases(0)
    y[:, 1] = 0
    found = multilabel_metrics(y, p, metrics=["roc_auc"], names=list("abc"), n_resamples=20)
    frame = found.frame().set_index(["label", "metric"])["estimate"]
    assert found.undefined == ("b",)
    assert ("b", "roc_auc") not in frame.index
    assert frame["macro", "roc_auc"] == pytest.approx(
        peer.roc_auc_score(y[:, [0, 2]], p[:, [0, 2]], average="macro")
    )


def test_rare_labels_are_noted_and_resamples_without_them_drawn_again() -> None:
    y, p = cases(1)
    y[:, 2] = 0
    y[:2, 2] = 1
    found = {
        r.settings["label"]: r for r in multilabel_metrics(y, p, metrics=["roc_auc"], n_resamples=200).results
    }
    assert {"small_sample", "resamples_redrawn"} <= set(found["2"].notes)
    assert found["2"].settings["n_redrawn"] > 5
    assert found["0"].notes == ()
    assert "small_sample" in found["macro"].notes


def test_groups_are_drawn_whole() -> None:
    y, p = cases(2, n=80)
    once = multilabel_metrics(y, p, n_resamples=1500).results
    copied = multilabel_metrics(
        np.repeat(y, 4, 0), np.repeat(p, 4, 0), groups=np.repeat(np.arange(80), 4), n_resamples=1500
    )
    for a, b in zip(once, copied.results, strict=True):
        assert b.estimate == pytest.approx(a.estimate, abs=1e-12)
        assert b.ci_high - b.ci_low == pytest.approx(a.ci_high - a.ci_low, rel=0.15)
        assert (b.unit, b.n) == ("group", 80)
        assert "groups_as_units" in b.notes


def test_thresholds_and_perfect_labels() -> None:
    y, p = cases(3)
    logits = np.log(p / (1 - p))
    plain = multilabel_metrics(y, p, n_resamples=20).frame()
    assert multilabel_metrics(y, logits, threshold=0.0, n_resamples=20).frame().equals(plain)
    own = multilabel_metrics(y, p, metrics=["recall"], threshold=[0.2, 0.5, 0.8], n_resamples=20).frame()
    assert own["estimate"][0] == pytest.approx(peer.recall_score(y[:, 0], p[:, 0] >= 0.2))
    assert own["estimate"][2] == pytest.approx(peer.recall_score(y[:, 2], p[:, 2] >= 0.8))
    perfect = multilabel_metrics(y, y, n_resamples=20)
    exact = next(r for r in perfect.results if r.settings["metric"] == "exact_match")
    assert (exact.estimate, exact.interval, exact.notes) == (1.0, None, ("no_variance",))
    assert "<table" in perfect._repr_html_()


def test_missing_scores_are_left_out_and_counted_and_seeds_matter() -> None:
    y, p = cases(0)
    p[7, 1] = np.nan
    found = multilabel_metrics(y, p, n_resamples=50)
    assert {r.settings["n_dropped"] for r in found.results} == {1}
    assert all("pairs_dropped" in r.notes for r in found.results)
    assert found.frame().equals(multilabel_metrics(y, p, n_resamples=50).frame())
    assert not found.frame().equals(multilabel_metrics(y, p, n_resamples=50, rng=1).frame())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_score": np.ones((150, 2))}, r"y_true has shape \(150, 3\) and y_score \(150, 2\)"),
        ({"y_true": np.full((150, 3), 2)}, r"y_true holds \[2.0\]"),
        ({"y_true": np.full((150, 3), np.nan)}, "lacks 450 labels"),
        ({"y_true": np.zeros(150)}, r"\(case, label\) is needed"),
        ({"y_true": np.zeros((150, 3))}, "no label has cases of both classes"),
        ({"y_score": np.full((150, 3), np.inf)}, "450 infinite"),
        ({"y_score": np.full((150, 3), np.nan)}, "0 cases have all their scores"),
        ({"y_score": np.full((150, 3), -1.0)}, "are no probabilities: say from which threshold"),
        ({"y_score": np.full((150, 3), -1.0), "metrics": ["brier"]}, "brier needs probabilities"),
        ({"threshold": [0.5, 0.5]}, "one number, or one a label"),
        ({"metrics": ["auc"]}, "unknown metric 'auc'"),
        ({"names": ["a", "a", "b"]}, "3 different ones are needed"),
        ({"groups": [None] * 150}, "groups lacks 150"),
    ],
)
def test_what_cannot_be_judged_is_refused(change: dict[str, object], message: str) -> None:
    y, p = cases(0)
    with pytest.raises(StatisticsError, match=message):
        multilabel_metrics(**({"y_true": y, "y_score": p} | change))
