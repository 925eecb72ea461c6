"""Train the runs of a sweep that its store lacks, as a study does it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..designing.design import Sweep
from ..errors import FailureError, RunsFailedError, StudyError, counted
from ..launching.executors import Executor, told
from ..launching.launch import launch, require_success, without_states
from ..launching.progress import Clock, Progress, Whole
from ..launching.watch import Watch
from ..run.run import RunSpec
from ..store.store import Store
from ..training.compiled.support import say_engine
from ..training.metered import Gpus
from ..training.own_trainer.work import work
from ..training.trackers import complaints

Place = Callable[[Sequence[RunSpec]], Executor]


def train_lacking(
    store: Store,
    place: Place,
    how: dict[str, Any],
    tell: Callable[[Progress], None],
    say: Callable[[str], None],
    sweep: Sweep,
    whole: Whole | None = None,
) -> None:
    """Train what is missing.

    Args:
        whole: the sweep of which this is a part.
        place: gives what starts the processes of runs.
        how: device, engine, trackers, limits and what a process needs as the study says it, and `call`: the function
            where the trainer is one.

    Raises:
        RunsFailedError: with what the first that failed said.
    """
    lacking = [spec for spec in sweep.runs if not store.has(spec)]
    if not lacking:
        return
    trainer, of = lacking[0].trainer, f"{len(lacking)} of {counted(len((whole.sweep if whole else sweep).runs), 'run')}"
    if trainer and trainer.is_function:
        say(f"training {of} by a function")
        if how["call"] is None:
            raise StudyError(
                f"the trainer of this study is a Python function, {trainer.command}: give it again, as "
                "sl.study(..., trainer=FUNCTION)."
            )
        _by_function(store, how, tell, sweep, whole)
        return
    executor = place(lacking)
    say(f"training {of}, {told(executor, sweep.chains)}")
    if said := without_states(sweep, store):
        say(said)
    how = {name: value for name, value in how.items() if name != "call"}
    train_sweep(sweep, store, executor, how, tell, say, whole)


def train_sweep(
    sweep: Sweep,
    store: Store,
    executor: Executor,
    how: Mapping[str, Any],
    tell: Callable[[Progress], None],
    say: Callable[[str], None],
    whole: Whole | None = None,
) -> None:
    """Start the processes that train what is missing, and send what is there to trackers that lack it.

    Raises:
        RunsFailedError: with what the first that failed said.
    """
    ours, seconds = [spec for spec in sweep.runs if not spec.trainer], None
    if ours:
        say_engine([spec for spec in ours if not store.has(spec)], how["device"], how["engine"], say)
        from .estimate import seconds_here  # it imports PyTorch, which reading a study does not need

        seconds = seconds_here(whole.sweep if whole else sweep, device=how["device"], engine=how["engine"], say=say)
    failures = launch(sweep, store, executor, **how, seconds=seconds, tell=tell, whole=whole)
    for line in complaints(store):
        say(line)
    require_success(failures, f"of {len(sweep.chains)} chains of runs")


def _by_function(
    store: Store, how: Mapping[str, Any], tell: Callable[[Progress], None], sweep: Sweep, whole: Whole | None
) -> None:
    """Call the function for each run, in this process; one that fails costs no other run."""
    clock, failed = Clock(sweep, store, None, 1, whole), []
    watch = Watch(store, how["limits"])
    for chain in sweep.chains:
        for spec in chain:
            store.ask(spec)
        tell(clock.read(list(chain), 1, [chain]))
        try:
            work(store, [spec.id for spec in chain], call=how["call"], gpus=Gpus(how["said"].gpus))
        except FailureError as problem:
            failed.append(str(problem))
        tell(progress := clock.read(list(chain), 1))
        watch.look(progress.done, progress.total, now=True)
    if failed:
        raise RunsFailedError(
            f"{len(failed)} of {len(sweep.chains)} runs failed; the first, {failed[0]}\nFix the cause and repeat the "
            "same call: finished runs are kept."
        )
