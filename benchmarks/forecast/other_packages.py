"""Other packages that fit scaling laws, installed into an environment of their own and asked for the same origins.

    python benchmarks/forecast/other_packages.py FOLDER [--python python3.12] [--from vpnls=SOURCE]

makes the environment: simple-scaling-laws and chinchilla from the package index, vpnls from its repository (or from a
copy of it, with --from), because it is not on the index. What cannot be installed is named and left out. `run.py
--rivals FOLDER` then asks those that are there.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scores import Scored

from scalinglaws.predicting.origins import Origin, PastStudy, origins

HERE = Path(__file__).resolve().parent
LOOK = "import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is None)"


@dataclass(frozen=True)
class Rival:
    """A package, how it is installed, and its name in `rival_fits.py`."""

    name: str
    module: str
    source: str

    def there(self, folder: Path) -> bool:
        """Whether the environment has it."""
        python = python_of(folder)
        return python.exists() and subprocess.run([python, "-c", LOOK, self.module], check=False).returncode == 0

    def run(self, folder: Path, known: Sequence[PastStudy]) -> list[Scored]:
        """Ask it for every origin; where it fails it is given the loss of the largest run, and that is counted."""
        asked = [(one, origin) for one in known for origin in origins(one)]
        answers = self._answers(folder, [origin for _, origin in asked])
        failed = [one["failure"] for one in answers if "failure" in one]
        if failed:
            print(f"{self.name}: failed on {len(failed)} of {len(answers)}, first {failed[0]}", file=sys.stderr)
        return [_scored(one, origin, said) for (one, origin), said in zip(asked, answers, strict=True)]

    def _answers(self, folder: Path, asked: Sequence[Origin]) -> list[dict]:
        sent = json.dumps([_sent(one) for one in asked])
        call = [python_of(folder), HERE / "rival_fits.py", self.name]
        said = subprocess.run(call, input=sent, text=True, stdout=subprocess.PIPE, check=True).stdout
        return json.loads(said.rsplit("answers:", 1)[1])


RIVALS = (
    Rival("simple-scaling-laws", "simple_scaling_laws", "simple-scaling-laws"),
    Rival("vpnls", "vpnls", "git+https://github.com/Open-Athena/vpnls"),
    Rival("vpnls, Huber", "vpnls", ""),
    Rival("chinchilla", "chinchilla", "chinchilla"),
)


def python_of(folder: Path) -> Path:
    """Give the Python of an environment."""
    return folder / "bin" / "python"


def _sent(origin: Origin) -> dict[str, list[float]]:
    fitted, asked = origin.fitted, origin.asked
    columns = {"N": fitted.N, "D": fitted.D, "loss": fitted.loss, "at_N": asked.N, "at_D": asked.D}
    return {name: [float(one) for one in column] for name, column in columns.items()}


def _scored(study: PastStudy, origin: Origin, said: dict) -> Scored:
    measured = np.log(origin.asked.loss)
    if "failure" in said:
        fitted = origin.fitted
        value = np.full(len(measured), np.log(fitted.loss[np.argmax(fitted.N * fitted.D)]))
        return Scored(study.name, study.family, measured - value, value * 0, value * 0, origin.reach, 0.0)
    value = np.array(said["value"])
    ends = (np.array(said[end]) - value if said[end] else np.full_like(value, np.nan) for end in ("low", "high"))
    return Scored(study.name, study.family, measured - value, *ends, origin.reach, said["seconds"])


def install(folder: Path, python: str, sources: dict[str, str]) -> None:
    """Make the environment, and install what can be installed."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    for one in RIVALS:
        source = sources.get(one.name, one.source)
        if source and subprocess.run([python_of(folder), "-m", "pip", "install", "-q", source], check=False).returncode:
            print(f"{one.name} could not be installed: left out", file=sys.stderr)


def main() -> None:
    """Make the environment of the rivals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default="python3.12", help="simple-scaling-laws needs 3.12 or later")
    parser.add_argument("--from", dest="sources", action="append", default=[], metavar="NAME=SOURCE")
    asked = parser.parse_args()
    install(asked.folder, asked.python, dict(one.split("=", 1) for one in asked.sources))


if __name__ == "__main__":
    main()
