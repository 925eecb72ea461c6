"""sweeps(points): the best rate and batch of every size and number of tokens, and the laws through these optima."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import FitError, MisuseError, PointsError, argument, counted, nearest
from ..points.points import Points
from ..points.row_kinds import OF_BATCHES, kept_again
from ..points.sweeps import TRIED, cells_of
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..results.fitted import Estimate
from ..results.size_error import size_widened
from .sweep_lines import SweepLine, line_of, of_logs
from .sweep_surface import SPARE, Lowest, lowest_of, powers
from .sweeps_text import sweeps_blocks

KNOBS = ("lr", "batch_tokens")
MOST_KNOBS = 2
EDGE = 1e-3  # in logarithms: an optimum this near the end of what was tried lies there
LEAST_SD = 0.01  # of ln optimum: no sweep determines it better


@dataclass(frozen=True)
class CellOptimum:
    """The best settings of one size and number of tokens.

    Attributes:
        best: knob -> Estimate, in the unit of its column. sd: knob -> standard deviation of ln(best). runs: of the
            cell; used: near the best, fitted.
        loss: at the optimum. lowest: the lowest loss measured, and `tried`: knob -> its value in that run.
        reason: empty where the optimum counts; else "too few runs", "no minimum", or the knob and the end of its
            range at which the optimum lies: better settings may lie beyond.
    """

    params: float
    tokens: float
    runs: int
    used: int
    best: dict[str, Estimate]
    sd: dict[str, float]
    loss: float
    lowest: float
    tried: dict[str, float]
    reason: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Sweeps(PublicRecord):
    """The optimum of every cell of a sweep, and the law of each hyperparameter.

    Attributes:
        columns: role -> column of the size, tokens and loss. cells: by size and tokens.
        lines: knob -> its law; a knob whose cells are too few has none.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    knobs: tuple[str, ...]
    columns: dict[str, str]
    cells: tuple[CellOptimum, ...]
    lines: dict[str, SweepLine]
    level: float
    warnings: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    @property
    def optima(self) -> tuple[CellOptimum, ...]:
        """The cells whose optimum lies inside what was tried."""
        return tuple(cell for cell in self.cells if not cell.reason)

    def at(self, params: float, tokens: float) -> dict[str, Estimate]:
        """Give the best setting of every knob at a size and number of tokens, with its interval.

        Beyond the cells the interval has the error of the law's form, as that of a best size does (`size_widened`).

        Raises:
            MisuseError: a size or number of tokens that is not positive.
            FitError: too few cells have an optimum.
        """
        for name, value in (("params", params), ("tokens", tokens)):
            if not 0 < value < float("inf"):
                raise MisuseError(f"{name} = {value}; it must be above 0 and finite.")
        if not self.lines:
            raise FitError(
                f"no law of the best settings: {len(self.optima)} of {len(self.cells)} cells have an optimum inside "
                "what was tried. Sweep wider, or more sizes and tokens."
            )
        reach = self.reach(params, tokens)
        return {knob: size_widened(line.at(params, tokens), reach) for knob, line in self.lines.items()}

    def reach(self, params: float, tokens: float) -> float:
        """Give 6 N D over the largest of the cells with an optimum."""
        return params * tokens / max(cell.params * cell.tokens for cell in self.optima)

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return sweeps_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {"knobs": self.knobs, "cells": len(self.cells), "optima": len(self.optima), "laws": list(self.lines)}

    def rows(self) -> dict[str, Any]:
        """Give a row a cell."""
        names = ("params", "tokens", "runs", "used", "loss", "lowest", "reason")
        found: dict[str, Any] = {name: [getattr(cell, name) for cell in self.cells] for name in names}
        for knob in self.knobs:
            found |= {
                f"{knob}_{end}": [getattr(cell.best[knob], end) if cell.best else np.nan for cell in self.cells]
                for end in ("value", "low", "high")
            }
        return found


