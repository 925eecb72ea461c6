"""What a forecast sees of a table: size, tokens and loss of the rows that take part, and what is odd about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..errors import PointsError, counted
from ..fitting.columns import (
    check_loss_varies,
    checked_values,
    chosen_columns,
    suspicions,
    with_derived_inputs,
)
from ..fitting.diagnose import run_warnings
from ..laws import law as shelf
from ..points.one_definition import unmixed
from ..points.points import Points
from .discrepancy import LENGTHS, Discrepancy
from .evidence import Observed
from .mixture import Posterior, posterior
from .origins import LEAST_RUNS, PastStudy, thinned
from .prior import Prior

FORM = "skaling"  # the law whose columns are asked for
LEAST_POINTS = 3


@dataclass(frozen=True)
class Seen:
    """The points of a forecast.

    Attributes:
        letters: the inputs, in the order of the columns of `observed.x`. columns: letter -> column.
        runs: the name of the run of each point.
        warnings: what a reader must know. odd: those of them that a reader must know before any number.
    """

    letters: tuple[str, ...]
    columns: Mapping[str, str]
    observed: Observed
    runs: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    odd: tuple[str, ...] = field(default=())

    def compute(self, x: np.ndarray) -> np.ndarray:
        """Give ln(N D) at logarithms of inputs: compute, but for ln 6."""
        return x.sum(axis=1)

    def posterior(self, prior: Prior) -> Posterior:
        """Give what these points and a prior say of the loss anywhere."""
        seen = self.observed
        discrepancy = Discrepancy((LENGTHS["N"], LENGTHS["D"]), tuple(seen.x.max(axis=0)))
        return posterior(prior.alternatives(float(np.exp(seen.y.min()))), seen, discrepancy, prior.amplitudes)


def past_study(points: Points, name: str, columns: Mapping[str, str] | None = None) -> PastStudy:
    """Give the size, tokens and loss of a past study, from which a prior is learnt."""
    seen = seen_of(points, columns).observed
    size, tokens = np.exp(seen.x.T)
    return PastStudy(name, name, size, tokens, np.exp(seen.y))


def seen_of(points: Points, columns: Mapping[str, str] | None = None) -> Seen:
    """Read size, tokens and loss of the rows that are not excluded.

    Raises:
        PointsError: a column is missing, a value is not positive, the rows mix definitions, the losses are all equal,
            or there are fewer than three different points.
    """
    law = shelf(FORM)
    points, derived = with_derived_inputs(law, points, columns)
    chosen = chosen_columns(law, points, columns)
    unmixed(points, chosen.values())
    values = checked_values(points, chosen, {"N", "D", "L"})
    inputs = np.column_stack([np.log(values["N"]), np.log(values["D"])])
    distinct = len(np.unique(inputs, axis=0))
    if distinct < LEAST_POINTS:
        raise PointsError(f"{counted(distinct, 'different point')}: a forecast needs {LEAST_POINTS} or more. Add runs.")
    check_loss_varies(law, values["L"], chosen["L"])
    odd = suspicions(law, values, points, chosen)
    warned = [*derived, *odd]
    warned += run_warnings(points.kept, values, points.cluster)
    said = [one.message for one in warned]
    kept = points.kept
    runs = len(np.unique(kept.clusters(points.cluster)))
    if runs < LEAST_RUNS:
        said.append(f"{counted(runs, 'run')}: the interval was measured on forecasts from {LEAST_RUNS} runs or more.")
    order = np.argsort(inputs.sum(axis=1), kind="stable")
    order = order[thinned(np.ones(len(order), dtype=bool))]
    if len(order) < len(inputs):
        said.append(f"{len(order)} of {len(inputs)} rows are used, evenly spaced in compute: more add little but time.")
    x = inputs[order]
    observed = Observed(x, np.log(values["L"][order]), x.sum(axis=1))
    names = tuple(kept.clusters()[order])
    return Seen(("N", "D"), chosen, observed, names, tuple(said), tuple(one.message for one in odd))
