"""The optimum of a slice of constant compute, without the parabola's bias.

At constant compute the additive law L = E + A/N^alpha + B/D^beta reads, with x = ln N,

    L(x) = c0 + c1 e^(-alpha x) + c2 e^(beta x),        minimum at x* = ln(alpha c1 / (beta c2)) / (alpha + beta),

three free numbers per slice as in a parabola, and two exponents shared by all slices. A parabola is its limit for small
exponents; it leaves out the third derivative, and its minimum drifts from budget to budget as the grid of sizes does
("Problems with Chinchilla Approach 2", 2026). With shared exponents the form is exact on an additive law for any grid.
"""

from dataclasses import dataclass, replace

import numpy as np

from .slices import Slice

FORMS = ("additive", "parabola")
_TYPICAL_EXPONENT = 0.35  # centre of a weak prior on both exponents: published fits give 0.1 to 0.7
_PRIOR_SD = 0.7  # of ln exponent
_ROUNDS = {True: 5, False: 8}  # of exponents, weights and corrections in turn; by whether slices are of curves
LEAST_FREE = 0.1  # minimum of 1 - leverage: a point through which the fit passes has no residual to inflate
_HUBER = 1.345  # standard deviations: 95% efficient under Gaussian noise
# Error of the form allowed for, in ln loss per unit of distance above the best ln loss: small models on many tokens or
# large ones on few depart from the exponents that hold near the optimum. Without it Porian's first exponent comes out
# 0.032 high; on additive laws it costs a tenth of the precision.
_ASTRAY = 0.1
_FINEST = 1e-3  # noise of a loss below which this error is not weighed any heavier


@dataclass(frozen=True)
class Stack:
    """Slices padded to one length P and stacked: arrays of shape (slices, P); `here` marks the entries that are data.

    u = ln N - ln N_best; `loss` relative to the best of the slice; `off` as in `Slice`.
    """

    u: np.ndarray
    loss: np.ndarray
    run: np.ndarray
    here: np.ndarray
    off: np.ndarray


@dataclass(frozen=True)
class Profiles:
    """Fitted slices: coefficients over the basis [1, p1, p2], and the arrays that a bootstrap needs.

    Attributes:
        exponents: (alpha, beta); (0, 0) for a parabola.
        solve: maps relative losses to coefficients, shape (slices, 3, P).
        residual, leverage: shape (slices, P).
        noise: robust standard deviation of the relative residuals.
        curvature_se: standard error of the coefficient of p2, shape (slices,).
        spare: number of losses beyond three coefficients per slice.
    """

    stack: Stack
    exponents: tuple[float, float]
    coefficients: np.ndarray
    solve: np.ndarray
    residual: np.ndarray
    leverage: np.ndarray
    noise: float
    curvature_se: np.ndarray
    spare: int


def stack_of(slices: list[Slice], depth: float, least: int) -> Stack:
    """Stack the sizes near each slice's best: those within `depth` of its ln loss, and `least` to each side."""
    picked = []
    for s in slices:
        near = s.y - s.y[s.best] <= depth
        near[max(0, s.best - least) : s.best + least + 1] = True
        picked.append(np.flatnonzero(near))
    width = max(len(rows) for rows in picked)
    u, loss, run, off = (np.zeros((len(slices), width)) for _ in range(4))
    here = np.zeros((len(slices), width), dtype=bool)
    for i, (s, rows) in enumerate(zip(slices, picked, strict=True)):
        n = len(rows)
        u[i, :n], loss[i, :n], run[i, :n] = s.x[rows] - s.x[s.best], np.exp(s.y[rows] - s.y[s.best]), s.run[rows]
        off[i, :n], here[i, :n] = s.off[rows], True
    return Stack(u, loss, run.astype(int), here, off)


def fit_profiles(slices: list[Slice], form: str, depth: float, near: bool) -> Profiles:
    """Fit all slices: shared exponents by a search over two numbers, coefficients in closed form, Huber's weights.

    Of isoFLOP groups, losses far above the best of their budget count less, as the form is less sure there.

    A parabola is fitted as published, by plain least squares: to all sizes of an isoFLOP budget (Hoffmann et al. 2022),
    to the best and its neighbours (`near`) on learning curves.
    """
    if form == "parabola":
        stack = stack_of(slices, -1.0 if near else np.inf, 1)
        return _solved(stack, (0.0, 0.0), stack.here.astype(float), int(stack.here.sum() - 3 * len(slices)))
    stack = stack_of(slices, depth, 2)
    spare = int(stack.here.sum() - 3 * len(slices))
    weights = stack.here.astype(float)
    exponents, measured = (_TYPICAL_EXPONENT, _TYPICAL_EXPONENT), stack.loss
    astray = 0.0 if near else _ASTRAY * np.log(np.maximum(stack.loss, 1.0))
    for _ in range(_ROUNDS[near]):
        if spare >= 4:
            exponents = _best_exponents(stack, weights, exponents)
        found = _solved(stack, exponents, weights, spare)
        if stack.off.any():
            stack = replace(stack, loss=measured - _overspent(stack, found))
        noise = max(found.noise, 1e-12)
        trusted = 1 / np.sqrt(1 + (astray / max(noise, _FINEST)) ** 2)
        limit = _HUBER * noise
        scaled = np.abs(found.residual) * trusted
        weights = stack.here * trusted**2 * np.minimum(1.0, limit / np.maximum(scaled, limit))
    return found


