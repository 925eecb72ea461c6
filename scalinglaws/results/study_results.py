"""The results of a study: the one record that the report shows, with every number computed before it is put here."""

from dataclasses import dataclass, field
from typing import Any

from ..points.points import Points
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from .audited import Audit
from .fitted import Band, Estimate, FittedLaw, FrontierFound, LearningCurve, ProfiledConstant
from .live_plan import LivePlan
from .summary import summary_blocks
from .tested import HeldOutTest, Ranking, SeedSpread, WrittenForecast
from .used import UseOfRun

KAPLAN_COUNTS = {"N": "params_nonembedding", "D": "tokens", "C": "flops_6nd", "L": "loss_nats"}


@dataclass(frozen=True)
class Recommendation:
    """A plan for a budget: what to train next, with intervals."""

    label: str
    flops: float
    reach: float
    params: Estimate
    tokens: Estimate
    loss_nats: Estimate
    batch_tokens: float | None
    steps: float | None
    seconds: float | None
    law: str
    alternatives: tuple[dict[str, float], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Budgets:
    """Plans over a range of budgets, for the planner of the page.

    Attributes:
        plans: in the order of compute, each as `plan` gives it.
        speeds: device -> FLOPs per second of one, by which compute becomes hours and money.
        live: by which the page plans for further inputs; None where it only interpolates these plans.
    """

    plans: tuple[Recommendation, ...]
    speeds: dict[str, float]
    live: LivePlan | None = None


@dataclass(frozen=True, eq=False, repr=False)
class StudyResults(PublicRecord):
    """Everything the report shows.

    Attributes:
        settings: all keys and values of the study file.
        corpus: facts about the text: name, documents, bytes, tokens of each split, hash, bytes per token.
        points: one row per finished run and horizon.
        bands: figure panel -> fitted lines; keys "L(N)", "L(D)", "L(C)", "L(N,D)".
        true_floor_nats: exact entropy of a synthetic source, otherwise None.
        commands: the commands that make these results again.
        audit: the rules of a trustworthy study, judged; None if no rule could be judged.
        counts: letter -> the column of the points by which this report counts it.
        law: the law that the summary, the residuals and the plan use; empty: the law of `held_out`.
        ranking: the laws of a table, ranked by how well they predict its larger runs; a study has `held_out` instead.
        budgets: plans over a range of budgets; None where no law splits one.
        profiles: of the constants of the laws of N and D; `ledger`: the forecasts that were written down. Both are
            added where a page or a figure needs them.
        of: "study", or "table" for runs that somebody else trained: then the machine, text and cost are unknown.
        held_out: the test of the largest held-out size; `also_held_out`: those of the smaller ones.
        used: what each run of a study used, lost work included; of runs of earlier releases nothing is known.
        spent: seconds of run time of "training", "held-out runs" and "evaluations", which are `train_seconds` together.
    """

    name: str
    settings: dict
    corpus: dict
    machine: dict
    versions: dict
    runs_expected: int
    runs_present: int
    points: Points
    curves: tuple[LearningCurve, ...]
    fits: tuple[FittedLaw, ...]
    bands: dict[str, tuple[Band, ...]]
    frontier: FrontierFound | None
    seed_spread: SeedSpread | None
    held_out: HeldOutTest | None
    plans: tuple[Recommendation, ...]
    commands: tuple[str, ...]
    wall_seconds: float
    train_seconds: float
    true_floor_nats: float | None = None
    notes: tuple[str, ...] = ()
    audit: Audit | None = None
    counts: dict[str, str] = field(default_factory=lambda: dict(KAPLAN_COUNTS))
    law: str = ""
    ranking: Ranking | None = None
    of: str = "study"
    spent: dict[str, float] = field(default_factory=dict)
    budgets: Budgets | None = None
    profiles: tuple[ProfiledConstant, ...] = ()
    ledger: tuple[WrittenForecast, ...] = ()
    also_held_out: tuple[HeldOutTest, ...] = ()
    used: tuple[UseOfRun, ...] = ()

    @property
    def tests(self) -> tuple[HeldOutTest, ...]:
        """Every prediction that was tested, that of the largest held-out size first."""
        return (self.held_out, *self.also_held_out) if self.held_out else ()

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return summary_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "name": self.name,
            "of": self.of,
            "runs": self.runs_present,
            "runs_expected": self.runs_expected,
            "points": len(self.points),
            "fits": tuple(fit.law for fit in self.fits),
            "plans": len(self.plans),
            "wall_seconds": self.wall_seconds,
        }

    def rows(self) -> dict[str, Any]:
        """Give the columns of its points."""
        return self.points.rows()