def sweeps(points: Points, *, knobs: Sequence[str] | None = None, level: float = 0.95) -> Sweeps:
    """Find the best settings without judging the table; `scalinglaws.sweeps` is its public face."""
    if not 0 < level < 1:
        raise MisuseError(f"level is {level}; it must lie between 0 and 1, for example 0.95.")
    points = kept_again(points, OF_BATCHES).kept
    asked = _asked(points, knobs)
    columns, cell = cells_of(points, asked)
    varied = _varied(points, asked, cell, required=knobs is not None)
    if varied != asked:
        columns, cell = cells_of(points, varied)
    parts = [points.take(cell == number) for number in range(int(cell.max()) + 1)]
    parts = sorted((rows for rows in parts if len(rows) > 1), key=lambda rows: _middle(rows, columns))
    logs = [_logs(rows, columns, varied) for rows in parts]
    found = [lowest_of(x, y) for x, y in logs]
    pooled = _pooled([one for one in found if one is not None])
    made = [
        _optimum(rows, columns, varied, xy, _sure(one, pooled), level)
        for rows, xy, one in zip(parts, logs, found, strict=True)
    ]
    return _with_lines(varied, columns, made, level)


def _middle(rows: Points, columns: dict[str, str]) -> tuple[float, float]:
    """Give the geometric mean of size and tokens, to nine digits."""
    size, data = (float(np.exp(np.log(rows[columns[role]]).mean())) for role in ("params", "tokens"))
    return float(f"{size:.9g}"), float(f"{data:.9g}")


