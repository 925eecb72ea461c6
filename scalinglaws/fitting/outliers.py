"""Outliers: points far from a fit that they cannot influence, and how much they change the result."""

from dataclasses import replace

import numpy as np

from .diagnose import model_covariance
from .fit_record import FitWarning
from .losses import EFFICIENT, LEAST_SCALE, Loss, robust_sd
from .problem import Problem, residuals
from .solve import solve

MAYBE_WILD = 11.0  # distance of the farthest point, in robust standard deviations, from which a second fit is made
WILD = 12.0  # standard deviations above which a residual is not noise: 1 in 1e5 even for Student's t of 4 degrees
SHOWN = 8


def wild_points(problem: Problem, z: np.ndarray, clusters: np.ndarray, named: bool) -> list[FitWarning]:
    """Warn of points whose residual is not explained by noise, with the parameter that they change most."""
    u, sd = unmasked_residuals(problem, z)
    wild = np.flatnonzero(np.abs(u) > max(WILD * sd, 1e-6))
    if not len(wild) or len(u) - len(wild) <= len(z):
        return []
    wild = wild[np.argsort(-np.abs(u[wild]))]
    shown = ", ".join(f"{clusters[i]} ({_off(-u[i], sd)})" for i in wild[:SHOWN])
    rest = f" and {len(wild) - SHOWN} more" if len(wild) > SHOWN else ""
    where = f"over {WILD:g} robust standard deviations from the fit to the others"
    if sd < LEAST_SCALE:  # there is no noise to compare them with
        where = "away from the fit to the others, which lie exactly on it"
    told = f"{len(wild)} of {len(u)} {'points' if named else 'rows'} lie {where}: {shown}{rest}."
    return [FitWarning("wild-points", f"{told} {_without(problem, z, wild)} {_advice(problem.loss.kind)}")]


def _off(apart: float, sd: float) -> str:
    return f"{apart:+.2%}" if sd < LEAST_SCALE else f"{apart / sd:+.0f} sd"


def _advice(loss: str) -> str:
    if loss == "tukey":
        return "The loss 'tukey' ignores them; look at them."
    return "Look at them; exclude them with a reason, or use the loss 'tukey', which ignores them."


def unmasked_residuals(problem: Problem, z: np.ndarray) -> tuple[np.ndarray, float]:
    """Return predicted - observed of a fit that outliers cannot influence (Tukey's loss), and its robust scale.

    Under Huber's loss several outliers mask one another: of the five in the Chinchilla table the fifth lies 3 standard
    deviations from the fit to all points, and 13 from the fit to the others.
    """
    plain = residuals(problem, z[None])[0]
    sd = robust_sd(plain, len(z))
    if problem.loss.of_quantiles or np.abs(plain).max() <= MAYBE_WILD * sd:
        return plain, sd
    loss = Loss("tukey", max(EFFICIENT["tukey"] * sd, LEAST_SCALE))
    moved = residuals(problem, solve(replace(problem, loss=loss), z[None], most_steps=60).z)[0]
    return moved, robust_sd(moved, len(z))


def _without(problem: Problem, z: np.ndarray, wild: np.ndarray) -> str:
    """Refit without the outliers, and report which parameter changes most, in standard errors."""
    keep = np.setdiff1d(np.arange(len(problem.scales)), wild)
    solution = solve(problem.take(keep), z[None])
    if not solution.converged[0]:
        return "Without them the fit has no optimum."
    moved = solution.z[0]
    errors = np.sqrt(np.diag(model_covariance(problem.take(keep), moved)))
    shifts = (z - moved) / np.maximum(errors, 1e-300)
    most = int(np.argmax(np.abs(shifts)))
    name = problem.coordinates.free[most]
    both = problem.coordinates.parameters(np.stack([z, moved]))[name]
    return (
        f"Without them {name} is {both[1]:.4g} instead of {both[0]:.4g}, {abs(shifts[most]):.2g} standard errors away."
    )
