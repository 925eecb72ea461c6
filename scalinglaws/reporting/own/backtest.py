"""How laws did on larger runs than those of their fit: error and coverage against how far beyond it the runs lay."""

from collections.abc import Sequence

import numpy as np

from ...errors import counted
from ...records.numbers_in_text import number, percent
from ...results.study_results import StudyResults
from ...results.tested import RunsTested
from ..drawing.drawing import INK, SERIES, SYMBOLS, Axis, ChartPanel, Drawing, Mark, line, points
from .figure import StudyFigure

LEAST = 3  # runs of a bin that has a mean error and a coverage


def draw(results: StudyResults) -> Drawing:
    """Draw the error of each law, and the share of its intervals that held the measured loss, against reach."""
    tested = _tested(results)
    reaches = [reach for runs in tested.values() for reach in runs.reaches]
    ends = (min(reaches) / 1.05, max(reaches) * 1.05)
    error, inside = [], [line(ends, [100 * _level(results)] * 2, dotted=True, colour=INK, label="nominal coverage")]
    for place, (law, runs) in enumerate(tested.items()):
        look = {"colour": SERIES[place % len(SERIES)], "symbol": SYMBOLS[place % len(SYMBOLS)]}
        reach, errors, held = np.array(runs.reaches), np.array(runs.errors), np.array(runs.inside)
        notes = tuple(f"{law}: {'inside' if one else 'outside'} its interval" for one in held)
        error.append(points(reach, 100 * np.abs(errors), thin=True, notes=notes, **look))
        bins = _bins(reach)
        at = [float(np.exp(np.log(reach[rows]).mean())) for rows in bins]
        rms = [100 * float(np.sqrt((errors[rows] ** 2).mean())) for rows in bins]
        many = tuple(f"{law}: {counted(len(rows), 'run')}" for rows in bins)
        error += _joined(at, rms, f"{law}, root mean square", look, many)
        inside += _joined(at, [100 * float(held[rows].mean()) for rows in bins], law, look, many)
    x = Axis(_reach(results), limits=ends)
    panels = (
        ChartPanel("(a) error", x, Axis("error of the loss (%)", log=False), tuple(error)),
        ChartPanel("(b) coverage", x, Axis("runs inside the interval (%)", log=False, limits=(0, 104)), tuple(inside)),
    )
    return Drawing(panels, _caption(results, tested))


def _joined(x: Sequence[float], y: Sequence[float], label: str, look: dict, notes: tuple[str, ...]) -> list[Mark]:
    return [line(x, y, label=label, colour=look["colour"]), points(x, y, notes=notes, **look)]


def _bins(reach: np.ndarray) -> list[np.ndarray]:
    """Group places by powers of two of their reach; one of fewer than `LEAST` joins its neighbour."""
    order = np.argsort(reach, kind="stable")
    power = np.floor(np.log2(reach[order]))
    groups = np.split(order, np.flatnonzero(np.diff(power)) + 1)
    merged: list[np.ndarray] = []
    for some in groups:
        if merged and (len(some) < LEAST or len(merged[-1]) < LEAST):
            merged[-1] = np.concatenate([merged[-1], some])
        else:
            merged.append(some)
    return merged


def _tested(results: StudyResults) -> dict[str, RunsTested]:
    """Give law -> the runs on which it was tested: those of the ranking, or those of a study's trials."""
    ranking = results.ranking
    forecast = (ranking.forecast,) if ranking and ranking.forecast else ()
    ranked = {one.law: one.tested for one in (*forecast, *(ranking.able if ranking else ())) if one.tested}
    trials = results.held_out.trials if results.held_out else ()
    return ranked or {one.law: one.tested for one in trials if one.tested}


def _level(results: StudyResults) -> float:
    return results.ranking.level if results.ranking else results.held_out.predicted.level if results.held_out else 0.95


def _reach(results: StudyResults) -> str:
    return "compute over the largest of the fit" if results.ranking else "size over the largest of the fit"


def _caption(results: StudyResults, tested: dict[str, RunsTested]) -> str:
    ranking = results.ranking
    many = max(len(runs.reaches) for runs in tested.values())
    share = f"and the share of runs inside the {percent(_level(results))} interval (b), by factors of two of the reach."
    if ranking is None:
        return (
            f"Each law fitted to the sizes below each size in turn and tested on it: the error of each of {many} "
            f"losses and its root mean square (a), {share}"
        )
    ends = (min(ranking.cuts), max(ranking.cuts)) if ranking.cuts else ()
    cuts = " to ".join(dict.fromkeys(number(one) for one in ends))
    alike = f" Not distinguished from the best: {', '.join(ranking.undecided)}." if ranking.undecided else ""
    what = "The forecast and laws" if ranking.forecast else "Laws"
    return (
        f"{what} fitted below {counted(len(ranking.cuts), 'compute')} ({cuts} FLOPs) in turn and tested on the "
        f"{ranking.held_runs:,} larger runs, each as often as it lies above one: the error of each and its root mean "
        f"square (a), {share}{alike}"
    )


FIGURE = StudyFigure(
    "backtest",
    "Error and coverage on larger runs",
    draw,
    lambda results: bool(_tested(results)),
    "no law that was tested on larger runs",
)
