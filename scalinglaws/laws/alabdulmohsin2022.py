"""Alabdulmohsin et al. 2022, "Revisiting Neural Scaling Laws": M4, a power law that saturates at both ends."""

import numpy as np

from .declaration import Law, Parameter

MOST_STEPS = 60  # of Newton's method; its slope lies between 1 and alpha, so that some ten are enough


def saturating(D, *, E_inf, E_0, alpha, beta, c):
    """Solve (L - E_inf) / (E_0 - L)^alpha = beta D^c for L between E_inf and E_0.

    L = E_inf + (E_0 - E_inf) s with s = 1 / (1 + e^-t): the equation is ln s - alpha ln(1 - s) = aim, increasing in t.
    """
    aim = np.log(beta) + c * np.log(D) - (1 - alpha) * np.log(E_0 - E_inf)
    t = np.where(np.real(aim) < 0, aim, aim / alpha)
    for _ in range(MOST_STEPS):
        share = _logistic(t)
        step = (aim + _softplus(-t) - alpha * _softplus(t)) / ((1 - share) + alpha * share)
        t = t + step
        if not (np.abs(step) > 1e-15 * (1 + np.abs(t))).any():
            break
    share = _logistic(t)
    step = (aim + _softplus(-t) - alpha * _softplus(t)) / ((1 - share) + alpha * share)
    return E_inf + (E_0 - E_inf) * _logistic(t + step)  # the last step carries a complex part exactly


def _softplus(t):
    """ln(1 + e^t) without overflow, for complex t too."""
    above = np.real(t) > 0
    return np.where(above, t, 0) + np.log1p(np.exp(np.where(above, -t, t)))


def _logistic(t):
    return np.exp(-_softplus(-t))


M4 = Law(
    name="m4",
    predicts="loss",
    evaluate=saturating,
    formula="(L - E_inf) / (E_0 - L)^alpha = beta D^c",
    source="Alabdulmohsin et al. 2022 (arXiv 2209.06640), equation of M4",
    parameters=(
        Parameter("E_inf", "nats/token", (0.5, 3.0)),
        Parameter("E_0", "nats/token", (6.0, 15.0)),
        Parameter("alpha", "1", (0.3, 3.0)),
        Parameter("beta", "tokens^-c", (1.0, 1e4)),
        Parameter("c", "1", (-1.0, -0.05), positive=False),
    ),
    convention={"D": "tokens_unique"},
    about="A power law between the loss of random guessing, E_0, and the floor E_inf, solved for the loss by Newton's "
    "method; with alpha = 0 it is E_inf + beta D^c. Its authors choose a law by how well it extrapolates, never by how "
    "well it fits.",
)

LAWS = (M4,)
