"""Chen et al. 2025, "Parallel Scaling Law for Language Models" (arXiv 2505.10475): loss of P parallel streams.

One model reads P learnt transformations of its input at once and mixes their outputs: computation grows, parameters
hardly do.
"""

import numpy as np

from .declaration import LINEAR, Law, Parameter

PAPER = "Chen et al. 2025"


def parallel_streams(N, streams, *, E, A, k, alpha):
    return E + (A / (N * (1 + k * np.log(streams)))) ** alpha


PARSCALE = Law(
    name="parscale",
    predicts="loss",
    evaluate=parallel_streams,
    formula="L(N, P) = E + (A / (N (1 + k ln P)))^alpha",
    source=f"{PAPER} (arXiv 2505.10475), equation of the parallel scaling law",
    parameters=(
        Parameter("E", "nats/token", (0.1, 5.0), amplitude=LINEAR),
        Parameter("A", "params", (1e4, 1e11), amplitude="alpha"),
        Parameter("k", "1", (0.01, 2.0)),
        Parameter("alpha", "1", (0.05, 1.0)),
    ),
    convention={"N": "params_total", "streams": "parallel_streams"},
    about="P streams act as a model 1 + k ln P times as large. Every run has the same tokens; the constants of another "
    "text or another number of tokens differ. k is the worth of a stream: at k = 0.3 eight streams count as 1.6 times "
    "the parameters, for eight times the computation. A form to fit.",
)

LAWS = (PARSCALE,)
