"""Compute at a small batch: C_min, S_min and E_min of every point (Kaplan et al. 2020, eq 5.4 and 5.5)."""

from collections.abc import Mapping

import numpy as np

from ..errors import PointsError, argument
from ..laws.kaplan2020.efficient import flops_min, steps_min, tokens_min
from ..laws.kaplan2020.loss import KAPLAN_BCRIT
from ..laws.kaplan2020.loss import critical_batch as critical_batch_of
from ..points.points import Points
from .slices import compute_of

KAPLAN_CRITICAL = KAPLAN_BCRIT.constants  # eq 5.3: tokens of WebText2 in the paper's vocabulary


def adjusted(points: Points, columns: Mapping[str, str], critical: Mapping[str, float]) -> Points:
    """Add flops_min = C / (1 + B/B_crit), tokens_min = D / (1 + B/B_crit) and steps_min = S / (1 + B_crit/B).

    B_crit = B_star / L^(1/alpha_B) at the loss of each point, the training loss if the table has it (the paper fits
    B_crit on it). Because B_crit depends only on the loss, the pairs (N, L) of the frontier stay the same; their
    compute changes.

    Raises:
        PointsError: there is no column of the batch, or the constants are not B_star and alpha_B.
    """
    if set(critical) != {"B_star", "alpha_B"}:
        raise PointsError(f"critical has {sorted(critical)}; it must have B_star (tokens) and alpha_B.")
    if "batch_tokens" not in points:
        named = argument(map={"batch_tokens": "COLUMN"})
        raise PointsError(f"C_min needs the tokens of a step. Name the column with {named}.")
    loss = points["loss_train_nats"] if "loss_train_nats" in points else points[columns["loss"]]
    batch, tokens = points["batch_tokens"], points[columns["tokens"]]
    turning = critical_batch_of(loss, **critical)
    steps = points["steps"] if "steps" in points else tokens / batch
    return points.replace(
        flops_min=flops_min(compute_of(points, dict(columns)), batch, turning),
        tokens_min=tokens_min(tokens, batch, turning),
        steps_min=steps_min(steps, batch, turning),
    )


def batch_and_steps(
    log_params: np.ndarray, log_loss: np.ndarray, log_flops: np.ndarray, critical: Mapping[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    """ln B_crit and ln S_min = ln C_min - ln 6 N B_crit at the optima."""
    log_batch = np.log(critical["B_star"]) - log_loss / critical["alpha_B"]
    return log_batch, log_flops - np.log(6) - log_params - log_batch
