"""The sentences of reports: what a method is called, and whom it cites."""

from __future__ import annotations

import re
from pathlib import Path

import varbench
from varbench.report.wording import METHODS, SOURCES, method_label
from varbench.stats import METHODS as KNOWN

#: Results that are made of others, above the table of methods.
MADE_ABOVE = {"inflation", "inflation_leakage", "inflation_prevalence", "optimism", "final_truth",
              "external_difference", "resample_floor", "clopper_pearson"}  # fmt: skip
DOI = re.compile(r"doi:(10\.\d{4,}/[^\s;,)\"]+)")


def test_only_methods_that_there_are_have_words_and_sources() -> None:
    assert {*METHODS, *SOURCES} <= {*KNOWN, *MADE_ABOVE}


def test_the_words_for_a_method_are_no_citation() -> None:
    assert method_label("mean_over_datasets") == "Mean over data sets"
    assert not [name for name, words in METHODS.items() if "doi:" in words or len(words) > 40]


def test_a_report_cites_what_the_docstrings_cite() -> None:
    package = Path(varbench.__file__).parent
    code = [path for part in ("stats", "effects") for path in (package / part).glob("*.py")]
    said = {doi.rstrip(".:") for path in code for doi in DOI.findall(path.read_text(encoding="utf-8"))}
    cited = {doi for source in SOURCES.values() for doi in DOI.findall(source)}
    assert not (cited - said)


def test_a_method_without_words_of_its_own_is_readable() -> None:
    assert method_label("sign_test") == "Sign test"
