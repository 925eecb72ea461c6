"""Coverage of a floor where each setting has two seeds and a law misses both by as much.

    python benchmarks/intervals/seeds.py --sets 150

Henighan's law of the data with a floor of 1.6, two seeds at each of 5 or 8 horizons, noise of 0.1% between seeds and a
misfit of 0, 0.1 or 0.3% that the seeds of a horizon share; sandwich intervals, runs alone and as `draws` takes them.
One CPU minute.
"""

import argparse

import numpy as np

from scalinglaws.fitting.fit import fit
from scalinglaws.points.points import Points
from scalinglaws.uncertainty.draws import METHODS, draws

FLOOR, D_0, ALPHA, NOISE = 1.6, 9000.0, 0.8, 0.001


def table(settings: int, shared: float, seed: int) -> Points:
    """Make two runs at each horizon."""
    rng, tokens = np.random.default_rng(seed), np.repeat(np.geomspace(6e4, 1e6, settings), 2)
    noise = NOISE * rng.standard_normal(2 * settings) + shared * np.repeat(rng.standard_normal(settings), 2)
    return Points({"tokens": tokens, "loss_nats": (FLOOR + (D_0 / tokens) ** ALPHA) * np.exp(noise)})


def covered(settings: int, shared: float, sets: int) -> tuple[float, float, float, float]:
    """Give the shares that hold the floor and the median widths: runs one by one, and seeds together."""
    ends = []
    for seed in range(sets):
        found = fit("henighan-d", table(settings, shared, seed))
        made = METHODS["sandwich"](found, 200, 0, None), draws(found, method="sandwich", draws=200)
        ends.append([one.interval()["L_inf"] for one in made])
    low, high = np.moveaxis(np.array(ends), 2, 0)
    return *((low <= FLOOR) & (high >= FLOOR)).mean(axis=0), *np.median(high - low, axis=0)


def main() -> None:
    """Print a row per number of settings and misfit."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--sets", type=int, default=150)
    sets = asked.parse_args().sets
    print("| horizons | shared misfit | one by one: held, width | together: held, width |\n| --- | --- | --- | --- |")
    for settings in (5, 8):
        for shared in (0.0, 0.001, 0.003):
            alone, both, narrow, wide = covered(settings, shared, sets)
            print(f"| {settings} | {shared:.1%} | {alone:.2f}, {narrow:.3f} | {both:.2f}, {wide:.3f} |", flush=True)


if __name__ == "__main__":
    main()
