"""How Kaplan et al. 2020, appendix B, spend a compute budget under a batch policy.

Constants: N_c, alpha_N, S_c, alpha_S of eq 5.6 and B_star, alpha_B of eq 5.3; numbers or arrays (draws).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..laws.kaplan2020.efficient import critical_batch_at, loss_at, params_at, steps_at

POLICIES = ("small-batch", "critical", "fixed")


@dataclass(frozen=True)
class Efficient:
    """One compute-efficient training run: arrays over draws.

    flops_min and steps_min are eq 5.5 and 5.4; tokens = batch_tokens x steps are processed, flops = 6 N tokens.
    """

    params: np.ndarray
    loss_nats: np.ndarray
    flops_min: np.ndarray
    steps_min: np.ndarray
    critical_batch: np.ndarray
    batch_tokens: np.ndarray
    steps: np.ndarray
    tokens: np.ndarray


def efficient(flops: float, k: Mapping, policy: str, batch_tokens: float | None = None) -> Efficient:
    """Spend `flops` = 6 N B S by a batch policy.

    small-batch: B far below B_crit, C_min = C (the batch is 1% of B_crit unless given). critical: B = B_crit,
    C = 2 C_min and S = 2 S_min. fixed: the given batch; C = C_min (1 + B / B_crit(L)) (eq 5.5) is solved for C_min,
    because at equal loss the factor is the same for every size: the pairs (N, L) of the frontier do not change.
    """
    if policy == "fixed":
        flops_min = _flops_min_at(flops, float(batch_tokens or 0), k)
    else:
        flops_min = np.full(np.shape(k["N_c"]), flops / (2 if policy == "critical" else 1))
    loss, params, steps_min = loss_at(flops_min, k), params_at(flops_min, k), steps_at(flops_min, k)
    critical = critical_batch_at(flops_min, k)
    batch = (
        critical if policy == "critical" else critical * 0.01 if batch_tokens is None else batch_tokens + 0 * critical
    )
    steps = steps_min * (1 + critical / batch)
    return Efficient(params, loss, flops_min, steps_min, critical, batch, steps, batch * steps)


def _flops_min_at(flops: float, batch_tokens: float, k: Mapping) -> np.ndarray:
    low = np.full(np.shape(k["N_c"]), np.log(flops) - 60.0)
    high = np.full(np.shape(k["N_c"]), np.log(flops))
    for _ in range(80):
        middle = (low + high) / 2
        spent = middle + np.log1p(batch_tokens / critical_batch_at(np.exp(middle), k))
        over = spent > np.log(flops)
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return np.exp((low + high) / 2)
