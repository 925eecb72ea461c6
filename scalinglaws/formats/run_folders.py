"""Folders in which trainers leave a log for every run, called the same in all: which are read, and the runs' names."""

import re
from pathlib import Path
from typing import Any

STATE, METRICS, SETTINGS = "trainer_state.json", "metrics.csv", "hparams.yaml"
_CHECKPOINT = re.compile(r"checkpoint-(\d+)")
_SETTING = re.compile(r"(?P<name>[\w.-]+):\s+(?P<value>[^\s{\[&!|>].*)")


def trainer_states(folder: Path) -> dict[Path, str]:
    """List the states of Hugging Face's Trainer under a folder, one for each run, with the run's name.

    Each checkpoint holds the log of all steps before it. So the last one stands for the run, or the state that was
    saved beside the checkpoints at the end.
    """
    last: dict[Path, tuple[float, Path]] = {}
    for path in sorted(folder.rglob(STATE)):
        found = _CHECKPOINT.fullmatch(path.parent.name)
        run = path.parent.parent if found else path.parent
        step = float(found[1]) if found else float("inf")
        last[run] = max(last.get(run, (-1.0, path)), (step, path))
    return {path: _name(run, folder) for run, (_, path) in last.items()}


def metric_tables(folder: Path) -> dict[Path, str]:
    """List the files metrics.csv of Lightning under a folder, with the names of their runs."""
    return {path: _name(path.parent, folder) for path in sorted(folder.rglob(METRICS))}


def run_of_state(path: Path) -> str:
    """Name the run of one state: its folder, or the one that holds its checkpoint."""
    parent = path.parent.parent if _CHECKPOINT.fullmatch(path.parent.name) else path.parent
    return parent.name or path.stem


def settings_beside(path: Path) -> dict[str, Any]:
    """Read the plain settings of hparams.yaml beside a table of Lightning; nested ones are left out."""
    file = path.parent / SETTINGS
    if not file.is_file():
        return {}
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [match for line in lines if (match := _SETTING.fullmatch(line.rstrip()))]
    return {match["name"]: match["value"].strip("'\"") for match in found if match["value"] not in ("null", "~")}


def _name(run: Path, folder: Path) -> str:
    return run.relative_to(folder).as_posix() if run != folder else folder.resolve().name
