"""A law that leaves out what varies is fitted to the rows that it is about, or says so before its numbers."""

import json

import numpy as np
import pytest
from cli_made import grid, spoken, written

from scalinglaws.comparing.backtest import backtest
from scalinglaws.comparing.compare import compare
from scalinglaws.errors import PointsError
from scalinglaws.fitting.fit import fit
from scalinglaws.points.points import Points
from scalinglaws.predicting.predict import predict
from scalinglaws.uncertainty.draws import draws

E, A, ALPHA, B, BETA = 0.0, 20.0, 0.1, 40.0, 0.15


def surface(sizes=6, horizons=5, **columns) -> Points:
    """A grid of sizes and horizons under a law without a floor; L(N) at one horizon is no power law of the whole."""
    size, tokens = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e9, sizes), np.geomspace(1e9, 1e11, horizons)))
    loss = A / size**ALPHA + B / tokens**BETA
    ids = [f"r{i}" for i in range(len(size))]
    made = {"params_nonembedding": size, "tokens": tokens, "flops_6nd": 6 * size * tokens, "loss_nats": loss}
    return Points({"run_id": ids, **made, **columns})


def first(found) -> str:
    (warning,) = found.first_said
    assert warning.id == "leaves-out"
    return warning.message


def test_a_law_of_size_is_fitted_to_the_longest_horizon_of_all_sizes():
    found = fit("kaplan-n", surface())
    assert found.n == 6
    assert first(found).startswith(
        "law 'kaplan-n' is one of N alone, and tokens varies 100-fold in these rows: it is fitted to the 6 of 30 rows "
        "at the longest horizon that every size has."
    )
    assert found.excluded == {"not at the longest horizon that every size has, which law 'kaplan-n' is about": 24}


def test_a_law_of_data_is_fitted_to_the_largest_size():
    found = fit("kaplan-d", surface())
    assert found.n == 5
    assert "the 5 of 30 rows of the largest size" in first(found)


def test_a_law_of_compute_is_fitted_to_the_runs_that_beat_every_cheaper_one():
    points = surface()
    found = fit("kaplan-c", points)
    assert "rows with a lower loss than every cheaper run" in first(found)
    assert found.n < 20
    assert found.r2 > fit("kaplan-c", points, every_row=True).r2


def test_every_row_is_fitted_where_it_is_asked_for_and_that_is_said():
    found = fit("kaplan-n", surface(), every_row=True)
    assert found.n == 30
    assert first(found).endswith("all of which are fitted, as asked.")


def test_where_the_sizes_share_no_horizon_the_constants_are_called_a_mixture():
    points = surface().take(np.array([0, 7, 14, 21, 28]))
    found = fit("kaplan-n", points)
    assert found.n == 5
    assert "The constants mix both effects" in first(found)


@pytest.mark.slow
def test_a_law_of_size_and_experts_says_that_it_leaves_out_the_tokens():
    points = surface(experts=np.tile([1.0, 2.0, 4.0, 8.0, 16.0], 6))
    assert "tokens varies 100-fold" in first(fit("clark", points, columns={"experts": "experts"}))


@pytest.mark.parametrize("law", ["chinchilla", "kaplan-nd"])
def test_a_law_of_both_leaves_out_nothing(law):
    assert fit(law, surface()).first_said == ()


def test_the_best_size_at_each_compute_varies_with_it_and_is_no_left_out_variable():
    flops = np.geomspace(1e18, 1e22, 8)
    ray = {"params_nonembedding": (flops / 120) ** 0.5, "tokens": 20 * (flops / 120) ** 0.5}
    found = fit("kaplan-c", Points({**ray, "flops_6nd": flops, "loss_nats": 30 / flops**0.05}))
    assert (found.n, found.first_said) == (8, ())


def test_a_size_of_zero_is_refused_by_the_fit_and_not_by_the_choice_of_rows():
    points = surface()
    with pytest.raises(PointsError, match="'params_nonembedding' is 0 in row 1"):
        fit("kaplan-n", points.replace(params_nonembedding=np.r_[0, points["params_nonembedding"][1:]]))


def test_one_horizon_alone_is_a_law_of_size():
    points = surface()
    assert fit("kaplan-n", points.take(points["tokens"] == points["tokens"].max())).first_said == ()


def test_a_prediction_and_a_backtest_are_of_the_same_rows():
    points = surface(sizes=12)
    drawn = draws(fit("kaplan-n", points), draws=20)
    assert predict(drawn, {"N": 1e10}).warnings[0] == first(drawn.fit)
    assert {cut.fitted + cut.held for cut in backtest("kaplan-n", points, draws=20)} == {12}


def test_laws_of_one_variable_are_compared_on_its_rows_and_others_say_what_they_leave_out():
    points, quick = surface(sizes=14, horizons=2), {"draws": 10, "folds": 2, "resamples": 20, "above": 3e19}
    same = compare(points, ["kaplan-n", "henighan-n"], **quick)
    assert {cut.fitted + cut.held for cut in same.laws[0].cuts} == {14}
    mixed = compare(points, ["kaplan-n", "kaplan-nd"], **quick)
    assert {cut.fitted + cut.held for cut in mixed.laws[0].cuts} == {28}
    assert "all of which are fitted" in mixed.warnings[0]


def test_the_commands_say_it_before_their_numbers(tmp_path):
    table = written(tmp_path / "t.csv", grid(tokens=np.geomspace(1e10, 1e12, 3)))
    code, out, err = spoken("fit", "kaplan-n", table, "--draws", 20, "--no-backtest")
    assert code == 0
    assert out.index("warning: law 'kaplan-n' is one of N alone") < out.index("\n  alpha_N  ")
    assert "is one of N alone" not in err
    code, _, err = spoken("predict", "kaplan-n", table, "--at", "N=1e10", "--draws", 20)
    assert (code, err.count("is one of N alone")) == (0, 1)
    _, out, _ = spoken("fit", "kaplan-n", table, "--every-row", "--draws", 20, "--no-backtest", "--json")
    assert json.loads(out)["n"] == 24
