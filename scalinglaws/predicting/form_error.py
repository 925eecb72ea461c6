"""The error of a law's form: how far the truth lies from any law, beyond the runs to which it was fitted."""

from collections.abc import Mapping

import numpy as np

from ..fitting.fit_record import Fit
from ..uncertainty.interval_ends import t_quantile

RATE = 0.016  # standard deviation of ln(loss) per ln(reach): 95% of larger public runs, benchmarks/forecast/form.py
NORMAL = 1e6  # degrees of freedom


def form_error(fit: Fit, flat: Mapping[str, np.ndarray], reach: np.ndarray) -> np.ndarray:
    """Give the standard deviation of ln(loss) by which the law's form is wrong at targets; 0 within the fitted points.

    It grows with the logarithm of the reach, whether compute, size or tokens lie farthest beyond the fitted ones. No
    resample of the runs can show it: all of them fit the same form. It is known of losses alone.

    Args:
        flat: letter -> inputs, (targets,). reach: compute over the largest fitted, (targets,).
    """
    if fit.law.predicts != "loss":
        return np.zeros_like(reach)
    beyond = [np.log(flat[letter] / fit.inputs[letter].max()) for letter in ("N", "D") if letter in flat]
    farthest = np.max([np.log(reach), *beyond], axis=0)
    return RATE * np.maximum(farthest, 0.0)


def widened(below: np.ndarray, above: np.ndarray, form: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Add the error of the form to half-widths: as independent errors add."""
    half = t_quantile(level, NORMAL) * form
    return -np.hypot(np.minimum(below, 0.0), half), np.hypot(np.maximum(above, 0.0), half)
