"""Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models": three approaches, and the refit of 2024.

Parameters and FLOPs count embeddings. Losses are in nats per token on MassiveText.
"""

from math import exp

import numpy as np

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Hoffmann et al. 2022"
REFIT = "Besiroglu et al. 2024"
DATA = "MassiveText, SentencePiece of 32000, context 2048"
# sum of Huber's loss 0.00101827; the authors' own run of it stopped at A 477.842, B 2143.864
HUBER = {"E": 1.8172181, "A": 477.825873, "B": 2143.4173, "alpha": 0.347310499, "beta": 0.367172431}
BUDGETS = (6e18, 3e21)  # the nine of approach 2


def chinchilla(N, D, *, E, A, B, alpha, beta):
    return E + A / N**alpha + B / D**beta


def chinchilla_slopes(N, D, *, E, A, B, alpha, beta):
    minus_log_size, minus_log_data = -np.log(N), -np.log(D)
    size_term, data_term = A * np.exp(alpha * minus_log_size), B * np.exp(beta * minus_log_data)
    return E + size_term + data_term, {
        "E": E,
        "A": size_term,
        "B": data_term,
        "alpha": minus_log_size * size_term,
        "beta": minus_log_data * data_term,
    }


CHINCHILLA = Law(
    name="chinchilla",
    predicts="loss",
    evaluate=chinchilla,
    slopes=chinchilla_slopes,
    formula="L(N, D) = E + A / N^alpha + B / D^beta",
    source=f"{PAPER}, eq 2 (approach 3)",
    parameters=(
        Parameter("E", "nats/token", (0.1, 5.0), amplitude=LINEAR),
        Parameter("A", "nats/token x params^alpha", (1.0, 1e6), amplitude=LINEAR),
        Parameter("B", "nats/token x tokens^beta", (1.0, 1e6), amplitude=LINEAR),
        Parameter("alpha", "1", (0.05, 1.5)),
        Parameter("beta", "1", (0.05, 1.5)),
    ),
    convention={"N": "params_total", "D": "tokens"},
    domain={"N": (7e7, 1.6e10), "D": (5e9, 5e11)},  # abstract of the paper
    published=(
        Published(f"{PAPER}, eq 10 (rounded)", {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}),
        Published(
            f"{PAPER}, TeX source (unrounded)",
            {
                "E": exp(0.5267228),
                "A": exp(6.0073404),
                "B": exp(6.0179186),
                "alpha": 0.33917084,
                "beta": 0.2849083,
            },
        ),
        Published(
            f"{REFIT}, table 1",
            {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658},
            {"E": 0.0257, "A": 124.5, "B": 1293.0, "alpha": 0.0154, "beta": 0.0206},
        ),
        Published(
            f"{REFIT}, repository, their 240 points, optimum of Huber's loss at 1e-3 in all five (refitted here)",
            HUBER,
        ),
    ),
    about="Final loss of N parameters on D tokens, each seen once. The refit digitised 240 of the paper's runs; its E "
    "comes from Huber's loss at delta 1e-3 and the other four constants from least absolute deviations.",
    data="MassiveText, tokenizer of 32000",
)


def power_of_compute(C, *, k, exponent):
    return k * C**exponent


def _allocation(approach: int, letter: str, exponent: float, interval: str, row: str, k: float) -> Law:
    """N_opt = k C^a or D_opt = k C^b through the row of 1e9 parameters in the paper's table."""
    name, column, unit = ("a", "params_total", "params") if letter == "N" else ("b", "tokens", "tokens")
    table = f"{PAPER}, table 2 for {name}, {row} for k"
    method = "envelope of training curves" if approach == 1 else "minima of isoFLOP parabolas"
    return Law(
        name=f"hoffmann-{approach}-{letter.lower()}",
        predicts="params" if letter == "N" else "tokens",
        evaluate=power_of_compute,
        formula=f"{letter}_opt = k C^{name}, exponent = {name}",
        source=f"{PAPER}, table 2 (approach {approach}: {method})",
        parameters=(
            Parameter("k", f"{unit}/FLOPs^{name}", (1e-4, 1e4), amplitude=LINEAR),
            Parameter("exponent", "1", (0.2, 0.9)),
        ),
        convention={"C": "flops", letter: column},
        domain={"C": BUDGETS},
        published=(
            Published(f"{table}; {name} {interval} from the 10 % to the 90 % quantile", {"k": k, "exponent": exponent}),
        ),
        data=DATA,
        unit=unit,
        about=f"Best {unit} at a given compute, by the {method}. The paper prints the exponent; the prefactor is from "
        "its table, whose larger rows lie on the line within 4 %. Its C counts embeddings, head and attention, near "
        "6 N D.",
    )


# Table 3 (approach 1): 1e9 parameters on 20.2e9 tokens take 1.21e20 FLOPs; table A3 (approach 2): 20.0e9 and 1.20e20
APPROACHES = (
    _allocation(1, "N", 0.50, "[0.488, 0.502]", "table 3", 1e9 / 1.21e20**0.50),
    _allocation(1, "D", 0.50, "[0.501, 0.512]", "table 3", 20.2e9 / 1.21e20**0.50),
    _allocation(2, "N", 0.49, "[0.462, 0.534]", "table A3", 1e9 / 1.20e20**0.49),
    _allocation(2, "D", 0.51, "[0.483, 0.529]", "table A3", 20.0e9 / 1.20e20**0.51),
)

LAWS = (CHINCHILLA, *APPROACHES)
