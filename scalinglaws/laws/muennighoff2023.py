"""Muennighoff et al. 2023, "Scaling Data-Constrained Language Models": repeated tokens and excess parameters decay.

D counts processed tokens, U unique tokens. The effective values of data and parameters enter the additive law.
"""

from math import exp

import numpy as np

from .declaration import Law, Parameter, Published

PAPER = "Muennighoff et al. 2023"


def worth(amount, base, decay):
    """Give the effective amount if all beyond `base` decays: base (1 + R* (1 - e^(-R/R*))), R = amount/base - 1.

    It is never more than base (1 + R*), 16.4 U for tokens (eq 5, and eq 6 for parameters).
    """
    return base * (1 - decay * np.expm1(-(amount / base - 1) / decay))


def size_for(U, *, A, B, alpha, beta):
    """Give the best size for U tokens seen once: N of alpha A / N^alpha = beta B / U^beta, which C = 6 N D implies."""
    return (alpha * A / (beta * B)) ** (1 / alpha) * U ** (beta / alpha)


def data_constrained(N, D, U, *, E, A, B, alpha, beta, R_D, R_N):
    U = np.minimum(U, D)  # no run sees more different tokens than it sees tokens
    base = np.minimum(N, size_for(U, A=A, B=B, alpha=alpha, beta=beta))
    return E + A / worth(N, base, R_N) ** alpha + B / worth(D, U, R_D) ** beta


MUENNIGHOFF = Law(
    name="muennighoff",
    predicts="loss",
    evaluate=data_constrained,
    formula="L(N, D, U) = E + A / N'^alpha + B / D'^beta, with D' = U + U R_D (1 - e^(-(D/U - 1) / R_D)), U at most D, "
    "and N' likewise above the best size for U",
    source=f"{PAPER}, eq 5 and 6",
    parameters=(
        Parameter("E", "nats/token", (0.5, 4.0)),
        Parameter("A", "nats/token x params^alpha", (10.0, 1e4)),
        Parameter("B", "nats/token x tokens^beta", (10.0, 1e5)),
        Parameter("alpha", "1", (0.15, 0.7)),
        Parameter("beta", "1", (0.15, 0.7)),
        Parameter("R_D", "1", (2.0, 60.0)),
        Parameter("R_N", "1", (1.0, 30.0)),
    ),
    convention={"N": "params_total", "D": "tokens", "U": "tokens_unique"},
    domain={"N": (1e7, 8.7e9), "D": (1e8, 9e11), "U": (1e8, 1.8e11), "D/U": (1.0, 1500.0)},
    published=(
        Published(
            f"{PAPER}, section 6 and repository, C4",
            {
                "E": exp(0.6254804),
                "A": exp(6.255414),
                "B": exp(7.3049974),
                "alpha": 0.3526596,
                "beta": 0.3526596,
                "R_D": 15.387756,
                "R_N": 5.309743,
            },
        ),
    ),
    data="C4, GPT-2 tokenizer, context 2048",
    about="Loss of N parameters on D tokens, of which U are unique. Four epochs are worth nearly as much as new data, "
    "forty little more than sixteen. The predicted loss cannot rise with epochs: the law does not model overfitting. "
    "The authors give no meaning to its absolute value on texts other than C4.",
)

LAWS = (MUENNIGHOFF,)
