"""Answers: every form of every kind, their numbers in full, and what they may not say."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from form_checks import (
    Page,
    as_words,
    check_closed_and_quiet,
    check_latex,
    check_markdown,
    check_no_formulas,
    check_references,
    is_number,
)
from synthetic_answers import FORMULA, HOSTILE, comparison, facts, written

from varbench import stats
from varbench.errors import InputError
from varbench.report import FORMS, Answer, Picture, Shown, plot_results, write
from varbench.stats import Design
from varbench.verdict import Conclusion, verdict

KINDS = {
    "two": lambda: comparison(),
    "fifteen": lambda: comparison(15),
    "long": lambda: comparison(5, "long"),
    "hostile": lambda: comparison(4, "hostile"),
    "bare": lambda: bare(),
    "one model": lambda: one_model(),
}


def bare(**changes: object) -> Answer:
    """An answer without a verdict, a result, a table or a picture."""
    settings = {
        "command": "claim", "kicker": "accuracy 0.85, n = 46", "question": "Could it be real?", "scope": "",
        "headline": "It cannot be told.", "sentences": (),
    }  # fmt: skip
    return Answer(**(settings | changes))  # type: ignore[arg-type]


def one_model() -> Answer:
    """What evaluate says of one trained model: results without a comparison, by subgroup."""
    design = Design(unit="patient", estimand="E3", validity="exact")
    results = tuple(
        design.result(
            "proportion", n=n, estimate=p, interval=(p - 0.1, p + 0.1), settings={"metric": m, "subgroup": g}
        )
        for m, p in (("accuracy", 0.8), ("recall", 0.7))
        for g, n in (("women", 40), ("men", 60))
    )
    return bare(command="evaluate", results=results, headline="Accuracy 0.80.", sentences=("It has 0.80.",))


class Made:
    """Answers and their forms, each made once."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.texts: dict[tuple[str, str], str] = {}

    def answer(self, name: str) -> Answer:
        if name not in self.answers:
            self.answers[name] = KINDS[name]()
        return self.answers[name]

    def text(self, name: str, form: str) -> str:
        if (name, form) not in self.texts:
            found = self.answer(name)
            self.texts[name, form] = found.text() if form == "text" else written(form, found)
        return self.texts[name, form]


@pytest.fixture(scope="module")
def made() -> Made:
    return Made()


each_form = pytest.mark.parametrize("form", [*FORMS, "text"])
each_kind = pytest.mark.parametrize("name", list(KINDS))


# Every form of every kind


@each_kind
@each_form
def test_every_form_says_the_answer(made, name, form):
    found = made.text(name, form)
    if name == "hostile":
        assert len(found) > 500
        return
    assert as_words(made.answer(name).document.headline) in as_words(found)


@each_form
def test_notices_stand_in_every_form(made, form):
    assert "3 rows of scores.csv were unpaired" in made.text("two", form)


@each_form
def test_no_path_in_any_form(made, form):
    assert "/home" not in made.text("two", form)
    assert "/home" not in made.text("fifteen", form)


def test_the_command_is_shown_without_paths(made):
    for form in ("html", "md", "json", "csv"):
        assert "varbench compare scores.csv" in made.text("two", form)


def test_a_path_in_a_sentence_loses_all_but_its_last_part():
    found = bare(
        kicker="/home/jo/x.csv",
        notices=("cannot read '/home/jo/y.csv'",),
        methods="Read from /home/jo/z.csv.",
    )
    for form in FORMS:
        assert "/home" not in written(form, found)
    assert "/home" not in found.text()


def test_the_terminal_has_the_main_comparison_and_one_line_for_each_other(made):
    text = made.text("fifteen", "text")
    assert "forest against logistic: " in text
    assert "forest against knn: " in text
    assert text.count("Wilcoxon signed-rank  │") == 1
    assert "\x1b" not in text
    lines = made.text("two", "text").splitlines()
    assert max(map(len, lines)) <= 96


