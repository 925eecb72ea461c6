"""Tian et al. 2025, "Towards Greater Leverage": how many times the compute a dense model needs to equal a mixture.

The efficiency leverage of a mixture of experts is C_dense / C_moe at equal loss.
"""

import numpy as np

from .declaration import Law, Parameter

PAPER = "Tian et al. 2025"


def leverage(activation, granularity, C, *, a, d, gamma, beta, A_start):
    """Apply powers of the activation ratio: the exponent depends on compute and, as a parabola, on granularity."""
    fine = np.log2(granularity)
    exponent = a + d * np.log10(C) + gamma * fine**2 + beta * fine
    return (activation + A_start) ** exponent


LEVERAGE = Law(
    name="moe-leverage",
    predicts="efficiency_leverage",
    evaluate=leverage,
    formula="EL(A, G, C) = (A + A_start)^(a + d log10 C + gamma (log2 G)^2 + beta log2 G)",
    source=f"{PAPER} (arXiv 2507.17702), joint law of the abstract: powers of activation ratio and compute, "
    "granularity with an optimum",
    parameters=(
        Parameter("a", "1", (0.2, 2.0), positive=False),
        Parameter("d", "1", (-0.15, -0.01), positive=False),
        Parameter("gamma", "1", (0.002, 0.05), positive=False),
        Parameter("beta", "1", (-0.3, -0.01), positive=False),
        Parameter("A_start", "1", (0.002, 0.1)),
    ),
    convention={"activation": "activation_ratio", "granularity": "granularity", "C": "flops"},
    unit="1",
    about="The best granularity is 2^(-beta / (2 gamma)), 8 to 12 by the abstract, and the leverage of 3.4% active "
    "experts exceeds 7 at 1e22 FLOPs. A_start keeps it finite where nothing is active. The bases of the logarithms "
    "were reconstructed from these two statements, and no constants are shipped. A form to fit.",
)

LAWS = (LEVERAGE,)
