"""The best settings of every cell of a sweep, and the laws through them: known optima, StepLaw's sweeps, refusals."""

import json

import numpy as np
import pytest
from cli_made import spoken
from public_tables import real

from scalinglaws import read
from scalinglaws.errors import FitError, MisuseError, PointsError
from scalinglaws.frontiers.sweeps import sweeps
from scalinglaws.points.points import Points
from scalinglaws.points.writing import write_points

PLACES = [(N, D) for N in (2e8, 4e8, 8e8, 1.6e9) for D in (5e9, 2e10, 8e10)]

UNSWEPT = ("params_total", "tokens", "loss_nats")


def optimum(N, D):
    """ln of the best rate and batch: powers of N and D."""
    return np.log(2e-3) - 0.7 * np.log(N / 4e8) + 0.3 * np.log(D / 2e10), np.log(4e5) + 0.55 * np.log(D / 2e10)


def swept(noise=7e-4, rates=11, batches=8, highest=2e-2, seed=0, places=PLACES):
    """Runs in a valley that is steeper towards high rates, and rougher there."""
    rng, rows = np.random.default_rng(seed), []
    for N, D in places:
        rate, batch = optimum(N, D)
        for lr in np.geomspace(2e-4, highest, rates):
            for B in np.geomspace(4e4, 4e6, batches) if batches else [np.exp(batch)]:
                u, v = np.log(lr) - rate, np.log(B) - batch
                y = np.log(2 + 300 / N**0.33) + 0.01 * u**2 + 0.004 * u**3 + 6e-4 * u**4 + 0.008 * v**2 - 0.005 * u * v
                rows.append((N, D, lr, B, np.exp(y + noise * rng.standard_normal() * (3 if u > 2 else 1))))
    names = ("params_total", "tokens", "lr", "batch_tokens", "loss_nats")
    return Points(dict(zip(names, np.array(rows).T, strict=True)))


def held(found, knob):
    true = [np.exp(optimum(c.params, c.tokens)[knob == "batch_tokens"]) for c in found.optima]
    inside = [c.best[knob].low <= t <= c.best[knob].high for c, t in zip(found.optima, true, strict=True)]
    return np.mean(inside)


@pytest.mark.parametrize("batches", [8, 0])
def test_optima_and_their_laws_are_those_that_made_the_sweep(batches):
    found = sweeps(swept(batches=batches, rates=11 if batches else 7))
    assert found.knobs == (("lr", "batch_tokens") if batches else ("lr",)) and len(found.optima) == 12
    assert held(found, "lr") >= 0.8
    law = found.lines["lr"]
    assert law.params.low < -0.7 < law.params.high and law.tokens.low < 0.3 < law.tokens.high
    assert law.params.high - law.params.low < 0.4
    there = found.at(1e10, 2e11)["lr"]
    assert there.low < np.exp(optimum(1e10, 2e11)[0]) < there.high
    own = law.at(1e10, 2e11)  # without the error of the form that beyond the cells is added
    assert own.high < 3 * own.low


@pytest.mark.slow
def test_the_intervals_of_cells_hold_in_ninety_five_of_a_hundred():
    runs = [sweeps(swept(seed=seed)) for seed in range(15)]
    assert 0.9 <= np.mean([held(one, knob) for one in runs for knob in one.knobs]) <= 1
    few = [sweeps(swept(seed=seed, batches=0, rates=5, noise=2e-3)) for seed in range(15)]
    assert np.mean([held(one, "lr") for one in few]) >= 0.9


def test_an_optimum_at_the_end_of_a_sweep_is_censored_and_takes_no_part():
    found = sweeps(swept(batches=0, highest=2e-3))
    reasons = {cell.reason for cell in found.cells}
    assert "at the highest lr" in reasons and len(found.optima) < 12
    for cell in found.cells:  # all whose true best lies beyond the sweep
        assert cell.reason or np.exp(optimum(cell.params, cell.tokens)[0]) < 2.2e-3
    assert any("take no part" in sentence for sentence in found.warnings)


