"""Train runs by a trainer of one's own, one after the other, and write each into the store."""

import math
import platform
import shutil
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from ...errors import FailureError
from ...records.json_values import read_hint, utc_now, write_hint, write_json
from ...run.run import Run, RunSpec
from ...run.trainer import EACH_FOLDER, IN_FOLDER, RUN_FILE, Trainer
from ...run.trainer import RESULT as RESULT_FILE
from ...store.lock import held
from ...store.store import FailedRun, Store
from ..interrupted import CannotWrite, Interrupted, Killed
from ..metered import NONE, Gpus, metered, readings_of
from ..without_trunk import ended_with
from .agreement import disagreements
from .ends import ASKED, BUG, DISK, KILLED, MEMORY, RESULT, End, end_of, quoted
from .process import TAIL_BYTES, run_command, tail
from .result import LOG, Reported, read_result
from .run_made import run_of

LOCK_SECONDS = 90.0  # longer than a holder on a machine that was lost counts as alive
SETTINGS = ("PYTHONUNBUFFERED=1",)  # of the trainer: its log is read while it runs
FIRST_BYTES = 1 << 20  # of the log of an attempt, in which its first traceback is looked for
ATTEMPTS = "attempts.json"  # in the folder of a run: seconds of the attempts that were interrupted
Call = Callable[[Mapping[str, object], Path], object]  # a Python function as trainer: what is asked, its folder


@dataclass(frozen=True)
class _How:
    """When to stop, the function where the trainer is one, and the lock that is held while it trains."""

    stop: Callable[[], bool]
    call: Call | None
    lock: int | None


@dataclass(frozen=True)
class _Attempt:
    """One start of the trainer for a run, whose batch is cut into `parts`."""

    store: Store
    spec: RunSpec
    trainer: Trainer
    again: bool
    parts: int

    @property
    def folder(self) -> Path:
        return self.store.folder(self.spec.id) / IN_FOLDER

    @property
    def log(self) -> Path:
        return self.folder / LOG

    @property
    def trunk(self) -> Path | None:
        return self.store.folder(self.spec.lineage) / IN_FOLDER if self.spec.parent else None


def work(
    store: Store,
    run_ids: Sequence[str],
    *,
    stop: Callable[[], bool] = lambda: False,
    call: Call | None = None,
    gpus: Gpus = NONE,
):
    """Train those of the named runs that are not complete.

    A finished run is never started again. One that was interrupted goes on where the trainer has words for that, else
    from its beginning, in an empty folder.

    Args:
        stop: called several times a second; when it returns true, the trainer is asked to end.
        call: the function, where the trainer is one.
        gpus: those that a run holds; by default as many as the trainer says.

    Raises:
        FailureError: another process holds the lock of a chain, or the trainer failed; the sentence says how.
        Interrupted: `stop` returned true.
        Killed: the trainer was ended from outside.
        CannotWrite: the trainer could not write its files.
    """
    specs = [store.spec(run_id) for run_id in run_ids]
    for lineage, alike in groupby(specs, key=lambda spec: spec.lineage):
        with held(store.folder(lineage) / "lock", f"training {lineage}", patience=LOCK_SECONDS) as lease:
            for spec in alike:
                if not store.has(spec):
                    how = _How(lease.or_lost(stop), call, lease.descriptor)
                    store.keep(_without_trunk(spec, store) or _metered(spec, store, how, gpus))


def _metered(spec: RunSpec, store: Store, how: _How, gpus: Gpus) -> Run:
    """Train a run, and note what all attempts at it used."""
    folder = store.folder(spec.id)
    assert spec.trainer
    with metered(folder, Gpus(gpus.number or spec.trainer.gpus, gpus.names)):
        run = _trained(spec, store, how)
    return replace(run, readings=run.readings | readings_of(folder))


def _without_trunk(spec: RunSpec, store: Store) -> Run | None:
    """Return, for a branch whose trunk diverged, a run that diverged too; otherwise None."""
    return ended_with(store.run(store.spec(spec.lineage)), spec) if spec.parent else None


def _trained(spec: RunSpec, store: Store, how: _How) -> Run:
    """Start the trainer, and once more with smaller parts of a batch for as long as its memory is too small."""
    assert spec.trainer
    parts = spec.accumulate
    while True:
        attempt = _Attempt(store, spec, spec.trainer, _goes_on(spec, store), parts)
        store.forget_failure(spec.id)
        try:
            return _attempted(attempt, how)
        except _TooLarge:
            if not _can_be_cut(spec.trainer) or spec.batch % (2 * parts):
                raise FailureError(_failed(attempt, End(MEMORY, _too_large(attempt)))) from None
            parts *= 2


class _TooLarge(Exception):
    """The trainer ran out of memory."""


def _can_be_cut(trainer: Trainer) -> bool:
    return {"micro_batch", "accumulate"} <= trainer.placeholders


def _too_large(attempt: _Attempt) -> str:
    if _can_be_cut(attempt.trainer):
        return f"it ran out of memory, in {attempt.parts} parts of a batch too"
    return (
        "it ran out of memory. With {micro_batch} and {accumulate} in its command a step would be done in more parts, "
        "with the same batch"
    )


