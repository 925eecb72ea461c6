"""Measure how often the default 95% interval holds the truth with few runs: one to four more than the parameters.

    python benchmarks/intervals/few.py [SETS]

Seeded as run.py; prints one table. SETS data sets per cell, 200 by default; a few minutes of one core.
"""

import os
import sys

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
import simulate  # noqa: E402
from cells import Cell, measure  # noqa: E402
from tables import in_print  # noqa: E402

from scalinglaws.points.points import Points  # noqa: E402

GRIDS = {6: (2, 3), 7: (2, 4), 8: (2, 4), 9: (3, 3), 12: (3, 4)}  # runs -> budgets, sizes a budget
NOISES = ("sd .003", "sd .01")


def runs(n: int, noise, rng: np.random.Generator) -> Points:
    """One data set: the last n runs of a small isoFLOP grid."""
    params, tokens = (column[-n:] for column in simulate.grid(*GRIDS[n]))
    loss = simulate.RIGHT.loss(params, tokens) * np.exp(noise(rng, 6 * params * tokens))
    return Points({"params_total": params, "tokens": tokens, "loss_nats": loss})


def main() -> None:
    """Measure and print."""
    sets = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    np.seterr(all="ignore")
    targets = ("alpha", "E", "loss 10x", "loss 100x", "N* 10x", "run 10x", "run 100x")
    print(f"{sets} data sets per cell\n\n| runs, noise | {' | '.join(targets)} |\n|{' --- |' * (len(targets) + 1)}")
    for n in GRIDS:
        for name in NOISES:
            noise = simulate.NOISES[name]
            cell = Cell(f"{n} runs, {name}", lambda rng, n=n, f=noise: runs(n, f, rng), noise, methods=("pairs",))
            found = measure(cell, sets, 0).summary()["pairs"]
            print(f"| {in_print(cell.name)} | {' | '.join(f'{found[one][0]:.3f}' for one in targets)} |", flush=True)


if __name__ == "__main__":
    main()
