"""Print what the fit engine costs, beside its rivals, and how it scales.

    python benchmarks/fit/run.py shared/data/runs/chinchilla_epoch.csv

The table of points is the public digitisation of the Chinchilla runs (Besiroglu et al. 2024). Times are CPU seconds of
this process on one thread. Install the package chinchilla beside this one to have it in the table.
"""

import argparse
import os
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before numpy is loaded: CPU seconds of one thread

import rivals  # noqa: E402
import scale  # noqa: E402


def main() -> None:
    """Parse, time, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("points", type=Path, help="chinchilla_epoch.csv")
    parser.add_argument("--starts", type=int, default=60, help="starts of the rival's grid to time (of 4500)")
    parser.add_argument("--resamples", type=int, default=40, help="rival's resamples to time (of 4000)")
    parser.add_argument("--no-scale", action="store_true", help="leave out the million points")
    asked = parser.parse_args()
    rivals.table(asked.points, asked.starts, asked.resamples)
    if not asked.no_scale:
        print()
        scale.table()


if __name__ == "__main__":
    main()
