"""Reports and answers in Chromium: two widths, light and dark, on paper; nothing overflows, is fetched, or runs.

Needs Debian's packages chromium and chromium-driver, and fails where they are missing: ``tox -e browser``.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from synthetic_answers import comparison

import varbench as vb
from varbench.data import Data
from varbench.data.simulate import SimulatedRadiomics
from varbench.report import report, write

pytestmark = pytest.mark.browser

WIDTHS = (1280, 390)
HOSTILE = "<script>window.alerted=1</script><img src=x onerror='window.alerted=1'>\"'&$x$"
CV = StratifiedKFold(3, shuffle=True)
SAMPLER, NEAR = ("resample", RandomOverSampler()), ("near", KNeighborsClassifier(3))
METRICS = [
    "f1",
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "specificity",
    "mcc",
    "average_precision",
    "brier",
    "log_loss",
]


def _study(first: str, second: str, data: Any, **more: Any) -> vb.Study:
    procedures = {
        first: vb.Procedure([SAMPLER, vb.Split(CV), NEAR]),
        second: vb.Procedure([vb.Split(CV), SAMPLER, NEAR]),
    }
    published = {
        "title": "Doe 2020",
        "source": "doi:10.1000/doe",
        "procedures": {first: {"f1": (0.85, 0.05)}, second: {"f1": (0.14, 0.11)}},
    }
    return vb.Study(
        question="Does oversampling before the split inflate the score?", data=data, procedures=procedures,
        primary="roc_auc", margin=0.02, metrics=METRICS, vary=["split", "resample"], published=published, repeats=12,
        name="oversampling", **more,
    )  # fmt: skip


def _hostile() -> Data:
    y = np.repeat([0, 1], [30, 15])
    X = np.random.default_rng(0).normal(size=(45, 4))
    return Data(
        X=X, y=y, classes=(HOSTILE, "a" * 150), feature_names=tuple("abcd"), ids=np.arange(45).astype(str),
        name=HOSTILE, batch=np.repeat([HOSTILE, "B"], [20, 25]), info={"title": HOSTILE, "citation": "x" * 300},
    )  # fmt: skip


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Reports and answers: as they should be, and such of which every name is an attack or endless."""
    simulator = SimulatedRadiomics(n_cases=60, n_positive=15, n_features=40, n_informative=2)
    cubes = {
        "usual": _study("incorrect", "correct", simulator.cohort(0), truth_rows=100).run(
            vary=["cohort", "split"]
        ),
        "hostile": _study(HOSTILE, "b" * 150, _hostile()).run(repeats=2),
    }
    said = {
        **{name: report(cube) for name, cube in cubes.items()},
        "answer": comparison(7),
        "hostile answer": comparison(4, "hostile"),
        "long answer": comparison(15, "long"),
    }
    return {name: write(one, tmp_path_factory.mktemp("page"))[0] for name, one in said.items()}


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    places = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    missing = [name for name, place in places.items() if place is None]
    if missing:
        pytest.fail(f"{' and '.join(missing)} not found: apt-get install chromium chromium-driver")
    options = Options()
    options.binary_location = str(places["chromium"])
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(places["chromedriver"])))
    yield driver
    driver.quit()


def show(
    browser: webdriver.Chrome, page: Path, width: int = 1280, scheme: str = "light", media: str = ""
) -> None:
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(page.as_uri())


each_width = pytest.mark.parametrize("width", WIDTHS)
each_page = pytest.mark.parametrize("name", ["usual", "hostile", "answer", "hostile answer", "long answer"])
each_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])


