"""Runs of equal inputs are resampled together where the misfit that they share widens an interval."""

import numpy as np

import scalinglaws as sl
from scalinglaws.uncertainty.draws import METHODS

FLOOR, D_0, ALPHA = 1.6, 9000.0, 0.8


def table(rng, settings=5, seeds=2, shared=0.002):
    """Runs of a law with a floor, noise of 0.1% between seeds, and a misfit that seeds of one horizon share."""
    tokens = np.repeat(np.geomspace(6e4, 1e6, settings), seeds)
    apart = shared * np.repeat(rng.standard_normal(settings), seeds) + 0.001 * rng.standard_normal(settings * seeds)
    return sl.Points({"tokens": tokens, "loss_nats": (FLOOR + (D_0 / tokens) ** ALPHA) * np.exp(apart)})


def test_the_floor_is_held_where_seeds_share_what_the_law_misses():
    together, alone, told = [], [], 0
    for seed in range(25):
        found = sl.fit("henighan-d", table(np.random.default_rng(seed)))
        drawn = sl.draws(found, method="sandwich", draws=20)
        for held, one in ((together, drawn), (alone, METHODS["sandwich"](found, 20, 0, None))):
            low, high = one.interval()["L_inf"]
            held.append(low <= FLOOR <= high)
        told += any(one.id == "by-settings" for one in drawn.warnings)
    assert np.mean(together) >= 0.9 > 0.85 > np.mean(alone)
    assert told >= 22


def test_what_is_said_names_runs_and_settings_and_the_draws_keep_the_fit():
    found = sl.fit("henighan-d", table(np.random.default_rng(0)))
    drawn = sl.draws(found, draws=50)
    [said] = [one.message for one in drawn.warnings if one.id == "by-settings"]
    assert said.startswith("10 runs are of 5 settings") and "times narrower" in said
    assert drawn.fit.n_clusters == 10


def test_without_equal_inputs_nothing_changes():
    found = sl.fit("henighan-d", table(np.random.default_rng(1), settings=10, seeds=1))
    drawn, plain = sl.draws(found, method="sandwich", draws=20), METHODS["sandwich"](found, 20, 0, None)
    assert drawn.interval() == plain.interval()
    assert not any(one.id == "by-settings" for one in drawn.warnings)
