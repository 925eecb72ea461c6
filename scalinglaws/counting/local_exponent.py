"""local_exponents(law, flops): the exponent that a count of N implies at each compute, under a law of another count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import MisuseError, NameUnknownError, argument, refuse, unknown_name
from ..fitting.fit_record import BARRED
from ..laws import law as shelf
from ..laws.declaration import Law
from ..laws.pearce2024 import vocabulary_gamma
from ..points.points import Points
from ..records.arguments import checked
from ..records.numbers_in_text import interval, short
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block, rows_of
from ..results.fitted import Estimate
from ..uncertainty.drawn import Draws
from .best_size import best_size
from .count_relation import Relation
from .counts import counts_of
from .refits import relations

STEP = 0.02  # in logarithms, of the slopes
WITHOUT, WHOLE = "params_nonembedding", "params_total"
FLOPS = (1e15, 1e17, 1e19, 1e21, 1e23)


@dataclass(frozen=True)
class AtCompute:
    """The best size at one compute C = 6 N D in a count of N, and the slopes there.

    Attributes:
        params, tokens: N* in that count, and D*.
        exponent: d ln N* / d ln C, with C in the same count; `own_exponent`: in the count of the law itself, at its
            own 6 N D of the same number.
        loss_exponent: d ln L* / d ln C along the best sizes. At the best size d ln L / d ln N with D held, and
            d ln L / d ln D with N held, are the same number: neither is worth more than the other there.
    """

    flops: float
    params: Estimate
    tokens: Estimate
    exponent: Estimate
    own_exponent: Estimate
    loss_exponent: Estimate


SLOPES = ("params", "tokens", "exponent", "own_exponent", "loss_exponent")


@dataclass(frozen=True, eq=False, repr=False)
class LocalExponents(PublicRecord):
    """The exponents that a law implies in a count that is not its own.

    Attributes:
        law: its name; `constants`: their source, or "fitted". own: the count in which the law is written.
        count: the count of N, and of C = 6 N D. relation: how the two counts depend on each other, in words.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    law: str
    constants: str
    count: str
    own: str
    relation: str
    at: tuple[AtCompute, ...]
    warnings: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        head = ("C, FLOPs", "N*", "D*", "N* ~ C^a", "L ~ C^a", f"N* ~ C^a in {self.own}")
        rows = [
            [short(a.flops), *(short(n.value, 3) for n in (a.params, a.tokens))]
            + [_told(n) for n in (a.exponent, a.loss_exponent, a.own_exponent)]
            for a in self.at
        ]
        title = f"{self.law} ({self.constants}): N and C = 6 N D in {self.count}; {self.relation}"
        return [title, rows_of(head, rows, "the local exponents at each compute")]

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {"law": self.law, "count": self.count, "exponents": [round(a.exponent.value, 4) for a in self.at]}

    def rows(self) -> dict[str, Any]:
        """Give a row a compute."""
        found: dict[str, Any] = {"flops": [a.flops for a in self.at]}
        for name in SLOPES:
            found |= {f"{name}_{end}": [getattr(getattr(a, name), end) for a in self.at] for end in _ENDS}
        return found


_ENDS = ("value", "low", "high")


def _told(one: Estimate) -> str:
    return f"{one.value:.3f}" if one.low is None else interval(one, ".3f")


@checked
def local_exponents(
    law: Law | str | Draws,
    flops: Sequence[float] = FLOPS,
    *,
    count: str = WITHOUT,
    points: Points | None = None,
    n_vocab: float | None = None,
    aspect: float | None = None,
    constants: Mapping[str, float] | None = None,
    level: float = 0.95,
    anyway: bool = False,
) -> LocalExponents:
    """Give d ln N* / d ln C at chosen computes, in another count of N than the law's (Pearce & Song 2024, section 3).

    C is 6 N D in the same count. An exponent that is constant in one count depends on the compute in another: without
    embeddings Chinchilla's 0.51 is 0.78 over Kaplan's sizes. The exponent of the loss is given beside it.

    Args:
        law: a law of N and D with constants, or the draws of a fit, whose intervals are carried through.
        count: the count of N to state exponents in.
        points: the table of a fit, from which the relation of the two counts is read; `count` may be any of its counts.
        n_vocab, aspect: without points: N_T = N_E + V (A / 12)^(1/3) N_E^(1/3), with A = d_model / n_layer.
        constants: of the law; by default the first published ones.
        anyway: give them although no claim can rest on the fit.

    Raises:
        MisuseError: a law that is not of N and D, or no relation between the counts.
        FitError: no claim can rest on the fit.
    """
    bars = law.barred if isinstance(law, Draws) else ()
    refuse("exponent", () if anyway else bars)
    member, values, source = _constants(law, constants)
    own = law.fit.columns["N"] if isinstance(law, Draws) else member.convention["N"]
    size, cost, told = _between(own, count, points, n_vocab, aspect)
    log_flops = np.log(np.asarray(flops, dtype=np.float64))
    here = _slopes(member, values, size, cost, log_flops)
    there = _slopes(member, values, size, size, log_flops)
    here["own_exponent"] = there["exponent"]
    made = [
        AtCompute(float(C), **{name: _estimate(here[name][:, i], level) for name in SLOPES})
        for i, C in enumerate(flops)
    ]
    return LocalExponents(member.name, source, count, own, told, tuple(made), _warnings(law), bars)


