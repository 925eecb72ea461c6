"""Hestness et al. 2017, "Deep Learning Scaling is Predictable, Empirically": error and size against data.

Each loss is the best of a small search at one subset of the data, with LSTMs on words, in one pass without repeats.
"""

from .declaration import LINEAR, Law, Parameter, Published

PAPER = "Hestness et al. 2017"
DATA = "Billion Word, the 10000 most common words, LSTM"
SUBSETS = (7.7e5, 3.1e8)  # 0.1 to 40 % of the Billion Word data


def error_of_data(D, *, alpha, beta_g):
    return alpha * D**beta_g


def size_of_data(D, *, sigma, beta_p):
    return sigma * D**beta_p


HESTNESS = Law(
    name="hestness",
    predicts="loss",
    evaluate=error_of_data,
    formula="epsilon(m) = alpha m^beta_g",
    source=f"{PAPER}, section 4.2 and figure 2",
    parameters=(
        Parameter("alpha", "nats/token x tokens^-beta_g", (1.0, 100.0), amplitude=LINEAR),
        Parameter("beta_g", "1", (-0.6, -0.02), positive=False),
    ),
    convention={"D": "tokens_unique"},
    domain={"D": SUBSETS},
    published=(Published(f"{PAPER}, figure 2, word language models", {"alpha": 11.9, "beta_g": -0.066}),),
    data=DATA,
    about="Best loss on m tokens of data, with a model as large as the data can use; the exponent is negative, as "
    "printed. Tokens are words: the intercept means nothing under another tokenizer. Other exponents of the paper: "
    "characters -0.094, translation -0.128, ImageNet -0.309, speech -0.299. For the form with a constant term, fit "
    "henighan-d.",
)

HESTNESS_SIZE = Law(
    name="hestness-size",
    predicts="params",
    evaluate=size_of_data,
    formula="s(m) = sigma m^beta_p",
    source=f"{PAPER}, section 3.2",
    parameters=(
        Parameter("sigma", "params/tokens^beta_p", (1e-3, 1e6), amplitude=LINEAR),
        Parameter("beta_p", "1", (0.2, 1.2)),
    ),
    convention={"D": "tokens_unique", "N": "params_total"},
    domain={"D": SUBSETS},
    unit="params",
    data=DATA,
    about="Smallest model that reaches the best loss on m tokens. The paper prints the exponent, 0.69 to 0.78 for "
    "words and 0.573 for images, and no prefactor: a form to fit.",
)

LAWS = (HESTNESS, HESTNESS_SIZE)
