"""Parquet and Arrow files -> documents, by the column that contains their text; read by polars."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import CorpusError
from .text_in_json import encoded, evident_field, wrong_field

TABLES = (".parquet", ".pq", ".arrow", ".feather")
ARROW_FILE = b"ARROW1"  # an Arrow file begins with this; a stream, as Hugging Face's datasets are saved, does not


def documents_of_table(path: Path, kind: str, content: bytes | None, field: str) -> Iterator[bytes]:
    """Return the text of each row, in their order; a missing text is empty.

    Args:
        kind: one of `TABLES`.
        content: what is in the file, where it was compressed; None to read it from its path.
        field: the column with the text; empty for the obvious one.

    Raises:
        CorpusError: it is no such file, it lacks the column, the column is not text, or polars is not installed.
    """
    try:
        import polars
    except ImportError:
        raise CorpusError(f"reading {kind} files needs the package polars: pip install 'scalinglaws[table]'.") from None
    read = _reader(polars, path, kind, content)
    try:
        first = read(n_rows=1)
        text = (polars.String, polars.Categorical, polars.Enum)
        fields = {name: str(values[0] or "") if len(values) else "" for name, values in first.to_dict().items()}
        record = {name: value if first[name].dtype in text else None for name, value in fields.items()}
        field = field or evident_field(path, "its table", record)
        if record.get(field) is None:
            raise wrong_field(path, "its table", field, record)
        column = read(columns=[field])[field]
    except (polars.exceptions.PolarsError, OSError, ValueError) as problem:
        raise CorpusError(f"{path} cannot be read as {kind[1:]}: {_line(problem)}. Name other files.") from None
    return texts_of(path, column.cast(polars.String).to_list())


def texts_of(path: Path | str, values: Iterable[str | None]) -> Iterator[bytes]:
    """Return the text of each row of a column.

    Raises:
        CorpusError: a text cannot be UTF-8, or contains the character 0.
    """
    return (encoded(path, f"row {number}", value or "") for number, value in enumerate(values, 1))


def _reader(polars, path: Path, kind: str, content: bytes | None):
    def read(**how):
        source = path if content is None else io.BytesIO(content)
        if kind in (".parquet", ".pq"):
            return polars.read_parquet(source, **how)
        if _begins_with(path, content, ARROW_FILE):
            return polars.read_ipc(source, **how)
        return polars.read_ipc_stream(source, **how)

    return read


def _begins_with(path: Path, content: bytes | None, mark: bytes) -> bool:
    if content is not None:
        return content.startswith(mark)
    with open(path, "rb") as file:
        return file.read(len(mark)) == mark


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split())[:200]