def _logs(rows: Points, columns: dict[str, str], knobs: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    return np.log(np.column_stack([rows[knob] for knob in knobs])), np.log(rows[columns["loss"]])


def _pooled(found: list[Lowest]) -> tuple[float, int]:
    """Give the scatter of ln loss about the surfaces of all cells, and its degrees of freedom."""
    spare = sum(one.spare for one in found)
    return float(np.sqrt(sum(one.scatter**2 * one.spare for one in found) / max(spare, 1))), spare


def _sure(one: Lowest | None, pooled: tuple[float, int]) -> Lowest | None:
    """Give a cell of few runs the scatter of all cells."""
    if one is None or one.spare >= SPARE:
        return one
    scatter, spare = pooled
    wider = (scatter / max(one.scatter, 1e-12)) ** 2
    return replace(one, covariance=one.covariance * wider, scatter=scatter, spare=spare)


def _asked(points: Points, knobs: Sequence[str] | None) -> tuple[str, ...]:
    for name in knobs or ():
        if name not in points:
            raise PointsError(f"no column is called {name!r}.{nearest(name, points.columns)}")
    if knobs is not None and not 1 <= len(set(knobs)) <= MOST_KNOBS:
        raise MisuseError(f"knobs names {counted(len(set(knobs)), 'column')}; give one or two that were swept.")
    chosen = tuple(dict.fromkeys(knobs or (name for name in KNOBS if name in points)))
    if not chosen:
        raise PointsError(
            "no column of a learning rate (lr) or a batch (batch_tokens). Name what was swept: "
            f"{argument(knobs=['COLUMN'])}."
        )
    for name in chosen:
        if points[name].dtype.kind != "f" or not (np.isfinite(points[name]) & (points[name] > 0)).all():
            raise PointsError(f"column {name!r} must hold a number above 0 in every row to find the best of it.")
    return chosen


def _varied(points: Points, asked: tuple[str, ...], cell: np.ndarray, required: bool) -> tuple[str, ...]:
    """Keep the knobs that have several values in some cell."""
    most = {
        name: int(np.bincount(np.unique(np.stack([cell, points.distinct(name)[1]]), axis=1)[0]).max()) for name in asked
    }
    varied = tuple(name for name in asked if most[name] >= TRIED)
    if not varied or (required and varied != asked):
        lacking = next(name for name in asked if most[name] < TRIED)
        raise PointsError(
            f"{lacking} has at most {most[lacking]} values at one size and number of tokens; the best of it needs "
            f"{TRIED}. Name what was swept: {argument(knobs=['COLUMN'])}."
        )
    return varied


def _optimum(rows: Points, columns, knobs, logs, found: Lowest | None, level: float) -> CellOptimum:
    """Make the record of one cell from its valley; without one it has too few runs."""
    x, y = logs
    lowest, tried = float(np.exp(y.min())), {knob: float(rows[knob][np.argmin(y)]) for knob in knobs}
    told = (*_middle(rows, columns), len(rows))
    if found is None:
        return CellOptimum(*told, 0, {}, {}, np.nan, lowest, tried, "too few runs")
    sd = _errors(found, found.used < len(powers(len(knobs), 2)) + SPARE, x, y)
    half = _quantile(level, found.spare) * sd
    best = {knob: of_logs(p, h, level) for knob, p, h in zip(knobs, found.place, half, strict=True)}
    errors = dict(zip(knobs, map(float, sd), strict=True))
    loss = float(np.exp(found.log_loss))
    return CellOptimum(*told, found.used, best, errors, loss, lowest, tried, _reason(found, x, knobs))


def _reason(found: Lowest, x: np.ndarray, knobs: tuple[str, ...]) -> str:
    for k, knob in enumerate(knobs):
        for end, value in (("lowest", x[:, k].min()), ("highest", x[:, k].max())):
            if abs(found.place[k] - value) < EDGE:
                return f"at the {end} {knob}"
    return "" if found.minimum else "no minimum"


def _errors(found: Lowest, few: bool, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Give the standard deviation of ln optimum: from the scatter, and from a window twice as wide.

    Of few runs, all of which lie in the window, a parabola stands for the wider window, and at least a sixth of the
    step between the values tried.
    """
    other = lowest_of(x, y, found.depth, (2,)) if few else lowest_of(x, y, 2 * found.depth)
    moved = np.abs(other.place - found.place) if other is not None else 0.0
    if few:
        moved = np.maximum(moved, _steps(x) / 6)
    return np.maximum(np.sqrt(np.diag(found.covariance) + moved**2), LEAST_SD)


def _steps(x: np.ndarray) -> np.ndarray:
    return np.array([np.median(np.diff(np.unique(np.round(column, 6)))) for column in x.T])


def _quantile(level: float, spare: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(spare, (1 + level) / 2))


def _with_lines(knobs, columns, found: list[CellOptimum], level: float) -> Sweeps:
    good = [cell for cell in found if not cell.reason]
    size, data = (np.log([getattr(cell, name) for cell in good]) for name in ("params", "tokens"))
    lines: dict[str, SweepLine] = {}
    for knob in knobs:
        y = np.log([cell.best[knob].value for cell in good])
        sd = np.array([cell.sd[knob] for cell in good])
        line = line_of(knob, size, data, y, sd, level) if good else None
        lines |= {knob: line} if line else {}
    return Sweeps(knobs, columns, tuple(found), lines, level, _warnings(found, good, lines, knobs))


def _warnings(found, good, lines, knobs) -> tuple[str, ...]:
    said = []
    if len(good) < len(found):
        said.append(
            f"{len(found) - len(good)} of {len(found)} cells have no optimum inside what was tried: they take no part "
            "in a law. Sweep farther on the side that the reason names."
        )
    for knob in (knob for knob in knobs if knob not in lines):
        said.append(f"{counted(len(good), 'cell')} with an optimum: too few for a law of {knob}.")
    for line in lines.values():
        alone = [name for name, one in (("N", line.params), ("D", line.tokens)) if one is None]
        if alone:
            said.append(
                f"{line.knob}: the cells do not determine an exponent of {' and '.join(alone)}: it has one value, or "
                "grows together with the other. The law holds along what was swept."
            )
    return tuple(dict.fromkeys(said))
