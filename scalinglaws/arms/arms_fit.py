"""The records of a joint fit of several arms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from ..errors import MisuseError, nearest
from ..fitting.fit_record import Fit
from ..laws.declaration import Law
from ..points.points import Points
from ..records.public_record import PublicRecord
from ..records.round_trip import read_part
from ..records.text_blocks import Block
from ..uncertainty.drawn import Draws
from .arms_text import arms_blocks, multiplier_text
from .expand import expanded, middles_of


@dataclass(frozen=True)
class ArmsAsked:
    """The inputs of a joint fit, so that it can be repeated with another parameter free.

    Attributes:
        points: the points, with the number of each row's arm; `alone`: the fit of all of them as one arm.
        options: passed to `fit`.
    """

    law: Law
    points: Points = field(repr=False)
    arms: tuple[str, ...]
    reference: str
    alone: Fit = field(repr=False)
    options: Mapping
    seed: int

    @cached_property
    def middles(self) -> dict[tuple[str, str], float]:
        """The middle of each term, over the points of all arms."""
        inputs = [self.alone.inputs[letter] for letter in self.law.inputs]
        return middles_of(self.law, self.alone.values, inputs)


@dataclass(frozen=True, eq=False, repr=False)
class ArmsFit(PublicRecord):
    """One law fitted to several arms at once.

    Attributes:
        law: the law of one arm.
        arms: their names; `reference`: the arm with which the others are compared.
        treatment: parameter -> "shared", "pooled" or "free".
        pooled_sd: pooled parameter -> standard deviation of the arms' departures, as used.
        values: arm -> parameters of the law. `by_arm`: the same with their draws, for `predict` and `plan`.
        departures: parameter -> arm -> ln(arm's / reference's); for an amplitude this is about its term in the middle
            of the points; for a parameter that may be negative it is the difference. None for shared parameters.
        joint: the fit of all points; its parameters `alpha__arm` are departures from the common `alpha`.
        draws: draws of the joint fit, with whole runs resampled within each arm.
        warnings: sentences; those of the joint fit are in `joint.warnings`.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    law: Law
    arms: tuple[str, ...]
    reference: str
    treatment: Mapping[str, str]
    pooled_sd: Mapping[str, float]
    values: Mapping[str, Mapping[str, float]]
    departures: Mapping[str, Mapping[str, float]]
    joint: Fit = field(repr=False)
    draws: Draws = field(repr=False)
    by_arm: Mapping[str, Draws] = field(repr=False)
    asked: ArmsAsked = field(repr=False)
    warnings: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    def arm(self, name: str) -> Draws:
        """Give one arm's fit and draws: a law of its own for `predict` and `plan`.

        Raises:
            MisuseError: no such arm.
        """
        return self.by_arm[checked_arm(self.arms, name)]

    def as_one_law(self) -> Fit:
        """Give the joint fit as one of the law of an arm, by which its table is judged."""
        columns = {letter: name for letter, name in self.joint.columns.items() if letter in (*self.law.inputs, "L")}
        return replace(self.joint, law=self.law, columns=columns)

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return arms_blocks(self)

    @classmethod
    def from_json(cls, text: str, laws: Sequence[object] = ()) -> Self:
        """Make a record from what `to_json` wrote; the law of all arms is made again from what was asked.

        Raises:
            MisuseError: it is no JSON of such a record. LawError: a law of your own is not among `laws`.
        """
        asked = read_part(cls, "asked", ArmsAsked, text, laws)
        treatment = read_part(cls, "treatment", dict, text)
        return super().from_json(text, (*laws, joint_law(asked, treatment)[0]))

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "law": self.law.name,
            "arms": self.arms,
            "reference": self.reference,
            "treatment": dict(self.treatment),
            "points": self.joint.n,
            "runs": self.joint.n_clusters,
            "outcome": self.joint.outcome,
        }

    def rows(self) -> dict[str, Any]:
        """Give a row an arm: its parameters."""
        names = [p.name for p in self.law.parameters]
        return {"arm": self.arms, **{name: [self.values[arm][name] for arm in self.arms] for name in names}}


@dataclass(frozen=True)
class Difference:
    """Whether a parameter differs between the arms: a Wald test based on the spread of whole runs.

    Attributes:
        departures: arm -> departure from the reference, with the parameter free and the others as in the fit.
        standard_errors: of the departures, by arm.
        statistic: F with `degrees` (tested, runs minus parameters).
        p: probability of a statistic as large if the parameter is shared; `p_holm`: corrected for multiple tests.
    """

    parameter: str
    departures: Mapping[str, float]
    standard_errors: Mapping[str, float]
    statistic: float
    degrees: tuple[int, int]
    p: float
    p_holm: float


@dataclass(frozen=True, eq=False, repr=False)
class Multiplier(PublicRecord):
    """How many times the compute `arm` needs for the loss that `reference` reaches.

    Attributes:
        value: above 1 if the arm needs more. `low`, `high`: at `level`, from the joint draws; infinite if the arm
            cannot
            reach the loss.
        loss: the loss that the reference reaches; `flops`: compute of the reference, `flops_arm`: compute of the arm.
        along: "frontier", "size" (more tokens at the same size) or "ray" (tokens in proportion to size).
        convention: how compute is counted, in words.
        reach: compute divided by the largest compute fitted, for the reference and for the arm, as the law counts it.
        beyond: sentences for a comparison outside the range of either arm's points.
    """

    arm: str
    reference: str
    value: float
    low: float
    high: float
    level: float
    along: str
    convention: str
    loss: float
    flops: float
    flops_arm: float
    reach: Mapping[str, float]
    beyond: tuple[str, ...] = ()
    drawn: np.ndarray = field(repr=False, default_factory=lambda: np.empty(0))

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return [multiplier_text(self)]

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "arm": self.arm,
            "reference": self.reference,
            **{name: getattr(self, name) for name in ("value", "low", "high", "level", "loss", "along")},
        }


def joint_law(asked: ArmsAsked, treatment: Mapping[str, str]) -> tuple[Law, dict[str, list[str]]]:
    """Make the law of all arms at once, and say which arms depart in each parameter."""
    departing = {
        name: [arm for arm in asked.arms if arm != asked.reference or word == "pooled"]
        for name, word in treatment.items()
        if word != "shared"
    }
    return expanded(asked.law, asked.arms, departing, asked.middles), departing


def checked_arm(arms: tuple[str, ...], name: str) -> str:
    """Check that an arm exists.

    Raises:
        MisuseError: it does not; the message gives the nearest name.
    """
    if name not in arms:
        raise MisuseError(f"no arm is called {name!r}; there are {', '.join(arms)}.{nearest(name, arms)}")
    return name
