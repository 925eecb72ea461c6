"""Hostile command lines: every command, its options and its files, with values that nobody should give.

Each line runs in a fork of one warm interpreter, under limits of processor seconds and memory, in a folder of its own.
It holds where it ends, in exit code 0, 1 or 2, says nothing of Python's own, and prints whole JSON where it was asked
for. Nothing is trained: lines that would train ask for a dry run at a speed taken for granted.
"""

import contextlib
import importlib
import json
import os
import pkgutil
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path

import typer
from counts import Counts
from hostile import FILES, LAWS, MAPPINGS, STUDIES, TABLES, VALUES, named_value

import scalinglaws
from scalinglaws.cli import app as house
from scalinglaws.cli import main
from scalinglaws.designing.design import design
from scalinglaws.designing.study_file import Study
from scalinglaws.records.json_values import to_plain, write_json
from scalinglaws.run.run import Evaluation, Run
from scalinglaws.store.store import open_store

CPU_SECONDS, WALL_SECONDS, MEMORY = 15, 90, 3 << 30
FAST = ["--draws", "10"]

# A sound line of each command; T, S, D, L and M are replaced by a table, a study, a store, a law file and a mapping.
SOUND = {
    "fit": ["chinchilla", "T", "--no-backtest", "--interval", "sandwich"],
    "predict": ["chinchilla", "T", "--at", "N=1e9,D=2e10", *FAST],
    "plan": ["chinchilla", "T", "--flops", "1e21", *FAST],
    "compare": ["T", "--laws", "chinchilla", *FAST],
    "arms": ["T", "--arm", "tag", *FAST],
    "conventions": ["T", "--routes", "law", *FAST],
    "audit": ["T"],
    "frontier": ["envelope", "T", *FAST],
    "import": ["T"],
    "report": ["T", *FAST],
    "findings": ["D", *FAST],
    "laws": ["chinchilla", "--at", "N=1e9,D=2e10"],
    "design": ["S", "--speed", "1e12"],
    "study": ["S", "--dry-run", "--speed", "1e12"],
    "status": ["D"],
    "points": ["D"],
    "verify": ["D"],
    "launch": ["D"],
    "train": ["D", "R"],
}
SLOW = {"compare", "report", "audit", "arms", "conventions", "findings"}  # tried a third as often
OF_TABLES = [name for name, words in SOUND.items() if "T" in words]
JSON = ["fit", "predict", "plan", "compare", "audit", "frontier", "import", "laws", "design", "status"]


@dataclass
class Line:
    """A command line, with the files that it names: name -> content."""

    words: list[str]
    files: dict[str, bytes] = field(default_factory=dict)

    def told(self) -> str:
        """Give enough to try it again."""
        sound = (TABLES["sound"], STUDIES["sound"])
        files = "".join(f"; {name}: {text[:200]!r}" for name, text in self.files.items() if text not in sound)
        return f"scalinglaws {' '.join(word if len(word) < 60 else word[:60] + '..' for word in self.words)!r}{files}"


def measure(seed: int, size: int) -> Counts:
    """Try `size` lines, the same for the same seed."""
    draw, counts = random.Random(seed), Counts(tries=size)
    _warm()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        store = made_store(root / "made")
        for number in range(size):
            line = a_line(draw)
            what = tried(line, root / str(number), store)
            if what is not None:
                kind, said = what
                setattr(counts, kind, getattr(counts, kind) + 1)
                counts.found.append(f"{number}: {kind}: {line.told()}: {said}")
    return counts


