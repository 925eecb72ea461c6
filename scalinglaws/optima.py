"""optima(flops): what every published law would do with a budget, side by side, and how far they disagree."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from .errors import LawError, MisuseError
from .laws import LAWS
from .laws.law import Law, Published
from .plan.around import Valley, flat_range
from .plan.optimum import Spending, trade
from .plan.set_by import Setting, settings

LOSS_LAW, LOSS_CONSTANTS = "chinchilla", "Besiroglu"  # the loss for laws of the loss, where none is given
ALLOCATED = ("params", "tokens", "flops_per_token")
_ASIDE = 1.1  # a best size must beat sizes this factor away


@dataclass(frozen=True)
class Optimum:
    """What one law, with one set of published constants, makes of a budget.

    Attributes:
        counts: letter -> quantity that the law counts.
        how: "least loss" of a law of size and data, or "allocation" for a law that gives size or tokens from compute.
        params, tokens: under C = 6 N D, N as the law counts it; None for a law that gives the loss alone.
        loss_nats: by the law itself, on its own data; None for an allocation.
        inside: whether the point lies in the range that its constants were fitted on, None where its source states
            none; `outside` says where not.
        cheap: lowest and highest size that cost under 1% of the budget by this law.
        penalty: relative rise of the loss, by this law, at the middle size of all laws.
    """

    law: str
    source: str
    counts: dict[str, str]
    how: str
    params: float | None
    tokens: float | None
    loss_nats: float | None
    inside: bool | None
    outside: tuple[str, ...] = ()
    cheap: tuple[float, float] | None = None
    penalty: float | None = None

    @property
    def tokens_per_param(self) -> float | None:
        """D / N."""
        return None if self.params is None or self.tokens is None else self.tokens / self.params


@dataclass(frozen=True)
class Spread:
    """Largest over smallest of what laws say: over all of them, and over those inside their range (None below two)."""

    quantity: str
    laws: int
    factor: float
    laws_inside: int
    factor_inside: float | None


@dataclass(frozen=True)
class Optima:
    """A budget by every law.

    Attributes:
        params, tokens: where the laws of batch and learning rate are asked: as given, or the middle of the laws (the
            median of those inside their range where there are such), N taken as each law counts it.
        loss_nats: given to laws of the loss; `loss_source` says whose it is.
        optima: a row for each law and each set of its constants.
        settings: batch and learning rate at that point.
        spreads: how far they disagree.
        skipped: law -> why it says nothing here.
        sentences: the reading, in words.
    """

    flops: float
    params: float
    tokens: float
    loss_nats: float
    loss_source: str
    optima: tuple[Optimum, ...]
    settings: tuple[Setting, ...]
    spreads: tuple[Spread, ...]
    skipped: dict[str, str]
    sentences: tuple[str, ...]


def optima(
    flops: float,
    *,
    params: float | None = None,
    loss_nats: float | None = None,
    given: Mapping[str, float] | None = None,
    laws: Mapping[str, Law] | None = None,
) -> Optima:
    """Lay every applicable law's N*, D*, loss, batch and learning rate for C = 6 N D side by side.

    Args:
        flops: the budget.
        params: where to ask the laws of batch and learning rate; the middle of the laws otherwise.
        loss_nats: for laws of the loss; else Besiroglu et al. 2024 at that point.
        given: further inputs that laws need, e.g. {"granularity": 8}.
        laws: name -> law; the shelf otherwise.

    Raises:
        MisuseError: a number that is not positive, or no law that applies.
    """
    _require_positive(flops=flops, params=params, loss_nats=loss_nats)
    laws, given = LAWS if laws is None else laws, dict(given or {})
    _require_asked(given, laws)
    found, skipped = _asked(laws, flops, given)
    sized = [one for one, _ in found if one.params is not None]
    if params is None and not sized:
        raise MisuseError(
            f"none of {', '.join(laws)} gives a size for a budget. Name a size, N=..., or take laws of N and D, "
            "such as chinchilla."
        )
    params = params or middle(sized)
    tokens = flops / (6 * params)
    loss, whose = (loss_nats, "given") if loss_nats else _loss(params, tokens)
    rows = tuple(_penalised(one, valley, params) for one, valley in found)
    asked = settings(params, tokens, loss, laws, variants=True)
    spreads = _spreads(rows, asked)
    return Optima(
        flops, params, tokens, loss, whose, rows, asked, spreads, skipped, _sentences(rows, asked, spreads, params)
    )


def middle(rows: list[Optimum]) -> float:
    """Give the median size of the laws inside their range, of all where none is; each law counts once."""
    by_law: dict[str, list[float]] = {}
    for one in [one for one in rows if one.inside] or rows:
        by_law.setdefault(one.law, []).append(np.log(one.params))  # of several constants their median
    return float(np.exp(np.median([np.median(sizes) for sizes in by_law.values()])))


def _require_positive(**values: float | None) -> None:
    for name, value in values.items():
        if value is not None and not (value > 0 and np.isfinite(value)):
            raise MisuseError(f"{name} = {value}; it must be above 0 and finite.")


def _require_asked(given: Mapping[str, float], laws: Mapping[str, Law]) -> None:
    taken = {letter for law in laws.values() for letter in law.inputs} - {"N", "D", "C", "L"}
    for name in set(given) - taken:
        raise MisuseError(f"no law here takes {name!r}; beside C, N and D: {', '.join(sorted(taken)) or 'nothing'}.")


def _asked(laws: Mapping[str, Law], flops: float, given: Mapping[str, float]):
    """Ask every law with all of its constants: rows with their valleys, and why others say nothing."""
    found, skipped = [], {}
    for law in laws.values():
        how = _way(law, given)
        if how is None:
            continue
        lacking = _lacking(law, given)
        if lacking or not law.published:
            skipped[law.name] = f"needs {', '.join(lacking)}" if lacking else "a form to fit, without constants"
            continue
        for published in law.published:
            try:
                found.append(how(law, published, flops, given))
            except LawError as failure:
                skipped[f"{law.name} ({published.source})"] = str(failure)
    return found, skipped


def _way(law: Law, given: Mapping[str, float]):
    """Choose how a law can be asked about a budget; None for a law of something else."""
    inputs = set(law.inputs)
    if law.predicts == "loss" and {"N", "D"} <= inputs and "C" not in inputs:
        return _by_loss
    if law.predicts == "tokens" and inputs == {"N"}:
        return _on_a_line
    if "C" in inputs and not inputs & {"N", "D"}:
        return _loss_alone if law.predicts == "loss" else _allocated if law.predicts in ALLOCATED else None
    return None


def _lacking(law: Law, given: Mapping[str, float]) -> list[str]:
    return [letter for letter in law.inputs if letter not in {"N", "D", "C", "U", *given}]


def _by_loss(law: Law, published: Published, flops: float, given: Mapping[str, float]) -> tuple[Optimum, Valley]:
    """Minimise the loss over N under C = 6 N D, every token seen once."""
    asked = holding(law, given)
    once = Spending(flops, unique_tokens=np.inf) if "U" in asked.inputs else Spending(flops)
    with np.errstate(all="ignore"):
        valley = Valley.of(trade(asked, dict(published.values), once))
    params, tokens = valley.params, float(valley.tokens(valley.params))
    aside = valley.loss_at(np.array([params / _ASIDE, params * _ASIDE]))
    if not (np.isfinite(valley.loss) and (aside > valley.loss).all()):
        raise LawError(f"its loss has no lowest point along size at {flops:.3g} FLOPs")
    at = {"N": params, "D": tokens, "U": tokens, **given}
    cheap = flat_range(valley)[0]
    row = _row(law, published, "least loss", at, params, tokens, valley.loss)
    return replace(row, cheap=(cheap.low, cheap.high)), valley


def _allocated(law: Law, published: Published, flops: float, given: Mapping[str, float]) -> tuple[Optimum, None]:
    """Take size or tokens from the law, and the other from C = 6 N D; N = M / 6 for a law of FLOPs a token, M.

    Tokens of a law of C_min go with no size: at the critical batch 6 N D is 2 C_min (Kaplan et al. 2020, eq 5.5).
    """
    at = {letter: given.get(letter, flops) for letter in law.inputs}
    value = float(law.at(published.values, **at))
    if law.predicts == "tokens":
        params, tokens = (None if law.convention["C"] == "flops_min" else flops / (6 * value)), value
    else:
        params = value / 6 if law.predicts == "flops_per_token" else value
        tokens = flops / (6 * params)
    return _row(law, published, "allocation", at, params, tokens), None


def _on_a_line(law: Law, published: Published, flops: float, given: Mapping[str, float]) -> tuple[Optimum, None]:
    """Find the N whose tokens by the law spend the budget: 6 N D(N) = C, by bisection in ln N."""
    low, high = 0.0, np.log(flops)
    for _ in range(200):
        params = np.exp((low + high) / 2)
        spent = 6 * params * float(law.at(published.values, N=params))
        low, high = (low, (low + high) / 2) if spent > flops else ((low + high) / 2, high)
    return _row(law, published, "allocation", {"N": params}, float(params), flops / (6 * float(params))), None


def _row(law: Law, published: Published, how: str, at: Mapping[str, float], *found: float | None) -> Optimum:
    """Make a row of (params, tokens, loss), with where `at` lies beside the law's range."""
    outside = law.outside(**{letter: at[letter] for letter in law.inputs})
    found = (*found, *[None] * (3 - len(found)))
    inside = not outside if law.domain else None
    return Optimum(law.name, published.source, dict(law.convention), how, *found, inside, outside)


