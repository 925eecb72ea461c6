"""Merge the stores of several machines into a new one: each run once, everything that differs named."""

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..corpora.token_files import check_data, open_data
from ..errors import FailureError, MisuseError, ScalingLawsError, StoreError, argument, counted
from ..records.arguments import checked
from ..records.json_values import to_plain, write_json
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..run.run import CHECKPOINT
from ..store.lock import LOCK, TRAINING, held, in_use
from ..store.store import FAILURE, Store, open_store
from .merged_chains import ChainTaken, InStore, chosen_of, in_stores
from .merged_studies import merge_studies

MOST_TOLD = 10  # differing runs that a message lists
OF_A_PROCESS = ("lock", "*.part")  # in the folder of a run
WHILE_TRAINING = (CHECKPOINT, "progress.json", FAILURE)  # what a complete run has no more


@dataclass(frozen=True, eq=False, repr=False)
class Merged(PublicRecord):
    """What was merged.

    Attributes:
        to: the new store. stores: those that it was made of.
        runs: complete runs in it. same: of these, those that several stores had, with the same numbers.
        unfinished: runs that are not complete, which the next launch trains on from their saved states.
        texts: tokenised texts. notes: what differed or was left out, and what was done about it.
    """

    to: str
    stores: tuple[str, ...]
    runs: int
    same: int
    unfinished: int
    texts: int
    notes: tuple[str, ...] = ()

    def blocks(self) -> list[Block]:
        """Give the counts, then the notes."""
        same = f", {self.same} of them in several, with the same numbers" if self.same else ""
        left = f"; {counted(self.unfinished, 'run')} not complete yet" if self.unfinished else ""
        said = f"{self.to}: {counted(self.runs, 'run')} of {len(self.stores)} stores{same}{left}."
        last = f"Repeat its study there for its laws and its page, or see: scalinglaws points {self.to}"
        return [said, *self.notes, last]

    def brief(self) -> dict[str, object]:
        """Give the counts."""
        return {name: getattr(self, name) for name in ("to", "runs", "same", "unfinished", "texts")}

    def rows(self) -> dict[str, Sequence[object]]:
        """Give the folders that were merged."""
        return {"store": self.stores}


@checked
def merge(stores: Sequence[str | Path], to: str | Path, *, take: str | Path | None = None) -> Merged:
    """Merge studies' folders into a new one, which is there completely or not at all; the others stay as they are.

    The same run is recognised by its id, and is taken once. Of a run that is complete in one folder and not in another
    the complete one is taken; of two that are not, the one that is further. The digest of every result and text is
    compared. Results of one id that differ, as those of two kinds of processor may, stop the merge.

    Args:
        stores: two folders of studies or more.
        to: the new folder.
        take: one of `stores`, whose chains of runs are taken where results differ.

    Raises:
        FailureError: results of one id differ, or a process trains in one of the folders.
        StoreError: a folder is not a store, a result or text is damaged in every folder that has it, `to` exists, or
            it cannot be written.
    """
    to, places = Path(to), [Path(one) for one in stores]
    _require_apart(places, to)
    opened = [open_store(place) for place in places]
    preferred = _preferred(opened, take)
    with ExitStack() as quiet:
        for store in opened:
            quiet.enter_context(_nobody_trains(store))
        chains = [chosen_of(members, preferred) for members in in_stores(opened).values()]
        _require_same(chains, places)
        with _appearing(to) as place:
            return _written(open_store(place, create=True), to, opened, chains)


def _require_apart(places: list[Path], to: Path):
    if len(places) < 2:
        raise MisuseError("one folder is nothing to merge: give two or more, and a new one for all their runs.")
    real = [place.resolve() for place in places]
    if twice := [str(place) for i, place in enumerate(places) if real[i] in real[:i]]:
        raise MisuseError(f"{twice[0]} is given twice.")
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StoreError(f"{to} exists. Name a new folder: those that are merged stay as they are.")
    if any(place in to.resolve().parents for place in real):
        raise StoreError(f"{to} is in a folder that is merged. Name a folder beside it.")


def _preferred(opened: list[Store], take: str | Path | None) -> Store | None:
    if take is None:
        return None
    for store in opened:
        if store.path.resolve() == Path(take).resolve():
            return store
    known = " or ".join(argument(take=str(store.path)) for store in opened)
    raise MisuseError(f"{argument(take=str(take))} is none of the folders that are merged. Name one: {known}.")


