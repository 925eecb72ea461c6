"""What an audit of 240 rows costs, as a multiple of one fit with 2,000 draws of its intervals, in one process.

    python benchmarks/audit_cost.py

Both are measured in CPU seconds, the least of three.
"""

import os
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before numpy is loaded

import numpy as np  # noqa: E402

from scalinglaws import Points, audit, draws, fit  # noqa: E402


def table(rows: int = 240, seed: int = 0) -> Points:
    """Make runs of Hoffmann's law: eight sizes, thirty ratios of tokens to parameters, 0.5% noise."""
    rng = np.random.default_rng(seed)
    params, ratio = (side.ravel() for side in np.meshgrid(np.geomspace(1e7, 3e9, 8), np.geomspace(2, 200, rows // 8)))
    tokens = params * ratio
    loss = (1.69 + 406.4 / params**0.34 + 410.7 / tokens**0.28) * np.exp(0.005 * rng.standard_normal(params.size))
    return Points(
        {"params_total": params, "tokens": tokens, "loss_nats": loss, "run_id": [f"r{i}" for i in range(rows)]}
    )


def least(work, times: int = 3) -> float:
    """Give the least CPU time of a few, in seconds."""
    found = []
    for _ in range(times):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


if __name__ == "__main__":
    points = table()
    interval = least(lambda: draws(fit("chinchilla", points), draws=2000))
    whole = least(lambda: audit(points))
    print(f"audit {whole:.2f} CPU s; fit with 2,000 draws {interval:.2f} CPU s; ratio {whole / interval:.1f}")
