"""The figures of answers: what is drawn is what the frame says, and everything is inside, at both widths."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from synthetic_answers import comparison, frames, names, pictures

from varbench.report.figure_canvas import fit, text_width
from varbench.report.figure_style import LIGHT, PAGE, PHONE, drawing, to_svg
from varbench.report.figures import FIGURES, draw

each_width = pytest.mark.parametrize("width", [PAGE, PHONE], ids=["page", "phone"])
CASES = [(2, "plain"), (2, "long"), (15, "plain"), (15, "long"), (4, "hostile")]
each_case = pytest.mark.parametrize(("number", "kind"), CASES)


def figure(name: str, frame: pd.DataFrame, width: int = PAGE, procedures: Any = (), **options: Any) -> Any:
    return draw(name, frame, procedures, width, **options)


def words(found: Any) -> list[str]:
    return [text.get_text() for axes in found.axes for text in axes.texts]


def boxes(found: Any) -> list[tuple[str, Any]]:
    """Every text that is seen, ticks included, with its box in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with drawing():
        found.dpi = 72
        canvas = FigureCanvasAgg(found)
        canvas.draw()
        texts = [text for axes in found.axes for text in _texts(axes)]
        return [(t.get_text(), t.get_window_extent(canvas.get_renderer())) for t in texts if t.get_text()]


def _texts(axes: Any) -> list[Any]:
    """Labels, words and the ticks between the ends of an axis."""
    found = [axes.xaxis.label, axes.yaxis.label, *axes.texts]
    for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        low, high = sorted((low, high))
        ticks = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
        found += [label for place, label in ticks if axes.axison and low <= place <= high]
    return found


def test_every_new_kind_is_drawn_in_these_tests():
    known = {picture.kind for picture in pictures(names(2))}
    cubes = {
        "opening",
        "distributions",
        "inflation",
        "optimism",
        "gaps",
        "copies",
        "published",
        "error_rates",
        "pairs",
        "order",
        "costs",
        "batches",
        "coverage",
        "monitoring",
    }
    assert known == set(FIGURES) - cubes


@each_width
@each_case
def test_everything_is_inside_and_no_letters_lie_on_others(number, kind, width):
    methods = names(number, kind)
    made = frames(methods)
    for picture in pictures(methods):
        found = draw(picture.kind, made[picture.frame], methods, width, **picture.options)
        wide, high = found.get_figwidth() * 72, found.get_figheight() * 72
        assert wide == pytest.approx(width)
        seen = boxes(found)
        x0, y0, x1, y1 = np.array([box.extents for _, box in seen]).T
        outside = (x0 < -3) | (x1 > wide + 3) | (y0 < -3) | (y1 > high + 3)
        assert not outside.any(), (picture.kind, picture.frame, [seen[i] for i in np.flatnonzero(outside)])
        across = np.minimum.outer(x1, x1) - np.maximum.outer(x0, x0)
        down = np.minimum.outer(y1, y1) - np.maximum.outer(y0, y0)
        over = np.argwhere(np.triu((across > 2) & (down > 4), 1))
        assert not len(over), (picture.kind, picture.frame, [(seen[i][0], seen[j][0]) for i, j in over])


@pytest.mark.parametrize(("number", "kind"), [(4, "hostile"), (7, "plain")])
def test_colours_follow_the_page(number, kind):
    methods = names(number, kind)
    made = frames(methods)
    for picture in pictures(methods):
        svg = to_svg(draw(picture.kind, made[picture.frame], methods, PHONE, **picture.options), "x")
        assert not re.findall(r"(?<!, )#[0-9a-f]{6}\b", svg), picture.kind
        assert "<script" not in svg
        assert "font-family" not in svg


def test_a_figure_of_an_answer_is_that_of_its_frame():
    answer = comparison(5)
    assert "forest" in words(answer.plot("strips"))
    assert answer.plot("strips", PHONE).get_figwidth() * 72 == pytest.approx(PHONE)
    assert words(answer.plot()) == words(answer.plot("differences"))


def test_drawing_leaves_matplotlib_as_it_was():
    import matplotlib

    before = dict(matplotlib.rcParams)
    comparison(2).plot("lines")
    assert dict(matplotlib.rcParams) == before


# Dots


def dots(found: Any) -> int:
    return sum(
        len(line.get_xdata()) for axes in found.axes for line in axes.lines if line.get_linestyle() == "None"
    )