def _loss_alone(law: Law, published: Published, flops: float, given: Mapping[str, float]) -> tuple[Optimum, None]:
    at = {letter: given.get(letter, flops) for letter in law.inputs}
    return _row(law, published, "loss alone", at, None, None, float(law.at(published.values, **at))), None


def holding(law: Law, given: Mapping[str, float]) -> Law:
    """Make the law of fewer inputs that another is where some of its inputs are held."""
    held = {letter: given[letter] for letter in law.inputs if letter in given}
    if not held:
        return law
    free = [letter for letter in law.inputs if letter not in held]

    def evaluate(*inputs, **constants):
        at = dict(zip(free, inputs, strict=False)) | {k: constants.pop(k) for k in free if k in constants} | held
        return law.evaluate(**at, **constants)

    whole = inspect.signature(law.evaluate)
    evaluate.__signature__ = whole.replace(parameters=[p for n, p in whole.parameters.items() if n not in held])
    convention = {k: v for k, v in law.convention.items() if k not in held}
    domain = {k: v for k, v in law.domain.items() if not set(k.split("/")) & set(held)}
    return replace(law, evaluate=evaluate, convention=convention, domain=domain, slopes=None)


def _loss(params: float, tokens: float) -> tuple[float, str]:
    law = LAWS[LOSS_LAW]
    published = next(one for one in law.published if LOSS_CONSTANTS in one.source)
    return float(law.at(published.values, N=params, D=tokens)), f"{law.name}, {published.source}"


def _penalised(one: Optimum, valley: Valley | None, params: float) -> Optimum:
    if valley is None:
        return one
    return replace(one, penalty=float(valley.loss_at(params)) / valley.loss - 1)


def _spreads(rows: tuple[Optimum, ...], asked: tuple[Setting, ...]) -> tuple[Spread, ...]:
    said = dict.fromkeys(("params", "tokens", "tokens_per_param"), rows) | dict.fromkeys(("lr", "batch_tokens"), asked)
    pairs = {
        name: [(getattr(one, name), one.inside) for one in whose if getattr(one, name) is not None]
        for name, whose in said.items()
    }
    return tuple(_spread(name, values) for name, values in pairs.items() if len(values) > 1)


def _spread(quantity: str, said: list[tuple[float, bool | None]]) -> Spread:
    values, inside = [value for value, _ in said], [value for value, within in said if within]
    near = max(inside) / min(inside) if len(inside) > 1 else None
    return Spread(quantity, len(values), max(values) / min(values), len(inside), near)


def _sentences(rows, asked, spreads, params) -> tuple[str, ...]:
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