def _warm():
    """Load every module once, so that no fork has to."""
    for module in pkgutil.walk_packages(scalinglaws.__path__, "scalinglaws."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in ("scipy.optimize", "scipy.stats", "scipy.linalg", "matplotlib.figure", "polars", "typer.rich_utils"):
        importlib.import_module(name)


def a_line(draw: random.Random) -> Line:
    """Make one line: a sound one with something hostile in its options, its table or its other files."""
    verb = draw.choice([name for name in SOUND for _ in range(1 if name in SLOW else 3)])
    line = Line([verb, *SOUND[verb]], {"t.csv": TABLES["sound"], "s.toml": STUDIES["sound"]})
    kind = draw.random()
    if kind < 0.25 and verb in OF_TABLES:
        _hostile_table(draw, line)
    elif kind < 0.35 and verb in OF_TABLES:
        _hostile_law_or_mapping(draw, verb, line)
    elif kind < 0.6 and verb in ("design", "study"):
        line.files["s.toml"] = draw.choice(list(STUDIES.values())) if draw.random() < 0.4 else _spoilt_study(draw)
    elif kind < 0.7 and "D" in SOUND[verb] and verb not in ("launch", "train"):
        line.files[
            f"d/{draw.choice(['store.json', 'sweep.json', 'study.json', 'RUN/run.json', 'RUN/progress.json'])}"
        ] = draw.choice(FILES)
    else:
        _hostile_options(draw, verb, line)
    if verb in JSON and draw.random() < 0.4:
        line.words.append("--json")
    names = {"T": "t.csv", "S": "s.toml", "D": "d", "R": "no-such-run"}
    line.words = [names.get(word, word) for word in line.words]
    return line


def _hostile_table(draw: random.Random, line: Line):
    name = draw.choice(list(TABLES))
    ending = name.rpartition(".")[2] if "." in name else "csv"
    line.files[f"t.{ending}"] = TABLES[name]
    line.words = [f"t.{ending}" if word == "T" else word for word in line.words]


def _hostile_law_or_mapping(draw: random.Random, verb: str, line: Line):
    if verb == "import":
        line.files["m.json"] = draw.choice(MAPPINGS)
        line.words += ["--mapping", "m.json"]
        return
    line.files["mine.py"] = draw.choice(LAWS)
    line.words = ["mine.py" if word == "chinchilla" else word for word in line.words]
    if "mine.py" not in line.words and "--law-file" in _options(verb):
        line.words += ["--law-file", "mine.py"]


def _spoilt_study(draw: random.Random) -> bytes:
    """A study with one key set to what it should not be."""
    key = draw.choice([one.name for one in fields(Study)] + ["families", "nosuch"])
    kept = [row for row in STUDIES["sound"].decode().splitlines() if not row.startswith(f"{key} ")]
    return "\n".join([*kept, f"{key} = {draw.choice(VALUES['toml'])}\n"]).encode("utf-8", "surrogatepass")


def _hostile_options(draw: random.Random, verb: str, line: Line):
    """Add up to three options with hostile values, or spoil a word."""
    options = _options(verb)
    for _ in range(draw.choice([1, 1, 2, 3])):
        name = draw.choice(list(options))
        takes = options[name]
        if name in ("--help", "-h", "--json", "--install-completion", "--show-completion"):
            continue
        line.words.append(name)
        if takes is not None:
            line.words.append(named_value(draw) if "=" in takes else draw.choice(VALUES["option"]))
    if draw.random() < 0.15 and verb not in ("launch", "train", "verify"):
        line.words[draw.randrange(1, len(line.words))] = draw.choice(VALUES["option"])
    if verb in ("design", "study") and "--speed" not in line.words:
        line.words += ["--speed", "1e12"]
    if verb == "study" and not {"--dry-run", "-n"} & set(line.words):
        line.words.append("--dry-run")


@cache
def _options(verb: str) -> dict[str, str | None]:
    """Options of a command: name -> what it takes, None for a switch."""
    [command] = [c for c in typer.main.get_command(house.app).commands.values() if c.name == verb]
    return {
        name: None if param.is_flag else (param.metavar or "")
        for param in command.params
        for name in param.opts
        if name.startswith("--")
    }


def tried(line: Line, folder: Path, store: Path) -> tuple[str, str] | None:
    """Run one line in a fork; None where it held, else the count it belongs to and what was seen."""
    folder.mkdir()
    if "d" in line.words or any(name.startswith("d/") for name in line.files):
        shutil.copytree(store, folder / "d")
    for name, content in line.files.items():
        place = folder / name
        if "RUN" in name:
            run = sorted((folder / "d" / "runs").iterdir())[0]
            place = run / Path(name).name
        place.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that other threads are not there in a fork: they only wait
        pid = os.fork()
    if pid == 0:
        _child(line, folder)
    code = _waited(pid)
    try:
        return _judged(line, code, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _child(line: Line, folder: Path):
    """Be the command: its own folder, streams and limits; never returns."""
    os.setsid()
    os.chdir(folder)
    warnings.resetwarnings()  # as in a process of its own
    for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", category)
    for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        path = folder.with_name(f"{folder.name}.{name}")
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 2))
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.argv = ["scalinglaws", *line.words]
    code = 99
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _waited(pid: int) -> int | None:
    """Wait for a child; its exit code, minus its signal, or None where it had to be ended."""
    deadline, pause = time.monotonic() + WALL_SECONDS, 0.002
    while time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(pause)
        pause = min(0.05, pause * 1.5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _judged(line: Line, code: int | None, folder: Path) -> tuple[str, str] | None:
    out, err = (folder.with_name(f"{folder.name}.{name}") for name in ("stdout", "stderr"))
    said, printed = err.read_text(errors="replace"), out.read_text(errors="replace")
    for name in ("stdin", "stdout", "stderr"):
        folder.with_name(f"{folder.name}.{name}").unlink()
    if code is None or code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "hangs", f"ended by {code}: {said[-200:]!r}"
    if code not in (0, 1, 2) or "Traceback" in said or "Warning: " in said:
        where = [path.read_text()[-700:] for path in folder.glob("scalinglaws-error-*.txt")]
        return "tracebacks", f"exit {code}: {said[-300:]!r} {where}"
    if code == 0 and "--json" in line.words:
        try:
            json.loads(printed, parse_constant=_refused)
        except ValueError as failure:
            return "differing", f"no JSON: {failure}: {printed[:80]!r}"
    return None


def _refused(name: str):
    """Refuse what JSON has not."""
    raise ValueError(f"{name} is no JSON")


def made_store(path: Path) -> Path:
    """A finished study's folder without training: losses of a known law, kept as runs."""
    study = Study(
        "made", ((1, 8), (1, 16), (2, 16), (2, 32)), (2e4, 4e4), seeds=1, hold_out=1, n_ctx=32, warmup_share=0.1
    )
    sweep = design(study, 256, "0" * 16, None)
    store = open_store(path, create=True)
    for name, record in (("study.json", study), ("sweep.json", sweep)):
        write_json(store.path / name, to_plain(record))
    for spec in sweep.runs:
        loss = 1.7 + 9.0 / spec.shape.params() ** 0.3 + 40.0 / spec.tokens**0.4
        steps = (spec.steps // 2, spec.steps)
        curve = tuple(
            Evaluation(s, s * spec.batch_tokens, spec.lr, loss * (1 + 0.1 * (i == 0))) for i, s in enumerate(steps)
        )
        store.ask(spec)
        store.keep(Run(spec, "finished", "trained to its horizon", curve, 1.0, 10**6))
    return path