@pytest.mark.parametrize("grow", [0, 1])
def test_sizes_that_stay_or_grow_with_tokens_give_one_exponent(grow):
    found = sweeps(swept(batches=0, places=[(4e8 * 2 ** (k * grow), 5e9 * 2**k) for k in range(6)]))
    law = found.lines["lr"]
    assert law.params is None and law.tokens.low < 0.3 - 0.7 * grow < law.tokens.high
    assert any("do not determine an exponent of N" in sentence for sentence in found.warnings)


def test_steplaws_dense_sweeps_give_its_exponents():
    """Li et al. 2025: lr = 1.79 N^-.713 D^.307, B = .58 D^.571; their D exponent of the rate used more cells (N5)."""
    found = sweeps(read(real("steplaw_dense.csv")))
    assert len(found.optima) == len(found.cells) == 17
    rate, batch = found.lines["lr"], found.lines["batch_tokens"]
    assert rate.params.low < -0.713 < rate.params.high < -0.5
    assert rate.tokens.low > 0.1 and rate.tokens.high == pytest.approx(0.29, abs=0.03)
    assert batch.tokens.low < 0.613 < batch.tokens.high
    assert found.at(1e9, 1e11)["lr"].low < 1.632e-3 < found.at(1e9, 1e11)["lr"].high  # their law there
    assert all(cell.best["lr"].low <= cell.best["lr"].value <= cell.best["lr"].high for cell in found.cells)


@pytest.mark.parametrize(
    "change, options, error, said",
    [
        (
            lambda p: Points({name: p[name] for name in ("params_total", "tokens", "loss_nats")}),
            {},
            PointsError,
            "no column of a learning rate",
        ),
        (lambda p: p, {"knobs": ["warmup"]}, PointsError, "no column is called 'warmup'"),
        (lambda p: p, {"knobs": ["lr", "batch_tokens", "tokens"]}, MisuseError, "one or two"),
        (lambda p: p, {"level": 1.0}, MisuseError, "between 0 and 1"),
        (lambda p: p.replace(lr=np.full(len(p), 1e-3)), {"knobs": ["lr"]}, PointsError, "at most 1 values"),
    ],
)
def test_what_is_no_sweep_is_refused(change, options, error, said):
    with pytest.raises(error, match=said):
        sweeps(change(swept(batches=0)), **options)


def test_a_law_is_not_read_where_there_is_none():
    found = sweeps(swept(batches=0).take(np.arange(22)))
    assert not found.lines
    with pytest.raises(FitError, match="no law of the best settings"):
        found.at(1e9, 1e10)


def test_the_command_prints_cells_laws_and_a_place(tmp_path):
    path = tmp_path / "sweeps.csv"
    write_points(swept(batches=0), path)
    code, out, _ = spoken("sweeps", path, "--at", "N=1e10,D=2e11")
    assert code == 0 and "lr* = " in out and "times the largest cell" in out
    code, out, _ = spoken("sweeps", path, "--at", "N=1e10,D=2e11", "--json")
    said = json.loads(out)
    assert code == 0 and len(said["cells"]) == 12 and said["at"][0]["lr"]["low"] < said["at"][0]["lr"]["high"]
    assert spoken("sweeps", path, "--at", "C=1e21")[0] == 2


def test_beyond_the_cells_the_interval_of_a_best_setting_has_the_error_of_the_law_s_form():
    found = sweeps(swept(batches=0, rates=7))
    line = found.lines["lr"]
    inside, beyond = (4e8, 2e10), (1e10, 2e11)
    assert found.at(*inside)["lr"] == line.at(*inside)
    own, said = line.at(*beyond), found.at(*beyond)["lr"]
    form = 1.96 * 0.045 * np.log(found.reach(*beyond))
    assert np.log(said.high / said.value) == pytest.approx(np.hypot(np.log(own.high / own.value), form), rel=1e-3)
