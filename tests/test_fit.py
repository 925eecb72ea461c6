"""Fits against known optima, and what may be held, tied, bounded, weighted and believed."""

import numpy as np
import pytest
from fit_tables import EPOCH, chinchilla_points, isoflop, simulated

from scalinglaws.errors import MisuseError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS, Law, Parameter
from scalinglaws.points.points import Points

# Exact optima on the 240 digitised Chinchilla points, from an independent solver: delta -> values, objective
HUBER = (
    {"A": 477.825868, "B": 2143.41736, "E": 1.81721810, "alpha": 0.347310499, "beta": 0.367172433},
    0.0010182740178006,
)
ABSOLUTE = {"A": 482.0053513501629, "B": 2085.4319092124542, "E": 1.8168639376247282}
ABSOLUTE_EXPONENTS = {"alpha": 0.347812984512716, "beta": 0.3658540646098714}
OTHER_DELTAS = {
    1e-4: {"A": 478.6887143025531, "B": 2065.41298892783, "E": 1.8158235805218448},
    1e-2: {"A": 538.7518793226612, "B": 2905.5999607667445, "E": 1.8380786162119724},
    1e-1: {"A": 593.322103646952, "B": 4875.637742335585, "E": 1.864550094592229},
}


def test_huber_fit_of_the_chinchilla_table_is_the_exact_optimum():
    found = fit("chinchilla", chinchilla_points(), delta=1e-3)
    values, objective = HUBER
    assert found.objective == pytest.approx(objective, rel=1e-10)  # the reference's own last digits are rounded
    assert found.objective <= 0.0010182740177038805 * (1 + 1e-12)
    for name, value in values.items():
        assert found.values[name] == pytest.approx(value, rel=3e-7)
    assert found.starts_agreeing == 1.0
    assert found.decrement < 1e-12
    assert (found.n, found.outcome, found.delta) == (240, "converged", 1e-3)


def test_a_vanishing_delta_gives_least_absolute_deviations():
    # the refit as published is this limit: A 482.01, B 2085.43, alpha .3478, beta .3658 (Besiroglu et al. 2024)
    found = fit("chinchilla", chinchilla_points(), delta=5e-9)
    assert 1.129494663526875 * (1 - 1e-8) < np.abs(found.residuals).sum() < 1.129494663526875
    for name, value in (ABSOLUTE | ABSOLUTE_EXPONENTS).items():
        assert found.values[name] == pytest.approx(value, rel=2e-6)


@pytest.mark.parametrize("delta", OTHER_DELTAS)
def test_other_deltas_reach_their_known_optima(delta):
    found = fit("chinchilla", chinchilla_points(), delta=delta)
    for name, value in OTHER_DELTAS[delta].items():
        assert found.values[name] == pytest.approx(value, rel=2e-6)


def test_all_245_points_reach_their_known_optimum():
    found = fit("chinchilla", chinchilla_points(wild=True), delta=1e-3)
    known = {"E": 1.89133850, "A": 495.726, "B": 12845.61, "alpha": 0.349312893, "beta": 0.453049295}
    assert found.values == pytest.approx(known, rel=2e-6)


def test_squares_of_the_loss_itself_reach_the_sum_of_variable_projection():
    found = fit("chinchilla", chinchilla_points(), loss="ls")
    assert 2 * found.objective == pytest.approx(0.0832038078546868, rel=1e-10)
    assert found.values["beta"] == pytest.approx(0.4276206198877555, rel=1e-6)


def test_the_default_delta_is_1_345_robust_standard_deviations():
    found = fit("chinchilla", chinchilla_points())
    assert found.delta == pytest.approx(1.345 * found.noise, rel=1e-6)
    assert found.delta == pytest.approx(0.00657, rel=5e-3)
    at = fit("chinchilla", chinchilla_points(), delta=0.00657)
    assert at.objective == pytest.approx(0.0039627790, rel=1e-3)  # delta is known to three digits
    assert at.values["A"] == pytest.approx(498.63, rel=1e-4)
    assert at.values["B"] == pytest.approx(2551.61, rel=5e-4)


def test_the_objective_is_a_sum_and_grows_with_the_points():
    points = chinchilla_points()
    twice = type(points)({name: np.tile(points[name], 2) for name in points.columns})
    once, double = (fit("chinchilla", p, delta=1e-3) for p in (points, twice))
    assert double.objective == pytest.approx(2 * once.objective, rel=1e-12)
    assert double.values == pytest.approx(once.values, rel=1e-7)


