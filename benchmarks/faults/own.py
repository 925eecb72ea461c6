"""Faults of a trainer of one's own, of its process and of those around it, with and without words to resume by."""

import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from counts import Counts
from launches import INSIDE, POLL_SECONDS, SLOW, Launches, processes_of, send
from tries import AGAIN, ANY, Fault, Try, meet, second_launch, to_launch, to_worker

from scalinglaws.designing.study_file import Study
from scalinglaws.run.trainer import Trainer

COMMAND = f"{sys.executable} {INSIDE / 'own_trainer.py'} {{run_file}}"
BATCHED = f"{COMMAND} --parts={{micro_batch}}x{{accumulate}}"
SHELL = """sh -c '"$@"; exit $?' sh"""


def study_by(**more: str) -> Study:
    """The study of the engines, by a trainer of one's own."""
    keys = {name: getattr(SLOW, name) for name in ("shapes", "tokens", "n_ctx", "warmup_share", "evaluations")}
    return Study("faults", **keys, n_vocab=256, trainer=Trainer(BATCHED, **more))


WAYS = {
    "from the beginning": study_by(),
    "resumed": study_by(resume="--resume"),
    "with trunks": study_by(resume="--resume", save="--save={branch_at}", branch="--from={trunk} --at={first_step}"),
}


def measure(seed: int, size: int) -> Counts:
    """Meet `size` faults: each kind in turn, by trainers of each way in turn."""
    rng, whole = np.random.default_rng(seed), Counts(miscounted=0, untold=0)
    share, more = divmod(size, len(WAYS))
    for i, asked in enumerate(WAYS.values()):
        if many := share + (i < more):
            with tempfile.TemporaryDirectory() as place:
                launches = Launches(Path(place), asked, seed)
                meet(launches, _from(i * len(KINDS) // len(WAYS)), many, rng)
                whole += launches.counts
    return whole


def _from(first: int) -> dict[str, Fault]:
    """The kinds, beginning with another one, so that few tries meet others in each way."""
    names = list(KINDS)
    return {name: KINDS[name] for name in names[first:] + names[:first]}


def trainers(one: Try) -> list[int]:
    """The processes of the trainer itself."""
    found = []
    for process in filter(str.isdigit, (path.name for path in Path("/proc").iterdir())):
        try:
            words = Path(f"/proc/{process}/cmdline").read_text().split("\0")
        except OSError:
            continue
        if any(word.startswith(str(one.folder)) and word.endswith("run.json") for word in words):
            found.append(int(process))
    return found


def _to_trainer(word):
    def do(one: Try):
        one.soon()
        for process in trainers(one)[:1]:
            send(process, word)

    return do


def _all(*, trainer: bool):
    """Kill the launch, its workers, and the trainer too or not: a trainer that is left ends by itself."""

    def do(one: Try):
        one.soon()
        left = trainers(one)
        for process in (one.process.pid, *processes_of(one.folder), *(left if trainer else ())):
            send(process, signal.SIGKILL)

    return do


def _gone(one: Try):
    """Wait for trainers whose worker is dead: they must end, or two would write into one folder."""
    until = time.monotonic() + 20
    while trainers(one) and time.monotonic() < until:
        time.sleep(POLL_SECONDS)
    if trainers(one):
        one.launches.counts.hangs += 1
        one.launches.counts.found.append("a trainer outlives the process that started it")


def _met(trainer: str, codes=(1,), **more) -> Fault:
    said = more.pop("said")
    return Fault(meets={"trainer": trainer} | more.pop("meets", {}), codes=codes, said=said, **more)


ONCE = {"once": True}
KINDS = {
    "the trainer killed": Fault(_to_trainer(signal.SIGKILL), said=AGAIN, if_again=True, codes=(0,)),
    "the trainer terminated": Fault(_to_trainer(signal.SIGTERM), said=AGAIN, if_again=True),
    "the trainer's worker killed": Fault(to_worker(signal.SIGKILL), said=AGAIN, if_again=True, after=_gone),
    "the trainer's worker terminated": Fault(to_worker(signal.SIGTERM), said=AGAIN, if_again=True),
    "the launch killed": Fault(to_launch(signal.SIGKILL), codes=ANY, after=_gone),
    "the launch terminated": Fault(to_launch(signal.SIGTERM), codes=ANY, after=_gone),
    "the launch interrupted": Fault(to_launch(signal.SIGINT), codes=ANY, said="interrupted"),
    "all killed": Fault(_all(trainer=True), codes=ANY),
    "all but the trainer killed": Fault(_all(trainer=False), codes=ANY, after=_gone),
    "exit code 137": _met("exit:137", (0,), said=AGAIN, meets=ONCE),
    "exit code 143": _met("exit:143", (0,), said=AGAIN, meets=ONCE),
    "killed each time": _met("start:9", said="was killed 3 times by|signal 9"),
    "killed behind a shell": _met("signal:15", (0,), said=AGAIN, meets=ONCE, options=("--prefix", SHELL)),
    "a bug": _met("bug", said="a bug: .*ValueError: a made-up bug", tracebacks=1),
    "another exit code": _met("exit:3", said="a bug: it ended with exit code 3"),
    "half a result": _met("half a result", said="no result: "),
    "no result": _met("no result", said="no result: .*result.json"),
    "other steps": _met("wrong:steps", said="not what was asked: .*step"),
    "other tokens": _met("wrong:tokens", said="not what was asked: .*tokens"),
    "other parameters": _met("wrong:params_nonembedding", said="not what was asked: .*params_nonembedding"),
    "out of memory": _met("memory", (0,), said=""),
    "the disk full for a while": _met("disk", (0,), said="wait for a disk"),
    "killed in the write of its state": _met("half a state", ANY, said="", meets=ONCE, tracebacks=ANY),
    "deaf to the request to end": Fault(
        to_launch(signal.SIGINT), meets={"trainer": "stubborn", "once": True}, codes=ANY, said="interrupted"
    ),
    "two launches on one folder": Fault(second_launch, said="is already training the runs of this folder"),
    "stopped by a limit of hours": Fault(options=("--max-hours", "1e-4"), codes=(3,), said="--max-hours"),
}
