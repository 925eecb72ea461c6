"""Leave one run out: the influence of each run on a fit."""

from dataclasses import dataclass

import numpy as np

from ..fitting.fit_record import Fit
from ..records.arguments import checked
from ..uncertainty.resample import numbered, refit

LEAST = 1e-9  # standard error of a logarithm below which shifts are rounding errors
AT_ONCE = 1000  # runs left out in one batch: bounds the memory of their counts


@dataclass(frozen=True)
class Influence:
    """The fit without one run.

    Attributes:
        run: label of the run.
        parameter: the parameter that changes most; `shift`: its change in standard errors (jackknife over runs).
        without: the value of every parameter without the run.
        residual: mean log residual of the run in the full fit, divided by the noise.
    """

    run: str
    parameter: str
    shift: float
    without: dict[str, float]
    residual: float


@checked
def influence(found: Fit) -> tuple[Influence, ...]:
    """Refit without each run in turn, a thousand in one batch; the most influential first.

    A run without which there is no optimum gets an infinite shift: the fit depends on it.
    """
    index, groups = numbered(found.clusters)
    labels = np.unique(found.clusters)
    left_out = [np.arange(at, min(at + AT_ONCE, groups))[:, None] for at in range(0, groups, AT_ONCE)]
    solved = [refit(found, 1.0 - (index == runs)) for runs in left_out]
    drawn = found.problem.coordinates.parameters(np.concatenate([part.z for part in solved]))
    names = [name for name in found.free if name not in found.unidentified] or list(found.free)
    at = np.log([abs(float(found.values[name])) or 1.0 for name in names])
    logs = np.stack([np.log(np.maximum(np.abs(drawn[name]), 1e-300)) for name in names], axis=1)
    good = np.concatenate([part.converged for part in solved]) & np.isfinite(logs).all(axis=1)
    shifts = logs - at
    kept = shifts[good] if good.any() else np.zeros((1, len(names)))
    spread = np.sqrt((groups - 1) / groups * np.sum((kept - kept.mean(axis=0)) ** 2, axis=0))
    scaled = np.where(good[:, None], shifts / np.maximum(spread, LEAST), np.inf)
    residual = np.bincount(index, weights=found.residuals) / np.bincount(index) / max(found.noise, 1e-300)
    rows = []
    for i in np.argsort(-np.abs(scaled).max(axis=1), kind="stable"):
        most = int(np.argmax(np.abs(scaled[i])))
        without = {name: float(np.exp(logs[i, j])) for j, name in enumerate(names)}
        rows.append(Influence(str(labels[i]), names[most], float(scaled[i, most]), without, float(residual[i])))
    return tuple(rows)
