"""The default forecast is tested on the larger runs of a table, beside the laws."""

import numpy as np
import pytest

import scalinglaws as sl
from scalinglaws.comparing.forecast_tested import forecast_tested
from scalinglaws.points.points import Points

LETTERS = {"N": "params_total", "D": "tokens", "L": "loss_nats"}


@pytest.fixture
def points():
    size, tokens = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e10, 6), np.geomspace(1e9, 1e12, 4)))
    loss = 1.7 + 400 * size**-0.34 + 400 * tokens**-0.28
    noisy = loss * np.exp(0.002 * np.random.default_rng(1).standard_normal(len(loss)))
    return Points({"params_total": size, "tokens": tokens, "loss_nats": noisy})


def test_it_scores_the_forecasts_that_a_caller_would_make(points):
    compute = 6 * points["params_total"] * points["tokens"]
    cut = float(np.median(compute))
    made = forecast_tested(points, [cut], LETTERS, 0.95)
    held = points.take(compute > cut)
    said = sl.forecast(points.take(compute <= cut), {"N": held["params_total"], "D": held["tokens"]})
    errors = np.log(held["loss_nats"]) - np.log(said.value)
    assert made.score == pytest.approx(np.abs(errors).mean()) and made.score < 0.02
    assert made.coverage == pytest.approx(((held["loss_nats"] >= said.low) & (held["loss_nats"] <= said.high)).mean())
    assert made.tested.reaches == pytest.approx(
        np.sort(compute[compute > cut]) / compute[compute <= cut].max(), rel=1e-4
    )


def test_nothing_is_said_where_no_forecast_can_be_made(points):
    least = float(np.sort(6 * points["params_total"] * points["tokens"])[1])
    assert forecast_tested(points, [least], LETTERS, 0.95) is None
    assert forecast_tested(points, [1e30], LETTERS, 0.95) is None


@pytest.mark.slow
def test_the_page_of_a_table_leads_with_it(points, tmp_path):
    page = sl.report(points, tmp_path / "page").read_text()
    assert "larger runs than those of its fit: the forecast erred by" in page
    assert "The forecast, which takes no law on trust, erred by" in page
