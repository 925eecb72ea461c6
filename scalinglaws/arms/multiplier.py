"""The compute multiplier: how many times the compute one arm needs for the loss that another reaches."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..errors import FitError, MisuseError
from ..fitting.fit_record import Fit
from ..laws.declaration import Law
from ..planning.best_split import CLOSED_FORMS
from ..records.arguments import checked
from ..uncertainty.drawn import Draws
from .arms_fit import ArmsFit, Multiplier, checked_arm

WIDEST = 30.0  # ln of the largest multiplier that is searched
HALVINGS = 60
SIZES = np.linspace(-14.0, 14.0, 57)  # ln of N / sqrt(C), where the best size is searched
GOLDEN, GOLDEN_STEPS = (np.sqrt(5) - 1) / 2, 40
AT_THE_END = 1.02  # reach up to which a comparison counts as within the points


@dataclass(frozen=True)
class Path:
    """A way to spend more compute: ln(compute / compute at the start) -> loss, for parameters of shape (draws,).

    On the frontier, where size and tokens follow from the compute, `params` and `tokens` are not numbers.
    """

    law: Law
    along: str
    flops: float
    params: float
    tokens: float

    def loss(self, values: Mapping, log_more) -> np.ndarray:
        """Give the loss at e^log_more times the compute."""
        more = np.exp(log_more)
        if "C" in self.law.inputs:
            return self.law.evaluate(self.flops * more, **values)
        if self.along == "frontier":
            return _frontier_loss(self.law, values, self.flops * more)
        size, data = (1.0, more) if self.along == "size" else (np.sqrt(more), np.sqrt(more))
        at = {"N": self.params * size, "D": self.tokens * data}
        return self.law.evaluate(*(at[letter] for letter in self.law.inputs), **values)


@checked
def multiplier(
    found: ArmsFit,
    arm: str,
    *,
    flops: float | None = None,
    loss: float | None = None,
    params: float | None = None,
    tokens: float | None = None,
    along: str | None = None,
    reference: str | None = None,
    level: float = 0.95,
) -> Multiplier:
    """Say how many times the compute `arm` needs for the loss that the reference reaches.

    Compute is C = 6 N D, with N as the law counts it, or the law's own C. If arms differ in the FLOPs per token at one
    N (other depths, contexts, experts), the multiplier does not include that: fit them on an N that counts it.

    Args:
        flops: the reference spends this at its best size, C = 6 N D; each arm at its own best size ("frontier").
        loss: instead of `flops`: the loss that both reach on their frontiers, in nats per token.
        params, tokens: instead of both: the reference trains this size on these tokens, the arm the same size on more
            tokens (`along="size"`) or a larger size on proportionally more ("ray", the default here).
        reference: the arm to compare with, if not the fit's reference.

    Raises:
        MisuseError: there is no such arm, no place or several places are given, or the law cannot split a budget.
    """
    reference = found.reference if reference is None else checked_arm(found.arms, reference)
    one, other = found.arm(reference), found.arm(arm)
    along = _along(along, flops, loss, params, tokens)
    _check(found.law, along)
    size, data = (np.nan if given is None else float(given) for given in (params, tokens))
    place = flops if flops is not None else largest_flops(one.fit) if params is None else 6 * size * data
    path = Path(found.law, along, float(place), size, data)
    return _compared(path, one, other, reference, arm, loss, level)


def _compared(path: Path, one: Draws, other: Draws, reference: str, arm: str, loss, level) -> Multiplier:
    shift = 0.0 if loss is None else float(_reached(path, one.fit.values, loss))
    reached = float(path.loss(one.fit.values, shift)) if loss is None else float(loss)
    if not np.isfinite(reached):
        raise FitError(
            f"law {one.fit.law.name!r} gives no finite loss for arm {reference} where they are to be compared: "
            "free a parameter that is fixed, or compare elsewhere."
        )
    spent = path.flops * float(np.exp(shift))
    with np.errstate(over="ignore"):  # overflow: infinite
        value = float(np.exp(_reached(path, other.fit.values, reached) - shift))
    drawn = _drawn(path, _columns(one), _columns(other), loss)
    low, high = _quantiles(drawn, level)
    reach = {reference: spent / largest_flops(one.fit), arm: spent * value / largest_flops(other.fit)}
    return Multiplier(
        arm=arm,
        reference=reference,
        value=value,
        low=low,
        high=high,
        level=level,
        along=path.along,
        convention=_convention(one.fit, path.along),
        loss=reached,
        flops=spent,
        flops_arm=spent * value,
        reach=reach,
        beyond=_beyond(reach, {reference: one.fit, arm: other.fit}, {reference: spent, arm: spent * value}),
        drawn=drawn,
    )


def multiplier_of(one: Draws, other: Draws, names: tuple[str, str], flops: float, level: float = 0.95) -> Multiplier:
    """Compare the same law fitted to two tables of other runs, each at its own best size of a compute.

    Args:
        one, other: the reference and the arm; their draws must be independent of each other.
        names: of the reference and of the arm.
        flops: what the reference spends, C = 6 N D.

    Raises:
        MisuseError: the law cannot split a budget. FitError: it gives no finite loss there.
    """
    _check(one.fit.law, "frontier")
    pairs = min(len(one), len(other))
    one, other = (replace(each, values=each.values[:pairs]) for each in (one, other))
    path = Path(one.fit.law, "frontier", float(flops), np.nan, np.nan)
    return _compared(path, one, other, *names, None, level)


def _columns(draws: Draws) -> dict[str, np.ndarray]:
    return {name: draws.values[:, i] for i, name in enumerate(draws.names)}


def _along(along, flops, loss, params, tokens) -> str:
    given = [flops is not None, loss is not None, params is not None and tokens is not None]
    if sum(given) != 1 or (params is None) != (tokens is None):
        raise MisuseError("say where to compare: one of flops, loss, or params together with tokens.")
    for name, value in {"flops": flops, "loss": loss, "params": params, "tokens": tokens}.items():
        if value is not None and not (value > 0 and np.isfinite(value)):
            raise MisuseError(f"{name} = {value}; it must be above 0 and finite.")
    allowed = ("size", "ray") if given[2] else ("frontier",)
    along = along or ("ray" if given[2] else "frontier")
    if along not in allowed:
        raise MisuseError(f"along is {along!r}; here it can be {' or '.join(map(repr, allowed))}.")
    return along


def splits_a_budget(law: Law, along: str = "frontier") -> bool:
    """Say whether a law gives the best loss of a budget: from N and D, or from C itself on the frontier."""
    whole = set(law.inputs) == {"N", "D"} or (law.inputs == ("C",) and along == "frontier")
    return law.predicts == "loss" and whole


def _check(law: Law, along: str) -> None:
    if not splits_a_budget(law, along):
        raise MisuseError(
            f"law {law.name!r} gives {law.predicts} from {', '.join(law.inputs)}: a multiplier needs a loss of N, D, "
            "or of C on the frontier."
        )


def _convention(fit: Fit, along: str) -> str:
    """Say how compute is counted, and when the count does not matter."""
    if "C" in fit.inputs:
        return f"C = {fit.columns['C']}"
    free = "; the ratio is that of tokens, however compute is counted" if along == "size" else ""
    return f"C = 6 N D with N = {fit.columns['N']}{free}"


def largest_flops(fit: Fit) -> float:
    """Give the largest compute among the points of a fit: C, or 6 N D."""
    return float(_flops(fit).max())


def least_flops(fit: Fit) -> float:
    """Give the smallest compute among the points of a fit."""
    return float(_flops(fit).min())


def _flops(fit: Fit) -> np.ndarray:
    with np.errstate(over="ignore"):  # overflow: infinite
        return fit.inputs["C"] if "C" in fit.inputs else 6 * fit.inputs["N"] * fit.inputs["D"]


def _frontier_loss(law: Law, values: Mapping, flops) -> np.ndarray:
    """Give the loss at the best size under C = 6 N D, with one budget per draw."""
    return best_split(law, values, flops)[1]


def best_split(law: Law, values: Mapping, flops) -> tuple[np.ndarray, np.ndarray]:
    """Give the best size under C = 6 N D and the loss there, with one budget per draw."""
    flops = np.asarray(flops, dtype=np.float64)

    def loss(log_size):
        size = np.exp(log_size)
        at = {"N": size, "D": flops / 6 / size}
        return law.evaluate(*(at[letter] for letter in law.inputs), **values)

    if law.name in CLOSED_FORMS:
        known = np.log(CLOSED_FORMS[law.name](flops, **values))
        return np.exp(known), loss(known)
    middle = 0.5 * np.log(flops)
    with np.errstate(all="ignore"):
        losses = np.stack([np.broadcast_to(loss(middle + away), np.shape(flops)) for away in SIZES])
        best = np.argmin(np.where(np.isfinite(losses), losses, np.inf), axis=0)
        low, high = middle + SIZES[np.maximum(best - 1, 0)], middle + SIZES[np.minimum(best + 1, len(SIZES) - 1)]
        for _ in range(GOLDEN_STEPS):
            left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
            better = loss(left) < loss(right)
            low, high = np.where(better, low, left), np.where(better, right, high)
        return np.exp((low + high) / 2), loss((low + high) / 2)


def _reached(path: Path, values: Mapping, loss) -> np.ndarray:
    """Find ln of the multiple of the path's compute that reaches a loss, per draw; infinite if none does."""
    shape = np.broadcast_shapes(np.shape(loss), *(np.shape(value) for value in values.values()))
    low, high = np.full(shape, -WIDEST), np.full(shape, WIDEST)
    never = path.loss(values, high) > loss
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = path.loss(values, middle) <= loss
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(never, np.inf, (low + high) / 2)


