"""IsoFLOP budgets of a table, and how N* is read from them: by a spline as published, or by parabolas."""

import numpy as np

from .evidence import Evidence, Lacking, optimal_scale, split_exponent

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


def parabola_minima(flops, size, loss, groups) -> tuple[np.ndarray, np.ndarray]:
    """Fit L as a parabola of ln N in every budget; give C and N* of those that open upwards."""
    found = []
    for rows in groups:
        second, first, _ = np.polyfit(np.log(size[rows]), loss[rows], 2)
        if second > 0:
            found.append((np.exp(np.log(flops[rows]).mean()), np.exp(-first / (2 * second))))
    computes, minima = np.array(found).reshape(-1, 2).T
    return computes, minima


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


def bias_of_parabola(e: Evidence, groups: list[np.ndarray]) -> float:
    """Give the relative error of N* at ten times the compute, by parabolas fitted to losses of the surface itself."""
    values = e.fit.values
    loss = e.fit.evaluate(N=e.size, D=e.tokens)
    flops, minima = parabola_minima(6 * e.size * e.tokens, e.size, loss, groups)
    if len(flops) < 2:
        return float("nan")
    slope, at_one = np.polyfit(np.log(flops), np.log(minima), 1)
    far = BEYOND * float(np.exp(np.log(6 * e.size * e.tokens).max()))
    truth = optimal_scale(e.fit) * (far / 6) ** split_exponent(values)
    return float(np.exp(at_one + slope * np.log(far)) / truth - 1)
