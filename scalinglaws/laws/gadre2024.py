"""Gadre et al. 2024, "Language models scale reliably with over-training and on downstream tasks": loss off the optimum.

Parameters count embeddings, C = 6 N D. Losses in nats a token on C4's validation set, GPT-NeoX tokenizer, context 2048.
"""

import numpy as np

from .law import LINEAR, Law, Parameter, Published

PAPER = "Gadre et al. 2024"


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


def refit(runs: str, **values: float) -> Published:
    return Published(f"{PAPER}, their least squares on their released runs, {runs} (read on C4)", values)


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
    about="Final loss at any compute and any tokens per parameter. It is the additive law with alpha = beta = 2 eta: "
    "its best tokens per parameter, (b / a)^(1 / (2 eta)), are the same at every compute. Fitted to five runs, tried "
    "by the paper up to 6.9e9 parameters and 640 tokens a parameter.",
    data="C4, RedPajama or RefinedWeb, read on C4; GPT-NeoX tokenizer, context 2048",
)

LAWS = (GADRE,)
