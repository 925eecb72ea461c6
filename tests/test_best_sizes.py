"""Best sizes by a forecast: those of whole drawn surfaces, in worlds whose best size is known and whose form is not."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from scalinglaws.frontiers.frontier import frontier
from scalinglaws.planning.plan import plan
from scalinglaws.points.points import Points
from scalinglaws.predicting.drawn_surfaces import NOWHERE, _waves, drawn_surfaces
from scalinglaws.predicting.forecast import forecaster
from scalinglaws.results.fitted import Estimate
from scalinglaws.results.size_error import RATE, size_widened

LARGEST = 1e21


def bending(N, D):
    """The exponent of N falls from 0.40 at 1e8 by 0.012 a factor of e in N."""
    x = np.log(N / 1e8)
    return 1.75 + 0.55 * np.exp(-0.40 * x + 0.012 * x**2 / 2) + 2085.43 / D**0.3658


def best(flops):
    at = lambda x: bending(np.exp(x), flops / 6 / np.exp(x))  # noqa: E731
    return float(np.exp(minimize_scalar(at, bounds=(np.log(1e6), np.log(1e13)), method="bounded").x))


def table(seed=0, noise=0.003):
    rng = np.random.default_rng(seed)
    flops = np.repeat(np.geomspace(1e18, LARGEST, 5), 7)
    N = np.repeat([best(c) for c in np.geomspace(1e18, LARGEST, 5)], 7) * np.tile(np.geomspace(1 / 4, 4, 7), 5)
    D = flops / 6 / N
    return Points(
        {"params_total": N, "tokens": D, "loss_nats": bending(N, D) * np.exp(noise * rng.standard_normal(35))}
    )


@pytest.fixture(scope="module")
def known():
    return forecaster(table())


def test_waves_have_the_covariance_of_the_process(known):
    x = np.random.default_rng(0).uniform([19, 22], [24, 27], (30, 2))
    waves, process = _waves(known.posterior, x), known.posterior.discrepancy
    apart = waves @ waves.T - process.covariance(x, x)
    assert np.abs(apart / np.outer(process.scale(x), process.scale(x))).max() < 0.04


def test_drawn_surfaces_have_mean_and_spread_of_the_forecast(known):
    drawn = drawn_surfaces(known.posterior, 2000, 0)
    x = np.log([[1e9, 2e10], [3e9, 6e10], [3e8, 5e9]])
    mean, sd = known.posterior.at(x)
    found = drawn.at(x)
    assert found.mean(axis=0) == pytest.approx(mean, abs=4 * sd.max() / np.sqrt(2000))
    assert found.std(axis=0) == pytest.approx(sd, rel=0.3)
    apart = np.broadcast_to(x, (len(found), 3, 2))
    assert np.allclose(drawn.at(apart), found)


def test_a_tilted_law_has_the_best_size_of_its_surface_and_the_lowest_loss_of_the_law(known):
    drawn, flops = known.draws(), 10 * LARGEST
    made = drawn.at(flops)
    value, moves = drawn.moves(flops)
    A, B, alpha, beta = (made.values[:, made.names.index(name)] for name in ("A", "B", "alpha", "beta"))
    sizes = (alpha * A / (beta * B)) ** (1 / (alpha + beta)) * (flops / 6) ** (beta / (alpha + beta))
    own, least = np.exp(np.log(sizes) - moves), made.evaluate(N=1e9, D=1e10)
    assert least.shape == (len(made), 1)
    at_own = [
        drawn.law.fit.law.evaluate(
            own[i], flops / 6 / own[i], **dict(zip(made.names, drawn.law.values[i], strict=True))
        )
        for i in range(5)
    ]
    at_new = [
        made.fit.law.evaluate(sizes[i], flops / 6 / sizes[i], **dict(zip(made.names, made.values[i], strict=True)))
        for i in range(5)
    ]
    assert at_new == pytest.approx(at_own, rel=1e-9)
    found, _ = drawn.surfaces.best(flops, float(np.log(sizes[0])))
    assert plan(known, flops).params.value == pytest.approx(np.exp(found), rel=1e-3)
    assert abs(value) < 1 and np.abs(moves).max() <= NOWHERE


@pytest.mark.parametrize("seed", range(2))
def test_where_the_exponent_falls_with_size_the_interval_of_the_best_size_holds_it(seed):
    points, flops = table(seed), 100 * LARGEST
    size, line = plan(forecaster(points), flops).params, frontier("isoflop", points, draws=200).at(flops).params
    for one in (size, line):
        assert one.low < best(flops) < one.high < 4 * one.low


def test_the_error_of_the_form_adds_nothing_within_the_runs_and_grows_beyond_them():
    found = Estimate(1e9, 0.9e9, 1.2e9)
    assert size_widened(found, 1.0) == found == size_widened(found, 0.1)
    near, far = (size_widened(found, reach) for reach in (10, 100))
    assert far.low < near.low < found.low and found.high < near.high < far.high
    half = 1.959964 * RATE * np.log(10)
    assert np.log(near.high / 1e9) == pytest.approx(np.hypot(np.log(1.2), half))
    assert size_widened(Estimate(1e9, None, None), 10) == Estimate(1e9, None, None)


def test_a_best_size_of_a_fitted_law_is_widened_by_its_reach_too():
    from scalinglaws.fitting.fit import fit
    from scalinglaws.uncertainty.draws import draws

    points = table()
    drawn = draws(fit("chinchilla", points), draws=200)
    for times, beyond in ((0.5, False), (100, True)):
        size = plan(drawn, times * LARGEST).params
        spread = (size.high / size.low) ** 0.5
        assert (spread > np.exp(1.96 * RATE * np.log(100))) == beyond
    fixed = plan(drawn, 100 * LARGEST, fixed_params=1e9).params
    assert fixed.low == fixed.value == fixed.high


def test_a_law_that_misses_the_optima_of_its_own_runs_says_so_and_its_interval_holds_the_best_size():
    from scalinglaws.fitting.fit import fit
    from scalinglaws.planning.size_miss import size_miss
    from scalinglaws.uncertainty.draws import draws

    points = table()
    free, forced = (draws(fit("chinchilla", points, fix=fix), draws=100) for fix in ({}, {"alpha": 0.25}))
    assert size_miss(free).here < 0.05 and size_miss(free).rate < 2 * RATE and not size_miss(free).warnings
    assert size_miss(forced).here == pytest.approx(0.43, abs=0.1)
    for times in (1, 10):
        made = plan(forced, times * LARGEST)
        assert made.params.low < best(times * LARGEST) < made.params.high
        assert any("does not fit their optima" in sentence for sentence in made.warnings)
    held = plan(forced, 10 * LARGEST, fixed_params=1e9)
    assert held.params.low == held.params.high
