"""What every statistical method owes: mirrored by a swap, blind to the order of pairs, honest where it is lost."""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from stats_examples import EXAMPLES, NEEDED, OTHER, TOGETHER, A, B

from varbench.errors import StatisticsError
from varbench.stats import ESTIMANDS, METHODS, NOTES, PAIRINGS, VALIDITIES, Design, Labels, Result, oriented

LABELS = tuple(Labels.__annotations__)
TWO = [
    name
    for name, m in METHODS.items()
    if [*inspect.signature(m).parameters][:2] == ["a", "b"] and name not in EXAMPLES
]
REST = [name for name in METHODS if name not in TWO and name in EXAMPLES]
ALL = [*TWO, *REST]
#: Where an estimate says that neither is ahead.
CENTRE = {"a12": 0.5, "prob_outperform": 0.5, "stochastic_order": 0.5}
#: The statistics that a swap takes to their sum minus themselves, instead of to their negative.
SUM = {
    "signed_rank": lambda r: r.settings["n_used"] * (r.settings["n_used"] + 1) / 2,
    "prob_outperform": lambda r: r.n,
    "sign_test": lambda r: r.settings["n_used"],
}
#: The statistics that do not change with a swap.
SAME = ("cv_5x2_f",)
#: These compute nothing without pairs.
REFUSING = [n for n in TWO if "not_paired" in METHODS[n](A, B, pairing="none", **NEEDED.get(n, {})).notes]
REFUSING = [n for n in REFUSING if n != "prob_outperform"]
PAIRED = (*REFUSING, "prob_outperform")
#: These take scores in any shape, as (repeat, fold).
ANY_SHAPE = ("corrected_resampled_t", "bayesian_correlated_t")


def run(name: str, a: Any = None, b: Any = None, **settings: object) -> Any:
    """Run a method: those of two samples on these samples, all others on their example."""
    if name in TWO:
        return METHODS[name](a, b, **{**NEEDED.get(name, {}), **settings})
    example = EXAMPLES[name]
    return METHODS[name](*example.args, **{**example.keywords, **settings})


def own_keywords(name: str) -> list[str]:
    """The keywords of a method that are no labels, nor about how its work is done."""
    parameters = inspect.signature(METHODS[name]).parameters.values()
    return [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.name not in ("n_jobs", "progress")]


def takes_labels(name: str) -> bool:
    return name in TWO or EXAMPLES[name].labelled


def results(found: Any) -> Iterator[Result]:
    """Every result in what a method returned."""
    if isinstance(found, Result):
        yield found
    elif isinstance(found, list | tuple):
        for item in found:
            yield from results(item)
    elif hasattr(found, "results") or hasattr(found, "result"):
        yield from results(getattr(found, "results", None) or found.result)


def everything(found: Any) -> object:
    """What a method returned, as plain values."""
    if isinstance(found, Result):
        return found.to_dict()
    if isinstance(found, np.ndarray):
        return found.tolist()
    if isinstance(found, list | tuple):
        return [everything(item) for item in found]
    said = [str(getattr(found, name, None)) for name in ("settings", "notes")]
    return [found.frame().to_csv(), said, [everything(item) for item in results(found)]]


def without_labels(result: Result) -> dict[str, object]:
    numbers = ("estimate", "ci_low", "ci_high", "confidence_level", "statistic", "pvalue", "n")
    found = {name: getattr(result, name) for name in numbers} | dict.fromkeys(result.notes, 1)
    return {name: value for name, value in found.items() if value is not None}


def test_every_method_that_is_not_of_two_samples_has_an_example() -> None:
    assert set(EXAMPLES) == set(METHODS) - set(TWO)
    assert set(NEEDED) <= set(METHODS)


def assert_mirrored(name: str, there: Result, back: Result) -> None:
    twice = 2 * CENTRE.get(name, 0.0)
    for field, mirrored in (("estimate", "estimate"), ("ci_low", "ci_high"), ("ci_high", "ci_low")):
        value = getattr(there, field)
        if value is None:
            assert getattr(back, mirrored) is None
        else:
            assert twice - getattr(back, mirrored) == pytest.approx(value, abs=1e-12)
    assert there.pvalue == (None if back.pvalue is None else pytest.approx(back.pvalue, rel=1e-12))
    if there.statistic is not None and there.estimate is not None:
        total = 2 * there.statistic if name in SAME else SUM[name](there) if name in SUM else 0.0
        assert total - back.statistic == pytest.approx(there.statistic, abs=1e-12)
    assert there.notes == back.notes


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("name", TWO)
def test_a_swap_mirrors_the_result(name: str, pairing: str) -> None:
    assert_mirrored(name, run(name, A, B, pairing=pairing), run(name, B, A, pairing=pairing))


