"""Pearce & Song 2024, "Reconciling Kaplan and Chinchilla Scaling Laws": embeddings change the exponent of small models.

N_T = N_E + gamma N_E^(1/3) for a family of one aspect ratio A = d_model / n_layer and a vocabulary of V. Under a law
L = E + A / N_T^alpha + B / D^beta the best N_E at C_E = 6 N_E D is not a power of C_E: its local exponent g rises and
falls again between two limits. Nothing here depends on E.
"""

from .declaration import Law, Parameter, Published

PAPER = "Pearce & Song 2024"


def total_params(N_E, *, gamma):
    return N_E + gamma * N_E ** (1 / 3)


def vocabulary_gamma(vocabulary, aspect):
    """gamma = V (A / 12)^(1/3): from V d_model parameters of embedding at N_E = 12 n_layer d_model^2."""
    return vocabulary * (aspect / 12) ** (1 / 3)


def best_compute(N_E, *, gamma, A, B, alpha, beta):
    """Compute C_E, in FLOPs without embeddings, at which N_E is the best size, under the additive law of N_T and D."""
    slope = N_E + gamma / 3 * N_E ** (1 / 3)  # d N_T / d ln N_E
    tokens = (beta * B / (alpha * A) * total_params(N_E, gamma=gamma) ** (1 + alpha) / slope) ** (1 / beta)
    return 6 * N_E * tokens


def local_exponent(N_E, *, gamma, alpha, beta):
    """Give g = d ln N_E / d ln C_E along the optimum: 0.963 at 1e6 under Besiroglu's law with a vocabulary of 32000."""
    power = N_E ** (2 / 3)
    inverse = 1 - (power + gamma / 9) / (power + gamma / 3) / beta
    return 1 / (inverse + (1 + alpha) / beta * (power + gamma / 3) / (power + gamma))


def exponent_limits(alpha, beta):
    """Give the limits of g for the smallest models, beta / (alpha/3 + beta), and the largest, beta / (alpha + beta)."""
    return beta / (alpha / 3 + beta), beta / (alpha + beta)


PEARCE = Law(
    name="pearce",
    predicts="params",
    evaluate=total_params,
    formula="N_T = N_E + gamma N_E^(1/3), with gamma = V (A / 12)^(1/3)",
    source=f"{PAPER}, section 3",
    parameters=(Parameter("gamma", "params^(2/3)", (1e2, 1e6)),),
    convention={"N_E": "params_nonembedding", "N": "params_total"},
    domain={"N_E": (1e3, 1.6e10)},  # Kaplan's smallest to Chinchilla's largest
    published=(Published(f"{PAPER}, section 3, vocabulary 32000, aspect 39.2", {"gamma": 47491.0}),),
    data="shapes of the Chinchilla family, vocabulary of 32000",
    unit="params",
    about="All parameters from those without embeddings. gamma grows with the vocabulary and hardly depends on the "
    "shape; with a vocabulary of 256 bytes it is nearly zero. See local_exponent for its effect on the exponent of N* "
    "~ C^g: 0.51 at scale, up to 0.98 for small models, neither of which refutes the other.",
)

LAWS = (PEARCE,)
