"""Every public table of runs through one command: rows in, points, rows that take part, and what was said.

SCALINGLAWS_DATA=FOLDER python benchmarks/door/real.py [--width 160]
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from public_tables import DATA, TABLES
from traps import spoken


def main() -> None:
    """Print the command for each table, its counts, and a line for everything that was said."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=160, help="characters of a line that are printed")
    width = parser.parse_args().width
    for table in TABLES:
        lines = len(table.read_text(encoding="utf-8").splitlines()) - 1
        code, said = spoken("import", table, "--json")
        print(f"scalinglaws import {table.name}")
        if code:
            print(f"  exit {code}: {said.strip().replace(f'{DATA}/', '')}"[:width])
            continue
        found = json.loads(said)
        print(f"  {lines} rows, {found['points']} points, {found['points'] - found['excluded']} take part")
        for note in found["notes"]:
            print(f"  {note}"[:width])


if __name__ == "__main__":
    main()
