"""The combination of parameters that the points determine least, in words, and the run that would determine it best."""

from dataclasses import dataclass

import numpy as np

from ..errors import FitError
from ..fitting.fit_record import Fit
from .sandwich import sandwich

CANDIDATES = 15  # values of each input that are tried for the next run
BEYOND = 2.0  # factor by which a next run may lie outside the fitted range, in each input
STRONG = 0.3  # fraction of a direction's largest entry from which a parameter belongs to it


@dataclass(frozen=True)
class SloppyDirection:
    """The least determined direction.

    Attributes:
        parameters: the parameters that change together along it; `signs`: +1 or -1 for each.
        share: its fraction of the total uncertainty, with each parameter in units of its own standard error.
        sentence: the same in words.
        run: letter -> value: the additional run, no more expensive than the largest fitted, that would narrow it most.
        narrower: factor by which that run would reduce the standard deviation along the direction.
    """

    parameters: tuple[str, ...]
    signs: tuple[int, ...]
    share: float
    sentence: str
    run: dict[str, float]
    narrower: float


def sloppy(fit: Fit) -> SloppyDirection:
    """Find the least determined direction of the fit, among the parameters that the points identify.

    Raises:
        FitError: there are no more runs than free parameters, or the points identify no parameter.
    """
    known = np.array([name not in fit.unidentified for name in fit.free])
    if not known.any():
        raise FitError(f"law {fit.law.name!r}: these points identify none of {', '.join(fit.free)}. Add other runs.")
    covariance = np.where(known & known[:, None], sandwich(fit).covariance, 0.0)
    error = np.sqrt(np.where(known, np.maximum(np.diag(covariance), 1e-300), 1.0))
    values, vectors = np.linalg.eigh(covariance / error / error[:, None])
    direction = vectors[:, -1] * np.sign(vectors[np.argmax(np.abs(vectors[:, -1])), -1])
    part = [i for i in np.argsort(-np.abs(direction)) if abs(direction[i]) >= STRONG * np.abs(direction).max()]
    names = tuple(fit.free[i] for i in part)
    signs = tuple(int(np.sign(direction[i])) for i in part)
    run, narrower = _best_run(fit, covariance, direction * error)
    share = float(values[-1] / max(values.sum(), 1e-300))
    return SloppyDirection(names, signs, share, _words(names, signs, share, run, narrower), run, narrower)


def _words(names, signs, share, run, narrower) -> str:
    moves = " with ".join(f"{name} {'up' if sign > 0 else 'down'}" for name, sign in zip(names, signs, strict=True))
    at = ", ".join(f"{letter} = {value:.2g}" for letter, value in run.items())
    return (
        f"{moves}: this one direction has {share:.0%} of the uncertainty, and hardly changes the fitted losses; "
        f"one more run at {at} would narrow it by a factor {narrower:.2g}."
    )


@np.errstate(all="ignore")
def _best_run(fit: Fit, covariance: np.ndarray, direction: np.ndarray) -> tuple[dict[str, float], float]:
    """Try a grid of runs around the fitted range, none more expensive than the largest fitted."""
    axes = [_axis(fit.inputs[letter]) for letter in fit.law.inputs]
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=0)
    if {"N", "D"} <= set(fit.law.inputs):
        size, data = (grid[fit.law.inputs.index(letter)] for letter in ("N", "D"))
        ratio = fit.inputs["D"] / fit.inputs["N"]
        cheap = size * data <= (fit.inputs["N"] * fit.inputs["D"]).max() * (1 + 1e-9)
        grid = grid[:, cheap & (data / size >= ratio.min() / BEYOND) & (data / size <= ratio.max() * BEYOND)]
    value, along = fit.problem.coordinates.value_and_slopes(fit.z[None], tuple(grid))
    slope = along[0] / (value[0] if fit.problem.loss.in_logs else 1.0)
    noise = max(fit.noise, 1e-12) ** 2
    variance = direction @ np.linalg.pinv(covariance, hermitian=True) @ direction  # information along the direction
    gain = (direction @ slope) ** 2 / noise
    best = int(np.argmax(np.nan_to_num(gain)))
    run = {letter: float(grid[i, best]) for i, letter in enumerate(fit.law.inputs)}
    narrower = np.sqrt(1 + gain[best] / variance)
    return run, float(narrower) if np.isfinite(narrower) else 1.0


def _axis(column: np.ndarray) -> np.ndarray:
    if (column > 0).all():
        return np.geomspace(column.min() / BEYOND, column.max() * BEYOND, CANDIDATES)
    width = np.ptp(column)
    return np.linspace(column.min() - width / 2, column.max() + width / 2, CANDIDATES)
