"""Find and remove what a study's folder no longer needs: unfinished files, and on request the states of trunks."""

from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from ..designing.design import Sweep, read_sweep
from ..errors import argument
from ..records.json_values import to_plain
from ..run.run import state_name
from ..store.lock import LOCK, TRAINING, held
from ..store.store import Store, open_store

UNFINISHED = ("*.part", "report/*.part", "runs/*/*.part", "data/.*.part", "data/*/*.part")


@dataclass(frozen=True)
class Leftover:
    """Number of files, and their total size in bytes."""

    files: int
    bytes: int


@dataclass(frozen=True)
class Cleaned:
    """What may be removed from a folder, and whether it was removed.

    Attributes:
        unfinished: files and folders that a killed process did not finish writing.
        states: states of trunks whose branches are all trained; without them an additional horizon requires training
            the trunk again.
        needed: states of trunks from which branches must still start: always kept.
    """

    removed: bool
    unfinished: Leftover
    states: Leftover
    needed: Leftover

    def plain(self) -> dict:
        """As JSON values."""
        return to_plain(self)

    def text(self) -> str:
        """As lines of text."""
        what = {
            self.unfinished: "unfinished files of processes that were killed",
            self.states: "states of trunks: without them, an additional horizon trains the trunk again from its start",
        }
        rows = [f"{_amount(part)}: {words}" for part, words in what.items() if part.files]
        total = Leftover(self.unfinished.files + self.states.files, self.unfinished.bytes + self.states.bytes)
        rows.append(f"{'freed' if self.removed else 'would free'} {_amount(total)}")
        if self.needed.files:
            rows.append(f"kept {_amount(self.needed)}: states from which branches must still start")
        if total.files and not self.removed:
            rows.append(f"nothing was removed: repeat it with {argument(remove=True)}")
        return "\n".join(rows)


def _amount(part: Leftover) -> str:
    return f"{part.bytes:,} bytes in {part.files} file{'s' * (part.files != 1)}"


def clean(folder: Path, *, states: bool = False, remove: bool = False) -> Cleaned:
    """Find what a study's folder does not need, and remove it if `remove` is set.

    Args:
        states: include the saved states of trunks, with which an additional horizon need not train them again.

    Raises:
        StoreError: not a store.
        FailureError: a process is training there, so that unfinished files may be its own.
    """
    store = open_store(folder)
    with held(folder / LOCK, TRAINING):
        unfinished = [path for part in UNFINISHED for path in sorted(folder.glob(part))]
        kept = sorted(folder.glob(f"runs/*/{state_name('*')}"))
        needed = _needed(store, read_sweep(folder)) if (folder / "sweep.json").exists() else set()
        spare = [path for path in kept if states and path not in needed]
        found = Cleaned(remove, _part(unfinished), _part(spare), _part([path for path in kept if path in needed]))
        for path in (*unfinished, *spare) if remove else ():
            rmtree(path) if path.is_dir() else path.unlink()
    return found


def _needed(store: Store, sweep: Sweep) -> set[Path]:
    """The states from which branches of the sweep must still start."""
    lacking = [spec for spec in sweep.runs if spec.parent and not store.has(spec)]
    return {store.folder(spec.lineage) / state_name(spec.first_step) for spec in lacking}


def _part(paths: list[Path]) -> Leftover:
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file()]
    return Leftover(len(files), sum(file.stat().st_size for file in files))
