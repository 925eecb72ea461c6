"""Compute-efficient training by Kaplan et al. 2020, appendix B and table 6.

Here C is C_min in FLOPs, S is S_min in steps, B_crit in tokens. Constants: N_c, alpha_N, S_c, alpha_S of eq 5.6 and
B_star, alpha_B of eq 5.3; numbers or arrays (draws). Where the paper writes 5 for 1/alpha_B (B.4), 1/alpha_B is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..quantities import PF_DAY

NAMES = ("N_c", "alpha_N", "S_c", "alpha_S", "B_star", "alpha_B")
TABLE_3 = {"N_c": 6.5e13, "alpha_N": 0.077, "S_c": 2.1e3, "alpha_S": 0.76, "B_star": 2.0e8, "alpha_B": 0.21}
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


def loss_exponent(k: Mapping) -> np.ndarray:
    """alpha_Cmin = 1 / (1/alpha_S + 1/alpha_B + 1/alpha_N) (eq 1.8, B.7)."""
    return 1 / (1 / k["alpha_S"] + 1 / k["alpha_B"] + 1 / k["alpha_N"])


def compute_scale(k: Mapping) -> np.ndarray:
    """C_c in FLOPs: 6 N_c B_* S_c (1 + aN/aS)^(1/aS + 1/aN) (aS/aN)^(1/aS) (B.8)."""
    ratio = k["alpha_N"] / k["alpha_S"]
    power = 1 / k["alpha_S"] + 1 / k["alpha_N"]
    return 6 * k["N_c"] * k["B_star"] * k["S_c"] * (1 + ratio) ** power * ratio ** (-1 / k["alpha_S"])


def loss_at(flops_min, k: Mapping) -> np.ndarray:
    """L = (C_c / C)^alpha_Cmin (B.6)."""
    return (compute_scale(k) / flops_min) ** loss_exponent(k)


def params_at(flops_min, k: Mapping) -> np.ndarray:
    """N = N_c (C / C_c)^(aC/aN) (1 + aN/aS)^(1/aN) (B.9)."""
    ratio = k["alpha_N"] / k["alpha_S"]
    relative = (flops_min / compute_scale(k)) ** (loss_exponent(k) / k["alpha_N"])
    return k["N_c"] * relative * (1 + ratio) ** (1 / k["alpha_N"])


def steps_at(flops_min, k: Mapping) -> np.ndarray:
    """S = C_c / (6 N_c B_*) (1 + aN/aS)^(-1/aN) (C / C_c)^(aC/aS) (B.10)."""
    scale = compute_scale(k)
    front = scale / (6 * k["N_c"] * k["B_star"]) * (1 + k["alpha_N"] / k["alpha_S"]) ** (-1 / k["alpha_N"])
    return front * (flops_min / scale) ** (loss_exponent(k) / k["alpha_S"])


def critical_batch(loss_nats, k: Mapping) -> np.ndarray:
    """B_crit = B_* / L^(1/alpha_B) in tokens (eq 5.3, B.2)."""
    return k["B_star"] * loss_nats ** (-1 / k["alpha_B"])


def excess_compute(size_ratio, k: Mapping) -> np.ndarray:
    """C(N, N_eff) / C(N_eff, N_eff) at r = N / N_eff and equal loss (B.16); infinite where N never gets there."""
    return size_ratio * excess_steps(size_ratio, k)


def excess_steps(size_ratio, k: Mapping) -> np.ndarray:
    """S(N, N_eff) / S(N_eff, N_eff) = [1 + (aS/aN) (1 - r^-aN)]^(-1/aS) at r = N / N_eff (B.17).

    The paper prints (N_eff/N)^aN, which is r^-aN. Below r = (1 + aN/aS)^(-1/aN) the bracket is not positive.
    """
    bracket = 1 + k["alpha_S"] / k["alpha_N"] * (1 - np.asarray(size_ratio, dtype=np.float64) ** -k["alpha_N"])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(bracket > 0, np.abs(bracket) ** (-1 / k["alpha_S"]), np.inf)


def stopped_at(above: float, other: float, k: Mapping) -> tuple[float, float, float]:
    """Compare stopping at a share `above` over the converged loss with `other`: ratios of N, S and C (B.12 to B.14)."""
    size = ((1 + above) / (1 + other)) ** (1 / k["alpha_N"])
    steps = ((1 + 1 / above) / (1 + 1 / other)) ** (1 / k["alpha_S"])
    return size, steps, size * steps


def table_6(flops_min) -> dict[str, np.ndarray]:
    """Read the paper's own fitted lines (table 6): params, batch_tokens, steps_min and tokens (one epoch)."""
    x = np.asarray(flops_min, dtype=np.float64) / PF_DAY
    return {
        "params": 1.3e9 * x**0.73,
        "batch_tokens": 2.0e6 * x**0.24,
        "steps_min": 5.4e3 * x**0.03,
        "tokens": 2e10 * x**0.27,
    }


def contradiction(k: Mapping[str, float]) -> dict[str, float]:
    """Find where L(D(C_min)) would fall below L(C_min) (eq 6.8): the laws must break before.

    k: C_c (FLOPs), alpha_C; D_e (tokens at one PF-day), p_D; D_c, alpha_D; N_e (params at one PF-day), p_N.
    """
    log_scale = np.log(k["C_c"] / PF_DAY)
    top = k["alpha_C"] * log_scale - k["alpha_D"] * np.log(k["D_c"] / k["D_e"])
    x = np.exp(top / (k["alpha_C"] - k["alpha_D"] * k["p_D"]))
    loss = (k["C_c"] / PF_DAY / x) ** k["alpha_C"]
    return {
        "flops": float(x * PF_DAY),
        "params": float(k["N_e"] * x ** k["p_N"]),
        "tokens": float(k["D_e"] * x ** k["p_D"]),
        "loss_nats": float(loss),
    }


def efficient(flops: float, k: Mapping, policy: str, batch_tokens: float | None = None) -> Efficient:
    """Spend `flops` = 6 N B S by a batch policy.

    small-batch: B far below B_crit, C_min = C (no batch of its own: 1% of B_crit unless given). critical: B = B_crit,
    C = 2 C_min and S = 2 S_min. fixed: the given batch; C = C_min (1 + B / B_crit(L)) (eq 5.5) is solved for C_min,
    because at equal loss the factor is the same for every size: the pairs (N, L) of the frontier do not move.
    """
    if policy == "fixed":
        flops_min = _flops_min_at(flops, float(batch_tokens or 0), k)
    else:
        flops_min = np.full(np.shape(k["N_c"]), flops / (2 if policy == "critical" else 1))
    loss, params, steps_min = loss_at(flops_min, k), params_at(flops_min, k), steps_at(flops_min, k)
    critical = critical_batch(loss, k)
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
        spent = middle + np.log1p(batch_tokens / critical_batch(loss_at(np.exp(middle), k), k))
        over = spent > np.log(flops)
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return np.exp((low + high) / 2)