@pytest.mark.parametrize("name", [name for name, example in EXAMPLES.items() if example.swap])
def test_a_swap_mirrors_the_result_of_other_methods_too(name: str) -> None:
    args = list(EXAMPLES[name].args)
    first, second = EXAMPLES[name].swap or (0, 0)
    there = METHODS[name](*args, **EXAMPLES[name].keywords)
    args[first], args[second] = args[second], args[first]
    for result, back in zip(
        results(there), results(METHODS[name](*args, **EXAMPLES[name].keywords)), strict=True
    ):
        assert_mirrored(name, result, back)


@pytest.mark.parametrize("name", TWO)
def test_the_order_of_pairs_does_not_matter(name: str) -> None:
    order = np.random.default_rng(0).permutation(len(A))
    there, back = run(name, A, B, pairing="exact"), run(name, A[order], B[order], pairing="exact")
    assert without_labels(there) == pytest.approx(without_labels(back), rel=1e-12)


def of_cases() -> dict[str, tuple[int, ...]]:
    """The methods of cases, and on which axis of each argument the cases are."""
    axes = {"joint_bootstrap": (0, 1, 1), "patient_bootstrap": (0, 1, 1)}
    firsts = {name: [*inspect.signature(METHODS[name]).parameters] for name in EXAMPLES}
    cases = [name for name, first in firsts.items() if first[0] == "y_true" or name == "case_summary"]
    return {name: axes.get(name, (0,) * len(EXAMPLES[name].args)) for name in cases}


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("name", of_cases())
def test_the_order_of_cases_does_not_matter_even_with_ties(name: str, grouped: bool) -> None:
    example, axes = EXAMPLES[name], of_cases()[name]
    keywords = dict(example.keywords)
    if grouped and "groups" not in own_keywords(name):
        pytest.skip("it takes no groups")
    rng = np.random.default_rng(6)
    # Scores of one decimal: many cases are equal, and many are what others are after a swap of the models.
    args = [np.round(x, 1) if getattr(x, "dtype", None) == np.float64 else x for x in example.args]
    groups = np.repeat(np.arange(6), 2)
    usual = METHODS[name](*args, **keywords, **({"groups": groups} if grouped else {}))
    for _ in range(3):
        order = rng.permutation(12)
        moved = [
            x if np.ndim(x) == 0 else np.take(x, order, axis=axis) for x, axis in zip(args, axes, strict=True)
        ]
        again = METHODS[name](*moved, **keywords, **({"groups": groups[order]} if grouped else {}))
        for one, other in zip(results(usual), results(again), strict=True):
            assert without_labels(one) == pytest.approx(without_labels(other), rel=1e-9, abs=1e-12)
        if not isinstance(usual, Result):
            there, back = usual.frame(), again.frame()
            for column in there.select_dtypes("number"):
                assert there[column].to_numpy() == pytest.approx(
                    back[column].to_numpy(), rel=1e-9, nan_ok=True
                )


@pytest.mark.parametrize("name", [name for name in TWO if name not in PAIRED])
def test_without_pairs_the_samples_may_be_shuffled_apart(name: str) -> None:
    order = np.random.default_rng(0).permutation(len(A))
    usual, shuffled = (run(name, a, B, pairing="none") for a in (A, A[order]))
    assert without_labels(usual) == pytest.approx(without_labels(shuffled), rel=1e-12)
    assert run(name, A, B[:-3], pairing="none").n == len(A) + len(B) - 3


@pytest.mark.parametrize(
    ("name", "argument"),
    [(name, p) for name in ALL for p in [*own_keywords(name), *(LABELS if takes_labels(name) else ())]],
)
def test_every_argument_changes_something(name: str, argument: str) -> None:
    usual = run(name, A, B)
    own = {} if name in TWO else EXAMPLES[name].other
    settings = {argument: own.get(argument, OTHER.get(argument)), **TOGETHER.get((name, argument), {})}
    assert everything(run(name, A, B, **settings)) != everything(usual)


