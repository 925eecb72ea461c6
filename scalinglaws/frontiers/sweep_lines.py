"""The law of the optima: ln knob* = ln k + a ln N + b ln D through the cells, weighted by their errors."""

from dataclasses import dataclass, field

import numpy as np

from ..results.fitted import Estimate

TOGETHER = 0.98  # correlation of ln N and ln D from which their exponents are not separate
ROUNDS = 100


@dataclass(frozen=True)
class SweepLine:
    """The law of the best value of one hyperparameter.

    Attributes:
        knob: its column. scale: its value at the middle of the cells, `params_middle` and `tokens_middle`.
        params, tokens: exponents of N and D; None where the cells do not determine one: it has a single value, or goes
            with the other.
        scatter: standard deviation of ln optimum from cell to cell beyond their errors, which a new cell has too.
        cells: how many have an optimum inside their sweep.
    """

    knob: str
    scale: Estimate
    params: Estimate | None
    tokens: Estimate | None
    params_middle: float
    tokens_middle: float
    scatter: float
    cells: int
    names: tuple[str, ...]
    coefficients: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    quantile: float = field(repr=False)

    def at(self, params: float, tokens: float) -> Estimate:
        """Give the best value for a new size and number of tokens, with the interval of one cell there."""
        size, data = np.log(params / self.params_middle), np.log(tokens / self.tokens_middle)
        row = np.array([1.0, *(size if name == "params" else data for name in self.names)])
        middle = float(row @ self.coefficients)
        half = self.quantile * float(np.sqrt(row @ self.covariance @ row + self.scatter**2))
        return of_logs(middle, half, self.scale.level)


def of_logs(middle: float, half: float, level: float) -> Estimate:
    """Make an estimate of what has this logarithm, and this half-width in logarithms."""
    value, low, high = (float(np.exp(v)) for v in (middle, middle - half, middle + half))
    return Estimate(value, low, high, level)


def line_of(
    knob: str, size: np.ndarray, data: np.ndarray, y: np.ndarray, sd: np.ndarray, level: float
) -> SweepLine | None:
    """Fit the law of the optima, or give None where the cells are too few for a line.

    The weight of a cell is 1 / (its variance + the scatter between cells), which is estimated from the squares of the
    weighted residuals (Paule & Mandel 1982); intervals are Student's t with the cells beyond the coefficients.

    Args:
        size, data: ln N and ln D of the cells; y: ln optimum; sd: its standard deviation.
    """
    from scipy.special import stdtrit

    names = _told_apart(size, data)
    if len(y) < len(names) + 3:
        return None
    columns = {"params": size - size.mean(), "tokens": data - data.mean()}
    design = np.column_stack([np.ones_like(y), *(columns[name] for name in names)])
    spare = len(y) - design.shape[1]
    scatter = _between(design, y, sd, spare)
    c, covariance, squares = _weighted(design, y, sd**2 + scatter**2)
    covariance = covariance * max(squares / spare, 1.0)
    quantile = float(stdtrit(spare, (1 + level) / 2))
    half = quantile * np.sqrt(np.diag(covariance))
    values = [Estimate(float(v), float(v - h), float(v + h), level) for v, h in zip(c, half, strict=True)]
    each = dict(zip(names, values[1:], strict=True))
    scale = of_logs(float(c[0]), float(half[0]), level)
    middles = float(np.exp(size.mean())), float(np.exp(data.mean()))
    powers = each.get("params"), each.get("tokens")
    return SweepLine(knob, scale, *powers, *middles, scatter, len(y), names, c, covariance, quantile)


def _told_apart(size: np.ndarray, data: np.ndarray) -> tuple[str, ...]:
    """Give which of N and D vary, one alone where they vary together."""
    wide = tuple(name for name, v in (("params", size), ("tokens", data)) if np.ptp(v) > 0.2)
    if len(wide) == 2 and abs(np.corrcoef(size, data)[0, 1]) > TOGETHER:
        return ("tokens",)
    return wide


def _weighted(design, y, variance) -> tuple[np.ndarray, np.ndarray, float]:
    weight = 1 / variance
    covariance = np.linalg.inv(design.T * weight @ design)
    c = covariance @ (design.T @ (weight * y))
    return c, covariance, float(weight @ (y - design @ c) ** 2)


def _between(design, y, sd, spare: int) -> float:
    """Find the scatter at which the weighted squares equal the degrees of freedom; 0 where the errors explain them."""
    low, high = 0.0, float(np.ptp(y)) + 1e-12
    if _weighted(design, y, sd**2)[2] <= spare:
        return 0.0
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if _weighted(design, y, sd**2 + middle**2)[2] > spare else (low, middle)
    return (low + high) / 2
