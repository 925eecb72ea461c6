"""Kaplan et al. 2020, section 5.1 and appendix B: small-batch units, and compute-efficient training in closed form.

Here C is C_min in FLOPs, S is S_min in steps, B_crit in tokens. Constants: N_c, alpha_N, S_c, alpha_S of eq 5.6 and
B_star, alpha_B of eq 5.3; numbers or arrays (draws). Where the paper writes 5 for 1/alpha_B (B.4), 1/alpha_B is used.
"""

from collections.abc import Mapping

import numpy as np

from ...quantities import PF_DAY
from ..declaration import Law, Parameter, Published
from .loss import ALPHA_N, DATA, KAPLAN_BCRIT, KAPLAN_NS, NONEMBEDDING, PAPER, critical_batch

TABLE_3 = {**KAPLAN_NS.constants, **KAPLAN_BCRIT.constants}
NEWTON_STEPS = 10  # from a start within a factor 2 of the root, 6 reach rounding


def flops_min(flops, batch_tokens, critical):
    """C_min = C / (1 + B / B_crit) in FLOPs (eq 5.5): compute at a batch far below the critical one."""
    return flops / (1 + batch_tokens / critical)


def tokens_min(tokens, batch_tokens, critical):
    """E_min = E / (1 + B / B_crit): tokens processed at a batch far below the critical one (eq 5.1 and 5.2)."""
    return tokens / (1 + batch_tokens / critical)


def steps_min(steps, batch_tokens, critical):
    """S_min = S / (1 + B_crit / B) (eq 5.4): steps at a batch far above the critical one."""
    return steps / (1 + critical / batch_tokens)


def loss_exponent(k: Mapping) -> np.ndarray:
    """alpha_Cmin = 1 / (1/alpha_S + 1/alpha_B + 1/alpha_N) (eq 1.8, B.7).

    The printed constants give 0.0520 to 0.0525; the 0.054 of eq 6.4 follows from none of them.
    """
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


def critical_batch_at(flops_min, k: Mapping) -> np.ndarray:
    """B_crit in tokens at the best loss of a given compute (B.2 at B.6)."""
    return critical_batch(loss_at(flops_min, k), B_star=k["B_star"], alpha_B=k["alpha_B"])


def above_converged(k: Mapping) -> np.ndarray:
    """f = aN / aS: the fraction by which the efficient run stops above the converged loss of its size (B.5)."""
    return k["alpha_N"] / k["alpha_S"]


def flops_to_reach(loss_nats, N, k: Mapping) -> np.ndarray:
    """C(N, L) = 6 B_* S_c N / L^(1/aB) (L - (N_c/N)^aN)^(-1/aS) in FLOPs (B.15); infinite where N never gets there."""
    above = np.asarray(loss_nats - (k["N_c"] / N) ** k["alpha_N"], dtype=np.float64)
    batch = critical_batch(loss_nats, B_star=k["B_star"], alpha_B=k["alpha_B"])
    with np.errstate(divide="ignore"):
        return 6 * N * batch * k["S_c"] * np.maximum(above, 0.0) ** (-1 / k["alpha_S"])


def stopped_at(above: float, other: float, k: Mapping) -> tuple[float, float, float]:
    """Compare stopping at a fraction `above` over the converged loss with `other`: ratios of N, S, C (B.12 to B.14)."""
    size = ((1 + above) / (1 + other)) ** (1 / k["alpha_N"])
    steps = ((1 + 1 / above) / (1 + 1 / other)) ** (1 / k["alpha_S"])
    return size, steps, size * steps


def excess_steps(r, *, alpha_N, alpha_S):
    """S(N, N_eff) / S(N_eff, N_eff) at r = N / N_eff (B.17); the paper prints (N_eff/N)^aN, which is r^-aN."""
    return (1 + alpha_S / alpha_N * (1 - r**-alpha_N)) ** (-1 / alpha_S)


def excess_compute(r, *, alpha_N, alpha_S):
    """C(N, N_eff) / C(N_eff, N_eff) at r = N / N_eff and equal loss (B.16)."""
    return r * excess_steps(r, alpha_N=alpha_N, alpha_S=alpha_S)


def least_size_ratio(k: Mapping) -> np.ndarray:
    """r = (1 + aN/aS)^(-1/aN): a model smaller than r N_eff never reaches the loss (B.16 and B.17 are undefined)."""
    return (1 + k["alpha_N"] / k["alpha_S"]) ** (-1 / k["alpha_N"])


