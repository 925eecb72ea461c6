"""Kaplan et al. 2020, "Scaling Laws for Neural Language Models": loss against size, data, compute and steps.

Losses are in nats per token. Compute is in FLOPs here; the paper prints PF-days (1 PF-day = 8.64e19 FLOPs). Parameters
leave out embeddings. Each law has its own constants: never mix rows.
"""

import numpy as np

from ...quantities import PF_DAY
from ..declaration import Law, Parameter, Published

PAPER = "Kaplan et al. 2020"
REPRODUCTION = "github.com/shehper/scaling_laws, a reproduction on OpenWebText up to 6.3e6 parameters"
DATA = "WebText2, GPT-2 BPE of 50257, context 1024"
NONEMBEDDING = {"N": "params_nonembedding"}
SIZES = (768.0, 1.5e9)  # section 3; fits leave out models of one layer
TOKENS = (2.2e7, 2.3e10)
N_C = Parameter("N_c", "params", (1e3, 1e25), amplitude="alpha_N")
D_C = Parameter("D_c", "tokens", (1e3, 1e25), amplitude="alpha_D")
ALPHA_N = Parameter("alpha_N", "1", (0.01, 1.0))
ALPHA_D = Parameter("alpha_D", "1", (0.01, 1.0))


def loss_of_size(N, *, N_c, alpha_N):
    return (N_c / N) ** alpha_N


def loss_of_data(D, *, D_c, alpha_D):
    return (D_c / D) ** alpha_D


def loss_of_compute(C, *, C_c, alpha_C):
    return (C_c / C) ** alpha_C


def loss_of_size_and_data(N, D, *, N_c, D_c, alpha_N, alpha_D):
    return ((N_c / N) ** (alpha_N / alpha_D) + D_c / D) ** alpha_D


def slopes_of_size_and_data(N, D, *, N_c, D_c, alpha_N, alpha_D):
    ratio = alpha_N / alpha_D
    log_size = np.log(N_c) - np.log(N)
    size_term, data_term = np.exp(ratio * log_size), D_c / D
    total = size_term + data_term
    value = total**alpha_D
    share = value / total * size_term
    along_size = alpha_N * share
    along_ratio = along_size * log_size
    return value, {
        "N_c": along_size,
        "D_c": alpha_D * (value - share),
        "alpha_N": along_ratio / alpha_N,
        "alpha_D": np.log(total) * value - along_ratio / alpha_D,
    }


def loss_of_size_and_steps(N, S, *, N_c, S_c, alpha_N, alpha_S):
    return (N_c / N) ** alpha_N + (S_c / S) ** alpha_S


def size_and_steps_above_floor(N, S, *, E, N_c, S_c, alpha_N, alpha_S):
    return E + loss_of_size_and_steps(N, S, N_c=N_c, S_c=S_c, alpha_N=alpha_N, alpha_S=alpha_S)


def slopes_of_size_and_steps(N, S, *, N_c, S_c, alpha_N, alpha_S):
    log_size, log_steps = np.log(N_c) - np.log(N), np.log(S_c) - np.log(S)
    along_size, along_steps = np.exp(alpha_N * log_size), np.exp(alpha_S * log_steps)
    return along_size + along_steps, {
        "N_c": alpha_N * along_size,
        "S_c": alpha_S * along_steps,
        "alpha_N": log_size * along_size,
        "alpha_S": log_steps * along_steps,
    }


def critical_batch(L, *, B_star, alpha_B):
    return B_star / L ** (1 / alpha_B)


KAPLAN_N = Law(
    name="kaplan-n",
    predicts="loss",
    evaluate=loss_of_size,
    formula="L(N) = (N_c / N)^alpha_N",
    source=f"{PAPER}, eq 1.1",
    parameters=(N_C, ALPHA_N),
    convention=NONEMBEDDING,
    domain={"N": SIZES},
    published=(
        Published(f"{PAPER}, eq 1.1 and table 5", {"N_c": 8.8e13, "alpha_N": 0.076}),
        Published("Chilkuri et al. 2021, their reading of the LSTMs of figure 7", {"N_c": 7.45e14, "alpha_N": 0.071}),
        Published(REPRODUCTION, {"N_c": 3.81e13, "alpha_N": 0.0823}),
    ),
    data=DATA,
    about="Loss of a model trained to convergence on unlimited data.",
)

KAPLAN_D = Law(
    name="kaplan-d",
    predicts="loss",
    evaluate=loss_of_data,
    formula="L(D) = (D_c / D)^alpha_D",
    source=f"{PAPER}, eq 1.2",
    parameters=(D_C, ALPHA_D),
    convention={"D": "tokens_unique"},
    domain={"D": TOKENS},
    published=(Published(f"{PAPER}, eq 1.2 and table 5", {"D_c": 5.4e13, "alpha_D": 0.095}),),
    data=DATA,
    about="Early-stopped loss of a large model on D different tokens.",
)

