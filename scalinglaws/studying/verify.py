"""Verify a study's folder: whether its files are unchanged, and whether its runs give the same numbers again."""

import random
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from ..corpora.token_files import check_data, open_data
from ..designing.design import Sweep, read_sweep
from ..errors import ScalingLawsError, StoreError, StudyError, counted
from ..points.points import Points
from ..records.json_values import from_plain, read_json, read_sealed, to_plain
from ..results.study_results import StudyResults
from ..results.tested import HeldOutTest
from ..run.run import Run, RunSpec
from ..store.store import Store, open_store
from ..training.run_state import check_checkpoint
from ..training.worker import work
from .run_tables import table_of
from .same_numbers import measured

LOST = "its digest is missing, although the release that wrote it writes one: it may have been changed"
Item = TypeVar("Item")


@dataclass(frozen=True)
class Check:
    """One kind of check: how many items were compared, which differ, and which could not be checked."""

    kind: str
    compared: int
    differs: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def text(self) -> str:
        """As a line, followed by one line per item that differs."""
        word = "DIFFERS" if self.differs else "ok" if self.compared else "nothing to compare"
        untold = f"; cannot be checked: {self.unknown[0]}" if self.unknown else ""
        more = f" and {len(self.unknown) - 1} more" if len(self.unknown) > 1 else ""
        return "\n".join(
            [f"{self.kind:<12} {self.compared:>5}  {word}{untold}{more}", *map("    {}".format, self.differs)]
        )


@dataclass(frozen=True)
class Verified:
    """The results of all checks of a folder."""

    checks: tuple[Check, ...]

    @property
    def differs(self) -> bool:
        """Whether any item differs."""
        return any(check.differs for check in self.checks)

    def plain(self) -> dict:
        """As JSON values."""
        return to_plain(self) | {"differs": self.differs}

    def text(self) -> str:
        """One line per kind of check."""
        return "\n".join(check.text() for check in self.checks)


def verify(
    folder: Path,
    *,
    retrain: int = 0,
    seed: int = 0,
    device: str = "cpu",
    say: Callable[[str], None] = lambda text: None,
) -> Verified:
    """Compare the content of a study's folder with the digests, ids and times that were written with it.

    Args:
        retrain: this many runs, drawn at random with `seed`, are trained again in a temporary folder, from their first
            step, and compared bit for bit. Equality is only expected on the same machine and version of PyTorch.

    Raises:
        StoreError: the folder is not a store, or its study has not been designed yet.
    """
    store, sweep = open_store(folder), read_sweep(folder)
    runs, found = _runs(store, sweep)
    states = sorted(folder.glob("runs/*/*.safetensors"))
    texts = sorted({path.parent for name in ("index.json", "*.bin") for path in store.data.glob(f"*/{name}")})
    sealed = bool(found) and all(map(_timed, found))
    checks = [_each("tokens", texts, _tokens, lambda item: sealed), runs]
    checks += [
        _each("states", states, _state, lambda item: sealed),
        _times(found),
        _points(store, sweep, folder),
        _prediction(folder, found, sealed),
    ]
    if retrain:
        checks.append(_trained_again(store, found, retrain, seed, device, say))
    return Verified(tuple(checks))


def _timed(run: Run) -> bool:
    """Whether a run records when it started: every release that writes this also writes digests."""
    return bool(run.provenance.get("started"))


def _each(
    kind: str,
    items: Iterable[Item],
    check: Callable[[Item], bool],
    sealed: Callable[[Item], bool],
    name: Callable[[Item], str] = str,
) -> Check:
    """Combine the checks of many items: `check` returns whether an item has a digest, and raises if the item differs.

    Args:
        sealed: whether the release that wrote an item writes digests: an item without a digest has then lost it.
    """
    compared, differs, unknown = 0, [], []
    for item in items:
        try:
            if check(item):
                compared += 1
            elif sealed(item):
                differs.append(f"{name(item)}: {LOST}")
            else:
                unknown.append(f"{name(item)} has no digest (an earlier release)")
        except (ScalingLawsError, OSError) as problem:
            differs.append(str(problem))
    return Check(kind, compared + len(differs), tuple(differs), tuple(unknown))


def _tokens(folder: Path) -> bool:
    return check_data(open_data(folder.parent, folder.name))


def _state(path: Path) -> bool:
    return check_checkpoint(path)


def _runs(store: Store, sweep: Sweep) -> tuple[Check, list[Run]]:
    """Read every run of the study, and check its digest and that its id belongs to its folder."""
    found: list[Run] = []

    def read(spec: RunSpec) -> bool:
        found.append(store.run(spec))
        return read_sealed(store.folder(spec.id) / "run.json")[1]

    there = [spec for spec in sweep.runs if (store.folder(spec.id) / "run.json").exists()]
    check = _each("runs", there, read, lambda spec: _timed(found[-1]), lambda spec: spec.id)
    lacking = len(sweep.runs) - len(there)
    untold = (f"{counted(lacking, 'run')} not trained yet",) if lacking else ()
    return replace(check, unknown=(*check.unknown, *untold)), found


