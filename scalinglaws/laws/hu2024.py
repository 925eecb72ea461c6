"""Hu et al. 2024, "MiniCPM: Unveiling the Potential of Small Language Models": batch size, tokens per parameter."""

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Hu et al. 2024"


def batch_of_loss(L, *, k, b):
    return k / L**b


def tokens_of_size(N, *, ratio):
    return ratio * N


MINICPM_BATCH = Law(
    name="minicpm-batch",
    predicts="batch",
    evaluate=batch_of_loss,
    formula="B = k / L^b",
    source=f"{PAPER}, section 3.2",
    parameters=(
        Parameter("k", "tokens x (nats/token)^b", (1e5, 1e13), amplitude=LINEAR),
        Parameter("b", "1", (1.0, 10.0), positive=False),  # a positive exponent would be kept below 5
    ),
    convention={"L": "loss_nats", "B": "batch_tokens"},
    domain={"L": (3.0, 4.5)},  # what its three models, of 9 to 170 million parameters, reach on C4; not printed
    published=(Published(f"{PAPER}, section 3.2", {"k": 1.21e9, "b": 6.24}),),
    data="C4, tokenizer of 122753, context 4096",
    unit="tokens",
    about="Batch size in tokens that reaches a loss with the fewest tokens. Its input is the loss at the end of "
    "training, which depends on the tokenizer. Kaplan's critical batch has the exponent 4.8 and another meaning.",
)

MINICPM_D = Law(
    name="minicpm-d",
    predicts="tokens",
    evaluate=tokens_of_size,
    formula="D_opt = ratio N_opt",
    source=f"{PAPER}, section 4.5",
    parameters=(Parameter("ratio", "tokens/param", (1.0, 1e3), amplitude=LINEAR),),
    convention={"N": "params_nonembedding", "D": "tokens"},
    domain={"N": (4e7, 2e9)},  # six sizes of section 4.5
    published=(Published(f"{PAPER}, section 4.5", {"ratio": 192.0}),),
    data="MiniCPM's own mix under a warm-up, stable, decay schedule; tokenizer of 122753, context 4096",
    unit="tokens",
    about="Best tokens for a size, from an additive law of which only the exponents 0.29 and 0.23 are printed. It "
    "recommends ten times the tokens of every other law here, except Gadre's, which lies on the other side: do not "
    "plan by it alone.",
)

LAWS = (MINICPM_BATCH, MINICPM_D)
