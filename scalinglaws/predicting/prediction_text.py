"""Predictions as text: one line per target, with the value, its interval and its reach."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..records.numbers_in_text import between

NOT_DETERMINED = "not determined by these runs"

if TYPE_CHECKING:
    from .forecast import Forecast
    from .predict import Prediction


def prediction_lines(made: "Prediction", places: Sequence[str] | None = None) -> list[str]:
    """Write the predictions, one line per target.

    Args:
        places: how each target is written; by default its inputs by letter.
    """
    names = ("value", "low", "high", "reach", "inside_domain", "informative", "form")
    return lines(made, names, _line, places)


def lines(
    made: "Prediction | Forecast", names: Sequence[str], write: Callable, places: Sequence[str] | None
) -> list[str]:
    """Write one line per target: `write` takes the record, how the target is written, and its value of every name."""
    columns = [np.ravel(column) for column in np.broadcast_arrays(*(getattr(made, name) for name in names))]
    written = targets(made) if places is None else places
    return [write(made, at, *cells) for at, *cells in zip(written, *columns, strict=True)]


def targets(made: "Prediction | Forecast") -> list[str]:
    """Write the inputs of every target, as in N=1e+09,D=2e+10."""
    shape = np.shape(made.value)
    columns = {letter: np.broadcast_to(column, shape).ravel() for letter, column in made.at.items()}
    return [",".join(f"{k}={v[i]:.6g}" for k, v in columns.items()) for i in range(int(np.prod(shape)))]


def determined(value: float, low: float, high: float) -> str:
    """Write a value with its interval; where the runs do not determine it, the interval of other studies."""
    if np.isfinite(value):
        return f"{value:.5g} {between(low, high)}"
    return f"{NOT_DETERMINED}; other studies leave {between(low, high)}"


def _line(made: "Prediction", at: str, value: float, low: float, high: float, reach: float, inside, told, form) -> str:
    kind = "one new run" if made.kind == "run" else "the law alone"
    beyond = "" if inside else "; outside the range of the points: an extrapolation"
    said = determined(value, low, high) if told else NOT_DETERMINED
    by = f"; by {made.law}" if made.law else ""
    by += f", with {form:.1%} (sd) for the error of its form" if by and form else ""
    return (
        f"{made.predicts} at {at}: {said} ({made.level:.0%}, {kind}); "
        f"reach {reach:.3g} times the largest {made.reach_of} fitted{beyond}{by}"
    )
