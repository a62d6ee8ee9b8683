"""Tables in a terminal: as wide as it is, nothing lost, nothing out of its column."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from varbench.report.lining import WIDTH, aligned, width, wrapped


def random_table(rng):
    words = ["of", "the", "test", "rows", "patient’s", "患者", "recording", "training,", "cross-validated"]
    texts = frozenset(i for i in range(1, 7) if rng.random() < 0.3)
    heads = [" ".join(rng.choice(words, rng.integers(1, 4))) for _ in range(7)]
    rows = [
        [
            " ".join(rng.choice(words, rng.integers(1, 8)))
            if i in texts or not i
            else f"{rng.normal():+.3f} [0.1, 0.2]"
            for i in range(7)
        ]
        for _ in range(4)
    ]
    return [heads, *rows], texts


@pytest.mark.parametrize("most", [60, 80, 96])
def test_no_line_is_longer_than_the_terminal_and_no_word_is_lost(most):
    rng = np.random.default_rng(7)
    for _ in range(40):
        rows, texts = random_table(rng)
        lines = aligned(rows, texts, most=most)
        assert max(map(width, lines)) <= most
        # Each column's words are all there, whichever part and whichever line they stand in.
        shown = " ".join(lines).replace("│", " ").split()
        assert all(word in shown for row in rows for cell in row for word in cell.split())


def test_a_table_that_fits_is_not_wrapped():
    rows = [["Metric", "first", "Said"], ["ROC AUC", "0.971 (0.020)", "matters here"]]
    assert aligned(rows, frozenset({2})) == [
        "Metric   │         first  Said",
        "─────────┼────────────────────────────",
        "ROC AUC  │ 0.971 (0.020)  matters here",
    ]


def test_words_are_wrapped_before_a_table_is_cut_and_numbers_never_are():
    rows = [["Pitfall", "ROC AUC [95 % interval]", "Size"]]
    rows += [["tuning", "+0.060 [0.014, 0.105]", "inflates; whether by more than the margin is not settled"]]
    lines = aligned(rows, frozenset({2}), most=60)
    assert max(map(width, lines)) == 60
    assert sum("+0.060 [0.014, 0.105]" in line for line in lines) == 1
    assert sum("Pitfall" in line for line in lines) == 1


def test_what_has_no_room_follows_below_beside_the_columns_that_tell_the_rows_apart():
    rows = [["Outside", "Interval", "Covers", "Width"]]
    rows += [[site, way, "0.123456789", "0.987654321"] for site, way in itertools.product("ab", "xy")]
    lines = aligned(rows, frozenset({1}), most=34)
    first, second = "\n".join(lines).split("\n\n")
    assert "Covers" in first
    assert "Width" in second
    for part in (first, second):
        keys = [tuple(line.replace("│", " ").split()[:2]) for line in part.splitlines()[2:]]
        assert keys == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]


def test_columns_that_belong_together_are_not_parted():
    rows = [["", "one", "(truly)", "two", "(truly)"], ["AUC", "0.9380", "0.5800", "0.5460", "0.5700"]]
    parts = "\n".join(aligned(rows, most=26, glued=frozenset({2, 4}))).split("\n\n")
    assert [part.count("(truly)") for part in parts] == [1, 1]


def test_wide_letters_count_twice():
    lines = wrapped("患者" * 40, 30)
    assert [width(line) for line in lines] == [30, 30, 30, 30, 30, 10]
    assert "".join(lines) == "患者" * 40
    assert max(map(width, wrapped("患者 " * 60))) <= WIDTH
