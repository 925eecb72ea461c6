"""mixtures(points, shares, losses): the losses of data mixtures by several forms, and the best mixture under limits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import MisuseError, PointsError, argument, counted, nearest, unknown_name
from ..points.other_arms import with_other_arms
from ..points.points import Points
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from .mixing_forms import FORMS, enough, fitted, left_out
from .mixtures_text import mixtures_blocks
from .proposals import Proposal, bounds_of, lowest

SUM = 0.01  # how far proportions may be from 1
FEWEST = 6  # mixtures
SETTING = 0.02  # how far sizes and horizons of the mixtures may differ


@dataclass(frozen=True)
class MixedLoss:
    """One loss by the form that predicts mixtures left out best.

    Attributes:
        loss: its column; own: the number of the domain whose loss it is, from 0; None for a loss of no domain.
        form: the form chosen. errors: form -> root mean square of ln(measured / predicted) on mixtures left out.
        constants: of the form.
    """

    loss: str
    own: int | None
    form: str
    errors: Mapping[str, float]
    constants: np.ndarray = field(repr=False)

    def value(self, r: np.ndarray) -> np.ndarray:
        """Give the loss of mixtures, (mixtures,) from (mixtures, domains)."""
        return FORMS[self.form].value(r, self.constants, self.own or 0)


@dataclass(frozen=True, eq=False, repr=False)
class Mixtures(PublicRecord):
    """Every loss of a table of mixtures as a function of the proportions, and the mixture proposed.

    Attributes:
        shares: the columns of proportions; runs: mixtures that were trained.
        losses: one per loss. weights: loss -> its weight in what is minimised.
        proposal: the mixture with the lowest weighted mean of ln loss inside the proportions tried and the limits.
        explained: R2 of the weighted ln losses of mixtures left out, by the forms chosen.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    shares: tuple[str, ...]
    runs: int
    losses: tuple[MixedLoss, ...]
    weights: Mapping[str, float]
    proposal: Proposal
    level: float
    explained: float
    warnings: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    def at(self, proportions: Mapping[str, float]) -> dict[str, float]:
        """Predict every loss of a mixture, given by the columns of its proportions.

        Raises:
            MisuseError: a proportion is missing, or they do not sum to 1.
        """
        r = _mixture(self.shares, proportions)
        return {one.loss: float(one.value(r[None])[0]) for one in self.losses}

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return mixtures_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {"runs": self.runs, "forms": [one.form for one in self.losses], "proposal": self.proposal.mixture}

    def rows(self) -> dict[str, Any]:
        """Give a row a loss."""
        found: dict[str, Any] = {name: [getattr(one, name) for one in self.losses] for name in ("loss", "own", "form")}
        return found | {f"error_{name}": [one.errors.get(name, np.nan) for one in self.losses] for name in FORMS}


def mixtures(
    points: Points,
    shares: Sequence[str],
    losses: Sequence[str],
    *,
    weights: Mapping[str, float] | None = None,
    form: str | None = None,
    tokens: float | None = None,
    limits: Mapping[str, float] | None = None,
    epochs: float = 1.0,
    draws: int = 60,
    level: float = 0.95,
    seed: int = 0,
) -> Mixtures:
    """Propose a mixture without judging its forms; `scalinglaws.mixtures` is its public face."""
    r, y, names = _read(points, tuple(shares), tuple(losses))
    chosen = _weights(tuple(losses), weights)
    if form is not None and form not in FORMS:
        raise unknown_name("form of a mixture", form, FORMS)
    low, high, said = bounds_of(r, tuple(shares), tokens, dict(limits or {}), epochs)
    found = tuple(_loss(r, y[:, i], name, own, form) for i, (name, own) in enumerate(names))
    weight = np.array([chosen[name] for name, _ in names])
    proposal = lowest(found, r, y, (low, high), weight, tuple(shares), draws, level, seed)
    explained = _explained(found, y, weight)
    return Mixtures(tuple(shares), len(r), found, chosen, proposal, level, explained, (*said, *_warnings(found, y)))


def _explained(found: tuple[MixedLoss, ...], y: np.ndarray, weight: np.ndarray) -> float:
    varied = float(weight**2 @ np.log(y).var(axis=0))
    missed = sum((w * one.errors[one.form]) ** 2 for w, one in zip(weight, found, strict=True))
    return 1 - float(missed) / varied if varied > 0 else np.nan


