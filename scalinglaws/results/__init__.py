"""What a study found, as records: every number computed before it gets here."""

from .audited import Audit, Finding, WaterfallStep
from .fitted import Band, Estimate, FittedLaw, FrontierFound, LearningCurve
from .study import KAPLAN_COUNTS, Recommendation, StudyResults
from .tested import HELD_OUT, HeldOutTest, LawRanked, LawTrial, Ranking, SeedSpread

__all__ = [
    "HELD_OUT",
    "KAPLAN_COUNTS",
    "Audit",
    "Band",
    "Estimate",
    "Finding",
    "FittedLaw",
    "FrontierFound",
    "HeldOutTest",
    "LawRanked",
    "LawTrial",
    "LearningCurve",
    "Ranking",
    "Recommendation",
    "SeedSpread",
    "StudyResults",
    "WaterfallStep",
]
