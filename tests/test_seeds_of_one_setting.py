"""Runs of equal inputs are resampled together where the misfit that they share widens an interval."""

from dataclasses import replace

import numpy as np
import pytest

import scalinglaws as sl
from scalinglaws.uncertainty.draws import METHODS
from scalinglaws.uncertainty.sandwich import sandwich, to_first_order
from scalinglaws.uncertainty.settings import by_settings

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


def test_where_a_law_is_linear_the_jackknife_to_first_order_is_the_one_that_refits():
    rng, size = np.random.default_rng(3), np.repeat(np.geomspace(1e5, 1e8, 12), 2)
    loss = (8e13 / size) ** 0.076 * np.exp(0.001 * rng.standard_normal(size.size))
    found = sl.fit("kaplan-n", sl.Points({"params_nonembedding": size, "loss_nats": loss}), loss="ls-log")
    together = replace(found, clusters=np.array([f"{one:.0f}" for one in size]))
    exact, near = (np.sqrt(np.diag(how(together).covariance)) for how in (sandwich, to_first_order))
    assert near == pytest.approx(exact, rel=0.02)


def test_a_term_that_vanished_makes_no_interval_of_runs_of_one_setting_absurdly_wider():
    rng = np.random.default_rng(0)
    size, tokens = (column.ravel() for column in np.meshgrid(np.geomspace(1e7, 1e9, 5), np.repeat([1e9, 4e9, 2e10], 2)))
    loss = (2 + 300 / size**0.34) * np.exp(0.002 * rng.standard_normal(size.size))  # no effect of tokens
    found = sl.fit("chinchilla", sl.Points({"params_nonembedding": size, "tokens": tokens, "loss_nats": loss}))
    for one in by_settings(found)[1]:
        assert float(one.message.split("would be ")[1].split(" times")[0]) < 10
