"""Tables of runs made from known laws, for the tests of the frontier."""

import numpy as np
from scipy.optimize import brentq

from scalinglaws.points.points import Points

REFIT = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}  # Besiroglu et al. 2024
SIZE_EXPONENT = REFIT["beta"] / (REFIT["alpha"] + REFIT["beta"])


def additive(params, tokens):
    return REFIT["E"] + REFIT["A"] / params ** REFIT["alpha"] + REFIT["B"] / tokens ** REFIT["beta"]


def best_params(flops):
    ratio = REFIT["alpha"] * REFIT["A"] / (REFIT["beta"] * REFIT["B"])
    return ratio ** (1 / (REFIT["alpha"] + REFIT["beta"])) * (np.asarray(flops) / 6) ** SIZE_EXPONENT


def isoflop(noise=0.0, seed=0, budgets=None, sizes=9, half=8.0, shift=1.0):
    """Sizes from 1/half to half of `shift` times the best, at each budget."""
    budgets = np.geomspace(1e18, 1e21, 6) if budgets is None else budgets
    flops = np.repeat(budgets, sizes)
    spread = np.tile(np.geomspace(1 / half, half, sizes), len(budgets))
    drift = np.repeat(np.geomspace(1 / shift, shift, len(budgets)), sizes)
    params = best_params(flops) * spread * drift
    tokens = flops / 6 / params
    loss = additive(params, tokens) * np.exp(noise * np.random.default_rng(seed).standard_normal(len(params)))
    run = [str(i) for i in range(len(params))]
    return Points({"params_total": params, "tokens": tokens, "flops": flops, "loss_nats": loss, "run_id": run})


def learning_curves(noise=0.0, seed=0, sizes=None, ratios=None, seeds=1):
    """One curve a size; half of the noise's variance belongs to the run, half to each point."""
    rng = np.random.default_rng(seed)
    sizes = np.geomspace(1e6, 1e9, 12) if sizes is None else sizes
    ratios = np.geomspace(1, 1000, 40) if ratios is None else ratios
    columns: dict = {name: [] for name in ("params_total", "tokens", "loss_nats", "run_id", "seed")}
    for size in sizes:
        for number in range(seeds):
            jitter = noise * np.sqrt(0.5) * (rng.standard_normal() + rng.standard_normal(len(ratios)))
            columns["params_total"] += [size] * len(ratios)
            columns["tokens"] += list(size * ratios)
            columns["loss_nats"] += list(additive(size, size * ratios) * np.exp(jitter))
            columns["run_id"] += [f"{size:.3g}-{number}"] * len(ratios)
            columns["seed"] += [number] * len(ratios)
    return Points(columns)


TABLE_3 = {"N_c": 6.5e13, "alpha_N": 0.077, "S_c": 2.1e3, "alpha_S": 0.76, "B_star": 2e8, "alpha_B": 0.21}


def kaplan_loss(params, steps, batch, k=None):
    """Eq 5.6 with S_min of eq 5.4 at the loss itself."""
    k = k or TABLE_3

    def gap(loss):
        critical = k["B_star"] / loss ** (1 / k["alpha_B"])
        least = steps / (1 + critical / batch)
        return (k["N_c"] / params) ** k["alpha_N"] + (k["S_c"] / least) ** k["alpha_S"] - loss

    return brentq(gap, (k["N_c"] / params) ** k["alpha_N"], 1e9, xtol=1e-12)


def kaplan_curves(sizes, steps, batch=2**19):
    """Curves of table 3 at one batch."""
    rows = [(size, step, kaplan_loss(size, step, batch)) for size in sizes for step in steps]
    params, steps, loss = map(np.array, zip(*rows, strict=True))
    return Points(
        {
            "params_nonembedding": params,
            "tokens": batch * steps,
            "steps": steps,
            "loss_nats": loss,
            "batch_tokens": np.full(len(params), float(batch)),
            "run_id": [f"{size:.4g}" for size in params],
        }
    )
