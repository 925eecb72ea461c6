"""The progress of a launch: rows that update on a terminal, a line now and then elsewhere."""

import sys
import time

from ..launching.progress import Progress
from .ending import say
from .progress_lines import Traces, line, lines

PLAIN_SECONDS, SILENT_SECONDS = 20.0, 120.0  # between two plain lines, at least; and at most
STEP = 0.05  # of the work: what is worth a plain line


class Display:
    """Show the progress on standard error; a context manager."""

    def __init__(self):
        self.live, self.traces = None, Traces()
        self.last_plain, self.last_share, self.last_done = float("-inf"), float("-inf"), -1
        self.last_trouble: tuple[int, ...] = (0, 0, 0)

    def __enter__(self):
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True)
            if not console.is_dumb_terminal:
                self.live = Live(console=console, refresh_per_second=4, transient=True, vertical_overflow="crop")
                self.live.start()
        return self

    def __exit__(self, *_):
        if self.live is not None:
            self.live.stop()

    def show(self, progress: Progress):
        """Show the progress."""
        if self.live is not None:
            self._update(progress)
        elif self._worth_a_line(progress):
            self.last_plain, self.last_share, self.last_done = time.monotonic(), progress.share, progress.done
            self.last_trouble = tuple(map(max, self.last_trouble, _trouble(progress)))
            say(line(progress))

    def _update(self, progress: Progress):
        from rich.text import Text

        self.traces.hear(progress.active)
        console = self.live.console
        plain = not console.encoding.lower().startswith("utf")
        size = console.size
        rows = lines(progress, self.traces, size.width - 1, size.height - 1, plain=plain)  # the last column may wrap
        self.live.update(Text("\n".join(rows), no_wrap=True, overflow="crop"))

    def _worth_a_line(self, progress: Progress) -> bool:
        """Say the first and the last, what went wrong, and a twentieth of the work, or what came in two minutes."""
        if progress.done == progress.total:
            return self.last_done != progress.done
        if any(now > before for now, before in zip(_trouble(progress), self.last_trouble, strict=True)):
            return True
        silent = time.monotonic() - self.last_plain
        return silent > SILENT_SECONDS or (silent > PLAIN_SECONDS and progress.share - self.last_share >= STEP)


def _trouble(progress: Progress) -> tuple[int, int, int]:
    """Processes that were killed, chains that wait for a disk, and those that failed."""
    return progress.killed, progress.unwritable, len(progress.failed)
