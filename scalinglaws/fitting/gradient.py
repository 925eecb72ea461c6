"""Check a law's slopes against differences of its formula before the search uses them."""

import warnings
from dataclasses import replace

import numpy as np

from ..errors import LawError
from ..laws import LAWS
from .problem import Problem

POINTS = 50  # number of points that are checked
AGREE = 1e-4  # relative to the largest slope
ROUNDINGS = 64  # assumed rounding error of the formula, in units in the last place of its value


def with_true_slopes(problem: Problem, z: np.ndarray) -> Problem:
    """Return the problem, with slopes by differences if the complex step fails for its law.

    The complex step works for every formula of + - * / ** exp log; with np.abs, np.maximum or a comparison it gives
    wrong slopes without an error.

    Raises:
        LawError: the law has slopes of its own and they are wrong, or its formula cannot be evaluated.
    """
    coordinates = problem.coordinates
    law = coordinates.law
    if LAWS.get(law.name) is law or not coordinates.free:
        return problem  # the slopes of the package's laws are tested
    few = problem.take(np.linspace(0, len(problem.target) - 1, min(POINTS, len(problem.target))).astype(int))
    rough = replace(coordinates, exact=False)
    value, inexact = rough.value_and_slopes(z[None], few.inputs)
    inexact, floor = inexact[0], ROUNDINGS * rough.rounding(z[None], value)[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)  # the formula drops the imaginary part
            exact = coordinates.value_and_slopes(z[None], few.inputs)[1][0]
    except LawError:
        return replace(problem, coordinates=rough)
    wrong = [name for i, name in enumerate(coordinates.free) if _differ(exact[i], inexact[i], floor[i])]
    if wrong and law.slopes is not None:
        raise LawError(
            f"law {law.name!r}: its slopes along {wrong[0]!r} are not those of its formula. Correct them, or declare "
            f"none: the fit then computes them from the formula."
        )
    return replace(problem, coordinates=rough) if wrong else problem


def _differ(one: np.ndarray, other: np.ndarray, floor: np.ndarray) -> bool:
    """Say whether slopes differ by more than the error of differences: a share of the largest slope, and rounding."""
    sound = np.isfinite(one) & np.isfinite(other)
    if not sound.any():
        return False
    largest = max(np.abs(one[sound]).max(), np.abs(other[sound]).max())
    return bool((np.abs(one - other)[sound] > AGREE * largest + np.nan_to_num(floor[sound])).any())
