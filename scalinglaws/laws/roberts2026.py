"""Roberts et al. 2026, "Test-Time Scaling Makes Overtraining Compute-Optimal": training and sampling in one law."""

from .declaration import LINEAR, Law, Parameter

PAPER = "Roberts et al. 2026"


def surprise_of_attempts(N, D, samples, *, E, A, B, G, alpha, beta, gamma):
    return E + A / N**alpha + B / D**beta + G / samples**gamma


TRAIN_TO_TEST = Law(
    name="train-to-test",
    predicts="surprise_at_k",
    evaluate=surprise_of_attempts,
    formula="-ln pass@k = E + A / N^alpha + B / D^beta + G / k^gamma",
    source=f"{PAPER} (arXiv 2604.01411), abstract: size, tokens and samples jointly",
    parameters=(
        Parameter("E", "nats", (1e-3, 1.0), amplitude=LINEAR),
        Parameter("A", "nats x params^alpha", (1.0, 1e6), amplitude=LINEAR),
        Parameter("B", "nats x tokens^beta", (1.0, 1e6), amplitude=LINEAR),
        Parameter("G", "nats", (0.05, 5.0), amplitude=LINEAR),
        Parameter("alpha", "1", (0.05, 1.2)),
        Parameter("beta", "1", (0.05, 1.2)),
        Parameter("gamma", "1", (0.05, 1.5)),
    ),
    convention={"N": "params_total", "D": "tokens", "samples": "samples"},
    unit="nats",
    about="Training costs 6 N D, and k answers of T tokens each 2 N k T: a smaller model may answer more often, so "
    "that the best tokens per parameter rise with the answers wanted. The form was reconstructed from the abstract and "
    "the additive law: check it against the paper. A form to fit.",
)

LAWS = (TRAIN_TO_TEST,)
