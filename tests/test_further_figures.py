"""Contours, forecasts, profiles, tests by reach, rate scans and the ledger: each shows what its records hold."""

import dataclasses

import numpy as np
import pytest
from report_sample import sample

import scalinglaws as sl
from scalinglaws.planning.plan import plan
from scalinglaws.points.points import Points
from scalinglaws.predicting.ledger import foretold, keep
from scalinglaws.reporting.own.figure import drawn
from scalinglaws.reporting.own.shelf import study_figure
from scalinglaws.reporting.report import page
from scalinglaws.results.tested import RunsTested, WrittenForecast
from scalinglaws.studying.beside_results import profiled, with_profiles
from scalinglaws.studying.budgets import budgets_by
from scalinglaws.studying.drawn_fit import fit
from scalinglaws.studying.table_study import Wanted, appraise
from scalinglaws.uncertainty.profile import profile, profile_ends


def runs(**more) -> Points:
    rng = np.random.default_rng(0)
    N, D = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e9, 5), np.geomspace(1e9, 1e11, 5)))
    loss = (1.7 + 400 / N**0.34 + 410 / D**0.28) * np.exp(0.002 * rng.standard_normal(len(N)))
    columns = {"run_id": [f"r{i}" for i in range(len(N))], "params_total": N, "tokens": D, "loss_nats": loss}
    return Points({**columns, **more})


@pytest.fixture(scope="module")
def fitted():
    return fit("chinchilla", runs(), draws=100)


@pytest.fixture(scope="module")
def results(fitted):
    """The record of a study whose plans are by one law, with its runs."""
    own = plan(fitted.draws, 6e21).recommendation("10 times the largest fitted run")
    counts = {"N": "params_total", "D": "tokens", "C": "flops", "L": "loss_nats"}
    return dataclasses.replace(
        sample(), points=runs(), counts=counts, plans=(own,), budgets=budgets_by([fitted.draws], (own,))
    )


def draw(name, results):
    return drawn(study_figure(name), results).drawing


def test_a_contour_has_one_loss_and_is_solid_where_runs_are(results, fitted):
    drawing = draw("contours", results)
    [panel] = drawing.panels
    contours = [mark for mark in panel.marks if mark.kind == "line" and mark.size is not None]
    assert len({mark.size for mark in contours}) >= 6
    for mark in contours:
        loss = fitted.draws.fit.evaluate(N=np.array(mark.x), D=np.array(mark.y))
        assert loss == pytest.approx(mark.size, rel=2e-3)
        if not mark.dashed:
            assert min(mark.x) >= 1e7 and max(mark.x) <= 1e9 and min(mark.y) >= 1e9 and max(mark.y) <= 1e11
    frontier = next(mark for mark in panel.marks if mark.label == "compute-optimal frontier")
    assert 6 * frontier.x[-1] * frontier.y[-1] == pytest.approx(6e20, rel=1e-6)  # the largest fitted compute


def test_the_forecast_line_is_that_of_the_plans(results):
    [panel] = draw("forecasts", results).panels
    lines = [mark for mark in panel.marks if mark.kind == "line"]
    seen = {x: y for mark in lines for x, y in zip(mark.x, mark.y, strict=True)}
    for one in results.budgets.plans:
        if one.reach <= 100:
            assert seen[one.flops] == one.loss_nats.value
    assert all(mark.dashed == (min(mark.x) >= 5.9e20) for mark in lines)


def test_a_profile_is_lowest_at_the_fit_and_crosses_its_limit_at_the_ends_of_the_interval(results, fitted):
    made = fitted.draws.fit
    found = profiled(made, 0.95)
    assert {one.parameter for one in found} == {"E", "A", "B", "alpha", "beta"}
    one = next(each for each in found if each.parameter == "alpha")
    assert one.value == pytest.approx(one.values[int(np.argmin(one.rise))]) and min(one.rise) == 0
    low, high = profile_ends(made, *profile(made))["alpha"](0.95)
    values, rise = np.array(one.values), np.array(one.rise)
    below = values < one.value
    assert np.interp(-one.limit, -rise[below], values[below]) == pytest.approx(low, rel=0.02)
    assert np.interp(one.limit, rise[~below], values[~below]) == pytest.approx(high, rel=0.02)
    assert len(draw("profiles", dataclasses.replace(results, profiles=found)).panels) == 5


@pytest.mark.slow
def test_the_fits_of_a_table_are_found_again_and_profiled():
    found = with_profiles(appraise(runs(), Wanted(draws=60))).profiles
    assert {one.law for one in found} == {"chinchilla", "kaplan-nd"} and len(found) == 9


