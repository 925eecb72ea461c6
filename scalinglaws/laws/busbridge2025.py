"""Busbridge et al. 2025, "Distillation Scaling Laws": the loss of a student that learns from a teacher.

The supervised law is for the student without a teacher, on the same data. Losses are in nats per token on C4 English.
"""

import numpy as np

from .declaration import Law, Parameter, Published
from .skaling2026 import outer_power_slopes

PAPER = "Busbridge et al. 2025"
SOURCE = f"{PAPER} (arXiv 2502.08606), table 6"
DATA = "C4 English, vocabulary 32168, muP"
SIZE_AND_DATA = (
    Parameter("A", "(nats/token)^(1 / gamma) x params^alpha", (300.0, 3e4)),
    Parameter("alpha", "1", (0.2, 0.7)),
    Parameter("B", "(nats/token)^(1 / gamma) x tokens^beta", (2e3, 2e5)),
    Parameter("beta", "1", (0.2, 0.9)),
    Parameter("gamma", "1", (0.3, 1.0)),
)


def supervised(N, D, *, E, A, alpha, B, beta, gamma):
    return E + (A / N**alpha + B / D**beta) ** gamma


def supervised_slopes(N, D, *, gamma, **others):
    value, along = outer_power_slopes(N, D, k=gamma, **others)
    return value, {"gamma": along.pop("k"), **along}


def distilled(N, D, teacher_loss, supervised_loss, *, A, alpha, B, beta, gamma, c0, c1, f1, d1):
    capacity = np.log(teacher_loss / supervised_loss) - np.log(d1)  # of the student, against its teacher
    gap = np.exp(-c0 * np.log(teacher_loss) - c1 * f1 * np.log1p(np.exp(capacity / f1)))
    return teacher_loss + gap * (A / N**alpha + B / D**beta) ** gamma


def distilled_slopes(N, D, teacher_loss, supervised_loss, *, A, alpha, B, beta, gamma, c0, c1, f1, d1):
    log_size, log_data, log_teacher = np.log(N), np.log(D), np.log(teacher_loss)
    size_term, data_term = A * np.exp(-alpha * log_size), B * np.exp(-beta * log_data)
    log_whole = np.log(size_term + data_term)
    capacity = (log_teacher - np.log(supervised_loss) - np.log(d1)) / f1
    turn = np.log1p(np.exp(capacity))
    turned = 1 / (1 + np.exp(-capacity))
    gap = np.exp(gamma * log_whole - c0 * log_teacher - c1 * f1 * turn)
    along_size, along_data = (gamma * gap * term / (size_term + data_term) for term in (size_term, data_term))
    return teacher_loss + gap, {
        "A": along_size,
        "alpha": -alpha * log_size * along_size,
        "B": along_data,
        "beta": -beta * log_data * along_data,
        "gamma": gamma * log_whole * gap,
        "c0": -c0 * log_teacher * gap,
        "c1": -c1 * f1 * turn * gap,
        "f1": c1 * f1 * (turned * capacity - turn) * gap,
        "d1": c1 * turned * gap,
    }


BUSBRIDGE = Law(
    name="busbridge",
    predicts="loss",
    evaluate=supervised,
    slopes=supervised_slopes,
    formula="L~(N, D) = E + (A / N^alpha + B / D^beta)^gamma",
    source=f"{SOURCE}, equation of the supervised law",
    parameters=(Parameter("E", "nats/token", (0.3, 2.5)), *SIZE_AND_DATA),
    convention={"N": "params_nonembedding", "D": "tokens"},
    domain={"N": (1.98e8, 7.75e9)},
    data=DATA,
    published=(
        Published(SOURCE, {"E": 1.220, "A": 3355.0, "alpha": 0.408, "B": 18186.0, "beta": 0.431, "gamma": 0.452}),
    ),
    about="Hoffmann's law with an outer power, which does not change the optimum of N and D at a given compute. The "
    "paper's intervals for A and B are narrower than 73 runs can make them: they reflect where the optimizer stopped.",
)

BUSBRIDGE_DISTILLED = Law(
    name="busbridge-distilled",
    predicts="loss",
    evaluate=distilled,
    slopes=distilled_slopes,
    formula="L_S = L_T + L_T^-c0 (1 + (L_T / (L~_S d1))^(1 / f1))^(-c1 f1) (A' / N_S^alpha' + B' / D_S^beta')^gamma'",
    source=f"{SOURCE}, equation of the distillation law",
    parameters=(
        *SIZE_AND_DATA,
        Parameter("c0", "1", (1.0, 4.0)),
        Parameter("c1", "1", (100.0, 2000.0)),
        Parameter("f1", "1", (0.05, 0.2)),
        Parameter("d1", "1", (1.0, 2.0)),
    ),
    convention={
        "N": "params_nonembedding",
        "D": "tokens",
        "teacher_loss": "teacher_loss",
        "supervised_loss": "supervised_loss",
    },
    domain={"N": (1.98e8, 7.75e9)},
    data=DATA,
    published=(
        Published(
            SOURCE,
            {
                "A": 2243.0,
                "alpha": 0.321,
                "B": 24181.0,
                "beta": 0.637,
                "gamma": 0.764,
                "c0": 2.549,
                "c1": 522.6,
                "f1": 0.090,
                "d1": 1.315,
            },
        ),
    ),
    about="L~_S is the loss that the same student would reach without a teacher: take it from law busbridge. A teacher "
    "can be too good: at 1e9 parameters and 2e10 tokens a teacher of 2.0 nats helps, and one of 2.4 leaves the student "
    "worse than without a teacher. With enough tokens, or if the cost of training the teacher counts, training without "
    "a teacher is better.",
)

LAWS = (BUSBRIDGE, BUSBRIDGE_DISTILLED)
