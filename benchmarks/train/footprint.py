"""What the compiled step takes besides time: CPU seconds to compile it once, and the memory of a process that trains.

    python benchmarks/train/footprint.py

Compiles it in an empty cache folder, then loads what was kept. Then trains a few steps of several sizes by each path,
each in a process of its own, and prints their peak memory. Goals: at most 15 CPU seconds, and 150 MiB more than the
plain path. A CPU minute.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile

COMPILE = """
import time
began = time.process_time()
import torch
torch_seconds = time.process_time() - began
from scalinglaws.training.compiled.building import native
native()
print(time.process_time() - began - torch_seconds)
"""
TRAIN = """
import resource, sys, tempfile
from pathlib import Path
import torch
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.train import train
torch.set_num_threads(1)
n_layer, d_model, heads, n_ctx, batch, steps = map(int, sys.argv[2:])
with tempfile.TemporaryDirectory() as folder:
    text = tokenise("stdlib", "bytes", Path(folder), limit_bytes=2_000_000)
    shape = Shape(n_layer, d_model, heads, n_ctx, 256)
    spec = RunSpec(shape, "stdlib", "bytes", text.data_id, steps * batch * n_ctx, batch, 1e-3, 1, evaluations=2)
    run = train(spec, text, Path(folder) / "run", engine=sys.argv[1])
print(run.provenance["engine"], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
SIZES = ((2, 16, 1, 64, 8), (3, 96, 6, 64, 8), (4, 128, 8, 128, 32), (6, 256, 8, 128, 32))
STEPS = 4


def told(program: str, *words: object, **variables: str) -> list[str]:
    """Run a program in a process of its own and return the words that it prints last."""
    command = [sys.executable, "-c", program, *map(str, words)]
    made = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | variables)
    return made.stdout.splitlines()[-1].split()


def main() -> None:
    """Compile, train, print."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        first, again = (float(told(COMPILE, XDG_CACHE_HOME=folder)[0]) for _ in range(2))
    print(
        f"compiled in {first:.1f} CPU s (goal: 15), loaded from its file in {again:.1f}, PyTorch's import not counted\n"
    )
    print("| layers, width, context, batch | plain, MiB | compiled, MiB | more (goal: 150) |")
    print("| --- | ---: | ---: | ---: |")
    for n_layer, d_model, heads, n_ctx, batch in SIZES:
        peaks = {}
        for engine in ("plain", "auto"):
            name, peak = told(TRAIN, engine, n_layer, d_model, heads, n_ctx, batch, STEPS)
            peaks[name] = int(peak) / 1024
        plain, fast = peaks["plain"], peaks.get("compiled")
        row = ("", "plain too") if fast is None else (f"{fast:.0f}", f"{fast - plain:+.0f}")
        print(f"| {n_layer}, {d_model}, {n_ctx}, {batch} | {plain:.0f} | {row[0]} | {row[1]} |", flush=True)
    print(f"\nIn {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.0f} CPU s.")


if __name__ == "__main__":
    main()
