"""Parquet, read by polars."""

from pathlib import Path

from ..errors import PointsError
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
    columns = {name: [cell(value) for value in values] for name, values in frame.to_dict(as_series=False).items()}
    return Raw(columns, list(range(1, len(frame) + 1)), form="Parquet")
