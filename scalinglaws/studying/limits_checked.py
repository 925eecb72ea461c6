"""Refuse a study whose missing runs exceed its limits, before anything starts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ..designing.costs import RunCost, costs, makespan, steps_of
from ..designing.design import Sweep
from ..designing.study_file import Study
from ..errors import MisuseError
from ..launching.executors import Where
from ..launching.limits import Amounts, Limits, refused
from ..launching.needs import most_of, needs_of
from ..launching.time_left import EACH_RUN, START
from ..launching.watch import hours_of, used_in
from ..store.attempts import HOUR
from ..store.store import Store
from ..training.kept_paces import paces_here
from .canary import canary_pace, costs_by_canary
from .estimate import with_first_scan
from .placing import placed
from .text_of_study import StudyText


def require_within(study: Study, sweep: Sweep, data: StudyText, *asked: Any) -> None:
    """Compare what the missing runs of a study are estimated to use with its limits, as `require_runs_within`."""
    wanted = with_first_scan(study, sweep, (data.vocabulary, data.data_id, data.train_tokens), {})
    require_runs_within(wanted, study.processes, *asked)


def require_runs_within(
    wanted: Sweep,
    processes: int,
    store: Store,
    where: Where,
    how: Mapping[str, Any],
    say: Callable[[str], None],
) -> None:
    """Compare what the missing runs are estimated to use, and what was used before, with the limits.

    Where the runs train on devices that are not here their time is not known before; they are stopped at the limit.

    Args:
        processes: at a time, as the study says; 0 for what this machine or the cluster takes.
        how: the limits, what a process needs as the study says it, device and engine; `call` where a function trains.

    Raises:
        MisuseError: they exceed a limit, or a limit has no meaning for these runs.
    """
    limits: Limits = how["limits"]
    if not limits.any:
        return
    missing = tuple(spec for spec in wanted.runs if not store.has(spec))
    needs = most_of([needs_of([spec], how["said"], how["device"], None) for spec in wanted.runs])
    if not missing:
        return
    executor = placed(where, processes, how["device"], how["said"], missing)
    gpus = needs.gpus if not getattr(executor, "gpus", 0) else min(needs.gpus, executor.gpus / executor.slots)  # type: ignore[union-attr]
    limits.require_sense(needs.gpus)
    left = Sweep(wanted.name, missing, wanted.held_out)
    table, note = _table(left, where, how, say)
    if table is None:
        say(note)
        return
    stages = [stage for held_out in (False, True) if (stage := left.only(held_out=held_out)).runs]
    starts = sum(min(executor.slots, len(stage.chains)) for stage in stages) * START
    hours = sum(START + (makespan(stage, table, executor.slots) or 0.0) for stage in stages) / HOUR
    process = (starts + sum(cost.seconds or 0.0 for cost in table)) / HOUR
    price = limits.price_per_hour * (process * gpus if gpus else process)
    ahead = Amounts(hours, process, process * gpus, money=price if limits.price_per_hour else None)
    before = limits.amounts(hours_of(store), used_in(store))
    if said := refused(limits, before, ahead, len(missing), note):
        raise MisuseError(said)


def _table(left: Sweep, where: Where, how: Mapping[str, Any], say) -> tuple[list[RunCost] | None, str]:
    """The cost of each missing run, and a sentence on how it was obtained; no cost where nothing can be measured."""
    elsewhere = "" if where.is_here else " Those that train are taken to be as fast."
    if left.runs[0].trainer:
        pace = canary_pace(left, how["call"], say=say)
        return costs_by_canary(left, pace), f"The time is from 4 short runs of the trainer on this machine.{elsewhere}"
    if how["device"] != "cpu" and not where.is_here:
        return None, (
            "the runs train on devices that are not on this machine, so that their time is not known before: nothing "
            "is refused now, and they are stopped where a limit is reached"
        )
    kinds = (step for run in left.runs for step in steps_of(run))
    paces = paces_here(kinds, device=how["device"], engine=how["engine"], say=say)
    table = [replace(cost, seconds=(cost.seconds or 0.0) + EACH_RUN) for cost in costs(left, paces)]
    return table, f"The time is from steps that were timed on this machine.{elsewhere}"
