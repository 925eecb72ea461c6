"""A folder of training runs, each written completely or not at all."""

import os
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import NameUnknownError, StoreError, nearest
from ..records.json_values import (
    finite,
    from_plain,
    read_hint,
    read_json,
    read_sealed,
    to_plain,
    write_hint,
    write_json,
    write_sealed,
)
from ..run.run import CHECKPOINT, FINISHED, ID, Run, RunSpec
from .lock import LOCK, TRAINING, Holder, held, holder_of, in_use

FAILURE = "failure.json"
VERSION = 2
MARK = "store.json"
READ = (1, VERSION)  # readable versions; in the first, every field of a run was part of its folder's name, even paths


@dataclass(frozen=True)
class FailedRun:
    """Why an attempt at a run failed: a class, a sentence, the path of the log, and the lines of it that say most."""

    run_id: str
    kind: str
    sentence: str
    log: str
    lines: str


@dataclass(frozen=True)
class Store:
    """A folder: store.json, runs/ID/{spec,run,progress,failure}.json, checkpoints of runs in progress, and data/.

    `earlier` maps the present ids of runs to the names of their folders, in a store of the first version.
    """

    path: Path
    earlier: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def data(self) -> Path:
        """Folder of tokenised text."""
        return self.path / "data"

    def folder(self, run_id: str) -> Path:
        """Folder of one run.

        Raises:
            StoreError: this is not the id of a run.
        """
        if not ID.fullmatch(run_id):
            raise StoreError(f"{run_id!r:.60} is not the id of a run, such as L2-d16-0123456789ab.")
        return self.path / "runs" / self.earlier.get(run_id, run_id)

    def ask(self, spec: RunSpec):
        """Write the specification of a run, so that a worker can find it by its id.

        That of a trunk may be extended, and a trainer of one's own may have moved.
        """
        path = self.folder(spec.id) / "spec.json"
        if not path.exists() or ((spec.is_trunk or spec.trainer) and self.spec(spec.id) != spec):
            write_json(path, to_plain(spec))

    def spec(self, run_id: str) -> RunSpec:
        """The specification of a run."""
        path = self.folder(run_id) / "spec.json"
        if not path.exists():
            if path.parent.is_dir():
                raise StoreError(
                    f"the folder {path.parent} has no spec.json, which says what is asked of the run. If the study "
                    f"lists it, the next launch writes it again: scalinglaws launch {shlex.quote(str(self.path))}"
                )
            known = [folder.name for folder in (self.path / "runs").glob("*") if (folder / "spec.json").exists()]
            raise NameUnknownError(f"the store {self.path} has no run {run_id!r}.{nearest(run_id, known)}")
        return from_plain(RunSpec, read_json(path), str(path), StoreError)

    def has(self, spec: RunSpec) -> bool:
        """Whether a run is complete; a trunk, whether it is complete to the horizon of `spec`."""
        path = self.folder(spec.id) / "run.json"
        if not spec.is_trunk or not path.exists():
            return path.exists()
        kept = self._kept(path)
        return kept.outcome != FINISHED or kept.spec.steps >= spec.steps

    def run(self, spec: RunSpec) -> Run:
        """The results of a run, with `spec` as its specification; of a trunk, only up to the horizon of `spec`."""
        kept = self._kept(self.folder(spec.id) / "run.json")
        curve = tuple(e for e in kept.curve if e.step <= spec.steps) if spec.is_trunk else kept.curve
        return replace(kept, spec=spec, curve=curve)

    def runs_of(self, specs: Iterable[RunSpec]) -> list[Run]:
        """The results of these runs, in their order; runs that are not complete are left out."""
        return [self.run(spec) for spec in specs if self.has(spec)]

    def runs(self) -> list[Run]:
        """The results of all runs in the folder, in the order of the folders' names."""
        return self.runs_in(path.parent for path in sorted((self.path / "runs").glob("*/run.json")))

    def runs_in(self, folders: Iterable[Path]) -> list[Run]:
        """The results of the runs in these folders, each a complete one."""
        return [self._kept(folder / "run.json") for folder in folders]

    def tell(self, run_id: str, step: int, loss: float | None):
        """Write how far a run is, and its last training loss if it has one."""
        write_hint(self.folder(run_id) / "progress.json", [step, None if loss is None else finite(loss)])

    def progress(self, run_id: str) -> tuple[int, float | None] | None:
        """The last reported step of a run and its last training loss; None if nothing readable was reported."""
        match read_hint(self.folder(run_id) / "progress.json"):
            case [int(step), float() | None as loss]:
                return step, loss
        return None

    def note_failure(self, failure: FailedRun):
        """Write why the last attempt at a run failed."""
        write_hint(self.folder(failure.run_id) / FAILURE, to_plain(failure))

    def failure(self, run_id: str) -> FailedRun | None:
        """Why the last attempt at a run failed; None if it did not, or nothing readable says so."""
        found = read_hint(self.folder(run_id) / FAILURE)
        with suppress(StoreError):
            return from_plain(FailedRun, found, FAILURE, StoreError) if isinstance(found, dict) else None
        return None

    def forget_failure(self, run_id: str):
        """Delete the note of a failure, before the next attempt."""
        (self.folder(run_id) / FAILURE).unlink(missing_ok=True)

    def sent(self, run_id: str) -> dict[str, int]:
        """Up to which step each tracker has a complete run, by the tracker's name."""
        found = read_hint(self.folder(run_id) / "sent.json")
        return found if isinstance(found, dict) else {}

    def note_sent(self, spec: RunSpec, trackers: Iterable[str]):
        """Write that trackers have a complete run."""
        if names := tuple(trackers):
            write_hint(self.folder(spec.id) / "sent.json", self.sent(spec.id) | dict.fromkeys(names, spec.steps))

    def is_sent(self, spec: RunSpec, trackers: Iterable[str]) -> bool:
        """Whether each of these trackers has a complete run; a trunk, whether it has it to the horizon of `spec`."""
        sent = self.sent(spec.id)
        return all(sent.get(name, -1) >= spec.steps for name in trackers)

    def is_held(self, spec: RunSpec) -> bool:
        """Whether a running process is training the chain of a run."""
        return in_use(self.folder(spec.lineage) / "lock")

    def holder(self, spec: RunSpec) -> Holder | None:
        """The process that trains the chain of a run, or that died while it did."""
        return holder_of(self.folder(spec.lineage) / "lock")

    def keep(self, run: Run):
        """Save the results of a run, then delete its checkpoint and its progress file."""
        folder = self.folder(run.spec.id)
        write_sealed(folder / "run.json", to_plain(run))
        for name in (CHECKPOINT, "progress.json", FAILURE):
            (folder / name).unlink(missing_ok=True)

    def _kept(self, path: Path) -> Run:
        try:
            run = from_plain(Run, read_sealed(path)[0], str(path), StoreError)
            if path.parent != self.folder(run.spec.id) and path.parent.name != run.spec.first_id:
                raise StoreError(f"{path} belongs to another run, {run.spec.id}.")
        except StoreError as problem:
            raise StoreError(
                f"{problem} Delete the folder {path.parent} and repeat the study or launch command: the run is trained "
                "again, with the same result."
            ) from None
        return run


