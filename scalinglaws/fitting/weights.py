"""What a column of weights means, stated by whoever names it: sd=COLUMN, var=COLUMN or weight=COLUMN."""

import numpy as np

from ..errors import PointsError, argument
from ..points.points import Points
from ..quantities import QUANTITIES

KINDS = ("sd", "var", "weight")


def scales_of(points: Points, weights: str | None, target: np.ndarray, in_logs: bool) -> np.ndarray:
    """Return the factors of the residuals, with a geometric mean of one so that delta keeps its units.

    `sd=COLUMN` holds standard deviations of the target, `var=COLUMN` variances, `weight=COLUMN` factors of the
    residuals that the fit minimises. Only a column known as a standard error (role loss_error) may stand alone.

    Raises:
        PointsError: a bare column whose meaning is not known, no such column, text, or values that are not positive.
    """
    if weights is None:
        return np.ones(len(target))
    kind, name = _kind(points, weights)
    column = points[name]
    if column.dtype.kind not in "fiub":
        raise PointsError(
            f"column {name!r} holds text ({str(column[0])!r}); a weight is a positive number. Name another column."
        )
    if not (np.isfinite(column).all() and (column > 0).all()):
        raise PointsError(f"column {name!r} holds weights that are not positive numbers. Drop or correct those rows.")
    if kind != "weight":
        sd = np.sqrt(column) if kind == "var" else column
        column = (target if in_logs else 1.0) / sd
    return column / np.exp(np.log(column).mean())


def _kind(points: Points, weights: str) -> tuple[str, str]:
    kind, equals, name = weights.partition("=")
    if equals and kind in KINDS:
        return kind, name
    if weights in QUANTITIES and QUANTITIES[weights].role == "loss_error":
        return "sd", weights
    points[weights]  # raises with the nearest name
    ways = {"sd": "standard deviations", "var": "variances", "weight": "weights, 1 / sd"}
    offered = ", ".join(f"{argument(weights=f'{way}={weights}')} for {what}" for way, what in ways.items())
    raise PointsError(f"what column {weights!r} holds is not known; say it: {offered}.")
