"""Several arms, one fit: which parameters they share, where they differ, and what that is worth in compute."""

from .differ import differences
from .joint import fit_arms
from .multiplier import multiplier
from .record import ArmsFit, Difference, Multiplier

__all__ = ["ArmsFit", "Difference", "Multiplier", "differences", "fit_arms", "multiplier"]