def test_strips_draw_every_score_and_the_mean():
    frame = pd.DataFrame({"method": ["a"] * 4 + ["b"] * 3, "score": [0.1, 0.2, 0.3, np.nan, 0.5, 0.6, 0.7]})
    found = figure("strips", frame)
    assert dots(found) == 6
    assert {"a", "b", "0.200", "0.600"} <= set(words(found))


def test_strips_of_several_panels_name_them():
    frame = pd.DataFrame(
        {"method": ["a", "b"] * 2, "panel": ["iris"] * 2 + ["wine"] * 2, "score": [0.1, 0.2, 0.3, 0.4]}
    )
    assert {"iris: a", "iris: b", "wine: a", "wine: b"} <= set(words(figure("strips", frame)))


def test_strips_end_and_say_so():
    frame = pd.DataFrame({"method": [f"m{i}" for i in range(90)], "score": np.linspace(0, 1, 90)})
    assert "50 more in the table" in words(figure("strips", frame))


def test_differences_have_their_margin_interval_and_direction():
    frame = pd.DataFrame({"pair": range(5), "difference": [0.1, 0.2, -0.1, 0.0, 0.3]})
    ends: dict[str, Any] = {"first": "forest", "second": "svm", "label": "AUC"}
    found = figure("differences", frame, **ends, margin=0.05, interval=(-0.02, 0.22), estimate=0.1)
    assert {"+0.100 [−0.020, 0.220]", "within the margin, ±0.05", "mean and interval"} <= set(words(found))
    assert found.axes[0].get_xlabel() == "AUC: forest minus svm; right of 0, forest is ahead"
    (band,) = found.axes[0].patches
    assert band.get_x() == pytest.approx(-0.05)
    assert band.get_width() == pytest.approx(0.1)
    bare = words(figure("differences", frame, **ends))
    assert "+0.100" in bare
    assert not [word for word in bare if "margin" in word or "interval" in word]


def test_differences_of_several_data_sets_have_a_row_each():
    frame = pd.DataFrame(
        {
            "pair": [0, 1, 0, 1],
            "dataset": ["iris", "iris", "wine", "wine"],
            "difference": [0.1, 0.3, -0.2, -0.4],
        }
    )
    found = words(figure("differences", frame, first="a", second="b"))
    assert {"iris", "wine", "+0.200", "−0.300"} <= set(found)
    told = frame.assign(estimate=0.5, ci_low=0.4, ci_high=0.6)
    assert words(figure("differences", told, first="a", second="b")).count("+0.500 [0.400, 0.600]") == 2


# Intervals


def whiskers(found: Any) -> list[list[float]]:
    """The ends of every horizontal line."""
    lines = [
        line for line in found.axes[0].lines if len(line.get_xdata()) == 2 and line.get_linestyle() == "-"
    ]
    flat = [line for line in lines if line.get_ydata()[0] == line.get_ydata()[1]]
    return [[float(x) for x in line.get_xdata()] for line in flat]


def test_intervals_are_those_of_the_frame():
    frame = pd.DataFrame(
        {
            "label": ["a", "b", "mean", "prediction"], "estimate": [0.1, np.nan, 0.12, np.nan],
            "ci_low": [-0.1, np.nan, 0.01, -0.3], "ci_high": [0.3, np.nan, 0.2, 0.5],
            "kind": ["item", "item", "mean", "prediction"],
        }
    )  # fmt: skip
    found = figure("intervals", frame, margin=0.05)
    assert {"+0.100 [−0.100, 0.300]", "–", "+0.120 [0.010, 0.200]", "[−0.300, 0.500]"} <= set(words(found))
    for ends in ([-0.1, 0.3], [0.01, 0.2], [-0.3, 0.5]):
        assert any(np.allclose(ends, drawn) for drawn in whiskers(found))


def test_an_endless_interval_ends_at_the_edge():
    frame = pd.DataFrame({"label": ["a"], "estimate": [0.5], "ci_low": [0.2], "ci_high": [np.inf]})
    found = figure("intervals", frame, reference=None)
    (drawn,) = whiskers(found)
    assert drawn == pytest.approx([0.2, found.axes[0].get_xlim()[1]])
    assert "0.500" in words(found)


