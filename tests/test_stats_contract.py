"""What every statistical method owes: mirrored by a swap, blind to the order of pairs, honest where it is lost."""

from __future__ import annotations

import inspect
import json
import warnings

import numpy as np
import pytest

from varbench.errors import StatisticsError
from varbench.stats import ESTIMANDS, METHODS, NOTES, PAIRINGS, VALIDITIES, Design, Result, oriented

TWO = [name for name, method in METHODS.items() if "b" in inspect.signature(method).parameters]
ONE = [name for name in METHODS if name not in TWO]
#: Where an estimate says that neither is ahead.
CENTRE = {"a12": 0.5, "prob_outperform": 0.5}
#: The statistics that a swap takes to their sum minus themselves, instead of to their negative.
SUM = {
    "signed_rank": lambda r: r.settings["n_used"] * (r.settings["n_used"] + 1) / 2,
    "prob_outperform": lambda r: r.n,
}
PAIRED = ("signed_rank", "prob_outperform")

# Ties, zeros and both signs, so that every setting has something to act on.
A = np.array([0.71, 0.64, 0.80, 0.75, 0.66, 0.71, 0.59, 0.83, 0.70, 0.77, 0.62, 0.74])
B = np.array([0.70, 0.66, 0.72, 0.75, 0.60, 0.65, 0.61, 0.74, 0.70, 0.71, 0.58, 0.71])
OTHER = {
    "unit": "run",
    "pairing": "group",
    "estimand": "E2",
    "validity": "failing",
    "confidence_level": 0.8,
    "repeats_share_data": True,
    "method": "asymptotic",
    "tie_correction": True,
    "zero_method": "pratt",
    "gamma": 0.9,
}


def run(name: str, a: np.ndarray, b: np.ndarray | None = None, **settings: object) -> Result:
    return METHODS[name](a, **settings) if name in ONE else METHODS[name](a, b, **settings)


def without_labels(result: Result) -> dict[str, object]:
    numbers = ("estimate", "ci_low", "ci_high", "confidence_level", "statistic", "pvalue", "n")
    found = {name: getattr(result, name) for name in numbers} | dict.fromkeys(result.notes, 1)
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("name", TWO)
def test_a_swap_mirrors_the_result(name: str, pairing: str) -> None:
    there, back = run(name, A, B, pairing=pairing), run(name, B, A, pairing=pairing)
    twice = 2 * CENTRE.get(name, 0.0)
    for field, mirrored in (("estimate", "estimate"), ("ci_low", "ci_high"), ("ci_high", "ci_low")):
        value = getattr(there, field)
        if value is None:
            assert getattr(back, mirrored) is None
        else:
            assert twice - getattr(back, mirrored) == pytest.approx(value, abs=1e-12)
    assert there.pvalue == (None if back.pvalue is None else pytest.approx(back.pvalue, rel=1e-12))
    if there.statistic is not None and there.estimate is not None:
        total = SUM[name](there) if name in SUM else 0.0
        assert total - back.statistic == pytest.approx(there.statistic, abs=1e-12)
    assert there.notes == back.notes


@pytest.mark.parametrize("name", METHODS)
def test_the_order_of_pairs_does_not_matter(name: str) -> None:
    order = np.random.default_rng(0).permutation(len(A))
    there, back = run(name, A, B, pairing="exact"), run(name, A[order], B[order], pairing="exact")
    assert without_labels(there) == pytest.approx(without_labels(back), rel=1e-12)


@pytest.mark.parametrize("name", [name for name in TWO if name not in PAIRED])
def test_without_pairs_the_samples_may_be_shuffled_apart(name: str) -> None:
    order = np.random.default_rng(0).permutation(len(A))
    assert without_labels(run(name, A, B)) == pytest.approx(without_labels(run(name, A[order], B)), rel=1e-12)
    assert run(name, A, B[:-3]).n == len(A) + len(B) - 3


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        (n, p)
        for n, m in METHODS.items()
        for p in list(inspect.signature(m).parameters)[1 if n in ONE else 2 :]
    ],
)
def test_every_argument_changes_something(name: str, argument: str) -> None:
    usual = run(name, A, B)
    assert run(name, A, B, **{argument: OTHER[argument]}).to_dict() != usual.to_dict()


@pytest.mark.parametrize("name", METHODS)
def test_the_samples_change_something_and_stay_as_they_are(name: str) -> None:
    a, b = A.copy(), B.copy()
    usual = run(name, a, b)
    assert (a == A).all()
    assert (b == B).all()
    assert run(name, a + 0.1, b).to_dict() != usual.to_dict()
    if name in TWO:
        assert run(name, a, b + 0.1).to_dict() != usual.to_dict()


