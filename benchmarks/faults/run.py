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
from dataclasses import dataclass
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # before numpy is loaded: matrices here are small

sys.path.append(str(Path(__file__).resolve().parents[1]))

from counts import Counts  # noqa: E402
from marked_part import put  # noqa: E402

SHOWN = 20  # lines of a part on what did not hold
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
        counted[name] = importlib.import_module(name).measure(asked.seed, size)
        print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
        for line in counted[name].found[:SHOWN]:
            print(f"  {line}", file=sys.stderr, flush=True)
    text = table(counted)
    print(text)
    if asked.write:
        write(asked.write, text)
    sys.exit(0 if all(counts.held for counts in counted.values()) else 1)


def table(counted: dict[str, Counts]) -> str:
    """Lay the counts out, a row a part."""
    rows = [
        f"| {PARTS[name].what} | {c.tries:,} | {c.tracebacks} | {c.hangs} | {c.differing} |"
        for name, c in counted.items()
    ]
    return "\n".join(["| tried | times | tracebacks | hangs | differing |", "|---|--:|--:|--:|--:|", *rows])


def write(page: Path, text: str) -> None:
    """Replace what stands between the two marks of a page."""
    put(page, BEGIN, END, text)


if __name__ == "__main__":
    main()
