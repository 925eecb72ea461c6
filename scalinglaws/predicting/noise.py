"""The noise of a run: how far a new one lies from the law, from the residuals of a fit or from repeated runs."""

import numpy as np

from ..fitting.fit_record import Fit

MIN_REPEATS = 3  # degrees of freedom below which repeats do not determine their noise
GROSS = 12.0  # robust standard deviations at which a residual is cut off: one diverged run is not the noise


def run_noise(fit: Fit) -> float:
    """Estimate the standard deviation of ln(target) from run to run.

    From the residuals, which include the misfit of the law, or from repeated runs (equal inputs, other seeds),
    whichever is larger: the noise of seeds alone would ignore that the law is not exact.

    The root mean square of the residuals is used, not their robust scale, which describes the good runs: the next run
    may be a bad one (benchmarks/intervals: with 5% bad runs among 60, the coverage of new runs was 0.92 with the robust
    scale and 0.96 with this one).
    """
    size = np.clip(fit.residuals * fit.scales, -GROSS * fit.noise, GROSS * fit.noise)
    spread = float(np.sqrt(size @ size / max(fit.n - len(fit.z), 1)))
    return max(spread, replicate_noise(fit))


def replicate_noise(fit: Fit) -> float:
    """Pool the standard deviation of ln(target) over runs with equal inputs; 0 without repeats."""
    table = np.stack([fit.inputs[letter] for letter in fit.law.inputs], axis=1)
    spread, degrees = spread_of_repeats(table, fit.problem.target)
    return spread if degrees >= MIN_REPEATS else 0.0


def spread_of_repeats(inputs: np.ndarray, target: np.ndarray) -> tuple[float, int]:
    """Give the standard deviation of the target between runs of equal inputs, pooled, and its degrees of freedom.

    Args:
        inputs: (runs, inputs). target: (runs,).

    Returns:
        Standard deviation, nan without repeats; degrees of freedom, runs less different inputs.
    """
    _, index, counts = np.unique(inputs, axis=0, return_inverse=True, return_counts=True)
    means = np.bincount(index.ravel(), target) / counts
    degrees = len(target) - len(counts)
    apart = np.sum((target - means[index.ravel()]) ** 2)
    return (float(np.sqrt(apart / degrees)) if degrees else np.nan), degrees
