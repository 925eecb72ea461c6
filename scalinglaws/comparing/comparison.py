"""What a comparison of laws gives: the trial of each law, and the laws ranked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..results.fitted import Estimate
from ..results.tested import LawRanked, Ranking, RunsTested
from .backtest import Cut
from .comparison_text import comparison_blocks
from .plain import plain

MOST_TESTED = 2000  # runs of a law that a report shows one by one


@dataclass(frozen=True)
class AtReach:
    """Errors of the held-out points whose compute is `low` to `high` times the largest fitted."""

    low: float
    high: float
    points: int
    rms_log: float
    coverage: float


@dataclass(frozen=True)
class Compared:
    """The trial of one law.

    Attributes:
        score: mean absolute log error on larger runs, with equal weight for each cut; the ranking uses it.
        rms_log, coverage: root mean square log error there, and fraction inside the prediction interval.
        aicc: of the fit to all points; comparable only between the laws of one comparison.
        cross_validated: root mean square log error on runs left out at random: interpolation, not extrapolation.
        best_probability: fraction of resamples of the held-out runs in which this law has the best score.
        behind: score minus that of the best, with its interval; if it contains 0, there is no difference. None for the
            best itself.
        failed: why it could not be tested; empty if it could.
        ended: how its fit to all points ended, unless it converged.
    """

    law: str
    parameters: int
    score: float = float("nan")
    rms_log: float = float("nan")
    coverage: float = float("nan")
    aicc: float = float("nan")
    cross_validated: float = float("nan")
    best_probability: float = 0.0
    behind: Estimate | None = None
    reaches: tuple[AtReach, ...] = ()
    cuts: tuple[Cut, ...] = ()
    failed: str = ""
    ended: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(PublicRecord):
    """Laws tested on the same cuts, the best first.

    `undecided` names the laws that cannot be distinguished from the best on these runs (their `behind` contains 0).
    """

    laws: tuple[Compared, ...]
    by: str
    cuts: tuple[float, ...]
    held_runs: int
    level: float
    undecided: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def plain(self) -> dict:
        """Give JSON values: everything except the individual held-out points."""
        return plain(self)

    def ranking(self) -> Ranking:
        """Convert to the record that a report shows."""
        names = ("law", "parameters", "best_probability", "behind", "failed")
        measured = ("score", "rms_log", "coverage")
        ranked = tuple(
            LawRanked(
                **{name: getattr(one, name) for name in names},
                **({} if one.failed else {name: getattr(one, name) for name in measured}),
                tested=None if one.failed else runs_tested(one.cuts),
            )
            for one in self.laws
        )
        return Ranking(ranked, self.cuts, self.held_runs, self.level, self.undecided, self.warnings)

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return comparison_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "best": self.laws[0].law,
            "score": self.laws[0].score,
            "undecided": self.undecided,
            "laws": len(self.laws),
            "cuts": len(self.cuts),
            "held_runs": self.held_runs,
            "level": self.level,
        }

    def rows(self) -> dict[str, Any]:
        """Give a row a law, best first."""
        names = ("law", "parameters", "score", "rms_log", "coverage", "aicc", "cross_validated")
        columns = {name: [getattr(one, name) for one in self.laws] for name in (*names, "best_probability", "failed")}
        ends = {
            f"behind_{end}": [getattr(one.behind, end, None) for one in self.laws] for end in ("value", "low", "high")
        }
        return columns | ends


def runs_tested(cuts: Sequence[Cut]) -> RunsTested | None:
    """Gather the errors of the larger runs; of more than `MOST_TESTED` an even sample by reach."""
    good = [cut for cut in cuts if not cut.failed]
    if not good:
        return None
    reaches, errors, ratios = (
        np.concatenate([getattr(c, name) for c in good]) for name in ("reaches", "errors", "ratios")
    )
    rows = np.argsort(reaches, kind="stable")[:: max(1, -(-len(reaches) // MOST_TESTED))]
    return RunsTested(
        tuple(float(f"{x:.5g}") for x in reaches[rows]),
        tuple(float(f"{x:.4g}") for x in errors[rows]),
        tuple((ratios[rows] <= 1).tolist()),
    )
