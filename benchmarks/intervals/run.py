"""Measure how often nominal 95% intervals hold the truth, and print or write the tables.

    python benchmarks/intervals/run.py --quick                          40 data sets a cell, 20 and 60 runs
    python benchmarks/intervals/run.py --full --write docs/coverage.md  400 data sets a cell
    python benchmarks/intervals/run.py --keep FOLDER                    goes on from the data sets measured there

Seeded: data set k of a cell depends on the seed, the cell's name and k alone. A kept folder is of one version of the
engine: empty it after a change. The public Chinchilla table is looked for in SCALINGLAWS_DATA/runs and in
shared/data/runs beside the repository; without it the tables of real runs are left out.
"""

import argparse
import os
import sys
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before numpy is loaded: matrices here are small

sys.path.append(str(Path(__file__).resolve().parents[1]))

import cells  # noqa: E402
import real  # noqa: E402
import simulate  # noqa: E402
import tables  # noqa: E402
from marked_part import put  # noqa: E402

DEFAULT = "pairs"
QUICK_SETS, SETS, FULL_SETS = 40, 100, 400
WORLDS = {
    "the law and the count right": simulate.RIGHT,
    "N shown without embeddings": simulate.MISCOUNTED,
    "terms interact, q = .9": simulate.INTERACTING,
}
BEGIN, END = "<!-- written by benchmarks/intervals/run.py -->", "<!-- end of what it wrote -->"


def main() -> None:
    """Parse, measure, print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help=f"{QUICK_SETS} data sets a cell, without 240 runs")
    size.add_argument("--full", action="store_true", help=f"{FULL_SETS} data sets a cell")
    size.add_argument("--sets", type=int, default=SETS, help=f"data sets a cell ({SETS})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder of measured data sets: gone on from, and added to")
    parser.add_argument("--write", type=Path, help="page whose tables are replaced; printed without it")
    asked = parser.parse_args()
    sets = QUICK_SETS if asked.quick else FULL_SETS if asked.full else asked.sets
    text = report(sets, asked.seed, asked.keep, asked.quick)
    if asked.write:
        write(asked.write, text)
    else:
        print(text)


def report(sets: int, seed: int, folder: Path | None, quick: bool = False) -> str:
    """Measure everything and lay it out."""
    right, curves, worlds = (
        _measured(group, sets, seed, folder, quick)
        for group in (cells.right_cells(), cells.curve_cells(), cells.world_cells(WORLDS))
    )
    error = (0.95 * 0.05 / sets) ** 0.5
    parts = [
        f"{sets} data sets per cell, seed {seed}: coverage is known to +-{error:.3f} (one standard error).",
        "### Which interval",
        tables.by_method(right, DEFAULT),
        "### The default in every cell",
        tables.by_cell(right, DEFAULT),
        "### Checkpoints of one run",
        tables.curves(curves),
        "### When the law or the count is wrong",
        tables.worlds(worlds, DEFAULT),
    ]
    return "\n\n".join(parts + _real_parts())


def _measured(group, sets, seed, folder, quick) -> dict:
    found = {}
    for cell in group:
        if quick and "240 runs" in cell.name:
            continue
        start = time.process_time()
        found[cell.name] = cells.kept(cell, sets, seed, folder)
        print(f"{cell.name}: {time.process_time() - start:.0f} CPU s", file=sys.stderr, flush=True)
    return found


def _real_parts() -> list[str]:
    path = real.table()
    if not path.exists():
        return [f"(The tables of real runs need {path.name}.)"]
    return [
        "### Real runs held out",
        tables.held_out([real.held_out(path, cut) for cut in real.CUTS]),
        "### Five wild points among 245",
        tables.wild({loss: real.moved_by_wild(path, loss) for loss in real.LOSSES}),
    ]


def write(page: Path, text: str, begin: str = BEGIN, end: str = END) -> None:
    """Replace what stands between two marks of a page."""
    put(page, begin, end, text)


if __name__ == "__main__":
    main()
