"""The chains of a launch, and those that failed."""

from dataclasses import dataclass, field

from ..run.run import RunSpec
from ..store.store import FailedRun, Store
from .processes import was_killed

LOG = "log.txt"  # of a chain, in the folder of its first run: what its process said while it was at it
RESTARTS = 2  # maximum restarts of a chain whose process was killed from outside: it resumes from its checkpoint


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
            return f"the first, {self.noted.run_id}, {self.noted.sentence} Its log, {self.noted.log}, says:{quote}\n"
        if not was_killed(self.exit_code):
            return f"the log of the first says why: {self.log}"
        how = f"signal {-self.exit_code}" if self.exit_code < 0 else "a request to end"
        return (
            f"the first, {self.run_ids[0]}, was killed {RESTARTS + 1} times by {how} from outside, perhaps because the "
            "memory was exhausted. Use a machine with more memory, or fewer processes"
        )


@dataclass
class Chain:
    """Runs that one process takes one after the other, where its process writes, and how often it was restarted."""

    specs: tuple[RunSpec, ...]
    work: float
    stage: int
    restarts: int = 0
    log: str = field(default="")


def judged(chain: Chain, code: int, store: Store, waiting: list[Chain], failures: list[Failure]) -> None:
    """Put a chain that is over among the failures, or back to those that wait where its process was killed."""
    if was_killed(code) and chain.restarts < RESTARTS:
        chain.restarts += 1
        waiting.insert(0, chain)
    elif code != 0:
        noted = next(filter(None, (store.failure(spec.id) for spec in chain.specs)), None)
        failures.append(Failure(tuple(spec.id for spec in chain.specs), code, chain.log, noted))


def completed(open_stages: set[int], left: list[Chain]) -> list[int]:
    """Return the stages of which nothing is left, and close them; none when the whole sweep is complete."""
    stages = {chain.stage for chain in left}
    done = sorted(open_stages - stages) if stages else []
    open_stages &= stages
    return done