def _read(points: Points, shares: tuple[str, ...], losses: tuple[str, ...]):
    """Give proportions (runs, domains), losses (runs, losses), and each loss with the domain that is its own."""
    if len(shares) < 2 or len(set(shares)) < len(shares) or not losses:
        raise MisuseError("a mixture needs two columns of proportions or more, each once, and a loss.")
    points = with_other_arms(points).kept
    for name in (*shares, *losses):
        if name not in points:
            raise PointsError(f"no column is called {name!r}.{nearest(name, points.columns)}")
        if points[name].dtype.kind != "f":
            raise PointsError(f"column {name!r} is text; a proportion or a loss is a number in every row.")
    _require_one_setting(points)
    r = np.column_stack([points[name] for name in shares])
    y = np.column_stack([points[name] for name in losses])
    whole = np.isfinite(r).all(axis=1) & np.isfinite(y).all(axis=1)
    r, y = r[whole], y[whole]
    if len(r) < FEWEST:
        raise PointsError(f"{counted(len(r), 'mixture')} with every loss; {FEWEST} or more are needed.")
    if (y <= 0).any() or (r < 0).any():
        raise PointsError("a proportion is below 0, or a loss not above 0. Look at these rows.")
    off = np.abs(r.sum(axis=1) - 1)
    if off.max() > SUM:
        row = int(np.argmax(off))
        raise PointsError(
            f"the proportions of a row sum to {r[row].sum():.4g}; they must sum to 1. Name the shares of every domain."
        )
    own = range(len(shares)) if len(losses) == len(shares) else (None,) * len(losses)
    return r / r.sum(axis=1, keepdims=True), y, tuple(zip(losses, own, strict=True))


def _require_one_setting(points: Points) -> None:
    """Refuse runs of several sizes or horizons: their losses do not differ by the mixture alone."""
    roles = {"params": ("params_nonembedding", "params_total"), "tokens": ("tokens",)}
    for names in roles.values():
        name = next((one for one in names if one in points), None)
        values = np.unique(points[name][np.isfinite(points[name])]) if name else np.zeros(0)
        if len(values) > 1 and values[-1] > (1 + SETTING) * values[0]:
            raise PointsError(
                f"{name} differs from run to run, from {values[0]:,.0f} to {values[-1]:,.0f}, and with it the loss: "
                f"compare mixtures at one, such as {argument(where=f'{name} == {values[-1]:.0f}')}."
            )


def _weights(losses: tuple[str, ...], given: Mapping[str, float] | None) -> dict[str, float]:
    for name, value in (given or {}).items():
        if name not in losses:
            raise unknown_name("loss of these mixtures", name, losses)
        if not 0 <= value < float("inf"):
            raise MisuseError(f"weight {name} = {value}; it must be 0 or more and finite.")
    raw = {name: float((given or {}).get(name, 0.0 if given else 1.0)) for name in losses}
    whole = sum(raw.values())
    if not whole > 0:
        raise MisuseError("all weights are 0: give one loss a weight above 0.")
    return {name: value / whole for name, value in raw.items()}


def _loss(r: np.ndarray, y: np.ndarray, name: str, own: int | None, form: str | None) -> MixedLoss:
    """Choose the form of one loss by the mixtures left out."""
    usable = [one for one in FORMS.values() if form in (None, one.name) and (own is not None or not one.own)]
    known = [one for one in usable if enough(one, r, y)]
    if not known:
        lacking = "needs a loss for each domain, in their order" if not usable else "needs more mixtures"
        raise PointsError(
            f"form {form or 'linear'!r} {lacking}: there are {counted(len(r), 'mixture')} of "
            f"{counted(r.shape[1], 'domain')}."
        )
    errors = {one.name: left_out(one, r, y, own or 0) for one in known}
    best = min(errors, key=lambda each: errors[each])
    return MixedLoss(name, own, best, errors, fitted(FORMS[best], r, y, own or 0))


def _mixture(shares: tuple[str, ...], proportions: Mapping[str, float]) -> np.ndarray:
    wrong = sorted(set(proportions) ^ set(shares))
    if wrong:
        raise MisuseError(
            f"a mixture takes {', '.join(shares)}; {wrong[0]!r} is missing or unknown.{nearest(wrong[0], shares)}"
        )
    r = np.array([proportions[name] for name in shares], dtype=np.float64)
    if not np.isfinite(r).all() or (r < 0).any() or abs(r.sum() - 1) > SUM:
        raise MisuseError(f"the proportions are {r.tolist()}; they must be 0 or more and sum to 1.")
    return r / r.sum()


def _warnings(found: tuple[MixedLoss, ...], y: np.ndarray) -> tuple[str, ...]:
    """Name the losses that no form predicts better than their own mean."""
    said = []
    for one, column in zip(found, y.T, strict=True):
        spread = float(np.std(np.log(column)))
        if one.errors[one.form] > spread / 2:
            said.append(
                f"{one.loss}: the best form is {one.errors[one.form]:.2%} off mixtures left out, which themselves "
                f"differ by {spread:.2%}: these mixtures hardly determine it."
            )
    return tuple(said)
