"""Scores of forecasts by reach: the error, and what the 95% interval holds, how wide it is, and its interval score."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

REACHES = {"3x": (1.2, 5.0), "10x": (5.0, 17.0), "30x+": (17.0, 120.0)}
ALPHA = 0.05


@dataclass(frozen=True)
class Scored:
    """One origin of one table.

    Attributes:
        error: ln(measured) - ln(forecast) of each run asked for. low, high: ends of the interval of that error.
        reach: compute over the largest compute fitted. seconds: CPU time of the forecast.
    """

    table: str
    family: str
    error: np.ndarray
    low: np.ndarray
    high: np.ndarray
    reach: np.ndarray
    seconds: float


Measure = Callable[[np.ndarray, np.ndarray, np.ndarray], float]


def rms(error: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Give the root mean square error of an origin."""
    return float(np.sqrt(np.mean(error**2)))


def held(error: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Give the share of the runs inside their interval."""
    return float(np.mean((error >= low) & (error <= high)))


def half(error: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Give the mean half-width."""
    return float(np.mean(high - low)) / 2


def score(error: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """Give the mean interval score (Gneiting & Raftery 2007, eq 43): the width, and 40 times what lies outside."""
    outside = np.maximum(low - error, 0) + np.maximum(error - high, 0)
    return float(np.mean(high - low + 2 / ALPHA * outside))


def by_family(found: Sequence[Scored], measure: Measure, reach: tuple[float, float]) -> dict[str, float]:
    """Average a measure over the origins of each family, among the runs at a reach."""
    collected: dict[str, list[float]] = {}
    for one in found:
        kept = (one.reach > reach[0]) & (one.reach <= reach[1])
        if kept.any():
            value = measure(one.error[kept], one.low[kept], one.high[kept])
            collected.setdefault(one.family, []).append(value)
    return {family: float(np.mean(values)) for family, values in collected.items()}


def geometric(values: Sequence[float]) -> float:
    """Give the geometric mean."""
    return float(np.exp(np.mean(np.log(np.array([*values])))))


def summary(found: Sequence[tuple[str, Sequence[Scored]]]) -> str:
    """Write one row per method: geometric means over families of the errors, mean coverage, the worst family."""
    head = ["method", "error %", "held", "worst family", "half-width %", "interval score", "ratio to the first"]
    head += ["families better", "CPU s"]
    first = overall(found[0][1])
    rows = [_row(name, made, first) for name, made in found]
    return markdown(head, rows)


def overall(made: Sequence[Scored]) -> dict[str, float]:
    """Give each family's error: the geometric mean over the reaches that it has."""
    each = [by_family(made, rms, reach) for reach in REACHES.values()]
    families = sorted({family for one in each for family in one})
    return {family: geometric([one[family] for one in each if family in one]) for family in families}


def _row(name: str, made: Sequence[Scored], first: dict[str, float]) -> list[str]:
    errors = [geometric(by_family(made, rms, reach).values()) for reach in REACHES.values()]
    own = overall(made)
    ratio, better = geometric([own[f] / first[f] for f in first]), sum(own[f] < first[f] for f in first)
    cells = [name, " / ".join(f"{100 * error:.2f}" for error in errors)]
    if np.isfinite(made[0].low).all():
        covered = [by_family(made, held, reach) for reach in REACHES.values()]
        cells.append(" ".join(f"{np.mean([*one.values()]):.2f}" for one in covered))
        cells.append(" ".join(f"{min(one.values()):.2f}" for one in covered))
        for measure in (half, score):
            each = [geometric(by_family(made, measure, reach).values()) for reach in REACHES.values()]
            cells.append(" ".join(f"{100 * value:.1f}" for value in each))
    else:
        cells += ["no interval", "", "", ""]
    seconds = [one.seconds for one in made]
    return [
        *cells,
        f"{ratio:.2f}",
        f"{better} of {len(first)}",
        f"{np.median(seconds):.2f}, at most {max(seconds):.2f}",
    ]


def per_family(found: Sequence[tuple[str, Sequence[Scored]]]) -> str:
    """Write one row per family: error at each reach by method; of the first two methods also the coverage."""
    families = sorted({one.family for _, made in found for one in made})
    head = ["family", *(f"{name}: error %" for name, _ in found), *(f"{name}: held" for name, _ in found[:2])]
    rows = []
    for family in families:
        cells = [family]
        for _, made in found:
            cells.append(" / ".join(_cell(by_family(made, rms, r).get(family), 100, ".1f") for r in REACHES.values()))
        for _, made in found[:2]:
            cells.append(" ".join(_cell(by_family(made, held, r).get(family), 1, ".2f") for r in REACHES.values()))
        rows.append(cells)
    return markdown(head, rows)


def _cell(value: float | None, times: float, form: str) -> str:
    return "-" if value is None else format(times * value, form)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a table."""
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *rows])
