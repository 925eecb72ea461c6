"""Gadre et al. 2024, "Language models scale reliably with over-training and on downstream tasks": loss off the optimum.

Parameters count embeddings, and C = 6 N D. Losses are in nats per token on C4's validation set, GPT-NeoX tokenizer,
context 2048.
"""

import numpy as np

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Gadre et al. 2024"
DATA = "C4, RedPajama or RefinedWeb, evaluated on C4; GPT-NeoX tokenizer, context 2048"


def over_training(N, D, *, E, a, b, eta):
    C, M = 6 * N * D, D / N
    return E + (a * M**eta + b * M**-eta) * C**-eta


def over_training_slopes(N, D, *, E, a, b, eta):
    # M^eta C^-eta = (6 N^2)^-eta and M^-eta C^-eta = (6 D^2)^-eta
    minus_log_size, minus_log_data = -np.log(6 * N * N), -np.log(6 * D * D)
    size_term, data_term = a * np.exp(eta * minus_log_size), b * np.exp(eta * minus_log_data)
    return E + size_term + data_term, {
        "E": E,
        "a": size_term,
        "b": data_term,
        "eta": minus_log_size * size_term + minus_log_data * data_term,
    }


def error_of_loss(L, *, epsilon, k, gamma):
    return epsilon - k * np.exp(-gamma * L)


def refit(runs: str, **values: float) -> Published:
    return Published(f"{PAPER}, their least squares on their released runs, {runs} (evaluated on C4)", values)


GADRE = Law(
    name="gadre",
    predicts="loss",
    evaluate=over_training,
    slopes=over_training_slopes,
    formula="L(C, M) = E + (a M^eta + b M^-eta) C^-eta, with C = 6 N D and M = D / N",
    source=f"{PAPER}, eq 4",
    parameters=(
        Parameter("E", "nats/token", (0.1, 5.0), amplitude=LINEAR),
        Parameter("a", "nats/token x FLOPs^eta", (1.0, 1e5), amplitude=LINEAR),
        Parameter("b", "nats/token x FLOPs^eta", (1.0, 1e5), amplitude=LINEAR),
        Parameter("eta", "1", (0.02, 0.7)),
    ),
    convention={"N": "params_total", "D": "tokens"},
    domain={"N": (1.05e7, 4.12e8), "D": (2.1e8, 8.3e9)},  # the five runs fitted
    published=(
        refit("C4", E=1.5083, a=141.28, b=189.52, eta=0.12124),
        refit("RedPajama", E=1.8366, a=212.24, b=366.69, eta=0.13643),
        refit("RefinedWeb", E=1.7345, a=157.12, b=246.21, eta=0.12720),
    ),
    about="Final loss at any compute and any number of tokens per parameter. It is the additive law with alpha = beta "
    "= 2 eta: its best tokens per parameter, (b / a)^(1 / (2 eta)), are the same at every compute. Fitted to five "
    "runs, tested by the paper up to 6.9e9 parameters and 640 tokens per parameter.",
    data=DATA,
)


def refit_error(runs: str, tasks: int, **values: float) -> Published:
    return Published(f"{PAPER}, their fit on their released runs, {runs}, mean of {tasks} tasks", values)


GADRE_ERROR = Law(
    name="gadre-error",
    predicts="error",
    evaluate=error_of_loss,
    formula="Err(L) = epsilon - k e^(-gamma L)",
    source=f"{PAPER}, eq 5",
    parameters=(
        Parameter("epsilon", "1", (0.5, 1.0)),
        Parameter("k", "1", (0.3, 5.0)),
        Parameter("gamma", "token/nats", (0.3, 2.0)),
    ),
    convention={"L": "loss_nats", "error": "error_top1"},
    domain={"L": (2.38, 6.03)},  # their 69 runs read on C4
    published=(
        refit_error("C4", 46, epsilon=0.7589, k=1.2885, gamma=0.9722),
        refit_error("RedPajama", 46, epsilon=0.7608, k=1.3229, gamma=0.8907),
        refit_error("RedPajama", 17, epsilon=0.8570, k=2.2065, gamma=0.7146),
        refit_error("RefinedWeb", 46, epsilon=0.7677, k=1.1281, gamma=0.8215),
    ),
    data=DATA,
    unit="1",
    about="Mean top-1 error from the loss on C4. A law of means: its error was 0.05 to 3.6 % over 17 tasks, and up to "
    "82 % for a single task. It is valid within one training text and one set of tasks, and leaving out the largest of "
    "the fitted runs raised the error to 10.6 %.",
)

LAWS = (GADRE, GADRE_ERROR)
