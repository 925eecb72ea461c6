"""Estimate the cost of a study, or of a set of families of runs, on this machine before any compute is spent."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..corpora import open_corpus
from ..designing.arms_of_study import arms_of, corpora_of, told_of_arms
from ..designing.checks import unanswered
from ..designing.costs import Pace, RunCost, Step, costs, makespan, steps_of
from ..designing.design import Sweep, design
from ..designing.own_trainer import untold
from ..designing.rate_scan import (
    as_sweep,
    at_batch,
    batch_checks,
    check_of,
    first_batches,
    first_scan,
    scan_runs,
    with_scan,
)
from ..designing.study_file import Families, Study
from ..errors import CorpusError
from ..run.run import RunSpec
from ..tokenizers import named_vocabulary
from ..training.kept_paces import paces_here
from ..training.step_times import LONGEST_TIMING, by_flops
from .canary import canary_pace, costs_by_canary
from .canary import told as told_of_canary
from .expected_width import expected_width
from .fits_memory import memory_told
from .floor_sought import floor_sought
from .machine import cores
from .study_cost import SetCost, StudyCost
from .text_of_study import items_told, sweep_of, text_of

ABSENT = "absent"  # used in place of the hash of a text that is not available
TIMED = 0.02  # fraction of the seconds of the runs that may be spent on timing their steps before they start
SLOW_CORE = 1e10  # FLOPs per second of a small model on one core, to say how long the runs take at most
SHORTEST_TIMING = 0.5  # seconds


@dataclass(frozen=True)
class Speed:
    """An assumed speed: FLOPs per second of all processes together, as on one GPU.

    `launch_seconds` is the minimum time of one part of a batch: the time to start its kernels.
    """

    flops_per_second: float
    launch_seconds: float = 0.0


def estimate(
    asked: Study | Families,
    *,
    data_dir: Path | None = None,
    device: str = "cpu",
    engine: str = "auto",
    speed: Speed | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> StudyCost | SetCost:
    """Design a study or a set, and estimate what its runs will cost; only temporary files are written.

    If a text is not available, the vocabulary size follows from the tokenizer's name, and the length of the text is
    not checked.

    Args:
        speed: an assumed speed; otherwise that of every kind of step on `device` by `engine`, as kept or timed now.
    """
    if isinstance(asked, Study) and asked.own_trainer:
        return _by_canary(asked, say, speed)
    studies = asked.studies if isinstance(asked, Families) else (asked,)
    with tempfile.TemporaryDirectory() as folder:
        told: dict[str, None] = {}
        sweeps = [_laid_out(study, Path(folder), data_dir, told) for study in studies]
    if isinstance(asked, Study):
        told |= dict.fromkeys(unanswered(asked, sweeps[0].runs, sweeps[0].held_out, sweeps[0].left_out))
    told |= {
        said: None for study, one in zip(studies, sweeps, strict=True) if (said := memory_told(one.runs, study.gpu))
    }
    for sentence in told:
        say(sentence)
    steps = dict.fromkeys(step for sweep in sweeps for run in sweep.runs for step in steps_of(run))
    if speed is None:
        paces = paces_here(steps, device=device, engine=engine, say=say)
    else:
        paces = {step: by_flops(step, speed.flops_per_second, speed.launch_seconds) for step in steps}
    how, found = _how(paces, speed, device), []
    seen: dict[str, int] = {}
    for study, sweep in zip(studies, sweeps, strict=True):
        found.append(_estimated(study, sweep, paces, seen, speed, how))
        seen |= {run.id: max(run.steps, seen.get(run.id, 0)) for run in sweep.runs}
    return SetCost(asked.name, tuple(found)) if isinstance(asked, Families) else found[0]


def _by_canary(study: Study, say: Callable[[str], None], speed: Speed | None) -> StudyCost:
    """Estimate the cost of a study whose runs a trainer of one's own trains."""
    told: dict[str, None] = {}
    text = text_of(study, Path())
    sweep = with_first_scan(study, sweep_of(study, text, Path()), (text.vocabulary, text.data_id, None), told)
    for line in (text.sentence, *untold(study), *told, *unanswered(study, sweep.runs, sweep.held_out, sweep.left_out)):
        say(line)
    if fits := memory_told(sweep.runs, study.gpu):
        say(fits)
    processes = study.processes or cores()
    if speed is not None:
        steps = dict.fromkeys(step for run in sweep.runs for step in steps_of(run))
        paces = {step: by_flops(step, speed.flops_per_second, speed.launch_seconds) for step in steps}
        return _estimated(study, sweep, paces, {}, speed, _how(paces, speed, "cpu"))
    pace = canary_pace(sweep, say=say)
    table, how = costs_by_canary(sweep, pace), told_of_canary(pace)
    stages = [sweep.only(held_out=held_out) for held_out in (False, True)]
    seconds = sum((makespan(stage, table, processes) or 0.0 for stage in stages if stage.runs), 0.0)
    return StudyCost(sweep, tuple(table), processes, seconds, how=how, half_width=expected_width(sweep))


