"""Rows of the arms of a study beside the first: in no fit of the study's own laws, and compared by other verbs."""

import numpy as np

from ..run.run import OTHER_ARM
from .points import Points


def with_other_arms(points: Points) -> Points:
    """Take in the rows that are left out only because they are of another arm."""
    if "excluded_because" not in points:
        return points
    reasons = points["excluded_because"]
    return points.replace(excluded_because=np.where(reasons == OTHER_ARM, "", reasons))
