"""Runs that differ in the schedule of their learning rate alone."""

import numpy as np

from ..points.points import Points
from .family_tables import FamilyTables
from .repeats import averaged

ADEQUATE_END = 0.1  # of the peak: the rate ends near zero
ADEQUATE_SUM = 0.5  # of the largest summed rate


def schedules(evidence: FamilyTables) -> Points:
    """Take F-LR, a row a schedule, its seeds averaged; `adequate` marks enough summed rate and an end near zero."""
    points = averaged(evidence.family("F-LR"))
    ends = np.array([_final_share(label) for label in points["lr_schedule"]])
    enough = points["lr_sum"] >= ADEQUATE_SUM * points["lr_sum"].max()
    return points.replace(final_share=ends, adequate=enough & (ends <= ADEQUATE_END))


def _final_share(label: str) -> float:
    kind, _, rest = str(label).partition(":")
    said_end = dict(part.partition("=")[::2] for part in rest.split(",") if part)
    return 1.0 if kind in ("constant", "inverse-sqrt") else float(said_end.get("lr_end", 0.0))
