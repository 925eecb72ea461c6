"""Hernandez et al. 2021, "Scaling Laws for Transfer": how many characters of the task's data pre-training is worth."""

from dataclasses import replace

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Hernandez et al. 2021"
# read off the figures: four orders of magnitude in size, and the low-data part of the fine-tuning sets
DOMAIN = {"D_F": (1e5, 1e9), "N": (1e5, 1e9)}


def transferred(D_F, N, *, k, alpha, beta):
    return k * D_F**alpha * N**beta


def fine_tuned(D_F, N, *, N_c, K, alpha_N, alpha_D, alpha, beta):
    return ((N_c / N) ** (alpha_N / alpha_D) + K / (D_F**alpha * N**beta)) ** alpha_D


def fine_tuned_above_floor(D_F, N, *, E, N_c, K, alpha_N, alpha_D, alpha, beta):
    return E + fine_tuned(D_F, N, N_c=N_c, K=K, alpha_N=alpha_N, alpha_D=alpha_D, alpha=alpha, beta=beta)


def multiplier(fine_tune, transfer):
    """Give the factor by which training from scratch would need more data of the task: (D_F + D_T) / D_F."""
    return (fine_tune + transfer) / fine_tune


TRANSFER = Law(
    name="hernandez-transfer",
    predicts="characters_transferred",
    evaluate=transferred,
    formula="D_T = k D_F^alpha N^beta",
    source=f"{PAPER}, eq 1.1",
    parameters=(
        Parameter("k", "characters^(1 - alpha) / params^beta", (1e2, 1e7), amplitude=LINEAR),
        Parameter("alpha", "1", (0.02, 1.0)),
        Parameter("beta", "1", (0.05, 1.0)),
    ),
    convention={"D_F": "characters_finetune", "N": "params_nonembedding"},
    domain=DOMAIN,
    published=(
        Published(f"{PAPER}, eq 1.1, text to Python", {"k": 1.9e4, "alpha": 0.18, "beta": 0.38}),
        Published(
            f"{PAPER}, table of section 1, half text half code to Python", {"k": 2.1e5, "alpha": 0.096, "beta": 0.38}
        ),
    ),
    data="pre-trained on WebText2 (and code), fine-tuned on Python from GitHub; counted in characters",
    unit="characters",
    about="The number of characters of the task's own data that pre-training is worth. Everything is counted in "
    "characters. Valid only with little data, D_F at most a tenth of what training from scratch would take; at large "
    "D_F a small model may be worse than from scratch. The paper's figure shows twice what its rounded constants give: "
    "use ratios, not counts.",
)

FINE_TUNED = Law(
    name="hernandez-loss",
    predicts="loss",
    evaluate=fine_tuned,
    formula="L = [(N_c / N)^(alpha_N / alpha_D) + D_c / (k D_F^alpha N^beta)]^alpha_D, with K = D_c / k",
    source=f"{PAPER}, section 3",
    outer="alpha_D",
    parameters=(
        Parameter("N_c", "params", (1e3, 1e25), amplitude="alpha_N"),
        Parameter("K", "characters^alpha x params^beta", (1.0, 1e15), amplitude="alpha_D"),
        Parameter("alpha_N", "1", (0.01, 1.0)),
        Parameter("alpha_D", "1", (0.02, 1.0)),
        Parameter("alpha", "1", (0.02, 1.0)),
        Parameter("beta", "1", (0.05, 1.0)),
    ),
    convention={"D_F": "characters_finetune", "N": "params_nonembedding"},
    domain=DOMAIN,
    about="Loss after fine-tuning: Kaplan's joint law with the transferred data in place of its own. The data "
    "determine D_c and k only by their ratio, so that one constant K replaces both; a form to fit.",
)

FINE_TUNED_FLOOR = Law(
    name="hernandez-loss-floor",
    predicts="loss",
    evaluate=fine_tuned_above_floor,
    formula="L = E + [(N_c / N)^(alpha_N / alpha_D) + K / (D_F^alpha N^beta)]^alpha_D",
    source=f"{PAPER}, section 3, above a constant loss E as in Brandfonbrener et al. 2024, section 3",
    parameters=(
        Parameter("E", "nats/character", (0.1, 3.0)),
        *(replace(p, amplitude="") for p in FINE_TUNED.parameters),
    ),
    convention=FINE_TUNED.convention,
    domain=DOMAIN,
    about="The loss after fine-tuning with an irreducible loss; a form to fit.",
)

LAWS = (TRANSFER, FINE_TUNED, FINE_TUNED_FLOOR)
