"""The three tables of a set of families, read back as they were written."""

import csv
from pathlib import Path

from ..errors import PointsError
from ..points.points import Points

TABLES = ("points", "curves", "positions")


def read_tables(*places: Path) -> tuple[Points, Points, Points]:
    """Read points.csv, curves.csv and positions.csv of a folder, or the files named in that order.

    All rows are kept, models without layers and runs without a loss too; a missing table is read as an empty one.

    Raises:
        PointsError: there is no table of runs, or a file is no CSV.
    """
    [first, *rest] = places
    files = [first / f"{name}.csv" for name in TABLES] if first.is_dir() else [first, *rest]
    if not files[0].is_file():
        raise PointsError(
            f"{files[0]} does not exist: findings are made from the tables that scalinglaws study leaves for a set of "
            "families. Name its folder, or its points.csv, curves.csv and positions.csv."
        )
    found = [_read(file) if file.is_file() else Points({"run_id": []}) for file in files[: len(TABLES)]]
    runs, curves, positions = found + [Points({"run_id": []})] * (len(TABLES) - len(found))
    return runs, curves, positions


def _read(file: Path) -> Points:
    try:
        with open(file, encoding="utf-8", newline="") as text:
            head, *rows = list(csv.reader(text)) or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        raise PointsError(f"{file} cannot be read as CSV: {failure}.") from None
    if wrong := _not_a_table(head, rows):
        raise PointsError(f"{file} is no table: {wrong}. Let the study write it again.")
    return Points({name: [row[i] for row in rows] for i, name in enumerate(head)}, str(file))


def _not_a_table(head: list[str], rows: list[list[str]]) -> str:
    """Say why rows of cells are no table; empty where they are one."""
    if not head:
        return "is empty"
    ragged = (f"line {line} has {len(row)} cells" for line, row in enumerate(rows, 2) if len(row) != len(head))
    return next((f"{one}, the head {len(head)}" for one in ragged), "")
