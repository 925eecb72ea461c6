"""What a fit and its draws confess by themselves: outcomes, a floor above points, a law worse than the mean."""

import dataclasses

import numpy as np
import pytest

from scalinglaws.errors import LawError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS
from scalinglaws.laws.declaration import Law, Parameter
from scalinglaws.points.points import Points
from scalinglaws.uncertainty.draws import draws
from scalinglaws.uncertainty.sloppy import sloppy

HOFFMANN = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}


def table(loss_of, noise, seed=0, sizes=6, horizons=5) -> Points:
    """Give runs on a grid of sizes and tokens, with the loss `loss_of(N, D)` and normal noise of its logarithm."""
    n, d = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e9, sizes), np.geomspace(1e9, 1e11, horizons)))
    loss = loss_of(n, d) * np.exp(noise * np.random.default_rng(seed).standard_normal(len(n)))
    return Points({"params_total": n, "tokens": d, "loss_nats": loss})


def without_data(n, d):
    return (1.7 + 400 / n**0.34) * d**0.001  # more data do a little harm: no term B / D^beta can say that


def test_an_outcome_other_than_converged_is_the_first_warning_of_the_draws():
    found = fit("chinchilla", table(without_data, 0.003))
    assert found.outcome == "at_bound"
    first = draws(found, draws=20).warnings[0]
    assert first.id == "at_bound" and found.sentence in first.message and first.message.startswith("chinchilla: ")


def test_a_clean_fit_has_no_doubts():
    points = table(lambda n, d: LAWS["chinchilla"].evaluate(n, d, **HOFFMANN), 0.003)
    assert fit("chinchilla", points).doubts == ()


def test_a_term_that_vanished_is_not_identified_and_its_intervals_are_open():
    found = fit("chinchilla", table(without_data, 0.003))
    assert set(found.unidentified) == {"B", "beta"}
    ends = draws(found, draws=20).interval()
    assert ends["B"] == ends["beta"] == (0.0, np.inf)


def test_a_law_worse_than_the_mean_is_told():
    found = fit("chinchilla", table(lambda n, d: 3.0 * (n * d) ** 0.02, 0.003))
    assert found.r2 < 0 and "worse-than-mean" in [w.id for w in found.doubts]


def test_a_floor_above_points_is_told_with_their_number():
    points = table(lambda n, d: LAWS["chinchilla"].evaluate(n, d, **HOFFMANN), 0.003)
    low = points["loss_nats"].copy()
    low[-1] = 1.5
    found = fit("chinchilla", Points(points.columns | {"loss_nats": low}))
    [told] = [w.message for w in found.doubts if w.id == "floor-above-points"]
    assert found.values["E"] > 1.5 and told.startswith("1 of 30 points lie below E = ")


def test_draws_that_do_not_move_are_told_where_the_points_lie_off_the_law():
    made = draws(fit("chinchilla", table(lambda n, d: LAWS["chinchilla"].evaluate(n, d, **HOFFMANN), 0.003)), draws=20)
    assert "no-width" not in [w.id for w in made.warnings]
    still = dataclasses.replace(made, values=np.repeat(made.values[:1], 20, axis=0))
    [told] = [w.message for w in still.warnings if w.id == "no-width"]
    assert "E, A, B, alpha, beta" in told


@pytest.mark.parametrize("seed", [0, 2])
def test_a_term_that_vanishes_leaves_the_others_their_intervals(seed):
    # 20 runs, 1% noise, no term of N: before, two tables in five gave five intervals of no width
    sizes, tokens = np.repeat(np.geomspace(1e6, 1e8, 5), 4), np.tile(np.geomspace(2e7, 2e9, 4), 5)
    loss = (1.7 + 410 / tokens**0.28) * np.exp(0.01 * np.random.default_rng(seed).standard_normal(20))
    made = draws(fit("chinchilla", Points({"params_total": sizes, "tokens": tokens, "loss_nats": loss})), draws=40)
    low, high = made.interval()["beta"]
    assert low < 0.28 < high < 1 and "no-width" not in [w.id for w in made.warnings]


def test_losses_that_rise_end_at_a_bound_with_the_constant_alone_known():
    found = fit("chinchilla", table(lambda n, d: 3.0 * (n * d) ** 0.02, 0.003))
    assert found.outcome == "at_bound" and set(found.unidentified) == {"A", "B", "alpha", "beta"}
    low, high = draws(found, draws=60).interval()["E"]
    assert low < found.values["E"] < high


