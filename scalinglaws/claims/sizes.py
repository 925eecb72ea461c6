"""S1, S6, S7: loss is a power law in size, data and compute, each where the others leave room."""

from collections.abc import Callable

from ..measurements.powers import Power, trends
from ..measurements.sheet import said
from .claim import Part, claim

LEAST_R2 = 0.97
TREND = f"R2 of each log-log line is at least {LEAST_R2}"


@claim("S1", f"{TREND}; the power law beats b ln(x_0/x) by AIC; the decades spanned are printed")
def power_laws(evidence):
    """Loss falls as a power of model size, of data and of compute."""
    return [_straight(name, line) for name, line in trends(evidence).items()]


def _straight(name: str, line: Callable[[], Power]) -> Callable[[], Part]:
    def part() -> Part:
        found = line()
        text = (
            f"{name}: exponent {said(found.identified)}, R2 {found.r2:.4f}, {found.points} points over "
            f"{found.decades:.2f} decades, AIC better than the logarithm's by {found.better_by:.1f}"
        )
        good = found.r2 >= LEAST_R2 and found.better_by > 0
        wrong = f"R2 {found.r2:.4f}" if found.r2 < LEAST_R2 else f"the logarithm is better by {-found.better_by:.1f}"
        return Part(good, text, f"{name}: {wrong}")

    return part


@claim(
    "S6",
    "the coefficient of (ln x)^2 in ln L has an interval that holds zero, for N and for D; the form with a floor is "
    "fitted beside it and its floor is free",
)
def no_bend(evidence):
    """The lines are straight in logarithms, with no bend at the upper end."""
    return [_unbent(name, line) for name, line in list(trends(evidence).items())[:2]]


def _unbent(name: str, line: Callable[[], Power]) -> Callable[[], Part]:
    def part() -> Part:
        found = line()
        bend, floor = found.curvature, found.floor
        if bend is None:
            return Part(True, f"{name}: {found.points} points, too few for a curvature; L_inf {said(floor)}")
        text = f"{name}: curvature {said(bend, 2)}, exponent {said(found.identified)}; with a floor L_inf {said(floor)}"
        text += f", exponent {said(found.floor_exponent)}"
        return Part(bend.low <= 0 <= bend.high, text, f"{name} bends: curvature {said(bend, 2)}")

    return part


@claim("S7", f"three panels with data, fit and equation: {TREND}, and the line falls")
def three_panels(evidence):
    """With the other two out of the way, the loss is a power law in the third of size, data and compute."""
    return [_panel(name, line) for name, line in list(trends(evidence).items())[:3]]


def _panel(name: str, line: Callable[[], Power]) -> Callable[[], Part]:
    def part() -> Part:
        found = line()
        exponent = said(found.identified)
        text = f"{name}: {found.equation}, exponent {exponent}, {found.points} points, R2 {found.r2:.4f}"
        return Part(found.r2 >= LEAST_R2 and found.exponent.value > 0, text, f"{name} is no power law: {text}")

    return part


CLAIMS = (power_laws, no_bend, three_panels)
