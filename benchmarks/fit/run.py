"""Measure what the fit engine costs, beside its rivals, and how it scales: the tables of docs/speed.md.

    python benchmarks/fit/run.py shared/data/runs/chinchilla_epoch.csv --write docs/speed.md

The table of points is the public digitisation of the Chinchilla runs (Besiroglu et al. 2024). Times are CPU seconds of
this process on one thread. Install the packages autograd and chinchilla beside this one to have them in the table.
Prints the tables, or puts them between the two marks of a page.
"""

import argparse
import os
import sys
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before numpy is loaded: CPU seconds of one thread

sys.path.append(str(Path(__file__).resolve().parents[1]))

import rivals  # noqa: E402
import scale  # noqa: E402
from marked_part import give, place_in  # noqa: E402

BEGIN, END = "<!-- written by benchmarks/fit/run.py -->", "<!-- end of what it wrote -->"


def main() -> None:
    """Parse, time, print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("points", type=Path, help="chinchilla_epoch.csv")
    parser.add_argument("--starts", type=int, default=60, help="starts of the rival's grid to time (of 4500)")
    parser.add_argument("--resamples", type=int, default=40, help="rival's resamples to time (of 4000)")
    parser.add_argument("--no-scale", action="store_true", help="leave out the million points")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into the page instead")
    asked = parser.parse_args()
    if asked.write:
        place_in(asked.write, BEGIN, END)
    parts = ["### Time", rivals.table(asked.points, asked.starts, asked.resamples)]
    if not asked.no_scale:
        parts += ["### Growth", scale.table()]
    text = "\n\n".join(parts)
    give(asked.write, BEGIN, END, text)


if __name__ == "__main__":
    main()
