"""Bhagia et al. 2024, "Establishing Task Scaling Laws via Compute-Efficient Model Ladders": loss of a task to accuracy.

There are two steps: size and data give the loss of the correct answer, in bits per byte; that loss gives the accuracy.
"""

import numpy as np

from .declaration import LINEAR, Law, Parameter
from .hoffmann2022 import chinchilla, chinchilla_slopes

PAPER = "Bhagia et al. 2024"


def accuracy_of_loss(L_task, *, a, k, L_0, b):
    return a / (1 + np.exp(-k * (L_task - L_0))) + b


def accuracy_of_size_and_data(N, D, loss: dict[str, float], accuracy: dict[str, float]):
    """Apply both steps: constants of bhagia-loss, then of bhagia-accuracy."""
    return accuracy_of_loss(chinchilla(N, D, **loss), **accuracy)


STEP_1 = Law(
    name="bhagia-loss",
    predicts="loss_task",
    evaluate=chinchilla,
    slopes=chinchilla_slopes,
    formula="L_task(N, D) = A / N^alpha + B / D^beta + E",
    source=f"{PAPER}, eq 1",
    parameters=(
        Parameter("E", "bits/byte", (0.01, 2.0), amplitude=LINEAR),
        Parameter("A", "bits/byte x params^alpha", (1.0, 1e6), amplitude=LINEAR),
        Parameter("B", "bits/byte x tokens^beta", (1.0, 1e6), amplitude=LINEAR),
        Parameter("alpha", "1", (0.05, 1.5)),
        Parameter("beta", "1", (0.05, 1.5)),
    ),
    convention={"N": "params_total", "D": "tokens"},
    domain={"N": (1.9e8, 1.3e9), "D": (3.8e9, 2.6e11)},
    unit="bits/byte",
    about="Bits per byte of the correct answer to a task, by size and data: step one. It is fitted separately for "
    "every task, on a ladder of 16 runs; a form to fit.",
)

STEP_2 = Law(
    name="bhagia-accuracy",
    predicts="accuracy",
    evaluate=accuracy_of_loss,
    formula="Acc(L_task) = a / (1 + e^(-k (L_task - L_0))) + b",
    source=f"{PAPER}, eq 2",
    parameters=(
        Parameter("a", "1", (0.05, 1.0), amplitude=LINEAR),
        Parameter("k", "bytes/bit", (-30.0, -1.0), positive=False),
        Parameter("L_0", "bits/byte", (0.1, 2.0)),
        Parameter("b", "1", (0.01, 0.6), amplitude=LINEAR),
    ),
    convention={"L_task": "loss_task_bits_per_byte"},
    domain={"L_task": (0.3, 1.6)},
    unit="1",
    about="Accuracy from the loss of the correct answer: step two. Here a > 0 and k < 0; the opposite signs give the "
    "same curve. b is near chance. The paper's mean error is 4 percentage points; the tasks that it predicts badly are "
    "those whose last checkpoints scatter. A form to fit, separately for every task.",
)

LAWS = (STEP_1, STEP_2)
