"""Sardana et al. 2023, "Beyond Chinchilla-Optimal": the cheapest model of a given loss, serving included.

Training takes 6 N D FLOPs and serving D_inf tokens 2 N D_inf. The functions take the constants of any additive law.
"""

from math import exp, log

from ..errors import LawError
from .declaration import Law, Published
from .hoffmann2022 import CHINCHILLA, chinchilla, chinchilla_slopes

PAPER = "Sardana et al. 2023"


def flops_with_serving(N, D, served):
    """Give the FLOPs of training and serving: 6 N D + 2 N D_inf (eq 1)."""
    return 6 * N * D + 2 * N * served


def best_tokens(N, *, E, A, B, alpha, beta):
    """Give the D at which N is the best size under C = 6 N D; E is not used."""
    return (beta * B / (alpha * A) * N**alpha) ** (1 / beta)


def tokens_to_reach(loss, N, *, E, A, B, alpha, beta):
    """Give the D at which N parameters reach a loss; infinite where no number of tokens does."""
    left = loss - E - A / N**alpha
    return (B / left) ** (1 / beta) if left > 0 else float("inf")


def first_order_gap(N, D, served, *, E, A, B, alpha, beta):
    """Give (alpha A / N^alpha) / (beta B / D^beta) - (1 + D_inf / (3 D)): zero at the cheapest (N, D) of a loss.

    A positive value means that the model is too small. E is not used.
    """
    return (alpha * A / N**alpha) / (beta * B / D**beta) - (1 + served / (3 * D))


def cheapest(loss, served, **constants):
    """Give the (N, D) that reach a loss at the lowest cost of training and of serving `served` tokens.

    Raises:
        LawError: the loss is not above the constant term.
    """
    A, alpha, left = constants["A"], constants["alpha"], loss - constants["E"]
    if left <= 0:
        raise LawError(
            f"a loss of {loss} is at or below the constant term {constants['E']}: no model reaches it. "
            "Ask for a higher loss."
        )
    low, high = (log(A / (share * left)) / alpha for share in (1 - 1e-12, 1e-6))  # the size's share of what is left
    for _ in range(200):
        middle = (low + high) / 2
        N = exp(middle)
        too_small = first_order_gap(N, tokens_to_reach(loss, N, **constants), served, **constants) > 0
        low, high = (middle, high) if too_small else (low, middle)
    N = exp((low + high) / 2)
    return N, tokens_to_reach(loss, N, **constants)


SARDANA = Law(
    name="sardana",
    predicts="loss",
    evaluate=chinchilla,
    slopes=chinchilla_slopes,
    formula="L(N, D) = E + A / N^alpha + B / D^beta; min 6 N D + 2 N D_inf at a loss",
    source=f"{PAPER}, eq 2 and section 5",
    parameters=CHINCHILLA.parameters,
    convention={"N": "params_total", "D": "tokens"},
    domain={"N": (1.5e8, 6e9), "D": (1.5e9, 1.5e12), "D/N": (10.0, 1e4)},
    published=(
        Published(
            f"{PAPER}, section 2 (Hoffmann's law to three digits)",
            {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.336, "beta": 0.283},
        ),
        Published(
            f"{PAPER}, section 5, refit to at most 100 tokens per parameter",
            {"E": 0.17, "A": 7.20, "B": 25.97, "alpha": 0.08, "beta": 0.13},
        ),
        Published(
            f"{PAPER}, section 5, refit to all, 10000 tokens per parameter",
            {"E": 1.45, "A": 33.66, "B": 138.9, "alpha": 0.18, "beta": 0.24},
        ),
    ),
    data="variant 0: Hoffmann's MassiveText; refits: 47 models of the paper, up to 10000 tokens per parameter",
    about="Additive law for models that will serve: the more tokens served, the smaller the model and the longer its "
    "training. The refits differ in how much over-training their runs include, and alpha goes from 0.08 to 0.18: the "
    "law is valid only where it has runs. The refits to 250 and to 500 are printed without all their constants.",
)

LAWS = (SARDANA,)
