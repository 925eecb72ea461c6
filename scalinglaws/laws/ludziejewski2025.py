"""Ludziejewski et al. 2025, "Joint MoE Scaling Laws": loss by active parameters, tokens and number of experts."""

import numpy as np

from .declaration import LINEAR, Law, Parameter

LUDZIEJEWSKI = Law(
    name="ludziejewski-moe",
    predicts="loss",
    evaluate=lambda N, D, experts_effective, *, a, delta, alpha, gamma, b, omega, beta, zeta, c: (
        a * experts_effective**delta * N ** (alpha + gamma * np.log(experts_effective))
        + b * experts_effective**omega * D ** (beta + zeta * np.log(experts_effective))
        + c
    ),
    formula="L = a E^^delta N_act^(alpha + gamma ln E^) + b E^^omega D^(beta + zeta ln E^) + c",
    source="Ludziejewski et al. 2025 (arXiv 2502.05172), equation of the joint law",
    parameters=(
        Parameter("a", "nats/token x params^-alpha", (1.0, 1e4), amplitude=LINEAR),
        Parameter("delta", "1", (-0.6, 0.2), positive=False),
        Parameter("alpha", "1", (-0.4, -0.1), positive=False),
        Parameter("gamma", "1", (-0.03, 0.03), positive=False),
        Parameter("b", "nats/token x tokens^-beta", (1.0, 1e4), amplitude=LINEAR),
        Parameter("omega", "1", (-0.2, 0.8), positive=False),
        Parameter("beta", "1", (-0.4, -0.1), positive=False),
        Parameter("zeta", "1", (-0.05, 0.03), positive=False),
        Parameter("c", "nats/token", (0.1, 5.0), amplitude=LINEAR),
    ),
    convention={"N": "params_active", "D": "tokens", "experts_effective": "experts_effective"},
    data="up to 2.7e9 active and 5e9 total parameters; 280 runs",
    about="alpha and beta are negative, as the paper writes them. E^ is the saturated count of experts as in law "
    "clark, with its own start and limit. A form to fit: in the printed constants that circulate the signs inside the "
    "exponents were reconstructed from a rendering, so that none are given here.",
)

LAWS = (LUDZIEJEWSKI,)
