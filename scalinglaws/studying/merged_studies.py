"""What several studies' folders say of their studies, in one folder: the runs of all, predictions, forecasts."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..designing.design import Sweep, read_sweep
from ..errors import counted
from ..launching.watch import LAUNCHES
from ..predicting.ledger import NAME as LEDGER
from ..records.json_values import read_hint, read_json, to_plain, write_hint, write_json
from ..run.run import together
from ..store.store import Store
from .excluded_runs import EXCLUDED, Exclusion, excluded, without_excluded
from .family_sweeps import Family, read_families
from .run_tables import FAMILIES


def merge_studies(made: Store, stores: Sequence[Store]) -> list[str]:
    """Write the sweep of all runs, the study, its families, predictions and ledgers; say what differs.

    Results, tables and pages are not taken: they are those of a part of the runs, and are made again in a moment.
    """
    sweeps = [read_sweep(store.path) for store in stores if (store.path / "sweep.json").exists()]
    notes = []
    if sweeps:
        merged = joined_sweep(sweeps)
        write_json(made.path / "sweep.json", to_plain(merged))
        if mixed := sorted(
            {run.id for one in sweeps for run in one.runs if run.id not in one.held_out} & {*merged.held_out}
        ):
            notes.append(f"{len(mixed)} runs are held out in one folder and not in another; all are: {mixed[0]} ...")
    families: dict[str, Family] = {}
    for store in stores:
        for name, family in read_families(store).items():
            other = families.get(name)
            families[name] = Family(other.study, joined_sweep([other.sweep, family.sweep])) if other else family
    if families:
        write_json(made.path / FAMILIES, to_plain(families))
    for name in ("seconds.json", LAUNCHES):
        seconds = [number for store in stores if isinstance(number := read_hint(store.path / name), float)]
        if seconds:
            write_hint(made.path / name, sum(seconds))
    return [
        *notes,
        *_exclusions(made, stores),
        *_study(made, stores),
        *_predictions(made, stores),
        *_ledgers(made, stores),
    ]


def joined_sweep(sweeps: Sequence[Sweep]) -> Sweep:
    """Combine sweeps, each run once; a run that one of them holds out is held out."""
    runs = together(run for one in sweeps for run in one.runs)
    held_out = tuple(dict.fromkeys(run_id for one in sweeps for run_id in one.held_out))
    left_out: dict[str, str] = {}
    test_tokens: dict[str, int] = {}
    for one in reversed(sweeps):
        left_out |= one.left_out
        test_tokens |= one.test_tokens
    return Sweep(sweeps[0].name, runs, held_out, left_out, test_tokens)


def _exclusions(made: Store, stores: Sequence[Store]) -> list[str]:
    """Leave out of the new folder what one of them leaves out by hand, for the reason that was given first."""
    found: dict[str, Exclusion] = {}
    for store in stores:
        for run_id, one in excluded(store.path).items():
            found[run_id] = min(found.get(run_id, one), one, key=lambda each: each.since)
    if not found:
        return []
    write_json(made.path / EXCLUDED, {run_id: to_plain(one) for run_id, one in found.items()})
    sweep = read_sweep(made.path) if (made.path / "sweep.json").exists() else None
    if sweep:
        write_json(made.path / "sweep.json", to_plain(without_excluded(sweep, made)))
    told = "; ".join(f"{run_id}: {one.because}" for run_id, one in found.items())
    return [f"{counted(len(found), 'run')} left out by hand in one of the folders, and here too. {told}."]


def _study(made: Store, stores: Sequence[Store]) -> list[str]:
    found = [(path, read_json(path, dict)) for store in stores if (path := store.path / "study.json").exists()]
    if not found:
        return []
    first, settings = found[0]
    shutil.copy2(first, made.path / "study.json")
    keys = sorted({key for _, other in found for key in {*settings, *other} if _of(other, key) != _of(settings, key)})
    if not keys:
        return []
    return [
        f"the studies differ in {', '.join(keys)}: study.json is that of {first.parent}, and the sweep has the runs of "
        "all of them."
    ]


def _of(settings: dict[str, Any], key: str) -> Any:
    return settings.get(key)


def _predictions(made: Store, stores: Sequence[Store]) -> list[str]:
    """Keep of each predicted size the prediction that was made first."""
    first: dict[str, tuple[str, Path]] = {}
    for store in stores:
        for path in sorted(store.path.glob("prediction*.json")):
            at = str(read_json(path, dict).get("predicted_at", ""))
            first[path.name] = min(first.get(path.name, (at, path)), (at, path), key=lambda one: one[0])
    for name, (_, path) in first.items():
        shutil.copy2(path, made.path / name)
    several = [
        name
        for name in first
        if len({(store.path / name).read_bytes() for store in stores if (store.path / name).exists()}) > 1
    ]
    return [f"{name} is that of {first[name][1].parent}, which was made first." for name in several]


def _ledgers(made: Store, stores: Sequence[Store]) -> list[str]:
    """Keep every ledger as it is, for each is a chain of digests: the first as that of the new folder."""
    found = [path for store in stores if (path := store.path / LEDGER).exists()]
    names = [LEDGER, *(f"ledger-{i}.jsonl" for i in range(2, len(found) + 1))]
    kept: dict[bytes, str] = {}
    for path in found:
        if (content := path.read_bytes()) not in kept:
            kept[content] = names[len(kept)]
            shutil.copy2(path, made.path / kept[content])
    return [f"{name} is the ledger of another of the folders." for name in list(kept.values())[1:]]
