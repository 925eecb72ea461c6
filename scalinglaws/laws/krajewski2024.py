"""Krajewski et al. 2024, "Scaling Laws for Fine-Grained Mixture of Experts": loss by size, tokens, granularity.

Parameters leave out embeddings and include every expert. Losses are in nats per token on C4, with T5's tokenizer.
"""

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Krajewski et al. 2024"
DATA = "C4, T5's tokenizer"
TOKENS = (1.6e10, 1.3e11)
NATS = "nats/token"


def fine_grained(N, D, granularity, *, c, g, gamma, a, alpha, b, beta):
    return c + (g / granularity**gamma + a) / N**alpha + b / D**beta


def dense(N, D, *, c, a, alpha, b, beta):
    return c + a / N**alpha + b / D**beta


SIZE_AND_DATA = (
    Parameter("a", f"{NATS} x params^alpha", (1.0, 1e4), amplitude=LINEAR),
    Parameter("alpha", "1", (0.05, 1.0)),
    Parameter("b", f"{NATS} x tokens^beta", (1.0, 1e4), amplitude=LINEAR),
    Parameter("beta", "1", (0.05, 1.0)),
)
FLOOR = Parameter("c", NATS, (0.1, 5.0), amplitude=LINEAR)

KRAJEWSKI_MOE = Law(
    name="krajewski-moe",
    predicts="loss",
    evaluate=fine_grained,
    formula="L(N, D, G) = c + (g / G^gamma + a) / N^alpha + b / D^beta",
    source=f"{PAPER} (arXiv 2402.07871), equation of the joint law",
    parameters=(
        FLOOR,
        Parameter("g", f"{NATS} x params^alpha", (0.1, 1e4), amplitude=LINEAR),
        Parameter("gamma", "1", (0.1, 2.0)),
        *SIZE_AND_DATA,
    ),
    convention={"N": "params_nonembedding", "D": "tokens", "granularity": "granularity"},
    domain={"N": (1.29e8, 3.7e9), "D": TOKENS, "granularity": (1.0, 16.0)},
    data=f"{DATA}; 64 times the parameters of the dense layer at every granularity",
    published=(
        Published(
            f"{PAPER}, mixture of experts",
            {"c": 0.47, "g": 2.1, "gamma": 0.58, "a": 18.1, "alpha": 0.115, "b": 30.8, "beta": 0.147},
        ),
    ),
    about="g / G^gamma is inside the term of N, so that fine-grained experts help less as N grows; it is often quoted "
    "outside that term. N counts all experts; an expansion of 64 times is part of the constants. The root mean square "
    "error is 0.015 nats, and 0.019 on held-out runs.",
)

KRAJEWSKI_DENSE = Law(
    name="krajewski-dense",
    predicts="loss",
    evaluate=dense,
    formula="L(N, D) = c + a / N^alpha + b / D^beta",
    source=f"{PAPER} (arXiv 2402.07871), equation of the joint law, dense models",
    parameters=(FLOOR, *SIZE_AND_DATA),
    convention={"N": "params_nonembedding", "D": "tokens"},
    domain={"D": TOKENS},
    data=DATA,
    published=(Published(f"{PAPER}, dense", {"c": 0.47, "a": 16.3, "alpha": 0.126, "b": 26.7, "beta": 0.127}),),
    about="The dense law to compare with krajewski-moe: the same data and the same constant term c. Its best number of "
    "tokens per parameter is about 44 at every compute.",
)

LAWS = (KRAJEWSKI_MOE, KRAJEWSKI_DENSE)
