"""findings(runs, curves, positions): a verdict on every claim."""

from ..measurements.family_tables import FamilyTables
from ..measurements.measurements import measured
from ..points.points import Points
from . import allocation, batches, depth, learning_curves, overfitting, recipe, shapes, sizes, transfer
from .claim import Findings, Verdict
from .eight import judged_together

PARTS = (sizes, shapes, depth, overfitting, learning_curves, allocation, batches, transfer, recipe)
CLAIMS = tuple(sorted((one for part in PARTS for one in part.CLAIMS), key=lambda one: int(one.id[1:])))


def findings(
    runs: Points, curves: Points, positions: Points, *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> tuple[Verdict, ...]:
    """Judge the paper's claims on the tables of a set of families.

    Everything is measured in the tables; no published constant takes part in a test. A claim is passed or failed where
    its intervals decide it, and undecided where they do not. A claim whose runs are missing is undecided, and names the
    family that it needs and how many of its runs are present.

    Args:
        runs, curves, positions: as `scalinglaws study` writes them for a set of families: a row per run, per evaluation
            and per place in the context.
        level, draws, seed: of the intervals.
    """
    return _verdicts(FamilyTables(runs, curves, positions, level, draws, seed))


def judged(
    runs: Points, curves: Points, positions: Points, *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> Findings:
    """Give the verdicts and the measurements together, with each fit made once; arguments as in `findings`."""
    return judged_on(FamilyTables(runs, curves, positions, level, draws, seed))


def judged_on(evidence: FamilyTables) -> Findings:
    """Give the verdicts and the measurements of tables that others read too."""
    verdicts = _verdicts(evidence)
    return Findings(verdicts, measured(evidence), judged_together(verdicts))


def _verdicts(evidence: FamilyTables) -> tuple[Verdict, ...]:
    return tuple(one.judge(evidence) for one in CLAIMS)
