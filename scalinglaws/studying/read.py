"""read(source) -> Points: from a table's file, a data frame, a dictionary of columns, or a study's folder."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import PointsError, counted
from ..formats.in_memory import holds_columns
from ..points.given import Given
from ..points.points import Points
from ..points.reading import Imported, read_points
from ..records.arguments import checked
from ..records.ranges import shown
from ..store.store import MARK
from .study_audit import of_a_folder

WHOLE = b'{"record": "Points"'  # the beginning of points as `to_json` writes them
KEPT = "points.csv"  # the table of a study that is kept without its runs
SHOWN = 3  # maximum number of rejected rows that a note names


@checked
def read(
    source: object,
    *,
    map: Mapping[str, str] | None = None,
    where: str | None = None,
    unit: Mapping[str, str] | None = None,
    given: Given | None = None,
    mapping_file: str | Path | None = None,
    need: Iterable[str] = (),
    across: Iterable[str] = (),
    form: str | None = None,
    keep_rows: str | Iterable[str] = (),
    best_of: Iterable[str] = (),
) -> Points:
    """Read points from any table of runs, and from the logs of trainers.

    Args:
        source: the name of a file (a table as CSV, JSON, Parquet or Excel, a trainer's log, a tracker's export), or
            several names; runs on W&B as "wandb://entity/project"; an open file; a data frame of pandas or polars; a
            dictionary of columns; the folder of a study, or of files; or points, which are returned unchanged.
        map: quantity or letter -> column of the table, e.g. {"loss_nats": "val/loss", "N": "params_total"}.
        where: rows to keep, e.g. "tokens > 1e9 and arm == c4".
        unit: quantity -> unit that the table uses, e.g. {"loss": "bits", "params_total": "millions"}.
        given: facts that the table lacks, of all rows or by run: {"batch_tokens": 524288, "params_total": {"a": 14e6}}.
        mapping_file, need, across, form, keep_rows, best_of: see `scalinglaws.read_points`.

    Returns:
        the points. Their `notes` list what looks wrong in them, and `rejected` lists the rows that could not be read,
        each with its line and the reason.

    Raises:
        PointsError: the source is not a table, a column is missing or not numeric, or no row is left.
    """
    if isinstance(source, Imported):
        source = source.points
    if isinstance(source, Points):
        return source
    named = isinstance(source, str | Path | list | tuple)
    if not named and not hasattr(source, "read") and not holds_columns(source):
        raise PointsError(
            f"read: source is {shown(source)}; it must be a file's name or several, an open file, a data frame of "
            "pandas or polars, a dictionary of columns, or the folder of a study or of files."
        )
    choices: dict[str, Any] = {"map": map, "where": where, "unit": unit, "mapping_file": mapping_file, "form": form}
    choices |= {"given": given, "keep_rows": keep_rows, "best_of": best_of, "need": need, "across": across}
    whole = None if any(choices.values()) else _whole(source)
    return whole or _with_rejected(read_table(source, **choices))


def read_table(source: object, **choices: Any) -> Imported:
    """Read points as `read_points` does; the folder of a study is the table of its runs.

    Args:
        source: as of `read_points`, or the folder of a study, trained or kept (with its points.csv).
        choices: as of `read_points`.
    """
    folder = Path(source) if isinstance(source, str | Path) else None
    if folder and (folder / MARK).exists():
        points = of_a_folder(folder)[0]
        if not any(choices.values()):
            return Imported(points, notes=points.notes, form="study")
        found = read_points(dict(points.columns), **choices)
        return replace(found, points=replace(found.points, source=points.source), form="study")
    if folder and (folder / KEPT).exists():
        return read_points(folder / KEPT, **choices)
    return read_points(source, **choices)


def _whole(source: object) -> Points | None:
    """Read points that were written whole, as JSON; None for any other source."""
    if not isinstance(source, str | Path) or not Path(source).is_file():
        return None
    with Path(source).open("rb") as file:
        if file.read(len(WHOLE)) != WHOLE:
            return None
    return Points.from_json(Path(source).read_text(encoding="utf-8"))


def _with_rejected(found: Imported) -> Points:
    """Add a note on the rows that were rejected, so that none is left out silently."""
    points = found.points
    if not found.rejected:
        return points
    first = "; ".join(f"line {one.row}: {one.reason}" for one in found.rejected[:SHOWN])
    said = f"{counted(len(found.rejected), 'row')} rejected: {first}{'; ...' * (len(found.rejected) > SHOWN)}"
    return replace(points, notes=(said, *points.notes))
