"""McLeish et al. 2025, "Gemstones: A Model Suite for Multi-Faceted Scaling Laws": width, depth, size, tokens.

Two models of one size may differ in shape: width and depth each have a term of their own.
"""

from math import exp

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "McLeish et al. 2025"


def width_and_depth(width, depth, N, D, *, E, A_w, A_d, A_N, B, alpha_w, alpha_d, alpha_N, beta):
    shape = A_w / width**alpha_w + A_d / depth**alpha_d
    return E + shape + A_N / N**alpha_N + B / D**beta


def grid_search(runs: str, exponents: tuple[float, ...], logs: tuple[float, ...], floor: float) -> Published:
    """Take exponents and logarithms of amplitudes of width, depth, size and tokens, and ln E."""
    named = dict(zip(("alpha_w", "alpha_d", "alpha_N", "beta"), exponents, strict=True))
    sizes = dict(zip(("A_w", "A_d", "A_N", "B"), map(exp, logs), strict=True))
    return Published(f"{PAPER}, authors' repository, {runs}, Huber's loss at 1e-3", {"E": exp(floor)} | sizes | named)


GEMSTONES = Law(
    name="gemstones",
    predicts="loss",
    evaluate=width_and_depth,
    formula="L(w, d, N, D) = E + A_w / w^alpha_w + A_d / d^alpha_d + A_N / N^alpha_N + B / D^beta",
    source=f"{PAPER} (arXiv 2502.06857), section on approach 3 with width and depth",
    parameters=(
        Parameter("E", "nats/token", (0.5, 3.0), amplitude=LINEAR),
        Parameter("A_w", "nats/token x width^alpha_w", (0.1, 100.0), amplitude=LINEAR),
        Parameter("A_d", "nats/token x layers^alpha_d", (0.1, 10.0), amplitude=LINEAR),
        Parameter("A_N", "nats/token x params^alpha_N", (1.0, 1e5), amplitude=LINEAR),
        Parameter("B", "nats/token x tokens^beta", (1.0, 1e7), amplitude=LINEAR),
        Parameter("alpha_w", "1", (0.05, 1.2)),
        Parameter("alpha_d", "1", (0.05, 1.2)),
        Parameter("alpha_N", "1", (0.05, 1.0)),
        Parameter("beta", "1", (0.05, 1.2)),
    ),
    convention={"width": "d_model", "depth": "n_layer", "N": "params_total", "D": "tokens"},
    domain={"width": (256.0, 3072.0), "depth": (3.0, 80.0), "N": (5e7, 2e9), "D": (1e10, 3.5e11)},
    data="Dolma, context 2048, vocabulary 50304; 22 shapes of 50 M to 2 B parameters",
    published=(
        grid_search(
            "hot_100b+",
            (0.205280776, 0.4741415976, 0.372096494, 0.5116481093),
            (1.0738807871, -0.2097602665, 6.2174536361, 10.9040518165),
            0.3966401522,
        ),
        grid_search(
            "cool_end",
            (0.3540096969, 0.464087269, 0.3941362557, 0.5364845902),
            (1.5262220266, -0.1780173948, 6.3319550722, 11.5393125864),
            0.5874913187,
        ),
        grid_search(
            "lr_ablation_hot",
            (0.3843608161, 0.5124435014, 0.4096142991, 0.5401321511),
            (1.5997194721, -0.2355685527, 6.6464813725, 11.8187276871),
            0.6638094371,
        ),
    ),
    about="N counts every parameter, and follows from the shape: give the three together. The terms of width and size "
    "overlap, so that their amplitudes are uncertain and only their sum is to be read. Which shape is best depends on "
    "the cost: deeper models are better at equal FLOPs, wider ones at equal time.",
)

LAWS = (GEMSTONES,)
