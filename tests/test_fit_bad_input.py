"""Tables that cannot be fitted are refused with the row and the column; doubtful ones are fitted and flagged."""

import numpy as np
import pytest
from fit_tables import EPOCH, isoflop, simulated

from scalinglaws.errors import FitError, LawError, PointsError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS, Law, Parameter
from scalinglaws.points.points import Points


def changed(column: str, row: int, value: float) -> Points:
    points = isoflop()
    return points.replace(**{column: np.where(np.arange(60) == row, value, points[column])})


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, -1.0])
@pytest.mark.parametrize("column", ["params_total", "tokens", "loss_nats"])
def test_a_value_that_has_no_logarithm_is_named_with_its_row(column, value):
    with pytest.raises(PointsError, match=f"column '{column}' is .* in row 8"):
        fit("chinchilla", changed(column, 7, value))


def test_the_row_is_that_of_the_table_though_rows_before_it_are_excluded():
    points = changed("tokens", 7, np.nan).replace(excluded_because=["burn-in"] * 3 + [""] * 57)
    with pytest.raises(PointsError, match="row 8"):
        fit("chinchilla", points)


def test_an_excluded_row_may_hold_anything():
    points = changed("tokens", 7, np.nan).replace(excluded_because=["" if i != 7 else "diverged" for i in range(60)])
    assert fit("chinchilla", points).n == 59


def test_a_missing_column_is_named_with_those_that_could_stand_for_it():
    points = isoflop()
    short = Points({"params_total": points["params_total"], "loss_nats": points["loss_nats"]})
    with pytest.raises(PointsError, match=r"needs a column for D: 'tokens'.*columns=\{'D': 'COLUMN'\}"):
        fit("chinchilla", short)


def test_a_column_that_is_asked_for_and_misspelt_gets_the_nearest():
    with pytest.raises(PointsError, match="Did you mean 'tokens'"):
        fit("chinchilla", isoflop(), columns={"D": "tokns"})
    with pytest.raises(PointsError, match="has no 'M'"):
        fit("chinchilla", isoflop(), columns={"M": "tokens"})


def test_text_where_a_number_belongs_is_refused():
    points = isoflop()
    wordy = points.replace(size=["1B"] * 60)
    with pytest.raises(PointsError, match="holds text"):
        fit("chinchilla", wordy, columns={"N": "size"})


@pytest.mark.parametrize("rows", [1, 3, 5])
def test_fewer_points_than_parameters_and_one_are_refused(rows):
    with pytest.raises(PointsError, match=f"{rows} point.* 5 free parameters .* needs 6"):
        fit("chinchilla", isoflop().take(np.arange(rows)))


def test_repeats_of_a_few_points_are_few_points():
    with pytest.raises(PointsError, match="20 points, 4 of them different"):
        fit("chinchilla", isoflop().take(np.arange(20) % 4))


def test_no_points_at_all_are_refused():
    with pytest.raises(PointsError, match="0 points"):
        fit("chinchilla", isoflop().take(np.zeros(60, dtype=bool)))


def test_one_size_only_is_refused_unless_size_is_held():
    points = isoflop()
    one = points.replace(params_total=np.full(60, 1e9))
    with pytest.raises(PointsError, match="every point has N = 1e"):
        fit("chinchilla", one)
    loss = LAWS["chinchilla"].evaluate(1e9, points["tokens"], **EPOCH)
    held = fit("chinchilla", one.replace(loss_nats=loss), fix={"A": EPOCH["A"], "alpha": EPOCH["alpha"]})
    assert held.values["beta"] == pytest.approx(EPOCH["beta"], rel=1e-6)


def test_points_on_one_ray_are_refused():
    size = np.geomspace(1e7, 1e10, 20)
    ray = Points({"params_total": size, "tokens": 20 * size, "loss_nats": 2 + 400 / size**0.34})
    with pytest.raises(PointsError, match="one ray D = 20 N"):
        fit("chinchilla", ray)


