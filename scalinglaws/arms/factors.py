"""factors(found, arm): how many times the parameters or tokens an arm is worth, where exponents are shared."""

from dataclasses import dataclass, field

import numpy as np

from ..errors import MisuseError
from ..laws.declaration import LINEAR, Law
from ..records.arguments import checked
from ..records.numbers_in_text import between
from .arms_fit import ArmsFit, checked_arm

WORDS = {"N": "parameters", "D": "tokens"}
PLACES = (1e9, 2e10)  # of every input: a term whose slope is the same at both is a power
EVEN = 1e-6  # difference of that power between two places from which it is no power


@dataclass(frozen=True)
class Factor:
    """How many times its parameters or tokens an arm is worth to the reference.

    Attributes:
        letter: N or D. value: the term A / N^alpha of the arm is that of the reference at value x N; above 1 the arm
            uses them better. low, high: at `level`, from the joint draws.
        parameter, exponent: the amplitude that differs, and the power that the arms share.
        own_floor: whether each arm has an irreducible loss of its own, which this factor does not hold.
    """

    arm: str
    reference: str
    letter: str
    value: float
    low: float
    high: float
    level: float
    parameter: str
    exponent: float
    own_floor: bool = False
    drawn: np.ndarray = field(repr=False, compare=False, default_factory=lambda: np.empty(0))

    def __str__(self) -> str:
        told = (
            f"{self.arm} is worth {self.value:.3g} {between(self.low, self.high, '.3g')} times the {WORDS[self.letter]}"
        )
        rest = f" of {self.reference}, by {self.parameter} at the shared exponent {self.exponent:.3f}"
        return f"{told}{rest}{', above floors that differ' if self.own_floor else ''}"


@checked
def factors(found: ArmsFit, arm: str, *, reference: str | None = None, level: float = 0.95) -> tuple[Factor, ...]:
    """Express the difference of arms as factors on N and D: L = E + A / (rho_N N)^alpha + B / (rho_D D)^beta.

    Volkova et al. 2026 (arXiv 2602.07712) compare optimizers so: laws fitted to each alone are ill-conditioned, and
    with shared exponents one factor on the parameters and one on the tokens say what an optimizer is worth. Share E too
    (`shared=["E", "alpha", "beta"]`) where one text is trained on.

    Returns:
        one for N and one for D, where the law has a term that is a power of that input alone whose amplitude differs
        between the arms and whose exponent does not; none where there is no such term.

    Raises:
        MisuseError: an unknown arm, or a level outside (0, 1).
    """
    if not 0 < level < 1:
        raise MisuseError(f"level is {level}; it must lie between 0 and 1, for example 0.95.")
    arm = checked_arm(found.arms, arm)
    reference = found.reference if reference is None else checked_arm(found.arms, reference)
    own_floor = found.treatment.get("E", "shared") != "shared"
    made = []
    for p in found.law.parameters:
        term = _power(found.law, p.name, found.values[reference]) if p.amplitude else None
        if (
            term is None
            or found.treatment[p.name] == "shared"
            or found.treatment[_exponent(found.law, p.name)] != "shared"
        ):
            continue
        value, drawn = _worth(found, p.name, arm, reference, *term)
        low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        ends = float(min(low, value)), float(max(high, value))
        made.append(Factor(arm, reference, term[0], value, *ends, level, p.name, term[1], own_floor, drawn))
    return tuple(made)


def _power(law: Law, name: str, values) -> tuple[str, float, bool] | None:
    """Give the one input of which an amplitude's term is a power, the power, and whether it is P^power / N^power."""
    alone = {p.name: 0.0 if p.amplitude and p.name != name else values[p.name] for p in law.parameters}
    found = {}
    for letter in law.inputs:
        slopes = [_slope(law, alone, letter, at) for at in PLACES]
        if not np.isfinite(slopes).all() or abs(slopes[1] - slopes[0]) > EVEN:
            return None
        if abs(slopes[0]) > EVEN:
            found[letter] = -slopes[0]
    [declared] = [p.amplitude for p in law.parameters if p.name == name]
    if len(found) != 1 or next(iter(found)) not in WORDS:
        return None
    [(letter, power)] = found.items()
    return letter, float(power), declared != LINEAR


def _slope(law: Law, values, letter: str, at: float) -> float:
    with np.errstate(all="ignore"):
        one, two = (
            law.evaluate(*(at * step if letter == own else at for own in law.inputs), **values) for step in (1.0, 2.0)
        )
        return float(np.log(two / one) / np.log(2.0))


def _exponent(law: Law, name: str) -> str:
    """Give the parameter that is the power of an amplitude's term: named by the amplitude, or found by moving it."""
    [own] = [p for p in law.parameters if p.name == name]
    if own.amplitude != LINEAR:
        return own.amplitude
    middle = {p.name: float(np.mean(p.start)) for p in law.parameters}
    base = _power(law, name, middle)
    for p in law.parameters:
        if not p.amplitude and base is not None:
            moved = _power(law, name, {**middle, p.name: middle[p.name] * 1.1})
            if moved is not None and abs(moved[1] - base[1]) > EVEN:
                return p.name
    return name


def _worth(found: ArmsFit, name: str, arm: str, reference: str, letter: str, power: float, inside: bool):
    """Give the factor by the fit and by every draw: (A_reference / A_arm)^(1 / power), or the plain ratio inside."""
    exponent = _exponent(found.law, name)

    def by(values, powers):
        own, other = values(arm), values(reference)
        return other / own if inside else (other / own) ** (1 / powers)

    def column(one: str, parameter: str) -> np.ndarray:
        drawn = found.by_arm[one]
        return drawn.values[:, drawn.names.index(parameter)]

    value = float(by(lambda one: found.values[one][name], power))
    return value, by(lambda one: column(one, name), column(reference, exponent))
