"""A plan by the forecast: its loss at a split, and the least compute at which it reaches a loss."""

from dataclasses import replace

import numpy as np

from ..predicting.forecast import Forecaster
from ..results.fitted import Estimate
from ..uncertainty.drawn import Draws
from .best_split import Spending
from .goals import LossWanted, goal_split
from .law_splits import Split
from .least_compute import Sizes

ROUNDS, CLOSE = 12, 1e-6  # of ln(loss): the discrepancy varies slowly, so that each round gains a digit or more
FEW = 8  # draws in the rounds after the first, which need the answer of the law's own constants alone


def forecast_loss(known: Forecaster, one: Split, level: float = 0.95) -> tuple[Estimate, float, tuple[str, ...]]:
    """Forecast a new run at a split: its loss, the reach and the warnings.

    Where these runs do not determine it, the value is the middle of the interval, and the warnings say so.
    """
    said = known.ask(one.at, level=level)
    middle = float(said.value) if said.determined else float(np.sqrt(said.low * said.high))
    return Estimate(middle, float(said.low), float(said.high), level), float(said.reach), said.warnings


def goal_by_forecast(
    known: Forecaster, draws: Draws, spending: Spending, target: LossWanted, sizes: Sizes, seed: int = 0
) -> tuple[Split, np.ndarray]:
    """Find the least compute at which the forecast reaches a loss: the split there, and the FLOPs of every draw.

    The forecast is the law times exp(discrepancy), so that the law must reach the loss divided by that. The draws of
    the compute have the spread of the law's constants and of the discrepancy.

    Raises:
        MisuseError, FitError: as `goal_split`.
    """
    asked, used = target.loss, draws
    for _ in range(ROUNDS):
        found = goal_split(used, spending, replace(target, loss=asked, drawn=np.array([asked])), sizes)
        used = replace(draws, values=draws.values[:FEW])
        apart = np.log(target.loss / forecast_loss(known, found[0])[0].value)
        if abs(apart) < CLOSE:
            break
        asked *= float(np.exp(apart))
    drawn = asked * _spread(known, draws, found[0], seed)
    return goal_split(draws, spending, replace(target, loss=asked, drawn=drawn), sizes)


def _spread(known: Forecaster, draws: Draws, found: Split, seed: int) -> np.ndarray:
    """Draw exp(discrepancy) about its mean: what the forecast's variance has beyond that of the law's constants."""
    at = {letter: found.at[letter] for letter in draws.fit.law.inputs}
    x = np.log([[at[letter] for letter in known.seen.letters]])
    whole, of_law = known.posterior.at(x)[1][0] ** 2, np.log(draws.evaluate(**at)).var()
    sd = np.sqrt(max(whole - of_law, 0.0))
    return np.exp(sd * np.random.default_rng(seed).standard_normal(len(draws)))
