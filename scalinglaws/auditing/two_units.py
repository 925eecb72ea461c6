"""Rows of one table in two units: a factor on a column of some rows, with which all rows follow one law.

A mixture of two regressions by hard assignment: ln-scale losses follow E + A N^-a + B D^-b, and in some rows the term
of N (or D) has another amplitude, A f^-a: their N counts f times as much. Rows are assigned and amplitudes fitted in
turn, from several starts. Two groups are reported where they shorten the description of the losses by at least
`GAIN` nats per row: ln(rms of one group / rms of two) less the entropy of the assignment and 2 ln(n) / n for the two
numbers more. A split of pure noise in two shortens it by less than nothing: to assign each row costs more than its
residual gains.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import minimize

from ..errors import PointsError, argument
from ..points.derived import with_derived
from ..points.points import Points
from ..quantities import playing

GAIN = 0.4  # nats per row; the largest of the public tables is 0.38, of simulated sound tables 0.22
LEAST_FACTOR, LEAST_SHARE, LEAST_ROWS = 1.7, 0.045, 2
CHANCE = 0.01  # that rows which went wrong, each in its own way, all lie where one factor puts them
ALIKE = 3.0  # rms of the smaller group over that of the larger: failed runs scatter, rows in another unit do not
FEWEST, MOST = 10, 300  # rows: fewer are split by chance, more are sampled
EXPONENTS = (0.2, 0.35, 0.55)
OF_LOSS, OF_COMPUTE = 5e-4, 0.01  # the least rms: losses and compute are rounded
ROUNDS = 15
KNOWN = {"thousands": 1e3, "millions": 1e6, "billions": 1e9, "trillions": 1e12}


@dataclass(frozen=True)
class Groups:
    """Two groups of rows of one column.

    Attributes:
        factor: above 1, between what the column counts in the two groups. few: rows of the smaller group.
        before, after: rms of ln loss (or of ln compute) with one group and with two.
    """

    column: str
    factor: float
    few: np.ndarray
    before: float
    after: float
    gain: float


def two_units(points: Points, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Say which of these columns count some rows in another unit, each in a sentence with what to do.

    Args:
        points: the rows that take part. columns: letter -> column, of N, D, C and L; any other letter, and nothing is
            said: the losses then depend on more than size and tokens.
    """
    return tuple(_sentence(one, points) for one in groups(points, columns))


def groups(points: Points, columns: Mapping[str, str]) -> tuple[Groups, ...]:
    """Find the columns that count some rows in another unit: by compute over 6 N D, and by the losses."""
    if not {"N", "D"} <= set(columns) <= set("NDCL") or len(points) < FEWEST:
        return ()
    try:
        points, _ = with_derived(points, [name for name in columns.values() if name not in points])
    except PointsError:
        return ()
    found = (_of_compute(points, columns), _of_losses(points, columns))
    return tuple(one for one in found if one is not None and one.gain >= GAIN)


def _of_losses(points: Points, columns: Mapping[str, str]) -> Groups | None:
    """Look for two units of size or tokens by the losses."""
    names = [columns[letter] for letter in "ND"]
    if "L" not in columns or not columns["L"].startswith("loss"):
        return None
    rows, x, loss = _values(points, names, columns["L"])
    if len(rows) < FEWEST or not np.ptp(loss):
        return None
    names = [name for name, column in zip(names, x, strict=True) if np.ptp(column) > 0]
    x = [column - np.median(column) for column in x if np.ptp(column) > 0]
    if not names:
        return None
    y = np.ones(len(loss))
    designs = [(powers, _design(powers, x, loss)) for powers in product(EXPONENTS, repeat=len(x))]
    before = _of_one_law(x, loss)
    best: Groups | None = None
    for powers, design in designs:
        for j, name in enumerate(names):
            for z in _starts(x, j, _robust(design, y)):
                made = _split(design, y, design[:, j + 1], z)
                if made is None:
                    continue
                z, constants, residuals = made
                amplitude, other = constants[j + 1], constants[j + 1] + constants[-1]
                if min(amplitude, other) <= 0:
                    continue
                factor = abs(np.log(other / amplitude)) / powers[j]
                shift = constants[-1] * design[:, j + 1]
                best = _better(best, name, factor, z, rows, residuals, shift, before, OF_LOSS)
    return best


def _of_compute(points: Points, columns: Mapping[str, str]) -> Groups | None:
    """Look for two units of compute, size or tokens by C over 6 N D, a smooth function of size and tokens."""
    flops = columns.get("C") or next(
        (name for name in playing("flops") if name in points and name != "flops_min"), None
    )
    if flops is None:
        return None
    rows, (size, tokens), compute = _values(points, [columns["N"], columns["D"]], flops)
    if len(rows) < FEWEST:
        return None
    y = np.log(compute / 6) - size - tokens
    size, tokens = size - size.mean(), tokens - tokens.mean()
    design = np.column_stack([np.ones(len(y)), size, size**2, tokens])
    before = _rms(y - design @ _solved(design, y), OF_COMPUTE)
    best: Groups | None = None
    for z in _starts([y], 0, y - np.median(y)):
        made = _split(design, y, np.ones(len(y)), z)
        if made is not None:
            z, constants, residuals = made
            shift = np.full(len(y), constants[-1])
            best = _better(best, flops, abs(constants[-1]), z, rows, residuals, shift, before, OF_COMPUTE)
    return best


