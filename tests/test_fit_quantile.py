"""Quantile regression is exact: the law passes through as many points as it has parameters; the shares are right."""

import numpy as np
import pytest
from scipy.optimize import linprog

from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS
from scalinglaws.points.points import Points

ON = 1e-6  # residual of a point that the law passes through


def noisy(rows=10):
    n, d = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e9, rows), np.geomspace(1e9, 1e11, rows)))
    constants = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}
    noise = 0.005 * np.random.default_rng(0).standard_normal(len(n))
    loss = LAWS["chinchilla"].evaluate(n, d, **constants) * np.exp(noise)
    return Points({"params_total": n, "tokens": d, "loss_nats": loss})


@pytest.mark.parametrize("tau", [0.1, 0.25, 0.9])
def test_the_share_of_points_below_is_the_one_asked(tau):
    # 100 points, five of them on the law: a corner rounded over a tenth of the noise left a fifth too many below
    found = fit("chinchilla", noisy(), loss="quantile", tau=tau)
    below, on = (found.residuals < -ON).sum(), (np.abs(found.residuals) <= ON).sum()
    assert on == 5 and below <= 100 * tau <= below + on
    assert found.outcome == "converged"


def test_least_absolute_deviations_by_a_narrow_huber_are_identified():
    # the loss has no curvature at any point; that of its expectation says how well the points fix the law
    narrow, median = fit("chinchilla", noisy(), delta=1e-6), fit("chinchilla", noisy(), loss="quantile", tau=0.5)
    assert narrow.outcome == "converged" and (np.abs(narrow.residuals) <= 2e-6).sum() == 5
    assert narrow.values["alpha"] == pytest.approx(median.values["alpha"], rel=1e-4)


@pytest.mark.parametrize("tau", [0.1, 0.75])
def test_quantiles_of_plain_losses_are_those_of_linear_programming(tau):
    # 1-D, exponents held: E + A / N^.3 of least pinball cost, solved exactly as a linear programme
    n = np.geomspace(1e6, 1e9, 40)
    loss = 2.0 + 30.0 * n**-0.3 + 0.05 * np.random.default_rng(1).standard_normal(40)
    points = Points({"params_nonembedding": n, "loss_nats": loss})
    found = fit("henighan-n", points, loss="quantile-plain", tau=tau, fix={"alpha_N": 0.3})
    terms = np.stack([np.ones(40), n**-0.3], axis=1)
    cost = np.concatenate([np.zeros(2), np.full(40, tau), np.full(40, 1 - tau)])  # above the law, and below it
    best = linprog(
        cost, A_eq=np.hstack([terms, np.eye(40), -np.eye(40)]), b_eq=loss, bounds=[(None, None)] * 2 + [(0, None)] * 80
    )
    predicted = found.evaluate(N=n)
    assert predicted == pytest.approx(terms @ best.x[:2], abs=1e-5)
    assert (np.abs(found.residuals) <= ON).sum() == 2 and found.residuals == pytest.approx(loss - predicted)