def test_a_law_that_writes_into_its_inputs_is_told_and_no_other_points_are_fitted():
    def doubled(N, *, E, A, alpha):
        np.multiply(N, 2, out=N)
        return E + A / N**alpha

    parameters = (Parameter("E", "1", (1, 3)), Parameter("A", "1", (1, 1e3)), Parameter("alpha", "1", (0.1, 1)))
    law = Law("doubled", "loss", doubled, "E + A / (2N)^alpha", "none", parameters, {"N": "params_total"})
    with pytest.raises(LawError, match="read-only"):
        fit(law, table(without_data, 0.003))


def test_one_wild_point_among_exact_ones_is_told_in_percent():
    points = table(lambda n, d: LAWS["chinchilla"].evaluate(n, d, **HOFFMANN), 0.0)
    loss = points["loss_nats"].copy()
    loss[3] *= 1.2
    found = fit("chinchilla", Points(points.columns | {"loss_nats": loss}))
    [told] = [w.message for w in found.warnings if w.id == "wild-points"]
    assert "lie exactly on it: row 4 (+18.23%)" in told and "inf" not in told  # ln 1.2


def test_a_corpus_larger_than_the_run_counts_as_the_run():
    law = LAWS["muennighoff"]
    larger, same = (float(law.evaluate(1e8, 1e9, unique, **law.constants)) for unique in (1e10, 1e9))
    assert larger == same and round(larger, 3) == 3.664  # U_D = min(U, D) in eq 5 and in the best size; it gave 3.768


def test_a_fit_of_many_constants_ends_low_and_says_that_its_starts_disagree():
    # nine constants on runs that five have made: 6.2 times the five's objective where every step was damped by terms
    n, d = (x.ravel() for x in np.meshgrid(np.geomspace(3e7, 1e9, 7), np.geomspace(1e9, 3e10, 7)))
    law, noise = LAWS["chinchilla"], 0.003 * np.random.default_rng(1).standard_normal(49)
    loss = law.evaluate(n, d, **law.constants) * np.exp(noise)
    points = Points({"params_nonembedding": n, "tokens": d, "loss_nats": loss})
    five, nine = (fit(name, points, loss="ls-log") for name in ("chinchilla", "farseer"))
    assert five.starts_agreeing == 1.0 and "starts-disagree" not in [w.id for w in five.doubts]
    assert nine.objective < 4 * five.objective
    [told] = [w.message for w in nine.doubts if w.id == "starts-disagree"]
    assert told.startswith(f"only {nine.starts_agreeing:.0%} of the starts agree: the optimum is uncertain")


def test_on_the_compute_optimal_frontier_constants_that_trade_with_one_another_have_open_intervals():
    # 12 runs of the best size for their compute, 0.3% noise: before, E was 1.79015 [1.79015, 1.79015]; truth 1.8172
    flops = np.geomspace(1e18, 1e21, 12)
    share = HOFFMANN["beta"] / (HOFFMANN["alpha"] + HOFFMANN["beta"])
    terms = HOFFMANN["alpha"] * HOFFMANN["A"] / (HOFFMANN["beta"] * HOFFMANN["B"])
    n = terms ** (1 / (HOFFMANN["alpha"] + HOFFMANN["beta"])) * (flops / 6) ** share
    noise = np.exp(0.003 * np.random.default_rng(1000).standard_normal(12))
    loss = LAWS["chinchilla"].evaluate(n, flops / 6 / n, **HOFFMANN) * noise
    made = draws(fit("chinchilla", Points({"params_total": n, "tokens": flops / 6 / n, "loss_nats": loss})), draws=40)
    ends = made.interval()
    assert ends["E"][0] < 1.8172 < ends["E"][1] < 3 and ends["alpha"][1] == ends["beta"][1] == np.inf


def test_what_is_said_of_the_loosest_direction_leaves_out_what_no_point_identifies():
    n, d = (column.ravel() for column in np.meshgrid(np.geomspace(1e6, 1e8, 5), np.geomspace(2e7, 2e9, 4)))
    loss = (1.7 + 410 / d**0.28) * np.exp(0.01 * np.random.default_rng(5).standard_normal(len(n)))
    found = fit("chinchilla", Points({"params_total": n, "tokens": d, "loss_nats": loss}))
    assert set(found.unidentified) == {"A", "alpha"} and found.outcome == "at_bound"
    assert not {"A", "alpha"} & set(sloppy(found).parameters)
    told = [w for w in draws(found, draws=200).warnings if w.id in ("intervals-differ", "starts-disagree")]
    assert not any("of A " in w.message or "of alpha " in w.message or "starts agree" in w.message for w in told)
