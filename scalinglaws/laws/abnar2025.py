"""Abnar et al. 2025, "Parameters vs FLOPs": the loss of a mixture of experts as a function of its sparsity."""

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Abnar et al. 2025"
NATS = "nats/token"


def sparse(N, D, sparsity, *, a, alpha, b, beta, c, lambda_, d, delta, gamma, e):
    active = 1 - sparsity
    return a / N**alpha + b / D**beta + c / active**lambda_ + d / (active**delta * N**gamma) + e


ABNAR = Law(
    name="abnar",
    predicts="loss",
    evaluate=sparse,
    formula="L(N, D, S) = a / N^alpha + b / D^beta + c / (1 - S)^lambda + d / ((1 - S)^delta N^gamma) + e",
    source=f"{PAPER} (arXiv 2501.12370), equation of the parametric law",
    parameters=(
        Parameter("a", f"{NATS} x params^alpha", (1.0, 1e6), amplitude=LINEAR),
        Parameter("alpha", "1", (0.2, 1.0)),
        Parameter("b", f"{NATS} x tokens^beta", (1.0, 1e6), amplitude=LINEAR),
        Parameter("beta", "1", (0.1, 0.8)),
        Parameter("c", NATS, (0.01, 2.0), amplitude=LINEAR),
        Parameter("lambda_", "1", (-0.5, 0.3), positive=False),
        Parameter("d", f"{NATS} x params^gamma", (0.1, 1e4), amplitude=LINEAR),
        Parameter("delta", "1", (0.02, 0.5), positive=False),
        Parameter("gamma", "1", (0.05, 0.4)),
        Parameter("e", NATS, (0.1, 5.0), amplitude=LINEAR),
    ),
    convention={"N": "params_total", "D": "tokens", "sparsity": "sparsity"},
    domain={"sparsity": (0.0, 0.98)},
    data="mixtures of experts with 0 to 98% of the parameters inactive",
    published=(
        Published(
            f"{PAPER}, fitted coefficients",
            {
                "a": 16612.5,
                "alpha": 0.5962,
                "b": 5455.67,
                "beta": 0.3954,
                "c": 0.4598,
                "lambda_": -0.1666,
                "d": 17.26,
                "delta": 0.1603,
                "gamma": 0.1595,
                "e": 0.94,
            },
        ),
    ),
    about="N counts all experts, so that at fixed N a sparser model has a higher loss, because it spends less compute. "
    "Compare at fixed compute instead. lambda is negative. At S = 0.98, held out of the fit, the law explains 68% of "
    "the variance.",
)

LAWS = (ABNAR,)
