"""The least compute at which a law reaches a loss, with the size to train, for every draw at once."""

from dataclasses import dataclass, replace

import numpy as np

from .best_split import Trade, best_params, loss_of, searched

_LOG_LEAST, _LOG_MOST = np.log(1e3), np.log(1e60)  # computes between which an answer is searched
_FIRST, _GROWTH, _STEPS = 0.3, 1.25, 17  # computes at which draws are read: steps of ln C away from the fit's own
_SLOPE = 1e-3  # in ln C, to differentiate the best loss
_HALVINGS = 60


@dataclass(frozen=True)
class LeastCompute:
    """Compute and size that reach a loss: `flops`, with serving; arrays where the law's values are arrays.

    flops is 0 or infinity if every compute or none reaches the loss; then params is nan.
    """

    flops: np.ndarray
    params: np.ndarray


@dataclass(frozen=True)
class Sizes:
    """Which size a budget trains: the best, a fixed number of parameters, or what a fixed number of tokens leaves."""

    fixed_params: float | None = None
    fixed_tokens: float | None = None

    @property
    def held(self) -> bool:
        """Whether the size or the tokens are fixed."""
        return self.fixed_params is not None or self.fixed_tokens is not None

    def at(self, one: Trade) -> np.ndarray:
        """Give the size trained with the budget of a trade, shaped like its values."""
        params = self.fixed_params
        if self.fixed_tokens is not None:
            s = one.spending
            params = s.flops / (6 * self.fixed_tokens + 2 * s.inference_tokens)
        if params is None:
            return searched(one)
        return np.full(np.broadcast_shapes(*(np.shape(v) for v in one.values.values())), params)


def _spent(one: Trade, log_flops: float) -> Trade:
    return one.at(replace(one.spending, flops=float(np.exp(log_flops))))


def _loss_at(one: Trade, log_flops: float, sizes: Sizes) -> tuple[np.ndarray, np.ndarray]:
    """Give the loss at a compute, infinite where it leaves no tokens, and the size."""
    there = _spent(one, log_flops)
    params = sizes.at(there)
    enough = there.spending.tokens(params) >= 1
    with np.errstate(all="ignore"):
        loss = loss_of(there, params)
    return np.where(enough & ~np.isnan(loss), loss, np.inf), params


def floor_of(one: Trade, sizes: Sizes) -> np.ndarray:
    """Give the loss that is left at more compute than can be spent: 1e60 FLOPs."""
    return _loss_at(one, _LOG_MOST, sizes)[0]


def least_of_fit(one: Trade, target: float, sizes: Sizes) -> float:
    """Bisect in ln C for the least compute at which one set of constants reaches a loss: FLOPs, 0 or infinity."""
    low, high = _LOG_LEAST, _LOG_MOST
    if _loss_at(one, high, sizes)[0] > target:
        return np.inf
    if _loss_at(one, low, sizes)[0] <= target:
        return 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if _loss_at(one, middle, sizes)[0] <= target else (middle, high)
    return float(np.exp(high))


def least_of_draws(one: Trade, target: np.ndarray, sizes: Sizes, near: float) -> LeastCompute:
    """Find the least compute of every draw, whose values are arrays of shape (draws,).

    The best loss is read at computes ever farther from `near`, until they enclose the answer of every draw, and
    between two of them by the cubic through its values and slopes: to 1e-5 of the loss.

    Args:
        target: the loss to reach, of each draw.
        near: FLOPs, the answer of the fit's own constants.
    """
    middle = float(np.log(near))
    nodes = {middle: _Node.read(one, middle, sizes)}
    for side in (-1, 1):
        step, at = _FIRST, middle
        for _ in range(_STEPS):
            loss = nodes[at].loss
            if not (loss < target if side < 0 else loss > target).any():
                break
            at, step = at + side * step, step * _GROWTH
            if not _LOG_LEAST < at < _LOG_MOST:
                break
            nodes[at] = _Node.read(one, at, sizes)
    return _between(dict(sorted(nodes.items())), target)


@dataclass(frozen=True)
class _Node:
    """The best loss of every draw at one compute, its slope along ln C, and ln N."""

    loss: np.ndarray
    slope: np.ndarray
    log_params: np.ndarray

    @classmethod
    def read(cls, one: Trade, log_flops: float, sizes: Sizes) -> "_Node":
        loss, params = _loss_at(one, log_flops, sizes)
        below, above = (_loss_at(one, log_flops + side * _SLOPE, sizes)[0] for side in (-1, 1))
        if not sizes.held:
            params = best_params(_spent(one, log_flops))
        with np.errstate(all="ignore"):
            inside = np.isfinite(params) & (params > 0)
            return cls(loss, (above - below) / (2 * _SLOPE), np.log(np.where(inside, params, np.nan)))


def _between(nodes: dict[float, _Node], target: np.ndarray) -> LeastCompute:
    x = np.array(list(nodes))
    loss, slope, size = (np.stack([getattr(n, name) for n in nodes.values()]) for name in _Node.__annotations__)
    reached = loss <= target
    place = np.argmax(reached, axis=0)
    never, always = ~reached.any(axis=0), reached[0]
    place = np.clip(place, 1, len(x) - 1)
    every = np.arange(len(target))

    def piece(values: np.ndarray, slopes: np.ndarray) -> tuple[np.ndarray, ...]:
        ends = [one[at, every] for one in (values, slopes) for at in (place - 1, place)]
        return ends[0], ends[1], ends[2] * width, ends[3] * width

    width = x[place] - x[place - 1]
    share = _crossing(piece(loss, slope), target)
    log_flops = x[place - 1] + share * width
    flops = np.where(never, np.inf, np.where(always, 0.0, np.exp(log_flops)))
    params = np.exp(_cubic(piece(size, np.gradient(size, x, axis=0)), share))
    return LeastCompute(flops, np.where(never | always, np.nan, params))


def _cubic(piece: tuple[np.ndarray, ...], t: np.ndarray) -> np.ndarray:
    """Evaluate the cubic with two values and two slopes at its ends, t in [0, 1] between them (Hermite)."""
    first, last, leaving, arriving = piece
    return (
        first * (1 + 2 * t) * (1 - t) ** 2
        + leaving * t * (1 - t) ** 2
        + last * t * t * (3 - 2 * t)
        + arriving * t * t * (t - 1)
    )


def _crossing(piece: tuple[np.ndarray, ...], target: np.ndarray) -> np.ndarray:
    """Bisect for the place in [0, 1] at which a cubic falls to the target; 1 where an end is not finite."""
    smooth = np.all(np.isfinite(piece), axis=0)
    piece = tuple(np.where(smooth, end, 0.0) for end in piece)
    low, high = np.zeros(len(target)), np.ones(len(target))
    for _ in range(_HALVINGS):
        t = (low + high) / 2
        below = _cubic(piece, t) <= target
        low, high = np.where(below, low, t), np.where(below, t, high)
    return np.where(smooth, high, 1.0)
