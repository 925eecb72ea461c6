"""What a GPU gives: the CPU's losses, speed beside a plain training loop, and kaplan-gpu's cost and smallest runs.

    python benchmarks/gpu/run.py [--to FOLDER] [--parts losses,speed,study] [--tokens 2e6]
    python benchmarks/gpu/run.py --device cpu --small          # the same at sizes for a few minutes of a CPU

losses  trains each family in float32 on the CPU and on the GPU: the same weights, the same data. They part by rounding,
        which training amplifies: the first evaluations are held to a tolerance and the last is shown.
speed   tokens a second and utilisation of train() against a loop after nanoGPT's (plain.py: same shape, batch, data,
        precision), and of its pieces: with noise scale, and in processes side by side.
study   the dry run of kaplan-gpu's core families on this device, and its two smallest sizes trained for real, beside
        what the dry run said of them.

Needs no network; text is the interpreter's library, or arxiv-cs where SCALINGLAWS_DATA names the data folder. Prints
a table for each part, and one JSON document at the end; --to keeps it as gpu.json. Exits with 1 when losses disagree.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from plain import plain_speed

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.read_study import read_study
from scalinglaws.instruments.throughput import matmul_ceiling, utilisation
from scalinglaws.models.precision import DTYPES
from scalinglaws.records.text_blocks import as_text
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.studying.estimate import estimate
from scalinglaws.studying.families import measure
from scalinglaws.training.train import train

CORE = ("F-N", "F-SEED", "F-B", "F-ND")
FAMILIES = {
    "transformer": {},
    "later practice": {
        "norm": "rmsnorm",
        "positions": "rotary",
        "activation": "swiglu",
        "qk_norm": True,
        "biases": False,
        "tied": False,
    },
    "universal": {"family": "universal", "reuse": 2},
    "lstm": {"family": "lstm", "n_heads": 1},
}
FIRST_STEPS, TOLERANCE = 8, 2e-3  # nats: float32 on two devices differs by rounding alone, far below this
SIZES = {False: ((2, 64), (2, 128), (4, 256), (8, 512)), True: ((1, 16), (2, 32))}


def losses(data, device: str, folder: Path) -> list[dict]:
    """Train each family on the CPU and on the device, in float32 and bfloat16."""
    rows = []
    for name, parts in FAMILIES.items():
        shape = replace(Shape(2, 32, 2, 64, data.vocabulary), **parts)
        spec = RunSpec(shape, "text", "bpe", data.data_id, 64 * 8 * 100, 8, 3e-3, 20, evaluations=6, eval_tokens=16384)
        runs = {
            where: train(replace(spec, precision=precision), data, folder / f"{name} {where}", device=on)
            for where, on, precision in (
                ("cpu", "cpu", "float32"),
                ("device", device, "float32"),
                ("tf32", device, "tf32"),
                ("bfloat16", device, "bfloat16"),
            )
        }
        curves = {where: [(e.step, e.loss_nats) for e in run.curve] for where, run in runs.items()}
        early = [i for i, (step, _) in enumerate(curves["cpu"]) if step <= FIRST_STEPS]
        rows.append(
            {
                "family": name,
                "early": max(abs(curves["device"][i][1] - curves["cpu"][i][1]) for i in early),
                "cpu": curves["cpu"][-1][1],
                **{where: curves[where][-1][1] for where in ("device", "tf32", "bfloat16")},
            }
        )
        rows[-1]["agrees"] = rows[-1]["early"] < TOLERANCE
    return rows


def speed(data, device: str, sizes, tokens: float, folder: Path) -> list[dict]:
    """Measure train() against the plain loop at each size, in float32 and, on a GPU, bfloat16."""
    rows = []
    for precision in ("float32", "bfloat16") if device != "cpu" else ("float32",):
        ceiling = matmul_ceiling(device, DTYPES[precision])
        for n_layer, d_model in sizes:
            shape = Shape(n_layer, d_model, max(1, d_model // 32), 512 if device != "cpu" else 64, data.vocabulary)
            batch = 64 if device != "cpu" else 8
            spec = RunSpec(shape, "text", "bpe", data.data_id, int(tokens), batch, 1e-3, 10)
            spec = replace(spec, evaluations=2, eval_tokens=4096, precision=precision, noise_every=0)
            place = folder / f"{precision} {n_layer} {d_model}"
            measuring = train(replace(spec, noise_every=32), data, place / "noise", device=device).readings
            ours = train(spec, data, place / "bare", device=device).readings["tokens_per_second"]
            theirs = plain_speed(spec, data.split("train"), device)
            rows.append(
                {
                    "precision": precision,
                    "size": f"({n_layer}, {d_model})",
                    "params": shape.params(),
                    "ours": ours,
                    "with_noise_scale": measuring["tokens_per_second"],
                    "plain": theirs,
                    "ratio": ours / theirs,
                    "mfu": utilisation(ours, shape.flops_per_token("exact"), ceiling),
                    "peak_memory_bytes": measuring["peak_memory_bytes"],
                    "matmul_flops_per_second": ceiling,
                }
            )
    return rows


def study(device: str, small: bool, folder: Path, say) -> dict:
    """Cost the core families on the device, then train the two smallest sizes of F-N and compare."""
    name = "smoke" if small else "kaplan-gpu"
    place = os.environ.get("SCALINGLAWS_DATA")
    data_dir = Path(place) if place else None
    changes = {} if place or small else {"corpus": "stdlib", "evaluate_on": [], "max_epochs": 1e4}
    dry = estimate(read_study(name, changes).only(CORE), device=device, data_dir=data_dir, say=say)
    print(as_text(dry.blocks()[-len(dry.families) :]))
    asked = read_study(name, changes).only(["F-N"])
    [ladder] = asked.studies
    horizons = tuple(sorted(ladder.tokens)[:2])
    asked = replace(asked, studies=(replace(ladder, shapes=ladder.shapes[:2], tokens=horizons),))
    foretold = estimate(asked, device=device, data_dir=data_dir, say=say).total()["seconds"]
    began = time.perf_counter()
    done = measure(asked, folder, data_dir=data_dir, device=device, say=say)
    return {
        "core": dry.total(),
        "families": [one.plain() | {"runs": len(one.own)} for one in dry.families],
        "smallest": {
            "runs": len(done.points),
            "losses": [float(loss) for loss in done.points["loss_nats"]],
            "foretold_seconds": foretold,
            "seconds": time.perf_counter() - began,
        },
    }


def tell(text: str):
    """Say how far it has come."""
    print(text, file=sys.stderr, flush=True)


def table(rows: list[dict]) -> str:
    """Write rows as a Markdown table."""

    def cell(value) -> str:
        return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)

    head = list(rows[0])
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(cell(row[name]) for name in head) + " |" for row in rows)])


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--device", default="cuda")
    asked.add_argument("--small", action="store_true")
    asked.add_argument("--parts", default="losses,speed,study")
    asked.add_argument("--tokens", type=float, default=0.0, help="of each timed run")
    asked.add_argument("--to", type=Path)
    words = asked.parse_args()
    if words.device != "cpu" and not torch.cuda.is_available():
        sys.exit("no GPU is visible; try --device cpu --small")
    parts, found = words.parts.split(","), {"torch": torch.__version__, "device": words.device}
    if words.device != "cpu":
        found["gpu"] = torch.cuda.get_device_name()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        data = tokenise("stdlib", "bpe:1024", folder / "data", limit_bytes=8_000_000)
        if "losses" in parts:
            found["losses"] = losses(data, words.device, folder / "losses")
            print(table(found["losses"]), end="\n\n", flush=True)
        if "speed" in parts:
            tokens = words.tokens or (2e5 if words.small else 2e7)
            found["speed"] = speed(data, words.device, SIZES[words.small], tokens, folder / "speed")
            print(table(found["speed"]), end="\n\n", flush=True)
        if "study" in parts:
            found["study"] = study(words.device, words.small, folder / "study", tell)
            print(table([found["study"]["smallest"]]), end="\n\n", flush=True)
    print(json.dumps(found, indent=1))
    if words.to:
        words.to.mkdir(parents=True, exist_ok=True)
        (words.to / "gpu.json").write_text(json.dumps(found, indent=1))
    if not all(row["agrees"] for row in found.get("losses", ())):
        sys.exit("losses on the two devices disagree")


if __name__ == "__main__":
    main()
