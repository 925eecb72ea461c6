"""Forecasts as text: one line per target, with the interval, its reach, and whether the runs or the field answer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .prediction_text import determined as written
from .prediction_text import lines

if TYPE_CHECKING:
    from .forecast import Forecast

MOSTLY = 0.5  # share of the variance beyond which a forecast is said to rest on the prior


def forecast_lines(made: "Forecast", places: Sequence[str] | None = None) -> list[str]:
    """Write the forecasts, one line per target; by default a target is written as its inputs by letter."""
    names = ("value", "low", "high", "determined", "field_share", "reach", "inside_domain", "informative")
    return lines(made, names, _line, places)


def _line(made: "Forecast", at: str, value, low, high, determined, share, reach, inside, told) -> str:
    kind = "one new run" if made.kind == "run" else "the mean of runs"
    beyond = "" if inside else "; outside the range of the points: an extrapolation"
    return (
        f"{made.predicts} at {at}: {_said(made, value, low, high, determined, told)} ({made.level:.0%}, {kind}); "
        f"reach {reach:.3g} times the largest 6ND fitted; {_answers(made, share)}{beyond}"
    )


def _said(made: "Forecast", value, low, high, determined, told) -> str:
    if not told:
        return "not determined: these runs do not predict this"
    return written(value if determined else np.nan, low, high)


def _answers(made: "Forecast", share: float) -> str:
    """Say which part of the uncertainty the prior closes."""
    source = {"field": "the field prior", "none": "the prior"}.get(made.prior, f"the prior {made.prior}")
    return f"the runs answer {1 - share:.0%}, {source} {share:.0%}"


def cautions(made: "Forecast", largest: float) -> tuple[str, ...]:
    """List, in sentences, what a reader must know.

    Args:
        largest: the loss of the run with the largest compute.
    """
    found = []
    if not np.all(made.determined):
        found.append(
            "these runs do not determine the forecast: most of it would rest on other studies. Add runs at another "
            "D/N, or larger ones."
        )
    elif np.max(made.field_share) > MOSTLY:
        found.append(
            f"the forecast leans on other studies for {np.max(made.field_share):.0%} of its variance: with few runs, "
            "or runs on one line, that is where its interval comes from."
        )
    if not np.all(made.informative):
        found.append(
            f"these runs do not predict this: the interval is wider than the range of all fitted losses; that of the "
            f"largest run, {largest:.4g}, says as much."
        )
    if np.max(made.reach) > made.tested:
        found.append(
            f"the target is {np.max(made.reach):.3g} times the largest 6ND fitted; the interval was measured up to "
            f"{made.tested:.3g} times, and nothing supports it beyond."
        )
    return tuple(found)
