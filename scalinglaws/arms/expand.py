"""One law for several arms: the common parameters, and the departure of each arm from them.

A positive parameter of an arm is the common one times e^d, any other the common one plus d. The d of an amplitude is
about its term in the middle of the points, not at N = 1: there, billions of parameters away, an arm with another
exponent has another amplitude even if its losses are the same.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter as Argument
from inspect import Signature
from typing import Any

import numpy as np

from ..laws.declaration import LINEAR, Law, Parameter

ARM = "arm"  # the additional input: the number of the arm
DEPARTURES = (-0.3, 0.3)  # range of starting values
STEP = 1e-4  # of an exponent, for the middle of a term


def departure(parameter: str, arm: str) -> str:
    """Name the departure of an arm's parameter by a valid Python identifier: alpha__rw_original."""
    return parameter + "__" + re.sub(r"\W", "_", arm)


@dataclass(frozen=True)
class JointFormula:
    """The formula of the law of all arms: a record, so that a fit of it can be kept; fields as in `expanded`."""

    law: Law
    arms: tuple[str, ...]
    middles: Mapping[tuple[str, str], float]
    names: tuple[str, ...]

    @property
    def __signature__(self) -> Signature:
        return _signature(self.law, self.names)

    def __call__(self, *inputs: Any, **values: Any) -> Any:
        """Evaluate the law with the parameters of each point's arm."""
        return self.law.evaluate(*inputs[:-1], **self.at(values, inputs[-1]))

    def at(self, values: Mapping[str, Any], number: Any) -> dict[str, Any]:
        """Give the parameters of the law for the arm of every point."""
        return arm_values(self.law, self.arms, values, self.middles, number)


@dataclass(frozen=True)
class JointSlopes:
    """The value and the slopes of a `JointFormula` along the common parameters and the departures."""

    formula: JointFormula
    departing: Mapping[str, tuple[str, ...]]

    @property
    def __signature__(self) -> Signature:
        return self.formula.__signature__

    def __call__(self, *inputs: Any, **values: Any) -> Any:
        """Take the law's own slopes over by the chain rule."""
        joint, number = self.formula, inputs[-1]
        law, at = joint.law, joint.at(values, number)
        assert law.slopes is not None  # made of a law that has them
        value, along = law.slopes(*inputs[:-1], **at)
        return value, _chained(law, joint.arms, self.departing, joint.middles, values, at, along, number)


def _signature(law: Law, names: Sequence[str]) -> Signature:
    return Signature(
        [Argument(name, Argument.POSITIONAL_OR_KEYWORD) for name in (*law.inputs, ARM)]
        + [Argument(name, Argument.KEYWORD_ONLY) for name in names]
    )


def expanded(law: Law, arms: Sequence[str], departing: Mapping[str, Sequence[str]], middles: Mapping) -> Law:
    """Make the law of all arms at once; its last input is the number of the arm.

    Args:
        departing: parameter -> the arms that have their own departure in it.
        middles: (amplitude, exponent) -> mean of d ln term / d exponent over the points (`middles_of`).
    """
    added = tuple(
        Parameter(departure(name, arm), "1", DEPARTURES, positive=False)
        for name, which in departing.items()
        for arm in which
    )

    parameters = (*law.parameters, *added)
    names = tuple(p.name for p in parameters)
    apart = {name: tuple(which) for name, which in departing.items()}
    formula = JointFormula(law, tuple(arms), dict(middles), names)
    slopes = JointSlopes(formula, apart)
    return Law(
        name=f"{law.name} of {len(arms)} arms",
        predicts=law.predicts,
        evaluate=formula,
        formula=law.formula,
        source=law.source,
        parameters=parameters,
        convention={**law.convention, ARM: ARM_COLUMN},
        slopes=slopes if law.slopes is not None else None,
        outer=law.outer,
    )


ARM_COLUMN = "arm_number"


def arm_values(law: Law, arms: Sequence[str], values: Mapping, middles: Mapping, number=None) -> dict:
    """Give the parameters of the law for the arm of every point; `number` is (n,), broadcast against the values."""
    found = {}
    for p in law.parameters:
        moved = _departures(p.name, arms, values, number)
        found[p.name] = values[p.name] if moved is None else _departed(law, p, values[p.name], moved)
    for (amplitude, exponent), middle in middles.items():
        if found[exponent] is not values[exponent]:
            found[amplitude] = found[amplitude] * np.exp(-middle * (found[exponent] - values[exponent]))
    return found


def by_a_factor(law: Law, p: Parameter) -> bool:
    """Whether an arm's parameter is the common one times e^departure; otherwise it is their sum."""
    return p.positive or p.name in law.logged


def _departed(law: Law, p: Parameter, common, moved):
    return common * np.exp(moved) if by_a_factor(law, p) else common + moved


def _departures(name, arms, values, number):
    """Give the departure of one parameter at every point; None if no arm departs in it."""
    own = {i: values[departure(name, arm)] for i, arm in enumerate(arms) if departure(name, arm) in values}
    if not own:
        return None
    total = 0.0
    for i, value in own.items():
        total = total + np.where(np.equal(number, i), value, 0.0)
    return total


def _chained(law, arms, departing, middles, values, at, along, number):
    """Convert slopes by the arms' parameters to slopes by the common parameters and the departures (chain rule)."""
    logged, found = law.logged, {}
    for p in law.parameters:
        felt = along[p.name]  # with respect to ln of the arm's parameter where logged
        through = sum(along[a] * middle for (a, e), middle in middles.items() if e == p.name and p.name in departing)
        scaled = by_a_factor(law, p) and p.name not in logged
        own = at[p.name] if scaled else 1.0  # how far a departure moves the parameter, as the law's slopes count it
        ratio = at[p.name] / values[p.name] if scaled else 1.0
        found[p.name] = felt * ratio - through * (ratio - 1.0)
        for arm in departing.get(p.name, ()):
            here = np.equal(number, arms.index(arm))
            found[departure(p.name, arm)] = np.where(here, (felt - through) * own, 0.0)
    return found


def middles_of(law: Law, values: Mapping[str, float], inputs: Sequence[np.ndarray]) -> dict[tuple[str, str], float]:
    """Find the middle of each term: mean over the points of d ln term / d exponent, which is -mean ln N for A/N^alpha.

    This is for amplitudes whose term is proportional to them; (N_c/N)^alpha_N has its scale in N_c already.
    """
    linear = [p.name for p in law.parameters if p.amplitude == LINEAR]
    if law.outer:
        return {}
    exponents = [p.name for p in law.parameters if not p.amplitude]
    found = {}
    for amplitude in linear:
        alone = {name: 0.0 if name in linear else value for name, value in values.items()} | {amplitude: 1.0}
        for exponent in exponents:
            sides = [law.evaluate(*inputs, **alone | {exponent: values[exponent] + side * STEP}) for side in (1, -1)]
            with np.errstate(all="ignore"):
                middle = float(np.mean(np.log(sides[0]) - np.log(sides[1])) / (2 * STEP))
            if np.isfinite(middle) and abs(middle) > 1e-9:
                found[amplitude, exponent] = middle
    return found
