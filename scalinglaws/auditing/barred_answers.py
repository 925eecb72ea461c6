"""Why no answer that is not of one law of N and D may be claimed: best settings, curves of a schedule, mixtures."""

import numpy as np

from ..frontiers.sweeps import Sweeps
from ..points.points import Points
from ..predicting.curve import CurveForecast
from ..quantities import playing
from .claim_gate import barred_of_points, scattered, unexplained

LEAST_CELLS = 8  # fewer than these an additive law follows each


def barred_of_sweeps(found: Sweeps) -> tuple[str, ...]:
    """List what bars the best settings of cells: the lowest losses of the cells are judged by an additive law."""
    if len(found.cells) < LEAST_CELLS:
        return ()
    roles = {"params": "params", "tokens": "tokens", "loss": "lowest"}
    lowest = {found.columns[role]: [getattr(cell, of) for cell in found.cells] for role, of in roles.items()}
    columns = {letter: found.columns[role] for letter, role in zip("NDL", roles, strict=True)}
    return barred_of_points(Points(lowest), columns, failed=())


def barred_of_curve(found: CurveForecast, points: Points, column: str | None = None) -> tuple[str, ...]:
    """List what bars a predicted curve: the law misses the runs that were left out, or scatters about its own.

    Args:
        points: the curves. column: that of their losses; the first filled one by default.
    """
    named = [column] if column else playing("loss")
    loss = next(points[name] for name in named if name in points)
    loss = loss[np.isfinite(loss) & (loss > 0)]
    off = np.array(list(found.left_out.values()))
    variance = float(np.log(loss).var())
    r2 = 1 - float(np.mean(off**2)) / variance if variance > 0 else np.nan
    return (
        *unexplained(f"{found.law}, on curves left out of its fit,", r2, "the loss", "steps and rates"),
        *scattered(found.law, found.noise),
    )


def barred_of_mixtures(explained: float) -> tuple[str, ...]:
    """List what bars a mixture: the forms chosen explain too little; `explained`: R2 of losses of mixtures left out."""
    return tuple(unexplained("the form of each loss, on mixtures left out,", explained, "the losses", "shares"))