def _goes_on(spec: RunSpec, store: Store) -> bool:
    """Whether an interrupted attempt is to go on; if not, what it left is removed.

    It is where the trainer has words for that and has written something to go on from, unless it failed there by
    itself, for another reason than a disk that was full: what it wrote may be the cause.
    """
    folder, failed = store.folder(spec.id) / IN_FOLDER, store.failure(spec.id)
    written = {path.name for path in folder.glob("*")} - {RUN_FILE, LOG}
    if written and spec.trainer and spec.trainer.resume and (failed is None or failed.kind in (KILLED, DISK)):
        return True
    shutil.rmtree(folder, ignore_errors=True)
    return False


def _attempted(attempt: _Attempt, how: _How) -> Run:
    folder, spec, store = attempt.folder, attempt.spec, attempt.store
    began = time.monotonic()
    earlier = read_hint(store.folder(spec.id) / ATTEMPTS) if attempt.again else 0.0
    asked = attempt.trainer.asked(spec, attempt.parts)
    write_json(
        folder / RUN_FILE, {**asked, "run_id": spec.id, "folder": str(folder), "trunk": str(attempt.trunk or "")}
    )
    start = attempt.log.stat().st_size if attempt.log.exists() else 0
    if how.call:
        _called(attempt, how.call, asked)
    else:
        code = _run(attempt, how)
        if code != 0:
            write_hint(store.folder(spec.id) / ATTEMPTS, (earlier or 0.0) + time.monotonic() - began)
            _require_success(attempt, code, start)
    seconds = (earlier or 0.0) + time.monotonic() - began
    return run_of(spec, attempt.parts, _reported(attempt), seconds)


def _reported(attempt: _Attempt) -> Reported:
    """Read the result of an attempt that ended well, and refuse it where it is not that of the run that was asked."""
    spec, diverged = attempt.spec, _says_diverged(tail(attempt.log))
    without = (spec.steps, math.nan)
    try:
        reported = read_result(attempt.trainer, spec, attempt.folder)
    except FailureError as problem:
        if diverged:
            return Reported((without,))
        raise FailureError(_failed(attempt, End(RESULT, str(problem).rstrip(".")))) from None
    last, loss = reported.curve[-1]
    if diverged and last < spec.steps:
        return replace(reported, curve=(*reported.curve, without))
    if math.isfinite(loss) and (wrong := disagreements(spec, reported)):
        raise FailureError(_failed(attempt, End(ASKED, ". It also says: ".join(wrong))))
    return reported


def _run(attempt: _Attempt, how: _How) -> int | None:
    words = attempt.trainer.words(attempt.spec, attempt.folder, attempt.trunk, again=attempt.again, parts=attempt.parts)
    own = attempt.trainer.directory in ("", EACH_FOLDER)
    directory = attempt.folder if own else Path(attempt.trainer.directory)
    with open(attempt.log, "a", encoding="utf-8") as file:
        file.write(f"# {utc_now()} {platform.node()}: {' '.join(words)}\n")
    tell = lambda step, loss: attempt.store.tell(attempt.spec.id, step, loss)  # noqa: E731
    try:
        return run_command(["env", *SETTINGS, *words], directory, attempt.log, stop=how.stop, tell=tell, lock=how.lock)
    except FailureError as problem:
        raise FailureError(_failed(attempt, End(BUG, str(problem).rstrip(".")))) from None


def _require_success(attempt: _Attempt, code: int | None, start: int):
    if code is None:
        raise Interrupted
    end = end_of(code, _said(attempt.log, start))
    if end.kind == MEMORY:
        raise _TooLarge
    told = _failed(attempt, end)
    if end.kind == KILLED:
        raise Killed(told)
    if end.kind == DISK:
        raise CannotWrite(told)
    raise FailureError(told)


def _said(log: Path, start: int) -> str:
    """What an attempt printed: its beginning and its end."""
    with open(log, "rb") as file:
        file.seek(start)
        first = file.read(FIRST_BYTES).decode("utf-8", "replace")
    return first if log.stat().st_size - start <= FIRST_BYTES else first + tail(log, TAIL_BYTES)


def _failed(attempt: _Attempt, end: End) -> str:
    """Write down why a run failed, and give it as a sentence with the lines of its log that say most."""
    lines = quoted(_said(attempt.log, 0)) if attempt.log.exists() else ""
    sentence = f"{end.kind}: {end.sentence}."
    attempt.store.note_failure(FailedRun(attempt.spec.id, end.kind, sentence, str(attempt.log), lines))
    quote = "".join(f"\n    {line}" for line in lines.splitlines())
    return (
        f"{attempt.spec.id}: {sentence} Its log, {attempt.log}, says:{quote}"
        if lines
        else f"{attempt.spec.id}: {sentence}"
    )


def _says_diverged(end_of_log: str) -> bool:
    """Whether the last loss that a log names is no number."""
    words = end_of_log.lower().replace("=", " ").replace(":", " ").replace("'", " ").replace(",", " ").split()
    after = [words[i + 1] for i, word in enumerate(words[:-1]) if word.endswith("loss")]
    return bool(after) and after[-1] in ("nan", "inf", "-inf")


def _called(attempt: _Attempt, call: Call, asked: Mapping[str, object]):
    """Call a function; what it returns, if anything, is its result."""
    try:
        found = call(asked, attempt.folder)
    except MemoryError:
        raise _TooLarge from None
    except Exception:
        attempt.log.write_text(traceback.format_exc(), encoding="utf-8")
        raise FailureError(_failed(attempt, End(BUG, "the function raised an exception"))) from None
    if found is not None:
        write_json(attempt.folder / RESULT_FILE, found)
