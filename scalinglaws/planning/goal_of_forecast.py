"""A plan by the forecast: its loss at a split, and the least compute at which it reaches a loss."""

from dataclasses import replace

import numpy as np

from ..predicting.band import unit
from ..predicting.forecast import Forecaster
from ..predicting.forecast_draws import DrawnForecast
from ..results.fitted import Estimate
from ..uncertainty.drawn import Draws
from .best_split import Spending
from .goals import LossWanted, goal_split
from .law_splits import Split
from .least_compute import Sizes

ROUNDS, CLOSE = 20, 1e-7  # of ln(loss) and ln(FLOPs): the discrepancy varies slowly, each round gains a digit or more
ROUNDS_OF_DRAWS = 3  # each draw's own discrepancy at its own answer
FEW = 8  # draws in the rounds before, which need the answer of the law's own constants alone


def forecast_loss(known: Forecaster, one: Split, level: float = 0.95) -> tuple[Estimate, float, tuple[str, ...]]:
    """Forecast a new run at a split: its loss, the reach and the warnings.

    Where these runs do not determine it, the value is the middle of the interval, and the warnings say so.
    """
    said = known.ask(one.at, level=level)
    middle = float(said.value) if said.determined else float(np.sqrt(said.low * said.high))
    return Estimate(middle, float(said.low), float(said.high), level), float(said.reach), said.warnings


def goal_by_forecast(
    known: Forecaster, spending: Spending, target: LossWanted, sizes: Sizes
) -> tuple[Split, np.ndarray]:
    """Find the least compute at which the forecast reaches a loss: the split there, and the FLOPs of every draw.

    The forecast is a law times exp(discrepancy), so that the law must reach the loss divided by that; so it is for
    every drawn surface.

    Raises:
        MisuseError, FitError: as `goal_split`.
    """
    made = known.draws()
    asked, used, before = target.loss, made.law, 0.0
    for _ in range(ROUNDS):
        few = replace(used, values=used.values[:FEW])
        found, _ = goal_split(few, spending, replace(target, loss=asked, drawn=np.array([asked])), sizes, form=False)
        apart = np.log(target.loss / forecast_loss(known, found)[0].value)
        flops = spending.costing(found.params, found.tokens).flops
        if max(abs(apart), abs(np.log(flops) - before)) < CLOSE:
            break
        asked, before = asked * float(np.exp(apart)), np.log(flops)
        if not sizes.held:
            used = made.at(flops)
    return _of_surfaces(made, used, spending, replace(target, loss=asked), sizes, target.drawn, found)


def _of_surfaces(made: DrawnForecast, used: Draws, spending, target: LossWanted, sizes, wanted, found: Split):
    """Split for the law's loss asked for, and for every draw for what its own surface must reach.

    The surfaces have the least width of a forecast's band too.
    """
    least = unit(np.zeros(1), 0.0, made.surfaces.posterior.amplitude)[0]
    off = least * np.random.default_rng(used.seed).standard_normal(len(used))
    here = np.tile(np.log([found.at[letter] for letter in ("N", "D")]), (len(used), 1))
    for _ in range(ROUNDS_OF_DRAWS):
        drawn = np.resize(wanted, len(used)) / np.exp(_apart(made, used, here) + off)
        split, flops = goal_split(used, spending, replace(target, drawn=drawn), sizes, form=False)
        own = np.log(np.stack([split.params_draws, np.maximum(split.tokens_draws, 1.0)], axis=1))
        here = np.where(np.isfinite(own).all(axis=1, keepdims=True), own, here)
    return split, flops


def _apart(made: DrawnForecast, used: Draws, here: np.ndarray) -> np.ndarray:
    """Give ln(surface / law) of every draw at its own ln N and ln D, (draws, 2)."""
    values = dict(zip(used.names, used.values.T, strict=True))
    with np.errstate(all="ignore"):
        law = used.fit.law.evaluate(*np.exp(here.T), **values)
    return made.surfaces.at(here[:, None, :])[:, 0] - np.log(law)
