"""read_raw(source) -> Raw: find out what holds a table of runs, and read it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import PointsError
from ..records.ranges import shown
from ..records.table_files import NOTES, notes_beside
from .delimited import delimiter_of, read_delimited, without_decimal_commas
from .excel import read_excel
from .in_memory import holds_columns, of_columns
from .large_text import head_of_large, read_large
from .mlflow import is_mlflow_folder, read_mlflow_database, read_mlflow_folder
from .opening import beginning, checked_text, text_of
from .parquet import read_parquet
from .raw import LineOfFile, Raw, Rejected
from .run_folders import METRICS, metric_tables, settings_beside, trainer_states
from .shelf import TEXTS
from .tensorboard_events import event_files, looks_like_events, read_events
from .tracker_charts import of_matrix, of_tensorboard_chart, of_wandb_chart, of_wandb_runs
from .wandb_offline import MARK, read_wandb_files, wandb_files
from .wandb_runs import is_wandb_address, read_wandb_runs

HEAD = 100_000  # characters by which a format is recognised
MARKS = {"csv": ",", "tsv": "\t"}
FORMS = (*MARKS, "parquet", "excel", *(one.name for one in TEXTS))
BINARY = {b"PAR1": read_parquet, b"PK\x03\x04": read_excel, b"SQLite format 3": read_mlflow_database}
ENDINGS = {".parquet": read_parquet, ".pq": read_parquet}
OTHER = {"<": "HTML or XML", "\\": "LaTeX", "- ": "YAML", "---": "YAML"}  # how texts begin that hold tables, too
READ_IN = (".csv", ".tsv", ".tab", ".txt", ".log", ".jsonl", ".ndjson", ".json", ".md", ".parquet", ".pq", ".xlsx")


def read_raw(source: object, form: str | None = None) -> Raw:
    """Read a file, several, a folder, runs on W&B, an open text, or what holds columns: a data frame, a dictionary.

    `form` is one of `FORMS`; by default the beginning of the file says.

    Raises:
        PointsError: no such file, not UTF-8, no header, a column named twice, no rows; or nothing that holds a table.
    """
    if form not in {None, *FORMS}:
        raise PointsError(f"format = {form!r}; it must be one of {', '.join(FORMS)}.")
    if holds_columns(source):
        raw = of_columns(source)
    elif isinstance(source, list | tuple) and source and all(isinstance(one, str | Path) for one in source):
        raw = _several([Path(one) for one in source], form)
    elif hasattr(source, "read"):
        raw = _of_stream(source, form)
    elif isinstance(source, str | Path):
        raw = _of_path(path := Path(source), form)
        raw.source = raw.source or str(source)
        raw.notes = [*(notes_beside(path) if path.is_file() else ()), *raw.notes]
    else:
        raise PointsError(
            f"a table is read from {shown(source)}: give a file's name, an open file, a data frame of pandas or "
            "polars, or a dictionary of columns."
        )
    if not raw.rows:
        wrong = f" The first of {len(raw.rejected)} rejected: {raw.rejected[0].reason}." if raw.rejected else ""
        raise PointsError(f"{raw.source} holds no rows that can be read.{wrong}")
    return raw


def _of_path(path: Path, form: str | None) -> Raw:
    if is_wandb_address(str(path)):
        return read_wandb_runs(str(path))
    if path.is_dir():
        return _of_folder(path, form)
    start = beginning(path)
    reader = next((one for magic, one in BINARY.items() if start.startswith(magic)), ENDINGS.get(path.suffix.lower()))
    if looks_like_events(path):
        return read_events(path)
    if start.startswith(MARK):
        return read_wandb_files([path])
    if reader or form in ("parquet", "excel"):
        return (reader or {"parquet": read_parquet, "excel": read_excel}[form or ""])(path)
    large = _of_large(path, form)
    return _of_charts(large, str(path)) if large else of_text(text_of(path), str(path), form)


def _of_large(path: Path, form: str | None) -> Raw | None:
    """Read a large table of plain delimited text; None for any other file."""
    head = head_of_large(path)
    mark = MARKS.get(form) if form else delimiter_of(head)
    if not head or mark is None or mark == " " or (form is None and any(one.looks(head) for one in TEXTS)):
        return None
    raw = read_large(path, head, mark)
    if raw and mark != ",":
        without_decimal_commas(raw, mark)
    return raw


def _of_stream(source: Any, form: str | None) -> Raw:
    if form in ("parquet", "excel"):
        raise PointsError(f"{form} is not text: give the file by its name, or CSV or JSON lines through the pipe.")
    name = getattr(source, "name", "standard input")
    raw = of_text(checked_text(source.read(), str(name)), str(name), form)
    raw.source = str(name)
    return raw


def of_text(text: str, name: str, form: str | None = None) -> Raw:
    """Read a text of any format on the shelf, or a table of delimited columns.

    Raises:
        PointsError: it is of no format that is known.
    """
    if form in MARKS:
        return read_delimited(text, name, MARKS[form])
    chosen = next((one for one in TEXTS if one.name == form), None)
    known = chosen or next((one for one in TEXTS if one.looks(text[:HEAD])), None)
    if known:
        return known.read(text, name)
    mark = None if text.lstrip()[:1] == "<" else delimiter_of(text[:HEAD])
    if mark is None:
        raise PointsError(_prose(text, name))
    return _of_charts(read_delimited(text, name, mark), name)


def _of_charts(raw: Raw, name: str) -> Raw:
    """Name the rows and columns of a table that is an export of a tracker, or a matrix."""
    return of_matrix(of_wandb_runs(of_wandb_chart(of_tensorboard_chart(raw, name))))


def _prose(text: str, name: str) -> str:
    first = next(line for line in text.splitlines() if line.strip()).strip()
    other = next((form for start, form in OTHER.items() if first.lower().startswith(start)), None)
    if other:
        return f"{name} looks like {other}, which is not read: save its table as CSV, TSV, JSON or Markdown."
    logs = ", ".join(one.name for one in TEXTS if one.name not in ("jsonl", "markdown", "trainer-state"))
    return (
        f"{name} is no table, and no log that is known: its first line is {shown(first[:60])}. A table has a line of "
        f"column names and a line for every point; logs are read of {logs}."
    )


def _of_folder(folder: Path, form: str | None) -> Raw:
    if is_mlflow_folder(folder):
        return read_mlflow_folder(folder)
    if states := trainer_states(folder):  # before the event files that the Trainer also writes, which say less
        return _of_runs(states, form)
    if events := event_files(folder):
        return joined([read_events(paths, run) for run, paths in events.items()])
    if offline := wandb_files(folder):
        return read_wandb_files(offline)
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.suffix.lower() in READ_IN]
    files = [path for path in files if not path.name.endswith(NOTES)]
    tables = metric_tables(folder)
    if tables and {path.name for path in files} <= {METRICS}:
        return _of_runs(tables, form)
    if not files:
        raise PointsError(f"{folder} holds no file that is read: they end in {', '.join(READ_IN)}.")
    return _several(files, form, some=True)


def _of_runs(files: dict[Path, str], form: str | None) -> Raw:
    """Read the logs of several runs, whose names are given, each with the settings beside it."""
    raws = []
    for path, run in files.items():
        raw = _of_path(path, form)
        facts = {name: value for name, value in settings_beside(path).items() if name not in raw.columns}
        raw.columns |= {name: [value] * len(raw.rows) for name, value in (facts | {"run_id": run}).items()}
        raws.append(raw)
    return joined(raws)


def _several(files: list[Path], form: str | None, some: bool = False) -> Raw:
    """Read files as one table; `some`: those that hold no table are left out, unless none does.

    Raises:
        PointsError: a file cannot be read.
    """
    raws, left_out = [], []
    for path in files:
        try:
            raw = _of_path(path, form)
        except PointsError:
            left_out.append(path.name)
            if not some or len(left_out) == len(files):
                raise
            continue
        if not any(name in raw.columns for name in ("run_id", "run", "run_name")):
            raw.columns["run_id"] = [_run_of(path)] * len(raw.rows)
        raws.append(_named(raw, path) if len(files) > 1 else raw)
    found = joined(raws)
    found.notes += [f"left out, as no table or log: {', '.join(left_out)}"] if left_out else []
    found.source = ", ".join(map(str, files[:3])) + (f", ... {len(files)} files" if len(files) > 3 else "")
    return found


def _named(raw: Raw, path: Path) -> Raw:
    """Let the lines of a table name their file."""
    raw.rows = [LineOfFile.of(row, path.name) for row in raw.rows]
    raw.rejected = [Rejected(LineOfFile.of(one.row, path.name), one.reason) for one in raw.rejected]
    return raw


def _run_of(path: Path) -> str:
    """Name a run by its file; by its folder where all trainers call the file the same."""
    return path.parent.name if path.stem in ("metrics", "trainer_state", "log", "train", "history") else path.stem


def joined(raws: Iterable[Raw]) -> Raw:
    """Put tables below one another; a column that one of them lacks is empty there."""
    raws = list(raws)
    names = list(dict.fromkeys(name for raw in raws for name in raw.columns))
    columns = {name: [cell for raw in raws for cell in raw.columns.get(name, [None] * len(raw.rows))] for name in names}
    forms = list(dict.fromkeys(raw.form for raw in raws))
    return Raw(
        columns,
        [row for raw in raws for row in raw.rows],
        [rejected for raw in raws for rejected in raw.rejected],
        form=f"{len(raws)} files: {', '.join(forms)}" if len(raws) > 1 else forms[0],
        notes=list(dict.fromkeys(note for raw in raws for note in raw.notes)),
    )
