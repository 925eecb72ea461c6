"""Skaling 2026 (arXiv 2608.07222): the additive law with an outer power."""

from .declaration import Law, Parameter

PAPER = "Skaling 2026 (arXiv 2608.07222)"


def outer_power(N, D, *, E, A, B, alpha, beta, k):
    return E + (A / N**alpha + B / D**beta) ** k


SKALING = Law(
    name="skaling",
    predicts="loss",
    evaluate=outer_power,
    formula="L(N, D) = (A / N^alpha + B / D^beta)^k + E",
    source=f"{PAPER}, abstract",
    parameters=(
        Parameter("E", "nats/token", (0.3, 4.0)),
        Parameter("A", "(nats/token)^(1/k) x params^alpha", (10.0, 1e6)),
        Parameter("B", "(nats/token)^(1/k) x tokens^beta", (10.0, 1e6)),
        Parameter("alpha", "1", (0.2, 1.2)),
        Parameter("beta", "1", (0.2, 1.2)),
        Parameter("k", "1", (0.2, 1.2)),
    ),
    convention={"N": "params_total", "D": "tokens"},
    about="Chinchilla's law at k = 1, Kaplan's joint law at E = 0; N* does not depend on k. The paper finds k of 0.31 "
    "to 0.45 on text and 0.77 to 0.90 on code and on Chinchilla's runs; E is weakly identified, 0.03 to 0.45 between "
    "refits of one table. No constants are available: a form to fit.",
)

LAWS = (SKALING,)
