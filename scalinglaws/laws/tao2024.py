"""Tao et al. 2024, "Scaling Laws with Vocabulary: Larger Models Deserve Larger Vocabularies".

Parameters are split: those of the vocabulary, N_v = V d (one matrix of vocabulary by width), and all others, N_nv.
"""

from math import exp

import numpy as np

from .declaration import Law, Parameter, Published

PAPER = "Tao et al. 2024"
SOURCE = f"{PAPER} (arXiv 2407.13623)"
VOCABULARY = "params_vocabulary"
LEAST_SIZE = 33e6  # the smallest model, from which the derivative route starts
SIZES = (LEAST_SIZE, 3e9)  # abstract of the paper
BUDGETS = (1.57e17, 1.3e21)  # at which the IsoFLOP route gives these sizes
DATA = "SlimPajama, one BPE tokenizer per vocabulary"


def below_unigram(N, params_vocabulary, D, *, E, A_1, alpha_1, A_2, alpha_2, B, beta):
    size, words = A_1 / (N / 1e6) ** alpha_1, A_2 / (params_vocabulary / 1e6) ** alpha_2
    return E - size - words - B / (D / 1e9) ** beta


def from_compute(C, *, k, a):
    return k * C**a


def from_size(N, *, N_v0, gamma):
    return N_v0 * (N / LEAST_SIZE) ** gamma


def tokens_per_character(vocabulary, *, a, b, c):
    words = np.log(vocabulary)
    return a * words**2 + b * words + c


TAO_LOSS = Law(
    name="tao-loss",
    predicts="loss_below_unigram",
    evaluate=below_unigram,
    formula="-L_u = E - A_1 / N_nv^alpha_1 - A_2 / N_v^alpha_2 - B / D^beta, with N_nv and N_v in millions, D in 1e9",
    source=f"{SOURCE}, equation of the parametric law",
    parameters=(
        Parameter("E", "nats/token", (4.0, 8.0)),
        Parameter("A_1", "nats/token", (0.5, 5.0)),
        Parameter("alpha_1", "1", (0.2, 0.9)),
        Parameter("A_2", "nats/token", (0.05, 1.0)),
        Parameter("alpha_2", "1", (0.3, 1.2)),
        Parameter("B", "nats/token", (0.5, 5.0)),
        Parameter("beta", "1", (0.2, 0.9)),
    ),
    convention={"N": "params_nonvocabulary", VOCABULARY: VOCABULARY, "D": "tokens"},
    domain={"N": SIZES},
    data=DATA,
    published=(
        Published(
            f"{PAPER}, fit of the authors' repository",
            {
                "E": 5.532785,
                "A_1": 1.831386,
                "alpha_1": 0.446606,
                "A_2": 0.195842,
                "alpha_2": 0.670737,
                "B": 2.124112,
                "beta": 0.446606,
            },
        ),
    ),
    about="L_u is the loss minus that of a unigram model over the same vocabulary, and is negative; this law gives "
    "-L_u, the distance below the unigram loss, so that it is positive. Only this difference can be compared between "
    "vocabularies. The paper ties beta to alpha_1.",
)

TAO_PARAMS = Law(
    name="tao-params",
    predicts="params",
    evaluate=from_compute,
    formula="N_nv = k C^a",
    source=f"{SOURCE}, equation of the IsoFLOP route",
    parameters=(Parameter("k", "params x FLOPs^-a", (1e-4, 1e2), amplitude="1"), Parameter("a", "1", (0.1, 1.0))),
    convention={"C": "flops", "N": "params_nonvocabulary"},
    domain={"C": BUDGETS},
    unit="params",
    data=DATA,
    published=(Published(f"{PAPER}, IsoFLOP route", {"k": exp(-2.48465), "a": 0.5}),),
    about="Best number of parameters outside the vocabulary at a given compute; for those of the vocabulary use "
    "tao-vocabulary-params.",
)

TAO_VOCABULARY_PARAMS = Law(
    name="tao-vocabulary-params",
    predicts=VOCABULARY,
    evaluate=from_compute,
    formula="N_v = k C^a",
    source=f"{SOURCE}, equation of the IsoFLOP route",
    parameters=TAO_PARAMS.parameters,
    convention={"C": "flops", VOCABULARY: VOCABULARY},
    domain={"C": BUDGETS},
    unit="params",
    data=DATA,
    published=(Published(f"{PAPER}, IsoFLOP route", {"k": exp(-1.58903), "a": 0.41636}),),
    about="Best number of parameters of the vocabulary at a given compute: V d, so divide it by the width to get the "
    "vocabulary.",
)

TAO_VOCABULARY = Law(
    name="tao-vocabulary",
    predicts=VOCABULARY,
    evaluate=from_size,
    formula="N_v = N_v0 (N_nv / 33e6)^gamma",
    source=f"{SOURCE}, equation of the derivative route",
    parameters=(Parameter("N_v0", "params", (1e4, 1e9), amplitude="1"), Parameter("gamma", "1", (0.1, 2.0))),
    convention={"N": "params_nonvocabulary", VOCABULARY: VOCABULARY},
    domain={"N": SIZES},
    unit="params",
    data=DATA,
    published=(Published(f"{PAPER}, derivative route", {"N_v0": 3145728.0, "gamma": 0.8354}),),
    about="Best number of parameters of the vocabulary for a size trained on its best number of tokens; the IsoFLOP "
    "route gives about 8% fewer at 3e9 parameters. A model trained on fewer tokens should have a smaller vocabulary.",
)

TAO_TOKENS = Law(
    name="tao-tokens",
    predicts="tokens_per_character",
    evaluate=tokens_per_character,
    formula="f(V) = a ln^2 V + b ln V + c",
    source=f"{SOURCE}, equation of the compression of BPE",
    parameters=(
        Parameter("a", "tokens/character", (1e-3, 0.1), positive=False),
        Parameter("b", "tokens/character", (-0.5, -0.01), positive=False),
        Parameter("c", "tokens/character", (0.1, 5.0), positive=False),
    ),
    convention={"vocabulary": "n_vocab", "tokens_per_character": "tokens_per_character"},
    domain={"vocabulary": (4096, 98304)},
    unit="tokens/character",
    data=DATA,
    published=(Published(f"{PAPER}, fit", {"a": 0.00639222, "b": -0.15811069, "c": 1.20470122}),),
    about="Tokens per character of English web text under a BPE of V words: it converts characters into tokens before "
    "any comparison between vocabularies. A parabola in ln V: its minimum is at V = 2.3e5, and it rises beyond, which "
    "no tokenizer does.",
)

LAWS = (TAO_LOSS, TAO_PARAMS, TAO_VOCABULARY_PARAMS, TAO_VOCABULARY, TAO_TOKENS)