def _overspent(stack: Stack, found: Profiles) -> np.ndarray:
    """Give the part of each run's loss that is due to spending more or less than its budget, by the fitted form.

    At a fixed size only the tokens differ, D ~ C: the rising term c2 e^(beta u) was measured times e^(-beta off).
    """
    beta = found.exponents[1]
    rising = np.maximum(_terms(found.coefficients, found.exponents)[0], 0.0)
    return rising[:, None] * np.exp(beta * stack.u) * np.expm1(-beta * stack.off)


def basis(u: np.ndarray, exponents: tuple[float, float]) -> np.ndarray:
    """Make [1, p1, p2]: the span of 1, e^(-alpha u), e^(beta u), arranged to be near [1, u, u^2] around u = 0."""
    alpha, beta = exponents
    if alpha == beta == 0:
        return np.stack([np.ones_like(u), u, u * u], axis=-1)
    down, up = np.expm1(-alpha * u), np.expm1(beta * u)
    p1 = (up - down) / (alpha + beta)
    p2 = 2 * (alpha * up + beta * down) / (alpha * beta * (alpha + beta))
    return np.stack([np.ones_like(u), p1, p2], axis=-1)


def _ways(exponents: tuple[float, float]) -> np.ndarray:
    """Give the conditions for a minimum over the basis, which must be above zero: curvature, or the terms c2 and c1."""
    alpha, beta = exponents
    if alpha == beta == 0:
        return np.array([[0.0, 0.0, 1.0]])
    whole = alpha + beta
    return np.array([[0.0, 1 / whole, 2 / (beta * whole)], [0.0, -1 / whole, 2 / (alpha * whole)]])


def _terms(coefficients: np.ndarray, exponents: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Give the rising and the falling term at u = 0, c2 and c1 of the law, in units of the best loss."""
    rising, falling = np.moveaxis(coefficients @ _ways(exponents).T, -1, 0)
    return rising, falling


def minima(coefficients: np.ndarray, exponents: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Find u* and the relative loss there; NaN where the form has no minimum. Coefficients of shape (..., 3)."""
    b0, b1, b2 = np.moveaxis(coefficients, -1, 0)
    alpha, beta = exponents
    with np.errstate(divide="ignore", invalid="ignore"):
        if alpha == beta == 0:
            u = np.where(b2 > 0, -b1 / (2 * b2), np.nan)
            return u, b0 + u * (b1 + u * b2)
        rising, falling = _terms(coefficients, exponents)
        ratio = np.where((rising > 0) & (falling > 0), alpha * falling / (beta * rising), np.nan)
        u = np.log(ratio) / (alpha + beta)
    return u, np.sum(basis(u, exponents) * coefficients, axis=-1)


def _least_squares(stack: Stack, exponents: tuple[float, float], root: np.ndarray) -> tuple[np.ndarray, ...]:
    """Give the coefficients of each slice by weighted least squares, the residuals, and what both come from."""
    design = basis(stack.u, exponents)
    q, r = np.linalg.qr(design * root)
    solve = np.linalg.pinv(r) @ np.swapaxes(q * root, 1, 2)
    coefficients = (solve @ stack.loss[..., None])[..., 0]
    residual = np.where(stack.here, stack.loss - np.sum(design * coefficients[:, None], axis=-1), 0.0)
    return coefficients, residual, solve, q


def _solved(stack: Stack, exponents: tuple[float, float], weights: np.ndarray, spare: int) -> Profiles:
    coefficients, residual, solve, q = _least_squares(stack, exponents, np.sqrt(weights)[..., None])
    leverage = np.sum(q * q, axis=-1)
    sizes = np.abs(residual[stack.here])
    inflation = np.sqrt(stack.here.sum() / max(spare, 1))
    noise = float(1.4826 * np.median(sizes) * inflation) or float(np.sqrt(np.mean(sizes**2)) * inflation)
    curvature_se = noise * np.sqrt(np.sum(solve[:, 2] ** 2, axis=-1))
    return Profiles(stack, exponents, coefficients, solve, residual, leverage, noise, curvature_se, spare)


def _best_exponents(stack: Stack, weights: np.ndarray, start: tuple[float, float]) -> tuple[float, float]:
    from scipy.optimize import minimize

    root = np.sqrt(weights)[..., None]

    def squares(logs: np.ndarray) -> float:
        _, residual, *_ = _least_squares(stack, (float(np.exp(logs[0])), float(np.exp(logs[1]))), root)
        return float(np.sum(weights * residual**2))

    centre = np.log([_TYPICAL_EXPONENT, _TYPICAL_EXPONENT])
    spare = stack.here.sum() - 3 * len(stack.u)

    def cost(logs: np.ndarray) -> float:
        logs = np.clip(logs, np.log(0.01), np.log(4.0))
        return spare * np.log(max(squares(logs), 1e-24 * spare)) + np.sum(((logs - centre) / _PRIOR_SD) ** 2)

    found = minimize(cost, np.log(start), method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-7, "maxiter": 300})
    alpha, beta = np.exp(np.clip(found.x, np.log(0.01), np.log(4.0)))
    return float(alpha), float(beta)


