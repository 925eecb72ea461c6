"""The chains of a launch, and those that failed."""

import time
from dataclasses import dataclass, field

from ..run.run import RunSpec
from ..store.store import FailedRun, Store
from .needs import NOT_STATED, Needs
from .processes import UNWRITABLE, was_killed

LOG = "log.txt"  # of a chain, in the folder of its first run: what its process said while it was at it
RESTARTS = 2  # maximum restarts in a row of a chain that was killed from outside before it came further
FURTHER = 0.05  # of a run's steps: a chain that came so much further since it was last killed is at no dead end
UNWRITABLE_SECONDS = 600.0  # for how long a disk that is full or read-only is waited for
AGAIN_SECONDS = 15.0  # between two tries meanwhile


@dataclass(frozen=True)
class Failure:
    """A chain of runs that failed: the exit code of its process, the path of its log, and what its trainer noted."""

    run_ids: tuple[str, ...]
    exit_code: int
    log: str
    noted: FailedRun | None = None

    @property
    def why(self) -> str:
        """What went wrong, or where the reader can see it."""
        if self.noted:
            quote = "".join(f"\n    {line}" for line in self.noted.lines.splitlines())
            says = f" Its log, {self.noted.log}, says:{quote}\n" if quote else ""
            return f"the first, {self.noted.run_id}, {self.noted.sentence}{says}"
        if self.exit_code == UNWRITABLE:
            return (
                f"the first, {self.run_ids[0]}, could not write for {UNWRITABLE_SECONDS / 60:.0f} minutes: the disk is "
                f"full, read-only or out of reach. Its log says what it wrote: {self.log}"
            )
        if not was_killed(self.exit_code):
            return f"the log of the first says why: {self.log}"
        how = f"signal {-self.exit_code}" if self.exit_code < 0 else "a request to end"
        return (
            f"the first, {self.run_ids[0]}, was killed {RESTARTS + 1} times by {how} from outside, perhaps because the "
            "memory was exhausted. Use a machine with more memory, or fewer processes"
        )


@dataclass
class Chain:
    """Runs that one process takes one after the other, where its process writes, and how often it was restarted.

    Attributes:
        reached: how far it was when it was last killed: complete runs, and steps of the one under way.
        killed: how many times in all it was started again because its process was killed.
        unwritable: since when, of the monotonic clock, it cannot write; again: when it is to be tried again.
    """

    specs: tuple[RunSpec, ...]
    work: float
    stage: int
    needs: Needs = NOT_STATED
    restarts: int = 0
    killed: int = 0
    log: str = field(default="")
    reached: float = 0.0
    unwritable: float = 0.0
    again: float = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether it may be started now."""
        return time.monotonic() >= self.again


def next_ready(waiting: list[Chain]) -> Chain | None:
    """Take the first chain that may be started now from those that wait."""
    found = next((chain for chain in waiting if chain.is_ready), None)
    if found is not None:
        waiting.remove(found)
    return found


def judged(chain: Chain, code: int, store: Store, waiting: list[Chain], failures: list[Failure]) -> None:
    """Put a chain that is over among the failures, or back to those that wait.

    It waits where its process was killed, unless that was so three times without progress, and where it could not
    write, for ten minutes.
    """
    if was_killed(code) and _may_restart(chain, store):
        chain.restarts += 1
        chain.killed += 1
        waiting.insert(0, chain)
    elif code == UNWRITABLE and _may_wait(chain):
        waiting.append(chain)
    elif code != 0:
        noted = next(filter(None, (store.failure(spec.id) for spec in chain.specs)), None)
        failures.append(Failure(tuple(spec.id for spec in chain.specs), code, chain.log, noted))


def _may_restart(chain: Chain, store: Store) -> bool:
    """Whether a chain that was killed is worth another start; one that came further since the last is counted anew."""
    reached = sum(_share(spec, store) for spec in chain.specs)
    if reached >= chain.reached + FURTHER:
        chain.reached, chain.restarts = reached, 0
    return chain.restarts < RESTARTS


def _share(spec: RunSpec, store: Store) -> float:
    if store.has(spec):
        return 1.0
    step, _ = store.progress(spec.id) or (0, None)
    return min(1.0, step / spec.steps)


def _may_wait(chain: Chain) -> bool:
    """Whether a chain that could not write is to be tried again later, and when."""
    now = time.monotonic()
    if now - chain.again > UNWRITABLE_SECONDS:  # it has been well in between
        chain.unwritable = now
    chain.again = now + AGAIN_SECONDS
    return now - chain.unwritable < UNWRITABLE_SECONDS


def completed(open_stages: set[int], left: list[Chain]) -> list[int]:
    """Return the stages of which nothing is left, and close them; none when the whole sweep is complete."""
    stages = {chain.stage for chain in left}
    done = sorted(open_stages - stages) if stages else []
    open_stages &= stages
    return done
