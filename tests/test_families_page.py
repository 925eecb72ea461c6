"""The page of a set of families: what it says and shows, and how it behaves in a browser, offline and from disk."""

import hashlib
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from scalinglaws.claims.claim import Findings, Part, Verdict
from scalinglaws.claims.eight import Judged
from scalinglaws.measurements.sheet import Constant, Measurements, Sheet
from scalinglaws.points.points import Points
from scalinglaws.reporting import document
from scalinglaws.reporting.families_page import families_page
from scalinglaws.reporting.paper.experiment import Experiment
from scalinglaws.reporting.paper.shelf import paper_figure
from scalinglaws.results.fitted import Estimate
from scalinglaws.studying.page_of_study import page_of_study

VENDORED = Path(document.__file__).parent / "vendored"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
EVIL = '<script>alert(1)</script> $x$ & "quoted"'
SCHEDULES = ("cosine", "linear", EVIL)


def made() -> Experiment:
    """Six runs of three schedules, one of them named as markup, and hand-made findings."""
    count = 6
    runs = Points(
        {
            "run_id": [f"run-{i}" for i in range(count)],
            "lineage": [f"run-{i}" for i in range(count)],
            "family": ["F-LR"] * count,
            "outcome": ["finished"] * count,
            "arch": ["transformer"] * count,
            "params_nonembedding": [24576.0] * count,
            "tokens": [3e6] * count,
            "loss_nats": [4.1, 4.2, 4.15, 4.3, 4.11, 4.19],
            "lr_sum": [2.0, 2.5, 3.0, 2.1, 2.6, 3.1],
            "lr_schedule": [*SCHEDULES, *SCHEDULES],
            "seed": [0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
        }
    )
    steps = [1.0, 100.0, 700.0]
    curves = Points(
        {
            "run_id": [f"run-{i}" for i in range(count) for _ in steps],
            "steps": steps * count,
            "lr": [0.0, 0.008, 0.001] * count,
            "loss_nats": [7.0, 5.0, 4.2] * count,
        }
    )
    decided = Part("the spread", Estimate(0.06, 0.04, 0.08), high=0.1, text="spread 0.06 [0.04, 0.08]")
    verdicts = (
        Verdict(
            "S24", "Schedules hardly matter.", "spread at most 0.1", "0.06", "passed", "the spread is 0.06", (decided,)
        ),
        Verdict("S1", f"The loss falls {EVIL}.", "R2", "", "failed", "it does not", ()),
    )
    constants = (
        Constant("alpha_N", "exponent of size", Estimate(0.085, 0.035, 0.135), 0.076, "eq 1.1", "L(N)"),
        Constant("alpha_B", "exponent of the batch", None, 0.21, "eq 1.4", "needs family F-B"),
    )
    sheet = Sheet(
        "seeds", "Spread from seed to seed", "A row per setting.", ("family", "sd"), (("F-LR", 0.01), (EVIL, None))
    )
    eight = (Judged(4, "Curves follow one law.", "passed", ("S24",), "S24 passed"),)
    found = Findings(verdicts, Measurements(constants, (sheet,), ("critical batches: needs family F-B",)), eight)
    present, planned = {"F-LR": count}, {"F-LR": 16, "F-ND": 24}
    more = {"notes": f"**Bold** and {EVIL}\n\n- one\n- two"}
    return Experiment(f"kaplan {EVIL}", runs, curves, Points({"run_id": []}), found, {}, {}, (), present, planned,
                      "kaplan-cpu", "my folder", **more)  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return families_page(made(), tmp_path_factory.mktemp("families"), figures=[paper_figure(n) for n in (9, 22)])


@pytest.fixture(scope="module")
def page(index):
    return index.read_text(encoding="utf-8")


def test_the_page_states_verdicts_with_their_numbers_and_constants_beside_the_paper_s(page):
    assert "6 runs present, 34 missing, of 1 family" in page
    assert '<span class="outcome passed">passed</span> S24. Schedules hardly matter.' in page
    assert "the spread is 0.0600 [0.0400, 0.0800], as required: at most 0.1" in page
    assert re.search(
        r'data-value="0.085" data-low="0.035" data-high="0.135">0.09 \[0.04, 0.14\]</td><td[^>]*>0.076', page
    )
    assert "The eight findings of the paper on these runs: 1 passed</strong>; of its 2 claims" in page
    row = '<td>Curves follow one law.</td><td>passed</td><td>S24 passed</td><td data-text="S24: 0.06">S24: 0.06</td>'
    assert row in page
    assert "not measured" in page and "critical batches: needs family F-B" in page


def test_a_figure_without_its_runs_says_what_it_needs_and_one_with_them_has_its_files(index, page):
    assert "0 of 24 runs present: needs family F-ND" in page
    assert "<code>scalinglaws study kaplan-cpu --only F-ND --to my folder</code>" in page
    assert sorted(path.name for path in (index.parent / "figures").iterdir()) == [
        "22-schedules.csv",
        "22-schedules.svg",
    ]
    assert "22-schedules.svg" in page and ".pdf" not in page
    assert "Figure 22. Schedules of the learning rate" in page
    assert json.loads((index.parent / "findings.json").read_text())["verdicts"][0]["id"] == "S24"


def test_every_entry_of_the_contents_leads_to_its_part(page):
    linked = re.findall(r'<li><a href="#([^"]+)"', page)
    assert len(linked) > 4 and not [name for name in linked if f'id="{name}"' not in page]


def test_figures_are_written_as_pdf_and_linked_where_that_is_asked(tmp_path):
    text = families_page(made(), tmp_path, figures=[paper_figure(22)], pdf=True).read_text(encoding="utf-8")
    assert (tmp_path / "figures" / "22-schedules.pdf").read_bytes().startswith(b"%PDF")
    assert 'href="figures/22-schedules.pdf"' in text


def test_markup_in_names_claims_and_notes_stays_text(page):
    assert page.count("<script>alert") == 0
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<strong>Bold</strong>" in page and "<li>two</li>" in page


def test_the_page_is_one_file_that_asks_for_nothing_and_allows_only_its_own_scripts(page):
    alone = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', alone)
    assert "default-src 'none'" in page and page.count("'sha256-") == 3
    assert len(page.encode()) < 5e6


def test_the_vendored_library_is_the_one_whose_licence_and_hash_are_written_beside_it():
    told = (VENDORED / "README.md").read_text(encoding="utf-8")
    digest = hashlib.sha256((VENDORED / "plotly-basic.min.js").read_bytes()).hexdigest()
    assert digest in told
    assert "MIT" in (VENDORED / "LICENSE-plotly.txt").read_text(encoding="utf-8")[:40].upper()


def test_a_folder_without_results_or_tables_is_refused(tmp_path):
    with pytest.raises(Exception, match=r"no results\.json of a study and no points\.csv of a set of families"):
        page_of_study(tmp_path)


def test_an_experiment_without_a_run_still_has_a_page(tmp_path):
    nothing = replace(made(), runs=Points({"run_id": []}), curves=Points({"run_id": []}), present={}, notes="")
    text = families_page(nothing, tmp_path, figures=[paper_figure(22)]).read_text(encoding="utf-8")
    assert "needs family F-LR" in text and 'id="charts"' not in text


@pytest.fixture(scope="module")
def browser():
    if BROWSER is None:
        pytest.skip("no Chromium is installed")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def tab(browser, index):
    """Open the page offline; an error on the console or a request for another file fails the test."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, offline=True)
    tab, said, asked = context.new_page(), [], []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(index.as_uri())
    tab.locator("figure[data-chart]").first.scroll_into_view_if_needed()
    tab.wait_for_selector("figure.alive")
    yield tab
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith((index.as_uri(), "data:", "blob:"))] == []


def test_charts_are_drawn_with_a_mark_per_run_and_follow_the_chosen_rows(tab):
    marks = tab.locator(".chart .point")
    assert marks.count() == 6
    tab.locator("#filter").fill("cosine")
    tab.wait_for_function(
        "() => [...document.querySelectorAll('.chart .point')].filter((p) => p.style.opacity < 0.5).length === 4"
    )
    assert tab.locator("[role=status]", has_text="2 of 6 runs").count() == 1
    assert tab.locator("table[data-name=runs] tbody tr:visible").count() == 2
    tab.locator("#filter").fill("")
    tab.locator("table[data-name=runs] tbody tr").first.press("Enter")
    assert tab.locator("[role=status]", has_text="1 of 6 runs").count() == 1


def test_the_data_of_a_chart_open_as_a_table_and_nothing_scrolls_sideways(tab):
    tab.locator("details[data-of] summary").click()
    tab.locator("details[data-of] tbody tr").first.wait_for()  # the table is made once it is open
    assert tab.locator("details[data-of] tbody tr").count() == 6
    for width in (1200, 400):
        tab.set_viewport_size({"width": width, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_paper_the_picture_stands_in_place_of_the_chart(tab):
    tab.emulate_media(media="print")
    tab.locator(".still svg").wait_for()  # drawn once the page is told that it is printed
    assert not tab.locator(".live").is_visible()
    tab.emulate_media(media="screen", color_scheme="dark")
    assert "invert" in tab.locator(".paper").evaluate("(e) => getComputedStyle(e).filter")
