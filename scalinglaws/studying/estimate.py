"""Estimate the cost of a study, or of a set of families of runs, on this machine before any compute is spent."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..corpora import open_corpus
from ..corpora.tokenise import tokenise
from ..designing.checks import unanswered
from ..designing.costs import Pace, RunCost, Step, costs, makespan, step_of
from ..designing.design import Sweep, design, lay_out
from ..designing.rate_scan import SCAN, as_sweep, check_of, first_scan, scan_runs, with_scan
from ..designing.spending import START_SECONDS, PartsOfCost, spending
from ..designing.study_file import Families, Study
from ..errors import CorpusError
from ..quantities import PF_DAY
from ..records.json_values import to_plain
from ..records.numbers_in_text import about
from ..run.run import RunSpec
from ..tokenizers import named_vocabulary
from ..training.kept_paces import paces_here
from ..training.step_times import LONGEST_TIMING, by_flops
from .expected_width import expected_width, in_words
from .machine import cores

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


@dataclass(frozen=True)
class StudyCost:
    """The cost of a study: one row per run, and the total.

    Attributes:
        seconds: until all runs are done, without the shared runs.
        shared: runs that an earlier family of the set already includes, and that cost nothing here.
        how: one sentence that says how the times were obtained.
        half_width: of the interval of the held-out loss, as a fraction; None where nothing is held out.
    """

    sweep: Sweep
    table: tuple[RunCost, ...]
    processes: int
    seconds: float
    shared: frozenset[str] = frozenset()
    how: str = ""
    half_width: float | None = None

    @property
    def own(self) -> list[RunCost]:
        """The runs that are not shared."""
        return [cost for cost in self.table if cost.run_id not in self.shared]

    @property
    def spending(self) -> PartsOfCost:
        """CPU seconds of each part; every process starts once for the fitted runs, and once for the held-out ones."""
        held_out = set(self.sweep.held_out)
        chains = [len(self.sweep.only(held_out=held).chains) for held in (False, True)]
        return spending(self.own, held_out, sum(min(self.processes, count) for count in chains))

    def plain(self) -> dict:
        """As JSON values."""
        return {
            "name": self.sweep.name,
            "runs": [to_plain(cost) for cost in self.table],
            "held_out": list(self.sweep.held_out),
            "shared": sorted(self.shared),
            "processes": self.processes,
            "seconds": self.seconds,
            "flops_paid": sum(cost.flops_paid for cost in self.own),
            "flops_paid_6nd": sum(cost.flops_paid_6nd for cost in self.own),
            "spending": self.spending.seconds,
            "how": self.how,
            "held_out_half_width": self.half_width,
        }

    def text(self) -> str:
        """As a table of text."""
        lines = [*self.rows(), self.summary(), *self.spending.lines(), in_words(self.half_width)]
        return "\n".join([*filter(None, lines), f"{LEGEND} {self.how}"])

    def rows(self) -> list[str]:
        """One line per run, below a line of headings."""
        kinds = {spec.id: _kind(spec, self) for spec in self.sweep.runs}
        return [
            f"{'run':<24} {'what':<10} {'N':>13} {'tokens':>9} {'6ND FLOPs':>10} {'exact':>10} "
            f"{'to pay':>10} {'time':>8}",
            *(
                f"{c.run_id:<24} {kinds[c.run_id]:<10} {c.params:>13,} {c.tokens:>9.3g} {c.flops_6nd:>10.3g} "
                f"{c.flops_exact:>10.3g} {c.flops_paid:>10.3g} {'-' if c.seconds is None else about(c.seconds):>8}"
                for c in self.table
            ),
        ]

    def summary(self) -> str:
        """One sentence on the total cost."""
        paid = sum(c.flops_paid for c in self.own)
        last = sorted((c.seconds for c in self.own if c.seconds is not None), reverse=True)
        said = f"{len(self.own)} runs, {paid:.3g} FLOPs = {paid / PF_DAY:.2g} PF-days to pay; about "
        said += f"{about(self.seconds)} with {self.processes} processes"
        return said + (f"; the 3 longest runs take {sum(last[:3]) / sum(last):.0%} of the time." if sum(last) else ".")


LEGEND = (
    "6ND counts only the matrices of the blocks (Kaplan); exact adds attention over the context and the output head. "
    "The cost of a branch is that of its decay; its trunk has the cost of the steps before. A run that stops early "
    "costs less. Times of parts are CPU seconds of one thread each."
)


@dataclass(frozen=True)
class SetCost:
    """The cost of a set of families: of each, and the total, in which every run is counted once."""

    name: str
    families: tuple[StudyCost, ...]

    def total(self) -> dict:
        """Runs, FLOPs to pay by both counts, and seconds, with the families one after the other."""
        own = [cost for family in self.families for cost in family.own]
        return {
            "runs": len(own),
            "flops_paid_6nd": sum(cost.flops_paid_6nd for cost in own),
            "flops_paid": sum(cost.flops_paid for cost in own),
            "seconds": sum(family.seconds for family in self.families),
            "processes": max(family.processes for family in self.families),
            "spending": self.spending.seconds,
        }

    @property
    def spending(self) -> PartsOfCost:
        """CPU seconds of each part; every process starts once for the whole set."""
        parts = [family.spending.seconds | {"start-up": 0.0} for family in self.families]
        seconds = {part: sum(one[part] for one in parts) for part in parts[0]}
        return PartsOfCost(seconds | {"start-up": START_SECONDS * max(family.processes for family in self.families)})

    def plain(self) -> dict:
        """As JSON values."""
        return {"name": self.name, "families": [one.plain() for one in self.families], "total": self.total()}

    def text(self) -> str:
        """As one table per family, and one of the total."""
        parts = ["\n".join([f"{one.sweep.name}: {one.summary()}", *one.rows()]) for one in self.families]
        lines = [
            f"{'family':<12} {'runs':>5} {'shared':>6} {'6ND to pay':>10} {'exact':>10} {'PF-days':>8} {'time':>8} "
            f"{'processes':>9}"
        ]
        lines += [_line(one.sweep.name, one.plain() | {"runs": len(one.own)}, len(one.shared)) for one in self.families]
        total = self.total()
        lines += [_line("all", total, sum(len(one.shared) for one in self.families)), *self.spending.lines()]
        return "\n\n".join([*parts, "\n".join([*lines, f"{LEGEND} {self.families[0].how}"])])


def _line(name: str, whole: dict, shared: int) -> str:
    return (
        f"{name:<12} {whole['runs']:>5} {shared:>6} {whole['flops_paid_6nd']:>10.3g} {whole['flops_paid']:>10.3g} "
        f"{whole['flops_paid'] / PF_DAY:>8.2g} {about(whole['seconds']):>8} {whole['processes']:>9}"
    )


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
    studies = asked.studies if isinstance(asked, Families) else (asked,)
    with tempfile.TemporaryDirectory() as folder:
        told: dict[str, None] = {}
        sweeps = [_laid_out(study, Path(folder), data_dir, told) for study in studies]
    if isinstance(asked, Study):
        told |= dict.fromkeys(unanswered(asked, sweeps[0].runs, sweeps[0].held_out, sweeps[0].left_out))
    for sentence in told:
        say(sentence)
    steps = dict.fromkeys(step_of(run) for sweep in sweeps for run in sweep.runs)
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


def _laid_out(study: Study, cache: Path, data_dir: Path | None, told: dict[str, None]) -> Sweep:
    try:
        for corpus in (study.corpus, *study.evaluate_on):
            open_corpus(corpus, data_dir=data_dir)
    except CorpusError as problem:
        vocabulary = named_vocabulary(study.tokenizer)
        said = f"{problem} Assuming V = {vocabulary:,} from {study.tokenizer!r}; the size of the text is not checked."
        told[said] = None
        foreign = tuple((corpus, ABSENT) for corpus in study.evaluate_on)
        return _scanned(study, design(study, vocabulary, ABSENT, None, foreign), (vocabulary, ABSENT, None), told)
    data = tokenise(study.corpus, study.tokenizer, cache, data_dir=data_dir)
    told[data.told()] = None
    text = (data.vocabulary, data.data_id, len(data.split("train")))
    return _scanned(study, lay_out(study, data, cache, data_dir), text, told)


def _scanned(study: Study, sweep: Sweep, text: tuple[int, str, int | None], told: dict[str, None]) -> Sweep:
    """Add the runs of the scan of learning rates, where one is asked for: its first rates, and the check."""
    if study.lr != "auto":
        return sweep
    scans = first_scan(study, text[0])
    check = check_of(study, text[0], scans[-1].middle)
    told["lr = 'auto': the scan is costed with its first rates; a best rate at an edge adds some."] = None
    return with_scan(sweep, as_sweep(study.name, scan_runs(study, (*scans, check), *text)))


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


def _kind(spec, found: StudyCost) -> str:
    if spec.id in found.shared:
        return "shared"
    if spec.id in found.sweep.held_out:
        return "held out"
    if found.sweep.left_out.get(spec.id) == SCAN:
        return "scan"
    return "trunk" if spec.is_trunk else "branch" if spec.parent else "run"


def seconds_here(
    sweep: Sweep, *, device: str, engine: str, say: Callable[[str], None] = lambda text: None
) -> Callable[[RunSpec], float] | None:
    """How many seconds each run takes a process of its own on this machine; None on a GPU, which processes share.

    Timing takes a small part of what the runs themselves take, half a minute at most.
    """
    if device != "cpu":
        return None
    flops = sum(step_of(spec).flops * spec.steps for spec in sweep.runs)
    seconds = min(max(TIMED * flops / SLOW_CORE, SHORTEST_TIMING), LONGEST_TIMING)
    found = costs(sweep, paces_here(map(step_of, sweep.runs), engine=engine, seconds=seconds, say=say))
    each = {cost.run_id: cost.seconds or 0.0 for cost in found}
    return lambda spec: each[spec.id]
