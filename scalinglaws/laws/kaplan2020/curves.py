"""Kaplan et al. 2020, sections 4 and 5.3 and appendix D: overfitting, early stopping, position, learning rate."""

from collections.abc import Mapping

import numpy as np

from ..declaration import LINEAR, Law, Parameter, Published
from .loss import DATA, KAPLAN_ND, KAPLAN_NS, NONEMBEDDING, PAPER, SIZES, loss_of_size_and_data

RATIO = KAPLAN_ND.constants["alpha_N"] / KAPLAN_ND.constants["alpha_D"]
COEFFICIENT = KAPLAN_ND.constants["D_c"] * KAPLAN_ND.constants["N_c"] ** -RATIO  # tokens a params^RATIO


def overfitting_of_size_and_data(N, D, *, K, p, alpha_D):
    return np.expm1(alpha_D * np.log1p(K * N**p / D))


def data_for_size(N, *, k, p):
    return k * N**p


def steps_to_stop(G, *, S_c, alpha_S):
    return S_c * G ** (-1 / alpha_S)


def loss_of_position(T, *, a, b, p):
    return a + b * T**-p


def loss_logarithmic(N, *, b, N_0):
    return b * (np.log(N_0) - np.log(N))


def learning_rate_of_size(N, *, a, b):
    return a - b * np.log(N)


def data_for_overfitting(excess: float, k: Mapping[str, float]) -> tuple[float, float]:
    """Give K and p of D >= K N^p, tokens at which L(N, D) is `excess` above L(N, inf) (eq 4.4 from 1.5)."""
    ratio = k["alpha_N"] / k["alpha_D"]
    return k["D_c"] * k["N_c"] ** -ratio / np.expm1(np.log1p(excess) / k["alpha_D"]), ratio


def least_stopping_steps(N, D, joint: Mapping[str, float], curve: Mapping[str, float]) -> np.ndarray:
    """S_stop(N, D) >= S_c / [L(N, D) - L(N, inf)]^(1/alpha_S) in S_min units (eq 5.7).

    joint: the constants of kaplan-nd; curve: those of kaplan-ns.
    """
    gap = loss_of_size_and_data(N, D, **joint) - loss_of_size_and_data(N, np.inf, **joint)
    return steps_to_stop(gap, S_c=curve["S_c"], alpha_S=curve["alpha_S"])


KAPLAN_OVERFIT = Law(
    name="kaplan-overfit",
    predicts="overfitting",
    evaluate=overfitting_of_size_and_data,
    formula="dL(N, D) = [1 + K N^p / D]^alpha_D - 1, with K = D_c / N_c^p and p = alpha_N / alpha_D",
    source=f"{PAPER}, eq 4.3",
    parameters=(
        Parameter("K", "tokens / params^p", (1.0, 1e6)),
        Parameter("p", "1", (0.1, 2.0)),
        Parameter("alpha_D", "1", (0.01, 1.0)),
    ),
    convention=KAPLAN_ND.convention,
    domain=KAPLAN_ND.domain,
    published=(
        Published(f"{PAPER}, table 2", {"K": COEFFICIENT, "p": RATIO, "alpha_D": KAPLAN_ND.constants["alpha_D"]}),
    ),
    data=DATA,
    unit="1",
    about="Relative amount by which the early-stopped loss on D tokens lies above that on unlimited data. It depends "
    "only on one combination of N and D, so that points determine K and not N_c and D_c.",
)

KAPLAN_DATA = Law(
    name="kaplan-data",
    predicts="tokens_unique",
    evaluate=data_for_size,
    formula="D(N) = k N^p",
    source=f"{PAPER}, eq 4.4",
    parameters=(Parameter("k", "tokens / params^p", (1.0, 1e8), amplitude=LINEAR), Parameter("p", "1", (0.1, 2.0))),
    convention={**NONEMBEDDING, "U": "tokens_unique"},
    domain={"N": KAPLAN_ND.domain["N"]},
    published=(
        Published(f"{PAPER}, eq 4.4", {"k": 5e3, "p": 0.74}),
        Published(
            f"{PAPER}, eq 4.3 at table 2 and dL = 0.02",
            dict(zip(("k", "p"), map(float, data_for_overfitting(0.02, KAPLAN_ND.constants)), strict=True)),
        ),
    ),
    data=DATA,
    unit="tokens",
    about="Number of tokens beyond which overfitting costs less than 2% of the loss. The printed 5e3 N^0.74 is "
    "rounded: at 1e9 parameters it leaves 2.1%.",
)

