"""The loss functions of a fit, with the derivatives that Newton's method needs.

Every loss has the units of a squared residual and equals u^2/2 near zero (apart from the quantile's two slopes), so
that objectives of different losses can be compared. u is (predicted - observed), in logs unless the loss is plain.
"""

from dataclasses import dataclass

import numpy as np

LOSSES = ("huber", "ls-log", "ls", "student-t", "tukey", "quantile", "quantile-plain")
PLAIN = ("ls", "quantile-plain")  # of the loss itself, not of its logarithm
DEGREES = 4.0  # of freedom of Student's t: heavy tails, finite variance
NORMAL_MAD = 1.482602218505602  # standard deviation over median absolute deviation, for normal errors
EFFICIENT = {"huber": 1.345, "tukey": 4.685}  # 95% efficient for normal errors (Holland & Welsch 1977)
SHARP = 1e-5  # half-width of the quantile loss's rounded corner, in robust standard deviations
NARROW = 0.1  # of the noise: a loss narrower than this has a corner, not a curve
QUADRATIC = 0.5  # fraction of the points that must have curvature for their sum to be used
LEAST_SCALE = 1e-9  # residuals below are rounding: none of them is an outlier


@dataclass(frozen=True)
class Loss:
    """A loss: `scale` is delta of Huber, c of Tukey, s of Student, the corner's half-width of the quantile."""

    kind: str
    scale: float = np.inf
    tau: float = 0.5

    @property
    def in_logs(self) -> bool:
        """Whether residuals are differences of logarithms."""
        return self.kind not in PLAIN

    @property
    def of_quantiles(self) -> bool:
        """Whether the law is fitted to a quantile of the points instead of their middle."""
        return self.kind in ("quantile", "quantile-plain")

    @property
    def may_be_narrow(self) -> bool:
        """Whether a small scale gives the loss a corner."""
        return self.kind == "huber" or self.of_quantiles

    @property
    def has_scale(self) -> bool:
        """Whether the loss has a scale above which a residual counts as large; squares have none."""
        return self.kind not in ("ls", "ls-log")


def costs(loss: Loss, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give rho(u), its first and second derivative, and rho'(u)/u, the weight of reweighted least squares."""
    return _COSTS[loss.kind](u, loss.scale, loss.tau)


def curved(loss: Loss, u: np.ndarray, noise: float) -> np.ndarray:
    """Return the curvature of the loss at residuals u; of a loss narrower than the noise, its average over the noise.

    The absolute value has no curvature at any residual; how well a law is determined depends on the curvature of the
    expected loss.
    """
    second = costs(loss, u)[2]
    if np.mean(second > 0) >= QUADRATIC or noise <= 0:
        return second
    above, below = (costs(loss, u + side * noise)[1] for side in (1, -1))
    return (above - below) / (2 * noise)


def _squares(u, scale, tau):
    one = np.ones_like(u)
    return 0.5 * u * u, u, one, one


def _huber(u, scale, tau):
    slope = np.clip(u, -scale, scale)
    size = np.abs(u)
    cost = slope * (u - 0.5 * slope)
    return cost, slope, (size <= scale).astype(np.float64), scale / np.maximum(size, scale)


def _student(u, scale, tau):
    v = np.square(u / scale)
    weight = (DEGREES + 1) / (DEGREES + v)
    cost = 0.5 * (DEGREES + 1) * scale**2 * np.log1p(v / DEGREES)
    return cost, weight * u, weight * (DEGREES - v) / (DEGREES + v), weight


def _tukey(u, scale, tau):
    v = np.square(u / scale)
    inside = np.maximum(1.0 - v, 0.0)
    weight = inside * inside
    cost = scale**2 / 6 * (1.0 - weight * inside)
    return cost, weight * u, inside * (1.0 - 5.0 * v) * (v < 1), weight


def _quantile(u, scale, tau):
    side = np.where(u < 0, 2 * tau, 2 * (1 - tau))  # u < 0: the observation lies above the law
    return tuple(side * part for part in _huber(u, scale, tau))


_COSTS = {
    "huber": _huber,
    "ls-log": _squares,
    "ls": _squares,
    "student-t": _student,
    "tukey": _tukey,
    "quantile": _quantile,
    "quantile-plain": _quantile,
}


def robust_sd(u: np.ndarray, fitted: int) -> float:
    """Estimate the standard deviation of residuals, after `fitted` parameters, from their median absolute value.

    A robust fit can pass through as many points as it has parameters; the median of few residuals is then zero. So the
    median of the other n - fitted residuals is taken if it is larger.
    """
    size, n = np.sort(np.abs(u)), len(u)
    corrected = np.median(size) * np.sqrt(n / max(n - fitted, 1))
    others = np.median(size[min(fitted, n - 1) :])
    return NORMAL_MAD * float(max(corrected, others))


def suggested_scale(kind: str, u: np.ndarray, fitted: int) -> float:
    """Choose the scale of a loss from the residuals u of a fit with `fitted` parameters.

    Huber and Tukey: 95% efficient for normal errors. Student: maximum likelihood. Quantile: a corner so
    narrow that only the points on the law lie in it. Plain squares have no scale: infinity.
    """
    sd = robust_sd(u, fitted)
    if kind in EFFICIENT:
        return max(EFFICIENT[kind] * sd, LEAST_SCALE)
    if kind == "student-t":
        return max(_student_scale(u, sd), LEAST_SCALE)
    if Loss(kind).of_quantiles:
        return max(SHARP * sd, LEAST_SCALE)
    return np.inf


def _student_scale(u: np.ndarray, start: float) -> float:
    square = max(start, LEAST_SCALE) ** 2
    for _ in range(200):
        new = np.mean((DEGREES + 1) * u * u / (DEGREES + u * u / square))
        if abs(new - square) <= 1e-10 * square:
            break
        square = max(new, LEAST_SCALE**2)
    return float(np.sqrt(square))