def _constants(law, given) -> tuple[Law, dict[str, np.ndarray], str]:
    """Give the law, parameter -> (1 + draws, 1), and where the constants come from."""
    if isinstance(law, Draws):
        drawn = np.vstack([[law.fit.values[name] for name in law.names], law.values])
        return _checked(law.fit.law), {n: drawn[:, i, None] for i, n in enumerate(law.names)}, "fitted"
    member = _checked(shelf(law) if isinstance(law, str) else law)
    values = dict(given) if given else member.constants
    source = next((one.source for one in member.published if dict(one.values) == values), "constants given")
    return member, {name: np.array([[value]]) for name, value in values.items()}, source


def _checked(law: Law) -> Law:
    if law.predicts != "loss" or set(law.inputs) != {"N", "D"}:
        raise MisuseError(
            f"law {law.name!r} gives {law.predicts} from {', '.join(law.inputs)}; a local exponent is that of a law "
            "of a loss by N and D, such as chinchilla."
        )
    return law


def _require_count(name: str, known: Mapping[str, Relation]) -> None:
    """Refuse a count that a table does not have.

    Raises:
        NameUnknownError: with the one to ask for.
    """
    if name not in known:
        told = unknown_name("count of parameters in this table", name, known)
        raise NameUnknownError(f"{told} Ask for {argument(count=next(iter(known)))}.")


def _between(own: str, count: str, points: Points | None, n_vocab, aspect) -> tuple[Relation, Relation, str]:
    """Give the law's count and the count asked for as functions of the smaller of them, and the relation in words."""
    if points is not None:
        counts = counts_of(points, {})
        base, known = relations(counts)
        for name in (own, count):
            _require_count(name, known)
        return known[own], known[count], f"counts as in the table, by {base}"
    both = {WITHOUT, WHOLE}
    if {own, count} - both:
        raise MisuseError(
            f"the law counts {own} and {count!r} was asked for: without a table only {WITHOUT} and {WHOLE} can be "
            f"related. Give one, or ask for {argument(count=WITHOUT)}."
        )
    if own == count:
        return Relation(), Relation(), "its own count"
    if n_vocab is None or aspect is None:
        raise MisuseError(
            f"the law counts {own}; {count} differs from it by the embeddings. Give "
            f"{argument(n_vocab=50257)} and {argument(aspect=64)} (d_model / n_layer), or a table with both counts."
        )
    for name, value in (("n_vocab", n_vocab), ("aspect", aspect)):
        if not (0 < value < float("inf")):
            raise MisuseError(f"{name} = {value}; it must be above 0 and finite.")
    gamma = vocabulary_gamma(n_vocab, aspect)
    whole = Relation(sign=1.0, offset=float(np.log(gamma)), slope=-2 / 3)
    told = f"{WHOLE} = N + {gamma:.5g} N^(1/3), vocabulary {n_vocab:g}, aspect {aspect:g}"
    return (whole, Relation(), told) if own == WHOLE else (Relation(), whole, told)


def _slopes(law: Law, values, size: Relation, cost: Relation, log_flops: np.ndarray) -> dict[str, np.ndarray]:
    """Give N*, D* and both slopes, each (draws, computes), by central differences."""

    def best(moved: float) -> tuple[np.ndarray, np.ndarray]:
        y = log_flops + moved
        x = best_size(law, values, size, cost, cost, y)
        return x, y - np.log(6) - cost(x)

    def log_loss(x: np.ndarray, d: np.ndarray) -> np.ndarray:
        return np.log(law.evaluate(np.exp(size(x)), np.exp(d), **values))

    def slope(above: np.ndarray, below: np.ndarray) -> np.ndarray:
        return (above - below) / (2 * STEP)

    (x, d), up, down = best(0.0), best(STEP), best(-STEP)
    return {
        "params": np.exp(cost(x)),
        "tokens": np.exp(d),
        "exponent": slope(cost(up[0]), cost(down[0])),
        "loss_exponent": slope(log_loss(*up), log_loss(*down)),
    }


def _estimate(values: np.ndarray, level: float) -> Estimate:
    """Make an estimate of a value and its draws; a value alone has no interval."""
    drawn = values[1:][np.isfinite(values[1:])]
    if len(drawn) < 2:
        return Estimate(float(values[0]), level=level)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(values[0]), float(min(low, values[0])), float(max(high, values[0])), level)


def _warnings(law) -> tuple[str, ...]:
    return tuple(w.message for w in law.warnings if w.id != BARRED) if isinstance(law, Draws) else ()
