"""Henighan et al. 2020, "Scaling Laws for Autoregressive Generative Modeling": a power law plus a constant.

The paper writes L(x) = L_inf + (x_0/x)^alpha_x for x = N or C. Its row for language has no L_inf, exponents of 0.070 in
N and 0.048 in C, and no x_0 in any source that was checked; its other rows are for other modalities. So no published
constants are given here.
"""

import numpy as np

from .declaration import LINEAR, Law, Parameter

PAPER = "Henighan et al. 2020, eq 1.1"
L_INF = Parameter("L_inf", "nats/token", (0.01, 5.0), amplitude=LINEAR)


def plus_size(N, *, L_inf, N_0, alpha_N):
    return L_inf + (N_0 / N) ** alpha_N


def plus_data(D, *, L_inf, D_0, alpha_D):
    return L_inf + (D_0 / D) ** alpha_D


def plus_compute(C, *, L_inf, C_0, alpha_C):
    return L_inf + (C_0 / C) ** alpha_C


def _slopes(letter):
    scale, exponent = f"{letter}_0", f"alpha_{letter}"

    def slopes(*inputs, L_inf, **rest):
        log_ratio = np.log(rest[scale]) - np.log(inputs[0])
        term = np.exp(rest[exponent] * log_ratio)
        return L_inf + term, {"L_inf": L_inf, scale: rest[exponent] * term, exponent: log_ratio * term}

    return slopes


def _law(letter, quantity, unit, evaluate, about):
    return Law(
        name=f"henighan-{letter.lower()}",
        predicts="loss",
        evaluate=evaluate,
        slopes=_slopes(letter),
        formula=f"L({letter}) = L_inf + ({letter}_0 / {letter})^alpha_{letter}",
        source=PAPER,
        parameters=(
            L_INF,
            Parameter(f"{letter}_0", unit, (1.0, 1e30), amplitude=f"alpha_{letter}"),
            Parameter(f"alpha_{letter}", "1", (0.02, 2.0)),
        ),
        convention={letter: quantity},
        about=about,
    )


HENIGHAN_N = _law(
    "N",
    "params_nonembedding",
    "params",
    plus_size,
    "Converged loss on unlimited data, with the entropy as a constant term.",
)
HENIGHAN_D = _law(
    "D",
    "tokens_unique",
    "tokens",
    plus_data,
    "Loss of a large model on D tokens, with a constant term. The paper fits N and C; this is the same form in D.",
)
HENIGHAN_C = _law(
    "C", "flops_6nd", "FLOPs", plus_compute, "Best loss at a given compute, with the entropy as a constant term."
)

LAWS = (HENIGHAN_N, HENIGHAN_D, HENIGHAN_C)
