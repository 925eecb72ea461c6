"""What a study or a table predicts and plans with: the default forecast, or the laws that its user names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..auditing.claim_gate import barred_of_forecast
from ..errors import FitError, MisuseError, PointsError
from ..fitting.fit_record import Fit
from ..planning.plan import plan
from ..points.points import Points
from ..predicting.forecast import Forecaster, forecaster
from ..results.study_results import Recommendation
from ..results.tested import LawTrial
from ..uncertainty.drawn import Draws
from .fitted_laws import Inference, largest_compute
from .laws_shown import unsound

ALIKE = 1.5  # error over the lowest one, up to which laws count as equally good
Predictor = Forecaster | Sequence[Draws]  # of laws the first predicts, and was chosen among all


def predictor(
    points: Points, found: Inference, laws: Sequence[str], columns: Mapping[str, str], floor: float | None = None
) -> tuple[Predictor | None, tuple[str, ...]]:
    """Give what predicts, and what a reader must know of it first: what is odd about its rows, or why there is none.

    Args:
        laws: those that the user named and that were fitted, the one with the smallest error first, and with it those
            that the runs do not distinguish from it; none for the forecast.
        columns: letter -> column of the forecast. floor: the entropy of the text, below which no loss lies, if known.
    """
    if laws:
        return [found.draws[name] for name in laws], ()
    try:
        made = forecaster(points, columns=columns)
        return replace(made, floor=floor), made.seen.odd
    except (PointsError, FitError, MisuseError) as failure:
        return None, (f"no forecast: {failure}",)


def alike(trials: Sequence[LawTrial], law: str | None) -> list[str]:
    """Give a law and those whose error in the trial is close to its own; empty without a law."""
    if law is None:
        return []
    errors = {trial.law: trial.rms_log for trial in trials}
    near = [name for name, error in errors.items() if name != law and error <= ALIKE * errors.get(law, 0.0)]
    return [law, *near]


def planned_by(
    by: Predictor | None, barred: Sequence[str], label: str, times: float, flops: float | None = None, **how: Any
) -> tuple[tuple[Recommendation, ...], tuple[str, ...]]:
    """Plan for a budget, or for a number of times the largest fitted compute; or say why there is no plan.

    Args:
        barred: why no plan may be claimed from these runs; `how`: options of `plan`.

    Returns:
        (recommendations, notes).
    """
    if by is None:
        return (), ()
    if barred:
        return (), (f"no plan: {' '.join(barred)}",)
    try:
        made = plan(by, flops or times * fitted_compute(by), **how)
    except (FitError, MisuseError, PointsError) as failure:
        return (), (f"no plan: {failure}",)
    return (made.recommendation(label),), ()


def barred_of_table(by: Predictor | None) -> tuple[str, ...]:
    """List why no plan may be claimed from somebody's table: by the forecast as `plan` judges it, or by a law's fit."""
    if isinstance(by, Forecaster):
        return barred_of_forecast(by)
    return barred_of_study(by[0].fit if by else None)


def barred_of_study(fit: Fit | None) -> tuple[str, ...]:
    """List why no plan may be claimed from runs of one recipe, such as a study's own: the fit of the best law.

    That they scatter about it is no sign of mixed units here, and the forecast knows of it.
    """
    return tuple(filter(None, [unsound(fit)])) if fit else ()


def fitted_compute(by: Predictor) -> float:
    """Give the largest 6 N D from which it predicts."""
    if not isinstance(by, Forecaster):
        return largest_compute(by[0])
    return 6 * float(np.exp(by.posterior.seen.compute.max()))
