"""The default forecast as what a study claims: whether it is, and what it says from these rows or from some of them."""

import numpy as np

from ..predicting.forecast import Forecaster, forecaster
from .evidence import Evidence


def is_forecast(name: str) -> bool:
    """Say whether a claim is the default forecast's, which takes no law on trust, and not a law's."""
    return name.startswith("forecast")


def by_forecast(e: Evidence) -> bool:
    """Say whether every plan and prediction that is claimed is the default forecast's."""
    laws = [one.law for one in e.plans] + ([e.held_out.law] if e.held_out else [])
    return bool(laws) and all(map(is_forecast, laws))


def forecaster_of(e: Evidence, rows: np.ndarray | None = None) -> Forecaster:
    """Make the default forecast from the rows that take part, or from some of them, in the study's counts."""
    points = e.base if rows is None else e.base.take(rows)
    columns = {"N": e.size_name, "D": "tokens", "L": e.loss_name}
    return forecaster(points.across(*points.columns), columns=columns)


def mean_and_sd(known: Forecaster, at: dict[str, float]) -> tuple[float, float]:
    """Give the mean and the standard deviation of ln L at a size and tokens, without the noise of a run."""
    mean, sd = known.posterior.at(np.log([[at["N"], at["D"]]]))
    return float(mean[0]), float(sd[0])
