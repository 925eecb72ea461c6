"""A study -> its runs and their cost on this machine: design and a short calibration."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .calibrate import calibrate
from .corpora.tokenise import tokenise
from .cost import Cost, costs, makespan
from .design import Sweep, lay_out
from .display import duration
from .quantities import PF_DAY
from .records import to_plain
from .settings import Study


@dataclass(frozen=True)
class Estimate:
    """The cost of a study: a row a run, and the whole."""

    sweep: Sweep
    table: tuple[Cost, ...]
    processes: int
    seconds: float

    def plain(self) -> dict:
        """As JSON values."""
        return {
            "name": self.sweep.name,
            "runs": [to_plain(cost) for cost in self.table],
            "held_out": list(self.sweep.held_out),
            "processes": self.processes,
            "seconds": self.seconds,
            "flops_paid": sum(cost.flops_paid for cost in self.table),
        }

    def text(self) -> str:
        """As a table for a person."""
        kinds = {spec.id: _kind(spec, self.sweep) for spec in self.sweep.runs}
        rows = [
            f"{'run':<24} {'what':<10} {'N':>9} {'tokens':>9} {'6ND FLOPs':>10} {'exact':>10} "
            f"{'to pay':>10} {'time':>8}"
        ]
        rows += [
            f"{c.run_id:<24} {kinds[c.run_id]:<10} {c.params:>9,} {c.tokens:>9.3g} {c.flops_6nd:>10.3g} "
            f"{c.flops_exact:>10.3g} {c.flops_paid:>10.3g} {duration(c.seconds):>8}"
            for c in self.table
        ]
        paid = sum(c.flops_paid for c in self.table)
        last = sorted((c.seconds for c in self.table), reverse=True)
        rows.append(
            f"{len(self.table)} runs, {paid:.3g} FLOPs = {paid / PF_DAY:.2g} PF-days to pay; about "
            f"{duration(self.seconds)} with {self.processes} processes; the 3 longest runs take "
            f"{sum(last[:3]) / sum(last):.0%} of the time."
        )
        rows.append(
            "6ND counts the blocks' matrices alone (Kaplan); exact adds attention over the context and the "
            "output head. A branch pays for its decay, its trunk for the steps before. Time: measured per step "
            "just now, one thread."
        )
        return "\n".join(rows)


def estimate(study: Study, *, data_dir: Path | None = None, say: Callable[[str], None] = lambda text: None) -> Estimate:
    """Design a study and measure what its runs will take on this machine; writes nothing that stays."""
    say("reading and tokenising the text, then timing a few steps of each size ...")
    with tempfile.TemporaryDirectory() as folder:
        data = tokenise(study.corpus, study.tokenizer, Path(folder), data_dir=data_dir)
        sweep = lay_out(study, data, Path(folder), data_dir)
    table = costs(sweep, calibrate(sweep.runs))
    processes = study.processes or os.cpu_count() or 1
    stages = [sweep.only(held_out=held_out) for held_out in (False, True)]
    seconds = sum(makespan(stage, table, processes) for stage in stages if stage.runs)
    return Estimate(sweep, tuple(table), processes, seconds)


def _kind(spec, sweep: Sweep) -> str:
    if spec.id in sweep.held_out:
        return "held out"
    return "trunk" if spec.is_trunk else "branch" if spec.parent else "run"
