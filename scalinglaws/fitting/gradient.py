"""Trust no gradient unseen: compare a law's slopes with differences of its formula before walking along them."""

import warnings
from dataclasses import replace

import numpy as np

from ..errors import LawError
from ..laws import LAWS
from .problem import Problem

POINTS = 50  # of the table that are looked at
AGREE = 1e-4  # relative to the largest slope
ROUNDINGS = 64  # units in the last place of the law's value that its formula may be off by


def with_true_slopes(problem: Problem, z: np.ndarray) -> Problem:
    """Give the problem back, walking by differences if the complex step does not hold for its law.

    It holds for every formula of + - * / ** exp log; np.abs, np.maximum or a comparison break it without a word.

    Raises:
        LawError: the law brings slopes of its own, and they are wrong; or its formula cannot be evaluated.
    """
    coordinates = problem.coordinates
    law = coordinates.law
    if LAWS.get(law.name) is law or not coordinates.free:
        return problem  # the laws on the shelf are tested
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
            f"none: the fit then takes them from the formula."
        )
    return replace(problem, coordinates=rough) if wrong else problem


def _differ(one: np.ndarray, other: np.ndarray, floor: np.ndarray) -> bool:
    """Say whether slopes differ by more than differences leave open: a share of the largest, and rounding."""
    sound = np.isfinite(one) & np.isfinite(other)
    if not sound.any():
        return False
    largest = max(np.abs(one[sound]).max(), np.abs(other[sound]).max())
    return bool((np.abs(one - other)[sound] > AGREE * largest + np.nan_to_num(floor[sound])).any())
