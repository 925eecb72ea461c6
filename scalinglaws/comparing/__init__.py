"""Laws -> how well they predict larger runs: backtest, ranking, influence, mixtures."""
