"""Excel workbooks, read by openpyxl: the first sheet that holds a table."""

import csv
import io
import zipfile
from pathlib import Path

from ..errors import PointsError
from .delimited import read_delimited
from .raw import Raw


def read_excel(path: Path) -> Raw:
    """Read a workbook's first sheet with two filled columns.

    Raises:
        PointsError: openpyxl is not installed, the file is broken, or no sheet holds a table.
    """
    try:
        import openpyxl
    except ImportError:
        raise PointsError("reading Excel needs openpyxl: pip install 'scalinglaws[table]', or save as CSV.") from None
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as failure:  # whatever a broken archive gives
        if held := _held(path):
            raise PointsError(f"{path} is an archive and no workbook: unpack it. It holds {held}.") from None
        raise PointsError(f"{path} cannot be read as an Excel workbook: {failure}.") from None
    for sheet in book.worksheets:
        rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        if any(sum(cell != "" for cell in row) > 1 for row in rows):
            raw = read_delimited(_as_csv(rows), f"{path}, sheet {sheet.title!r}", ",")
            raw.form = f"Excel, sheet {sheet.title!r}"
            return raw
    raise PointsError(f"{path} has no sheet with a table: a line of column names and a line for every point.")


def _held(path: Path) -> str:
    """List what an archive holds that is no workbook; empty for a workbook and for a broken file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return ""
    return "" if any(name.startswith("xl/") for name in names) else ", ".join(names[:4]) or "nothing"


def _as_csv(rows: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
