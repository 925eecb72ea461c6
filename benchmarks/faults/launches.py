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
from counts import Counts

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.design import design
from scalinglaws.designing.study_file import Study
from scalinglaws.records.json_values import to_plain, write_json
from scalinglaws.store.store import open_store
from scalinglaws.training.worker import work

INSIDE = Path(__file__).parent / "inside"
HASTE_SECONDS = 0.03  # between two checkpoints
HANG_SECONDS = 300.0  # far beyond what a launch takes under any load seen
POLL_SECONDS = 0.05
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


class Hang(Exception):
    """A launch that did not end in `HANG_SECONDS`."""


@dataclass
class Launches:
    """A study's own folder, uninterrupted, and what is counted of the others."""

    folder: Path
    asked: Study
    seed: int
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self):
        text = self.folder / "text"
        text.mkdir(parents=True)
        rng = np.random.default_rng(self.seed)
        for i in range(40):
            (text / f"{i}.txt").write_text(f"document {i} " + " ".join(rng.choice(WORDS, 1500)))
        self.empty, self.whole = self.folder / "empty", self.folder / "whole"
        store = open_store(self.empty, create=True)
        data = tokenise(f"text:{text}", "bytes", store.data)
        sweep = design(self.asked, data.vocabulary, data.data_id, len(data.split("train")))
        write_json(self.empty / "sweep.json", to_plain(sweep))
        self.runs = {spec.id: spec for spec in sweep.runs}
        shutil.copytree(self.empty, self.whole)
        store = open_store(self.whole)
        for spec in sweep.runs:
            store.ask(spec)
        work(store, [spec.id for chain in sweep.chains for spec in chain])

    def fresh(self) -> Path:
        """Make a folder in which nothing is trained yet."""
        place = self.folder / f"try-{self.counts.tries}"
        shutil.copytree(self.empty, place)
        return place

    def start(self, folder: Path, **faults: str) -> subprocess.Popen:
        """Start a launch in a process group of its own; what it says is kept beside the folder."""
        path = os.pathsep.join(filter(None, (str(INSIDE), os.environ.get("PYTHONPATH"))))
        environment = os.environ | {"PYTHONPATH": path, "FAULTS_SECONDS": str(HASTE_SECONDS)} | faults
        processes = "1" if self.asked == SMALL else "2"
        command = [sys.executable, "-m", "scalinglaws", "launch", str(folder), "--processes", processes]
        with open(said_by(folder), "ab") as told:
            return subprocess.Popen(command, env=environment, stdout=told, stderr=told, start_new_session=True)

    def wait(self, process: subprocess.Popen, folder: Path, what: str) -> int:
        """Wait for the end of a launch and of its workers.

        Raises:
            Hang: it did not come.
        """
        deadline = time.monotonic() + HANG_SECONDS
        while _lives(process) or processes_of(folder):
            if time.monotonic() > deadline:
                for one in (process.pid, *processes_of(folder)):
                    send(one, signal.SIGKILL)
                self.counts.hangs += 1
                self.counts.found.append(f"{what}: no end in {HANG_SECONDS:g} s, seed {self.seed}")
                raise Hang
        return process.returncode

    def finish(self, folder: Path, what: str) -> None:
        """Launch until every run is there, doing what a failure says is to be done."""
        for _ in range(MOST_LAUNCHES):
            if self.wait(self.start(folder), folder, what) == 0:
                return
            for trunk in re.findall(r"Run its trunk (\S+) again: delete that run's folder", told(folder)):
                shutil.rmtree(folder / "runs" / trunk, ignore_errors=True)
        self.counts.hangs += 1
        self.counts.found.append(
            f"{what}: not finished after {MOST_LAUNCHES} launches, seed {self.seed}: {last(folder)}"
        )

    def judge(self, folder: Path, what: str) -> None:
        """Compare every run with that of the untouched study, bit for bit, and look for tracebacks."""
        for run_id in self.runs:
            right = numbers(self.whole, run_id)
            if right is None or numbers(folder, run_id) != right:
                self.counts.differing += 1
                self.counts.found.append(f"{what}: run {run_id} differs, seed {self.seed}")
        traces = told(folder).count("Traceback (most recent call last)")
        if traces:
            self.counts.tracebacks += traces
            self.counts.found.append(f"{what}: traceback, seed {self.seed}: {last(folder)}")
        shutil.rmtree(folder)


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


def told(folder: Path) -> str:
    """All that the launches of a folder and their workers said."""
    files = [said_by(folder), *(folder / "runs").glob("*/log.txt")]
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
    return run["spec"], run["outcome"], curve, run.get("by_position")


def processes_of(folder: Path) -> list[int]:
    """Ids of the workers that train into a folder."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = Path(f"/proc/{process}/cmdline").read_text().split("\0")
        except OSError:
            continue
        if "train" in words and str(folder) in words:
            found.append(int(process))
    return found


def send(process: int, word: signal.Signals) -> None:
    """Send a signal to a process that may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, word)
