"""The progress of a launch: a table that updates on a terminal, plain lines elsewhere."""

import sys
import time

from ..launching.progress import Progress
from ..records.numbers_in_text import about
from .ending import say

PLAIN_SECONDS = 20.0


class Display:
    """Show the progress on standard error; a context manager."""

    def __init__(self):
        self.live = None
        self.last_plain, self.last_done = 0.0, -1

    def __enter__(self):
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self.live = Live(console=Console(stderr=True), refresh_per_second=4, transient=True)
            self.live.start()
        return self

    def __exit__(self, *_):
        if self.live is not None:
            self.live.stop()

    def show(self, progress: Progress):
        """Show the progress."""
        if self.live is not None:
            self.live.update(_table(progress))
            return
        now = time.monotonic()
        if progress.done != self.last_done or now - self.last_plain > PLAIN_SECONDS:
            self.last_done, self.last_plain = progress.done, now
            say(line(progress))


def line(progress: Progress) -> str:
    """Write one line: runs done, runs in progress, time left."""
    active = "; ".join(f"N={a.params:,} {a.tokens:.3g}/{_horizon(a):.3g} tokens{_loss(a)}" for a in progress.active)
    return f"runs {progress.done}/{progress.total}  {active}  {_left(progress)}".rstrip()


def _table(progress: Progress):
    from rich.table import Table

    table = Table(title=f"runs {progress.done} of {progress.total} done  {_left(progress)}", title_justify="left")
    for heading in ("run", "N", "tokens", "", "loss, nats/token"):
        table.add_column(heading, justify="right" if heading != "run" else "left")
    for a in progress.active:
        share = a.step / max(1, a.steps)
        bar = "━" * round(20 * share) + "╌" * (20 - round(20 * share))
        loss = "" if a.loss_nats is None else f"{a.loss_nats:.3f}"
        table.add_row(a.run_id, f"{a.params:,}", f"{a.tokens:.3g} of {_horizon(a):.3g}", bar, loss)
    return table


def _horizon(active) -> float:
    return active.tokens / max(1, active.step) * active.steps


def _loss(active) -> str:
    return "" if active.loss_nats is None else f" loss {active.loss_nats:.3f}"


def _left(progress: Progress) -> str:
    return "" if progress.seconds_left is None else f"{about(progress.seconds_left)} left"
