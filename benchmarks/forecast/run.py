"""How well larger runs are forecast: every table, from every origin, by the default and by what else there is.

    python benchmarks/forecast/run.py [--write docs/forecast.md] [--only tables,pairs,simulated] [--quick]
        [--rivals FOLDER]

No method is tuned on the family on which it is scored: the prior and the band of each family are learnt from the other
families alone. `--quick` leaves out what is slow. `--rivals` names the environment of other packages that
`other_packages.py` makes; those that it lacks are named and left out. Five CPU minutes, with other packages ten.
"""

import argparse
import os
import sys
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

sys.path.append(str(Path(__file__).resolve().parents[1]))

from marked_part import give  # noqa: E402
from methods import METHODS, Method  # noqa: E402
from other_packages import RIVALS  # noqa: E402
from pairs import pairs  # noqa: E402
from scores import Scored, per_family, summary  # noqa: E402
from simulated import simulated  # noqa: E402
from tables import studies  # noqa: E402

END = "<!-- end of what it wrote -->"


def tables(quick: bool, rivals: Path | None = None) -> str:
    """Score every method on every table."""
    known = studies()
    found = [(one.name, scored(one, known)) for one in METHODS if not (quick and one.slow)]
    for one in RIVALS:
        if rivals and one.there(rivals):
            found.append((one.name, one.run(rivals, known)))
        else:
            print(f"{one.name} is not installed: left out", file=sys.stderr)
    return f"{summary(found)}\n\n{per_family(found)}"


def scored(method: Method, known) -> list[Scored]:
    """Forecast from every origin of every table."""
    made = method.run(known)
    print(f"{method.name}: {sum(one.seconds for one in made):.1f} CPU s", file=sys.stderr, flush=True)
    return made


PARTS = {"tables": tables, "pairs": lambda *_: pairs(), "simulated": lambda *_: simulated()}


def main() -> None:
    """Measure what is asked for, and print it or put it into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into the page instead")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas")
    parser.add_argument("--quick", action="store_true", help="leave out slow rivals")
    parser.add_argument("--rivals", type=Path, metavar="FOLDER", help="the environment of other packages")
    asked = parser.parse_args()
    for part in asked.only.split(","):
        text = PARTS[part](asked.quick, asked.rivals)
        give(asked.write, f"<!-- {part}: written by benchmarks/forecast/run.py -->", END, text)


if __name__ == "__main__":
    main()
