"""Runs that a person left out of a study, each with the reason: in no fit or test, and not trained."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..designing.design import Sweep, read_sweep
from ..errors import MisuseError, NameUnknownError, StoreError, argument, counted, nearest
from ..records.json_values import from_plain, read_json, to_plain, utc_now, write_json
from ..store.lock import LOCK, TRAINING, held
from ..store.store import Store, open_store
from .run_tables import FAMILIES
from .taking_part import BY_HAND

EXCLUDED = "excluded.json"  # in a study's folder


@dataclass(frozen=True)
class Exclusion:
    """Why a run is left out, and since when."""

    because: str
    since: str


def excluded(folder: Path) -> dict[str, Exclusion]:
    """Read the runs that are left out by hand: id -> why."""
    path = folder / EXCLUDED
    if not path.exists():
        return {}
    return {name: from_plain(Exclusion, one, str(path), StoreError) for name, one in read_json(path, dict).items()}


def without_excluded(sweep: Sweep, store: Store) -> Sweep:
    """Leave runs out of a sweep: a complete one takes part in no fit and no test, another is not trained."""
    found = excluded(store.path)
    gone = {spec.id for spec in sweep.runs if spec.id in found and not store.has(spec)}
    kept = [spec for spec in sweep.runs if spec.id not in gone]
    branches = {spec.lineage for spec in kept if spec.parent}
    runs = tuple(spec for spec in kept if not spec.is_trunk or spec.id in branches)
    asked = {spec.id for spec in sweep.runs} & found.keys()
    reasons = {run_id: f"{BY_HAND}{found[run_id].because}" for run_id in sorted(asked)}
    return replace(
        sweep,
        runs=runs,
        held_out=tuple(run_id for run_id in sweep.held_out if run_id not in found),
        left_out=sweep.left_out | reasons,
    )


def exclude(folder: Path, run_ids: Sequence[str], because: str | None = None, *, undo: bool = False) -> str:
    """Leave runs out of a study, with a reason, or take them in again; say what holds then.

    Raises:
        MisuseError: there is no reason, or the folder is that of a set of families.
        NameUnknownError: the study has no such run, or it is not left out.
        FailureError: a process trains in the folder.
    """
    store, sweep = open_store(folder), read_sweep(folder)
    if (folder / FAMILIES).exists():
        raise MisuseError(f"{folder} is a set of families, whose claims count every run: leave it out of a table.")
    found = excluded(folder)
    if not undo and not (because or "").strip():
        raise MisuseError(f"a run is left out for a reason: {argument(because='a node with a broken GPU')}.")
    known = {*found} if undo else {spec.id for spec in sweep.runs if not spec.is_trunk} | {*found}
    for run_id in run_ids:
        if run_id not in known:
            what = "is not left out of" if undo else "is no run with an end of"
            raise NameUnknownError(f"{run_id} {what} {folder}.{nearest(run_id, known)}")
    with held(folder / LOCK, TRAINING):
        for run_id in run_ids:
            if undo:
                del found[run_id]
            else:
                found[run_id] = Exclusion(" ".join((because or "").split()), utc_now())
        write_json(folder / EXCLUDED, {run_id: to_plain(one) for run_id, one in found.items()})
        left = {run_id: why for run_id, why in sweep.left_out.items() if not why.startswith(BY_HAND)}
        write_json(folder / "sweep.json", to_plain(without_excluded(replace(sweep, left_out=left), store)))
    return _told(folder, found)


def _told(folder: Path, found: dict[str, Exclusion]) -> str:
    lines = [f"{run_id}: {one.because} (since {one.since})" for run_id, one in found.items()]
    head = f"{counted(len(found), 'run')} left out of {folder} by hand"
    return "\n".join([head, *lines, "Repeat the study's command for the laws without them; no run is trained again."])