def test_the_terminal_shows_every_table_there_is_room_for_and_names_the_others():
    frames = {
        "first": pd.DataFrame({"name": ["a", "b"], "value": [0.1, 0.2]}),
        "long": pd.DataFrame({"name": [f"row {i}" for i in range(60)], "value": 0.5}),
        "listed": pd.DataFrame({"question": [f"What {'else ' * 25}is there?", "Is this one run?"]}),
    }
    columns = {"name": "Name", "value": "Value"}
    tables = (
        Shown("first", "The first table", columns),
        Shown("long", "The long table", columns),
        Shown("listed", "The questions", {"question": "Question"}),
    )
    text = Answer(
        command="claim", kicker="", question="", scope="", headline="Said.", sentences=(), frames=frames,
        tables=tables,
    ).text()  # fmt: skip
    assert "The first table\n" in text
    assert "row 59" not in text
    assert "Also in the report (--to html): The long table." in text
    assert "\n- Is this one run?" in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 96


def test_forms_are_files(made, tmp_path):
    written = write(made.answer("two"), tmp_path, tuple(FORMS))
    assert [path.name for path in written] == [f"report.{form.suffix}" for form in FORMS.values()]
    assert written[0].read_text(encoding="utf-8") == made.text("two", "html")


def test_the_same_answer_gives_the_same_page(made):
    assert FORMS["html"].write(comparison()) == made.text("two", "html")


# What is said


def test_a_greyed_result_has_its_reason_and_does_not_count(made):
    (table,) = (t for t in made.answer("two").document.tables() if t.name == "results")
    rows = {row.cells[0]: row for row in table.rows}
    assert rows["Wilcoxon signed-rank"].greyed == "repeats on one cohort share their patients"
    assert rows["Wilcoxon signed-rank"].cells[-1] == "no (a)"
    assert rows["Difference of means"].cells[-1] == "yes"
    assert rows["Difference of means"].cells[1].startswith("+")
    assert rows["A12"].cells[1].startswith("0.")
    assert table.notes[0] == "(a) Repeats on one cohort share their patients."
    assert [row.greyed != "" for row in table.rows] == sorted(row.greyed != "" for row in table.rows)


def test_a_result_of_several_comparisons_names_its_own(made):
    (table,) = (t for t in made.answer("fifteen").document.tables() if t.name == "results")
    assert table.columns[1].title == "Comparison"
    assert len(table.rows) == 12
    assert [row.cells[1] for row in table.rows[:5]] == ["forest − svm"] * 4 + ["forest − logistic"]


def test_each_comparison_greys_by_its_own_verdict():
    """One pair has leaked, another not: the same method counts in one and not in the other."""
    a, b = np.array([0.7, 0.72, 0.74, 0.75, 0.71]), np.array([0.6, 0.66, 0.63, 0.64, 0.61])
    ones = []
    for varied in (("cohort", "split"), ("split",)):
        known = facts("x", "y" if varied[0] == "split" else "z", varied=varied, simulated=True, n_repeats=5)
        found = (stats.difference(a, b, pairing="exact"), stats.signed_rank(a, b, pairing="exact"))
        ones.append(Conclusion(known, found, verdict(known, found)))
    frame = bare(verdicts=tuple(ones)).frame("results").set_index(["method", "second"])
    assert frame.loc[("signed_rank", "z"), "greyed"] == ""
    assert frame.loc[("signed_rank", "y"), "greyed"] != ""


def test_results_without_a_comparison_show_what_they_are_about(made):
    (table,) = (t for t in made.answer("one model").document.tables() if t.name == "results")
    assert [c.title for c in table.columns[:3]] == ["Method", "Metric", "Subgroup"]
    assert "Counts" not in [c.title for c in table.columns]
    assert table.rows[0].cells[:4] == ("Proportion", "accuracy", "women", "0.800 [0.700, 0.900]")
    assert "women" in made.text("one model", "text")


def test_verdicts_bring_their_results_once(made):
    answer = made.answer("two")
    assert len(answer.results) == 4
    again = comparison(results=answer.verdicts[0].results, verdicts=answer.verdicts)
    assert again.results == answer.results


def test_long_tables_end_and_say_so():
    frame = pd.DataFrame({"n": range(250), "width": np.linspace(0, 1, 250)})
    table = Shown("sizes", "Sizes", {"n": "n", "width": "Width"})
    found = bare(frames={"sizes": frame}, tables=(table,))
    (shown,) = found.document.tables()[:1]
    assert len(shown.rows) == 100
    assert shown.notes == ("150 more rows in the forms csv and json.",)
    assert len(json.loads(FORMS["json"].write(found))["tables"]["sizes"]) == 250
    assert "more in the report." in found.text()


