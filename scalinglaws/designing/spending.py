"""What a study spends its time on, part by part, and what each part buys."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..records.numbers_in_text import about
from ..run.run import Run
from .costs import RunCost

START_SECONDS = 2.0  # of one process, before its first step: almost all of it is the import of PyTorch
BUYS = {
    "training": "the runs to which laws are fitted",
    "held-out runs": "the test of the prediction: no fit uses them",
    "evaluations": "the losses that are fitted, and their course along each run",
    "noise scale": "the critical batch size, from the gradients of parts of a batch",
    "start-up": "the processes, before their first step",
}


@dataclass(frozen=True)
class PartsOfCost:
    """CPU seconds of the parts of a study, the keys of BUYS; what held-out runs take is in their part alone."""

    seconds: dict[str, float]

    @property
    def total(self) -> float:
        """Their sum."""
        return sum(self.seconds.values())

    def lines(self) -> list[str]:
        """One line a part: its time, its share, what it buys."""
        whole = self.total or 1.0
        return [
            f"{part:<14} {about(seconds):>8} {seconds / whole:>5.0%}  {BUYS[part]}"
            for part, seconds in self.seconds.items()
        ]


def spending(table: Iterable[RunCost], held_out: Collection[str], starts: int) -> PartsOfCost:
    """Divide the cost of runs, whose seconds are known, and of a number of starts of processes, into its parts."""
    seconds = dict.fromkeys(BUYS, 0.0)
    for cost in table:
        whole, scored, noise = (part or 0.0 for part in (cost.seconds, cost.evaluation_seconds, cost.noise_seconds))
        if cost.run_id in held_out:
            seconds["held-out runs"] += whole
            continue
        seconds["training"] += whole - scored - noise
        seconds["evaluations"] += scored
        seconds["noise scale"] += noise
    seconds["start-up"] = starts * START_SECONDS
    return PartsOfCost(seconds)


def spent(runs: Iterable[Run], held_out: Collection[str]) -> dict[str, float]:
    """Divide the measured run time of runs that are over, in seconds, into training, held-out runs and evaluations."""
    seconds = dict.fromkeys(("training", "held-out runs", "evaluations"), 0.0)
    for run in runs:
        whole = run.curve[-1].seconds if run.curve else 0.0
        scored = min(whole, run.readings.get("evaluation_seconds", 0.0))
        if run.spec.id in held_out:
            seconds["held-out runs"] += whole
        else:
            seconds["training"] += whole - scored
            seconds["evaluations"] += scored
    return seconds
