"""Accuracy through a predicted loss: known constants, the uncertainty of both steps, larger runs of Gadre et al."""

import csv
import json

import numpy as np
import pytest
from cli_made import spoken
from public_tables import real

from scalinglaws.errors import MisuseError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import law
from scalinglaws.points.points import Points
from scalinglaws.points.writing import write_points
from scalinglaws.predicting.forecast import forecaster
from scalinglaws.predicting.predict import predict
from scalinglaws.predicting.through_loss import through_loss
from scalinglaws.uncertainty.draws import draws

LOSS = {"E": 1.8, "A": 400.0, "B": 2000.0, "alpha": 0.34, "beta": 0.36}
ERROR = {"epsilon": 0.76, "k": 1.3, "gamma": 0.9}
LARGER = {"N": 7e9, "D": 1.4e11}


def ladder(seed=0, noise=3e-3):
    rng = np.random.default_rng(seed)
    N, D = (a.ravel() for a in np.meshgrid(np.geomspace(1e7, 1e9, 6), np.geomspace(1e9, 1e11, 4)))
    loss = law("chinchilla").evaluate(N, D, **LOSS) * np.exp(noise * rng.standard_normal(N.shape))
    error = law("gadre-error").evaluate(loss, **ERROR) * np.exp(noise * rng.standard_normal(N.shape))
    return Points({"params_total": N, "tokens": D, "loss_nats": loss, "error_top1": error})


@pytest.fixture(scope="module")
def points():
    return ladder()


@pytest.fixture(scope="module")
def steps(points):
    return draws(fit("chinchilla", points), draws=200), draws(fit("gadre-error", points), draws=200)


def true_accuracy():
    return 1 - law("gadre-error").evaluate(law("chinchilla").evaluate(**LARGER, **LOSS), **ERROR)


def test_the_accuracy_is_that_of_the_constants_that_made_the_runs(steps):
    found = through_loss(predict(steps[0], LARGER), steps[1])
    assert found.predicts == "accuracy" and found.low < true_accuracy() < found.high
    assert found.value == pytest.approx(true_accuracy(), abs=0.01)


def test_the_interval_holds_the_uncertainty_of_both_steps(steps):
    loss = predict(steps[0], LARGER, kind="mean", form=False)
    whole, sure = through_loss(loss, steps[1]), steps[1]
    object.__setattr__(loss, "low", loss.value)
    object.__setattr__(loss, "high", loss.value)
    second = through_loss(loss, sure)
    assert 0 < second.high - second.low < whole.high - whole.low
    run = through_loss(predict(steps[0], LARGER, form=False), steps[1])
    assert run.high - run.low > whole.high - whole.low


def test_the_default_forecast_is_carried_on_too(points, steps):
    found = through_loss(forecaster(points).ask(LARGER), steps[1])
    assert found.low < true_accuracy() < found.high and found.reach > 1
    assert any("is extrapolated" in sentence for sentence in found.warnings)


def test_a_second_step_that_is_no_accuracy_is_refused(steps):
    with pytest.raises(MisuseError, match="a law of the accuracy by the loss alone"):
        through_loss(predict(steps[0], LARGER), steps[0])


def test_an_error_gives_the_accuracy_that_a_law_of_one_step_takes(points):
    found = fit("krajewski-accuracy", points, fix={"Q_0": 0.24})
    assert any("accuracy = 1 - error_top1" in w.message for w in found.warnings)
    assert found.target == pytest.approx(1 - points["error_top1"])


@pytest.mark.slow
def test_the_command_goes_through_the_loss_with_and_without_a_law(points, tmp_path):
    path = tmp_path / "points.csv"
    write_points(points, path)
    where = ("--at", "N=7e9,D=1.4e11", "--accuracy", "auto", "--json")
    for first in ((), ("chinchilla",)):
        code, out, err = spoken("predict", *first, path, *where, *(("--draws", "50") if first else ()))
        said = json.loads(out)
        assert code == 0, err
        assert said["quantity"] == "accuracy" and said["low"] < true_accuracy() < said["high"]
        assert said["through"]["law"] == "gadre-error"
    code, out, _ = spoken("predict", path, *where[:-1])
    assert code == 0 and "through a loss of" in out
    code, _, err = spoken("predict", "krajewski-accuracy", path, *where, "--fix", "Q_0=0.2", "--draws", "50")
    assert code == 2 and "needs no second step" in err


def larger_runs():
    """Gadre et al. 2024: for each training set the points below 1e9 parameters, and the runs above it."""
    with open(real("gadre_testbed.csv"), newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["loss_split"] == "c4_val" and row["err_avg46"]]
    names = {"params_total": "params_total", "tokens": "tokens", "loss_nats": "loss", "error_top1": "err_avg46"}
    for train_set in sorted({row["train_set"] for row in rows}):
        mine = [row for row in rows if row["train_set"] == train_set]
        small = [row for row in mine if float(row["params_total"]) < 1e9]
        large = [row for row in mine if float(row["params_total"]) >= 1e9]
        if large:
            yield Points({name: [row[column] for row in small] for name, column in names.items()}), large


@pytest.mark.slow
def test_larger_runs_of_gadre_lie_in_the_interval():
    """Six runs of 1.4e9 and 6.9e9 parameters, 46 tasks, predicted from those below 1e9."""
    errors, held = [], []
    for table, large in larger_runs():
        second = draws(fit("gadre-error", table), draws=200)
        first = forecaster(table)
        for row in large:
            found = through_loss(first.ask({"N": float(row["params_total"]), "D": float(row["tokens"])}), second)
            measured = 1 - float(row["err_avg46"])
            errors.append(abs(float(found.value) - measured))
            held.append(found.low <= measured <= found.high)
    assert len(held) == 6 and np.mean(held) >= 0.8 and np.mean(errors) < 0.012
