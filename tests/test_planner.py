"""The planner of a page: what it shows equals what `plan` gives, at its budgets and between them, in a browser too."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report_sample import sample

from scalinglaws.planning.plan import plan
from scalinglaws.points.points import Points
from scalinglaws.reporting.planner import planner
from scalinglaws.reporting.report import page
from scalinglaws.results.study_results import Budgets
from scalinglaws.studying.budgets import budgets_by, budgets_of
from scalinglaws.studying.drawn_fit import fit

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


def runs() -> Points:
    rng = np.random.default_rng(0)
    N, D = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e9, 5), np.geomspace(1e9, 1e11, 5)))
    loss = (1.7 + 400 / N**0.34 + 410 / D**0.28) * np.exp(0.002 * rng.standard_normal(len(N)))
    return Points({"run_id": [f"r{i}" for i in range(len(N))], "params_total": N, "tokens": D, "loss_nats": loss})


@pytest.fixture(scope="module")
def drawn():
    return fit("chinchilla", runs(), draws=200).draws


@pytest.fixture(scope="module")
def results(drawn):
    """A finished study whose plan and planner are by one law."""
    own = plan(drawn, 6e21).recommendation("10 times the largest fitted run")
    return replace(sample(), plans=(own,), budgets=budgets_by([drawn], (own,)))


def test_between_two_budgets_interpolation_agrees_with_plan_to_one_per_cent(drawn):
    found = budgets_of(lambda flops: plan(drawn, flops), 6e20).plans
    middle = found[:: len(found) // 4]
    for one in middle[:-1]:
        after = found[found.index(one) + 1]
        flops = np.sqrt(one.flops * after.flops)
        made = plan(drawn, float(flops))
        for name in ("params", "tokens", "loss_nats"):
            for end in ("value", "low", "high"):
                ends = [getattr(getattr(each, name), end) for each in (one, after)]
                assert np.sqrt(ends[0] * ends[1]) == pytest.approx(getattr(getattr(made, name), end), rel=0.01)


def test_a_planner_spans_four_decades_around_the_plan_of_its_page(results):
    budgets, [own] = results.budgets, results.plans
    assert isinstance(budgets, Budgets) and len(budgets.plans) == 13
    assert budgets.plans[0].flops < own.flops < budgets.plans[-1].flops
    assert budgets.speeds["h100-sxm"] == pytest.approx(0.4 * 989e12)
    assert 'id="planner"' in planner(results)


def test_without_a_plan_there_is_no_planner(results):
    assert planner(replace(results, plans=())) == ""
    assert planner(replace(results, budgets=None)) == ""
    assert budgets_of(lambda flops: plan(None, flops), 1e20) is None


@pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")
def test_what_the_reader_sets_gives_what_plan_gives_and_stays_in_the_address(results, tmp_path: Path):
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    index = tmp_path / "index.html"
    index.write_text(page(results, []), encoding="utf-8")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        tab, said = browser.new_page(), []
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(index.as_uri())

        def shown(name: str) -> float:
            return float(tab.locator(f"[data-answer={name}]").get_attribute("data-value"))

        for one in results.budgets.plans[::3]:
            tab.fill("#plan-flops", repr(one.flops))
            for name in ("params", "tokens", "loss_nats"):
                assert shown(name) == pytest.approx(getattr(one, name).value, rel=1e-9)
        tab.select_option("#plan-device", "h100-sxm")
        tab.fill("#plan-count", "8")
        tab.fill("#plan-price", "2")
        assert shown("hours") == pytest.approx(one.flops / (0.4 * 989e12) / 3600 / 8, rel=1e-6)
        assert shown("money") == pytest.approx(2 * one.flops / (0.4 * 989e12) / 3600, rel=1e-6)
        address, params = tab.url, shown("params")
        assert "#plan=" in address
        tab.goto("about:blank")
        tab.goto(address)
        assert shown("params") == params and tab.input_value("#plan-price") == "2"
        tab.locator("#plan-slider").fill("0")
        assert shown("params") == pytest.approx(results.budgets.plans[0].params.value, rel=1e-4)
        browser.close()
    assert said == []