@contextmanager
def _nobody_trains(store: Store) -> Iterator[None]:
    """Hold the lock of a store where it can be written; of one that cannot be, see that nobody else holds it."""
    for folder in (store.path / "runs").glob("*"):
        if in_use(folder / "lock"):
            raise FailureError(f"a process trains {folder.name} in {store.path}. Wait for it, or end it.")
    if not os.access(store.path, os.W_OK):
        if in_use(store.path / LOCK):
            raise FailureError(f"a process is {TRAINING}: {store.path}. Wait for it, or end it.")
        yield
        return
    with held(store.path / LOCK, TRAINING):
        yield


def _require_same(chains: Iterable[ChainTaken], places: Sequence[Path]):
    differ = [one for chain in chains for one in chain.differ]
    if not differ:
        return
    told = "".join(f"\n    {one}" for one in differ[:MOST_TOLD])
    more = f"\n    and {len(differ) - MOST_TOLD} more" if len(differ) > MOST_TOLD else ""
    raise FailureError(
        f"{counted(len(differ), 'run')} of one id with different results; nothing was written:{told}{more}\nTo take "
        f"the chains of one folder where they differ: {argument(take=str(places[0]))}."
    )


@contextmanager
def _appearing(to: Path) -> Iterator[Path]:
    """Give a temporary folder, which is renamed when the block is over, and removed if it fails."""
    beside = to.with_name(f".{to.name}.{secrets.token_hex(4)}.part")
    try:
        beside.mkdir(parents=True)
        yield beside
        os.sync()
        os.rename(beside, to)
    except OSError as failure:
        why = failure.args[0][0][-1] if isinstance(failure, shutil.Error) else failure
        raise StoreError(f"cannot write {to}: {why}. Free some space, or name another folder.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _written(made: Store, to: Path, opened: list[Store], chains: list[ChainTaken]) -> Merged:
    notes = [note for chain in chains for note in chain.notes]
    for chain in chains:
        for run_id, one in chain.runs.items():
            _copy_run(one, made.folder(run_id), to)
            write_json(made.folder(run_id) / "spec.json", to_plain(chain.specs[run_id]))
        for state in chain.states:
            trunk = next(run_id for run_id, spec in chain.specs.items() if spec.is_trunk)
            if not (place := made.folder(trunk) / state.name).exists():
                shutil.copy2(state, place)
    texts = _copy_texts(made, opened, {spec.data for chain in chains for spec in chain.specs.values()})
    notes += merge_studies(made, opened)
    specs = [spec for chain in chains for spec in chain.specs.values()]
    done = len(made.runs_of(specs))  # every result is read again
    same = sum(chain.same for chain in chains)
    return Merged(str(to), tuple(str(one.path) for one in opened), done, same, len(specs) - done, texts, tuple(notes))


def _copy_run(one: InStore, place: Path, to: Path):
    complete = one.run is not None and one.run.spec.steps >= one.spec.steps
    left = shutil.ignore_patterns(*OF_A_PROCESS, *(WHILE_TRAINING if complete else ()))
    shutil.copytree(one.folder, place, symlinks=True, ignore=lambda at, names: left(at, names) if _is(at, one) else [])
    if not complete and (failure := one.store.failure(one.spec.id)):
        log = failure.log.replace(str(one.folder), str(to.resolve() / "runs" / one.spec.id), 1)
        write_json(place / FAILURE, to_plain(replace(failure, log=log)))


def _is(at: str, one: InStore) -> bool:
    return Path(at) == one.folder


def _copy_texts(made: Store, opened: list[Store], wanted: Iterable[str]) -> int:
    """Copy each text once, from the first store in which it is whole; one that no run needs too."""
    problems: dict[str, str] = {}
    for store in opened:
        for folder in sorted(store.data.glob("*/index.json")):
            data_id = folder.parent.name
            if (made.data / data_id).exists():
                continue
            try:
                check_data(open_data(store.data, data_id))
            except ScalingLawsError as problem:
                problems.setdefault(data_id, str(problem))
                continue
            shutil.copytree(folder.parent, made.data / data_id, ignore=shutil.ignore_patterns("*.part"))
    for data_id in sorted(set(wanted) & problems.keys()):
        if not (made.data / data_id).exists():
            raise StoreError(problems[data_id])
    with suppress(OSError):
        return len(os.listdir(made.data))
    return 0
