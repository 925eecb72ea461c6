"""For every claim a world in which it is false: other laws than the paper's, or an edit of the rows."""

import numpy as np
from findings_tables import KAPLAN_ND, World, loss_of_size_and_data, size

LARGE = size(12, 768)


def edited(table, edit):
    def change(rows):
        for row in getattr(rows, table):
            edit(row)

    return change


def _first(table, wanted, **new):
    def change(rows):
        row = next(row for row in getattr(rows, table) if wanted(row))
        row.update(new)

    return change


def _steps_of_another_count(row):
    if row["phase"] == "constant":
        row["steps"] *= (row["params_nonembedding"] / LARGE) ** 0.3


def _another_law(n):
    """Curves whose step term grows with size: they share no law L(N, S)."""
    return {"S_c": 2.1e3 * (n / 1e7) ** 0.35}


STEEP = {"N_c": 3.9e8, "alpha_N": 0.3, "S_c": 2.1e3, "alpha_S": 0.4}  # aC/aN = .31: data takes most of the compute


def _bent(n, d):
    """Slopes in N that grow along a row of little data."""
    return loss_of_size_and_data(n, d, **KAPLAN_ND.constants) * np.exp(-0.008 * np.log(n / 4e5) ** 2)


def _scattered(n):
    """A final loss that does not fall with size."""
    return 3.0 + 0.3 * np.sin(1e3 * np.log(n))


def _one_size_apart(n, d):
    loss, least = (loss_of_size_and_data(n, x, **KAPLAN_ND.constants) for x in (d, np.inf))
    return least + (loss - least) * (2.5 if n == size(8, 512) else 1.0)


def _shape(knob):
    def factor(layers, width, heads, ff):
        return {
            "aspect": 1 + 0.08 * (layers >= 8),
            "slope": (ff / (4 * width)) ** 0.8,
            "ff": 1 + 0.1 * (ff > 10 * width),
        }[knob]

    return factor


def _foreign(slope=1.0, factor=1.0):
    return {"books": (1.0, 0.05, 1.0), "wiki": (slope, 0.0, factor), "law": (0.98, 0.1, 1.0)}


def quieter(**fault):
    """A world of a quarter of the paper's noise, with one thing changed."""
    return World(**({"noise": 0.005} | fault))


FAULTS = {
    "S1": (quieter(converged=lambda n: 0.25 * np.log(7.1e12 / n)), None),
    "S2": (quieter(shape=_shape("aspect")), None),
    "S3": (quieter(of_size=_another_law), None),
    "S4": (quieter(below=lambda n: 0.5 * (n == LARGE)), None),
    "S5": (quieter(shape=_shape("slope")), None),
    "S6": (quieter(converged=lambda n: 1.8 + (1e6 / n) ** 0.2), None),
    "S7": (quieter(converged=_scattered), None),
    "S8": (quieter(limited=_bent), None),
    "S9": (quieter(limited=_one_size_apart), None),
    "S10": (quieter(of_size=lambda n: {"alpha_S": 0.5} if n == LARGE else {}), None),
    "S11": (quieter(foreign=_foreign(slope=1.3)), None),
    "S12": (quieter(shift=lambda n: 1 + 9 * (n == LARGE)), None),
    "S14": (quieter(shift=lambda n: 1 + 9 * (n == LARGE)), None),
    "S15": (quieter(shift=lambda n: 1 + 9 * (n == LARGE)), None),
    "S16": (None, _first("runs", lambda row: True, flops_6nd=1e20)),
    "S17": (quieter(below=lambda n: 0.5 * (n == LARGE)), None),
    "S18": (quieter(k=STEEP), None),
    "S19": (quieter(k=STEEP), None),
    "S20": (None, edited("curves", _steps_of_another_count)),
    "S21": (quieter(critical_of=lambda n: 5.0 if n == LARGE else 1.0), None),
    "S22": (None, _first("runs", lambda row: row["family"] == "F-N", lr=3e-3, d_model=192)),
    "S23": (None, _first("runs", lambda row: row["params_nonembedding"] > 1e9, optimizer="adam")),
    "S24": (quieter(schedule={"linear": 0.05}), None),
    "S25": (None, _first("curves", lambda row: row["phase"] == "warm-up", lr=5e-4)),
    "S26": (quieter(shape=_shape("ff")), None),
    "S27": (quieter(by_total=True, one_layer=0.0), None),
    "S28": (quieter(by_total=True), None),
    "S29": (quieter(one_layer=-0.1), None),
    "S30": (quieter(foreign=_foreign(factor=1.4)), None),
}
