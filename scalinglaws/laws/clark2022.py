"""Clark et al. 2022, "Unified Scaling Laws for Routed Language Models": loss of a mixture of experts, three routers.

Every run was trained on 130e9 tokens. Losses are in nats per token on MassiveText's validation set.
"""

import numpy as np

from .declaration import Law, Parameter, Published

PAPER = "Clark et al. 2022"
SIZES = (1.5e7, 1.3e9)
DATA = "MassiveText, 130e9 tokens for every run"


def effective_experts(experts, E_start, E_max):
    """Saturate the count of experts: 1/E^ = 1 / (E - 1 + 1 / (1/E_start - 1/E_max)) + 1/E_max."""
    return 1 / (1 / (experts - 1 + 1 / (1 / E_start - 1 / E_max)) + 1 / E_max)


def routed(N, experts, *, a, b, c, d, E_start, E_max):
    size, many = np.log10(N), np.log10(effective_experts(experts, E_start, E_max))
    return 10 ** (a * size + b * many + c * size * many + d)


def routed_above_floor(N, experts, *, E, a, b, c, d, E_start, E_max):
    return E + routed(N, experts, a=a, b=b, c=c, d=d, E_start=E_start, E_max=E_max)


def dense(N, *, N_c, alpha_N):
    return (N_c / N) ** alpha_N


def router(name: str, *values: float) -> Published:
    names = ("a", "b", "c", "d", "E_start", "E_max")
    return Published(f"{PAPER}, {name}", dict(zip(names, values, strict=True)))


CLARK = Law(
    name="clark",
    predicts="loss",
    evaluate=routed,
    formula="log10 L = a log10 N + b log10 E^ + c log10 N log10 E^ + d, "
    "1/E^ = 1 / (E - 1 + 1 / (1/E_start - 1/E_max)) + 1/E_max",
    source=f"{PAPER} (arXiv 2202.01169), eq 1",
    parameters=(
        Parameter("a", "1", (-0.2, -0.02), positive=False),
        Parameter("b", "1", (-0.3, -0.02), positive=False),
        Parameter("c", "1", (0.002, 0.03), positive=False),
        Parameter("d", "1", (0.7, 1.7), positive=False),
        Parameter("E_start", "experts", (1.2, 6.0)),
        Parameter("E_max", "experts", (100.0, 1000.0)),
    ),
    convention={"N": "params_active", "experts": "n_experts"},
    domain={"N": SIZES, "experts": (1.0, 512.0)},
    data=DATA,
    published=(
        router("S-BASE", -0.082, -0.108, 0.009, 1.104, 1.847, 314.478),
        router("RL-R", -0.083, -0.126, 0.012, 1.111, 1.880, 469.982),
        router("HASH", -0.087, -0.136, 0.012, 1.157, 4.175, 477.741),
    ),
    about="N is the size of the dense model to whose layers experts were added. Do not compute the size at which "
    "experts stop helping, 10^(-b/c), from the rounded constants: they give 1e12, 3.2e10 and 2.2e11 where the paper "
    "prints 9.37e11, 8.5e10 and 8.3e10, and the cut-off itself is an effect of training every size on the same tokens.",
)

CLARK_DENSE = Law(
    name="clark-dense",
    predicts="loss",
    evaluate=dense,
    formula="L(N) = (N_c / N)^alpha_N",
    source=f"{PAPER} (arXiv 2202.01169), dense baseline, section of eq 1",
    parameters=(
        Parameter("N_c", "params", (1e3, 1e25), amplitude="alpha_N"),
        Parameter("alpha_N", "1", (0.01, 1.0)),
    ),
    convention={"N": "params_active"},
    domain={"N": SIZES},
    data=DATA,
    published=(Published(f"{PAPER}, dense models", {"N_c": 3.568e13, "alpha_N": 0.078}),),
    about="Loss of the dense models after 130e9 tokens each: tokens do not grow with size, and there is no constant "
    "term.",
)

CLARK_FLOOR = Law(
    name="clark-floor",
    predicts="loss",
    evaluate=routed_above_floor,
    formula="log10 (L - E) = a log10 N + b log10 E^ + c log10 N log10 E^ + d, E^ as in clark",
    source=f"{PAPER} (arXiv 2202.01169), eq 1 above a constant loss E as in Henighan et al. 2020, eq 1.1",
    parameters=(
        Parameter("E", "nats/token", (0.1, 3.0)),
        Parameter("a", "1", (-0.5, -0.02), positive=False),
        Parameter("b", "1", (-0.8, -0.02), positive=False),
        Parameter("c", "1", (0.0, 0.06), positive=False),
        Parameter("d", "1", (0.0, 4.0), positive=False),
        *CLARK.parameters[-2:],
    ),
    convention=CLARK.convention,
    about="The law of routed models with an irreducible loss. Without one it predicts too low a loss for larger "
    "models: fitted to 193 runs of cheaper cells and scored on 28 costlier ones, R2 is 0.65 without E and 0.71 with it "
    "(moe of ScaleBench). E_max is seldom determined. A form to fit.",
)

LAWS = (CLARK, CLARK_DENSE, CLARK_FLOOR)
