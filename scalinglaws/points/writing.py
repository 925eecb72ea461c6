"""Points -> a file, in the format that its ending names, written completely or not at all."""

from pathlib import Path

from ..errors import PointsError
from ..records import table_files
from ..records.arguments import checked
from ..records.json_values import write_whole
from .points import Points


@checked
def write_points(points: Points, path: str | Path) -> None:
    """Write points as CSV, TSV, JSON lines or Parquet, or whole as JSON; completely or not at all.

    A table has the columns, with the reasons of rows that are left out; `scalinglaws.read` gives the same columns back.
    Its notes stand in a file beside it, PATH.notes.json, and are read back with it while the table is unchanged. JSON
    also has the source and the choices, and is read back as equal points. Numbers are written so that
    they read back to the same float64; a missing one is an empty cell (null).

    Raises:
        PointsError: the ending is unknown, or polars is missing for Parquet.
        StoreError: the folder cannot be written to.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        write_whole(path, points.to_json().encode())
    else:
        table_files.write_table(points.columns, path, PointsError, points.notes)


def as_csv(points: Points, delimiter: str = ",") -> str:
    """Write points as the text of a CSV table; a missing number is an empty cell."""
    return table_files.as_csv(points.columns, delimiter)
