"""Made studies with one trap each, and the same without: does `plan` hold the truth, or name the trap?

    python benchmarks/door/traps.py [--seed 0] [--only 3 7]

Each table goes through two commands, `scalinglaws import TABLE --to points.csv` and `scalinglaws plan chinchilla
points.csv --flops 1e21`. A trapped study is right where the 95% interval of the size holds the truth, or what `plan`
prints names the trap; or where `import` ends with a line that names it. In a clean study a note, a failed rule of the
audit, the name of a trap and a refusal are alarms. A 95% interval misses in one study of twenty: where one misses
without its trap too, on the same runs and noise, the last line says so.
"""

import argparse
import contextlib
import csv
import io
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded: matrices here are small

import numpy as np
from made_studies import STUDIES, Study, best_size

FLOPS = 1e21
SIZE = re.compile(r"^\s*params\s+\S+\s+\[(\S+), (\S+)\]", re.MULTILINE)


@dataclass(frozen=True)
class Seen:
    """What came of a study: whether the interval held the truth (None: no plan was made), and what was named."""

    holds: bool | None
    named: tuple[str, ...]
    said: str

    @property
    def alarms(self) -> tuple[str, ...]:
        """List what would alarm the owner of a clean table."""
        lines = [line for line in self.said.splitlines() if line.startswith(("note:", "audit rule", "scalinglaws:"))]
        return (*self.named, *lines)

    @property
    def words(self) -> str:
        """Say whether the interval held the truth."""
        return {None: "no plan", True: "holds", False: "misses"}[self.holds]


def tried(study: Study, trapped: bool, seed: int, folder: Path, *further: str) -> Seen:
    """Make a table, import it and plan by it; `further` words go to `plan`."""
    rows = study.make(np.random.default_rng([seed, STUDIES.index(study)]), trapped)
    table, points = folder / "runs.csv", folder / "points.csv"
    points.unlink(missing_ok=True)
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    code, imported = spoken("import", table, "--to", points)
    if code:
        return Seen(None, _named(imported), imported)
    options = study.options[0 if trapped else 1]
    code, said = spoken("plan", "chinchilla", points, "--flops", FLOPS, *options, *further)
    found = SIZE.search(said)
    holds = bool(float(found[1]) <= best_size(FLOPS) <= float(found[2])) if found else None
    return Seen(holds, _named(said), said)


def _named(said: str) -> tuple[str, ...]:
    """List the traps whose words stand in the warnings of an output: the lines below the table do not count."""
    text = " ".join(
        line for line in said.splitlines() if not re.match(r"\s*(kaplan|porian|step|zhang|deepseek|minicpm)-", line)
    )
    return tuple(study.trap for study in STUDIES if re.search(study.named, text))


def spoken(*words: object) -> tuple[int, str]:
    """Run a command in this process: its exit code, and what it wrote to both streams."""
    from scalinglaws.cli import main

    text, before, code = io.StringIO(), sys.argv, 0
    sys.argv = ["scalinglaws", *map(str, words)]
    try:
        with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
            main()
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = before
    return code, text.getvalue()


def right(study: Study, seen: Seen) -> bool:
    """Say whether the trap did no harm: the interval holds the truth, or the trap is named."""
    return bool(seen.holds) or study.trap in seen.named


def main() -> None:
    """Print a line for each study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, nargs="+", help="numbers of studies, from 1")
    parser.add_argument("--show", action="store_true", help="what was printed, too")
    given = parser.parse_args()
    chosen = [study for i, study in enumerate(STUDIES, 1) if not given.only or i in given.only]
    harmless = alarms = chance = misses = 0
    print(f"| {'trap':40} | with it | named | right | without it | alarm |")
    with tempfile.TemporaryDirectory() as folder:
        for study in chosen:
            with_it, without = (tried(study, trapped, given.seed, Path(folder)) for trapped in (True, False))
            good, alarm = right(study, with_it), without.alarms
            harmless, alarms = harmless + good, alarms + bool(alarm)
            chance, misses = chance + (not good and without.holds is False), misses + (without.holds is False)
            named = "yes" if study.trap in with_it.named else "no"
            print(
                f"| {study.trap:40} | {with_it.words:7} | {named:5} | {'yes' if good else 'NO':5} "
                f"| {without.words:10} | {', '.join(one[:60] for one in alarm) or 'none'} |",
                flush=True,
            )
            if given.show:
                print(with_it.said, "\n--- without it\n", without.said)
    print(f"right: {harmless} of {len(chosen)} with a trap; alarms: {alarms} of {len(chosen)} without one")
    wrong = len(chosen) - harmless
    print(f"without a trap the interval misses in {misses}; of {wrong} not right, {chance} miss without theirs too")


if __name__ == "__main__":
    main()