def test_error_and_coverage_are_drawn_against_reach(results):
    table = sl.compare(runs(), ["chinchilla"], above=1e19, draws=40).ranking()
    drawing = draw("backtest", dataclasses.replace(results, ranking=table))
    error, inside = drawing.panels
    first = table.able[0]
    assert isinstance(first.tested, RunsTested) and min(first.tested.reaches) > 1
    points = next(mark for mark in error.marks if mark.kind == "points" and mark.thin)
    assert points.x == first.tested.reaches
    assert points.y == pytest.approx(100 * np.abs(first.tested.errors))
    assert first.coverage == pytest.approx(np.mean(first.tested.inside), abs=1e-9)
    assert all(0 <= y <= 100 for mark in inside.marks for y in mark.y)


def test_a_scan_of_rates_marks_its_best_and_one_at_an_end_as_a_bound():
    rates = np.array([1e-3, 2e-3, 4e-3, 8e-3])
    table = Points({
        "run_id": [f"r{i}" for i in range(8)], "params_nonembedding": np.repeat([1e6, 4e6], 4),
        "tokens": np.full(8, 1e8), "lr": np.tile(rates, 2),
        "loss_nats": np.r_[3.2, 3.0, 3.1, 9.9, 2.5, 2.6, 2.7, 2.8],
    })  # fmt: skip
    drawing = draw("rate-scans", dataclasses.replace(sample(), points=table))
    best = [mark for mark in drawing.panels[1].marks if mark.x]
    assert [(mark.x[0], mark.y[0], mark.hollow) for mark in best] == [(1e6, 2e-3, False), (4e6, 1e-3, True)]
    assert "1 run with a loss above" in drawing.caption and "9.9" not in str(drawing.panels[0].marks)


def test_rates_scanned_at_two_batches_are_two_scans():
    rates = np.array([1e-3, 2e-3, 4e-3])
    table = Points({
        "run_id": [f"r{i}" for i in range(6)], "params_nonembedding": np.full(6, 1e6), "tokens": np.full(6, 1e8),
        "batch_tokens": np.repeat([1024.0, 4096.0], 3), "lr": np.r_[rates, 2 * rates],
        "loss_nats": np.r_[3.2, 3.0, 3.1, 3.3, 3.1, 3.2],
    })  # fmt: skip
    drawing = draw("rate-scans", dataclasses.replace(sample(), points=table))
    best = [mark for mark in drawing.panels[1].marks if mark.x]
    assert [(mark.x[0], mark.y[0], mark.hollow) for mark in best] == [(1e6, 2e-3, False), (1e6, 4e-3, False)]
    assert "batch of 4096" in str(drawing.panels[0].marks)


def entry(**more) -> WrittenForecast:
    kept = {"made": "2026-11-29T10:00:00Z", "by": "forecast", "at": {"N": 1e9}, "value": 2.0, "low": 1.9, "high": 2.1}
    return WrittenForecast(**{**kept, "level": 0.95, "reach": 10.0, **more})


def test_the_ledger_shows_what_held_what_missed_and_what_waits():
    made = (entry(measured=2.05), entry(measured=2.3), entry(), entry(measured=9.0, why_not="made after its runs"))
    [panel] = (drawing := draw("ledger", dataclasses.replace(sample(), ledger=made))).panels
    labels = {mark.label: mark for mark in panel.marks if mark.label}
    assert labels["forecast that held (n = 1)"].x == (0.0,) and labels["forecast that missed (n = 1)"].x == (1.0,)
    assert labels["forecast that held (n = 1)"].high == pytest.approx((5.0,))
    assert labels["measured (n = 3)"].y == pytest.approx((2.5, 15.0, 350.0))
    assert "Of 2 whose run came in 1 held, where 1.9 are expected." in drawing.caption


def test_the_ledger_of_a_file_is_drawn_and_a_page_says_what_its_other_figures_need(tmp_path, results):
    said = sl.forecast(runs(), {"N": 4e9, "D": 4e11})
    keep(tmp_path / "ledger.jsonl", foretold(said, "forecast", "points", said.columns))
    made = sl.figure("ledger", tmp_path / "ledger.jsonl")
    assert made.caption.startswith("1 forecast written down")
    text = page(results, [drawn(study_figure("contours"), results)])
    assert "Scans of the learning rate</strong>: no size and number of tokens" in text
    assert "<code>lr = &quot;auto&quot;</code>" in text
