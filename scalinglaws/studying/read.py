"""read(source) -> Points: of a table's file, a data frame, a dictionary of columns, or a study's folder."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import PointsError, counted
from ..points.formats import holds_columns
from ..points.points import Points
from ..points.reading import Imported, read_points
from ..records.arguments import checked
from ..records.ranges import shown
from ..store.store import MARK
from .study_audit import of_a_folder

SHOWN = 3  # rejected rows that a note names


@checked
def read(
    source: object,
    *,
    map: Mapping[str, str] | None = None,
    where: str | None = None,
    unit: Mapping[str, str] | None = None,
    mapping_file: str | Path | None = None,
    need: Iterable[str] = (),
    across: Iterable[str] = (),
    form: str | None = None,
) -> Points:
    """Read points from anything that holds runs.

    Args:
        source: the name of a CSV, TSV, JSON, JSON lines or Parquet file, or an open one; a data frame of pandas or
            polars; a dictionary of columns; the folder of a study; or points, which are given back.
        map: quantity or letter -> column of the table, e.g. {"loss_nats": "val/loss", "N": "params_total"}.
        where: rows to keep, e.g. "tokens > 1e9 and arm == c4".
        unit: quantity -> unit that the table uses, e.g. {"loss": "bits", "params_total": "millions"}.
        mapping_file, need, across, form: as `scalinglaws.read_points` takes them.

    Returns:
        the points. What looks wrong in them stands in their `notes`, and the rows that could not be read in `rejected`,
        each with its line and the reason.

    Raises:
        PointsError: nothing that holds a table, a column missing or not of numbers, or no row left.
    """
    if isinstance(source, Imported):
        source = source.points
    if isinstance(source, Points):
        return source
    if isinstance(source, str | Path) and Path(source).is_dir():
        return _of_a_folder(Path(source))
    if not isinstance(source, str | Path) and not hasattr(source, "read") and not holds_columns(source):
        raise PointsError(
            f"read: source is {shown(source)}; it must be a file's name, an open file, a data frame of pandas or "
            "polars, a dictionary of columns, or a study's folder."
        )
    choices = {"map": map, "where": where, "unit": unit, "mapping_file": mapping_file, "form": form}
    return _with_rejected(read_points(source, need=need, across=across, **choices))


def _with_rejected(found: Imported) -> Points:
    """Say in the notes which rows were left out, so that none is in silence."""
    points = found.points
    if not found.rejected:
        return points
    first = "; ".join(f"line {one.row}: {one.reason}" for one in found.rejected[:SHOWN])
    said = f"{counted(len(found.rejected), 'row')} rejected: {first}{'; ...' * (len(found.rejected) > SHOWN)}"
    return replace(points, notes=(said, *points.notes))


def _of_a_folder(folder: Path) -> Points:
    """Read the runs of a study's folder, or the table of runs that a set of families keeps.

    Raises:
        PointsError: neither is there.
    """
    if (folder / MARK).exists():
        return of_a_folder(folder)[0]
    if (folder / "points.csv").exists():
        return _with_rejected(read_points(folder / "points.csv"))
    raise PointsError(f"{folder} is no study's folder: it holds neither {MARK} nor points.csv. Name a table's file.")