def test_cells_are_written_by_what_they_are():
    frame = pd.DataFrame(
        {
            "name": ["a", None], "n": [1234, 7], "x": [0.12345, np.nan], "pvalue": [1e-9, 0.5], "share": [0.5, 1.0],
            "holds": [True, False], "ci_low": [-0.1, np.nan], "ci_high": [0.2, np.nan], "far": [np.inf, -np.inf],
        }
    )  # fmt: skip
    columns = dict.fromkeys(["name", "n", "x", "pvalue", "share", "holds", "interval", "far"], "h")
    found = bare(frames={"t": frame}, tables=(Shown("t", "T", columns, digits=2),))
    rows = [row.cells for row in found.document.tables()[0].rows]
    assert rows[0] == ("a", "1,234", "0.12", "< 0.001", "50.0 %", "yes", "[−0.10, 0.20]", "∞")
    assert rows[1] == ("–", "7", "–", "0.500", "100 %", "no", "–", "−∞")


def test_methods_paragraph_and_citations(made):
    text = made.text("two", "tex")
    assert "compared by the corrected resampled t.\n" in text
    assert text.index("compared by") < text.index(r"\begin{table}")
    for form in ("md", "html", "json"):
        assert "corrected resampled t" in made.text("two", form)
        assert "10.1000/doe" in made.text("two", form)
        assert "10.2307/3001968" in made.text("two", form) or "10.1214/aoms/1177704172" in made.text(
            "two", form
        )


# Asking for what is not there


def test_unknown_names_are_refused_where_they_are_given():
    frames = {"scores": pd.DataFrame({"method": ["a"], "score": [0.5]})}
    with pytest.raises(InputError, match=r"unknown kind of figure 'stripes'.*strips"):
        bare(frames=frames, pictures=(Picture("stripes", "scores", "", ""),))
    with pytest.raises(InputError, match=r"unknown frame 'score'.*scores"):
        bare(frames=frames, pictures=(Picture("strips", "score", "", ""),))
    with pytest.raises(InputError, match=r"unknown frame 'score'.*scores"):
        bare(frames=frames, tables=(Shown("score", "", {}),))
    with pytest.raises(InputError, match=r"unknown column of frame 'scores' 'scor'.*score"):
        bare(frames=frames, tables=(Shown("scores", "", {"scor": "S"}),))
    with pytest.raises(InputError, match=r"unknown column of frame 'scores' 'interval'"):
        bare(frames=frames, tables=(Shown("scores", "", {"interval": "I"}),))


def test_frames_are_copies_and_figures_have_names(made):
    answer = made.answer("two")
    changed = answer.frame("scores")
    changed["score"] = 0.0
    assert (answer.frame("scores")["score"] > 0).all()
    assert list(answer.drawn)[:3] == ["differences", "strips", "differences-2"]
    with pytest.raises(InputError, match=r"unknown table 'score'.*scores"):
        answer.frame("score")
    with pytest.raises(InputError, match=r"unknown figure 'strip'.*strips"):
        answer.plot("strip")
    with pytest.raises(InputError, match="has no figure"):
        bare().plot()


def test_a_method_keeps_its_colour_in_all_figures(made):
    answer = made.answer("fifteen")
    assert answer.procedures[:3] == ("forest", "svm", "logistic")
    assert len(answer.procedures) == 15


# Numbers in full


