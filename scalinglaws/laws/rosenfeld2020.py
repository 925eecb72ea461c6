"""Rosenfeld et al. 2020, "A Constructive Prediction of the Generalization Error Across Scales": with a ceiling."""

import numpy as np

from .declaration import Law, Parameter

PAPER = "Rosenfeld et al. 2020"


def with_ceiling(N, D, *, eps_0, b, c_inf, eta, alpha, beta):
    below = D**-alpha + b * N**-beta + c_inf
    return eps_0 * below / np.sqrt(below * below + eta * eta)  # |e / (e - i eta)|


ROSENFELD = Law(
    name="rosenfeld",
    predicts="loss",
    evaluate=with_ceiling,
    formula="epsilon = eps_0 |e / (e - i eta)|, with e = n^-alpha + b m^-beta + c_inf for n = D and m = N",
    source=f"{PAPER}, section 5",
    parameters=(
        Parameter("eps_0", "nats/token", (1.0, 20.0)),
        Parameter("b", "tokens^-alpha x params^beta", (1e-3, 10.0)),
        Parameter("c_inf", "tokens^-alpha", (1e-5, 0.1)),
        Parameter("eta", "tokens^-alpha", (1e-4, 1.0)),
        Parameter("alpha", "1", (0.1, 1.2)),
        Parameter("beta", "1", (0.1, 1.2)),
    ),
    convention={"N": "params_total", "D": "tokens_unique"},
    about="Error between a floor and the level of a random guess, eps_0, near which small models stay: ln(vocabulary) "
    "for a loss. Fix eps_0 where it is known. The prefactor of n is one, because scaling e and eta by the same factor "
    "changes nothing. The paper's exponents (alpha / beta): WikiText-103 0.74/0.56, PTB 0.81/0.34, ImageNet 0.75/0.61; "
    "no source that was checked prints its other constants.",
)

LAWS = (ROSENFELD,)
