"""How often the frontier's 95% interval holds the exponent of the law that made the runs, and what a raw minimum costs.

    python benchmarks/frontier/coverage.py [SETS]

Truth: Besiroglu et al. 2024. Designs: isoFLOP grids, and learning curves with half of the noise's variance common to a
run. Prints for each design and form: bias and sd of the size exponent, mean half-width, coverage, share of sets with an
exponent, and the bias of the loss at the optimum. CPU seconds last. Seeded: SETS sets a design, 100 by default.
"""

import sys
import time

import numpy as np

from scalinglaws.frontiers.frontier import frontier
from scalinglaws.points.points import Points

E, A, B, ALPHA, BETA = 1.8172, 482.01, 2085.43, 0.3478, 0.3658
TRUTH = BETA / (ALPHA + BETA)


def law(params, tokens):
    return E + A / params**ALPHA + B / tokens**BETA


def best(flops):
    return (ALPHA * A / (BETA * B)) ** (1 / (ALPHA + BETA)) * (flops / 6) ** TRUTH


def isoflop(seed, noise, budgets, sizes, half):
    rng = np.random.default_rng(seed)
    flops = np.repeat(budgets, sizes)
    params = best(flops) * np.tile(np.geomspace(1 / half, half, sizes), len(budgets))
    tokens = flops / 6 / params
    loss = law(params, tokens) * np.exp(noise * rng.standard_normal(len(params)))
    return Points({"params_total": params, "tokens": tokens, "loss_nats": loss})


def curves(seed, noise, sizes, ratios):
    rng = np.random.default_rng(seed)
    run = np.repeat(np.arange(len(sizes)), len(ratios))
    params, tokens = np.repeat(sizes, len(ratios)), np.outer(sizes, ratios).ravel()
    common, own = rng.standard_normal(len(sizes))[run], rng.standard_normal(len(run))
    loss = law(params, tokens) * np.exp(noise * np.sqrt(0.5) * (common + own))
    return Points({"params_total": params, "tokens": tokens, "loss_nats": loss, "run_id": [str(r) for r in run]})


GRID, SMALL = np.geomspace(1e18, 1e21, 6), np.geomspace(1e18, 1e20, 5)
WIDE, NARROW = np.geomspace(1, 1000, 30), np.geomspace(2, 200, 24)
DESIGNS = {
    "isoflop 6 x 9, N*/8..8x, noise .003": ("isoflop", lambda s: isoflop(s, 0.003, GRID, 9, 8)),
    "isoflop 6 x 9, N*/8..8x, noise .01": ("isoflop", lambda s: isoflop(s, 0.01, GRID, 9, 8)),
    "isoflop 5 x 6, N*/4..4x, noise .003": ("isoflop", lambda s: isoflop(s, 0.003, SMALL, 6, 4)),
    "curves, 9 sizes, D/N 2..200, noise .003": (
        "envelope",
        lambda s: curves(s, 0.003, np.geomspace(1e7, 3e9, 9), NARROW),
    ),
    "curves, 12 sizes, D/N 1..1000, noise .01": (
        "envelope",
        lambda s: curves(s, 0.01, np.geomspace(1e6, 1e9, 12), WIDE),
    ),
}


def row(method, make, form, sets):
    values, halves, held, losses = [], [], 0, []
    for seed in range(sets):
        found = frontier(method, make(seed), form=form, draws=300, per_decade=6)
        if found.params is None or found.params.exponent.low is None:
            continue
        exponent = found.params.exponent
        values.append(exponent.value)
        halves.append((exponent.high - exponent.low) / 2)
        held += exponent.low <= TRUTH <= exponent.high
        losses += [np.log(b.loss_nats / law(best(b.flops), b.flops / 6 / best(b.flops))) for b in found.optima]
    n = max(len(values), 1)
    return np.mean(values) - TRUTH, np.std(values), np.mean(halves), held / n, n / sets, np.mean(losses)


def main():
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    start = time.process_time()
    print(f"{'design':<42} {'form':<9} {'bias':>8} {'sd':>7} {'half':>7} {'cover':>6} {'found':>6} {'ln L bias':>10}")
    for name, (method, make) in DESIGNS.items():
        for form in ("additive", "parabola"):
            bias, sd, half, cover, found, loss = row(method, make, form, sets)
            print(
                f"{name:<42} {form:<9} {bias:>8.4f} {sd:>7.4f} {half:>7.4f} {cover:>6.2f} {found:>6.2f} {loss:>10.5f}"
            )
    print(f"{sets} sets a design, {time.process_time() - start:.0f} CPU seconds")


if __name__ == "__main__":
    main()