@pytest.mark.parametrize("name", METHODS)
def test_the_global_generator_is_untouched_and_results_repeat(name: str) -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    first, second = run(name, A, B), run(name, A, B)
    assert (np.random.get_state(legacy=False)["state"]["key"] == before).all()  # noqa: NPY002
    assert first == second


DEGENERATE = {
    "constant difference": (A, A - 0.125, None),
    "equal samples": (A, A, None),
    "all scores equal": (np.full(8, 0.5), np.full(8, 0.5), None),
    "one each": (A[:1], B[:1], "too_few_to_reject"),
    "two each": (A[:2], B[:2], None),
    "a score missing": (np.append(A, np.nan), np.append(B, 0.7), "pairs_dropped"),
    "all missing": (np.full(4, np.nan), np.full(4, np.nan), "pairs_dropped"),
    "none of a": (np.full(4, np.nan), B[:4], "pairs_dropped"),
    "far apart": (np.arange(20) + 1e6, np.arange(20) * 1e-9, None),
    "tiny": (A * 1e-300, B * 1e-300, None),
}


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.parametrize("name", METHODS)
def test_degenerate_input_gives_a_result_and_never_nan(name: str, case: str, pairing: str) -> None:
    a, b, note = DEGENERATE[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = run(name, a, b, pairing=pairing)  # a Result refuses what is not finite
    if note and not (name == "signed_rank" and pairing == "none" and note == "too_few_to_reject"):
        assert note in result.notes
    json.dumps(result.to_dict(), allow_nan=False)
    if result.interval is not None and result.estimate is not None:
        assert result.ci_low <= result.estimate <= result.ci_high
        assert result.ci_low < result.ci_high


@pytest.mark.parametrize(
    ("name", "notes"),
    [
        ("difference", {"constant_difference"}),
        ("signed_rank", {"constant_difference", "ties"}),
        ("prob_outperform", set()),
        ("mean_interval", set()),
    ],
)
def test_a_constant_difference_is_noted_and_has_no_interval(name: str, notes: set[str]) -> None:
    result = run(name, A, A - 0.125, pairing="exact")
    assert set(result.notes) >= notes
    assert (result.interval is None) == ("constant_difference" in notes)


@pytest.mark.parametrize("name", METHODS)
def test_rounding_does_not_hide_a_constant_difference_or_make_ties(name: str) -> None:
    # .3 - .1 and .2 - .0 differ in the last bit
    a, b = np.array([0.3, 0.2, 0.7, 0.9, 0.8, 0.6]), np.array([0.1, 0.0, 0.5, 0.7, 0.6, 0.4])
    notes = run(name, a, b, pairing="exact").notes
    if name in ("difference", "signed_rank"):
        assert "constant_difference" in notes


@pytest.mark.parametrize("name", ["rank_sum", "signed_rank", "prob_outperform", "a12", "cliffs_delta"])
def test_ties_are_noted(name: str) -> None:
    assert "ties" in run(name, A, B).notes
    a = A[:4] + np.array([0, 0.001, 0.0023, 0.005])
    assert "ties" not in run(name, a, A[:4] - np.array([0.01, 0.02, 0.03, 0.06])).notes


@pytest.mark.parametrize("name", ["rank_sum", "signed_rank", "prob_outperform", "a12", "cliffs_delta"])
def test_a_method_says_when_it_could_never_reject(name: str) -> None:
    few, enough = (3, 4) if name not in PAIRED else (5, 6)
    apart = np.arange(10.0)
    for n, noted in ((few, True), (enough, False)):
        result = run(name, apart[:n] + 20, apart[:n])
        assert ("too_few_to_reject" in result.notes) is noted, n
        if result.pvalue is not None:
            assert (result.pvalue > 0.05) is noted


def test_methods_of_pairs_say_what_they_do_without_pairs() -> None:
    refused = METHODS["signed_rank"](A, B, pairing="none")
    assert refused.notes == ("not_paired",)
    assert (refused.estimate, refused.pvalue, refused.interval) == (None, None, None)
    assert "not_paired" in METHODS["prob_outperform"](A, B, pairing="none").notes
    assert METHODS["difference"](A, B, pairing="none").settings["test"] == "Welch t"
    for name in ("rank_sum", "a12", "cliffs_delta"):
        assert "pairing_ignored" in METHODS[name](A, B, pairing="exact").notes


@pytest.mark.parametrize("name", METHODS)
def test_missing_scores_are_counted(name: str) -> None:
    a = A.copy()
    a[[2, 5]] = np.nan
    result = run(name, a, B, pairing="exact")
    assert "pairs_dropped" in result.notes
    assert result.settings["n_dropped"] == 2


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.array([]), "a has shape|x has shape"),
        (np.ones((2, 2)), "one score a unit"),
        (np.array([1.0, np.inf]), "1 infinite"),
        (["good", "bad"], "no number"),
    ],
)
def test_input_that_cannot_be_scores_is_refused(name: str, wrong: object, message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        run(name, wrong, B[:2])


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"confidence_level": 95}, "between 0 and 1, as 0.95"),
        ({"pairing": "exakt"}, "unknown pairing 'exakt'; did you mean exact"),
        ({"estimand": "E9"}, "unknown estimand"),
        ({"validity": "exactly"}, "did you mean exact"),
        ({"unit": ""}, "unit is empty"),
    ],
)
def test_labels_that_do_not_exist_are_refused(name: str, settings: dict[str, object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        run(name, A, B, **settings)


@pytest.mark.parametrize("name", ["signed_rank", "prob_outperform", "difference"])
def test_pairs_need_equal_lengths(name: str) -> None:
    with pytest.raises(StatisticsError, match=r"a has 12 scores and b has 10.*pairing='none'"):
        METHODS[name](A, B[:10], pairing="exact")


@pytest.mark.parametrize("name", ["rank_sum", "signed_rank"])
def test_choices_are_checked(name: str) -> None:
    with pytest.raises(StatisticsError, match="did you mean exact"):
        METHODS[name](A, B, method="exakt")
    with pytest.raises(StatisticsError, match="at most 200"):
        METHODS[name](np.arange(300.0), np.arange(300.0) ** 2, method="exact")
    if name == "signed_rank":
        with pytest.raises(StatisticsError, match="unknown zero_method 'drop'"):
            METHODS[name](A, B, zero_method="drop")


def test_every_note_is_explained_in_a_sentence() -> None:
    for code, sentence in NOTES.items():
        assert code.islower()
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    assert set(ESTIMANDS) == {"E1", "E2", "E3", "E4", "O"}
    assert set(VALIDITIES) == {"exact", "approximate", "failing", "unknown"}


def test_oriented_turns_scores_of_which_smaller_is_better() -> None:
    a, b = oriented([0.1, 0.2], [0.3, 0.3], greater_is_better=False)
    assert METHODS["difference"](a, b, pairing="exact").estimate == pytest.approx(0.15)
    a, b = oriented([0.1, 0.2], [0.3, 0.3], greater_is_better=True)
    assert METHODS["difference"](a, b, pairing="exact").estimate == pytest.approx(-0.15)


class TestResult:
    usual = Design("repeat", "exact").result(
        "difference",
        n=3,
        estimate=np.float64(0.1),
        interval=(0.0, 0.2),
        settings={"sd": np.float64(1), "x": np.arange(2)},
    )

    @pytest.mark.parametrize("field", ["estimate", "statistic", "pvalue"])
    def test_what_is_no_number_is_refused(self, field: str) -> None:
        with pytest.raises(StatisticsError, match=f"{field} is nan"):
            Design().result("difference", n=1, **{field: np.nan})

    def test_an_unknown_note_is_refused(self) -> None:
        with pytest.raises(StatisticsError, match="unknown note"):
            Design().result("difference", n=1, notes=["tied"])

    def test_it_turns_into_plain_values(self) -> None:
        plain = self.usual.to_dict()
        assert json.loads(json.dumps(plain)) == plain
        assert plain["settings"] == {"sd": 1.0, "x": [0, 1]}
        assert type(self.usual.estimate) is float

    def test_it_is_a_row_of_a_table_and_shows_itself(self) -> None:
        frame = self.usual.frame()
        assert frame.shape[0] == 1
        assert frame.loc[0, "estimate"] == 0.1
        assert "&lt;" in METHODS["prob_outperform"](A, B, unit="<b>")._repr_html_()

    def test_it_is_frozen(self) -> None:
        with pytest.raises(AttributeError, match="cannot assign"):
            self.usual.estimate = 1.0  # type: ignore[misc]

    def test_notes_come_once_sorted_and_explained(self) -> None:
        result = Design(repeats_share_data=True).result("x", n=1, notes=["ties", "pairs_dropped", "ties"])
        assert result.notes == ("pairs_dropped", "repeats_share_data", "ties")
        assert result.explain() == tuple(NOTES[code] for code in result.notes)
