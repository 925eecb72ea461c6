"""Plans over a range of budgets, by the predictor of a page, so that the page answers "what if" as `plan` does."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import FitError, MisuseError
from ..planning.hardware import PEAK, Machine
from ..planning.plan import plan
from ..planning.planned import Plan
from ..results.study_results import Budgets, Recommendation
from .live_planner import live_plan
from .predictor import Predictor, fitted_compute

SPAN = (0.001, 1000.0)  # times the largest fitted compute
BUDGETS = 19  # between neighbours, powers of C interpolate N, D and the loss to better than 1%
LEAST = 2  # budgets of a planner


def budgets_by(
    by: Predictor | None, plans: Sequence[Recommendation], here: float | None = None, **how: Any
) -> Budgets | None:
    """Plan over budgets around the largest compute that a predictor saw; None where the page has no plan of its own.

    Args:
        here: FLOPs per second of the machine that trained; `how`: options of `plan`, those of the page's own plan.
    """
    if by is None or not plans:
        return None
    found = budgets_of(lambda flops: plan(by, flops, **how), fitted_compute(by), here)
    return found and replace(found, live=live_plan(by, found.plans, **how))


def budgets_of(plan_at: Callable[[float], Plan], largest: float, here: float | None = None) -> Budgets | None:
    """Plan for budgets on a log grid around the largest fitted compute; None where fewer than two can be planned.

    Args:
        plan_at: makes the plan of a budget, with the options of the page's own plan.
        largest: largest fitted compute in FLOPs; `here`: FLOPs per second of the machine that trained.
    """
    found: list[Recommendation] = []
    for flops in largest * np.geomspace(*SPAN, BUDGETS):
        try:
            found.append(replace(plan_at(float(flops)).recommendation(""), alternatives=(), warnings=()))
        except (MisuseError, FitError):
            continue
    if len(found) < LEAST:
        return None
    speeds = {name: float(Machine(hardware=name).speed or 0.0) for name in PEAK}
    return Budgets(tuple(found), ({"this machine": here} if here else {}) | speeds)
