"""Chains on this machine: processes that take one after the other, and write into the store."""

import os
from pathlib import Path

from ..store.store import Store
from .chains import LOG, Chain, Failure, completed, judged, next_ready
from .processes import Job, Local, cpu_seconds, gpus_of_slot, worker


class LocalWork:
    """Chains that wait, processes with the chain that each is at (None: it is free), and failures."""

    def __init__(self, executor: Local, waiting: list[Chain], options: list[str], store: Store):
        self.waiting, self.options, self.store, self.executor = waiting, options, store, executor
        self.running: dict[Job, Chain | None] = {}
        self.leaving: list[Job] = []
        self.failures: list[Failure] = []
        self.used: dict[Job, float] = {}
        self.slot: dict[Job, int] = {}
        self.open = {chain.stage for chain in waiting}

    @property
    def under_way(self) -> list[Chain]:
        """The chains that processes are at."""
        return [chain for chain in self.running.values() if chain is not None]

    def cpu_seconds(self) -> float | None:
        """Give the processor seconds of all processes so far; None where the system does not say."""
        for job in (*self.running, *self.leaving):
            if (used := job.cpu_seconds()) is not None:
                self.used[job] = used
        return None if cpu_seconds(os.getpid()) is None else sum(self.used.values())

    def fill(self):
        """Give the first chains that may start to free processes, then to new ones; let the other free ones end."""
        free = [job for job, chain in self.running.items() if chain is None]
        while (free or len(self.running) < self.executor.slots) and (chain := next_ready(self.waiting)):
            log = self.store.folder(chain.specs[0].id) / LOG
            chain.log = str(log)
            job = free.pop() if free else self._started(chain, log)
            job.give([spec.id for spec in chain.specs])
            self.running[job] = chain
        for job in free:
            job.end()
            del self.running[job]
            self.leaving.append(job)

    def _started(self, chain: Chain, log: Path) -> Job:
        """Start a process in the first place that is free; a place has its part of this machine's GPUs."""
        held = {self.slot[job] for job in (*self.running, *self.leaving) if job.poll() is None}
        slot = next((one for one in range(self.executor.slots) if one not in held), 0)
        gpus = getattr(self.executor, "gpus", 0)
        options = [*self.options, *_gpus(chain, slot, self.executor.slots, gpus)]
        job = self.executor.start(_command(self.store, options), log)
        self.slot[job] = slot
        return job

    def collect(self) -> list[Chain]:
        """Return the chains that are over; one whose process was killed from outside goes back to the queue."""
        over = []
        for job, chain in list(self.running.items()):
            code = job.poll()
            if job.is_free():  # after the look at its end: an answer may come just before that
                self.running[job] = None
            elif code is None:
                continue
            if chain is not None:
                over.append(chain)
                judged(chain, 0 if self.running[job] is None else code or 0, self.store, self.waiting, self.failures)
            if code is not None:
                job.end()  # where it was a prefix that was killed, what it started ends by this
                del self.running[job]
                self.leaving.append(job)
        return over

    def end(self):
        """Ask every process to save its state and end, and wait until all have."""
        for job in self.running:
            job.stop()
        for job in (*self.running, *self.leaving):
            job.wait()

    def completed(self) -> list[int]:
        """Return the stages of which nothing waits or runs any more; none when the whole sweep is complete."""
        return completed(self.open, [*self.waiting, *self.under_way])


def _gpus(chain: Chain, slot: int, slots: int, gpus: int) -> list[str]:
    """Return the options that say which GPUs a process has."""
    if not gpus:
        return ["--gpus", f"{chain.needs.gpus:g}"] if chain.needs.gpus else []
    mine, number = gpus_of_slot(slot, slots, gpus)
    return ["--gpus", f"{number:g}", "--gpu-slots", ",".join(map(str, mine))]


def _command(store: Store, options: list[str]) -> list[str]:
    """Return the command of a worker that is given its chains line by line."""
    return [*worker(store), "--chains", *options]