def _times(runs: list[Run]) -> Check:
    told = [run for run in runs if _timed(run) and run.provenance.get("ended")]
    back = [run.spec.id for run in told if run.provenance["started"] > run.provenance["ended"]]
    differs = tuple(f"run {run_id} ended before it started" for run_id in back)
    lacking = len(runs) - len(told)
    return Check(
        "times",
        len(told),
        differs,
        (f"{counted(lacking, 'run')} without times (an earlier release)",) if lacking else (),
    )


def _points(store: Store, sweep: Sweep, folder: Path) -> Check:
    """Compare the table from which the results were computed with the table of the runs now in the folder."""
    if not (folder / "results.json").exists():
        return Check("points", 0, unknown=("there are no results yet",))
    try:
        kept = from_plain(StudyResults, read_json(folder / "results.json"), "results.json", StoreError).points
        now = table_of(store, sweep)
    except ScalingLawsError as problem:
        return Check("points", 1, (str(problem),))
    if set(kept["run_id"]) != set(now["run_id"]):
        said = f"results.json has {len(kept)} runs, the folder {len(now)}: run the study again"
        return Check("points", 1, (said,))
    shared = [name for name in now.columns if name in kept]
    prints = [Points({name: table[name] for name in shared}).fingerprint for table in (kept, now)]
    differs = (
        () if prints[0] == prints[1] else (f"results.json was made from points {prints[0]}; the runs are {prints[1]}",)
    )
    return Check("points", 1, differs)


def _prediction(folder: Path, runs: list[Run], runs_sealed: bool) -> Check:
    """Check that the predictions are unchanged, were made before their runs, and are those in the results."""
    paths = sorted(folder.glob("prediction*.json"))
    if not paths:
        return Check("prediction", 0, unknown=("there is no prediction",))
    results = folder / "results.json"
    kept = read_json(results) if results.exists() else {}
    told = [one for one in (kept.get("held_out"), *kept.get("also_held_out", ())) if one]
    found = [_of_prediction(path, told, runs, runs_sealed) for path in paths]
    differs, unknown = (tuple(said for one in found for said in one[part]) for part in (0, 1))
    return Check("prediction", len(paths), differs, unknown)


def _of_prediction(path: Path, told: list[dict], runs: list[Run], runs_sealed: bool) -> tuple[list[str], list[str]]:
    """Say in what a prediction differs from what it must be, and what cannot be known of it."""
    try:
        content, sealed = read_sealed(path)
        made = from_plain(HeldOutTest, content, str(path), StoreError)
    except ScalingLawsError as problem:
        return [str(problem)], []
    mine = [run.provenance.get("started", "") for run in runs if run.spec.id in made.run_ids]
    differs = [f"{path.name}: {LOST}"] if runs_sealed and not sealed else []
    unknown = [] if sealed or runs_sealed else [f"{path.name} has no digest (an earlier release)"]
    if made.after_its_runs or (mine and min(mine) and made.predicted_at > min(mine)):
        differs.append(f"written {made.predicted_at}, after its runs had started: it was not made in advance")
    elif mine and not min(mine):
        unknown.append("its runs do not record when they started (an earlier release)")
    same = [one for one in told if one.get("params_nonembedding") == made.params_nonembedding]
    if told and [one.get("predicted") for one in same] != [to_plain(made.predicted)]:
        differs.append("results.json has another prediction: run the study again")
    return differs, unknown


def _trained_again(store: Store, runs: list[Run], count: int, seed: int, device: str, say) -> Check:
    chosen = [run for run in runs if not run.spec.is_trunk]
    if count < 0 or seed < 0:
        raise StudyError(f"retrain is {count} and seed is {seed}: both must be at least 0.")
    picked = random.Random(seed).sample(chosen, min(count, len(chosen)))
    differs = []
    for run in picked:
        say(f"training {run.spec.id} again ...")
        engine = run.provenance.get("engine", "plain")  # earlier releases had no other
        again = _again(run.spec, store, device, "auto" if engine == "compiled" else "plain")
        here, there = measured(again), measured(run)
        if here != there:
            which = next(name for name in here if here[name] != there[name])
            made = f"made by torch {run.provenance.get('torch', '?')}, {engine}, on {run.provenance.get('device', '?')}"
            now = f"now torch {again.provenance['torch']}, {again.provenance['engine']}, on {device}"
            differs.append(f"run {run.spec.id} has a different {which} when it is trained again ({made}, {now})")
    return Check("retrained", len(picked), tuple(differs))


def _again(spec: RunSpec, store: Store, device: str, engine: str) -> Run:
    """Train a run, and the part of its trunk before it, in a temporary folder."""
    with tempfile.TemporaryDirectory() as place:
        other = open_store(Path(place) / "store", create=True)
        for data_id in spec.data_ids:
            shutil.copytree(store.data / data_id, other.data / data_id, dirs_exist_ok=True)
        chain = [spec]
        if spec.parent:
            steps: dict[str, Any] = {"tokens": spec.tokens_at(spec.first_step), "branch_at": (spec.first_step,)}
            chain = [replace(spec, schedule="constant", parent="", **steps), spec]
        for one in chain:
            other.ask(one)
        work(other, [one.id for one in chain], device=device, engine=engine)
        return other.run(spec)