def test_points_on_a_bent_ray_are_called_not_identified():
    size = np.geomspace(1e7, 1e10, 20)
    data = 20 * size**1.05
    loss = LAWS["chinchilla"].evaluate(size, data, **EPOCH)
    noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(20))
    found = fit("chinchilla", Points({"params_total": size, "tokens": data, "loss_nats": loss * noise}))
    assert found.outcome in ("not_identified", "at_bound")


@pytest.mark.parametrize(
    "scale, flag",
    [
        ({"params_total": 1e-6}, "odd-scale"),  # in millions
        ({"params_total": 1e-6, "tokens": 1e-6}, "odd-scale"),
        ({"tokens": 1 / 524288}, "odd-ratio"),  # steps for tokens
    ],
)
def test_an_odd_unit_is_flagged(scale, flag):
    points = isoflop()
    found = fit("chinchilla", points.replace(**{name: points[name] * k for name, k in scale.items()}))
    assert flag in [w.id for w in found.warnings]


def test_size_and_data_swapped_are_flagged():
    points = isoflop()
    swapped = points.replace(params_total=points["tokens"], tokens=points["params_total"])
    assert "odd-ratio" in [w.id for w in fit("chinchilla", swapped).warnings]


def test_duplicate_rows_are_counted():
    points = isoflop()
    (warning,) = fit("chinchilla", points.take([*range(60), 3, 4, 4])).warnings
    assert warning.id == "duplicate-rows" and "3 of 63" in warning.message


def test_loss_that_rises_with_size_is_not_passed_off_as_a_law():
    size = np.geomspace(1e7, 1e10, 20)
    found = fit("kaplan-n", Points({"params_nonembedding": size, "loss_nats": 2 * (size / 1e7) ** 0.05}))
    assert found.outcome != "converged"


def test_a_diverged_run_is_flagged():
    found = fit("chinchilla", changed("loss_nats", 7, 9.5))
    (warning,) = found.warnings
    assert warning.id == "wild-points" and "8 (" in warning.message


def mine(evaluate, **changes) -> Law:
    given = {
        "name": "mine",
        "predicts": "loss",
        "formula": "of the user",
        "source": "here",
        "parameters": (Parameter("a", "1", (1, 10)), Parameter("b", "1", (0.1, 1))),
        "convention": {"N": "params_total"},
    }
    return Law(evaluate=evaluate, **(given | changes))


def test_a_law_that_raises_is_told_as_the_laws_fault():
    def broken(N, *, a, b):
        raise KeyError("oops")

    with pytest.raises(LawError, match="'mine' cannot be evaluated: KeyError: 'oops'"):
        fit(mine(broken), isoflop())


def test_a_law_that_gives_nothing_is_told_so():
    with pytest.raises(LawError, match="gives None"):
        fit(mine(lambda N, *, a, b: None), isoflop())


def test_a_law_that_gives_no_number_has_no_fit():
    with pytest.raises(FitError, match="no finite value"):
        fit(mine(lambda N, *, a, b: np.nan * N * a * b), isoflop())


def absolute(N, *, a, b):
    return np.abs(a) * N ** -np.abs(b)  # np.abs has no complex derivative


def test_a_formula_without_complex_derivative_is_fitted_by_differences_and_says_so():
    points = simulated("kaplan-n", noise=0.01)
    found = fit(mine(absolute), points, columns={"N": "params_nonembedding"}, loss="ls-log")
    assert "rough-slopes" in [w.id for w in found.warnings]
    assert found.outcome == "converged"
    assert found.values["b"] == pytest.approx(fit("kaplan-n", points, loss="ls-log").values["alpha_N"], rel=1e-6)


def test_a_formula_that_takes_no_complex_numbers_is_fitted_too():
    def real(N, *, a, b):
        return a * np.maximum(N, 1.0) ** -np.asarray(b, dtype=np.float64)

    found = fit(mine(real), simulated("kaplan-n"), columns={"N": "params_nonembedding"})
    assert found.values["b"] == pytest.approx(LAWS["kaplan-n"].constants["alpha_N"], rel=1e-6)


