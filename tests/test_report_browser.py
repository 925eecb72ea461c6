"""The page of a report in a browser, from disk and offline: no error, no request, working buttons, no overflow."""

import csv
import dataclasses
import io
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from report_sample import sample, written

from scalinglaws.points.points import Points
from scalinglaws.reporting.document import Document, Section, charts_of, html_of, live_figure
from scalinglaws.reporting.drawing.drawing import Axis, ChartPanel, Drawing, points
from scalinglaws.reporting.drawing.drawn_figure import DrawnFigure
from scalinglaws.reporting.own.figure import drawn
from scalinglaws.reporting.own.shelf import study_figure
from scalinglaws.reporting.report import page as page_of

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return written(tmp_path_factory.getbasetemp()).as_uri()


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address):
    """Open the page offline, and fail the test that leaves an error or a request for anything else behind."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, offline=True, accept_downloads=True)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    yield page
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []


def downloaded(page, selector):
    with page.expect_download() as waiting:
        page.locator(selector).click()
    download = waiting.value
    return download.suggested_filename, download.path().read_bytes().decode()


def test_a_click_on_a_heading_sorts_by_number_and_back(page):
    table = page.locator('table[data-name="runs"]')
    heads = table.locator("th")
    column = [text.split("\n")[0] for text in heads.all_inner_texts()].index("loss ± standard error (nats/token)")

    def losses():
        return [float(cell.split()[0]) for cell in table.locator(f"tbody td:nth-child({column + 1})").all_inner_texts()]

    before = losses()
    heads.nth(column).locator("button").click()
    assert losses() == sorted(before) != before
    assert heads.nth(column).get_attribute("aria-sort") == "ascending"
    heads.nth(column).locator("button").click()
    assert losses() == sorted(before, reverse=True)
    heads.nth(0).locator("button").click()
    assert heads.nth(column).get_attribute("aria-sort") == "none"
    assert sorted(losses()) == sorted(before)


def test_the_points_download_as_csv_in_full_precision(page):
    name, text = downloaded(page, "#download-csv")
    assert name == "quickstart-points.csv"
    rows = list(csv.DictReader(io.StringIO(text)))
    points = sample().points
    assert [float(row["loss_nats"]) for row in rows] == points["loss_nats"].tolist()
    assert [row["excluded_because"] for row in rows] == points["excluded_because"].tolist()
    assert rows[3]["residual_log"] == ""


def test_everything_downloads_as_json(page):
    name, text = downloaded(page, "#download-json")
    assert name == "quickstart.json"
    assert json.loads(text)["fits"][0]["values"]["E"] == {"value": 1.162, "low": 1.081, "high": 1.231, "level": 0.95}


def test_a_table_downloads_with_the_ends_of_its_intervals(page):
    _, text = downloaded(page, 'button[data-table="constants"]')
    rows = list(csv.DictReader(io.StringIO(text)))
    first = {key.strip(): value for key, value in rows[3].items()}
    assert (first["constant"], first["fitted [interval]"]) == ("alpha", "0.287")
    assert (first["fitted [interval]: low"], first["fitted [interval]: high"]) == ("0.262", "0.314")


def test_a_command_is_copied(page):
    page.locator("button.copy").first.click()
    page.wait_for_function("document.getElementById('said').textContent === 'Copied'")


def seen_charts(page):
    """Scroll down until every chart is drawn."""
    count = page.locator("figure[data-chart]").count()
    assert count >= 7
    for _ in range(40):
        if page.locator("figure.alive").count() == count:
            break
        page.mouse.wheel(0, 1200)
        page.wait_for_timeout(100)
    assert page.locator("figure.alive").count() == count


@pytest.mark.parametrize("width", [400, 1200])
def test_every_figure_is_a_chart_with_all_its_marks_and_nothing_overflows_the_window(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    seen_charts(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = page.locator("figure .chart").evaluate_all(
        "all => all.map(one => [one.getBoundingClientRect().left, one.getBoundingClientRect().right])"
    )
    assert len(boxes) >= 13 and all(left >= 0 and right <= width for left, right in boxes)
    dots = page.locator("#figure-joint .points path.point").count()
    assert dots == len(sample().points)
    assert page.locator("figure .still svg[role=img]:visible").count() == 0
    letters = page.locator("figure .chart svg text").evaluate_all(
        "texts => texts.map(t => parseFloat(getComputedStyle(t).fontSize))"
    )
    assert len(letters) > 100
    assert sorted(letters)[len(letters) // 4] >= 8  # they can be read on a telephone


TOUCHING = """all => all.flatMap(chart => {
  const ticks = [...chart.querySelectorAll(".xtick text")].map(one => [one.textContent, one.getBoundingClientRect()]);
  ticks.sort((a, b) => a[1].left - b[1].left);
  return ticks.slice(1).filter(([, box], i) => box.left < ticks[i][1].right).map(([text]) => text);
})"""  # labels of ticks that overlap the one before


@pytest.mark.slow
def test_ticks_of_an_axis_do_not_touch_and_large_ones_are_all_powers_of_ten(browser, tmp_path):
    marks = (points([6e11, 9e11, 2.5e12], [3e3, 1e4, 3e4]),)
    figure = DrawnFigure("one", "One", Drawing((ChartPanel("", Axis("C (FLOPs)"), Axis("B (tokens)"), marks),)))
    document = Document("t", "t", "", "", [Section("f", "F", live_figure(figure, "", "1"))], (), {"name": "t"},
                        charts_of([figure]))  # fmt: skip
    (tmp_path / "page.html").write_text(html_of(document), encoding="utf-8")
    page = browser.new_page(viewport={"width": 400, "height": 700})
    page.goto((tmp_path / "page.html").as_uri())
    page.locator("figure.alive").wait_for()
    assert page.locator("figure .chart").evaluate_all(TOUCHING) == []
    shown = page.locator(".xtick text, .ytick text").all_text_contents()
    page.close()
    assert len(shown) > 4 and all("10" in text and "," not in text for text in shown)


HOSTILE = ("<script>document.title=1</script>", '"><img src=x onerror=alert(1)>', "x" * 200, "\u202eleft $\\alpha")


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_names_stay_text_and_long_ones_do_not_widen_a_telephone(browser, tmp_path, name):
    made = dataclasses.replace(sample(), name=name, notes=(name,), commands=(f"scalinglaws report {name}",))
    columns = {**made.points.columns, "excluded_because": np.array([name] + [""] * (len(made.points) - 1))}
    made = dataclasses.replace(made, points=Points(columns), corpus={"name": name}, settings={name: name})
    (tmp_path / "page.html").write_text(page_of(made, [drawn(study_figure("joint"), made)]), encoding="utf-8")
    page = browser.new_page(viewport={"width": 400, "height": 700})
    page.goto((tmp_path / "page.html").as_uri())
    page.locator("figure.alive").first.wait_for()
    assert page.locator("h1").inner_text() == name and page.title() == f"{name}: scaling laws"
    assert page.locator("img, main script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    page.close()


@pytest.mark.parametrize("size", [(1400, 900), (900, 1000)])
def test_the_first_screen_has_six_numbers_the_picture_and_what_to_mind(page, size):
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    page.locator("figure.alive").first.wait_for()
    ends = [page.locator(one).bounding_box() for one in ("#found .card", "#picture .paper", "#mind")]
    assert [box["y"] for box in ends] == sorted(box["y"] for box in ends)
    assert max(box["y"] + box["height"] for box in ends) <= size[1]
    assert page.locator("#found .card > div").count() == 6 and page.locator("#mind li").count() <= 3


def test_charts_of_runs_follow_the_runs_that_the_reader_chooses(page):
    seen_charts(page)
    page.locator("#filter").fill("held-0")
    page.wait_for_timeout(300)
    faint = "all => all.filter(one => Number(getComputedStyle(one).opacity) < 0.2).length"
    assert page.locator("#figure-joint .points path.point").evaluate_all(faint) == len(sample().points) - 1


def test_the_page_prints_without_buttons_and_with_every_row(page):
    page.emulate_media(media="print")
    page.locator("figure[data-chart] .still svg").last.wait_for(state="attached")  # drawn once the page is printed
    assert (
        page.locator("figure[data-chart] .still svg[role=img]:visible").count()
        == page.locator("figure[data-chart]").count()
    )
    assert page.locator("button:not(.sort):visible").count() == 0
    assert page.locator('table[data-name="runs"] tbody tr').last.is_visible()
    assert page.evaluate("document.querySelector('[data-name=runs]').parentElement.scrollHeight") <= page.evaluate(
        "document.querySelector('[data-name=runs]').parentElement.clientHeight + 1"
    )


def test_figures_turn_dark_with_the_page(browser, address):
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(address)
    assert page.evaluate("getComputedStyle(document.querySelector('.paper')).filter").startswith("invert(")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
    context.close()


AXE = os.environ.get("SCALINGLAWS_AXE", "")


@pytest.mark.slow
@pytest.mark.skipif(not Path(AXE).is_file(), reason="SCALINGLAWS_AXE names no axe.min.js of axe-core")
@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (400, "dark")])
def test_axe_finds_nothing_serious(browser, address, width, scheme):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(address)
    page.locator("figure.alive").first.wait_for()
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then((made) => made.violations)")
    context.close()
    said = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]
    assert said == []