KAPLAN_STOP = Law(
    name="kaplan-stop",
    predicts="steps",
    evaluate=steps_to_stop,
    formula="S_stop = S_c / G^(1 / alpha_S), with G = L(N, D) - L(N, inf)",
    source=f"{PAPER}, eq 5.7",
    parameters=(Parameter("S_c", "steps", (1e-2, 1e8), amplitude=LINEAR), Parameter("alpha_S", "1", (0.05, 2.0))),
    convention={"G": "overfitting_nats", "S": "steps_min"},
    domain={"G": (0.053, 1.76)},  # 1e3 to 1e5 steps, the axis of figure 16
    published=(Published(f"{PAPER}, table 3", {name: KAPLAN_NS.constants[name] for name in ("S_c", "alpha_S")}),),
    data=DATA,
    unit="steps",
    about="Earliest step, in S_min, at which a run on limited data can reach its lowest test loss: a lower bound, from "
    "the learning curve on unlimited data.",
)

SIZES_OF_FIGURE_20 = (
    (4.0, 3.2, 0.47),
    (3.4, 4.0, 0.56),
    (2.9, 4.5, 0.56),
    (2.7, 4.9, 0.60),
    (2.4, 5.1, 0.61),
    (2.3, 5.4, 0.62),
)

KAPLAN_POSITION = Law(
    name="kaplan-position",
    predicts="loss",
    evaluate=loss_of_position,
    formula="L(T) = a + b T^-p",
    source=f"{PAPER}, figure 20",
    parameters=(
        Parameter("a", "nats/token", (0.1, 6.0), amplitude=LINEAR),
        Parameter("b", "nats/token", (0.1, 20.0), amplitude=LINEAR),
        Parameter("p", "1", (0.05, 2.0)),
    ),
    convention={"T": "position"},
    domain={"T": (1.0, 1024.0)},
    published=tuple(
        Published(f"{PAPER}, inside figure 20, size {i} of 6 from small to large", {"a": a, "b": b, "p": p})
        for i, (a, b, p) in enumerate(SIZES_OF_FIGURE_20, start=1)
    ),
    data=DATA,
    about="Mean loss on the T-th token of a context. Larger models have a smaller a, a larger b and a larger exponent. "
    "The figure shows its sizes only by colour, between 1e6 and 1e9 parameters.",
)

KAPLAN_N_LOG = Law(
    name="kaplan-n-log",
    predicts="loss",
    evaluate=loss_logarithmic,
    formula="L(N) = -b ln(N / N_0)",
    source=f"{PAPER}, figure 23",
    parameters=(Parameter("b", "nats/token", (0.01, 2.0)), Parameter("N_0", "params", (1e9, 1e20))),
    convention=NONEMBEDDING,
    domain={"N": (1e4, 1e9)},
    published=(Published(f"{PAPER}, inside figure 23", {"b": 0.25, "N_0": 7.1e12}),),
    data=DATA,
    about="The alternative that figure 23 compares with kaplan-n and finds worse: a loss that falls linearly in ln N "
    "is zero at N_0, and the law is undefined beyond. The logarithm is natural.",
)

KAPLAN_LR = Law(
    name="kaplan-lr",
    predicts="lr",
    evaluate=learning_rate_of_size,
    formula="LR(N) = a - b ln(N)",
    source=f"{PAPER}, eq D.1",
    parameters=(Parameter("a", "1", (1e-4, 1e-1)), Parameter("b", "1", (1e-6, 1e-3))),
    convention=NONEMBEDDING,
    domain={"N": SIZES},
    published=(Published(f"{PAPER}, eq D.1", {"a": 0.003239, "b": 0.0001395}),),
    data=DATA,
    unit="1",
    about="Peak learning rate of Adam, a rule of thumb from the paper's own runs. The logarithm is natural: the rate "
    "is zero at 1.2e10 parameters and the law is undefined beyond; the paper trusts it below 1e10.",
)

LAWS = (KAPLAN_OVERFIT, KAPLAN_DATA, KAPLAN_STOP, KAPLAN_POSITION, KAPLAN_N_LOG, KAPLAN_LR)