def _values(points: Points, names: list[str], target: str) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Give the rows with a number above 0 in every column, their inputs in logarithms, and their target."""
    table = np.array([np.asarray(points[name], dtype=float) for name in (*names, target)])
    rows = np.flatnonzero((np.isfinite(table) & (table > 0)).all(axis=0))
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:MOST])
    return rows, list(np.log(table[:-1, rows])), table[-1, rows]


def _design(powers: Sequence[float], x: list[np.ndarray], loss: np.ndarray) -> np.ndarray:
    """Give the terms of the law over the losses: a constant, and a power of each input, (rows, 1 + inputs)."""
    terms = [np.exp(-power * one) for power, one in zip(powers, x, strict=True)]
    return np.column_stack([np.ones(len(loss)), *terms]) / loss[:, None]


def _of_one_law(x: list[np.ndarray], loss: np.ndarray) -> float:
    """Give the rms of one group, at its own best exponents: what two groups explain must not be what a grid leaves."""

    def missed(powers) -> float:
        design = _design(np.clip(powers, 0.01, 3.0), x, loss)
        return _rms(1 - design @ _solved(design, np.ones(len(loss))), OF_LOSS)

    start = min(product(EXPONENTS, repeat=len(x)), key=missed)
    found = minimize(missed, start, method="Nelder-Mead", options={"maxfev": 120, "xatol": 1e-3, "fatol": 1e-6})
    return min(missed(start), float(found.fun))


def _starts(x: list[np.ndarray], j: int, residuals: np.ndarray) -> Iterator[np.ndarray]:
    """Give first guesses of the group: by residuals, and by the widest gaps of the column and of its ratios."""
    scale = 1.4826 * np.median(np.abs(residuals)) + 1e-9
    yield from (residuals > 0, *(sign * residuals > k * scale for k in (3, 8) for sign in (1, -1)))
    for line in (x[j], *(x[j] - other for i, other in enumerate(x) if i != j)):
        ordered = np.sort(line)
        for at in np.argsort(-np.diff(ordered))[:2]:
            yield line > (ordered[at] + ordered[at + 1]) / 2


def _split(design: np.ndarray, y: np.ndarray, moved: np.ndarray, z: np.ndarray):
    """Assign rows and fit in turn: the assignment, the constants and the residuals; None where a group is empty.

    Args:
        design: (rows, terms). moved: the term whose amplitude differs in the second group, (rows,).
    """
    for _ in range(ROUNDS):
        if not 0 < z.sum() < len(z):
            return None
        constants = _solved(np.column_stack([design, moved * z]), y)
        first = y - design @ constants[:-1]
        second = first - constants[-1] * moved
        new = np.abs(second) < np.abs(first)
        if (new == z).all():
            break
        z = new
    return z, constants, np.where(z, second, first)


def _better(best, column, log_factor, z, rows, residuals, shift, before, least) -> Groups | None:
    """Keep the groups with the larger gain, of those that could be two units."""
    few = z if 2 * z.sum() <= len(z) else ~z
    share = few.mean()
    if few.sum() < LEAST_ROWS or share < LEAST_SHARE or log_factor < np.log(LEAST_FACTOR):
        return best
    apart, others = _rms(residuals[few], least), _rms(residuals[~few], least)
    by_chance = (1 - few.sum()) * np.log(np.abs(shift[few]).mean() / max(apart, others))
    if apart > ALIKE * others or by_chance > np.log(CHANCE):
        return best
    after, n = _rms(residuals, least), len(z)
    entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    gain = np.log(before / after) - entropy - 2 * np.log(n) / n
    if best is not None and gain < best.gain:
        return best
    return Groups(column, float(np.exp(min(log_factor, 100))), rows[few], before, after, float(gain))


def _rms(residuals: np.ndarray, least: float) -> float:
    return float(np.hypot(np.sqrt(np.mean(residuals**2)), least))


def _solved(design: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(design, y, rcond=None)[0]


def _robust(design: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Give the residuals of least absolute deviations, by reweighting."""
    weights = np.ones(len(y))
    for _ in range(ROUNDS):
        residuals = y - design @ _solved(design * weights[:, None], y * weights)
        size = np.abs(residuals)
        weights = 1 / np.sqrt(np.maximum(size, 1e-4 * size.max() + 1e-12))
    return residuals


def _sentence(found: Groups, points: Points) -> str:
    unit = next((name for name, size in KNOWN.items() if abs(np.log(found.factor / size)) < np.log(1.5)), None)
    named = f", most likely {unit}" if unit else ""
    which = ", ".join(str(points["run_id"][i]) if "run_id" in points else f"row {i + 1}" for i in found.few[:4])
    more = ", ..." if len(found.few) > 4 else ""
    return (
        f"{found.column} of {len(found.few)} of {len(points)} rows ({which}{more}) seems to count in another unit than "
        f"the others: by a factor of {found.factor:.2g}{named}. With it all rows follow one line to {found.after:.1%}, "
        f"without it to {found.before:.1%}. Correct these rows, or choose those of one unit "
        f"({argument(where='COLUMN == VALUE')})."
    )
