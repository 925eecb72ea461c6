"""Farseer 2025 (arXiv 2506.10972): an additive law whose data term depends on the size."""

import numpy as np

from .declaration import LINEAR, Law, Parameter

PAPER = "Farseer 2025 (arXiv 2506.10972)"


def size_dependent(N, D, *, K_3, a_3, gamma, K_2, a_2, beta, a_1, b_1, alpha):
    exponent = np.exp(a_1 * N**alpha + b_1)
    return K_3 * np.exp(a_3 * N**gamma) + K_2 * np.exp(a_2 * N**beta - exponent * np.log(D))


FARSEER = Law(
    name="farseer",
    predicts="loss",
    evaluate=size_dependent,
    formula="L(N, D) = e^(a_3 N^gamma + b_3) + e^(a_2 N^beta + b_2) D^(-e^(a_1 N^alpha + b_1)), with K_i = e^b_i",
    source=f"{PAPER}, abstract",
    parameters=(
        Parameter("K_3", "nats/token", (0.5, 10.0), amplitude=LINEAR),
        Parameter("a_3", "params^-gamma", (-0.06, -0.01), positive=False),
        Parameter("gamma", "1", (0.08, 0.3)),
        Parameter("K_2", "nats/token x tokens^exponent", (1e-4, 1e3), amplitude=LINEAR),
        Parameter("a_2", "params^-beta", (30.0, 150.0), positive=False),
        Parameter("beta", "1", (-0.2, -0.05), positive=False),
        Parameter("a_1", "params^-alpha", (-0.3, -0.06), positive=False),
        Parameter("b_1", "1", (0.1, 0.8), positive=False),
        Parameter("alpha", "1", (0.08, 0.25)),
    ),
    convention={"N": "params_nonembedding", "D": "tokens"},
    about="Loss with an exponent of data that falls with size, so that the best number of tokens per parameter rises "
    "with compute. It has nine constants and needs a hundred runs or more; the paper fits it in stages of differences. "
    "No constants are available: a form to fit.",
)

LAWS = (FARSEER,)
