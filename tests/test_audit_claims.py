"""What a study claims decides what its audit can object to: constants withheld, forecasts that trust no form."""

from dataclasses import replace

import numpy as np
import pytest
from audit_tables import NOISE, plan, sound

from scalinglaws.auditing.audit import audit
from scalinglaws.auditing.determined import undetermined
from scalinglaws.points.points import Points

COLUMNS = {"N": "params_total"}
FORECAST = "forecast (prior: field)"


def floorless(n, d):
    """Losses without a constant term."""
    return 30 / n**0.15 + 40 / d**0.2


def judged(points, id, **claims):
    return audit(points, columns=COLUMNS, only=[id], **claims).findings[0]


def test_a_floor_that_is_not_determined_is_a_fault_where_it_is_claimed_and_none_where_it_is_withheld():
    table = sound(truth=floorless)
    assert undetermined(table, COLUMNS)[0] == "E"
    assert judged(table, "D7").outcome == "failed"
    withheld = judged(table, "D7", withheld=["E"])
    assert withheld.outcome == "not run"
    assert "the study gives none" in withheld.found


def test_an_exponent_that_is_not_determined_is_a_fault_unless_both_exponents_are_withheld():
    table = sound(noise=0.1, ratios=(6.0, 20.0, 60.0))
    names = undetermined(table, COLUMNS)
    assert {"alpha", "beta"} <= set(names)
    assert judged(table, "D6", withheld=["alpha"]).outcome == "failed"
    assert judged(table, "D6", withheld=names).outcome == "not run"


def test_what_is_determined_is_judged_whatever_is_withheld():
    assert undetermined(sound(), COLUMNS) == ()
    assert {judged(sound(), id, withheld=["E", "alpha", "beta"]).outcome for id in ("D6", "D7")} == {"passed"}


def kaplan_like(n, d):
    """Kaplan's joint form, which the additive law does not describe."""
    return ((1e13 / n) ** 0.8 + 2e13 / d) ** 0.095


@pytest.mark.slow
def test_a_form_that_beats_the_additive_law_is_no_fault_of_a_forecast_that_includes_it():
    table = sound(truth=kaplan_like)
    assert judged(table, "D8", plans=(plan(),)).outcome == "failed"
    found = judged(table, "D8", plans=(replace(plan(), law=FORECAST),))
    assert found.outcome == "passed"
    assert "the forecast there is" in found.found


def small(first: int, far: float = 1.0, seed: int = 0) -> tuple[Points, dict[str, float]]:
    """Runs of an additive law of N without embeddings, from a width up, with 256 symbols; and a target."""
    rng = np.random.default_rng(seed)
    widths = np.array([w for w in (6, 8, 12, 16, 24, 32, 48, 64, 96) if w >= first][:7])
    cells = [(w, d) for w in widths for d in 2.5e5 * 2.0 ** np.arange(6) if 24 * w**2 * d <= 24 * widths[-1] ** 2 * 1e6]
    width, tokens = np.array(cells, dtype=float).T
    size = 24 * width**2
    loss = 0.55 + 1.2 * (2e3 / size) ** 0.3 + 1.2 * (1.5e5 / tokens) ** 0.35
    return Points(
        {
            "run_id": np.array([f"{w:g}" for w in width]),
            "params_nonembedding": size,
            "params_total": size + 320 * width,
            "tokens": tokens,
            "loss_nats": loss * np.exp(NOISE / 2 * rng.standard_normal(len(loss))),
        }
    ), {"C": far * 6 * (size * tokens).max()}


@pytest.mark.parametrize(("far", "severity"), [(10.0, "warning"), (1000.0, "error")])
def test_an_exponent_that_depends_on_the_count_is_an_error_where_the_counts_choose_other_models(far, severity):
    """From width 6 embeddings are 53 to 6 times the blocks' share: a is 0.12 lower by all parameters."""
    table, target = small(6, far)
    found = audit(table, columns={"N": "params_nonembedding"}, only=["A1"], target=target).findings[0]
    assert (found.outcome, found.severity) == ("failed", severity), found.found
    assert "they choose" in found.found


def test_a_narrow_grid_is_told_which_cheap_runs_would_widen_it():
    table = sound()
    flops = table["params_total"] * table["tokens"]
    found = judged(table.take(np.flatnonzero(flops > flops.max() / 300)), "C2")
    assert "six runs more, N = " in found.found
    assert "six runs more" not in judged(table, "C2").found


def test_no_floor_lies_above_the_loss_of_a_held_out_run():
    table = sound()
    held = table["role"] == "held-out"
    assert judged(table, "D7").outcome == "passed"
    low = table.replace(loss_nats=np.where(held, 1.5, table["loss_nats"]))
    assert judged(low, "D7").outcome == "failed"


@pytest.mark.slow
def test_the_parts_of_a_forecast_s_interval_are_the_forecast_s_own():
    table = sound(truth=kaplan_like)
    own = replace(plan(), law=FORECAST, loss_nats=replace(plan().loss_nats, low=1.98, high=2.0))
    found = judged(table, "E2", plans=(own,)).found
    assert "posterior" in found and "parameters" not in found
    assert "parameters" in judged(table, "E2", plans=(plan(),)).found
