"""Chains on a Ray cluster: each is a task whose process is a command line that trains it and writes into the store."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..errors import MisuseError, argument, unknown_name
from ..store.store import Store
from .chains import LOG, Chain, Failure, completed, judged, next_ready
from .processes import SETTINGS, worker

OF_A_TASK = ("num_cpus", "num_gpus", "memory")
KNOWN = (*OF_A_TASK, "address")
VANISHED = -9  # in place of an exit code, where the process of a task or its node was lost
SAVE_SECONDS = 60.0  # how long processes that were asked to end are waited for


@dataclass(frozen=True)
class Ray:
    """Run chains as tasks of Ray, at most `slots` at a time.

    Attributes:
        resources: of a task: num_cpus, num_gpus (parts of one too) and memory in bytes; and `address` of a running
            cluster. Without an address Ray takes that of RAY_ADDRESS, else the one that runs here, else it starts one.
    """

    slots: int
    resources: Mapping[str, Any] = field(default_factory=dict)


def resources_of(words: Sequence[str]) -> dict[str, Any]:
    """Read NAME=VALUE.

    Raises:
        NameUnknownError: naming those that there are. MisuseError: a value is no number above 0.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if name not in KNOWN:
            raise unknown_name("resource of Ray", name, KNOWN)
        try:
            found[name] = value if name == "address" else float(value)
            good = bool(value) if name == "address" else 0 <= found[name] < 1e18
        except ValueError:
            good = False
        if not equals or not good:
            raise MisuseError(f"{word}: give a number of at least 0, such as {argument(ray='num_gpus=0.5')}.")
    return found


class RayWork:
    """Chains that wait, and those that are tasks of Ray; the store tells how far they are."""

    def __init__(self, ray: Ray, waiting: list[Chain], options: Sequence[str], store: Store):
        self.ray, self.waiting, self.options, self.store = ray, waiting, list(options), store
        self.failures: list[Failure] = []
        self.tasks: dict[Any, Chain] = {}
        self.open = {chain.stage for chain in waiting}
        self.library: Any = None
        self.task: Any = None
        self.most_memory = 0.0
        if waiting:
            self.library, self.task = _started(ray)
            self.most_memory = max((node["Resources"].get("memory", 0.0) for node in self.library.nodes()), default=0.0)

    @property
    def under_way(self) -> list[Chain]:
        """The chains that are tasks."""
        return list(self.tasks.values())

    def fill(self):
        """Give what waits to Ray, up to the number of slots; Ray starts a task where its resources are free."""
        while len(self.tasks) < self.ray.slots and (chain := next_ready(self.waiting)):
            log = self.store.folder(chain.specs[0].id).resolve() / LOG
            chain.log = str(log)
            asked = self._asked(chain)
            gpus = ["--gpus", f"{asked['num_gpus']:g}"] if asked.get("num_gpus") else []
            words = ["env", *SETTINGS, *worker(self.store), "--chains", *self.options, *gpus]
            task = self.task.options(**asked)
            self.tasks[task.remote(words, [spec.id for spec in chain.specs], chain.log)] = chain

    def _asked(self, chain: Chain) -> dict[str, float]:
        """What Ray is asked to keep free for a chain: what follows from its size, and what the caller says instead.

        No more memory than the largest node has, for which a task would wait for ever.
        """
        needs = chain.needs
        asked = {"num_cpus": float(needs.cores or 1), "num_gpus": needs.gpus, "memory": needs.host_bytes}
        asked["memory"] = min(asked["memory"], self.most_memory)
        return {name: value for name, value in asked.items() if value} | {
            name: value for name, value in self.ray.resources.items() if name in OF_A_TASK
        }

    def collect(self) -> list[Chain]:
        """Return the chains whose tasks are over."""
        if not self.tasks:
            return []
        over, _ = self.library.wait(list(self.tasks), num_returns=len(self.tasks), timeout=0)
        ended = []
        for task in over:
            chain = self.tasks.pop(task)
            ended.append(chain)
            judged(chain, self._code(task, chain), self.store, self.waiting, self.failures)
        return ended

    def _code(self, task: Any, chain: Chain) -> int:
        """The exit code of a task's process; what became of a task that Ray lost is known from the store."""
        try:
            return int(self.library.get(task))
        except self.library.exceptions.RayTaskError as failure:
            with suppress(OSError), open(chain.log, "a", encoding="utf-8") as log:
                log.write(f"{failure}\n")
            return 1
        except self.library.exceptions.RayError:
            return 0 if all(map(self.store.has, chain.specs)) else VANISHED

    def cpu_seconds(self) -> float | None:
        """The processor seconds of other machines are not known here."""
        return None

    def completed(self) -> list[int]:
        """Return the stages of which nothing waits or runs any more; none when the whole sweep is complete."""
        return completed(self.open, [*self.waiting, *self.under_way])

    def end(self):
        """Cancel the tasks: the standard input of their processes closes, and these save their states and end."""
        if self.library is None:
            return
        tasks = list(self.tasks)
        for task in tasks:
            self.library.cancel(task)
        if tasks:
            self.library.wait(tasks, num_returns=len(tasks), timeout=SAVE_SECONDS)
        self.library.shutdown()


def _started(asked: Ray) -> tuple[Any, Any]:
    """Connect to a cluster, or start one on this machine; give the library and the task.

    Raises:
        MisuseError: Ray is not installed, or there is no cluster at the address.
    """
    try:
        import ray
    except ImportError:
        raise MisuseError(f"{argument(on='ray')} needs Ray: pip install 'scalinglaws[ray]'.") from None
    address = asked.resources.get("address")
    try:
        ray.init(address=address, include_dashboard=False, log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError) as failure:
        raise MisuseError(
            f"Ray does not answer at {address or 'its own address'}: {' '.join(str(failure).split())[:300]}. Name that "
            f"of a running cluster, such as {argument(ray='address=HOST:6379')}, or none for one on this machine."
        ) from None
    return ray, ray.remote(max_retries=0)(_task())


def _task() -> Callable[[list[str], list[str], str], int]:
    """Make the function of a task; it is sent as it stands, so that a node needs this package for the command alone."""

    def train_chain(words: list[str], ids: list[str], log: str) -> int:
        import subprocess
        from contextlib import suppress
        from pathlib import Path
        from select import select

        Path(log).parent.mkdir(parents=True, exist_ok=True)
        with open(log, "ab") as said:
            process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, bufsize=0)
        assert process.stdin and process.stdout
        try:
            with process.stdin, process.stdout:
                with suppress(BrokenPipeError):
                    process.stdin.write(f"{' '.join(ids)}\n".encode())
                while not select([process.stdout], [], [], 0.5)[0]:  # a cancelled task is interrupted between two looks
                    pass
        finally:
            process.wait()  # without its standard input it saves its state and ends
        return process.returncode

    return train_chain
