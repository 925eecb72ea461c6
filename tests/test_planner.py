"""The planner of a page: what it shows equals what `plan` gives, at its budgets and between them, in a browser too."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report_sample import sample

from scalinglaws.planning.plan import plan
from scalinglaws.points.points import Points
from scalinglaws.predicting.forecast import forecaster
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


def test_a_planner_spans_six_decades_around_the_plan_of_its_page(results):
    budgets, [own] = results.budgets, results.plans
    assert isinstance(budgets, Budgets) and len(budgets.plans) == 19
    assert budgets.plans[0].flops < own.flops < budgets.plans[-1].flops
    assert budgets.speeds["h100-sxm"] == pytest.approx(0.4 * 989e12)
    assert 'id="planner"' in planner(results)


def test_without_a_plan_there_is_no_planner(results):
    assert planner(replace(results, plans=())) == ""
    assert planner(replace(results, budgets=None)) == ""
    assert budgets_of(lambda flops: plan(None, flops), 1e20) is None


@pytest.fixture(scope="module")
def forecast_of_runs():
    return forecaster(runs())


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if BROWSER is None:
        pytest.skip("no Chromium is installed")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield browser
        browser.close()


def opened(browser, index: Path, results):
    """Write a page and open it; give the tab, and what it says on its console."""
    index.write_text(page(results, []), encoding="utf-8")
    tab, said = browser.new_page(), []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(index.as_uri())
    return tab, said


def shown(tab, name: str, end: str = "value") -> float | None:
    text = tab.locator(f"[data-answer={name}]").get_attribute(f"data-{end}")
    return float(text) if text else None


OPTIONS = {
    "served": "inference_tokens",
    "unique": "unique_tokens",
    "most-params": "fixed_params",
    "most-tokens": "fixed_tokens",
}
SET = """given => {
  for (const [name, value] of Object.entries(given)) document.getElementById(`plan-${name}`).value = value;
  document.getElementById("plan-flops").dispatchEvent(new Event("input"));
  const shown = [...document.querySelectorAll("[data-answer]")];
  return Object.fromEntries(shown.map((one) => [one.dataset.answer, { ...one.dataset }]));
}"""  # sets every input, then lets the page answer once
ASKED = [
    {},
    {"served": 1e12},
    {"unique": 3e9},
    {"unique": 3e9, "served": 3e11},
    {"most-params": 3e8},
    {"most-tokens": 3e10},
    {"most-params": 3e8, "unique": 1e10},
]


@pytest.mark.parametrize("kind", ["law", pytest.param("forecast", marks=pytest.mark.slow)])
def test_what_the_reader_sets_gives_what_plan_gives(kind, results, drawn, forecast_of_runs, browser, tmp_path: Path):
    """Every number of the panel, over budgets and limits, is that of `plan`: the loss to 0.1%, the size to 0.2%."""
    by = drawn if kind == "law" else forecast_of_runs
    own = plan(by, 6e21).recommendation("10 times the largest fitted run")
    made = replace(results, plans=(own,), budgets=budgets_by([drawn] if kind == "law" else by, (own,)))
    tab, said = opened(browser, tmp_path / "index.html", made)
    for flops in (1e21, 1e23):
        for asked in ASKED:
            answers = tab.evaluate(SET, {name: "" for name in OPTIONS} | asked | {"flops": flops})
            found = plan(by, flops, **{OPTIONS[name]: value for name, value in asked.items()})
            for name, within in (("params", 2e-3), ("tokens", 2e-3), ("loss_nats", 1e-3), ("batch_tokens", 1e-3)):
                for end in ("value", "low", "high"):
                    told = getattr(getattr(found, name), end)
                    seen = answers[name][end]
                    assert (seen == "") == (told is None), (flops, asked, name, end)
                    assert told is None or float(seen) == pytest.approx(told, rel=within), (flops, asked, name, end)
            assert float(answers["reach"]["value"]) == pytest.approx(found.reach, rel=2e-3)
            assert (answers["epochs"]["value"] == "") == (found.epochs is None)
    assert said == []


def test_the_machine_its_price_and_the_state_in_the_address(results, drawn, browser, tmp_path: Path):
    tab, said = opened(browser, tmp_path / "index.html", results)
    for name, text in {
        "flops": "6e21",
        "count": "8",
        "price": "2",
        "served": "1e12",
        "most-tokens": "2e11",
    }.items():
        tab.fill(f"#plan-{name}", text)
    tab.select_option("#plan-device", "h100-sxm")
    asked = {
        "inference_tokens": 1e12,
        "fixed_tokens": 2e11,
        "hardware": "h100-sxm",
        "devices": 8,
        "price_per_hour": 2.0,
    }
    cost = plan(drawn, 6e21, **asked).cost
    assert shown(tab, "hours") == pytest.approx(cost.hours, rel=1e-3)
    assert shown(tab, "money") == pytest.approx(cost.money, rel=1e-3)
    options = tab.inner_text("#plan-options")
    assert options.startswith("--flops 6e21 --inference-tokens 1e12 --tokens 2e11")
    address, params = tab.url, shown(tab, "params")
    assert "#plan=" in address
    tab.goto("about:blank")
    tab.goto(address)
    assert shown(tab, "params") == params and tab.input_value("#plan-price") == "2"
    assert tab.input_value("#plan-most-tokens") == "2e11"
    tab.fill("#plan-served", "many")
    assert "Tokens to serve later: a number above 0" in tab.inner_text("#plan-why")
    assert shown(tab, "params") is None
    tab.fill("#plan-served", "")
    tab.fill("#plan-most-tokens", "1e10")
    tab.fill("#plan-most-params", "1e8")
    assert "Both limits" in tab.inner_text("#plan-why")
    for name in ("most-tokens", "most-params"):
        tab.fill(f"#plan-{name}", "")
    tab.locator("#plan-slider").fill("0")
    assert shown(tab, "params") == pytest.approx(results.budgets.plans[0].params.value, rel=1e-4)
    assert not tab.is_visible("#plan-why")
    assert said == []


def test_by_a_law_that_the_page_cannot_evaluate_it_interpolates_plans(results, browser, tmp_path: Path):
    tab, said = opened(browser, tmp_path / "index.html", replace(results, budgets=replace(results.budgets, live=None)))
    assert not tab.locator("#plan-served").count()
    for one in results.budgets.plans[::4]:
        tab.fill("#plan-flops", repr(one.flops))
        for name in ("params", "tokens", "loss_nats"):
            assert shown(tab, name) == pytest.approx(getattr(one, name).value, rel=1e-9)
    assert said == []
