"""The same questions asked of real runs: the Chinchilla table as digitised by Besiroglu et al. 2024."""

import csv
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[2] / "tests"))

from public_tables import DATA

from scalinglaws.fitting.fit import fit
from scalinglaws.points.points import Points
from scalinglaws.predicting.predict import predict
from scalinglaws.uncertainty.draws import draws

CUTS = (1e20, 3e20, 1e21)
LOSSES = ("ls-log", "huber", "student-t", "tukey")
SHOWN = ("alpha", "beta", "E")
COLUMNS = ("run_id", "params_total", "tokens", "flops", "loss_nats")


def table() -> Path:
    """Say where the table is, if it is on this machine."""
    return DATA / "chinchilla_epoch.csv"


def points(path: Path, wild: bool) -> Points:
    """Read the 240 points of the published fit, or all 245."""
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if wild or not row["note"]]
    return Points({name: [row[name.removesuffix("_nats")] for row in rows] for name in COLUMNS})


@dataclass(frozen=True)
class Held:
    """Fitted below a cut, asked above it: share of the larger runs inside the band, and its median half-width in %.

    `plain`: by the resamples alone; `whole`: with the error of the form.
    """

    cut: float
    fitted: int
    asked: int
    reach: float
    plain: float
    plain_half: float
    whole: float
    whole_half: float


def held_out(path: Path, cut: float, seed: int = 0) -> Held:
    """Fit the points below a cut; predict every point above it as a new run, without and with the form's error."""
    table = points(path, wild=False)
    below, above = table.take(table["flops"] <= cut), table.take(table["flops"] > cut)
    drawn = draws(fit("chinchilla", below), seed=seed)
    shares, halves = [], []
    for form in (False, True):
        said = predict(drawn, {"N": above["params_total"], "D": above["tokens"]}, form=form)
        inside = (said.low <= above["loss_nats"]) & (above["loss_nats"] <= said.high)
        shares.append(float(inside.mean()))
        halves.append(float(50 * np.median(np.log(said.high / said.low))))
    reach = float(np.median(above["flops"]) / below["flops"].max())
    return Held(cut, len(below), len(above), reach, shares[0], halves[0], shares[1], halves[1])


def moved_by_wild(path: Path, loss: str) -> dict[str, float]:
    """Give how far the five wild points move each parameter, in standard errors of the fit without them."""
    without, with_them = (fit("chinchilla", points(path, wild), loss=loss) for wild in (False, True))
    errors = draws(without, method="sandwich").interval(0.6826895)  # half of it is one standard error
    return {name: abs(with_them.values[name] - without.values[name]) / (np.ptp(errors[name]) / 2) for name in SHOWN}
