"""Checklists filled from runs: what is met and what is not, by cubes that are known to be so."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from typing import Any

import numpy as np
import pytest
from synthetic import cube, leak

import varbench as vb
from varbench.checklists import ANSWERS, FORMS, chart, fill, read
from varbench.errors import InputError, VarbenchError
from varbench.report import write

STEPS = [
    {"name": "split", "text": "Split(StratifiedKFold(n_splits=3))", "kind": "split", "side": "split"},
    {"name": "resample", "text": "RandomOverSampler()", "kind": "sampler", "side": "right"},
    {"name": "kbest", "text": "SelectKBest(k=3)", "kind": "transformer", "side": "right"},
    {"name": "tree", "text": "DecisionTreeClassifier()", "kind": "predictor", "side": "right"},
]
#: How many items each source has; PROBAST+AI is given by domain.
SIZES = {"table4": 9, "claim": 44, "tripod-ai": 52, "reforms": 32, "metrics": 30}


def run(**changes: Any) -> Any:
    settings: dict[str, Any] = {
        "metrics": ("roc_auc", "precision", "recall"),
        "steps": {"good": STEPS},
        "leaks": {"good": []},
        "shares": {"good": {"copy": 0.0, "relative": 0.0, "group": 0.0}},
        "data": {"name": "toy", "n_cases": 100, "n_features": 5, "events": 20, "classes": {"no": 80, "yes": 20},
                 "groups": 60, "batches": {"A": {"n": 50, "events": 10}, "B": {"n": 50, "events": 10}}},
    }  # fmt: skip
    scores = {"good": np.full((3, 2, 3), 0.7)}
    return cube(scores, **(settings | changes))


def answer(dataset: Any, form: str, number: str) -> tuple[str, str]:
    row = fill(read(dataset), form).set_index("number").loc[number]
    return row["answer"], row["evidence"]


@pytest.mark.parametrize("form", FORMS)
def test_every_item_has_an_answer_and_says_why(form: str) -> None:
    filled = fill(read(run()), form)
    assert set(filled["answer"]) <= set(ANSWERS)
    assert filled["evidence"].str.endswith(".").all()
    assert filled["topic"].str.len().min() > 3


@pytest.mark.parametrize("form", SIZES)
def test_each_form_has_the_items_of_its_source(form: str) -> None:
    numbers = [item.number for item in FORMS[form].items]
    assert len(numbers) == len(set(numbers)) == SIZES[form]


def test_tripod_has_27_items_and_reforms_8_modules() -> None:
    def heads(form: str) -> set[int]:
        return {int(re.match(r"\d+", item.number)[0]) for item in FORMS[form].items}  # type: ignore[index]

    assert heads("tripod-ai") == set(range(1, 28))
    assert heads("reforms") == set(range(1, 9))


@pytest.mark.parametrize("number", ["1", "3", "4", "5", "6", "7", "9"])
def test_a_clean_run_meets_the_papers_table(number: str) -> None:
    assert answer(run(), "table4", number)[0] == "met"


def test_what_it_has_not_is_not_met_or_does_not_apply() -> None:
    assert answer(run(), "table4", "2")[0] == "not applicable"
    assert answer(run(), "table4", "8") == ("not met", "No external data were scored; --external does it.")


@pytest.mark.parametrize(
    ("number", "changes", "told"),
    [
        ("1", {"leaks": {"good": [leak()]}, "shares": {"good": {"copy": 0.5}}}, "50%"),
        ("3", {"leaks": {"good": [leak("kbest", "learns", code="L1.3")]}}, "kbest in good"),
        ("4", {"shares": {"good": {"group": 0.25}}}, "have a row of their group"),
        ("5", {"primary": "accuracy", "metrics": ("accuracy", "f1", "recall")}, "80.0%"),
        ("6", {"metrics": ("roc_auc", "f1", "mcc")}, "Precision, Recall"),
    ],
)
def test_each_pitfall_is_not_met_with_its_evidence(number: str, changes: dict[str, Any], told: str) -> None:
    found, evidence = answer(run(**changes), "table4", number)
    assert found == "not met"
    assert told in evidence


def test_copies_across_the_split_are_no_clean_separation() -> None:
    changes: dict[str, Any] = {"leaks": {"good": [leak()]}, "shares": {"good": {"copy": 0.5}}}
    for form, number in (("reforms", "6a"), ("metrics", "18")):
        assert answer(run(**changes), form, number)[0] == "not met"
        assert answer(run(), form, number)[0] == "met"


def test_a_search_is_a_model_and_its_validation_rows_are_no_test_rows() -> None:
    search = {"name": "tuned", "text": "GridSearchCV(estimator=SVC())", "kind": "search", "side": "right"}
    steps = {"good": [*STEPS[:-1], search]}
    assert answer(run(steps=steps), "claim", "22") == ("recorded", "GridSearchCV(estimator=SVC()).")
    way = "Are hyperparameters chosen without the test rows?"
    seen = {"good": [{**leak("kbest", "learns", code="L1.3"), "kind": "choice"}]}
    rows = chart(read(run(steps=steps, leaks=seen))).set_index("question").loc[way]
    assert rows["answer"] == "yes"
    assert "validation rows were seen by steps before it: kbest in good" in rows["evidence"]
    picked = {"good": [leak("tuned", "learns", code="L1.1")]}
    assert chart(read(run(steps=steps, leaks=picked))).set_index("question").loc[way, "answer"] == "no"
    assert chart(read(run())).set_index("question").loc[way, "answer"] == "not applicable"


@pytest.mark.parametrize(
    ("form", "number"),
    [("claim", "14"), ("claim", "39"), ("reforms", "1c"), ("tripod-ai", "16"), ("claim", "35")],
)
def test_what_no_run_can_know_is_left_to_a_person(form: str, number: str) -> None:
    assert answer(run(), form, number)[0] == "open"


def test_centres_with_other_shares_of_events_are_not_alike() -> None:
    batches = {"A": {"n": 50, "events": 45}, "B": {"n": 50, "events": 5}}
    data = {"n_cases": 100, "n_features": 5, "events": 50, "batches": batches}
    found, evidence = answer(run(data=data), "table4", "9")
    assert found == "not met"
    assert "A 50 (90% events), B 50 (10% events)" in evidence


def test_accuracy_of_balanced_classes_is_no_pitfall() -> None:
    data = {"n_cases": 100, "n_features": 5, "events": 48, "classes": {"no": 52, "yes": 48}}
    assert (
        answer(run(primary="accuracy", metrics=("accuracy", "f1", "recall"), data=data), "table4", "5")[0]
        == "met"
    )


def test_patients_that_nobody_declared_are_left_to_a_person() -> None:
    data = {"n_cases": 100, "n_features": 5, "events": 20, "groups": None}
    assert answer(run(data=data), "table4", "4")[0] == "open"


def test_a_function_whose_steps_cannot_be_read_is_open_not_met() -> None:
    unread = run(leaks={"good": None}, steps={}, shares={"good": {}})
    for number in ("1", "3"):
        assert answer(unread, "table4", number)[0] == "open"


def test_only_what_the_paper_reports_counts() -> None:
    scores = {"bad": np.full((3, 2, 3), 0.9), "good": np.full((3, 2, 3), 0.7)}
    leaks = {"bad": [leak("kbest", "learns", code="L1.3")], "good": []}
    both = cube(
        scores, metrics=("roc_auc", "precision", "recall"), leaks=leaks,
        steps={"bad": STEPS, "good": STEPS}, shares={name: {"copy": 0.0, "group": 0.0} for name in scores},
    )  # fmt: skip
    number = "3"
    assert fill(read(both), "table4").set_index("number").loc[number, "answer"] == "not met"
    assert fill(read(both, ["good"]), "table4").set_index("number").loc[number, "answer"] == "met"


def test_the_chart_says_no_where_something_is_wrong_and_how_to_mend_it() -> None:
    way = chart(read(run(shares={"good": {"group": 0.25}}))).set_index("question")
    row = way.loc["Is every patient on one side of the split?"]
    assert (row["answer"], bool(row["cure"])) == ("no", True)
    assert way.loc["Is there a baseline?", "cure"] == ""


def test_the_answer_counts_and_draws(tmp_path: Any) -> None:
    found = vb.checklist(run(), form=["table4", "claim"])
    counts = found.frame("counts").set_index("form")
    for form in ("table4", "claim"):
        assert counts.loc[form, list(ANSWERS)].sum() == counts.loc[form, "items"] == len(found.frame(form))
    assert len(found.plot("chart").axes[0].patches) == len(found.frame("chart"))
    page, *_ = write(found, tmp_path, ["html", "docx", "json"])
    assert "Where this study stands" in page.read_text(encoding="utf-8")
    assert json.loads((tmp_path / "report.json").read_text())


def test_a_word_document_holds_every_table_and_the_picture() -> None:
    import docx

    from varbench.report.to_docx import to_docx

    found = vb.checklist(run(), form="reforms")
    page = docx.Document(io.BytesIO(to_docx(found)))
    cells = {cell.text for table in page.tables for row in table.rows for cell in row.cells}
    assert {item.number for item in FORMS["reforms"].items} <= cells
    assert len(page.inline_shapes) == 1


def test_names_that_there_are_not() -> None:
    with pytest.raises(InputError, match=r"unknown form of checklist 'tripod'; did you mean tripod-ai"):
        vb.checklist(run(), form="tripod")
    with pytest.raises(InputError, match="unknown procedure 'god'; did you mean good"):
        vb.checklist(run(), procedures=["god"])
    with pytest.raises(VarbenchError, match="nowhere"):
        vb.checklist("nowhere")


def test_a_real_run(tmp_path: Any) -> None:
    from sklearn.feature_selection import SelectKBest
    from sklearn.model_selection import StratifiedKFold
    from sklearn.tree import DecisionTreeClassifier

    split = vb.Split(StratifiedKFold(3, shuffle=True))
    steps = [SelectKBest(k=3), DecisionTreeClassifier(max_depth=2)]
    study = vb.Study(
        question="Does it matter?", data="wdbc", primary="roc_auc", vary=["split"], metrics=["precision", "recall"],
        procedures={"before": vb.Procedure([steps[0], split, steps[1]]), "after": vb.Procedure([split, *steps])},
    )  # fmt: skip
    study.run(repeats=2, out=tmp_path / "run")
    found = vb.checklist(tmp_path / "run", form="table4").frame("table4").set_index("number")["answer"]
    assert found.to_dict() == {
        "1": "not applicable", "2": "not applicable", "3": "not met", "4": "open", "5": "met", "6": "met", "7": "met",
        "8": "not met", "9": "open",
    }  # fmt: skip
    clean = vb.checklist(tmp_path / "run", form="table4", procedures=["after"])
    assert clean.frame("table4").set_index("number").loc["3", "answer"] == "met"


def test_runs_that_are_not_done_are_counted_beside_the_repeats() -> None:
    whole, half = run(), run()
    half["status"][0, 1:] = 0
    number = {item.subject.__name__: item.number for item in FORMS["claim"].items}
    assert answer(whole, "claim", number["partitions"])[1].split("; ")[-1].startswith("3 repeats, ")
    said = [answer(half, "claim", number[subject])[1] for subject in ("partitions", "uncertainty")]
    assert all("1 repeats (2 runs failed, or are not done)" in one for one in said)


def test_names_with_signs_of_markup_are_escaped_in_every_form(tmp_path: Any) -> None:
    bad = "=cmd()|<script>alert(1)</script>\\input{x}$%_&"
    dataset = run(steps={"good": [{**STEPS[0], "text": bad}, *STEPS[1:]]})
    dataset.attrs["question"] = bad
    checked = vb.checklist(dataset, form="claim")
    write(checked, tmp_path, ("html", "md", "tex", "csv", "docx"), stem="c")
    texts = {one: (tmp_path / f"c.{one}").read_text() for one in ("html", "md", "tex", "csv")}
    with zipfile.ZipFile(tmp_path / "c.docx") as packed:
        texts["docx"] = packed.read("word/document.xml").decode()
    assert all("<script>alert" not in texts[form] for form in ("html", "docx", "md"))
    body = [line for line in texts["tex"].splitlines() if not line.startswith("%")]
    assert not any("\\input{x}" in line for line in body)
    rows = [line for line in texts["md"].splitlines() if line.startswith("| ") and "cmd()" in line]
    assert len(rows) == 2
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 5 for line in rows)
    cells = [cell for row in csv.reader(io.StringIO(texts["csv"])) for cell in row]
    assert any("cmd()" in cell for cell in cells)
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)
