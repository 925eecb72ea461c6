"""Several forms of the law on the same rows: how well each predicts larger runs, and what it says far beyond them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import FitError, LawError, PointsError
from ..fitting.fit_record import Fit
from ..laws import LAWS
from .evidence import Evidence, Lacking

CUTS = (0.5, 0.7)  # shares of the rows, by compute, that the forms are fitted to
BEYOND = 10.0
MOST_ROWS = 500  # of a larger table this many rows are drawn: curved forms take long, and forms differ by far more
FORMS: dict[str, tuple[str, dict[str, Any]]] = {  # name -> (law, options of the fit)
    "additive": ("chinchilla", {}),
    "equal exponents": ("chinchilla", {"tie": {"beta": "alpha"}}),
    "no constant": ("chinchilla", {"fix": {"E": 0.0}}),
    "Kaplan": ("kaplan-nd", {}),
    "with an outer power": ("busbridge", {}),
    "Skaling": ("skaling", {}),
}


@dataclass(frozen=True)
class Form:
    """The trial of one form.

    Attributes:
        error: mean absolute error of ln L on runs larger than those fitted.
        forecast: loss at the far point, by the fit to all rows.
        below: the fits below each cut.
    """

    name: str
    error: float
    forecast: float
    fit: Fit
    below: tuple[Fit, ...]

    def at(self, place: Mapping[str, float]) -> float:
        """Give the loss at N and D."""
        return float(self.fit.evaluate(**place))


def bake_off(e: Evidence) -> tuple[Form, ...]:
    """Fit every form below each cut and predict the rows above it; best first. Of many rows a sample takes part.

    Raises:
        Lacking: fewer than two forms can be fitted below a cut.
    """
    order = rows_in_order(e)
    tried = [_tried(e, name, law, options, order) for name, (law, options) in FORMS.items() if law in LAWS]
    good = sorted((one for one in tried if one), key=lambda one: one.error)
    if len(good) < 2:
        raise Lacking("enough rows to fit half of them by two forms or more")
    return tuple(good)


def rows_in_order(e: Evidence) -> np.ndarray:
    """Give the rows that take part in the trials, in order of compute."""
    rows = np.arange(len(e.flops))
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(e.seed).choice(rows, MOST_ROWS, replace=False))
    return rows[np.argsort(e.flops[rows], kind="stable")]


def cuts(many: int) -> list[int]:
    """Give the numbers of rows, in order of compute, that the forms are fitted to."""
    return [int(share * many) for share in CUTS]


def _tried(e: Evidence, name: str, law: str, options: dict, order: np.ndarray) -> Form | None:
    errors, parts = [], []
    try:
        for cut in cuts(len(order)):
            below, above = order[:cut], order[cut:]
            found = e.refit(below, law=law, **options)
            parts.append(found)
            said = found.evaluate(N=e.size[above], D=e.tokens[above])
            errors.append(float(np.abs(np.log(e.loss[above] / said)).mean()))
        whole = e.refit(order, law=law, **options)
    except (FitError, PointsError, LawError):
        return None
    far = float(whole.evaluate(**far_point(e)))
    good = np.isfinite([*errors, far]).all() and far > 0
    return Form(name, float(np.mean(errors)), far, whole, tuple(parts)) if good else None


def far_point(e: Evidence) -> dict[str, float]:
    """Give the target, or else ten times the compute of the largest run at its D/N."""
    if {"N", "D"} <= set(e.target):
        return {"N": float(e.target["N"]), "D": float(e.target["D"])}
    largest = int(e.flops.argmax())
    further = np.sqrt(float(e.target.get("C", BEYOND * e.flops[largest])) / e.flops[largest])
    return {"N": float(e.size[largest] * further), "D": float(e.tokens[largest] * further)}