def _laid_out(study: Study, cache: Path, data_dir: Path | None, told: dict[str, None]) -> Sweep:
    try:
        for corpus in corpora_of(study):
            open_corpus(corpus, data_dir=data_dir)
    except CorpusError as problem:
        if arms_of(study) or study.epochs:
            raise
        vocabulary = named_vocabulary(study.tokenizer)
        said = f"{problem} Assuming V = {vocabulary:,} from {study.tokenizer!r}; the size of the text is not checked."
        told[said] = None
        foreign = tuple((corpus, ABSENT) for corpus in study.evaluate_on)
        sweep = design(study, vocabulary, ABSENT, None, foreign)
        return with_first_scan(study, sweep, (vocabulary, ABSENT, None), told)
    text = text_of(study, cache, data_dir)
    told |= dict.fromkeys((text.sentence, *told_of_arms(study), *items_told(study, text, cache)))
    sweep = sweep_of(study, text, cache, data_dir)
    told |= dict.fromkeys(floor_sought(sweep, text.floor, text.vocabulary))
    return with_first_scan(study, sweep, (text.vocabulary, text.data_id, text.train_tokens), told)


def with_first_scan(study: Study, sweep: Sweep, text: tuple[int, str, int | None], told: dict[str, None]) -> Sweep:
    """Add the runs of the scan of learning rates, where one is asked for: its first rates, and the check."""
    if study.lr != "auto":
        return sweep
    scans = [one for batch in first_batches(study) for one in first_scan(at_batch(study, batch), text[0])]
    rate = [one.middle for one in scans if one.batch == study.batch][-1]
    checks = (check_of(study, text[0], rate), *(batch_checks(study, text[0], rate) if study.tune_batch else ()))
    what = "rates and batches; a best one" if study.tune_batch else "rates; a best rate"
    told[f"lr = 'auto': the scan is costed with its first {what} at an edge adds some."] = None
    return with_scan(sweep, as_sweep(study.name, scan_runs(study, (*scans, *checks), *text)))


def _estimated(study: Study, sweep: Sweep, paces, seen: Mapping[str, int], speed: Speed | None, how: str) -> StudyCost:
    pairs = zip(sweep.runs, costs(sweep, paces), strict=True)
    table = [_beyond(cost, seen.get(run.id, 0) / run.steps) for run, cost in pairs]
    shared = frozenset(run.id for run in sweep.runs if seen.get(run.id, 0) >= run.steps)
    processes = study.processes or cores()
    own = Sweep(sweep.name, tuple(run for run in sweep.runs if run.id not in shared), sweep.held_out)
    stages = [own.only(held_out=held_out) for held_out in (False, True)]
    seconds = sum((makespan(stage, table, processes) or 0.0 for stage in stages if stage.runs), 0.0)
    if speed is not None:  # processes that share a device wait for each other's arithmetic
        paid = sum(cost.flops_paid for cost in table if cost.run_id not in shared)
        seconds = max(seconds, paid / speed.flops_per_second)
    return StudyCost(sweep, tuple(table), processes, seconds, shared, how, expected_width(sweep))


def _beyond(cost: RunCost, share: float) -> RunCost:
    """The remaining cost of a trunk of which another family already includes a fraction `share` of the steps."""
    if not 0 < share < 1:
        return cost
    names = ("flops_paid", "flops_paid_6nd", "seconds", "evaluation_seconds", "noise_seconds")
    paid = {name: getattr(cost, name) for name in names}
    return replace(cost, **{name: value and value * (1 - share) for name, value in paid.items()})


def _how(paces: Mapping[Step, Pace], speed: Speed | None, device: str) -> str:
    if speed is not None:
        least = f", and at least {speed.launch_seconds:g} s per part of a batch" if speed.launch_seconds else ""
        return f"Time: at the given {speed.flops_per_second:.3g} FLOP/s for all processes together{least}."
    by_count = sum(not pace.measured for pace in paces.values())
    said = f"Time: {len(paces) - by_count} kinds of step were timed on this machine's {device}, with one thread"
    if not by_count:
        return said + "."
    return (
        f"{said}; {by_count} were too long to time, and are estimated from their FLOPs at the highest fraction of the "
        "matmul peak rate that was measured."
    )


def seconds_here(
    sweep: Sweep, *, device: str, engine: str, say: Callable[[str], None] = lambda text: None
) -> Callable[[RunSpec], float] | None:
    """How many seconds each run takes a process of its own on this machine; None on a GPU, which processes share.

    Timing takes a small part of what the runs themselves take, half a minute at most.
    """
    if device != "cpu":
        return None
    steps = [steps_of(spec) for spec in sweep.runs]
    flops = sum(kind.flops * count for each in steps for kind, count in each.items())
    seconds = min(max(TIMED * flops / SLOW_CORE, SHORTEST_TIMING), LONGEST_TIMING)
    found = costs(sweep, paces_here((kind for each in steps for kind in each), engine=engine, seconds=seconds, say=say))
    each = {cost.run_id: cost.seconds or 0.0 for cost in found}
    return lambda spec: each[spec.id]
