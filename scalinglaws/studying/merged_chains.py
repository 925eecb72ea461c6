"""The runs that several stores have of one chain: which are the same, which differ, and whose are taken."""

import json
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import StoreError
from ..run.run import CHECKPOINT, ID, Run, RunSpec, together
from ..run.trainer import IN_FOLDER
from ..store.store import Store
from .same_numbers import differing

MADE_BY = ("scalinglaws", "torch", "engine", "device", "trainer", "machine")  # of a run's provenance, where they stand
MOST_HEADER_BYTES = 2**27  # of a saved state


@dataclass(frozen=True)
class InStore:
    """A run in one of the stores.

    Attributes:
        run: its results, if it is complete; `broken`: why they cannot be read.
        step: up to which its state is saved, if it is not complete.
    """

    store: Store
    spec: RunSpec
    run: Run | None
    step: int
    broken: str = ""

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.store.folder(self.spec.id)

    @property
    def place(self) -> tuple[int, int]:
        """How much of it is there: steps that are complete, else steps that are saved."""
        return (self.run.spec.steps if self.run else 0), self.step


@dataclass
class ChainTaken:
    """What is taken of one chain: where each run comes from, which differ, and what a reader should know."""

    runs: dict[str, InStore] = field(default_factory=dict)
    specs: dict[str, RunSpec] = field(default_factory=dict)
    same: int = 0
    states: list[Path] = field(default_factory=list)
    differ: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def in_stores(stores: Iterable[Store]) -> dict[str, dict[str, list[InStore]]]:
    """List the runs of all stores: id of the chain -> id of the run -> where it is.

    Raises:
        StoreError: a folder holds another run than its name says.
    """
    found: dict[str, dict[str, list[InStore]]] = {}
    for store in stores:
        names = {name: run_id for run_id, name in store.earlier.items()}
        for folder in sorted((store.path / "runs").glob("*")):
            run_id = names.get(folder.name, folder.name)
            if ID.fullmatch(run_id) and (one := _read(store, run_id)):
                found.setdefault(one.spec.lineage, {}).setdefault(run_id, []).append(one)
    return found


def _read(store: Store, run_id: str) -> InStore | None:
    folder, run, broken = store.folder(run_id), None, ""
    if (folder / "run.json").exists():
        try:
            (run,) = store.runs_in([folder])
        except StoreError as problem:
            broken = str(problem)
    if (folder / "spec.json").exists():
        spec = store.spec(run_id)
    elif run:
        spec = run.spec
    else:
        return None
    if spec.id != run_id:
        raise StoreError(
            f"{folder / 'spec.json'} is that of another run, {spec.id}: it was changed. Delete the folder {folder}; "
            "the run is trained again, with the same result."
        )
    told = store.progress(run_id) if (folder / IN_FOLDER).exists() else None
    return InStore(store, spec, run, max(step_of(folder / CHECKPOINT), told[0] if told else 0), broken)


def step_of(state: Path) -> int:
    """The step of a saved state, from the head of its file; 0 if there is none that can be read."""
    try:
        with open(state, "rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            head = json.loads(file.read(min(size, MOST_HEADER_BYTES)))
        return int(json.loads(head["__metadata__"]["notes"])["step"])
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return 0


def chosen_of(members: Mapping[str, Sequence[InStore]], take: Store | None) -> ChainTaken:
    """Choose where each run of a chain comes from.

    A complete run is taken before one that is not, and of those that are not the one that is furthest. Where results
    differ the whole chain is that of `take`, for a branch belongs to the trunk from whose state it started.

    Raises:
        StoreError: the results of a run cannot be read in any store that has them.
    """
    found = ChainTaken()
    for run_id, there in members.items():
        sound = [one for one in there if one.run]
        found.same += len(sound) > 1
        for other in sound[1:]:
            if what := _differs(sound[0], other):
                found.differ.append(what)
        broken = [one for one in there if one.broken]
        if broken and not sound:
            raise StoreError(broken[0].broken)
        found.notes += [f"{one.folder} is damaged; that of {sound[0].store.path} is taken." for one in broken]
        found.runs[run_id] = max((one for one in there if not one.broken), key=lambda one: one.place)
        found.specs[run_id] = together(one.spec for one in there)[0]
        found.notes += _other_commands(run_id, there)
    taken = {run_id: one for run_id, there in members.items() for one in there if take and one.store.path == take.path}
    if found.differ and taken and not any(one.broken for one in taken.values()):
        return _all_of(taken, members, found)
    found.states = _states(found, members)
    return found


def _differs(one: InStore, other: InStore) -> str:
    assert one.run and other.run
    what = differing(one.run, other.run)
    told = " and ".join(f"{_result(each.run)} in {each.store.path} ({_maker(each.run)})" for each in (one, other))
    return f"{one.spec.id} differs ({what}): {told}" if what else ""


def _result(run: Run | None) -> str:
    assert run
    if run.final is None:
        return run.outcome
    return f"{run.outcome} at {run.final.loss_nats:.6f}"


def _maker(run: Run | None) -> str:
    assert run
    return ", ".join(f"{name} {run.provenance[name]}" for name in MADE_BY if name in run.provenance) or "maker unknown"


def _other_commands(run_id: str, there: Sequence[InStore]) -> list[str]:
    commands = list(dict.fromkeys(one.spec.trainer.command for one in there if one.spec.trainer))
    if len(commands) < 2:
        return []
    return [f"{run_id}: one name stands for {len(commands)} commands of a trainer; kept is: {commands[0]}"]


def _all_of(taken: dict[str, InStore], members: Mapping[str, Sequence[InStore]], found: ChainTaken) -> ChainTaken:
    """Take the chain of one store; runs that only others have go with other results, and are left out."""
    alone = sorted(members.keys() - taken.keys())
    left = [f"{run_id} is left out: its chain differs, and {_path(taken)} does not have it." for run_id in alone]
    told = [f"{one}. That of {_path(taken)} is taken." for one in found.differ]
    specs = {run_id: one.spec for run_id, one in taken.items()}
    states = [path for one in taken.values() for path in one.folder.glob("state-*.safetensors")]
    return ChainTaken(taken, specs, found.same, states, [], [*found.notes, *told, *left])


def _path(taken: Mapping[str, InStore]) -> Path:
    return next(iter(taken.values())).store.path


def _states(found: ChainTaken, members: Mapping[str, Sequence[InStore]]) -> list[Path]:
    """The states of a trunk, from every store whose trunk is complete and the same; those of the chosen one first."""
    states: dict[str, Path] = {}
    for run_id, first in found.runs.items():
        if not first.spec.is_trunk:
            continue
        for one in (first, *(other for other in members[run_id] if other.run and first.run)):
            for path in sorted(one.folder.glob("state-*.safetensors")):
                if step_of(path):
                    states.setdefault(path.name, path)
    return list(states.values())
