"""What the folder of a study that was disturbed and then finished says of itself: each thing once, and no more."""

from collections import Counter
from pathlib import Path

from scalinglaws.launching.watch import hours_of, used_in
from scalinglaws.store.attempts import HOUR, attempts_in, used
from scalinglaws.store.lock import LOCK, in_use
from scalinglaws.store.points_of_runs import points_of
from scalinglaws.store.store import Store, open_store
from scalinglaws.studying.status import status

SLACK_SECONDS = 1.5  # the start of an attempt is noted to the second


def miscounted(folder: Path, wall: float, most: float) -> list[str]:
    """Say what was lost or counted twice, a line each.

    Args:
        wall: seconds that all launches into the folder took. most: seconds that its processes can have taken in all.
    """
    store = open_store(folder)
    return [*_of_runs(store), *_of_attempts(store), *_of_sums(store, wall, most), *_left(store)]


def _of_runs(store: Store) -> list[str]:
    """Every run is there, once, as a folder and as a row of points."""
    wrong = [f"{run.run_id} is {run.state}" for run in status(store.path).runs if run.step != run.steps]
    ids = Counter(str(one) for one in points_of(store.runs())["run_id"])
    return wrong + [f"{many} points of {one}" for one, many in ids.items() if many != 1]


def _of_attempts(store: Store) -> list[str]:
    """No two attempts at one run ran at the same time, and the record of a run has the sum of its attempts."""
    wrong = []
    for run in store.runs():
        attempts = attempts_in(store.folder(run.spec.id))
        whole, said = used(attempts), run.readings
        if attempts and (said.get("attempts"), said.get("attempts_seconds")) != (whole.attempts, whole.seconds):
            wrong.append(f"{run.spec.id} has {whole.attempts} attempts, and its record counts {said.get('attempts')}")
        if len({(one.host, one.pid, one.began) for one in attempts}) != len(attempts):
            wrong.append(f"an attempt at {run.spec.id} is counted twice")
    return wrong


def _of_sums(store: Store, wall: float, most: float) -> list[str]:
    """The sums that a user reads are those of the runs, and no more than the launches can have used."""
    shown, whole = status(store.path), used_in(store)
    each = sum(run.process_hours for run in shown.runs)
    wrong = []
    if shown.used is None or abs(each - shown.used.process_hours) > 1e-9 * max(1.0, each):
        wrong.append(f"the runs used {each:g} h, and in sum {shown.used}")
    if whole.seconds > most + SLACK_SECONDS:
        wrong.append(f"{whole.seconds:.1f} s of processes are counted, and there were {most:.1f}")
    if hours_of(store) * HOUR > wall + SLACK_SECONDS:
        wrong.append(f"{hours_of(store) * HOUR:.1f} s of launches are counted, and they took {wall:.1f} s")
    return wrong


def _left(store: Store) -> list[str]:
    """Nobody holds a lock any more, and no state or note of a failure is left of a run that is complete."""
    wrong = ["the folder is still locked"] if in_use(store.path / LOCK) else []
    for path in sorted((store.path / "runs").glob("*/run.json")):
        kept = {one.name for one in path.parent.iterdir()} & {"failure.json", "progress.json", "checkpoint.safetensors"}
        wrong += [f"{path.parent.name} keeps {name}" for name in sorted(kept)]
    return wrong