def open_store(path: Path | str, *, create: bool = False) -> Store:
    """Open a store.

    Raises:
        StoreError: the folder is not a store, is a store of another version, is not writable, or its runs are not
            readable.
    """
    path = Path(path)
    mark = path / MARK
    if not mark.exists():
        if not create:
            raise StoreError(f"{path} is not a store: it has no store.json. Name the folder that a study wrote.")
        if _used(path) and not mark.exists():  # another process may have made it by now
            raise StoreError(f"{path} exists and is not a store. Name a new or an empty folder.")
        write_json(mark, to_plain(_Mark(VERSION)))
    version = from_plain(_Mark, read_json(mark), str(mark), StoreError).version
    if version not in READ:
        raise StoreError(
            f"{path} is a store of version {version}; this release reads versions {READ[0]} to {READ[-1]}. "
            f"Use the release that made it, or start a new folder."
        )
    try:
        os.scandir(path / "runs").close()
    except FileNotFoundError:
        pass  # nothing was trained yet
    except OSError as failure:
        raise StoreError(
            f"{path / 'runs'} cannot be read: {failure.strerror}. It must be a folder that you may read."
        ) from None
    return Store(path, {} if version == VERSION else _earlier(path))


def _used(path: Path) -> bool:
    """Whether something that is no store in the making is there; one look, for another process may remove it."""
    try:
        return any(not name.startswith((LOCK, MARK)) for name in os.listdir(path))
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        return True


@contextmanager
def new_or_kept(path: Path) -> Iterator[Store]:
    """Open or create a store and hold its lock: of processes that start at the same moment, one continues, none waits.

    A store that was created here is removed again if the block fails and left nothing in it. Raises as `open_store`,
    and FailureError if another process works in the folder; then nothing is written.
    """
    before = [there.exists() for there in (path, path / MARK)]
    open_store(path, create=True)
    with held(path / LOCK, TRAINING):
        store = open_store(path, create=True)  # again: the holder before may have failed and removed it
        try:
            yield store
        except Exception:
            with suppress(OSError):  # other processes may add or remove files at this moment
                if not before[1] and {MARK, LOCK}.issuperset(os.listdir(path)):
                    for name in (MARK, LOCK):
                        (path / name).unlink()
                    if not before[0]:
                        path.rmdir()
            raise


@dataclass(frozen=True)
class _Mark:
    """The content of store.json, which marks a folder as a store."""

    version: int


def _earlier(path: Path) -> dict[str, str]:
    """The folders of a store of the first version, by present id; of trunks that now have one id, the longest."""
    found: dict[str, tuple[bool, int, str]] = {}
    for asked in (path / "runs").glob("*/spec.json"):
        spec = from_plain(RunSpec, read_json(asked), str(asked), StoreError)
        place = ((asked.parent / "run.json").exists(), spec.steps, asked.parent.name)
        found[spec.id] = max(place, found.get(spec.id, place))
    return {run_id: name for run_id, (_, _, name) in found.items()}
