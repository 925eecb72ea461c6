"""Caballero et al. 2022, "Broken Neural Scaling Laws": a power law whose exponent changes smoothly at every break."""

from inspect import Parameter as Argument
from inspect import Signature

import numpy as np

from .declaration import Law, Parameter

PAPER = "Caballero et al. 2022 (arXiv 2210.14891), eq 1"
QUANTITY = {
    "N": ("params_nonembedding", "params", (1e6, 1e9)),
    "D": ("tokens_unique", "tokens", (1e8, 1e10)),
    "C": ("flops_6nd", "FLOPs", (1e17, 1e20)),
}


def broken_power(x, a, b, c0, c, d, f):
    """y = a + b x^-c0 prod_i (1 + (x / d_i)^(1 / f_i))^(-c_i f_i); c, d, f hold one value a break."""
    log_x = np.log(x)
    exponent = -c0 * log_x
    for change, place, width in zip(c, d, f, strict=True):
        exponent = exponent - change * width * _softplus((log_x - np.log(place)) / width)
    return a + b * np.exp(exponent)


def _softplus(t):
    """ln(1 + e^t) without overflow, for complex t too."""
    above = np.real(t) > 0
    return np.where(above, t, 0) + np.log1p(np.exp(np.where(above, -t, t)))


def broken(letter: str, breaks: int = 1) -> Law:
    """Make the law with any number of breaks in "N", "D" or "C"; each break adds c_i, d_i and f_i."""
    quantity, unit, places = QUANTITY[letter]
    each = range(1, breaks + 1)
    parameters = (
        Parameter("a", "nats/token", (0.1, 5.0)),
        Parameter("b", f"nats/token x {unit}^c0", (1.0, 1e3)),
        Parameter("c0", "1", (0.02, 0.5), positive=False),
        *(Parameter(f"c{i}", "1", (-0.3, 0.5), positive=False) for i in each),
        *(Parameter(f"d{i}", unit, places) for i in each),
        *(Parameter(f"f{i}", "1", (0.05, 2.0)) for i in each),
    )

    def evaluate(*inputs, **at):
        x = inputs[0] if inputs else at[letter]
        groups = ([at[f"{kind}{i}"] for i in each] for kind in "cdf")
        return broken_power(x, at["a"], at["b"], at["c0"], *groups)

    evaluate.__signature__ = Signature(  # type: ignore[attr-defined]
        [Argument(letter, Argument.POSITIONAL_OR_KEYWORD)]
        + [Argument(p.name, Argument.KEYWORD_ONLY) for p in parameters]
    )
    return Law(
        name=f"bnsl-{letter.lower()}" + (f"-{breaks}" if breaks > 1 else ""),
        predicts="loss",
        evaluate=evaluate,
        formula=f"L = a + b {letter}^-c0 prod_i (1 + ({letter} / d_i)^(1 / f_i))^(-c_i f_i), i = 1..{breaks}",
        source=PAPER,
        parameters=parameters,
        convention={letter: quantity},
        about="A smooth function, not a piecewise one: the exponent changes from c0 to c0 + c_1 around d_1, over a "
        "range that f_1 sets. It cannot predict a break beyond the points to which it is fitted.",
    )


BROKEN_N, BROKEN_D, BROKEN_C = broken("N"), broken("D"), broken("C")

LAWS = (BROKEN_N, BROKEN_D, BROKEN_C)
