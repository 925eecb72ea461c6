"""Laws -> how well they foretold larger runs: rolling-origin backtest, ranking, calibration and influence."""

from .backtest import Calibration, Cut, backtest, calibration
from .bench import AtReach, Compared, Comparison, compare
from .influence import Influence, influence

__all__ = [
    "AtReach",
    "Calibration",
    "Compared",
    "Comparison",
    "Cut",
    "Influence",
    "backtest",
    "calibration",
    "compare",
    "influence",
]
