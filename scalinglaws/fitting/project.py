"""Least squares with the amplitudes solved for at every step, which needs few steps for a sum of terms.

Variable projection (Golub & Pereyra 1973) in Kaufman's form: the Gauss-Newton step of the full problem moves the
exponents, and the amplitudes follow in closed form. From a distant start plain Gauss-Newton takes 60 steps, and this
takes 8.
"""

import numpy as np

from .nonnegative import nonnegative
from .problem import NOTHING, Problem
from .symmetric import solve_symmetric

STRIDE = 0.5  # largest relative change of an exponent in one step
STEPS = 15
STILL = 1e-3  # relative gain below which a row has converged well enough for Newton's method
FAINT = 1e-3  # factor by which a term whose best value is negative shrinks in one step


def can_project(problem: Problem) -> bool:
    """Say whether the law is a plain sum of terms, one free amplitude each, in a target that has a logarithm."""
    law = problem.coordinates.law
    amplitudes = {p.name for p in law.parameters if p.amplitude}
    free = set(problem.coordinates.free)
    whole = amplitudes and amplitudes <= free and not problem.coordinates.boxed
    return bool(whole and not law.outer and problem.loss.in_logs and free - amplitudes)


def advance(problem: Problem, z: np.ndarray, steps: int = STEPS) -> np.ndarray:
    """Move coordinates (rows, p) to a least squares optimum of the relative residuals, or close to it."""
    led = problem.coordinates.amplitudes
    z, loss = _with_best_amplitudes(problem, z, led)
    reach = np.ones(len(z))
    for _ in range(steps):
        step = _exponent_step(problem, z, led)
        moved = np.clip(z - reach[:, None] * step, problem.low, problem.high)
        trial, its_loss = _with_best_amplitudes(problem, moved, led)
        better = its_loss < loss
        with np.errstate(invalid="ignore"):  # a row without a loss before and after has not converged
            arrived = np.abs(loss - its_loss) <= STILL * loss
        z = np.where(better[:, None], trial, z)
        loss = np.where(better, its_loss, loss)
        reach = np.where(better, np.minimum(2 * reach, 1.0), reach / 3)
        if arrived.all():
            break
    return z


def _relative(problem, z):
    observed = np.exp(problem.target)
    value, along = problem.coordinates.value_and_slopes(z, problem.inputs)
    with np.errstate(all="ignore"):
        return value / observed, along * (problem.scales / observed)


def _exponent_step(problem, z, led):
    value, along = _relative(problem, z)
    with np.errstate(all="ignore"):
        matrix = along @ along.transpose(0, 2, 1)
        gradient = (along @ ((value - 1) * problem.scales)[:, :, None])[:, :, 0]
        matrix[:, range(len(led)), range(len(led))] *= 1 + 1e-9
        step, _ = solve_symmetric(matrix, gradient)
        largest = STRIDE * np.maximum(np.abs(z), 1e-3)
        return np.where(led, 0.0, np.nan_to_num(np.clip(step, -largest, largest)))


def _with_best_amplitudes(problem, z, led):
    _, along = _relative(problem, z)
    design = along[:, led]  # along its coordinate a term changes by itself
    if not np.isfinite(design).all():
        design = np.nan_to_num(design, posinf=0.0)
    amount, loss = nonnegative(design, np.broadcast_to(problem.scales, design[:, 0].shape))
    with np.errstate(all="ignore"):
        share = np.sqrt(np.mean(np.square(design), axis=2) / np.mean(np.square(problem.scales)))
        least = np.nan_to_num(np.maximum(FAINT, NOTHING / share), nan=FAINT, posinf=FAINT)
    moved = z.copy()
    moved[:, led] += np.log(np.maximum(amount, least))
    return moved, np.where(np.isfinite(moved).all(1), loss, np.inf)
