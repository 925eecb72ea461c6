"""S1, S6, S7: the loss is a power law in size, data and compute, each where the other two do not limit it."""

from collections.abc import Callable

from ..measurements.family_tables import FamilyTables
from ..measurements.intervals import scaled
from ..measurements.powers import Power, of_data_for_any_size, trends
from ..records.numbers_in_text import interval
from .claim import Part, claim

LEAST_R2 = 0.97
NEAR_EXPONENT = 0.20  # by which the local exponent may change from one end of the data to the other
TREND = (
    f"each log-log line explains, at the points that were trained, at least {LEAST_R2} of the variance of ln L that is "
    "not noise between seeds"
)

Line = Callable[[], Power]


def _lines(evidence: FamilyTables) -> dict[str, Line]:
    """Name the four trends; L(D) is corrected by L(N, D) to models that the size does not limit."""
    return trends(evidence) | {"L(D)": lambda: of_data_for_any_size(evidence)}


@claim(
    "S1",
    f"{TREND}, and its curvature is nearer to the power law's (0) than to that of "
    "b ln(x_0/x) (-1/2 of the squared exponent); the number of decades is printed",
)
def power_laws(evidence):
    """The loss falls as a power of model size, of data and of compute."""
    lines = _lines(evidence).items()
    return [part for name, line in lines for part in (_straight(evidence, name, line), _no_logarithm(name, line))]


def _straight(evidence: FamilyTables, name: str, line: Line) -> Callable[[], Part]:
    def part() -> Part:
        found = line()
        text = (
            f"{name}: exponent {interval(found.identified)}, R2 {found.r2:.4f}, {found.points} points over "
            f"{found.decades:.2f} decades, AIC better than the logarithm's by {found.better_by:.1f}"
        )
        return Part(f"R2 of {name} beyond the noise of seeds", found.of_the_law, LEAST_R2, text=text)

    return part


def _no_logarithm(name: str, line: Line) -> Callable[[], Part]:
    def part() -> Part:
        found = line()
        return Part(f"the curvature of {name}", found.curvature, -((found.exponent.value / 2) ** 2))

    return part


@claim(
    "S6",
    "from one end of the data to the other the local exponent, by the coefficient of (ln x)^2 in ln L, changes by at "
    "most 20% of the exponent, for N and for D (corrected to models that the size does not limit); a form with a free "
    "floor is fitted beside it",
)
def no_bend(evidence):
    """The lines are straight in logarithms, without curvature at the upper end."""
    return [_unbent(name, line) for name, line in list(_lines(evidence).items())[:2]]


def _unbent(name: str, line: Line) -> Callable[[], Part]:
    def part() -> Part:
        found = line()
        text = f"{name}: exponent {interval(found.identified)}; with a floor L_inf {interval(found.floor)}"
        text += f", exponent {interval(found.floor_exponent)}"
        what, limits = (
            "the relative change of the exponent of {} from one end to the other",
            (-NEAR_EXPONENT, NEAR_EXPONENT),
        )
        if found.curvature is None:
            return Part(what.format(name), None, *limits, f"{text}; {found.points} points do not determine a curvature")
        text = text.replace(": ", f": curvature {interval(found.curvature, '#.2g')}, ", 1)
        change = scaled(found.curvature, -2 * found.span / found.exponent.value)
        return Part(what.format(name), change, *limits, text)

    return part


@claim("S7", f"three panels with data, fit and equation: {TREND}, and the exponent is above zero")
def three_panels(evidence):
    """If the other two of size, data and compute do not limit it, the loss is a power law in the third."""
    lines = list(_lines(evidence).items())[:3]
    return [part for name, line in lines for part in (_panel(evidence, name, line), _falls(name, line))]


def _panel(evidence: FamilyTables, name: str, line: Line) -> Callable[[], Part]:
    def part() -> Part:
        found = line()
        exponent = interval(found.identified)
        text = f"{name}: {found.equation}, exponent {exponent}, {found.points} points, R2 {found.r2:.4f}"
        return Part(f"R2 of {name} beyond the noise of seeds", found.of_the_law, LEAST_R2, text=text)

    return part


def _falls(name: str, line: Line) -> Callable[[], Part]:
    return lambda: Part(f"the exponent of {name}", line().exponent, 0.0)


CLAIMS = (power_laws, no_bend, three_panels)