def loss_of_size_and_compute(N, C, *, N_c, E_c, alpha_N, alpha_S, alpha_B):
    """Solve L = (N_c/N)^aN + (6 E_c N / (L^(1/aB) C))^aS for L (B.3), with E_c = B_* S_c.

    Newton's method is applied to the logarithm of the right side over L, in ln L, from the larger of the two roots that
    the terms have on their own: the root lies less than ln 2 above it, and every step stays below the root.
    """
    power = 1 + alpha_S / alpha_B
    of_size = alpha_N * (np.log(N_c) - np.log(N))
    of_steps = alpha_S * (np.log(6 * E_c) + np.log(N) - np.log(C))
    log_loss = np.maximum(of_size, of_steps / power)
    for _ in range(NEWTON_STEPS):
        size, steps = np.exp(of_size - log_loss), np.exp(of_steps - power * log_loss)
        log_loss = log_loss + np.log(size + steps) * (size + steps) / (size + power * steps)
    return np.exp(log_loss)


def contradiction(k: Mapping[str, float]) -> dict[str, float]:
    """Find where L(D(C_min)) would fall below L(C_min) (eq 6.8): the laws must break down before that point.

    k: C_c (FLOPs), alpha_C of kaplan-cmin; D_c, alpha_D of kaplan-d; D_e, p_D of kaplan-d-opt; N_e, p_N of
    kaplan-n-opt (tokens and params at one PF-day).
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


def _joint(source: str, k: Mapping[str, float]) -> Published:
    values = {name: k[name] for name in ("N_c", "alpha_N", "alpha_S", "alpha_B")}
    return Published(source, {**values, "E_c": k["B_star"] * k["S_c"]})


KAPLAN_NC = Law(
    name="kaplan-nc",
    predicts="loss",
    evaluate=loss_of_size_and_compute,
    formula="L(N, C) = (N_c / N)^alpha_N + (6 E_c N / (L^(1 / alpha_B) C))^alpha_S, with E_c = B_* S_c",
    source=f"{PAPER}, eq B.3",
    parameters=(
        Parameter("N_c", "params", (1e9, 1e17)),
        Parameter("E_c", "tokens", (1e8, 1e15)),
        Parameter("alpha_N", "1", (0.03, 0.4)),
        Parameter("alpha_S", "1", (0.2, 1.5)),
        Parameter("alpha_B", "1", (0.1, 0.6)),
    ),
    convention={**NONEMBEDDING, "C": "flops_min"},
    domain={"N": (768.0, 1.5e9), "C": (1e-5 * PF_DAY, PF_DAY)},  # figure 11
    published=(
        _joint(f"{PAPER}, table 3 and eq 5.3", TABLE_3),
        _joint(f"{PAPER}, table 3 and figure 10", {**TABLE_3, **KAPLAN_BCRIT.published[1].values}),
    ),
    data=DATA,
    about="Loss of N parameters after a given compute at a batch far below the critical one: kaplan-ns and "
    "kaplan-bcrit together. L is on both sides, and the equation is solved for it. Points determine the product of B_* "
    "and S_c, not the two separately.",
)


def _excess(name, predicts, evaluate, formula, equation, about) -> Law:
    constants = {"alpha_N": 0.076, "alpha_S": 0.76}
    return Law(
        name=name,
        predicts=predicts,
        evaluate=evaluate,
        formula=formula,
        source=f"{PAPER}, eq {equation}",
        parameters=(ALPHA_N, Parameter("alpha_S", "1", (0.05, 2.0))),
        convention={"r": "size_ratio"},
        domain={"r": (0.6, 2.2)},  # the sizes that appendix B.4 speaks of
        published=(
            Published(f"{PAPER}, table 5", constants),
            Published(f"{PAPER}, table 3", {name: TABLE_3[name] for name in constants}),
        ),
        data=DATA,
        unit="1",
        about=about,
    )


KAPLAN_EXCESS_COMPUTE = _excess(
    "kaplan-excess-compute",
    "compute_ratio",
    excess_compute,
    "C(N, N_eff) / C(N_eff, N_eff) = r [1 + (alpha_S / alpha_N) (1 - r^-alpha_N)]^(-1 / alpha_S), r = N / N_eff",
    "B.16",
    "Compute of another size, at equal loss, relative to that of the efficient size: 1.2 at 0.6 and at 2.2 times its "
    "size. Undefined below r = (1 + alpha_N / alpha_S)^(-1 / alpha_N) = 0.285: such a model never reaches the loss.",
)

KAPLAN_EXCESS_STEPS = _excess(
    "kaplan-excess-steps",
    "steps_ratio",
    excess_steps,
    "S(N, N_eff) / S(N_eff, N_eff) = [1 + (alpha_S / alpha_N) (1 - r^-alpha_N)]^(-1 / alpha_S), r = N / N_eff",
    "B.17",
    "Steps of another size, at equal loss, relative to those of the efficient size: 45% fewer at 2.2 times its size. "
    "Undefined below r = (1 + alpha_N / alpha_S)^(-1 / alpha_N) = 0.285: such a model never reaches the loss.",
)

LAWS = (KAPLAN_NC, KAPLAN_EXCESS_COMPUTE, KAPLAN_EXCESS_STEPS)
