"""Laws -> how well they foretold larger runs: rolling-origin backtest, ranking and the calibration of bands."""

from .backtest import Calibration, Cut, backtest, calibration

__all__ = ["Calibration", "Cut", "backtest", "calibration"]
