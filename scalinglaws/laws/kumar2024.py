"""Kumar et al. 2024, "Scaling Laws for Precision": fewer bits act like fewer parameters.

Forms to fit: the constants in circulation could not be checked against the paper.
"""

import numpy as np

from .declaration import LINEAR, Law, Parameter

SOURCE = "Kumar et al. 2024 (arXiv 2411.04330)"
NATS = "nats/token"
DATA = "Dolma; 465 runs of 3e7 to 2.2e8 parameters, 1.5e9 to 2.6e10 tokens"


def effective_share(bits, gamma):
    """N_eff / N = 1 - e^(-P / gamma), of the parameters trained at P bits."""
    return -np.expm1(-bits / gamma)


def low_precision(N, D, bits_weights, bits_activations, bits_kv, *, E, A, alpha, B, beta, gamma_w, gamma_a, gamma_kv):
    share = effective_share(bits_weights, gamma_w) * effective_share(bits_activations, gamma_a)
    effective = N * share * effective_share(bits_kv, gamma_kv)
    return E + A / effective**alpha + B / D**beta


def quantised_after(N, D, bits_weights, *, C_T, gamma_D, gamma_N, gamma_post):
    return C_T * D**gamma_D / N**gamma_N * np.exp(-bits_weights / gamma_post)


KUMAR = Law(
    name="kumar",
    predicts="loss",
    evaluate=low_precision,
    formula="L = A / N_eff^alpha + B / D^beta + E, N_eff = N prod_x (1 - e^(-P_x / gamma_x)), x = weights, "
    "activations, KV",
    source=f"{SOURCE}, equation of training in low precision",
    parameters=(
        Parameter("E", NATS, (0.1, 5.0), amplitude=LINEAR),
        Parameter("A", f"{NATS} x params^alpha", (1.0, 1e6), amplitude=LINEAR),
        Parameter("alpha", "1", (0.1, 1.0)),
        Parameter("B", f"{NATS} x tokens^beta", (1.0, 1e6), amplitude=LINEAR),
        Parameter("beta", "1", (0.1, 1.0)),
        Parameter("gamma_w", "bits", (0.5, 4.5)),
        Parameter("gamma_a", "bits", (0.5, 4.5)),
        Parameter("gamma_kv", "bits", (0.3, 3.0)),
    ),
    convention={
        "N": "params_nonembedding",
        "D": "tokens",
        "bits_weights": "bits_weights",
        "bits_activations": "bits_activations",
        "bits_kv": "bits_kv",
    },
    data=DATA,
    about="Loss of training at P bits. In the paper's cost model the best precision is 7 to 8 bits at every compute.",
)

KUMAR_QUANTISED = Law(
    name="kumar-quantised",
    predicts="loss_rise",
    evaluate=quantised_after,
    formula="delta = C_T (D^gamma_D / N_eff^gamma_N) e^(-P_post / gamma_post)",
    source=f"{SOURCE}, equation of quantisation after training",
    parameters=(
        Parameter("C_T", f"{NATS} x params^gamma_N x tokens^-gamma_D", (1e-4, 10.0), amplitude=LINEAR),
        Parameter("gamma_D", "1", (0.1, 1.0)),
        Parameter("gamma_N", "1", (0.1, 1.0)),
        Parameter("gamma_post", "bits", (0.3, 3.0)),
    ),
    convention={
        "N": "params_nonembedding",
        "D": "tokens",
        "bits_weights": "bits_weights",
        "loss_rise": "loss_rise_nats",
    },
    data=DATA,
    about="The increase of the loss when the weights are rounded to P_post bits after training. It grows with the "
    "number of tokens: it is larger for an over-trained model. N is N_eff if training itself ran in low precision.",
)

LAWS = (KUMAR, KUMAR_QUANTISED)
