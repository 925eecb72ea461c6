"""Parquet, read by polars."""

from pathlib import Path
from typing import Any

from ..errors import PointsError
from .large_text import cells_of
from .raw import Raw, cell


def read_parquet(path: Path) -> Raw:
    """Read a Parquet file.

    Raises:
        PointsError: polars is not installed, or the file is broken.
    """
    try:
        import polars
    except ImportError:
        raise PointsError("reading Parquet needs polars: pip install 'scalinglaws[table]', or give CSV.") from None
    try:
        frame = polars.read_parquet(path)
    except (polars.exceptions.PolarsError, OSError) as failure:
        raise PointsError(f"{path} cannot be read as Parquet: {failure}.") from None
    columns: dict[str, Any] = {
        name: cells_of(series) or [cell(value) for value in series.to_list()]
        for name, series in frame.to_dict().items()
    }
    return Raw(columns, range(1, len(frame) + 1), form="Parquet")
