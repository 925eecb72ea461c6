"""Whether runs end where the plain path's do: final losses of ladders of 16 runs by the compiled step and by PyTorch.

    python benchmarks/train/same_losses.py [--ladders 12] [--keep FILE]

A ladder is four sizes, two horizons and two seeds, on bytes of the interpreter's library at the rates of `quickstart`.
Each run is trained by both paths from the same weights on the same windows. Prints mean differences with standard
errors and spreads, beside the spread of seeds; --keep also writes each loss, and a second call goes on from there. 80
CPU seconds a ladder.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import as_launched  # noqa: F401 - starts Python again, before anything is loaded
import numpy as np
import torch

from scalinglaws.corpora.token_files import Tokenised
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.train import train

SIZES, HORIZONS, SEEDS = ((1, 8), (2, 16), (2, 24), (2, 32)), (1 << 18, 1 << 19), 2
WAYS = {"plain": "plain", "compiled": "auto"}  # engines


def specs(text: Tokenised, ladder: int) -> list[RunSpec]:
    """The 16 runs of a ladder; two that differ in the seed alone follow each other."""
    how = {"evaluations": 2, "eval_tokens": 1 << 17, "noise_every": 0}
    return [
        RunSpec(
            Shape(n_layer, d_model, max(1, d_model // 16), 64, 256),
            *("stdlib", "bytes", text.data_id, tokens, 8, 0.008, 100),
            seed=ladder * SEEDS + seed,
            **how,
        )
        for n_layer, d_model in SIZES
        for tokens in HORIZONS
        for seed in range(SEEDS)
    ]


def trained(text: Tokenised, ladder: int) -> dict[str, list[float]]:
    """The final losses of a ladder by each way."""
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    for spec in specs(text, ladder):
        for name, engine in WAYS.items():
            with tempfile.TemporaryDirectory() as folder:
                run = train(spec, text, Path(folder), engine=engine)
            found[name].append(run.final.loss_nats)
    return found


def summary(ladders: list[dict[str, list[float]]]) -> str:
    """Differences between the paths: mean with its standard error and spread, of all, of each ladder and each size."""
    losses = {name: np.array([one[name] for one in ladders]) for name in WAYS}
    seeds = losses["plain"].reshape(len(ladders), -1, SEEDS).var(axis=2, ddof=1).mean(axis=1)
    apart = losses["compiled"] - losses["plain"]
    spreads = apart.std(axis=1, ddof=1)
    within = int((abs(apart.mean(axis=1)) < 2 * spreads / apart.shape[1] ** 0.5).sum())
    lines = [
        f"{len(ladders)} ladders of 16 runs, compiled less plain, nats: mean {of(apart)}, spread "
        f"{apart.std(ddof=1):.5f}; seeds spread by {seeds.mean() ** 0.5:.5f}. {within} ladders have a mean within two "
        f"standard errors of zero, and {int((spreads**2 < seeds).sum())} a spread below their seeds'.",
        "",
        "| layers, width | compiled less plain, nats | spread |",
        "| --- | ---: | ---: |",
    ]
    by_size = apart.reshape(len(ladders), len(SIZES), -1)
    for i, (n_layer, d_model) in enumerate(SIZES):
        lines.append(f"| {n_layer}, {d_model} | {of(by_size[:, i])} | {by_size[:, i].std(ddof=1):.5f} |")
    return "\n".join(lines)


def of(apart: np.ndarray) -> str:
    """Write a mean with its standard error."""
    return f"{apart.mean():+.5f} +- {apart.std(ddof=1) / apart.size**0.5:.5f}"


def main() -> None:
    """Parse, train, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ladders", type=int, default=12)
    parser.add_argument("--keep", type=Path, metavar="FILE", help="JSON file of the losses so far")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    kept = json.loads(asked.keep.read_text()) if asked.keep and asked.keep.exists() else []
    with tempfile.TemporaryDirectory() as folder:
        text = tokenise("stdlib", "bytes", Path(folder), limit_bytes=4_000_000)
        for ladder in range(len(kept), asked.ladders):
            kept.append(trained(text, ladder))
            print(f"ladder {ladder + 1}: {time.process_time():.0f} CPU s so far", file=sys.stderr, flush=True)
            if asked.keep:
                asked.keep.write_text(json.dumps(kept))
    print(summary(kept))


if __name__ == "__main__":
    main()