def test_json_is_what_its_page_says(made):
    page = (Path(__file__).parents[1] / "docs" / "report-json.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"(?m)^### `(\w+)`", page))
    for name in KINDS:
        found = json.loads(made.text(name, "json"), parse_constant=pytest.fail)
        assert set(found) == documented
        assert found["schema"] == 1


def test_json_has_each_result_in_full(made):
    answer = made.answer("two")
    found = json.loads(made.text("two", "json"))
    expected = answer.verdicts[0].results
    assert [r["method"] for r in found["results"]] == [r.method for r in expected]
    assert [r["estimate"] for r in found["results"]] == [r.estimate for r in expected]
    assert set(found["results"][0]) == {
        "method", "estimate", "ci_low", "ci_high", "confidence_level", "statistic", "pvalue", "n", "unit", "pairing",
        "estimand", "validity", "settings", "notes",
    }  # fmt: skip
    assert found["verdict"]["row"] == answer.verdicts[0].verdict.row
    assert found["comparisons"][0]["verdict"] == found["verdict"]
    scores = [row["score"] for row in found["tables"]["scores"]]
    np.testing.assert_array_equal(scores, answer.frame("scores")["score"])
    assert json.loads(made.text("bare", "json"))["verdict"] is None


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_csv_holds_every_number_of_every_frame(made):
    answer, rows = made.answer("two"), rows_of(made.text("two", "csv"))
    assert {len(row) for row in rows} == {5}
    for name, frame in answer.frames.items():
        numbers = frame.select_dtypes("number").to_numpy(float).ravel()
        expected = sorted(repr(float(v)) for v in numbers[np.isfinite(numbers)])
        mine = [row for row in rows if row[0] == name]
        values = {repr(float(row[4])) for row in mine if is_number(row[4])}
        # What tells rows apart stands in the quantity; all else is a value.
        keys = {repr(float(k)) for row in mine for k in re.findall(r"=(-?[\d.e-]+)\]", row[3])}
        assert set(expected) <= values | keys, name
        assert len({tuple(row[:4]) for row in mine}) == len(mine), name


def test_csv_tells_equal_rows_apart_and_keeps_texts():
    frame = pd.DataFrame({"question": ["Which split?", "Which split?"], "reason": ["x", "x"], "n": [1, 2]})
    rows = [row for row in rows_of(FORMS["csv"].write(bare(frames={"asked": frame}))) if row[0] == "asked"]
    assert len({row[3] for row in rows}) == len(rows) == 2
    words = pd.DataFrame({"what": ["a", "b"], "words": ["one", "two"]})
    rows = [row for row in rows_of(FORMS["csv"].write(bare(frames={"said": words}))) if row[0] == "said"]
    assert [row[3:] for row in rows] == [["words[what=a]", "one"], ["words[what=b]", "two"]]


def test_csv_has_no_formulas(made):
    cells = [cell for row in rows_of(made.text("hostile", "csv")) for cell in row if cell]
    check_no_formulas(cells)
    assert any(cell.startswith(f"'{FORMULA}") for cell in cells)


# Hostile names


def test_html_is_closed_and_has_no_script_and_no_request(made):
    for name in ("hostile", "two", "bare", "one model"):
        page = Page(made.text(name, "html"))
        check_closed_and_quiet(page)
        check_references(page)
    assert "<script>window.alerted=1" in "".join(Page(made.text("hostile", "html")).text)


@each_kind
def test_latex_is_balanced(made, name):
    check_latex(made.text(name, "tex"))


@each_kind
def test_markdown_tables_keep_their_columns(made, name):
    check_markdown(made.text(name, "md"))
    assert "<script" not in made.text("hostile", "md").replace("\\<", "")


def test_a_hostile_name_is_data_in_json(made):
    found = json.loads(made.text("hostile", "json"))
    assert HOSTILE + "1" in {row["method"] for row in found["tables"]["spread"]}


# Results as a figure


def test_results_are_drawn_as_intervals():
    design = Design(unit="patient", estimand="E3")
    found = [
        design.result("delong", n=50, estimate=0.8, interval=(0.7, 0.9), settings={"procedure": "forest"}),
        design.result("proportion", n=50, estimate=0.75, settings={}),
        design.result("cochran_q", n=50, pvalue=0.2),
    ]
    words = [text.get_text() for axes in plot_results(found).axes for text in axes.texts]
    assert {"DeLong · forest", "0.800 [0.700, 0.900]", "Proportion", "0.750"} <= set(words)
    assert not [word for word in words if "Cochran" in word]
    signed = [text.get_text() for axes in plot_results(found, reference=0.0).axes for text in axes.texts]
    assert "+0.800 [0.700, 0.900]" in signed
    with pytest.raises(InputError, match="none of the results has an estimate"):
        plot_results(found[2:])
