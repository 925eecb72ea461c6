"""MLflow's stores: a folder `mlruns`, or the SQLite file that a tracking server writes."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ..errors import PointsError
from .raw import Raw, columns_of

STATUS = {"1": "running", "2": "scheduled", "3": "finished", "4": "failed", "5": "killed"}


def is_mlflow_folder(folder: Path) -> bool:
    """Say whether a folder is an `mlruns`, an experiment in it, or a run."""
    return any(folder.glob("metrics")) or any(folder.glob("*/metrics")) or any(folder.glob("*/*/metrics"))


def read_mlflow_folder(folder: Path) -> Raw:
    """Read the runs of a folder: a row for each run and step, its metrics and parameters in columns.

    Raises:
        PointsError: no metric was logged.
    """
    runs = sorted({path.parent for depth in ("", "*/", "*/*/") for path in folder.glob(f"{depth}metrics")})
    records = [record for run in runs for record in _of_run(run)]
    return _raw(records, folder, "folder of MLflow")


def _of_run(run: Path) -> Iterator[dict]:
    of_run = {"run_id": _line(run / "tags" / "mlflow.runName") or run.name, "outcome": _status(run)}
    of_run |= {path.relative_to(run / "params").as_posix(): _line(path) for path in _files(run / "params")}
    steps: dict[int, dict] = {}
    for path in _files(run / "metrics"):
        key = path.relative_to(run / "metrics").as_posix()
        for line in path.read_text(encoding="utf-8").splitlines():
            _, value, *step = line.split()
            steps.setdefault(int(step[0]) if step else 0, {})[key] = float(value)
    return ({**of_run, "steps": step, **values} for step, values in sorted(steps.items()))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _line(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""


def _status(run: Path) -> str:
    for line in _line(run / "meta.yaml").splitlines():
        if line.startswith("status:"):
            return STATUS.get(line.split(":")[1].strip(), line.split(":")[1].strip().lower())
    return ""


def read_mlflow_database(path: Path) -> Raw:
    """Read the runs of MLflow's SQLite file.

    Raises:
        PointsError: it is another database, or broken.
    """
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            runs = {row[0]: row for row in database.execute("SELECT run_uuid, name, status FROM runs")}
            params = list(database.execute("SELECT run_uuid, key, value FROM params"))
            metrics = list(database.execute("SELECT run_uuid, step, key, value FROM metrics WHERE is_nan = 0"))
    except sqlite3.Error as failure:
        raise PointsError(f"{path} is a database, and none of MLflow: {failure}.") from None
    of_run = {uuid: {"run_id": name or uuid, "outcome": status.lower()} for uuid, name, status in runs.values()}
    for uuid, key, value in params:
        of_run[uuid][key] = value
    rows: dict[tuple[str, int], dict] = {}
    for uuid, step, key, value in metrics:
        rows.setdefault((uuid, step), {})[key] = value
    records = [{**of_run[uuid], "steps": step, **values} for (uuid, step), values in sorted(rows.items())]
    return _raw(records, path, "database of MLflow")


def _raw(records: list[dict], source: Path, form: str) -> Raw:
    if not records:
        raise PointsError(f"{source} is a {form} without a logged metric.")
    return Raw(columns_of(records), list(range(1, len(records) + 1)), form=form)
