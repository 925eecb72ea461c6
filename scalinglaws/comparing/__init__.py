"""Laws -> how well they predict larger runs: backtest, ranking, calibration, influence, mixtures."""