@pytest.mark.parametrize("name", ALL)
def test_what_is_given_stays_as_it_is(name: str) -> None:
    given = [A, B] if name in TWO else list(EXAMPLES[name].args)
    before = [np.array(item, copy=True) for item in given]
    run(name, A, B)
    for item, kept in zip(given, before, strict=True):
        np.testing.assert_array_equal(np.asarray(item), kept)


@pytest.mark.parametrize("name", TWO)
def test_the_samples_change_something(name: str) -> None:
    usual = run(name, A, B)
    assert run(name, A + 0.1, B).to_dict() != usual.to_dict()
    assert run(name, A, B + 0.1).to_dict() != usual.to_dict()


@pytest.mark.parametrize("name", ALL)
def test_the_global_generator_is_untouched_and_results_repeat(name: str) -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    first, second = run(name, A, B), run(name, A, B)
    assert (np.random.get_state(legacy=False)["state"]["key"] == before).all()  # noqa: NPY002
    assert everything(first) == everything(second)


@pytest.mark.parametrize("name", REST)
def test_an_example_gives_results_that_json_can_hold(name: str) -> None:
    found = run(name)
    for result in results(found):
        json.dumps(result.to_dict(), allow_nan=False)
    assert isinstance(found, np.ndarray) or any(True for _ in results(found)) or callable(found.frame)


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
    "tiny": (A * 1e-55, B * 1e-55, None),
}


#: These compare with a threshold that is given: one score each is enough.
NO_DECISION = ("average_comparison", "bayesian_sign", "bayesian_signed_rank")


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.parametrize("name", TWO)
def test_degenerate_input_gives_a_result_and_never_nan(name: str, case: str, pairing: str) -> None:
    a, b, note = DEGENERATE[case]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = run(name, a, b, pairing=pairing)  # a Result refuses what is not finite
    decides = name not in NO_DECISION and not (pairing == "none" and name in REFUSING)
    if note and (decides or note != "too_few_to_reject"):
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
    result = METHODS[name](A, pairing="exact") if name in REST else run(name, A, A - 0.125, pairing="exact")
    assert set(result.notes) >= notes
    assert (result.interval is None) == ("constant_difference" in notes)


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize("of", [np.float32, np.float16, list, "Series", "read-only", "Fortran", "objects"])
def test_the_container_does_not_matter_and_stays_as_it_is(name: str, of: Any) -> None:
    pd = pytest.importorskip("pandas")
    held = np.asfortranarray(np.column_stack([A, B]))
    held.flags.writeable = False
    turned = {
        "Series": lambda x: pd.Series(x, index=range(12, 0, -1), dtype="Float64"),
        "read-only": lambda x: held[:, 0] if x is A else held[:, 1],
        "Fortran": lambda x: np.column_stack([x, x])[:, 1],
        "objects": lambda x: x.astype(object),
    }.get(of, of if of is list else lambda x: x.astype(of))
    a, b = turned(A), turned(B)
    usual = [np.asarray(x, np.float64) for x in (a, b)]
    assert without_labels(run(name, a, b)) == without_labels(run(name, *usual))
    assert all((np.asarray(x, np.float64) == y).all() for x, y in zip((a, b), usual, strict=True))


@pytest.mark.parametrize("name", TWO)
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
    assert "signed_rank" in REFUSING
    for name in REFUSING:
        refused = run(name, A, B, pairing="none")
        assert refused.notes == ("not_paired",)
        assert (refused.estimate, refused.pvalue, refused.interval) == (None, None, None)
    assert "not_paired" in METHODS["prob_outperform"](A, B, pairing="none").notes
    assert METHODS["difference"](A, B, pairing="none").settings["test"] == "Welch t"
    for name in ("rank_sum", "a12", "cliffs_delta"):
        assert "pairing_ignored" in METHODS[name](A, B, pairing="exact").notes


@pytest.mark.parametrize("name", TWO)
def test_missing_scores_are_counted(name: str) -> None:
    a = A.copy()
    a[[2, 5]] = np.nan
    result = run(name, a, B, pairing="exact")
    assert "pairs_dropped" in result.notes
    assert result.settings["n_dropped"] == 2


