"""Published fits of other groups on their public tables, reached or beaten by one engine with one set of defaults."""

import csv
from collections import defaultdict

import numpy as np
import pytest
from public_tables import real

from scalinglaws.fitting.fit import fit
from scalinglaws.points.points import Points

NEEDED = ("params_total", "tokens", "loss")


def rows_of(name: str) -> list[dict[str, str]]:
    with open(real(name), newline="") as file:
        return list(csv.DictReader(file))


def table(rows: list[dict[str, str]]) -> Points:
    return Points({name: [row[name] for row in rows] for name in NEEDED})


# McLeish et al. 2025 (Gemstones), approach 3: schedule set, delta, published sum of Huber's loss, alpha, beta
GEMSTONES = [
    ("hot_100b+", 1e-3, 0.0065925344, 0.2591125694, 0.5972679073),
    ("hot_100b+", 1e-4, 0.00069233, 0.2575546364, 0.5909317455),
    ("hot_sampled_like_chinchilla", 1e-3, 0.0002173794, 0.275106095, 0.4580953782),
]


@pytest.mark.parametrize("schedules, delta, objective, alpha, beta", GEMSTONES)
def test_gemstones_published_fits_are_reached_or_beaten(schedules, delta, objective, alpha, beta):
    points = table([row for row in rows_of("gemstones.csv") if row["schedule_set"] == schedules])
    found = fit("chinchilla", points, delta=delta)
    assert found.objective <= objective * (1 + 1e-6)
    assert found.objective == pytest.approx(objective, rel=1e-4)
    assert found.values["alpha"] == pytest.approx(alpha, rel=0.01)
    assert found.values["beta"] == pytest.approx(beta, rel=0.01)
    assert found.outcome == "converged" and found.starts_agreeing == 1.0


def kempner() -> list[tuple[dict, Points]]:
    """Brandfonbrener et al. 2024: each published fit of the additive law, with the runs it was fitted to."""
    runs = defaultdict(list)
    for row in rows_of("kempner_loss_to_loss.csv"):
        if row["part"] == "sweep":
            runs[row["train_set"], row["loss_split"]].append(row)
    published = [row for row in rows_of("kempner_published_fits.csv") if row["kaplan"] == "0"]
    keyed = [
        (row, runs.get((row["train_set"], row["loss_name"].removeprefix("eval/").split("/")[0]))) for row in published
    ]
    return [(row, table(found)) for row, found in keyed if found]


def test_every_loss_to_loss_fit_is_reached_or_beaten():
    cases = kempner()
    assert len(cases) >= 24
    errors = []
    for row, points in cases:
        found = fit("chinchilla", points, delta=1e-3)
        assert found.objective / found.n <= float(row["objective_mean"]) * (1 + 5e-6)  # theirs is single precision
        errors.append(found.values["alpha"] / float(row["alpha"]) - 1)
        assert found.values["E"] == pytest.approx(float(row["E"]), rel=1e-3)
    assert np.median(np.abs(errors)) < 1e-4
