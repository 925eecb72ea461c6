"""The public run tables: where they lie, and their rows as points."""

import csv
from functools import cache

from public_tables import DATA

from scalinglaws.points.points import Points

LAW_OF_N_AND_D = ("params_total", "tokens", "loss")
DRAWS = 2  # of a frontier: its exponents do not depend on how many, and no interval is asked for
ISOFLOP = ("run_id", "params_total", "tokens", "flops", "loss")


class TableMissing(Exception):
    """A table is not on this machine."""


@cache
def _all_rows(name: str) -> tuple[dict[str, str], ...]:
    path = DATA / name
    if not path.exists():
        raise TableMissing(f"{name} is not on this machine (SCALINGLAWS_DATA)")
    with open(path, newline="") as file:
        return tuple(csv.DictReader(file))


def rows(name: str, **equal: str) -> list[dict[str, str]]:
    """Read the rows of a table whose columns equal the given texts."""
    return [row for row in _all_rows(name) if all(row[column] == text for column, text in equal.items())]


def points(chosen: list[dict[str, str]], columns: tuple[str, ...] = LAW_OF_N_AND_D) -> Points:
    """Turn columns of rows into points."""
    return Points({column: [row[column] for row in chosen] for column in columns})
