"""The size and the tokens of a run, computed from other columns if the table has no column of them."""

import numpy as np

from ..errors import PointsError
from ..quantities import playing
from .convert import convert, route
from .points import Points

# role -> what is derived of it, the preferred first
WANTED = {"params": ("params_total", "params_nonembedding"), "tokens": ("tokens",)}


def with_derived(points: Points) -> tuple[Points, list[str]]:
    """Add missing quantities that follow from other columns; give the points and the formulas.

    A role that a column plays already is left alone.
    """
    said: list[str] = []
    for role, names in WANTED.items():
        if any(name in points and np.isfinite(points[name]).any() for name in playing(role)):
            continue
        for name in names:
            try:
                steps = route(points, name)
                values = np.asarray(convert(points, name), dtype=np.float64)
            except PointsError:
                continue
            if steps and values.shape == (len(points),):
                points = points.replace(**{name: values})
                said.append(f"{name} is derived: {'; '.join(f'{rule} ({rule.source})' for rule in steps)}")
                break
    return points, said
