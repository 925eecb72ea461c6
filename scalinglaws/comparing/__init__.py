"""Laws -> how well they predicted larger runs: backtest, ranking, calibration, influence, mixtures."""
