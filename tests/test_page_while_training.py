"""The page of a study while it trains: written from the first minute, cheap, and never the end of the study."""

import json
import re
import shutil
from dataclasses import replace

import pytest
from report_sample import sample

from scalinglaws.launching.progress import Active, Progress
from scalinglaws.reporting import live_page as drawn_page
from scalinglaws.reporting.live_page import live_page
from scalinglaws.results.fitted import Estimate
from scalinglaws.results.live_study import STOPPED, TRAINING, Failed, FitSoFar, LiveRun, LiveStudy, Waiting
from scalinglaws.store.store import open_store
from scalinglaws.studying import page_while_training as written
from scalinglaws.studying.page_while_training import PERIOD, PageWhileTraining

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
EVIL = "<script>alert(1)</script>"


def live(**changes) -> LiveStudy:
    results = sample(bands={"L(N,D)": sample().bands["L(N,D)"]}, law="hoffmann-nd")
    fit = FitSoFar("chinchilla", "L = E", 33, {"E": Estimate(1.2, 1.1, 1.3), "A": None}, results)
    made = LiveStudy(
        name=f"mine {EVIL}", folder="mine", state=TRAINING, done=34, total=40, trunks=5, already=3,
        share=0.625, processes=2, seconds_left=540.0, flops_done=5e14, flops_left=3e14,
        active=(LiveRun("run-a", 24576, 50, 200, 1e5, (1e4, 5e4, 1e5), (5.0, 4.0, 3.6)),
                LiveRun("run-silent", 24576, None, 200, 0)),
        waiting=(Waiting("run-b", 49152, 200_000, 6e10),), more_waiting=3, later=2,
        failed=(Failed("run-c", f"Killed {EVIL}"),), curves=sample().curves, fit=fit, written=1.8e9, period=20.0,
        command="scalinglaws study mine",
    )  # fmt: skip
    return replace(made, **changes)


def test_the_page_says_how_far_it_is_what_comes_next_and_what_failed_with_the_end_of_its_log(tmp_path):
    text = live_page(live(), tmp_path).read_text()
    alone = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    for words in ("34 of 40 runs done, 1 failed; 3 of them were done", "62.5% of the work", "9 min", "0.30", "run-a",
                  "50 of 200", "run-silent", "none reported yet", "Not drawn: 5 trunks", "run-b",
                  "3 more come after them", "run-c", "Killed &lt;script&gt;", "1.20 [1.10, 1.30]",
                  "not identified", "33 finished runs"):  # fmt: skip
        assert words in alone, words
    assert EVIL not in text and "scalinglaws status mine" in text
    charts = json.loads(re.search(r'id="charts">(.*?)</script>', text, re.DOTALL)[1])
    assert set(charts) == {"curves", "fit-hoffmann-nd"}
    assert len([mark for mark in charts["curves"]["panels"][0]["marks"] if "dotted" in mark]) == 1


def test_a_page_of_a_study_that_stopped_says_so_and_loads_itself_no_more(tmp_path):
    text = live_page(live(state=STOPPED, why="The disk is full."), tmp_path).read_text()
    assert (
        "The disk is full." in text
        and 'id="again"' not in text
        and 'id="again"' in live_page(live(), tmp_path).read_text()
    )


class Clock:
    """A clock that the test moves."""

    def __init__(self):
        self.now, self.cpu = 0.0, 0.0

    def monotonic(self):
        return self.now

    def process_time(self):
        return self.cpu

    def time(self):
        return 1.8e9


@pytest.fixture
def following(tmp_path, monkeypatch):
    """A page that follows a study, each of whose pages takes 1 processor second; and the clock."""
    clock, count = Clock(), []

    def make(found, to):
        clock.cpu += 1.0
        count.append(found)

    monkeypatch.setattr(written, "time", clock)
    monkeypatch.setattr(written, "live_page", make)
    monkeypatch.setattr(PageWhileTraining, "_found", lambda self, progress, state, why: (state, why))
    return PageWhileTraining(open_store(tmp_path / "s", create=True), "s", "", lambda progress: None), clock, count


def hear(following, seconds, cpu_per_second):
    page, clock, count = following
    for _ in range(seconds):
        clock.now += 1
        page.hear(Progress(0, 9, (), None, processes=2, cpu_seconds=clock.now * cpu_per_second))
    return len(count)


def test_the_first_page_is_written_at_once_and_the_rest_take_a_hundredth_of_the_study_s_processor_time(following):
    page, _, _ = following
    assert hear(following, 1, 2.0) == 1
    wrote = hear(following, 999, 2.0)
    assert wrote <= 0.01 * page.busy + 1 and wrote == pytest.approx(20, abs=2)


def test_on_a_busy_machine_fewer_pages_are_written(following):
    page, _, _ = following
    wrote = hear(following, 1000, 0.1)
    assert wrote <= 2 and page.busy == pytest.approx(100)


def test_pages_are_at_least_a_period_apart(following):
    assert hear(following, 1000, 1000.0) <= 1000 / PERIOD + 1


def test_the_processor_time_of_a_second_launch_is_added_to_that_of_the_first(following):
    page, _, _ = following
    for cpu in (10.0, 50.0, 2.0, 7.0):
        page.hear(Progress(0, 9, (), None, cpu_seconds=cpu))
    assert page.busy == 57.0


def test_a_page_that_fails_takes_no_study_with_it_and_is_tried_no_more(following, monkeypatch):
    page, _, count = following
    monkeypatch.setattr(written, "live_page", lambda found, to: 1 / 0)
    assert hear(following, 500, 5.0) == 0 and page.broken == "ZeroDivisionError: division by zero"
    with pytest.raises(KeyboardInterrupt), page:
        raise KeyboardInterrupt
    assert not count


def test_a_study_that_is_interrupted_leaves_a_page_that_says_how_to_go_on(following):
    page, _, count = following
    hear(following, 1, 1.0)
    with pytest.raises(KeyboardInterrupt), page:
        raise KeyboardInterrupt
    assert count[-1] == (STOPPED, written.BEGIN_AGAIN)


def test_a_curve_under_way_keeps_at_most_a_few_hundred_values(following):
    page, _, _ = following
    for step in range(1, 5001):
        page._trace(Active("a", 768, step, 5000, step * 100, 3.0))
    assert 100 <= len(page._traces["a"]) <= written.TRACE + 1


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_in_a_browser_the_page_loads_itself_again_until_it_is_told_to_stop(tmp_path, monkeypatch):
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    import time

    index = live_page(live(written=time.time(), period=6.0), tmp_path)
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        tab = browser.new_page()
        said, loads = [], []
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("load", lambda: loads.append(1))
        tab.goto(index.as_uri())
        assert "this page loads itself again" in tab.locator("#news").inner_text()
        live_page(live(done=35, written=time.time(), period=6.0), tmp_path)
        tab.get_by_text("35 of 40 runs done").wait_for(timeout=20_000)
        tab.locator("#pause").click()
        before = len(loads)
        tab.wait_for_timeout(7_000)
        assert len(loads) == before >= 2
        live_page(live(written=time.time() - 3600, period=6.0), tmp_path)
        tab.reload()
        assert "the study may have been stopped" in tab.locator("#news").inner_text()
        browser.close()
    assert said == [] and drawn_page.MOST_CURVES
