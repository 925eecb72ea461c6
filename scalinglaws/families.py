"""A set of families of runs, end to end: text, sweeps, training, and the tables of what was measured."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .corpora.tokenise import tokenise
from .design import Sweep, lay_out
from .errors import RunsFailedError
from .executors.local import Local
from .importers.writing import write_points
from .launch import Progress, launch
from .points import Points
from .readings import curve_table, position_table, run_table
from .records import to_plain, write_json
from .settings import Families, Study
from .store import Store, open_store


@dataclass(frozen=True)
class Measured:
    """The tables of a set of families: a row a run, a row an evaluation, a row a place in the context."""

    runs: Points
    curves: Points
    positions: Points


def measure(
    asked: Families,
    to: Path,
    *,
    data_dir: Path | None = None,
    device: str = "cpu",
    tell: Callable[[Progress], None] = lambda progress: None,
    say: Callable[[str], None] = lambda text: None,
) -> Measured:
    """Train every family of a set in one folder, or go on with it; families share the runs that they have in common.

    The tables are written after each family: runs.csv, curves.csv and positions.csv.

    Raises:
        MisuseError: a study, its text or the folder cannot be used so; nothing is trained.
        RunsFailedError: a training process failed; what is done is kept.
    """
    store = open_store(to, create=True)
    sweeps = {}
    for study in asked.studies:
        data = tokenise(study.corpus, study.tokenizer, store.data, data_dir=data_dir)
        sweeps[study.name] = lay_out(study, data, store.data, data_dir)
    write_json(store.path / "families.json", {"name": asked.name, "families": [to_plain(s) for s in asked.studies]})
    write_json(store.path / "sweep.json", to_plain(joined(asked.name, sweeps)))
    measured = None
    for study in asked.studies:
        _train(study, sweeps[study.name], store, device, tell, say)
        measured = _tables(asked.name, store, sweeps)
    return measured


def joined(name: str, sweeps: dict[str, Sweep]) -> Sweep:
    """Put the sweeps of several families together, each run once."""
    runs = dict.fromkeys(run for sweep in sweeps.values() for run in sweep.runs)
    left_out = {run_id: reason for sweep in sweeps.values() for run_id, reason in sweep.left_out.items()}
    return Sweep(name, tuple(runs), left_out=left_out)


def _train(study: Study, sweep: Sweep, store: Store, device: str, tell, say):
    lacking = sum(not store.has(spec.id) for spec in sweep.runs)
    say(f"{study.name}: {len(sweep.runs) - lacking} of {len(sweep.runs)} runs are there. {study.about}")
    if not lacking:
        return
    failures = launch(sweep, store, Local(study.processes or os.cpu_count() or 1), device=device, tell=tell)
    if failures:
        raise RunsFailedError(
            f"{len(failures)} of {len(sweep.chains)} chains of runs of {study.name} failed; the first says why in "
            f"{failures[0].log}. Mend that, and type the same command: what is done is kept."
        )


def _tables(name: str, store: Store, sweeps: dict[str, Sweep]) -> Measured:
    members: dict[str, list[str]] = {}
    for family, sweep in sweeps.items():
        for spec in sweep.runs:
            members.setdefault(spec.id, []).append(family)
    runs = [run for run in store.runs() if run.spec.id in members]
    left_out = joined(name, sweeps).left_out
    found = Measured(
        run_table(runs, {run_id: " ".join(names) for run_id, names in members.items()}, left_out, name),
        curve_table(runs),
        position_table(runs),
    )
    for table in ("runs", "curves", "positions"):
        write_points(getattr(found, table), store.path / f"{table}.csv")
    return found
