"""How an exponent is read from some rows: isoFLOP minima by a spline, the envelope of curves, or a fitted surface."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..fitting.fit import fit
from ..frontiers.budgets import Frontier, Line
from ..frontiers.frontier import frontier
from ..points.points import Points
from ..results.attempt import UNFIT
from ..results.fitted import Estimate
from ..uncertainty.draws import draws
from ..uncertainty.interval_ends import t_quantile
from .evidence import FEW_DRAWS, Lacking, exponent_of
from .isoflop import LEAST_BUDGETS, grouped, spline_minima

LEVEL = 0.95
FRONTIER_DRAWS = 200
CURVE = 3  # rows per run, from which a table holds learning curves
SAME_COMPUTE = 0.05  # of 6 N D: beyond it a surface of N and D does not describe this C


@dataclass(frozen=True)
class RowsRead:
    """Rows with the counts of N and C by which their exponent is read: arrays of equal length."""

    size: np.ndarray
    tokens: np.ndarray
    flops: np.ndarray
    loss: np.ndarray
    runs: np.ndarray

    def take(self, rows: np.ndarray) -> "RowsRead":
        """Keep some rows."""
        return RowsRead(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @property
    def points(self) -> Points:
        """The same rows as a table."""
        columns = {"size": self.size, "tokens": self.tokens, "compute": self.flops, "loss_nats": self.loss}
        return Points({**columns, "run_id": self.runs})


Read = Callable[[RowsRead], tuple[Estimate, str]]


def reading_of(readings: Sequence[RowsRead]) -> Read:
    """Choose one way of reading for all stages: the first one that the first and the last stage allow."""
    for read in (by_spline, by_envelope):
        try:
            for one in (readings[0], readings[-1]):
                read(one)
        except UNFIT:
            continue
        return read
    return by_plain_surface


def by_spline(reading: RowsRead) -> tuple[Estimate, str]:
    """Fit a line to the minima of isoFLOP budgets; its interval is by Student's t.

    Raises:
        Lacking: the rows form no budgets.
    """
    groups = grouped(reading.flops, reading.size) if len(reading.size) else []
    if len(groups) < LEAST_BUDGETS:
        raise Lacking("isoFLOP budgets")
    flops, minima = spline_minima(reading.flops, reading.size, reading.loss, groups)
    if len(flops) < LEAST_BUDGETS:
        raise Lacking(f"{LEAST_BUDGETS} budgets whose minimum lies inside their sizes")
    x, y = np.log(flops) - np.log(flops).mean(), np.log(minima)
    slope = float(x @ y / (x @ x))
    off = y - y.mean() - slope * x
    half = float(t_quantile(LEVEL, len(x) - 2) * np.sqrt(off @ off / (len(x) - 2) / (x @ x)))
    return Estimate(slope, slope - half, slope + half, LEVEL), f"minima of {len(x)} isoFLOP budgets by a spline"


def by_envelope(reading: RowsRead) -> tuple[Estimate, str]:
    """Take the envelope of learning curves.

    Raises:
        Lacking: the rows are not curves, or leave no line.
    """
    if len(reading.size) < CURVE * len(np.unique(reading.runs)):
        raise Lacking("learning curves")
    columns = {"params": "size", "tokens": "tokens", "flops": "compute", "loss": "loss_nats"}
    line = line_of_sizes("envelope", reading.points, columns)
    if line is None:
        raise Lacking("three computes whose best size lies inside the sizes")
    return line.exponent, "envelope of the learning curves"


def line_of_sizes(method: str, points: Points, columns: Mapping[str, str], seed: int = 0) -> Line | None:
    """Give the line of the best sizes of a frontier; None where fewer than three of its budgets have an optimum.

    Raises:
        PointsError: the points form no learning curves, or no isoFLOP groups.
    """
    found = frontier(method, points, columns=columns, draws=FRONTIER_DRAWS, seed=seed)
    assert isinstance(found, Frontier)  # critical-batch alone gives another record
    return found.params


def by_plain_surface(reading: RowsRead) -> tuple[Estimate, str]:
    """Fit the additive law without a constant term, which Kaplan et al. 2020 did not have.

    Raises:
        Lacking: C is not 6 N D of this N.
    """
    if len(reading.size) and np.abs(reading.flops / (6 * reading.size * reading.tokens) - 1).max() > SAME_COMPUTE:
        raise Lacking("isoFLOP budgets or learning curves, for a C that is not 6 N D of this N")
    return by_surface(reading, constant=False), "surface without a constant term"


def by_surface(reading: RowsRead, constant: bool) -> Estimate:
    """Fit the additive law and take a = beta/(alpha + beta)."""
    held: dict[str, Any] = {} if constant else {"fix": {"E": 0.0}}
    found = fit("chinchilla", reading.points, columns={"N": "size", "D": "tokens", "L": "loss_nats"}, **held)
    return exponent_of(draws(found, method="sandwich", draws=FEW_DRAWS), LEVEL)
