"""One trunk, many horizons: do its branches lose what runs of their own do, and what compute does a grid save?

    python benchmarks/trunk.py [--seeds 5] [--corpus data:arxiv-cs] [--to FOLDER]

Trains one size at three horizons of real text: as branches of one constant-rate trunk, as runs of their own with the
same seed, and as runs of their own with other seeds; then counts the FLOPs of the F-N grids of the presets, exactly.
Prints two tables; --to also keeps them as trunk.json. Four minutes of one core. SCALINGLAWS_DATA names the data folder;
without it the text is the interpreter's own library.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.costs import costs
from scalinglaws.designing.design import design, lay_out
from scalinglaws.designing.read_study import read_study
from scalinglaws.designing.study_file import Families, Study
from scalinglaws.tokenizers import named_vocabulary
from scalinglaws.training.train import train

STUDY = Study(
    "trunk",
    ((2, 32),),
    (2.5e5, 5e5, 1e6),
    tokenizer="bpe:512",
    n_ctx=64,
    batch=8,
    lr_scale=0.256,
    lr_max=0.008,
    warmup_steps=50,
    cooldown="1-sqrt",
    noise_every=0,
    eval_tokens=131072,
)
LIMIT_BYTES = 12_000_000  # of the text
GRIDS = ("kaplan-cpu", "kaplan-gpu")


@dataclass(frozen=True)
class Horizon:
    """The test loss of one horizon three ways, nats a token."""

    tokens: int
    branch: float
    own: float
    others: tuple[float, ...]

    @property
    def z(self) -> float:
        """How far the branch lies from the other seeds' runs, in standard deviations of one run from their mean."""
        sd = statistics.stdev(self.others) * (1 + 1 / len(self.others)) ** 0.5
        return (self.branch - statistics.mean(self.others)) / sd


@dataclass(frozen=True)
class Saving:
    """The exact FLOPs of a grid of sizes and horizons: with trunks, and with every run on its own."""

    grid: str
    sizes: int
    horizons: int
    paid: float
    separate: float


def measure(corpus: str, seeds: int, folder: Path) -> list[Horizon]:
    """Train the study's size in all three ways."""
    place = os.environ.get("SCALINGLAWS_DATA")
    study = replace(STUDY, corpus=corpus)
    data = tokenise(corpus, study.tokenizer, folder, limit_bytes=LIMIT_BYTES, data_dir=Path(place) if place else None)
    trunk, *branches = lay_out(study, data, folder).runs

    def loss(spec, parent=None) -> float:
        found = train(spec, data, folder / spec.id, folder / parent if parent else None)
        print(
            f"{spec.id} seed {spec.seed} at {spec.tokens:,}: {found.final.loss_nats:.4f}", file=sys.stderr, flush=True
        )
        return found.final.loss_nats

    loss(trunk)
    found = []
    for branch in branches:
        alone = [replace(branch, parent="", seed=seed) for seed in range(seeds)]
        own, *others = (loss(spec) for spec in alone)
        found.append(Horizon(branch.tokens, loss(branch, trunk.id), own, tuple(others)))
    return found


def saved(preset: str) -> Saving:
    """Count the FLOPs of a preset's grid of sizes and horizons."""
    asked = read_study(preset)
    study = asked.only(["F-N"]).studies[0] if isinstance(asked, Families) else asked
    table = costs(sweep := design(study, named_vocabulary(study.tokenizer), "uncounted", None))
    trunks = {run.id for run in sweep.runs if run.is_trunk}
    separate = sum(cost.flops_exact for cost in table if cost.run_id not in trunks)
    paid = sum(cost.flops_paid for cost in table)
    return Saving(f"{preset}/F-N", len(study.shapes), len(study.tokens), paid, separate)


def tables(horizons: list[Horizon], savings: list[Saving]) -> str:
    """Write both tables in Markdown."""
    count = len(horizons[0].others)
    lines = [
        f"| tokens | branch | run of its own, same seed | {count} other seeds: mean | sd | branch from them, sd |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {h.tokens:,} | {h.branch!r} | {'equal to the last bit' if h.own == h.branch else repr(h.own)} | "
        f"{statistics.mean(h.others):.4f} | {statistics.stdev(h.others):.4f} | {h.z:+.1f} |"
        for h in horizons
    ]
    lines += ["", "| grid | sizes x horizons | FLOPs paid | each run on its own | saved |", "|---|---|---|---|---|"]
    lines += [
        f"| {s.grid} | {s.sizes} x {s.horizons} | {s.paid:.4g} | {s.separate:.4g} | {1 - s.paid / s.separate:.1%} |"
        for s in savings
    ]
    return "\n".join(lines)


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--seeds", type=int, default=5)
    asked.add_argument("--corpus", default="data:arxiv-cs" if os.environ.get("SCALINGLAWS_DATA") else "stdlib")
    asked.add_argument("--to", type=Path)
    words = asked.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        horizons = measure(words.corpus, words.seeds, Path(folder))
    savings = [saved(preset) for preset in GRIDS]
    print(tables(horizons, savings))
    if words.to:
        words.to.mkdir(parents=True, exist_ok=True)
        record = {"horizons": [asdict(h) for h in horizons], "savings": [asdict(s) for s in savings]}
        (words.to / "trunk.json").write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
