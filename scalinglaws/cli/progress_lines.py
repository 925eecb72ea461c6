"""The progress of a launch as lines of a given width: a bar for the whole, and a row for each run under way."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import counted
from ..launching.progress import Active, Progress
from ..records.numbers_in_text import ABSENT, abbreviated, about

LEAST_BAR, MOST_BAR = 8, 30  # columns of the bar for the whole
CURVE = 12  # columns of a loss curve
BLOCKS, DONE, TO_COME = "▁▂▃▄▅▆▇█", "━", "╌"
PLAIN_BLOCKS, PLAIN_DONE, PLAIN_TO_COME = "_.-:=+*#", "#", "-"
ASIDE = 4  # rows beside those of runs: the whole, where it goes on from, heads, and how many more runs there are
LEAST_NAME = 8  # columns of the name of a run
TRACE = 240  # losses of a run that are kept


@dataclass
class Traces:
    """The training losses of the runs under way, as they are reported: run id -> [(step, loss), ...]."""

    seen: dict[str, list[tuple[int, float]]] = field(default_factory=dict)

    def hear(self, active: Sequence[Active]) -> None:
        """Keep the losses of runs under way, and forget those of the others."""
        self.seen = {one.run_id: self.seen.get(one.run_id, []) for one in active}
        for one in active:
            trace = self.seen[one.run_id]
            step = one.step or 0
            far = step - (trace[-1][0] if trace else 0)
            if one.loss_nats is not None and far > 0 and (not trace or far * TRACE >= one.steps):
                trace.append((step, one.loss_nats))


def curve(trace: Sequence[tuple[int, float]], steps: int, width: int, blocks: str = BLOCKS) -> str:
    """Draw losses over the steps of a run: a cell per part of the run that has begun, as high as the loss."""
    if not trace or width < 1:
        return ""
    low, high = min(loss for _, loss in trace), max(loss for _, loss in trace)
    cells: list[float | None] = [None] * width
    for step, loss in trace:
        cells[min(width - 1, max(0, step - 1) * width // max(1, steps))] = loss
    last, drawn = trace[0][1], []
    for one in cells[: max(i for i, one in enumerate(cells) if one is not None) + 1]:
        last = last if one is None else one
        place = (last - low) / (high - low) if high > low else 0.0
        drawn.append(blocks[min(len(blocks) - 1, int(place * len(blocks)))])
    return "".join(drawn)


def lines(progress: Progress, traces: Traces, width: int, height: int, *, plain: bool = False) -> list[str]:
    """Write the progress for a terminal: no line is wider than `width`, and there are no more than `height`.

    Args:
        plain: with characters of ASCII alone.
    """
    found = [_whole(progress, width, plain)]
    if progress.already and progress.done < progress.total:
        found.append(_cut(f"goes on from {progress.already} of {counted(progress.total, 'run')}, done before", width))
    room = max(1, height - ASIDE)
    shown = progress.active[:room]
    found += _rows(shown, traces, width, plain)
    hidden = len(progress.active) - len(shown)
    silent = sum(one.step is None for one in progress.active)
    told = [f"{hidden} more under way"] if hidden else []
    told += [f"{silent} {'has' if silent == 1 else 'have'} not reported a step yet"] if silent else []
    told += [f"{len(progress.waiting)} wait"] if progress.waiting else []
    told += _of_trouble(progress)
    told += [f"{len(progress.failed)} failed: the first in {progress.failed[0][1]}"] if progress.failed else []
    found += [_cut("; ".join(told), width)] if told else []
    return [text.replace("…", "~").replace(ABSENT, "-") if plain else text for text in found[:height]]


def line(progress: Progress) -> str:
    """Write the progress in one line, for a log: the share of the work, the runs, the time left."""
    found = [f"{progress.share:.0%} of the work", f"{progress.done} of {counted(progress.total, 'run')} done"]
    found += [f"{len(progress.active)} under way"] if progress.active else []
    found += _of_trouble(progress)
    found += [f"{len(progress.failed)} failed"] if progress.failed else []
    return "; ".join([*found, *([left] if (left := time_left(progress)) else [])])


def _of_trouble(progress: Progress) -> list[str]:
    """Say what went wrong and is mended by itself: processes that were killed, and a disk that is waited for."""
    found = []
    if progress.killed:
        found.append(f"{progress.killed} killed from outside and started again")
    if progress.unwritable:
        found.append(f"{progress.unwritable} wait for a disk that is full or read-only")
    return found


def time_left(progress: Progress) -> str:
    """Write the time left; a run that has done its steps is evaluated and saved, and no second is counted down."""
    if progress.seconds_left is None:
        return ""
    return f"about {about(progress.seconds_left)} left" if progress.seconds_left >= 1 else "about to end"


def _whole(progress: Progress, width: int, plain: bool) -> str:
    """Write the bar and what it says; narrow terminals have less of it."""
    parts = [f"{progress.share:.0%}", f"{progress.done} of {counted(progress.total, 'run')}", time_left(progress)]
    told = "  ".join(filter(None, parts))
    room = min(MOST_BAR, width - len(told) - 2)
    return f"{_bar(progress.share, room, plain)}  {told}" if room >= LEAST_BAR else _cut(told, width)


def _bar(share: float, width: int, plain: bool) -> str:
    done = round(width * min(max(share, 0.0), 1.0))
    full, empty = (PLAIN_DONE, PLAIN_TO_COME) if plain else (DONE, TO_COME)
    return full * done + empty * (width - done)


def _rows(active: Sequence[Active], traces: Traces, width: int, plain: bool) -> list[str]:
    """Write a row per run; where the columns do not fit, those of least use are left out, and names are cut."""
    if not active:
        return []
    cells = [("run", "N", "tokens", "done", "loss", "curve")]
    for one in active:
        tokens = f"{ABSENT if one.step is None else abbreviated(one.tokens)} of {abbreviated(one.tokens_in_all)}"
        loss = ABSENT if one.loss_nats is None else f"{one.loss_nats:.3f}"
        share = ABSENT if one.step is None else f"{one.share:.0%}"
        drawn = curve(traces.seen.get(one.run_id, ()), one.steps, CURVE, PLAIN_BLOCKS if plain else BLOCKS)
        cells.append((one.run_id, abbreviated(one.params), tokens, share, loss, drawn))
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    widths[-1] = CURVE  # it grows as a run does, and must not move the others
    kept = list(range(len(widths)))
    for dropped, name in ((2, widths[0]), (1, LEAST_NAME), (5, LEAST_NAME)):  # tokens, sizes, curves
        if min(name, widths[0]) + sum(widths[i] + 2 for i in kept[1:]) > width:
            kept.remove(dropped)
    widths[0] = max(min(widths[0], width - sum(widths[i] + 2 for i in kept[1:])), 1)
    return [_cut("  ".join(_set(row[i], widths[i], i) for i in kept).rstrip(), width) for row in cells]


def _set(cell: str, width: int, place: int) -> str:
    """Set a cell in its column: names and curves to the left, numbers to the right; a long name is cut."""
    if place in (0, 5):
        return (cell if len(cell) <= width else f"{cell[: width - 1]}…").ljust(width)
    return cell.rjust(width)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
