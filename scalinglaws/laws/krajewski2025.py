"""Krajewski et al. 2025, "Revisiting the Scaling Properties of Downstream Metrics": accuracy from compute in one step.

Q' = (Q - Q_0) / (1 - Q_0) is the accuracy above chance Q_0; its -ln is a power law, as a loss is.
"""

import numpy as np

from .declaration import Law, Parameter

PAPER = "Krajewski et al. 2025"
SOURCE = f"{PAPER} (arXiv 2512.08894)"
CHANCE = Parameter("Q_0", "1", (0.01, 0.5))
MIDDLE = 1e21  # FLOPs: the compute at which a and c of pass@k are read


def above_chance(surprise, Q_0):
    """Give the accuracy whose -ln above chance is `surprise`."""
    return Q_0 + (1 - Q_0) * np.exp(-surprise)


def accuracy_of_compute(C, *, Q_0, A, alpha):
    return above_chance(A / C**alpha, Q_0)


def accuracy_of_size_and_data(N, D, *, Q_0, A, B, alpha, beta):
    return above_chance(A / N**alpha + B / D**beta, Q_0)


def pass_at_k(C, samples, *, a, b, c, d):
    compute, many = np.log(C / MIDDLE), np.log(samples)
    return np.exp(-np.exp(a + b * compute + c * many + d * compute * many))


KNOWN = "Chance is known for multiple choice: fix it (Q_0 = 0.25 of four answers), for runs seldom determine it. "

OF_COMPUTE = Law(
    name="krajewski-accuracy-c",
    predicts="accuracy",
    evaluate=accuracy_of_compute,
    formula="-ln Q' = A / C^alpha, Q' = (Q - Q_0) / (1 - Q_0)",
    source=f"{SOURCE}, eq 2",
    parameters=(CHANCE, Parameter("A", "FLOPs^alpha", (1e1, 1e6)), Parameter("alpha", "1", (0.05, 0.6))),
    convention={"C": "flops"},
    unit="1",
    about=f"Accuracy of a task by compute, at one number of tokens per parameter. {KNOWN}A form to fit, separately for "
    "every task.",
)

OF_SIZE_AND_DATA = Law(
    name="krajewski-accuracy",
    predicts="accuracy",
    evaluate=accuracy_of_size_and_data,
    formula="-ln Q' = A / N^alpha + B / D^beta, Q' = (Q - Q_0) / (1 - Q_0)",
    source=f"{SOURCE}, eq 4",
    parameters=(
        CHANCE,
        Parameter("A", "params^alpha", (1.0, 1e7)),
        Parameter("B", "tokens^beta", (1.0, 1e8)),
        Parameter("alpha", "1", (0.1, 1.2)),
        Parameter("beta", "1", (0.1, 1.2)),
    ),
    convention={"N": "params_total", "D": "tokens"},
    unit="1",
    about="Accuracy of a task in one step, from size and tokens: no loss in between, so that no error of a first step "
    f"is carried on. {KNOWN}It says that the accuracy reaches 1. A form to fit, separately for every task.",
)

PASS_AT_K = Law(
    name="krajewski-pass",
    predicts="pass_at_k",
    evaluate=pass_at_k,
    formula="ln(-ln pass@k) = a + b ln(C / 1e21) + c ln k + d ln(C / 1e21) ln k",
    source=f"{SOURCE}, eq 5, with C in units of 1e21 FLOPs",
    parameters=(
        Parameter("a", "1", (-3.0, 2.0), positive=False),
        Parameter("b", "1", (-0.6, 0.0), positive=False),
        Parameter("c", "1", (-1.0, 0.0), positive=False),
        Parameter("d", "1", (-0.1, 0.02), positive=False),
    ),
    convention={"C": "flops", "samples": "samples"},
    unit="1",
    about="Chance that one of k sampled answers is right, by training compute: what training and sampling are worth of "
    "each other. A form to fit, for generated answers, whose chance level is zero.",
)

LAWS = (OF_COMPUTE, OF_SIZE_AND_DATA, PASS_AT_K)
