"""A tiny study that is launched again and again: made, started, ended, and compared with one that nobody touched."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from counted_once import miscounted
from counts import Counts

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.design import design
from scalinglaws.designing.study_file import Study
from scalinglaws.records.json_values import to_plain, write_json
from scalinglaws.store.store import open_store
from scalinglaws.training.own_trainer.work import work as by_own_trainer
from scalinglaws.training.worker import work

INSIDE = Path(__file__).parent / "inside"
HASTE_SECONDS = 0.03  # between two checkpoints
HANG_SECONDS = 300.0  # far beyond what a launch takes under any load seen
POLL_SECONDS = 0.05
LOOK_SECONDS = 0.005
WAITS = "wait for a disk"  # what a launch says while its processes cannot write
TRACEBACK = re.compile(r"^Traceback \(most recent call last\)", re.M)  # one that is quoted is indented
MOST_LAUNCHES = 6  # after the last fault: each may ask for something that is then done
WORDS = ["power", "law", "loss", "of", "compute", "size", "data"]
SMALL = Study(
    "faults",
    ((1, 8), (1, 16)),
    (1e4, 2e4),
    n_ctx=16,
    warmup_share=0.1,
    corpus="text",
    eval_tokens=1024,
    evaluations=3,
)
WHOLE = Study(
    "faults",
    ((1, 8), (1, 12), (1, 16), (2, 8), (2, 16)),
    (3e4, 6e4, 1e5),
    n_ctx=32,
    warmup_share=0.1,
    corpus="text",
    eval_tokens=4096,
    evaluations=6,
)


# The same for engines: the steps of a training run wait (`pace`), so that it lasts a second and costs little.
SLOW = Study(
    "faults",
    ((1, 8), (1, 12), (1, 16)),
    (1e4, 2e4),
    n_ctx=16,
    warmup_share=0.1,
    corpus="text",
    eval_tokens=1024,
    evaluations=3,
)


class Hang(Exception):
    """A launch that did not end in `HANG_SECONDS`."""


@dataclass
class Launches:
    """A study's own folder, uninterrupted, and what is counted of the others.

    Attributes:
        options: of every launch, which say where it places its runs. processes: at a time.
        faults: what every process that trains meets (`inside/sitecustomize.py`).
        leaves: whether processes go on, by design, where their launch dies: those of a scheduler's queue.
        walls: of the launches into a folder: seconds from the start of each to its end. began: when the first did.
    """

    folder: Path
    asked: Study
    seed: int
    options: tuple[str, ...] = ()
    processes: int = 2
    faults: dict = field(default_factory=dict)
    leaves: bool = False
    python: str = sys.executable
    counts: Counts = field(default_factory=lambda: Counts(miscounted=0))
    walls: dict[Path, list[float]] = field(default_factory=dict)
    began: dict[Path, float] = field(default_factory=dict)
    made: int = 0

    def __post_init__(self):
        self.empty, self.whole = self.folder / "empty", self.folder / "whole"
        store, data = self._empty()
        sweep = design(self.asked, data.vocabulary, data.data_id, data.train_tokens)
        write_json(self.empty / "sweep.json", to_plain(sweep))
        self.runs = {spec.id: spec for spec in sweep.runs}
        shutil.copytree(self.empty, self.whole)
        store = open_store(self.whole)
        for spec in sweep.runs:
            store.ask(spec)
        train = by_own_trainer if self.asked.own_trainer else work
        train(store, [spec.id for chain in sweep.chains for spec in chain])

    def _empty(self):
        """Make the folder of the study as it is before any training, with its text."""
        store = open_store(self.empty, create=True)
        if self.asked.own_trainer:
            return store, Of(self.asked.n_vocab, "own", None)
        text = self.folder / "text"
        text.mkdir(parents=True)
        rng = np.random.default_rng(self.seed)
        for i in range(40):
            (text / f"{i}.txt").write_text(f"document {i} " + " ".join(rng.choice(WORDS, 1500)))
        data = tokenise(f"text:{text}", "bytes", store.data)
        return store, Of(data.vocabulary, data.data_id, len(data.split("train")))

    def fresh(self) -> Path:
        """Make a folder in which nothing is trained yet."""
        self.made += 1
        place = self.folder / f"try-{self.made}"
        shutil.copytree(self.empty, place)
        return place

    def start(self, folder: Path, *options: str, **faults) -> subprocess.Popen:
        """Start a launch in a process group of its own; what it says is kept beside the folder.

        Args:
            options: of this launch, beside those of all. faults: that its processes meet, beside those of all.
        """
        faults_of(folder).write_text(json.dumps(self.faults | faults))
        command = [self.python, "-m", "scalinglaws", "launch", str(folder), "--processes", str(self.processes)]
        command += [*self.options, *options]
        self.walls.setdefault(folder, []).append(-time.monotonic())
        self.began.setdefault(folder, time.monotonic())
        with open(said_by(folder), "ab") as told:
            return subprocess.Popen(command, env=hasty(), stdout=told, stderr=told, start_new_session=True)

    def wait(self, process: subprocess.Popen, folder: Path, what: str) -> int:
        """Wait for the end of a launch and of its workers; a disk gets well again as soon as the launch waits for it.

        Raises:
            Hang: it did not come.
        """
        deadline = time.monotonic() + HANG_SECONDS
        while _lives(process) or (processes_of(folder) and not self.leaves):
            if WAITS in told(folder):
                faults_of(folder).unlink(missing_ok=True)
            if time.monotonic() > deadline:
                for one in (process.pid, *processes_of(folder)):
                    send(one, signal.SIGKILL)
                self.counts.hangs += 1
                self.counts.found.append(f"{what}: no end in {HANG_SECONDS:g} s, seed {self.seed}")
                raise Hang
        self.walls[folder][-1] += time.monotonic()
        return process.returncode

    def finish(self, folder: Path, what: str) -> None:
        """Launch until every run is there, doing what a failure says is to be done."""
        for _ in range(MOST_LAUNCHES):
            code = self.wait(self.start(folder), folder, what)
            while processes_of(folder):  # of a scheduler, which end a moment later
                time.sleep(POLL_SECONDS)
            if code == 0:
                return
            for trunk in re.findall(r"Run its trunk (\S+) again: delete that run's folder", told(folder)):
                shutil.rmtree(folder / "runs" / trunk, ignore_errors=True)
        self.counts.hangs += 1
        self.counts.found.append(
            f"{what}: not finished after {MOST_LAUNCHES} launches, seed {self.seed}: {last(folder)}"
        )

    def judge(self, folder: Path, what: str) -> None:
        """Compare every run with that of the untouched study, bit for bit, and look for what was counted wrongly."""
        for run_id in self.runs:
            right = numbers(self.whole, run_id)
            if right is None or numbers(folder, run_id) != right:
                self.counts.differing += 1
                self.counts.found.append(f"{what}: run {run_id} differs, seed {self.seed}")
        traces = len(TRACEBACK.findall(told(folder)))
        if traces:
            self.counts.tracebacks += traces
            self.counts.found.append(f"{what}: traceback, seed {self.seed}: {last(folder)}")
        wrong = miscounted(folder, sum(self.walls[folder]), self.processes * (time.monotonic() - self.began[folder]))
        self.counts.miscounted = (self.counts.miscounted or 0) + len(wrong)
        self.counts.found += [f"{what}: {one}, seed {self.seed}" for one in wrong]
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Of:
    """What a design needs to know of a text."""

    vocabulary: int
    data_id: str
    train_tokens: int | None


def hasty() -> dict[str, str]:
    """The environment in which processes keep their state many times a second, and meet their faults."""
    path = os.pathsep.join(filter(None, (str(INSIDE), os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": path, "FAULTS_SECONDS": str(HASTE_SECONDS)}


def _lives(process: subprocess.Popen) -> bool:
    """Whether it runs on; a moment later, which a look at all processes of the machine would take too."""
    try:
        process.wait(POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    time.sleep(POLL_SECONDS)
    return False


def said_by(folder: Path) -> Path:
    """Where a launch's own output is kept."""
    return folder.with_name(f"{folder.name}.said")


