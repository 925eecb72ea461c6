"""Zhang et al. 2024, "How Does Critical Batch Size Scale in Pre-training?": the batch 20% off linear scaling.

The paper counts N in millions and the batch in sequences of 512 tokens; its constants are unchanged here, and the laws
take parameters and give tokens.
"""

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Zhang et al. 2024"
SOURCE = f"{PAPER} (arXiv 2410.21676)"
SEQUENCE, MILLION = 512, 1e6
SIZES = (8.5e7, 1.2e9)
DATA = "C4, context 512"
K = Parameter("k", "sequences of 512", (1.0, 1e5), amplitude=LINEAR)
P = Parameter("p", "1", (0.02, 1.0))


def of_size(N, *, k, p):
    return SEQUENCE * k * (N / MILLION) ** p


def of_data(D, *, k, p):
    return SEQUENCE * k * D**p


def _size_law(name: str, where: str, k: float, p: float, about: str) -> Law:
    return Law(
        name=name,
        predicts="batch",
        evaluate=of_size,
        formula="B*(N) = k (N / 1e6)^p sequences of 512 tokens; given in tokens",
        source=f"{SOURCE}, equation fitted {where}",
        parameters=(K, P),
        convention={"N": "params_total", "B": "batch_tokens"},
        domain={"N": SIZES},
        data=DATA,
        unit="tokens",
        published=(Published(f"{PAPER}, {where}", {"k": k, "p": p}),),
        about=about,
    )


CHINCHILLA_TOKENS = _size_law(
    "zhang-critical",
    "at Chinchilla's tokens",
    93.20,
    0.47,
    "Batch size up to which steps fall almost in proportion (20% over), when tokens grow with N. It is often misread: "
    "N is in millions and the batch is in sequences of 512. It depends on the tokens, not on the size: compare "
    "zhang-critical-fixed.",
)

SAME_TOKENS = _size_law(
    "zhang-critical-fixed",
    "at the same tokens for every size",
    621.341,
    0.087,
    "The same batch size when every size is trained on the same tokens: it hardly grows.",
)

OF_TOKENS = Law(
    name="zhang-critical-tokens",
    predicts="batch",
    evaluate=of_data,
    formula="B*(D) = k D^p sequences of 512 tokens; given in tokens",
    source=f"{SOURCE}, equation in tokens alone",
    parameters=(Parameter("k", "sequences x tokens^-p", (1e-4, 1e3), amplitude=LINEAR), P),
    convention={"D": "tokens", "B": "batch_tokens"},
    data=DATA,
    unit="tokens",
    about="A form to fit: the constants in circulation, with an exponent of 0.47, leave the unit of D open, so that "
    "none are given here.",
)

LAWS = (CHINCHILLA_TOKENS, SAME_TOKENS, OF_TOKENS)