def _drawn(path: Path, one: Mapping, other: Mapping, loss) -> np.ndarray:
    """Give the multiplier of every draw of the joint fit: the arms' draws are of the same resamples."""
    if loss is None:
        return np.exp(_reached(path, other, path.loss(one, np.zeros(len(next(iter(one.values())))))))
    with np.errstate(invalid="ignore"):
        return np.exp(_reached(path, other, loss) - _reached(path, one, loss))


def _quantiles(drawn: np.ndarray, level: float) -> tuple[float, float]:
    known = drawn[~np.isnan(drawn)]  # neither arm reaches the loss in that draw
    if not len(known):
        return float("nan"), float("nan")
    low = np.quantile(known, (1 - level) / 2, method="lower")
    return float(low), float(np.quantile(known, (1 + level) / 2, method="higher"))


def _beyond(reach: Mapping, fits: Mapping, spent: Mapping) -> tuple[str, ...]:
    """Say where the comparison is outside the range of compute of an arm's points."""
    found = []
    for arm, times in reach.items():
        if not np.isfinite(times):
            found.append(f"{arm} reaches this loss at no compute, by its fitted law.")
        elif times > AT_THE_END:
            found.append(f"{arm} spends {times:.3g} times its largest compute fitted: an extrapolation of its law.")
        elif spent[arm] < least_flops(fits[arm]):
            below = least_flops(fits[arm]) / spent[arm]
            found.append(f"{arm} spends {below:.3g} times less than its smallest compute fitted.")
    return tuple(found)
