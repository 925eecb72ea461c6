"""The size and the tokens of a run, computed from other columns if the table has no column of them."""

from collections.abc import Iterable

import numpy as np

from ..errors import PointsError
from ..quantities import playing
from .conversion_rules import Conversion
from .convert import convert, route
from .points import Points

# role -> what is derived of it, the preferred first
WANTED = {"params": ("params_total", "params_nonembedding"), "tokens": ("tokens",)}


def with_derived(points: Points, asked: Iterable[str] = ()) -> tuple[Points, list[str]]:
    """Add missing quantities that follow from other columns; give the points and the formulas.

    A role that a column plays already is left alone, unless another quantity of it is asked for.

    Raises:
        PointsError: a quantity that was asked for cannot be derived.
    """
    said: list[str] = []
    for name in asked:
        if name not in points:
            points, formula = derived(points, name)
            said.append(formula)
    for role, names in WANTED.items():
        if any(name in points and np.isfinite(points[name]).any() for name in playing(role)):
            continue
        for name in names:
            try:
                points, formula = derived(points, name)
            except PointsError:
                continue
            said.append(formula)
            break
    return points, said


def derived(points: Points, name: str) -> tuple[Points, str]:
    """Add a quantity that follows from other columns; give the points and the formulas.

    Raises:
        PointsError: it cannot be derived; the message names what is missing.
    """
    rules, values = route(points, name), np.asarray(convert(points, name), dtype=np.float64)
    points = points.replace(**{name: values})
    return points, f"{name} is derived: {'; '.join(map(_with_source, rules))}"


def _with_source(rule: Conversion) -> str:
    return f"{rule} ({rule.source}{f'; assuming {rule.assumes}' * bool(rule.assumes)})"