def test_the_five_wild_points_are_found_and_named_with_what_they_do():
    found = fit("chinchilla", chinchilla_points(wild=True))
    (warning,) = [w for w in found.warnings if w.id == "wild-points"]
    assert warning.message.startswith("5 of 245")
    for run in ("chin-000", "chin-001", "chin-002", "chin-003", "chin-004"):
        assert run in warning.message
    assert "Without them B is" in warning.message
    assert "wild-points" not in [w.id for w in fit("chinchilla", chinchilla_points()).warnings]


def test_wild_points_move_huber_by_four_standard_errors_and_tukey_by_less_than_one():
    published_error = 0.0206
    for loss, least, most in (("huber", 4.0, 6.0), ("tukey", 0.0, 1.0)):
        without, together = (fit("chinchilla", chinchilla_points(wild=w), loss=loss) for w in (False, True))
        moved = abs(together.values["beta"] - without.values["beta"]) / published_error
        assert least <= moved < most, loss


@pytest.mark.parametrize("loss", ["huber", "ls-log", "ls", "student-t", "tukey", "quantile"])
def test_every_loss_finds_the_truth_in_little_noise(loss):
    found = fit("chinchilla", isoflop(noise=1e-4, n=240), loss=loss)
    assert found.outcome == "converged"
    assert found.values["alpha"] == pytest.approx(EPOCH["alpha"], rel=0.02)
    assert found.values["E"] == pytest.approx(EPOCH["E"], rel=0.005)


@pytest.mark.parametrize("loss", ["huber", "student-t", "tukey"])
def test_robust_losses_shrug_off_bad_runs_that_squares_follow(loss):
    points = isoflop(noise=0.003, n=120)
    bad = np.arange(0, 120, 17)
    spoilt = points.replace(loss_nats=np.where(np.isin(np.arange(120), bad), 1.15, 1.0) * points["loss_nats"])
    clean = fit("chinchilla", points).values
    off = {kind: abs(fit("chinchilla", spoilt, loss=kind).values["E"] - clean["E"]) for kind in (loss, "ls-log")}
    assert off[loss] < 0.03 < off["ls-log"]


@pytest.mark.parametrize("tau", [0.1, 0.5, 0.9])
def test_a_quantile_fit_leaves_its_share_of_points_below(tau):
    found = fit("chinchilla", isoflop(noise=0.01, n=240), loss="quantile", tau=tau)
    assert (found.residuals < 0).mean() == pytest.approx(tau, abs=0.03)


def test_a_weight_is_one_over_a_standard_deviation():
    # weight 2 on a point of least squares = the point four times; inverting it (1/sd^2 as sd) would be 1/16
    points = isoflop(noise=0.01, n=60)
    heavy = np.arange(60) % 3 == 0
    weighted = fit("chinchilla", points.replace(w=np.where(heavy, 2.0, 1.0)), loss="ls-log", weights="weight=w")
    repeated = points.take(np.repeat(np.arange(60), np.where(heavy, 4, 1)))
    assert weighted.values == pytest.approx(fit("chinchilla", repeated, loss="ls-log").values, rel=1e-6)


def test_a_column_of_standard_errors_weighs_by_its_inverse():
    points = isoflop(noise=0.01, n=60)
    sem = np.where(np.arange(60) % 2, 0.01, 0.03)
    by_error = fit("chinchilla", points.replace(loss_nats_sem=sem), loss="ls-log", weights="loss_nats_sem")
    by_weight = fit("chinchilla", points.replace(w=points["loss_nats"] / sem), loss="ls-log", weights="weight=w")
    assert by_error.values == pytest.approx(by_weight.values, rel=1e-9)


def test_a_column_of_variances_weighs_as_its_root():
    points = isoflop(noise=0.01, n=60)
    sem = np.where(np.arange(60) % 2, 0.01, 0.03)
    both = points.replace(stderr=sem, variance=sem**2)
    by_sd, by_variance = (fit("chinchilla", both, loss="ls-log", weights=w) for w in ("sd=stderr", "var=variance"))
    assert by_sd.values == pytest.approx(by_variance.values, rel=1e-9)


def test_weights_favour_the_precise_half():
    rng = np.random.default_rng(1)
    points = isoflop(noise=0.0, n=240)
    sd = np.where(rng.random(240) < 0.5, 0.001, 0.05)
    noisy = points.replace(loss_nats=points["loss_nats"] * np.exp(sd * rng.standard_normal(240)), w=1 / sd)
    off = [
        abs(fit("chinchilla", noisy, loss="ls-log", weights=w).values["alpha"] - EPOCH["alpha"])
        for w in ("weight=w", None)
    ]
    assert off[0] < 0.2 * off[1]