@pytest.mark.parametrize("name", TWO)
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.array([]), "a has shape|x has shape"),
        (np.ones((2, 2)), "one score a unit"),
        (np.array([1.0, np.inf]), "1 infinite"),
        (["good", "bad"], "no number"),
        ([[0.1], [0.2, 0.3]], "a is no array"),
        (np.array([0.5 + 1j, 0.4]), "complex128"),
        (np.array(["2026-01-01", "2026-01-02"], "M8[D]"), "datetime64"),
        (np.array([1e300, 1e299]), r"up to 1e\+300 in size"),
        (np.array([1e-300, 0.0]), "up to 1e-300 in size"),
    ],
)
def test_input_that_cannot_be_scores_is_refused(name: str, wrong: object, message: str) -> None:
    if getattr(wrong, "shape", ()) == (2, 2) and name in ANY_SHAPE:
        wrong, message = np.ones((3, 2)), "shape"
    with pytest.raises(StatisticsError, match=message):
        run(name, wrong, B[:2])


@pytest.mark.parametrize("name", [name for name in ALL if takes_labels(name)])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"confidence_level": 95}, "between 0 and 1, as 0.95"),
        ({"pairing": "exakt"}, "unknown pairing 'exakt'; did you mean exact"),
        ({"estimand": "E9"}, "unknown estimand"),
        ({"validity": "exactly"}, "did you mean exact"),
        ({"unit": ""}, "unit is empty"),
        ({"confidence": 0.9}, "unknown label 'confidence'; did you mean confidence_level"),
    ],
)
def test_labels_that_do_not_exist_are_refused(name: str, settings: dict[str, object], message: str) -> None:
    with pytest.raises(StatisticsError, match=message):
        run(name, A, B, **settings)


@pytest.mark.parametrize("name", [name for name in ALL if takes_labels(name)])
@pytest.mark.parametrize("level", [None, "0.95", [0.95], True, float("nan"), 0, 1, 0.4, 1 - 1e-16])
def test_a_level_that_cannot_be_is_refused(name: str, level: object) -> None:
    with pytest.raises(StatisticsError, match=r"confidence_level=.*between 0 and 1"):
        run(name, A, B, confidence_level=level)


#: For keywords of one kind, what none of them can be.
WRONG: dict[str, list[object]] = {
    "rng": [None, -1, 1.5, "0", True, [1, 2], np.random, np.random.RandomState(0)],
    "n_resamples": [None, 0, -5, 2.5, "10", True, float("nan")],
    "n_samples": [None, 0, 2.5, "10"],
    "n_bins": [None, 0, -1, 2.5, "x"],
    "gamma": [None, "x", float("nan"), float("inf")],
    "margin": [None, "x", 0, -0.02, float("nan"), float("inf")],
    "rope": [None, "x", -1, float("nan"), float("inf")],
    "rho": [None, "x", -0.1, 1, float("nan")],
    "prior": ["x", -1, float("nan"), float("inf")],
    "threshold": ["x", float("nan"), float("inf")],
    "delta": ["x", -1, float("nan")],
    "sigma": ["x", 0, float("nan")],
    "classes": [3, "x", [0, 0]],
    "limits": [(1, 0), (0,), "x", (float("nan"), 1)],
    "names": [3, [], ["a", "a", "a"]],
    "trials": [0, 1.5, None],
    "metrics": ["f1", [], ["x"]],
    "n_train": [None, 0, float("nan"), "x"],
    "null": ["x", 2, float("nan")],
}


@pytest.mark.parametrize(
    ("name", "keyword", "value"),
    [(n, k, value) for n in ALL for k in own_keywords(n) for value in WRONG.get(k, [])],
)
def test_a_setting_that_cannot_be_is_refused(name: str, keyword: str, value: object) -> None:
    if keyword == "names" and name == "mean_over_datasets" and value == ["a", "a", "a"]:
        value = ["a"]
    together = {**TOGETHER.get((name, keyword), {}), keyword: value}
    if keyword == "rng" and name in ("one_at_a_time", "case_summary"):
        together["interval"] = "bootstrap" if name == "one_at_a_time" else "bca"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(StatisticsError, match=keyword.rstrip("s")):
            run(name, A, B, **together)


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