@each_page
@each_width
def test_nothing_overflows(browser, pages, name, width):
    show(browser, pages[name], width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    # Whatever is wider than the window scrolls in a box of its own.
    beyond = browser.execute_script(
        """const found = [];
        for (const e of document.querySelectorAll('body *')) {
          if (e.closest('.scroll') && !e.matches('.scroll') || e.closest('svg') || e.matches('.skip')) continue;
          const box = e.getBoundingClientRect();
          if (box.width && (box.right > innerWidth + 1 || box.left < -1)) found.push(e.tagName + '.' + e.className);
        } return found"""
    )
    assert beyond == []


@each_page
@each_width
@each_scheme
def test_every_figure_is_seen_whole(browser, pages, name, width, scheme):
    show(browser, pages[name], width, scheme)
    figures = browser.execute_script(
        """return [...document.querySelectorAll('figure')].map(f => {
          const seen = [...f.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().width > 0);
          const box = seen[0] && seen[0].getBoundingClientRect();
          const cut = seen.length ? [...seen[0].querySelectorAll('text')].filter(t => {
            const b = t.getBoundingClientRect(); return b.left < box.left - 3 || b.right > box.right + 3 ||
              b.top < box.top - 3 || b.bottom > box.bottom + 3}).map(t => t.textContent) : [];
          return {id: f.id, seen: seen.length, width: box && box.width, height: box && box.height, cut: cut}})"""
    )
    assert len(figures) >= 5
    for figure in figures:
        assert figure["seen"] == 1, figure
        assert figure["width"] >= min(320, width - 60)
        assert figure["height"] > 60
        assert figure["cut"] == [], figure


@each_page
@each_width
def test_no_letters_lie_on_others_in_a_figure(browser, pages, name, width):
    show(browser, pages[name], width)
    hidden = browser.execute_script(
        """const found = [];
        for (const svg of document.querySelectorAll('figure svg')) {
          const all = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect(), t]);
          const flat = all.filter(a => a[1].width && !/rotate\\(-?[1-9]/.test(a[2].getAttribute('transform') || ''));
          flat.forEach((a, i) => flat.slice(i + 1).forEach(b => {
            const w = Math.min(a[1].right, b[1].right) - Math.max(a[1].left, b[1].left);
            const h = Math.min(a[1].bottom, b[1].bottom) - Math.max(a[1].top, b[1].top);
            if (w > 2 && h > 4) found.push([svg.closest('figure').id, a[0], b[0]]);
          }));
        } return found"""
    )
    assert hidden == []


def test_letters_keep_their_size_on_a_phone(browser, pages):
    show(browser, pages["usual"], 390)
    sizes = browser.execute_script(
        """const letters = [...document.querySelectorAll('figure svg text')];
        return letters.map(t => t.getBoundingClientRect().height).filter(h => h)"""
    )
    assert min(sizes) >= 10


@each_scheme
def test_light_and_dark(browser, pages, scheme):
    show(browser, pages["usual"], scheme=scheme)
    ground, ink, dots = browser.execute_script(
        """const style = e => getComputedStyle(e);
        const drawn = [...document.querySelectorAll('#figure-opening .page svg text')].map(t => style(t).fill);
        return [style(document.body).backgroundColor, style(document.body).color, drawn]"""
    )
    assert (_brightness(ground) > 0.8) is (scheme == "light")
    assert abs(_brightness(ground) - _brightness(ink)) > 0.6
    assert all(abs(_brightness(ground) - _brightness(fill)) > 0.25 for fill in dots)


def _brightness(colour: str) -> float:
    red, green, blue = (int(part) for part in re.findall(r"\d+", colour)[:3])
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


@each_page
@each_width
def test_nothing_is_fetched_and_nothing_runs(browser, pages, name, width):
    show(browser, pages[name], width)
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"}
    # Pictures of pairs stand in the page itself, which Chromium tells as requests too.
    assert {one for one in asked if not one.startswith("data:image/png;base64,")} <= {pages[name].as_uri()}
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    assert browser.execute_script(
        "return [window.alerted === undefined, document.scripts.length, document.images.length]"
    ) == [True, 0, 0]


def test_the_first_screen_is_one_sentence_and_one_picture(browser, pages):
    for name, width, height in (
        ("usual", 1280, 900),
        ("usual", 390, 900),
        ("answer", 1280, 900),
        ("answer", 390, 900),
    ):
        show(browser, pages[name], width)
        top, bottom = browser.execute_script(
            """const h = document.querySelector('h1').getBoundingClientRect();
            const drawn = [...document.querySelectorAll('.first figure svg')];
            const seen = drawn.find(s => s.getBoundingClientRect().width > 0);
            return [h.top, seen.getBoundingClientRect().bottom]"""
        )
        assert 0 < top < height / 2
        assert bottom < height


def test_the_order_of_steps_is_marked_without_colour(browser, pages):
    show(browser, pages["usual"])
    marks = browser.execute_script(
        """return [...document.querySelectorAll('.step.sees-test')].map(s =>
          [s.innerText, getComputedStyle(s).backgroundImage, getComputedStyle(s).borderTopWidth])"""
    )
    assert len(marks) == 1
    assert "sees the test rows" in marks[0][0]
    assert "repeating-linear-gradient" in marks[0][1]


@each_page
def test_it_prints(browser, pages, name):
    show(browser, pages[name], scheme="dark")
    paper = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True}
    pdf = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", paper)["data"])
    assert pdf.startswith(b"%PDF")
    assert 5 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 30


def test_paper_is_light_and_whole(browser, pages):
    show(browser, pages["usual"], 740, scheme="dark", media="print")
    ground, nav, wide = browser.execute_script(
        """const tables = [...document.querySelectorAll('table')];
        const beyond = tables.filter(t => t.getBoundingClientRect().right > innerWidth + 1);
        return [getComputedStyle(document.documentElement).getPropertyValue('--paper').trim(),
          getComputedStyle(document.querySelector('nav')).display, beyond.map(t => t.className)]"""
    )
    assert ground == "#fffefb"
    assert nav == "none"
    assert wide == []
