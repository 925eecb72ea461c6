"""How cost and memory grow with points and with resamples: both linear, memory bounded."""

import resource
import sys
import time

import numpy as np

from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS
from scalinglaws.points.points import Points
from scalinglaws.uncertainty.draws import draws

TRUTH = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}


def made(n: int, seed: int = 0) -> Points:
    """Simulate n runs, sizes and token counts spread at random, noise .003 in ln loss."""
    rng = np.random.default_rng(seed)
    size, data = np.exp(rng.uniform(np.log(1e7), np.log(1e10), n)), np.exp(rng.uniform(np.log(1e9), np.log(1e12), n))
    loss = LAWS["chinchilla"].evaluate(size, data, **TRUTH) * np.exp(0.003 * rng.standard_normal(n))
    return Points({"params_total": size, "tokens": data, "loss_nats": loss})


def peak_gib() -> float:
    """Give the most memory this process has held."""
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kib / 2**20 / (1024 if sys.platform == "darwin" else 1)


def show(done: int, of: int) -> None:
    """Draw a progress bar on standard error."""
    filled = 40 * done // of
    print(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done}/{of}", end="\n" if done == of else "", file=sys.stderr)


def table() -> str:
    """Give CPU seconds and peak memory as points and resamples grow tenfold."""
    lines = ["| task | CPU s | peak GiB |", "| --- | ---: | ---: |"]
    for n in (10_000, 100_000, 1_000_000):
        points = made(n)
        start = time.process_time()
        found = fit("chinchilla", points)
        seconds = time.process_time() - start
        error = abs(found.values["alpha"] - TRUTH["alpha"])
        lines.append(f"| fit of {n:,} points (alpha off by {error:.1e}) | {seconds:.3g} | {peak_gib():.2f} |")
    found = fit("chinchilla", made(100))
    for n in (1_000, 10_000, 100_000):
        start = time.process_time()
        draws(found, draws=n, progress=show)
        lines.append(f"| {n:,} resamples of 100 points | {time.process_time() - start:.3g} | {peak_gib():.2f} |")
    return "\n".join(lines)