def test_fixed_parameters_stay_and_the_others_are_the_best_beside_them():
    points = isoflop(noise=0.003)
    held = fit("chinchilla", points, fix={"E": 1.8}, delta=1e-3)
    assert held.values["E"] == 1.8 and held.free == ("A", "B", "alpha", "beta")
    inside = fit("chinchilla", points, bounds={"E": (1.8 - 1e-9, 1.8 + 1e-9)}, delta=1e-3)
    assert inside.objective == pytest.approx(held.objective, rel=1e-6)
    assert held.objective > fit("chinchilla", points, delta=1e-3).objective


def test_a_floor_of_zero_may_be_held():
    found = fit("chinchilla", isoflop(noise=0.003), fix={"E": 0.0})
    assert found.values["E"] == 0.0 and found.rms_log > 5 * fit("chinchilla", isoflop(noise=0.003)).rms_log


def test_tied_parameters_are_equal():
    found = fit("chinchilla", isoflop(noise=0.003, n=120), tie={"alpha": "beta"})
    assert found.values["alpha"] == found.values["beta"]
    assert found.outcome == "converged" and "alpha" not in found.free


def test_a_bound_that_binds_is_reported():
    found = fit("chinchilla", isoflop(), bounds={"alpha": (0.1, 0.3)})
    assert found.values["alpha"] == pytest.approx(0.3)
    assert found.outcome == "at_bound" and "alpha" in found.sentence


def test_priors_pull_by_their_precision():
    points = isoflop(noise=0.01)
    free = fit("chinchilla", points, loss="ls-log").values["alpha"]
    pulled = [
        fit("chinchilla", points, loss="ls-log", priors={"alpha": (0.6, sd)}).values["alpha"]
        for sd in (1e3, 0.05, 1e-5)
    ]
    assert pulled[0] == pytest.approx(free, rel=1e-4)
    assert free < pulled[1] < pulled[2]
    assert pulled[2] == pytest.approx(0.6, rel=1e-4)


def test_a_prior_weighs_as_much_as_the_same_information_in_points():
    # ln L = c - a ln N with a known residual size: a normal prior on a combines as 1/variance
    points = simulated("kaplan-n", n=40, noise=0.01)
    x = np.log(points["params_nonembedding"])
    found = fit("kaplan-n", points, loss="ls-log")
    half = 0.08
    pulled = fit("kaplan-n", points, loss="ls-log", priors={"alpha_N": (half, 1e-4)})
    error = pulled.problem.noise
    precision = ((x - x.mean()) ** 2).sum() / error**2
    expected = (precision * found.values["alpha_N"] + half / 1e-4**2) / (precision + 1 / 1e-4**2)
    assert pulled.values["alpha_N"] == pytest.approx(expected, rel=1e-6)


def test_a_straight_line_in_logs_is_ordinary_regression():
    points = simulated("kaplan-n", n=30, noise=0.02)
    x, y = np.log(points["params_nonembedding"]), np.log(points["loss_nats"])
    slope, intercept = np.polyfit(x, y, 1)
    found = fit("kaplan-n", points, loss="ls-log")
    assert found.values["alpha_N"] == pytest.approx(-slope, rel=1e-10)
    assert np.log(found.values["N_c"]) == pytest.approx(intercept / -slope, rel=1e-10)
    assert found.r2 == pytest.approx(
        np.corrcoef(np.log(points["params_nonembedding"]), np.log(points["loss_nats"]))[0, 1] ** 2
    )


def test_a_law_in_plain_numpy_is_fitted_as_well_as_one_with_slopes():
    known = LAWS["chinchilla"]
    plain = Law(
        name="plain",
        predicts="loss",
        evaluate=lambda N, D, *, E, A, B, alpha, beta: E + A / N**alpha + B / D**beta,
        formula=known.formula,
        source="the user's own",
        parameters=tuple(Parameter(p.name, p.unit, p.start) for p in known.parameters),
        convention=known.convention,
    )
    points = chinchilla_points()
    mine, theirs = (fit(law, points, delta=1e-3) for law in (plain, known))
    assert mine.objective == pytest.approx(theirs.objective, rel=1e-10)
    assert mine.values == pytest.approx(theirs.values, rel=1e-6)


def test_excluded_points_take_no_part():
    points = isoflop()
    spoilt = points.replace(
        loss_nats=np.where(np.arange(60) == 5, 100.0, points["loss_nats"]),
        excluded_because=["" if i != 5 else "diverged" for i in range(60)],
    )
    found = fit("chinchilla", spoilt)
    assert found.n == 59 and found.excluded == {"diverged": 1}
    assert found.values == fit("chinchilla", points.take(np.arange(60) != 5)).values