def coefficient_covariance(found: Profiles) -> np.ndarray:
    """Give the covariance of each slice's coefficients, (slices, 3, 3): the limit of many wild bootstrap draws.

    HC3 over runs: residuals are inflated by 1/(1 - leverage), and the points of one run share their error.
    """
    stack = found.stack
    inflated = np.where(stack.here, found.residual / np.maximum(1 - found.leverage, LEAST_FREE), 0.0)
    parts = found.solve * inflated[:, None]  # (slices, 3, P)
    same = (stack.run[:, :, None] == stack.run[:, None]) & stack.here[:, :, None] & stack.here[:, None]
    return np.einsum("skp,spq,slq->skl", parts, same, parts)


def minimum_variance(found: Profiles, covariance: np.ndarray) -> np.ndarray:
    """Give the variance of u* of each slice by the delta method, (slices,); infinite without a minimum."""
    alpha, beta = found.exponents
    _, b1, b2 = np.moveaxis(found.coefficients, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        if alpha == beta == 0:
            slopes = np.stack([np.zeros_like(b1), -1 / (2 * b2), b1 / (2 * b2**2)], axis=-1)
        else:
            whole = alpha + beta
            rising, falling = _terms(found.coefficients, found.exponents)
            along_1 = (-1 / falling - 1 / rising) / whole**2
            along_2 = 2 * (1 / (alpha * falling) - 1 / (beta * rising)) / whole**2
            slopes = np.stack([np.zeros_like(b1), along_1, along_2], axis=-1)
        variance = np.einsum("sk,skl,sl->s", slopes, covariance, slopes)
    return np.where(np.isfinite(minima(found.coefficients, found.exponents)[0]), variance, np.inf)


def pooled_variances(found: Profiles) -> tuple[np.ndarray, np.ndarray]:
    """Give the variance of u* and of the loss there, (slices,) each, if all losses have one noise: that of all slices.

    The squared residuals of all slices estimate it with as many degrees of freedom as there are losses to spare, where
    each slice alone has two or four.
    """
    square = float(np.sum(found.residual[found.stack.here] ** 2)) / max(found.spare, 1)
    covariance = square * np.einsum("skp,slp->skl", found.solve, found.solve)
    u, least = minima(found.coefficients, found.exponents)
    slopes = basis(np.where(np.isfinite(u), u, 0.0), found.exponents) / np.where(np.isfinite(u), least, 1.0)[:, None]
    return minimum_variance(found, covariance), np.einsum("sk,skl,sl->s", slopes, covariance, slopes)


def minimum_share(found: Profiles, covariance: np.ndarray) -> np.ndarray:
    """Estimate the probability that each slice has a minimum under such noise, (slices,): normal, delta method."""
    from scipy.special import ndtr

    ways = _ways(found.exponents)  # (conditions, 3): a minimum exists where each is above zero
    spread = np.einsum("ck,skl,dl->scd", ways, covariance, ways)
    sd = np.sqrt(np.maximum(np.einsum("scc->sc", spread), 1e-300))
    far = np.clip(found.coefficients @ ways.T / sd, -30.0, 30.0)
    if len(ways) == 1:
        return ndtr(far[:, 0])
    correlation = spread[:, 0, 1] / sd[:, 0] / sd[:, 1]
    return both_below(far[:, 0], far[:, 1], np.clip(correlation, -1 + 1e-9, 1 - 1e-9))


def both_below(h: np.ndarray, k: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Give P(X < h, Y < k) of two standard normals, by Owen's T (Owen 1956, eq 2.1)."""
    from scipy.special import ndtr, owens_t

    h, k = (np.where(one == 0, 1e-300, one) for one in (h, k))
    rest = np.sqrt(1 - correlation**2)
    tails = owens_t(h, (k / h - correlation) / rest) + owens_t(k, (h / k - correlation) / rest)
    return (ndtr(h) + ndtr(k)) / 2 - tails - np.where(h * k < 0, 0.5, 0.0)
