"""Grattafiori et al. 2024, "The Llama 3 Herd of Models": the best number of tokens at a given compute."""

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Grattafiori et al. 2024"


def tokens_of_compute(C, *, A, alpha):
    return A * C**alpha


LLAMA3 = Law(
    name="llama3",
    predicts="tokens",
    evaluate=tokens_of_compute,
    formula="D*(C) = A C^alpha",
    source=f"{PAPER}, section 3.2.1 and figure 3",
    parameters=(
        Parameter("A", "tokens/FLOPs^alpha", (1e-4, 1e4), amplitude=LINEAR),
        Parameter("alpha", "1", (0.2, 0.9)),
    ),
    convention={"C": "flops", "D": "tokens"},
    domain={"C": (6e18, 1e22)},
    published=(
        Published(f"{PAPER}, figure 3", {"A": 0.299, "alpha": 0.537}),
        Published(f"{PAPER}, text of section 3.2.1 (rounded)", {"A": 0.29, "alpha": 0.53}),
    ),
    data="Llama 3's own mix, tokenizer of 128000, minima of isoFLOP parabolas",
    unit="tokens",
    about="Best tokens at a given compute. The text rounds the figure's constants to two digits, which lowers the "
    "tokens at 3.8e25 FLOPs by 36 %; the constants of the figure give 16.3e12 where the paper says 16.55e12.",
)

LAWS = (LLAMA3,)