def test_the_columns_are_recorded_and_another_convention_is_warned_of():
    points = isoflop()
    counted = points.replace(params_nonembedding=0.9 * points["params_total"])
    assert fit("chinchilla", counted).columns == {"N": "params_total", "D": "tokens", "L": "loss_nats"}
    other = fit("chinchilla", counted, columns={"N": "params_nonembedding"})
    assert other.columns["N"] == "params_nonembedding"
    (warning,) = other.warnings
    assert warning.id == "other-convention" and "params_total" in warning.message
    assert "params_nonembedding is not params_total; it converts, given d_model and n_vocab" in warning.message
    own = fit("chinchilla", counted.replace(mine=counted["tokens"]), columns={"D": "mine"})
    assert "Conversion" not in own.warnings[0].message


def test_a_fit_is_the_same_whatever_the_order_of_rows_and_the_units_of_size():
    points = isoflop(noise=0.003)
    order = np.random.default_rng(0).permutation(60)
    one, two = (fit("chinchilla", p, delta=0.004) for p in (points, points.take(order)))
    assert two.values == pytest.approx(one.values, rel=1e-6)
    scaled = fit("chinchilla", points.replace(params_total=points["params_total"] * 1e3), delta=0.004)
    assert scaled.values["alpha"] == pytest.approx(one.values["alpha"], rel=1e-6)
    assert scaled.objective == pytest.approx(one.objective, rel=1e-9)


def test_ranges_of_a_billion_are_no_trouble():
    size, data = (a.ravel() for a in np.meshgrid(np.geomspace(1e3, 1e12, 12), np.geomspace(1e4, 1e13, 12)))
    loss = LAWS["chinchilla"].evaluate(size, data, **EPOCH)
    found = fit("chinchilla", type(isoflop())({"params_total": size, "tokens": data, "loss_nats": loss}))
    assert found.values == pytest.approx(EPOCH, rel=1e-6)


def test_points_without_a_floor_say_that_it_is_not_identified():
    # a pure power law, fitted with a constant it does not have
    points = simulated("kaplan-n", n=20, noise=0.005)
    found = fit("henighan-n", points)
    assert found.outcome in ("at_bound", "not_identified")
    assert "L_inf" in found.sentence


def test_a_steeper_loss_than_the_start_range_is_still_found():
    law = LAWS["henighan-c"]
    compute = np.geomspace(1e15, 1e22, 30)
    truth = {"L_inf": 2.0, "C_0": 1e16, "alpha_C": 3.5}
    found = fit(law, type(isoflop())({"flops_6nd": compute, "loss_nats": law.evaluate(compute, **truth)}))
    assert found.values == pytest.approx(truth, rel=1e-5)


@pytest.mark.parametrize(
    "asked, said",
    [
        ({"loss": "hubert"}, "Did you mean 'huber'"),
        ({"delta": -1.0}, "positive"),
        ({"tau": 1.5}, "between 0 and 1"),
        ({"fix": {"alhpa": 0.3}}, "Did you mean 'alpha'"),
        ({"tie": {"alpha": "betta"}}, "Did you mean 'beta'"),
        ({"fix": {"alpha": -0.3}}, "must be positive"),
        ({"bounds": {"alpha": (0.4, 0.2)}}, r"\(0.4, 0.2\)"),
        ({"fix": {"alpha": 0.3}, "tie": {"alpha": "beta"}}, "fixed already"),
        ({"priors": {"alpha": (0.3, 0.1)}, "fix": {"alpha": 0.3}}, "no effect"),
        ({"fix": EPOCH}, "nothing is left to fit"),
    ],
)
def test_misuse_is_told_in_words(asked, said):
    with pytest.raises(MisuseError, match=said):
        fit("chinchilla", isoflop(), **asked)


def test_compute_is_derived_where_a_law_asks_for_it_and_no_column_holds_it():
    points = isoflop()
    bare = Points({name: points[name] for name in ("params_total", "tokens", "loss_nats")})
    found = fit("kaplan-c", bare)
    assert found.columns["C"] == "flops_6nd_total"
    (said,) = (one.message for one in found.warnings if one.id == "derived")
    assert "flops_6nd_total = 6 params_total tokens" in said
    given = fit("kaplan-c", bare.replace(flops_6nd_total=6 * bare["params_total"] * bare["tokens"]))
    assert found.values == given.values
