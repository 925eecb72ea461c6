"""Try to break the tool: kills, full disks, hostile command lines and expressions, and the tails of random studies.

    python benchmarks/faults/run.py                              all of it
    python benchmarks/faults/run.py --quick                      the part that the default tests run
    python benchmarks/faults/run.py --only kills --only disk     these parts
    python benchmarks/faults/run.py --write README.md            and the table goes into the page

Seeded. Each part is a file beside this one with a function `measure(seed, size)` that gives its `Counts`. What did not
hold is printed on stderr, a line each with what tries it again; the exit status is then 1.
"""

import argparse
import importlib
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before numpy is loaded: matrices here are small

sys.path.append(str(Path(__file__).resolve().parents[1]))

from counts import Counts, Missing  # noqa: E402
from marked_part import place_in, put  # noqa: E402

SHOWN = 20  # lines of a part on what did not hold
# Of each part: its field in `Counts`, and the head of its column.
HEADS = {"tries": "times"} | {name: name for name in ("tracebacks", "hangs", "differing", "miscounted")}
HEADS |= {"untold": "not reported"}
BEGIN, END = "<!-- written by benchmarks/faults/run.py -->", "<!-- end of what it wrote -->"


@dataclass(frozen=True)
class Part:
    """A part: what it tries, and how many times in all and in the default tests."""

    what: str
    size: int
    quick: int


# One line a part, by the name of its file.
PARTS = {
    "kills": Part("kills of 15 kinds while a study trains", 100, 1),
    "disk": Part("faults of the disk while a study trains", 9, 1),
    "placed": Part("faults of 20 kinds on this machine, behind a prefix and not", 40, 1),
    "own": Part("faults of 26 kinds with a trainer of one's own, in three ways", 78, 3),
    "on_slurm": Part("faults of 22 kinds on a Slurm of two nodes", 22, 1),
    "on_ray": Part("faults of 18 kinds on a Ray", 18, 1),
    "lines": Part("hostile command lines, every command", 5000, 20),
    "where": Part("row choices (`--where`), against an oracle", 20_000, 500),
    "tails": Part("random small studies from their runs to their page", 1_000, 1),
}


def main() -> None:
    """Parse, try, print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the sizes of the default tests")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--size", type=int, help="tries of each part, in place of its own number")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="page whose table is replaced as well")
    asked = parser.parse_args()
    counted = {}
    for name in asked.only or PARTS:
        part, start = PARTS[name], time.monotonic()
        size = asked.size or (part.quick if asked.quick else part.size)
        try:
            counted[name] = importlib.import_module(name).measure(asked.seed, size)
        except Missing as why:
            print(f"{name} is left out: {why}", file=sys.stderr, flush=True)
            continue
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
        for line in counted[name].found[:SHOWN]:
            print(f"  {line}", file=sys.stderr, flush=True)
    kept = rows_in(asked.write) if asked.write else {}
    text = table(kept | {PARTS[name].what: row(name, one) for name, one in counted.items()})
    print(text)
    if asked.write:
        write(asked.write, text)
    sys.exit(0 if all(counts.held for counts in counted.values()) else 1)


def row(name: str, counts: Counts) -> str:
    """The row of a part; what a part has nothing of is left empty."""
    numbers = (getattr(counts, field) for field in HEADS)
    cells = ("" if one is None else f"{one:,}" for one in numbers)
    return f"| {PARTS[name].what} | {' | '.join(cells)} |"


def table(rows: Mapping[str, str]) -> str:
    """Lay rows out in the order of the parts."""
    kept = [rows[part.what] for part in PARTS.values() if part.what in rows]
    return "\n".join([f"| tried | {' | '.join(HEADS.values())} |", f"|---|{'--:|' * len(HEADS)}", *kept])


def rows_in(page: Path) -> dict[str, str]:
    """The rows that a page has, by what was tried: those of parts that are not run now are kept."""
    found = place_in(page, BEGIN, END).search(page.read_text(encoding="utf-8"))
    lines = found[0].splitlines() if found else []
    return {line.split(" | ")[0].removeprefix("| "): line for line in lines if line.startswith("| ")}


def write(page: Path, text: str) -> None:
    """Replace what stands between the two marks of a page."""
    put(page, BEGIN, END, text)


if __name__ == "__main__":
    main()
