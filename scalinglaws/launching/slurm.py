"""Chains on a cluster by Slurm: an array of jobs, each a command line that trains a chain and writes into the store."""

import math
import secrets
import shlex
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import FailureError, MisuseError
from ..records.json_values import read_hint, write_hint, write_whole
from ..store.store import Store
from .chains import Chain, Failure, completed, judged, next_ready
from .needs import Needs, most_of
from .processes import ASKED_TO_END, SETTINGS, was_killed, worker

FOLDER = "slurm"  # in a store: one folder per array
LOOK_SECONDS = 5.0  # between two questions to the scheduler
GONE_LOOKS = 3  # after so many without a task it has left the queue
VANISHED = -1  # in place of the exit code of a task that left the queue without one
SAVE_SECONDS = 60  # before its time limit, a task is asked to save its state, and goes back to the queue

SCRIPT = """#!/bin/sh
#SBATCH --job-name={name}
#SBATCH --array=0-{last}%{slots}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output={folder}/task-%a.log
#SBATCH --signal=B:USR1@{save}
{options}
cd {folder} || exit 1
task=$SLURM_ARRAY_TASK_ID
rm -f "task-$task.code"
set -- $(sed -n "$((task + 1))p" chains.txt)
env {settings} {command} "$@" {worker_options} &
worker=$!
again=
trap 'again=yes; kill -TERM $worker' USR1
trap 'kill -TERM $worker' TERM INT
wait $worker
code=$?
while kill -0 $worker 2>/dev/null; do wait $worker; code=$?; done
if [ -n "$again" ] && [ $code -eq {asked} ]; then
    scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$task" && exit 0
fi
echo $code > "task-$task.code"
"""


@dataclass
class _Task:
    """One element of an array, and its chain."""

    chain: Chain
    job: str
    index: int
    folder: Path
    missing: int = 0

    def ended(self, queue: set[tuple[str, int]] | None) -> int | None:
        """Its exit code, once it is over; a task that was killed may be in the queue again, by the scheduler itself.

        Args:
            queue: the tasks in the queue; None where the scheduler was not asked.
        """
        code = self.code()
        if code is not None and not was_killed(code):
            return code
        if queue is not None:
            self.missing = 0 if (self.job, self.index) in queue else self.missing + 1
        return (VANISHED if code is None else code) if self.missing >= GONE_LOOKS else None

    def code(self) -> int | None:
        """Its exit code, if it has ended."""
        try:
            return int((self.folder / f"task-{self.index}.code").read_text())
        except (OSError, ValueError):
            return None


@dataclass(frozen=True)
class Slurm:
    """Submit chains as arrays, of which at most `slots` tasks run at a time.

    Attributes:
        options: of sbatch, such as `--partition=gpu --gres=gpu:1 --time=60`.
    """

    slots: int
    options: tuple[str, ...] = ()