def faults_of(folder: Path) -> Path:
    """Where the faults stand that the processes of a folder meet."""
    return folder.with_name(f"{folder.name}.faults")


def told(folder: Path) -> str:
    """All that the launches of a folder and their workers said."""
    files = [said_by(folder), *(folder / "runs").glob("*/log.txt"), *(folder / "slurm").glob("*/*.log")]
    return "\n".join(file.read_text(errors="replace") for file in files if file.exists())


def last(folder: Path) -> str:
    """The last line of that."""
    lines = [line for line in told(folder).splitlines() if line.strip()]
    return lines[-1][:200] if lines else "nothing was said"


def numbers(folder: Path, run_id: str):
    """What a run measured, without the clock and the machine."""
    path = folder / "runs" / run_id / "run.json"
    if not path.exists():
        return None
    run = json.loads(path.read_text())
    curve = [{name: value for name, value in one.items() if name != "seconds"} for one in run["curve"]]
    return run["spec"], run["outcome"], run["sentence"], curve, run.get("by_position")


def under_way(process: subprocess.Popen, folder: Path) -> bool:
    """Wait until a worker of this launch has told of its progress; not where the launch ends before."""
    before = time.time()
    while process.poll() is None:
        if any(_changed(file) > before for file in (folder / "runs").glob("*/progress.json")):
            return True
        time.sleep(LOOK_SECONDS)
    return False


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def processes_of(folder: Path) -> list[int]:
    """Ids of the workers that train into a folder."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = Path(f"/proc/{process}/cmdline").read_text().split("\0")
        except OSError:
            continue
        if "train" in words and str(folder) in words and Path(words[0]).name.startswith("python"):
            found.append(int(process))
    return found


def send(process: int, word: signal.Signals) -> None:
    """Send a signal to a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, word)
