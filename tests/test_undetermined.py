"""Plans of runs that determine no best size: one line that says so, and never a number."""

import re

import numpy as np
import pytest

from scalinglaws.errors import FitError, MisuseError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import law
from scalinglaws.laws.declaration import Law, Parameter
from scalinglaws.planning.best_split import Spending, best_params, trade
from scalinglaws.planning.buildable import Building
from scalinglaws.planning.law_splits import exponent
from scalinglaws.planning.plan import plan
from scalinglaws.planning.rates_and_batches import band, settings
from scalinglaws.planning.undetermined import check_interior, interval
from scalinglaws.points.points import Points
from scalinglaws.uncertainty.draws import draws

TRUTH = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}
CHINCHILLA = law("chinchilla")


def table(loss, params, tokens):
    return Points({"params_total": params, "tokens": tokens, "loss_nats": loss})


def frontier_runs(seed=1000):
    """Twelve runs exactly on the compute-optimal frontier: which term does what cannot be told."""
    rng = np.random.default_rng(seed)
    flops = np.geomspace(1e18, 1e21, 12)
    scale = (TRUTH["alpha"] * TRUTH["A"] / (TRUTH["beta"] * TRUTH["B"])) ** (1 / 0.7136)
    params = scale * (flops / 6) ** (TRUTH["beta"] / 0.7136)
    loss = CHINCHILLA.evaluate(params, flops / 6 / params, **TRUTH) * np.exp(0.003 * rng.standard_normal(12))
    return table(loss, params, flops / 6 / params)


def runs_of(loss_of, seed=3, rows=12):
    rng = np.random.default_rng(seed)
    params = np.geomspace(1e6, 1e9, rows)
    tokens = 20 * params * np.exp(0.7 * rng.standard_normal(rows))
    return table(loss_of(params, tokens) * np.exp(0.004 * rng.standard_normal(rows)), params, tokens)


@pytest.mark.parametrize(
    "points",
    [
        frontier_runs(),
        runs_of(lambda n, d: (9e13 / n) ** 0.076),
        runs_of(lambda n, d: (5e13 / d) ** 0.095),
        runs_of(lambda n, d: 3.0 + 0 * n),
        runs_of(lambda n, d: 2 + 0.1 * np.log(n)),
    ],
    ids=["frontier", "N alone", "D alone", "flat", "rising"],
)
def test_runs_without_one_of_the_terms_determine_no_best_size(points):
    drawn = draws(fit("chinchilla", points), draws=100)
    with pytest.raises(FitError, match=r"best size at 1e\+23 FLOPs.*(Add|One more run).*fixed_params="):
        plan(drawn, 1e23)
    assert plan(drawn, 1e23, fixed_params=1e9).params.value == 1e9


def test_a_law_of_the_product_has_no_best_size_and_not_12_parameters():
    values = {"E": 1.7, "A": 400.0, "a": 0.17}
    product = Law(
        "product",
        "loss",
        lambda N, D, *, E, A, a: E + A / (N * D) ** a,
        "E + A/(N D)^a",
        "own",
        tuple(Parameter(name, "", (0.1, 500.0)) for name in values),
        {"N": "params_total", "D": "tokens"},
    )
    assert np.isnan(best_params(trade(product, values, Spending(1e21))))


def test_a_missing_term_sends_the_best_size_to_the_end_that_it_no_longer_guards():
    for missing, best in (("B", np.inf), ("A", 0.0)):
        for spending in (Spending(1e21), Spending(1e21, inference_tokens=1e9)):
            assert best_params(trade(CHINCHILLA, {**TRUTH, missing: 0.0}, spending)) == best
        many = {name: np.array([value, value]) for name, value in TRUTH.items()} | {missing: np.array([0.0, 300.0])}
        found = best_params(trade(CHINCHILLA, many, Spending(1e21)))
        assert found[0] == best and 1e8 < found[1] < 1e11


def test_the_run_that_would_tell_is_at_the_corner_that_was_not_trained():
    drawn = draws(fit("chinchilla", frontier_runs()), draws=20)
    found = drawn.fit
    for best, run in (
        (np.inf, f"N = {found.inputs['N'].max():.2g}, D = {found.inputs['D'].min():.2g}"),
        (0.0, f"D = {found.inputs['D'].max():.2g}, N = {found.inputs['N'].min():.2g}"),
    ):
        with pytest.raises(FitError, match=re.escape(run)):
            check_interior(drawn, 1e21, best)


def test_an_exponent_of_a_fit_without_a_term_is_an_error_and_not_a_division_by_zero():
    drawn = draws(fit("chinchilla", runs_of(lambda n, d: (9e13 / n) ** 0.076)), draws=50)
    with pytest.raises(FitError, match="best size"):
        exponent(drawn, 1e21)


def test_draws_without_a_best_size_leave_the_interval_open_at_their_side():
    drawn = np.concatenate([np.linspace(1, 2, 90), np.full(10, np.inf)])
    assert interval(1.5, drawn, 0.95).high is None and interval(1.5, drawn, 0.95).low == pytest.approx(1.025, abs=0.01)
    assert interval(1.5, np.where(np.isinf(drawn), np.nan, drawn), 0.95).low is None
    few = np.concatenate([np.linspace(1, 2, 99), [np.inf]])
    assert interval(1.5, few, 0.9).high == pytest.approx(1.96, abs=0.02)


def ordinary():
    params, ratio = (x.ravel() for x in np.meshgrid(np.geomspace(3e7, 3e9, 5), [5, 20, 80]))
    rng = np.random.default_rng(0)
    loss = CHINCHILLA.evaluate(params, params * ratio, **TRUTH) * np.exp(0.003 * rng.standard_normal(params.size))
    return draws(fit("chinchilla", table(loss, params, params * ratio)), draws=100)


def test_no_model_is_listed_that_the_served_tokens_leave_nothing_for():
    found = plan(ordinary(), 5.76e23, inference_tokens=1e13, building=Building(32000, 2048), flops_per_second=4e14)
    assert found.shapes
    for one in (*found.shapes, *found.alternatives):
        assert one.tokens >= 1 and np.isfinite(one.loss_nats)
        assert 6 * getattr(one, "params", getattr(one, "params_total", 0)) * one.tokens <= 5.76e23 * (1 + 1e-9)
    assert all(one.hours > 0 for one in found.shapes)


def test_laws_far_outside_their_range_are_shown_and_do_not_count():
    asked = settings(7e10, 1.4e12, 1.9)
    batches = {one.law: one for one in asked if one.batch_tokens}
    assert batches["porian-batch"].far and "N = 7e+10" in batches["porian-batch"].outside[0]
    assert band(asked, "lr") is None
    near = settings(1e8, 2e9, 3.1)
    assert not any(one.far for one in near)
    middle = band(near, "batch_tokens")
    assert (middle.low, middle.high) == (118663.21783487462, max(one.batch_tokens or 0 for one in near))


def test_a_plan_beyond_every_law_of_the_rate_has_none_to_export():
    from scalinglaws.planning.trainer_config import configuration

    found = plan(ordinary(), 1e25, building=Building(50304, 2048))
    assert found.lr is None and "params" in found.recommendation("far").alternatives[0]
    with pytest.raises(MisuseError, match="Give one above 0"):
        configuration(found, found.shapes[0], "nanogpt")
