"""One amplitude of the discrepancy: the constants with the process integrated out, and the evidence for it.

    ln L = law(constants) + amplitude * process + noise

The constants have a joint normal prior, and the noise is Student's t with 4 degrees of freedom, whose standard
deviation falls with compute. Its weights (Lange, Little & Taylor 1989) make each step one of normal noise, in which the
process is integrated out in closed form (Rasmussen & Williams 2006, eq 2.43); the evidence is Laplace's.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.special import gammaln

from .means import Mean

DEGREES = 4.0  # of Student's t; flat between 3 and 6
NOISE_FALLS = 0.15  # exponent of compute in the noise of a run; flat between 0.1 and 0.5
FIRST_NOISE, USUAL_NOISE = 0.01, 0.003
NOISE_RANGE = (2e-4, 0.3)  # of ln(target)
MOST_STEPS, CLOSE = 40, 1e-3
MOST_DAMPING, MOST_TRIES = 1e8, 12


@dataclass(frozen=True)
class Normal:
    """A joint normal distribution: mean (constants,), covariance (constants, constants)."""

    mean: np.ndarray
    covariance: np.ndarray

    def wider(self, factor: float) -> "Normal":
        """Multiply every standard deviation by a factor."""
        return Normal(self.mean, factor**2 * self.covariance)

    def given(self, index: int, value: float) -> "Normal":
        """Condition on one of the variables, which is left out."""
        rest = np.delete(np.arange(len(self.mean)), index)
        slope = self.covariance[rest, index] / self.covariance[index, index]
        moved = self.mean[rest] + slope * (value - self.mean[index])
        return Normal(moved, self.covariance[np.ix_(rest, rest)] - np.outer(slope, self.covariance[index, rest]))


@dataclass(frozen=True)
class Observed:
    """What was measured: x = ln(inputs), (points, inputs); y = ln(target); compute = ln(FLOPs), up to a constant.

    Attributes:
        falls: exponent of compute in the noise of a run.
        usual: noise expected of the largest run, a standard deviation of ln(target), and of how many runs it counts as.
    """

    x: np.ndarray
    y: np.ndarray
    compute: np.ndarray
    falls: float = NOISE_FALLS
    usual: tuple[float, float] = (USUAL_NOISE, 1.0)

    @property
    def shape_of_noise(self) -> np.ndarray:
        """The noise of each point, relative to that of the largest run."""
        return np.exp(-self.falls * (self.compute - self.compute.max()))


@dataclass(frozen=True)
class Component:
    """The posterior of one mean and one amplitude, to first order about its mode.

    Attributes:
        noise: standard deviation of ln(target) of the largest run.
        weights: of the points, from Student's t.
        log_evidence: Laplace's, up to a constant that all components share.
        pulled: inverse covariance times residuals, (points,); `whiten`: inverse Cholesky factor of the covariance.
        precision: of the constants; `whitened`: slopes in whitened points, (points, constants).
    """

    mean: Mean
    prior: Normal
    amplitude: float
    constants: np.ndarray
    noise: float
    weights: np.ndarray
    log_evidence: float
    pulled: np.ndarray
    whiten: np.ndarray
    precision: np.ndarray
    whitened: np.ndarray

    def at(self, x: np.ndarray, cross: np.ndarray, variance: np.ndarray, wider: float = 1.0):
        """Give mean and variance of ln(target) without noise at logarithms x.

        Args:
            cross: covariance of the unit process between x and the points; `variance`: its variance at x.
            wider: factor on the standard deviations of the prior, at the same mode.
        """
        precision = self.precision + (1 / wider**2 - 1) * np.linalg.inv(self.prior.covariance)
        value, left, seen = self._parts(x, cross)
        of_law = np.einsum("pn,pn->n", left, np.linalg.solve(precision, left))
        of_process = np.maximum(self.amplitude**2 * variance - (seen**2).sum(axis=0), 0.0)
        return value, of_law + of_process

    def jointly(self, x: np.ndarray, cross: np.ndarray, between: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give mean, (rows,), and covariance, (rows, rows), of ln(target) without noise at logarithms x.

        Args:
            between: covariance of the unit process between the rows of x.
        """
        value, left, seen = self._parts(x, cross)
        return value, left.T @ np.linalg.solve(self.precision, left) + self.amplitude**2 * between - seen.T @ seen

    def _parts(self, x: np.ndarray, cross: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Give the mean, and the slopes and the process that the points leave, whitened."""
        power = self.amplitude**2
        value, slopes = self.mean.value_and_slopes(self.constants, x)
        seen = self.whiten @ (power * cross.T)
        return value + power * (cross @ self.pulled), slopes - self.whitened.T @ seen, seen


@dataclass
class _State:
    """Where a search stands: constants, residuals and slopes there, noise, weights of the points, damping."""

    constants: np.ndarray
    residuals: np.ndarray
    slopes: np.ndarray
    noise: float
    weights: np.ndarray
    damping: float = 1e-3


def component(
    mean: Mean,
    prior: Normal,
    seen: Observed,
    covariance: np.ndarray,
    amplitude: float,
    start: "Component | np.ndarray",
    steps: int = MOST_STEPS,
) -> Component:
    """Search the mode of one mean and one amplitude, from constants or from where another component ended.

    Args:
        covariance: of the unit process between the points, (points, points).
    """
    state = _begun(mean, seen, start)
    precision = np.linalg.inv(prior.covariance)
    for _ in range(steps):
        before = state.constants
        factor = _factor(state, seen, covariance, amplitude)
        _step(mean, prior, precision, seen, factor, state)
        moved = _reweigh(state, seen, factor, precision)
        if max(moved, np.abs(state.constants - before).max()) < CLOSE:
            break
    return _ended(mean, prior, precision, seen, covariance, amplitude, state)


def _begun(mean: Mean, seen: Observed, start) -> _State:
    constants = start.constants if isinstance(start, Component) else start
    constants = np.array(constants[: len(mean.names)], dtype=np.float64)
    residuals, slopes = _residuals(mean, seen, constants)
    if isinstance(start, Component):
        return _State(constants, residuals, slopes, start.noise, start.weights)
    return _State(constants, residuals, slopes, FIRST_NOISE, np.ones(len(seen.y)))


def _residuals(mean: Mean, seen: Observed, constants: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(all="ignore"):
        value, slopes = mean.value_and_slopes(constants, seen.x)
    return seen.y - value, slopes


def _noise_variance(state: _State, seen: Observed) -> np.ndarray:
    return (state.noise * seen.shape_of_noise) ** 2 / state.weights


def _factor(state: _State, seen: Observed, covariance: np.ndarray, amplitude: float) -> np.ndarray:
    """Give the Cholesky factor of the covariance of the residuals."""
    whole = amplitude**2 * covariance
    whole[np.diag_indices_from(whole)] += _noise_variance(state, seen)
    return np.linalg.cholesky(whole)


def _step(mean, prior: Normal, precision, seen: Observed, factor, state: _State) -> None:
    """Move the constants by one damped Gauss-Newton step on the whitened residuals."""
    white = _solved(factor, np.column_stack([state.residuals, state.slopes.T]))
    apart = state.constants - prior.mean
    curvature = white[:, 1:].T @ white[:, 1:] + precision
    downhill = white[:, 1:].T @ white[:, 0] - precision @ apart
    height = white[:, 0] @ white[:, 0] + apart @ precision @ apart
    for _ in range(MOST_TRIES):
        damped = curvature + state.damping * np.diag(np.diag(curvature))
        moved = state.constants + np.linalg.solve(damped, downhill)
        residuals, slopes = _residuals(mean, seen, moved)
        if np.isfinite(residuals).all() and np.isfinite(slopes).all():
            tried, apart = _solved(factor, residuals), moved - prior.mean
            if tried @ tried + apart @ precision @ apart <= height + 2e-12:
                state.constants, state.residuals, state.slopes = moved, residuals, slopes
                state.damping = max(state.damping / 10, 1e-9)
                return
        state.damping = min(state.damping * 10, MOST_DAMPING)


def _solved(factor: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return solve_triangular(factor, columns, lower=True, check_finite=False)


def _reweigh(state: _State, seen: Observed, factor: np.ndarray, precision: np.ndarray) -> float:
    """Take the noise and the weights from the expected squares of the noise; give the largest change."""
    noise = _noise_variance(state, seen)
    whiten = _solved(factor, np.eye(len(noise)))
    slopes = whiten @ state.slopes.T
    back = whiten.T @ slopes
    inside = np.einsum("ij,ji->i", back, np.linalg.solve(slopes.T @ slopes + precision, back.T))
    spread = noise - noise**2 * ((whiten**2).sum(axis=0) - inside)
    left = noise * (whiten.T @ (whiten @ state.residuals))
    squares = (left**2 + np.maximum(spread, 0.0)) / seen.shape_of_noise**2
    weights = (DEGREES + 1) / (DEGREES + squares / state.noise**2)
    usual, counts = seen.usual
    size = np.sqrt((weights @ squares + counts * usual**2) / (len(squares) + counts))
    size = float(np.clip(size, *NOISE_RANGE))
    moved = max(abs(np.log(size / state.noise)), float(np.abs(weights - state.weights).max()))
    state.noise, state.weights = size, weights
    return moved


def _ended(mean, prior, precision, seen, covariance, amplitude, state: _State) -> Component:
    noise = _noise_variance(state, seen)
    factor = _factor(state, seen, covariance, amplitude)
    whiten = _solved(factor, np.eye(len(noise)))
    pulled, slopes = whiten.T @ (whiten @ state.residuals), whiten @ state.slopes.T
    curvature = slopes.T @ slopes + precision
    apart, scales = state.constants - prior.mean, state.noise * seen.shape_of_noise
    left = noise * pulled
    likelihood = (
        gammaln((DEGREES + 1) / 2)
        - gammaln(DEGREES / 2)
        - 0.5 * np.log(DEGREES * np.pi)
        - np.log(scales)
        - (DEGREES + 1) / 2 * np.log1p((left / scales) ** 2 / DEGREES)
    )
    of_process = pulled @ (state.residuals - left)
    volumes = 2 * np.log(np.diag(factor)).sum() - np.log(noise).sum()
    volumes += np.linalg.slogdet(curvature)[1] - np.linalg.slogdet(precision)[1]
    evidence = likelihood.sum() - 0.5 * (of_process + apart @ precision @ apart + volumes)
    return Component(
        mean,
        prior,
        amplitude,
        state.constants,
        state.noise,
        state.weights,
        float(evidence),
        pulled,
        whiten,
        curvature,
        slopes,
    )
