"""findings(runs, curves, positions): the one function of this bench."""

from ..points import Points
from . import allocation, along, batches, depth, overfitting, recipe, shapes, sizes, transfer
from .evidence import Evidence
from .record import Verdict

CLAIMS = tuple(
    sorted(
        (
            one
            for part in (sizes, shapes, depth, overfitting, along, allocation, batches, transfer, recipe)
            for one in part.CLAIMS
        ),
        key=lambda one: int(one.id[1:]),
    )
)


def findings(
    runs: Points, curves: Points, positions: Points, *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> tuple[Verdict, ...]:
    """Judge the paper's claims S1 to S31 on the tables of a set of families.

    Everything is measured in the tables; no published constant takes part in a test. A claim whose runs are not there
    is "not run", and says which family it needs and how many of its runs are present.

    Args:
        runs, curves, positions: as `scalinglaws study` writes them for a set of families: a row a run, an evaluation, a
            place in the context.
        level, draws, seed: of the intervals.
    """
    evidence = Evidence(runs, curves, positions, level, draws, seed)
    return tuple(one.judge(evidence) for one in CLAIMS)