class SlurmWork:
    """Chains that wait, and those in the queue; the scheduler is asked every few seconds, the store tells the rest."""

    def __init__(self, slurm: Slurm, waiting: list[Chain], options: Sequence[str], store: Store):
        self.slurm, self.waiting, self.options, self.store = slurm, waiting, options, store
        self.failures: list[Failure] = []
        self.tasks: list[_Task] = []
        self.open = {chain.stage for chain in waiting}
        self.looked = 0.0
        self._adopt()

    @property
    def under_way(self) -> list[Chain]:
        """The chains in the queue."""
        return [task.chain for task in self.tasks]

    def fill(self):
        """Submit what may start: as one array, or one per kind of machine where their number at a time is free."""
        chains: list[Chain] = []
        while chain := next_ready(self.waiting):
            chains.append(chain)
        alike: dict[object, list[Chain]] = {}
        for chain in chains:
            alike.setdefault(_kind(chain.needs) if self.slurm.slots >= len(chains) else None, []).append(chain)
        for kind in alike.values():
            self._submit(kind)

    def _submit(self, chains: list[Chain]):
        """Submit chains as an array, each with what suffices for all; by its own settings where the cluster says no."""
        folder = self.store.path.resolve() / FOLDER / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
        lines = "".join(f"{' '.join(spec.id for spec in chain.specs)}\n" for chain in chains)
        write_whole(folder / "chains.txt", lines.encode())
        sized = _options(most_of([chain.needs for chain in chains]), self.slurm.options)
        try:
            job = self._job(folder, chains, sized)
        except FailureError:
            if not sized:
                raise
            job = self._job(folder, chains, [])  # such as a cluster that does not count memory
        write_hint(folder / "job.json", job)
        for index, chain in enumerate(chains):
            chain.log = str(folder / f"task-{index}.log")
            self.tasks.append(_Task(chain, job, index, folder))

    def _job(self, folder: Path, chains: list[Chain], sized: list[str]) -> str:
        write_whole(folder / "job.sh", self._script(folder, chains, sized).encode())
        return _answer("sbatch", "--parsable", str(folder / "job.sh")).strip().split(";")[0]

    def _script(self, folder: Path, chains: list[Chain], sized: list[str]) -> str:
        gpus = max(chain.needs.whole_gpus for chain in chains)
        return SCRIPT.format(
            name=f"scalinglaws-{self.store.path.resolve().name}",
            last=len(chains) - 1,
            slots=self.slurm.slots,
            folder=folder,
            save=SAVE_SECONDS,
            options="\n".join(f"#SBATCH {one}" for one in (*sized, *self.slurm.options)),
            settings=" ".join(SETTINGS),
            command=shlex.join(worker(self.store)),
            worker_options=shlex.join([*self.options, *(["--gpus", str(gpus)] if gpus else [])]),
            asked=ASKED_TO_END,
        )

    def collect(self) -> list[Chain]:
        """Return the chains that are over: their runs are in the store, or their task has ended or vanished."""
        over = []
        queue = self._queue()
        for task in list(self.tasks):
            ended = task.ended(queue)
            there = all(map(self.store.has, task.chain.specs))
            if ended is None and not there:
                continue
            self.tasks.remove(task)
            over.append(task.chain)
            judged(task.chain, 0 if there else ended or VANISHED, self.store, self.waiting, self.failures)
        return over

    def cpu_seconds(self) -> float | None:
        """The processor seconds of other machines are not known here."""
        return None

    def completed(self) -> list[int]:
        """Return the stages of which nothing waits or runs any more; none when the whole sweep is complete."""
        return completed(self.open, [*self.waiting, *self.under_way])

    def end(self):
        """Cancel what is still in the queue: its workers save their states and end."""
        jobs = sorted({task.job for task in self.tasks})
        if jobs:
            _answer("scancel", "--full", *jobs)

    def _queue(self) -> set[tuple[str, int]] | None:
        """The tasks in the queue; None between two looks, and where the scheduler does not answer."""
        if time.monotonic() - self.looked < LOOK_SECONDS:
            return None
        self.looked = time.monotonic()
        try:
            return queued([task.job for task in self.tasks])
        except FailureError:
            return None

    def _adopt(self):
        """Take over the tasks that an earlier launch left in the queue."""
        chains = {tuple(spec.id for spec in chain.specs): chain for chain in self.waiting}
        for kept in sorted((self.store.path.resolve() / FOLDER).glob("*/job.json")):
            job, lines = read_hint(kept), (kept.parent / "chains.txt").read_text().splitlines()
            there = queued([job]) if isinstance(job, str) else set()
            for index, line in enumerate(lines):
                chain = chains.get(tuple(line.split()))
                if chain in self.waiting and (job, index) in there:
                    self.waiting.remove(chain)
                    chain.log = str(kept.parent / f"task-{index}.log")
                    self.tasks.append(_Task(chain, job, index, kept.parent))


def _kind(needs: Needs) -> tuple[float, ...]:
    """Chains that need about the same go into one array: as many GPUs, and memory and time within a factor of two."""
    return needs.cores, needs.gpus, *(round(math.log2(max(1.0, one))) for one in (needs.host_bytes, needs.seconds))


def _options(needs: Needs, said: Sequence[str]) -> list[str]:
    """Options of sbatch for what a chain needs, without those that are given."""
    names = {one.partition("=")[0] for one in said}
    minutes, memory = math.ceil(needs.seconds / 60), math.ceil(needs.host_bytes / 2**20)
    found = [f"--cpus-per-task={needs.cores}"] * bool(needs.cores and not names & {"--cpus-per-task", "-c"})
    found += [f"--mem={memory}"] * bool(memory and not names & {"--mem", "--mem-per-cpu", "--mem-per-gpu"})
    found += [f"--time={minutes}"] * bool(minutes and not names & {"--time", "-t"})
    asks = any("gpu" in one or one.startswith("--gres") for one in said)
    return found + [f"--gres=gpu:{needs.whole_gpus}"] * bool(needs.gpus and not asks)


def queued(jobs: Sequence[str]) -> set[tuple[str, int]]:
    """Ask which tasks of arrays are in the queue, in any state but a final one.

    Raises:
        FailureError: the scheduler does not answer.
    """
    if not jobs:
        return set()
    found = _answer("squeue", "--noheader", "--array", "--me", "--format=%F %K")
    rows = (line.split() for line in found.splitlines())
    return {(job, int(index)) for job, index in (row for row in rows if len(row) == 2 and row[1].isdecimal())}


def _answer(*words: str) -> str:
    """Run a command of Slurm.

    Raises:
        MisuseError: it is not there. FailureError: it failed.
    """
    try:
        done = subprocess.run(words, capture_output=True, text=True)
    except FileNotFoundError:
        raise MisuseError(f"there is no command {words[0]} here: launch from a machine of the cluster.") from None
    if done.returncode:
        raise FailureError(f"{words[0]} failed: {' '.join(done.stderr.split())}")
    return done.stdout
