"""Laws of a whole schedule fitted to tables of curves: each run by its own schedule, in seconds."""

import numpy as np
import pytest
from cli_made import spoken
from public_tables import real

from scalinglaws.errors import PointsError
from scalinglaws.fitting.curve_tables import of_runs
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS
from scalinglaws.laws.luo2025 import loss_at as multi_power_at
from scalinglaws.laws.tissue2024 import loss_at as tissue_at
from scalinglaws.points.points import Points

TISSUE = {"L_0": 3.0, "A": 0.5, "alpha": 0.5, "C": 1.1, "decay": 0.997}
STEPS = 6000


def schedules():
    """Rates of every step of four runs: constant, cosine, a linear decay, a sudden fall."""
    step = np.arange(STEPS)
    warm = np.minimum(step / 500, 1.0) * 3e-4
    cosine = warm * (0.55 + 0.45 * np.cos(np.pi * np.maximum(step - 500, 0) / (STEPS - 500)))
    linear = warm * (1 - 0.9 * np.clip((step - 4000) / 2000, 0, 1))
    return [warm, cosine, linear, np.where(step < 3000, warm, 9e-5), np.where(step < 1500, warm, 3e-5)]


def table(loss_at, values, every=100):
    rows = {"run_id": [], "steps": [], "lr": [], "loss_nats": []}
    logged = np.arange(500, STEPS, every)  # from the end of the warm-up
    for i, rates in enumerate(schedules()):
        loss = loss_at(rates, logged, **values)
        noise = np.exp(0.0005 * np.random.default_rng(i).standard_normal(len(logged)))
        for name, column in zip(rows, ([f"r{i}"] * len(logged), logged, rates[logged], loss * noise), strict=True):
            rows[name] += list(column)
    return Points(rows)


@pytest.mark.parametrize(
    ("name", "loss_at", "values"),
    [("multi-power", multi_power_at, LAWS["multi-power"].constants), ("tissue", tissue_at, TISSUE)],
)
def test_the_rows_of_a_run_tell_its_schedule(name, loss_at, values):
    points = table(loss_at, values)
    law, rows = of_runs(LAWS[name], points)
    assert len(rows) == 5 * 32 and law.name == name and set(law.inputs) == {"schedule", "S"}
    found = law.evaluate(rows["schedule_number"], rows["steps"], **values)
    apart = np.abs(np.log(found / rows["loss_nats"]))
    assert np.median(apart) < 0.001 and np.quantile(apart, 0.95) < 0.004  # of e.g. 3.4: the rows are 100 steps apart


def test_a_law_of_annealing_is_fitted_to_the_curves_of_several_runs():
    found = fit("tissue", table(tissue_at, TISSUE))
    assert found.outcome == "converged" and found.n_clusters == 5
    assert found.values["L_0"] == pytest.approx(3.0, rel=0.03) and found.values["decay"] == pytest.approx(
        0.997, abs=2e-3
    )


def test_pieces_that_hold_for_many_steps_are_what_their_steps_are():
    rates, held = np.array([0.0, 2e-4, 3e-4, 1e-4]), np.array([10, 40, 100, 60])
    steps, ends = np.repeat(rates, held), np.cumsum(held) - 1
    for loss_at, values in ((multi_power_at, LAWS["multi-power"].constants), (tissue_at, TISSUE)):
        whole, pieces = loss_at(steps, ends[1:], **values), loss_at(rates, np.arange(1, 4), held, **values)
        assert pieces == pytest.approx(whole, rel=1e-12)


def test_curves_that_cannot_be_fitted_are_refused_in_a_line():
    points = table(tissue_at, TISSUE)
    two = points.replace(params_total=np.where(np.arange(len(points)) < 100, 1e8, 4e8))
    with pytest.raises(PointsError, match=r"2 sizes .* where='params_total == 100000000'"):
        fit("tissue", two)
    with pytest.raises(PointsError, match="run_id, steps and lr"):
        fit("multi-power", Points({"lr": points["lr"], "loss_nats": points["loss_nats"]}))
    with pytest.raises(PointsError, match="a step twice"):
        fit("tissue", points.replace(steps=np.ones(len(points))))


def test_a_law_of_the_best_rate_is_not_fitted_to_all_that_were_tried():
    size, rate = (x.ravel() for x in np.meshgrid(np.geomspace(1e8, 1e9, 4), np.geomspace(1e-4, 1e-2, 7)))
    loss = 3 + np.log(rate * size**0.3) ** 2 / 100
    sweep = Points({"params_nonembedding": size, "tokens": 20 * size**1.1, "lr": rate, "loss_nats": loss})
    with pytest.raises(
        PointsError, match=r"28 rows are a sweep: 4 cells .* 7 values of lr.*when the table is read, best_of="
    ):
        fit("step-lr", sweep)
    best = [int(rows[np.argmin(loss[rows])]) for n in np.unique(size) for rows in [np.flatnonzero(size == n)]]
    assert fit("step-lr", sweep.take(np.array(best))).n == 4


def test_the_shelf_says_that_the_input_is_a_whole_schedule():
    for name in ("multi-power", "tissue"):
        out = spoken("laws", name)[1]
        assert "learning rate of every step of one run, in order" in out and "lr: peak" not in out


@pytest.mark.slow
@pytest.mark.parametrize("name", ["multi-power", "tissue"])
def test_public_curves_are_fitted_from_the_command_line(name):
    runs = real("mpl_lr_curves.csv")
    code, out, err = spoken("fit", name, runs, "--where", "params_nonembedding == 25000000", "--draws", 100)
    assert code == 0, err
    assert "288 points of 9 runs" in out and "rms of ln residuals 0.001" in out
    code, _, err = spoken("fit", name, runs)
    assert code == 2 and "--where 'params_nonembedding == 25000000'" in err