def faint(N, *, E, a, b):
    return E + np.exp(a) * N**-b


def faint_but_rough(N, *, E, a, b):
    return np.abs(E) + np.exp(a) * N**-b


@pytest.mark.parametrize(("formula", "told"), [(faint, False), (faint_but_rough, True)])
def test_a_term_that_drowns_in_rounding_at_the_start_is_no_rough_slope(formula, told):
    three = (Parameter("E", "1", (1, 3)), Parameter("a", "1", (1, 8), positive=False), Parameter("b", "1", (0.1, 4.5)))
    points = simulated("kaplan-n", noise=0.001)
    start = {"E": 2.0, "a": 5.0, "b": 4.0}  # the slope along a is 1e-10, the rounding of a difference 1e-12
    found = fit(mine(formula, parameters=three), points, columns={"N": "params_nonembedding"}, starts=[start])
    assert ("rough-slopes" in [w.id for w in found.warnings]) is told


def test_wrong_slopes_of_a_users_law_are_refused():
    def slopes(N, *, a, b):
        return a * N**-b, {"a": a * N**-b, "b": a * N**-b}

    law = mine(lambda N, *, a, b: a * N**-b, slopes=slopes)
    with pytest.raises(LawError, match="slopes along 'b' are not those of its formula"):
        fit(law, isoflop())


@pytest.mark.parametrize("gap", [np.nan, 0.0])
def test_a_count_that_is_partly_missing_offers_one_that_is_not(gap):
    points = isoflop()
    partly = np.where(np.arange(60) < 20, gap, 0.9 * points["params_total"])
    both = points.replace(params_nonembedding=partly)
    with pytest.raises(
        PointsError, match=r"20 of 60 rows.*'params_total', which is filled.*columns=\{'N': 'params_total'\}\.$"
    ):
        fit("kaplan-nd", both, columns={"D": "tokens"})
    assert fit("kaplan-nd", both, columns={"N": "params_total", "D": "tokens"}).n == 60
    with pytest.raises(PointsError, match=r"excluded_because'\.$"):  # no other count is filled either
        fit("kaplan-nd", both.replace(params_total=partly), columns={"D": "tokens"})


def test_a_weight_that_is_no_number_is_refused():
    with pytest.raises(PointsError, match="weights that are not positive"):
        fit("chinchilla", isoflop().replace(w=np.zeros(60)), weights="weight=w")


def test_a_foreign_column_of_weights_must_say_what_it_holds():
    with pytest.raises(PointsError, match=r"what column 'stderr' holds is not known.*weights='sd=stderr'"):
        fit("chinchilla", isoflop().replace(stderr=np.ones(60)), weights="stderr")


@pytest.mark.parametrize("law", ["chinchilla", "kaplan-nd", "henighan-n"])
def test_losses_that_are_all_equal_identify_no_law_and_have_no_r2(law):
    points = isoflop().replace(loss_nats=np.full(60, 3.0))
    with pytest.raises(PointsError, match=rf"every point has loss_nats = 3: .*no constant of law '{law}'.*no .* R2"):
        fit(law, points)
    with pytest.raises(PointsError, match="every point has loss_nats"):
        fit(law, points, fix={LAWS[law].parameters[0].name: 1.0})
    barely = points.replace(loss_nats=np.where(np.arange(60) == 7, 3.001, 3.0))
    assert np.isfinite(fit(law, barely).r2)


def test_a_best_rate_that_is_the_same_everywhere_is_a_law_without_an_r2():
    sizes = np.geomspace(1e7, 1e9, 8)
    points = Points({"params_nonembedding": sizes, "tokens": 20 * sizes, "lr": np.full(8, 1e-3)})
    found = fit("porian-lr", points, columns={"N": "params_nonembedding"})
    assert np.isnan(found.r2) and "worse-than-mean" not in [w.id for w in found.warnings]
