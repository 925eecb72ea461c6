"""Porian et al. 2024, "Resolving Discrepancies in Compute-Optimal Scaling of Language Models": five steps.

The steps go from Kaplan to Chinchilla on the same text; each protocol has one correction more than the one before. The
exponents are printed; the prefactors are those of the weighted line through the optima that the authors published,
whose exponents are the printed ones.
"""

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Porian et al. 2024"
SEQUENCE = 2048  # tokens
DATA = "RefinedWeb, GPT-NeoX tokenizer of 50432, context 2048"
SIZES = (5e6, 9.01e8)


def size_of_compute(C, *, k, a):
    return k * C**a


def batch_of_size(N, *, k, b):
    return SEQUENCE * k * N**b


def rate_of_size(N, *, k, c):
    return k * N**-c


def step(corrected: str, interval: str, k: float, a: float) -> Published:
    return Published(f"{PAPER}, figure 1, RefinedWeb, {corrected}; a in {interval}", {"k": k, "a": a})


PORIAN_N = Law(
    name="porian-n",
    predicts="params",
    evaluate=size_of_compute,
    formula="N*(C) = k C^a",
    source=f"{PAPER}, figure 1",
    parameters=(
        Parameter("k", "params/FLOPs^a", (1e-9, 1e2), amplitude=LINEAR),
        Parameter("a", "1", (0.3, 1.0)),
    ),
    convention={"C": "flops_6nd_with_head", "N": "params_with_head"},
    domain={"C": (1.25e16, 2.56e19)},
    published=(
        step("learning rate, batch and beta2 tuned", "[0.49, 0.50]", 0.11892648, 0.49689508),
        step("as Kaplan: without head, long warm-up, long cosine", "[0.82, 0.85]", 4.2319661e-8, 0.83530004),
        step("the head counted", "[0.69, 0.72]", 1.2701847e-5, 0.70646991),
        step("warm-up of N tokens", "[0.59, 0.62]", 1.4309166e-3, 0.60203753),
        step("cosine of the run's own length", "[0.56, 0.59]", 4.7692868e-3, 0.57149479),
    ),
    data=DATA,
    unit="params",
    about="Best size at a given compute, and how the protocol changes it: variant 0 has all five corrections, variants "
    "1 to 4 have fewer, and the first of these counts neither head nor embeddings. At 5.88e23 FLOPs the variants give "
    "77e9, 3e12, 787e9, 292e9 and 183e9 parameters. On OpenWebText2 the exponents are 0.518, 0.864, 0.699, 0.603 and "
    "0.574.",
)

PORIAN_BATCH = Law(
    name="porian-batch",
    predicts="batch",
    evaluate=batch_of_size,
    formula="B = 2048 k N^b tokens: k N^b sequences of 2048",
    source=f"{PAPER}, section 3.5 and figure of appendix",
    parameters=(
        Parameter("k", "sequences/params^b", (1e-6, 1.0), amplitude=LINEAR),
        Parameter("b", "1", (0.2, 1.5)),
    ),
    convention={"N": "params_with_head", "B": "batch_tokens"},
    domain={"N": SIZES},
    published=(Published(f"{PAPER}, section 3.5", {"k": 3.7e-4, "b": 0.703}),),
    data=DATA,
    unit="tokens",
    about="Best batch size at 20 tokens per parameter, tuned together with the learning rate. The prefactor is in "
    "sequences of 2048, the result in tokens. At batches of 128 sequences or fewer it requires beta2 of 0.99 or more: "
    "with 0.95 the law does not hold.",
)

PORIAN_LR = Law(
    name="porian-lr",
    predicts="lr",
    evaluate=rate_of_size,
    formula="lr = k N^-c",
    source=f"{PAPER}, section 3.5 and figure of appendix",
    parameters=(
        Parameter("k", "params^c", (1e-3, 1e3), amplitude=LINEAR),
        Parameter("c", "1", (0.05, 1.0)),
    ),
    convention={"N": "params_with_head"},
    domain={"N": SIZES},
    published=(Published(f"{PAPER}, section 3.5", {"k": 3.7, "c": 0.36}),),
    data=DATA,
    unit="1",
    about="Best peak learning rate at 20 tokens per parameter and the batch of porian-batch; it says nothing about "
    "other lengths of training. At 9.01e8 parameters it gives 0.0022, and the authors used 0.0024.",
)

LAWS = (PORIAN_N, PORIAN_BATCH, PORIAN_LR)
