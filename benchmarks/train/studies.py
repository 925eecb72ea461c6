"""What whole studies take by the compiled step and by the plain path: extrapolated, and checked on short runs.

    python benchmarks/train/studies.py [quickstart english-cpu kaplan-cpu] [--seconds 20] [--write docs/speed.md]
    python benchmarks/train/studies.py quickstart --whole      # five CPU minutes: the forecast beside the study itself

A study of hours is not run twice to compare two paths. Every kind of step of a study is timed by both in alternating
rounds, in CPU seconds of one thread, and multiplied by the number of steps, evaluations and starts of processes that
its own design lists (`scalinglaws design`); the ratio is the median of the rounds, with their range. The plain path
is that of this release, with its design: what fewer evaluations and starts save besides is not counted. That is checked
on a sample: of each study its smallest, its middle and its largest size are trained for a few CPU seconds, by `train`
itself, with evaluations in the same proportion, and compared with what was forecast of them. With --whole the study is
run, and its CPU seconds are compared with the forecast (goal: within 15%).
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import as_launched  # noqa: F401 - starts Python again, before anything is loaded
from marked_part import give

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.costs import Pace, Step, costs, evaluated_tokens, step_of
from scalinglaws.designing.design import Sweep, design
from scalinglaws.designing.read_study import read_study
from scalinglaws.designing.spending import spending
from scalinglaws.designing.study_file import Families
from scalinglaws.run.run import RunSpec, together
from scalinglaws.tokenizers import named_vocabulary
from scalinglaws.training.step_times import calibrate
from scalinglaws.training.train import train

BEGIN, END = "<!-- written by benchmarks/train/studies.py -->", "<!-- end of what benchmarks/train/studies.py wrote -->"
ENGINES = ("plain", "auto")
PRESETS = ("quickstart", "english-cpu", "kaplan-cpu")
SAMPLE_SECONDS = 3.0  # CPU seconds of a sampled run on the compiled step
ROUNDS = 3
GOALS = {"english-cpu": 0.72, "kaplan-cpu": 0.65}  # highest ratios


def sweep_of(name: str) -> Sweep:
    """Every run of a preset once; its text is not needed."""
    asked = read_study(name)
    studies = asked.studies if isinstance(asked, Families) else (asked,)
    sweeps = [
        design(one, named_vocabulary(one.tokenizer), "", None, tuple((other, "") for other in one.evaluate_on))
        for one in studies
    ]
    return Sweep(name, together(run for sweep in sweeps for run in sweep.runs), sweeps[0].held_out)


def sample(sweep: Sweep, paces: dict[Step, Pace]) -> list[RunSpec]:
    """The smallest, the middle and the largest size, each cut to a few seconds with its evaluations in proportion."""
    longest = {run.shape: run for run in sorted(sweep.runs, key=lambda run: run.steps) if run.shape.family != "lstm"}
    sizes = sorted(longest.values(), key=lambda run: run.shape.params())
    found = []
    for run in (sizes[0], sizes[len(sizes) // 2], sizes[-1]):
        steps = max(4, int(SAMPLE_SECONDS / paces[step_of(run)].step_seconds))
        share = steps / run.steps
        scored = max(8192, int(share * evaluated_tokens(run)))
        cut = {"tokens": steps * run.batch_tokens, "warmup": 2, "evaluations": 2, "eval_tokens": scored, "foreign": ()}
        found.append(
            replace(run, **cut, schedule="constant", parent="", branch_at=(), corpus="stdlib", tokenizer="bytes")
        )
    return found


def checked(specs: list[RunSpec], paces: dict[str, dict[Step, Pace]], folder: Path) -> dict[str, list[float]]:
    """Train the sample by each path; measured over forecast CPU seconds of each run."""
    text = tokenise("stdlib", "bytes", folder, limit_bytes=8_000_000)
    ratios: dict[str, list[float]] = {engine: [] for engine in ENGINES}
    for i, spec in enumerate(specs):
        for engine in ENGINES:
            one = replace(spec, data=text.data_id)
            [cost] = costs(Sweep("", (one,)), paces[engine])
            began = time.process_time()
            train(one, text, folder / f"{i}-{engine}", engine=engine)
            ratios[engine].append((time.process_time() - began) / cost.seconds)
    return ratios


def timed(sweep: Sweep, seconds: float) -> tuple[dict[str, dict[Step, Pace]], dict[str, dict[str, float]]]:
    """The paces of a sweep's kinds of step by each path, and the CPU seconds of its parts.

    Raises:
        SystemExit: the seconds did not suffice to time them all, as on a machine that does much else.
    """
    kinds = list(dict.fromkeys(map(step_of, sweep.runs)))
    paces = {engine: calibrate(kinds, seconds=seconds, engine=engine) for engine in ENGINES}
    if untimed := sum(not pace.measured for of_engine in paces.values() for pace in of_engine.values()):
        sys.exit(f"{untimed} kinds of step of {sweep.name} were not timed in {seconds:g} s: give more --seconds.")
    return paces, {engine: spending(costs(sweep, paces[engine]), sweep.held_out, 4).seconds for engine in ENGINES}


def whole_study(name: str, seconds: float) -> str:
    """Run a study as its command does, and compare its CPU seconds with the forecast.

    A second study on the finished folder trains nothing: what it takes is no part of the forecast.
    """
    sweep = sweep_of(name)
    forecast = sum(timed(sweep, seconds)[1]["auto"].values())
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "scalinglaws", "study", name, "--to", str(Path(folder) / name)]
        first, again = (spent_by(command) for _ in range(2))
    return (
        f"{name}: forecast {forecast:.0f} CPU s, took {first - again:.0f} and {again:.0f} for fits and page: "
        f"{(first - again) / forecast - 1:+.0%} of the forecast (goal: 15%)"
    )


def spent_by(command: list[str]) -> float:
    """CPU seconds of a command and all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def row(name: str, seconds: float) -> str:
    """One line of the table: CPU seconds of a study by both paths, their ratio, and how the sample came out."""
    sweep = sweep_of(name)
    rounds = [timed(sweep, seconds) for _ in range(ROUNDS)]
    found = sorted(sum(parts["auto"].values()) / sum(parts["plain"].values()) for _, parts in rounds)
    paces, parts = rounds[-1]
    whole = {engine: sum(parts[engine].values()) for engine in ENGINES}
    with tempfile.TemporaryDirectory() as folder:
        ratios = checked(sample(sweep, paces["auto"]), paces, Path(folder))
    print(
        name, {engine: {k: round(v) for k, v in parts[engine].items()} for engine in ENGINES}, ratios, file=sys.stderr
    )
    scored = parts["auto"]["evaluations"] / (whole["auto"] - parts["auto"]["held-out runs"])
    return (
        f"| {name} | {len(sweep.runs)} | {whole['plain']:,.0f} | {whole['auto']:,.0f} | "
        f"{statistics.median(found):.2f} [{found[0]:.2f}, {found[-1]:.2f}] | {GOALS.get(name, '')} | {scored:.0%} | "
        + " | ".join(" ".join(f"{ratio:.2f}" for ratio in ratios[engine]) for engine in ENGINES)
        + f" | {statistics.geometric_mean(a / p for a, p in zip(ratios['auto'], ratios['plain'], strict=True)):.2f} |"
    )


def main() -> None:
    """Parse, time, print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("presets", nargs="*", default=PRESETS)
    parser.add_argument("--seconds", type=float, default=20.0, help="for all kinds of step of a study, by one path")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into the page instead")
    parser.add_argument("--whole", action="store_true", help="run the studies, and compare with the forecast")
    asked = parser.parse_args()
    if asked.whole:
        print("\n".join(whole_study(name, asked.seconds) for name in asked.presets))
        return
    lines = [
        "| study | runs | plain, CPU s | compiled | ratio | goal | evaluations | checks, plain | compiled | both |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- | ---: |",
        *(row(name, asked.seconds) for name in asked.presets),
    ]
    text = "\n".join(lines)
    give(asked.write, BEGIN, END, text)


if __name__ == "__main__":
    main()