def test_sums_are_never_cut_off():
    rows = [
        {"label": f"set {i}", "estimate": 0.1, "ci_low": 0.0, "ci_high": 0.2, "kind": "item"}
        for i in range(200)
    ]
    rows.append({"label": "mean", "estimate": 0.1, "ci_low": 0.05, "ci_high": 0.15, "kind": "mean"})
    found = words(figure("intervals", pd.DataFrame(rows)))
    assert "mean" in found
    assert "141 more in the table" in found


def test_outperform_stands_against_a_half_and_gamma():
    frame = pd.DataFrame(
        {"pair": ["a − b"], "estimate": [0.8], "ci_low": [0.66], "ci_high": [0.9], "n": [50]}
    )
    found = figure("outperform", frame, gamma=0.75)
    assert {"no difference", "γ = 0.75", "0.80 [0.66, 0.90], n = 50"} <= set(words(found))
    upright = [line.get_xdata()[0] for line in found.axes[0].lines if list(line.get_ydata()) == [0, 1]]
    assert upright == [0.5, 0.75]
    assert not [word for word in words(figure("outperform", frame)) if "γ" in word]


def test_shares_are_bars():
    frame = pd.DataFrame(
        {"source": ["split", "init"], "share": [0.75, 0.25], "ci_low": [0.5, 0.1], "ci_high": [0.9, 0.4]}
    )
    found = figure("shares", frame)
    assert [patch.get_width() for patch in found.axes[0].patches] == [0.75, 0.25]
    assert {"75.0 %", "25.0 %"} <= set(words(found))
    relative = figure(
        "shares", frame.assign(share=[1.0, 0.4]), percent=False, xlabel="SD, of that of the split"
    )
    assert {"1.000", "0.400"} <= set(words(relative))


# Ranks


def test_ranks_are_in_order_and_groups_join_them():
    frame = pd.DataFrame({"method": ["c", "a", "b"], "rank": [3.0, 1.25, 1.75]})
    for width in (PAGE, PHONE):
        found = figure("critical_difference", frame, width, cd=1.0, groups=[["b", "a"], ["c"], ["x", "c"]])
        assert "critical difference 1.00" in words(found)
        bars = [line for axes in found.axes for line in axes.lines if line.get_linewidth() == 4]
        assert len(bars) == 1  # a group of one, or of a method that is not there, joins nothing
    found = figure("critical_difference", frame, PAGE)
    shown = [word for word in words(found) if re.search(r"\d\.\d\d", word)]
    assert shown == ["a  1.25", "b  1.75", "3.00  c"]


def test_ranks_on_an_axis_stand_where_they_are():
    frame = pd.DataFrame({"method": ["a", "b", "c"], "rank": [1.0, 2.0, 3.0]})
    for best in ("left", "right"):
        found = figure("critical_difference", frame, best=best)
        elbows = [line for line in found.axes[0].lines if len(line.get_xdata()) == 3]
        upright = sorted({float(line.get_xdata()[0]) for line in elbows})
        assert upright[1] - upright[0] == pytest.approx(upright[2] - upright[1])
        (first,) = (t for t in found.axes[0].texts if "1.00" in t.get_text())
        assert (first.get_position()[0] < PAGE / 2) is (best == "left")


def test_rank_figures_can_be_styled():
    frame = pd.DataFrame({"method": ["ours", "theirs"], "rank": [1.2, 1.8]})
    found = figure(
        "critical_difference", frame, layout="list", size=16, colours={"ours": LIGHT["s1"]}, xlabel="rank"
    )
    (ours,) = (t for t in found.axes[0].texts if t.get_text() == "ours")
    assert ours.get_color() == LIGHT["s1"]
    assert found.axes[0].get_xlabel() == "rank"
    wide = figure("critical_difference", frame, layout="axis", size=16)
    assert {t.get_fontsize() for t in wide.axes[0].texts if "ours" in t.get_text()} == {16}


def test_long_names_of_ranks_are_a_list():
    frame = pd.DataFrame({"method": names(3, "long"), "rank": [1.0, 2.0, 3.0]})
    shown = [word for word in words(figure("critical_difference", frame)) if "…" in word]
    assert len(set(shown)) == 3


# Curves


def test_lines_are_those_of_the_frame():
    frame = pd.DataFrame({"series": ["a"] * 3 + ["b"] * 3, "x": [1, 2, 3] * 2, "y": [1.0, 4, 9, 2, 3, 4]})
    found = figure("lines", frame, xlabel="k", ylabel="error", references=[{"y": 0.05, "label": "nominal"}])
    drawn = [list(line.get_ydata()) for line in found.axes[0].lines if len(line.get_xdata()) == 3]
    assert [1.0, 4, 9] in drawn
    assert [2.0, 3, 4] in drawn
    assert {"a", "b", "nominal"} <= set(words(found))
    assert found.axes[0].get_ylim()[0] < 0.05


