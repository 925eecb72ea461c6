"""Pairs of a training set and a test set (Brandfonbrener et al. 2024): one run 20 times larger than all others each."""

import numpy as np
from scores import markdown
from tables import DATA

from scalinglaws import Points, fit, forecast, read_points


def pairs() -> str:
    """Forecast the largest model of every pair from its sweep: by the default, and by Chinchilla's law alone."""
    table = read_points(DATA / "kempner_loss_to_loss.csv", where="loss_split != train").points.kept
    found = []
    for trained in np.unique(table["train_set"]):
        for judged in np.unique(table["loss_split"]):
            rows = table.take((table["train_set"] == trained) & (table["loss_split"] == judged))
            found.append(_pair(rows))
    plain, default = np.array(found).transpose(1, 0, 2)
    head = ["method", "pairs", "held", "mean error %", "median half-width %"]
    return markdown(head, [_told("`chinchilla` alone", plain), _told("default", default)])


def _pair(rows: Points) -> list[tuple[float, float, float]]:
    sweep, (large,) = rows.take(rows["part"] == "sweep"), np.flatnonzero(rows["part"] == "extrapolation")
    at = {"N": rows["params_total"][large], "D": rows["tokens"][large]}
    loss = rows["loss_nats"][large]
    columns = {"N": "params_total"}
    said = fit("chinchilla", sweep, columns=columns, draws=500).predict(**at), forecast(sweep, at, columns=columns)
    return [
        (float(np.log(loss / one.value)), *(float(np.log(e / one.value)) for e in (one.low, one.high))) for one in said
    ]


def _told(name: str, found: np.ndarray) -> list[str]:
    error, low, high = found.T
    held = (error >= low) & (error <= high)
    cells = [np.abs(error).mean(), np.median(high - low) / 2]
    return [name, str(len(found)), f"{held.mean():.2f}", *(f"{100 * cell:.2f}" for cell in cells)]
