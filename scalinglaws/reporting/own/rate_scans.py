"""Scans of the learning rate: the loss at each rate of a size and horizon, and the best rate against size."""

from dataclasses import dataclass

import numpy as np

from ...errors import counted
from ...records.numbers_in_text import number
from ...results.letters import loss_of, size_of, tokens_of
from ...results.study_results import StudyResults
from ..axes import label_of
from ..drawing.drawing import INK, Axis, ChartPanel, Drawing, line, points, scale_of
from .figure import StudyFigure

LEAST_RATES = 3
WORSE = 1.3  # times the best loss of the worst cell: beyond, a run has diverged and would stretch the axis
RATE = label_of("lr")


@dataclass(frozen=True)
class RateScan:
    """One size, horizon and batch, trained at several rates: of several runs at one rate the one of lowest loss.

    The batch is in tokens per step, 0 where it is not known.
    """

    size: float
    tokens: float
    rates: np.ndarray
    losses: np.ndarray
    names: tuple[str, ...]
    batch: float

    @property
    def best(self) -> int:
        """The place of the lowest loss."""
        return int(np.argmin(self.losses))

    @property
    def bounded(self) -> bool:
        """Whether the best rate has worse ones on both sides."""
        return 0 < self.best < len(self.rates) - 1


def scans(results: StudyResults) -> list[RateScan]:
    """Group the runs by size, tokens and batch; those trained at `LEAST_RATES` rates or more are a scan."""
    names = (size_of(results), tokens_of(results), loss_of(results), "lr")
    if not set(names) <= set(results.points.columns):
        return []
    size, tokens, loss, rate = (results.points[name] for name in names)
    if any(column.dtype.kind != "f" for column in (size, tokens, loss, rate)):
        return []
    good = np.logical_and.reduce([np.isfinite(x) & (x > 0) for x in (size, tokens, loss, rate)])
    label, found, batch = results.points.clusters(), [], _batches(results)
    for n, d, b in np.unique(np.column_stack([size, tokens, batch])[good], axis=0):
        rows = np.flatnonzero(good & (size == n) & (tokens == d) & (batch == b))
        rates = np.unique(rate[rows])
        if len(rates) < LEAST_RATES:
            continue
        best = [min(rows[rate[rows] == one], key=lambda row: loss[row]) for one in rates]
        found.append(RateScan(float(n), float(d), rates, loss[best], tuple(label[best].tolist()), float(b)))
    return found


def _batches(results: StudyResults) -> np.ndarray:
    """Give the tokens of a step, 0 where they are not known."""
    batch = results.points["batch_tokens"] if "batch_tokens" in results.points.columns else np.zeros(1)
    return np.broadcast_to(np.nan_to_num(batch) if batch.dtype.kind == "f" else 0.0, len(results.points))


def draw(results: StudyResults) -> Drawing:
    """Draw the loss against the rate, a line per size, horizon and batch, and the best rate of each by its size."""
    found = scans(results)
    losses, lowest = [], []
    top = WORSE * max(one.losses.min() for one in found)
    for one in found:
        seen = one.losses <= top
        step = f", batch of {number(one.batch)}" if one.batch else ""
        notes = tuple(f"{name}, {number(one.tokens)} tokens{step}" for name in one.names)
        shown = tuple(note for note, keep in zip(notes, seen, strict=True) if keep)
        losses.append(line(one.rates[seen], one.losses[seen], size=one.size, thin=True))
        losses.append(points(one.rates[seen], one.losses[seen], size=one.size, notes=shown))
        words = "lowest loss of a scan" if one.bounded else "lowest loss at an end of the scan: only a bound"
        look = {"symbol": "D", "hollow": not one.bounded, "label": words, "notes": (notes[one.best],)}
        losses.append(points([one.rates[one.best]], [one.losses[one.best]], colour=INK, **look))
        lowest.append(points([one.size], [one.rates[one.best]], colour=INK, **look))
    inside, left = sum(one.bounded for one in found), sum(int((one.losses > top).sum()) for one in found)
    cut = (
        f" Not drawn: {counted(left, 'run')} with a loss above {WORSE:g} times the highest of the best." if left else ""
    )
    told = (
        f"Loss against the peak learning rate (a) for {counted(len(found), 'scan')}: runs of one size, number of "
        f"tokens and batch at {LEAST_RATES} rates or more; where several runs share a rate, the lowest loss. "
        f"The best rate against size (b): {inside} lie between worse rates, {len(found) - inside} at an end of their "
        f"scan, where they are only a bound.{cut}"
    )
    panels = (
        ChartPanel("(a) loss at each rate", Axis(RATE), Axis(label_of(loss_of(results))), tuple(losses)),
        ChartPanel("(b) best rate", Axis(label_of(size_of(results))), Axis(RATE), tuple(lowest)),
    )
    return Drawing(panels, told, scale_of([one.size for one in found], label_of(size_of(results))))


FIGURE = StudyFigure(
    "rate-scans",
    "Scans of the learning rate",
    draw,
    lambda results: bool(scans(results)),
    f'no size and number of tokens trained at {LEAST_RATES} learning rates or more: `lr = "auto"` in a study file '
    "trains such scans, and family F-LR of `scalinglaws study kaplan-cpu` is one",
)
