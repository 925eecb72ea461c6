"""optima(flops): a budget by every published law, side by side, and how far they disagree."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..errors import MisuseError
from ..laws import LAWS
from ..laws.declaration import Law
from ..records.arguments import checked
from .near_optimum import NearOptimum
from .published import LawSpread, Optima, Optimum
from .published_law import asked
from .rates_and_batches import Setting, settings

LOSS_LAW, LOSS_CONSTANTS = "chinchilla", "Besiroglu"  # gives the loss for laws that need one, by default


@checked
def optima(
    flops: float,
    *,
    params: float | None = None,
    loss_nats: float | None = None,
    given: Mapping[str, float] | None = None,
    laws: Mapping[str, Law] | None = None,
) -> Optima:
    """Compare N*, D*, loss, batch and learning rate of every applicable law for C = 6 N D.

    Args:
        flops: the budget.
        params: the size for the laws of batch and learning rate; by default the middle of the laws.
        loss_nats: for laws that take a loss; by default that of Besiroglu et al. 2024 at that point.
        given: further inputs that laws need, e.g. {"granularity": 8}.
        laws: name -> law; by default all published laws.

    Raises:
        MisuseError: a number is not positive, or no law applies.
    """
    _require_positive(flops=flops, params=params, loss_nats=loss_nats)
    laws, given = LAWS if laws is None else laws, dict(given or {})
    _require_asked(given, laws)
    found, skipped = asked(laws, flops, given)
    sized = [one for one, _ in found if one.params is not None]
    if params is None and not sized:
        raise MisuseError(
            f"none of {', '.join(laws)} gives a size for a budget. Name a size, N=..., or use laws of N and D, "
            "such as chinchilla."
        )
    params = params or middle(sized)
    tokens = flops / (6 * params)
    loss, whose = (loss_nats, "given") if loss_nats else _loss(params, tokens)
    rows = tuple(_penalised(one, valley, params) for one, valley in found)
    hyper = settings(params, tokens, loss, laws, variants=True)
    spreads = _spreads(rows, hyper)
    said = _sentences(rows, spreads, params)
    return Optima(flops, params, tokens, loss, whose, rows, hyper, spreads, skipped, said)


def middle(rows: list[Optimum]) -> float:
    """Give the median size of the laws inside their range, or of all if none is; each law counts once."""
    by_law: dict[str, list[float]] = {}
    for one in [one for one in rows if one.inside] or rows:
        if one.params is not None:
            by_law.setdefault(one.law, []).append(
                float(np.log(one.params))
            )  # the median over several sets of constants
    return float(np.exp(np.median([np.median(sizes) for sizes in by_law.values()])))


def _require_positive(**values: float | None) -> None:
    for name, value in values.items():
        if value is not None and not (value > 0 and np.isfinite(value)):
            raise MisuseError(f"{name} = {value}; it must be above 0 and finite.")


def _require_asked(given: Mapping[str, float], laws: Mapping[str, Law]) -> None:
    taken = {letter for law in laws.values() for letter in law.inputs} - {"N", "D", "C", "L"}
    for name in set(given) - taken:
        raise MisuseError(
            f"no law here takes {name!r}; in addition to C, N and D they take: {', '.join(sorted(taken)) or 'nothing'}."
        )


def _loss(params: float, tokens: float) -> tuple[float, str]:
    law = LAWS[LOSS_LAW]
    published = next(one for one in law.published if LOSS_CONSTANTS in one.source)
    return float(law.at(published.values, N=params, D=tokens)), f"{law.name}, {published.source}"


def _penalised(one: Optimum, valley: NearOptimum | None, params: float) -> Optimum:
    if valley is None:
        return one
    return replace(one, penalty=float(valley.loss_at(params)) / valley.loss - 1)


def _spreads(rows: tuple[Optimum, ...], hyper: tuple[Setting, ...]) -> tuple[LawSpread, ...]:
    said = dict.fromkeys(("params", "tokens", "tokens_per_param"), rows) | dict.fromkeys(("lr", "batch_tokens"), hyper)
    pairs = {
        name: [(getattr(one, name), one.inside) for one in whose if getattr(one, name) is not None]
        for name, whose in said.items()
    }
    return tuple(_spread(name, values) for name, values in pairs.items() if len(values) > 1)


def _spread(quantity: str, said: list[tuple[float, bool | None]]) -> LawSpread:
    values, inside = [value for value, _ in said], [value for value, within in said if within]
    near = max(inside) / min(inside) if len(inside) > 1 else None
    return LawSpread(quantity, len(values), max(values) / min(values), len(inside), near)


def _sentences(rows, spreads, params) -> tuple[str, ...]:
    names = {"params": "N*", "tokens": "D*", "lr": "learning rates", "batch_tokens": "batches"}
    found = []
    for one in (one for one in spreads if one.quantity in names):
        near = f"; the {one.laws_inside} inside their range by {one.factor_inside:.3g}" if one.factor_inside else ""
        found.append(f"{names[one.quantity]} of {one.laws} rows differ by a factor {one.factor:.3g}{near}.")
    flat = [one for one in rows if one.cheap]
    widest = max(flat, key=lambda one: one.cheap[1] / one.cheap[0], default=None)
    if widest:
        least = min(flat, key=lambda one: one.cheap[1] / one.cheap[0])
        found += [
            f"Sizes within {x.cheap[0]:.3g} to {x.cheap[1]:.3g} cost under 1% of the compute by {x.law} ({x.source})."
            for x in (least, widest)[: 1 if least is widest else 2]
        ]
        worst = max(flat, key=lambda one: one.penalty)
        found.append(
            f"At {params:.3g} parameters, the size that batch and learning rate are given for, the loss is at most "
            f"{worst.penalty:.2%} above a law's own best ({worst.law}, {worst.source})."
        )
    return tuple(found)
