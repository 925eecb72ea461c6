"""Runs of several arms made from a Chinchilla law, with a planted difference."""

import numpy as np
from fit_tables import EPOCH

from scalinglaws.laws import LAWS
from scalinglaws.points.points import Points


def arms(n=40, noise=0.004, seed=0, names=("base", "other"), multiplier=1.0, checkpoints=1, **own) -> Points:
    """Make n runs an arm, D/N from 5 to 100.

    Args:
        multiplier: how many times the compute every arm but the first needs for the same loss.
        checkpoints: points a run, which share a run's error.
        own: constants of every arm but the first; a sequence gives each of these its own.
    """
    rng = np.random.default_rng(seed)
    columns = {name: [] for name in ("params_total", "tokens", "loss_nats", "arm", "run_id")}
    for i, name in enumerate(names):
        size = np.repeat(np.exp(rng.uniform(np.log(2e7), np.log(2e9), n)), checkpoints)
        data = size * np.exp(rng.uniform(np.log(5), np.log(100), len(size)))
        error = np.repeat(rng.standard_normal(n), checkpoints) + 0.3 * rng.standard_normal(len(size))
        error = error if checkpoints > 1 else rng.standard_normal(n)
        less = np.sqrt(multiplier) if i else 1.0  # L(N/s, D/s): every loss costs s^2 times the compute
        constants = EPOCH | {k: v[i - 1] if np.ndim(v) else v for k, v in own.items() if i}
        loss = LAWS["chinchilla"].evaluate(size / less, data / less, **constants) * np.exp(noise * error)
        made = (size, data, loss, [name] * len(size), [f"{name} {k // checkpoints}" for k in range(len(size))])
        for column, values in zip(columns, made, strict=True):
            columns[column].extend(values)
    return Points(columns)
