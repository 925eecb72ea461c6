"""IsoFLOP budgets of a table, and how N* is read from them: by a spline as published, or by parabolas."""

import numpy as np

from ..results.fitted import Estimate
from .evidence import Evidence, Lacking, optimal_scale, optimal_size, over_draws

CLOSE = 0.1  # in ln C: neighbours closer than this are one budget
LEAST_SIZES, LEAST_BUDGETS = 4, 3
WIDEST = 0.4  # in ln C, of a budget
MOST = 0.9  # minimum share of the rows that lie in budgets
BEYOND = 10.0  # times the largest budget, where N* is compared


def grouped(flops: np.ndarray, size: np.ndarray) -> list[np.ndarray]:
    """Group rows whose computes lie within 10% of the next one; the rows of a group are in order of size."""
    order = np.argsort(flops, kind="stable")
    cuts = np.flatnonzero(np.diff(np.log(flops[order])) > CLOSE) + 1
    groups = [rows[np.argsort(size[rows], kind="stable")] for rows in np.split(order, cuts)]
    good = [g for g in groups if len(np.unique(size[g])) >= LEAST_SIZES and np.ptp(np.log(flops[g])) < WIDEST]
    return good if sum(map(len, good)) >= MOST * len(flops) else []


def budgets_of(e: Evidence) -> list[np.ndarray]:
    """Find the isoFLOP budgets of the rows that take part.

    Raises:
        Lacking: they form fewer than three.
    """
    groups = grouped(e.flops, e.size)
    if len(groups) < LEAST_BUDGETS:
        raise Lacking(f"isoFLOP budgets: {LEAST_BUDGETS} computes with {LEAST_SIZES} sizes each")
    return groups


def spline_minima(flops, size, loss, groups) -> tuple[np.ndarray, np.ndarray]:
    """Take the lowest point of Akima's spline of ln L over ln N in every budget, where it lies inside the sizes.

    Porian et al. 2024, section 3, without their model of the noise. Runs of one size are averaged first.
    """
    from scipy.interpolate import Akima1DInterpolator

    found = []
    for rows in groups:
        x, which = np.unique(np.log(size[rows]), return_inverse=True)
        y = np.bincount(which.ravel(), np.log(loss[rows])) / np.bincount(which.ravel())
        fine = np.linspace(x[0], x[-1], 4001)
        lowest = int(Akima1DInterpolator(x, y)(fine).argmin())
        if 0 < lowest < len(fine) - 1:
            found.append((np.exp(np.log(flops[rows]).mean()), np.exp(fine[lowest])))
    computes, minima = np.array(found).reshape(-1, 2).T
    return computes, minima


def bias_of_parabola(e: Evidence, groups: list[np.ndarray]) -> Estimate:
    """Give the relative error of N* at ten times the compute, by parabolas fitted to losses of the surface itself."""
    optimal_scale(e.fit)  # refuses a surface without an optimum
    flops = 6 * e.size * e.tokens
    far = BEYOND * float(flops.max())

    def bias(z: np.ndarray) -> np.ndarray:
        loss = e.fit.problem.coordinates.value(z, (e.size, e.tokens))
        found = far_by_parabolas(flops, e.size, loss, groups, far)
        return found / optimal_size(e.fit.problem.coordinates.parameters(z), far) - 1

    return over_draws(e, bias)


def far_by_parabolas(
    flops: np.ndarray, size: np.ndarray, loss: np.ndarray, groups: list[np.ndarray], far: float
) -> np.ndarray:
    """Fit L as a parabola of ln N in every budget, and continue the line of their minima: N* for each row of losses.

    Parabolas that open downwards are left out; NaN where fewer than two are left.
    """
    along = np.array([np.log(flops[rows]).mean() for rows in groups])
    curves = np.array([np.polyfit(np.log(size[rows]), loss[:, rows].T, 2)[:2] for rows in groups])
    second, first = curves.transpose(1, 2, 0)
    up = second > 0
    minima = np.where(up, -first / (2 * np.where(up, second, 1.0)), 0.0)
    return np.exp([_line_at(along[ok], one[ok], np.log(far)) for one, ok in zip(minima, up, strict=True)])


def _line_at(x: np.ndarray, y: np.ndarray, far: float) -> float:
    return float(np.polyval(np.polyfit(x, y, 1), far)) if len(x) > 1 else float("nan")