KAPLAN_C = Law(
    name="kaplan-c",
    predicts="loss",
    evaluate=loss_of_compute,
    formula="L(C) = (C_c / C)^alpha_C",
    source=f"{PAPER}, eq 3.3",
    parameters=(
        Parameter("C_c", "FLOPs", (1e12, 1e40), amplitude="alpha_C"),
        Parameter("alpha_C", "1", (0.01, 1.0)),
    ),
    convention={"C": "flops_6nd"},
    domain={"C": (1e-8 * PF_DAY, 1e1 * PF_DAY)},
    published=(
        Published(f"{PAPER}, eq 3.3 and table 5", {"C_c": 1.6e7 * PF_DAY, "alpha_C": 0.057}),
        Published(f"{PAPER}, inside figure 13", {"C_c": 2.0e7 * PF_DAY, "alpha_C": 0.057}),
    ),
    data=DATA,
    about="Best loss at a given compute when every model trains at one batch size. Good up to about 1e-2 PF-days, "
    "where the printed line crosses that of kaplan-cmin; do not extrapolate it.",
)

KAPLAN_ND = Law(
    name="kaplan-nd",
    predicts="loss",
    evaluate=loss_of_size_and_data,
    slopes=slopes_of_size_and_data,
    outer="alpha_D",
    formula="L(N, D) = [(N_c / N)^(alpha_N / alpha_D) + D_c / D]^alpha_D",
    source=f"{PAPER}, eq 1.5",
    parameters=(N_C, D_C, ALPHA_N, ALPHA_D),
    convention={**NONEMBEDDING, "D": "tokens_unique"},
    domain={"N": (393216.0, 7.1e8), "D": TOKENS},
    published=(
        Published(f"{PAPER}, table 2", {"N_c": 6.4e13, "D_c": 1.8e13, "alpha_N": 0.076, "alpha_D": 0.103}),
        Published(REPRODUCTION, {"N_c": 1.32e14, "D_c": 1.22e12, "alpha_N": 0.0763, "alpha_D": 0.1224}),
    ),
    data=DATA,
    about="Early-stopped loss of N parameters on D different tokens, dropout 0.1, several epochs.",
)

KAPLAN_NS = Law(
    name="kaplan-ns",
    predicts="loss",
    evaluate=loss_of_size_and_steps,
    slopes=slopes_of_size_and_steps,
    formula="L(N, S) = (N_c / N)^alpha_N + (S_c / S_min)^alpha_S",
    source=f"{PAPER}, eq 1.6 and 5.6",
    parameters=(
        N_C,
        Parameter("S_c", "steps", (1e-2, 1e8), amplitude="alpha_S"),
        ALPHA_N,
        Parameter("alpha_S", "1", (0.05, 2.0)),
    ),
    convention={**NONEMBEDDING, "S": "steps_min"},
    domain={"N": SIZES, "S": (3e3, 2.5e5)},
    published=(Published(f"{PAPER}, table 3", {"N_c": 6.5e13, "S_c": 2.1e3, "alpha_N": 0.077, "alpha_S": 0.76}),),
    data=DATA,
    about="Learning curve after the warm-up, on unlimited data; S_min = S / (1 + B_crit/B) (eq 5.4).",
)

KAPLAN_NS_FLOOR = Law(
    name="kaplan-ns-floor",
    predicts="loss",
    evaluate=size_and_steps_above_floor,
    formula="L(N, S) = E + (N_c / N)^alpha_N + (S_c / S_min)^alpha_S",
    source=f"{PAPER}, eq 1.6 above a constant loss E as in Henighan et al. 2020, eq 1.1",
    parameters=(Parameter("E", "nats/token", (0.3, 4.0), amplitude="1"), *KAPLAN_NS.parameters),
    convention=KAPLAN_NS.convention,
    about="The learning curve with an irreducible loss: without one the loss of larger models trained for longer is "
    "predicted too low. A form to fit.",
)

KAPLAN_BCRIT = Law(
    name="kaplan-bcrit",
    predicts="batch",
    unit="tokens",
    evaluate=critical_batch,
    formula="B_crit(L) = B_* / L^(1 / alpha_B)",
    source=f"{PAPER}, eq 1.4 and 5.3",
    parameters=(Parameter("B_star", "tokens", (1e3, 1e14), amplitude="1"), Parameter("alpha_B", "1", (0.05, 1.0))),
    convention={"L": "loss_train_nats"},
    domain={"L": (3.0, 10.0)},
    published=(
        Published(f"{PAPER}, eq 1.4 and 5.3", {"B_star": 2.0e8, "alpha_B": 0.21}),
        Published(f"{PAPER}, table 5 and figure 10", {"B_star": 2.1e8, "alpha_B": 0.21}),
        Published(f"{REPRODUCTION}, on losses of 5.9 to 9", {"B_star": 2.20e7, "alpha_B": 1 / 4.263}),
    ),
    data=DATA,
    about="Batch size in tokens at which training to a given loss takes twice the minimum number of steps and twice "
    "the minimum number of tokens.",
)

LAWS = (KAPLAN_N, KAPLAN_D, KAPLAN_C, KAPLAN_ND, KAPLAN_NS, KAPLAN_NS_FLOOR, KAPLAN_BCRIT)
