"""Frantar et al. 2023, "Scaling Laws for Sparsely-Connected Foundation Models": loss of a model with pruned weights."""

from .declaration import LINEAR, Law, Parameter

NATS = "nats/token"

FRANTAR = Law(
    name="frantar",
    predicts="loss",
    evaluate=lambda N, D, sparsity, *, a_S, b_S, c_S, b_N, a_D, b_D, c: (
        (a_S * (1 - sparsity) ** b_S + c_S) * N**-b_N + (a_D / D) ** b_D + c
    ),
    formula="L(S, N, D) = (a_S (1 - S)^b_S + c_S) N^-b_N + (a_D / D)^b_D + c",
    source="Frantar et al. 2023 (arXiv 2309.08520), equation of the joint sparsity law",
    parameters=(
        Parameter("a_S", f"{NATS} x params^b_N", (0.1, 1e4), amplitude=LINEAR),
        Parameter("b_S", "1", (0.2, 2.0)),
        Parameter("c_S", f"{NATS} x params^b_N", (0.1, 1e4), amplitude=LINEAR),
        Parameter("b_N", "1", (0.05, 1.0)),
        Parameter("a_D", "tokens", (1e3, 1e20), amplitude="b_D"),
        Parameter("b_D", "1", (0.05, 1.0)),
        Parameter("c", NATS, (0.1, 5.0), amplitude=LINEAR),
    ),
    convention={"N": "params_nonzero", "D": "tokens", "sparsity": "sparsity"},
    about="N counts the weights that are not zero; S is the fraction of weights that are zero. A form to fit: the "
    "constants in circulation could not be checked against the paper, so that none are given here.",
)

LAWS = (FRANTAR,)
