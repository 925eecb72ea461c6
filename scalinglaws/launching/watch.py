"""The limits of a folder, watched while its runs train: what all launches and attempts used so far."""

import time
from dataclasses import dataclass, field

from ..errors import LimitReachedError
from ..records.json_values import read_hint, write_hint
from ..store.attempts import Used, attempts_in, used
from ..store.store import Store
from .limits import HOUR, Amounts, Limits, reached

LAUNCHES = "launches.json"  # in a store: wall seconds of all launches
LOOK_SECONDS = 5.0


def used_in(store: Store) -> Used:
    """What all attempts at the runs of a store used, complete or not."""
    return used(one for folder in (store.path / "runs").glob("*") for one in attempts_in(folder))


def hours_of(store: Store) -> float:
    """Wall hours of all launches into a store."""
    seconds = read_hint(store.path / LAUNCHES)
    return seconds / HOUR if isinstance(seconds, float) and seconds > 0 else 0.0


@dataclass
class Watch:
    """Counts the wall time of a launch, and stops it where a limit is reached."""

    store: Store
    limits: Limits
    before: float = field(init=False)
    began: float = field(init=False)
    looked: float = field(init=False)

    def __post_init__(self):
        self.before, self.began = hours_of(self.store), time.monotonic()
        self.looked = -LOOK_SECONDS

    def amounts(self) -> Amounts:
        """What was used so far, by this launch and all before it."""
        return self.limits.amounts(self._hours(), used_in(self.store))

    def look(self, done: int, runs: int, *, now: bool = False) -> None:
        """Note the time, and compare with the limits, every few seconds.

        Args:
            done: how many runs are complete; runs: of how many.

        Raises:
            LimitReachedError: saying what was used and how to go on.
        """
        if time.monotonic() - self.looked < LOOK_SECONDS and not now:
            return
        self.looked = time.monotonic()
        write_hint(self.store.path / LAUNCHES, self._hours() * HOUR)
        if self.limits.any and done < runs and (said := reached(self.limits, self.amounts(), done, runs)):
            raise LimitReachedError(said)

    def end(self) -> None:
        """Note the time at the end of the launch."""
        write_hint(self.store.path / LAUNCHES, self._hours() * HOUR)

    def _hours(self) -> float:
        return self.before + (time.monotonic() - self.began) / HOUR