def test_bands_are_drawn_where_there_are_some():
    frame = pd.DataFrame(
        {"series": "a", "x": [0, 0.5, 1], "y": [0, 0.7, 1], "low": [0, 0.5, 1], "high": [0, 0.9, 1]}
    )
    assert len(figure("lines", frame, diagonal=True).axes[0].collections) == 1
    assert not figure("lines", frame.assign(low=np.nan, high=np.nan)).axes[0].collections
    assert not figure("lines", frame[["series", "x", "y"]]).axes[0].collections


def test_thirty_six_series_are_all_different():
    methods = [f"m{i}" for i in range(36)]
    frame = pd.DataFrame({"series": np.repeat(methods, 20), "x": np.tile(range(20), 36), "y": 1.0})
    found = figure("lines", frame, procedures=methods)
    looks = {
        (line.get_color(), str(line.get_linestyle()), str(line._dash_pattern))
        for line in found.axes[0].lines
        if len(line.get_xdata()) == 20
    }
    assert len(looks) == 36


def test_log_axes_have_plain_numbers():
    frame = pd.DataFrame({"series": "a", "x": [1, 10, 100], "y": [0.3, 0.1, 0.03]})
    found = figure("lines", frame, logx=True, logy=True)
    shown = [text for text, _ in boxes(found)]
    assert {"1", "10", "100", "0.1"} <= set(shown)
    assert not [text for text in shown if "$" in text]


def test_values_that_have_no_logarithm_are_left_to_the_axis():
    frame = pd.DataFrame({"series": "a", "x": [1, 2, 4], "y": [0.2, 0.0, 0.1]})
    low, high = figure("lines", frame, logy=True).axes[0].get_ylim()
    assert 0 < low <= 0.1
    assert high >= 0.2


# Tables of numbers


def test_heat_writes_its_values_and_frames_what_is_beyond():
    frame = pd.DataFrame({"row": ["a", "a", "b"], "column": ["b", "c", "c"], "value": [0.0004, 0.2, 0.049]})
    found = figure("heat", frame, threshold=0.05, label="Nemenyi")
    assert {"< 0.001", "0.200", "0.049", "Nemenyi; framed: below 0.05"} <= set(words(found))
    bold = {t.get_text() for t in found.axes[0].texts if t.get_fontweight() == "bold"}
    assert bold == {"< 0.001", "0.049"}
    rates = figure("heat", frame.assign(value=[0.04, 0.12, 0.9]), kind="rate", threshold=0.1)
    assert {t.get_text() for t in rates.axes[0].texts if t.get_fontweight() == "bold"} == {"0.12", "0.90"}


def test_heat_has_one_order_for_rows_and_columns():
    frame = frames(names(15))["pairs"]
    for width in (PAGE, PHONE):
        found = figure("heat", frame, width)
        heads = [t for t in found.axes[0].texts if t.get_text().isdecimal() and t.get_ha() == "center"]
        assert [t.get_text() for t in sorted(heads, key=lambda t: t.get_position()[0])] == [
            str(i) for i in range(1, 16)
        ]
    assert "15 linear" in " ".join(words(found))


def test_heat_of_other_columns_letters_what_does_not_fit():
    frame = pd.DataFrame(
        {"row": ["a", "b"] * 2, "column": np.repeat(names(2, "long"), 2), "value": [0.1, 0.2, 0.3, 0.4]}
    )
    found = words(figure("heat", frame, PHONE, kind="rate"))
    assert {"A", "B"} <= set(found)
    assert len([word for word in found if word.startswith(("A a pipe", "B a pipe"))]) == 2


# Letters


def test_names_are_cut_in_their_middle():
    text = names(1, "long")[0]
    with drawing():
        for pixels in (40, 100, 300):
            cut = fit(text, pixels)
            assert text_width(cut) <= pixels
            assert cut[0] == text[0]
            assert cut[-1] == text[-1]
            assert text_width(cut) > pixels - 20
        assert fit("short", 100) == "short"
        assert fit("", -5) == ""
        assert text_width("患者") == 26
