"""Simulated studies in which Chinchilla's law is exactly true: what the default costs there.

The error is that of the law's own loss; what is held is one new run, with its noise.
"""

from functools import partial

import numpy as np
from methods import by_prior, by_scipy
from scores import markdown

from scalinglaws.predicting.origins import Origin, PastStudy
from scalinglaws.predicting.prior import field_prior

SETS, NOISE = 100, 0.003
BESIROGLU = (1.8172, 482.01, 2085.43, 0.3478, 0.3658)
SMALL = (0.5, 16.0, 40.0, 0.10, 0.16)  # exponents as small as in Kaplan et al. 2020
DESIGNS = {"isoFLOP, 35 runs": (5, 7), "isoFLOP, 12 runs": (3, 4)}


def simulated() -> str:
    """Forecast a compute-optimal run at 10 and at 100 times the largest compute."""
    rows = []
    for truth_name, truth in {"Besiroglu et al. 2024": BESIROGLU, "exponents 0.10, 0.16": SMALL}.items():
        for name, (budgets, sizes) in DESIGNS.items():
            rng = np.random.default_rng(0)
            sets = [_set(rng, truth, budgets, sizes) for _ in range(SETS)]
            default = np.array([_scored(one, truth, partial(by_prior, field_prior())) for one in sets])
            plain = np.array([_scored(one, truth, by_scipy) for one in sets])
            held, half = (" / ".join(f"{mean:.2f}" for mean in default.mean(axis=0)[:, i]) for i in (1, 2))
            rows.append([truth_name, name, held, _errors(default), half, _errors(plain)])
    head = ["truth", "design", "held at 10x / 100x", "default: error % at 10x / 100x", "half-width %"]
    head.append("least squares: error %")
    return markdown(head, rows)


def loss(truth, N, D):
    """Give Chinchilla's law."""
    E, A, B, alpha, beta = truth
    return E + A / N**alpha + B / D**beta


def best_size(truth, compute):
    """Give the size of least loss at C = 6 N D."""
    _, A, B, alpha, beta = truth
    return (alpha * A / (beta * B)) ** (1 / (alpha + beta)) * (compute / 6) ** (beta / (alpha + beta))


def _set(rng: np.random.Generator, truth, budgets: int, sizes: int) -> Origin:
    compute = np.repeat(np.geomspace(1e18, 1e21, budgets), sizes)
    N = np.tile(np.geomspace(1 / 4, 4, sizes), budgets) * best_size(BESIROGLU, compute)
    D = compute / 6 / N
    measured = loss(truth, N, D) * np.exp(NOISE * rng.standard_normal(len(N)))
    larger = np.array([1e22, 1e23])
    size = best_size(BESIROGLU, larger)
    target = loss(truth, size, larger / 6 / size) * np.exp(NOISE * rng.standard_normal(2))
    return Origin(
        PastStudy("simulated", "simulated", N, D, measured),
        PastStudy("simulated", "simulated", size, larger / 6 / size, target),
        larger / 1e21,
    )


def _scored(one: Origin, truth, answer) -> np.ndarray:
    """Give error, whether the new run is held, and the half-width in percent, of each target: (targets, 3)."""
    value, low, high = answer(one)
    measured = np.log(one.asked.loss)
    exact = np.log(loss(truth, one.asked.N, one.asked.D))
    return np.stack([exact - value, (low <= measured) & (measured <= high), 50 * (high - low)], axis=1)


def _errors(found: np.ndarray) -> str:
    return " / ".join(f"{100 * one:.2f}" for one in np.sqrt((found[:, :, 0] ** 2).mean(axis=0)))
