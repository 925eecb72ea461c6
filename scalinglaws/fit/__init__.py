"""Law x Points -> Fit."""

from .estimate import fit
from .record import Fit, FitWarning

__all__ = ["Fit", "FitWarning", "fit"]
