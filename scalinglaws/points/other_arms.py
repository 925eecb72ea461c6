"""Rows of the arms of a study beside the first: in no fit of the study's own laws, and compared by other verbs."""

import numpy as np

from ..run.run import EXPERTS, OTHER_ARM, OTHER_EXPERTS
from .points import Points


def with_other_arms(points: Points, reasons: tuple[str, ...] = (OTHER_ARM, OTHER_EXPERTS)) -> Points:
    """Take in the rows that are left out only because they are of another arm: another text, or more experts."""
    if "excluded_because" not in points:
        return points
    said = points["excluded_because"]
    return points.replace(excluded_because=np.where(np.isin(said, reasons), "", said))


def with_all_experts(points: Points) -> Points:
    """Take in the arms that differ in their number of experts, which is an input of the law and no other definition."""
    points = with_other_arms(points, (OTHER_EXPERTS,))
    arms = points.columns.get("arm", np.zeros(0, dtype=str))
    alike = len(arms) > 0 and arms.dtype.kind == "U" and bool(np.char.startswith(arms, EXPERTS).all())
    return points.across("arm") if alike else points
