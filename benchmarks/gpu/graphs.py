"""What a recorded step, several of them at once and a compiled one gain on a GPU, beside the goals set for them.

    python benchmarks/gpu/graphs.py [--rival PATH] [--runs 16] [--to FOLDER]
    python benchmarks/gpu/graphs.py --device cpu --small     # whether it runs: a CPU records nothing

Tokens per second summed over runs of one shape, in bfloat16, against nanoGPT's model compiled by PyTorch and trained
one run at a time; PATH is a checkout of github.com/karpathy/nanoGPT, and without it the loop of plain.py is compiled.
plain      this package's plain path, one run at a time
graphed    `--engine graphed`, one run at a time
streams    as many graphed runs in one process, each on a stream of its own
compiled   graphed, with the model compiled by PyTorch; its cache is kept in this user's cache folder
Each way takes the same steps first, whose losses are shown: they part by rounding. The last table is one large run, as
a fraction of the measured rate of bfloat16 products. Prints tables and one JSON document. It was run on a CPU only; a
way becomes the default only where a table of this script shows that it gains.
"""

import argparse
import contextlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from scalinglaws.records.cache_folder import cache_folder

os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(cache_folder() / "inductor"))

import torch
from plain import Plain as SmallLoop

from scalinglaws.instruments.throughput import matmul_ceiling, utilisation
from scalinglaws.models import FAMILIES
from scalinglaws.models.precision import in_precision
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.graphed import Graphed, as_cuda_graph
from scalinglaws.training.optimizer import make_optimizer
from scalinglaws.training.plain import Plain

Steps = Callable[[int, int], list[torch.Tensor]]

SIZES = ((2, 64, 2), (4, 144, 4), (8, 320, 8))  # N = 1e5, 1e6, 1e7
GOALS = {(4096, 0): 8.0, (4096, 1): 5.0, (4096, 2): 1.5, (32768, 0): 1.5, (32768, 1): 1.5}  # tokens a step, size
LARGE, LARGE_GOAL = (12, 1024, 16), 0.40  # N = 1.5e8, of the measured rate of products
CONTEXT, VOCABULARY = 256, 1024
COMPILED_FROM = 1e6  # parameters from which compiling is tried
FIRST_STEPS = 20  # after which the losses are shown and the clock starts
ROUNDS = 3


def spec_of(size: tuple[int, int, int], tokens: int, small: bool) -> RunSpec:
    """A run of one size at so many tokens per step."""
    n_layer, d_model, n_heads = size
    n_ctx, n_vocab = (32, 256) if small else (CONTEXT, VOCABULARY)
    shape = Shape(n_layer, d_model, n_heads, n_ctx, n_vocab)
    precision = "float32" if small else "bfloat16"
    how = {"noise_every": 0, "schedule": "constant", "precision": precision}
    return RunSpec(shape, "", "", "", 10**12, tokens // n_ctx, 3e-4, 20, **how)


def batches(spec: RunSpec, device: str, seed: int) -> Callable[[int], tuple[torch.Tensor, torch.Tensor]]:
    """Windows of made-up text on the device: some hundreds of steps, and over again."""
    shape, generator = spec.shape, torch.Generator().manual_seed(seed)
    size = (64 * spec.batch, shape.n_ctx + 1)
    tokens = (torch.rand(size, generator=generator) ** 3 * shape.n_vocab).long().to(device)

    def batch(step: int):
        rows = tokens[step % 64 * spec.batch :][: spec.batch]
        return rows[:, :-1], rows[:, 1:]

    return batch


def ours(spec: RunSpec, device: str, way: str, seed: int = 0) -> Steps:
    """This package's step, one run."""
    model = FAMILIES[spec.shape.family](spec.shape, seed).to(device)
    optimizer = make_optimizer(spec, model)
    batch = batches(spec, device, seed)
    if way == "plain":
        one = Plain(spec, model, optimizer, batch, device)
    else:
        scored = torch.compile(model, mode="max-autotune-no-cudagraphs") if way == "compiled" else model
        record = as_cuda_graph if device != "cpu" else lambda act: act
        one = Graphed(spec, scored, optimizer, batch, device, record)
    return lambda first, end: [loss for step in range(first, end) for loss in one.advance(step, end).losses]


def side_by_side(spec: RunSpec, device: str, many: int) -> Steps:
    """Several graphed runs in one process: a step of each in turn, each on its own stream."""
    runs = [ours(spec, device, "graphed", seed) for seed in range(many)]

    def steps(first: int, end: int) -> list[torch.Tensor]:
        rounds = [[run(step, step + 1)[0] for run in runs] for step in range(first, end)]
        return [losses[0] for losses in rounds]

    return steps


def rival(spec: RunSpec, device: str, nano) -> Steps:
    """nanoGPT's model (or that of plain.py), compiled, with fused AdamW and its loop."""
    shape, batch = spec.shape, batches(spec, device, 0)
    torch.manual_seed(0)
    if nano is None:
        model = SmallLoop(shape.n_layer, shape.d_model, shape.n_heads, shape.n_ctx, shape.n_vocab).to(device)
    else:
        sizes = {"n_layer": shape.n_layer, "n_head": shape.n_heads, "n_embd": shape.d_model}
        config = nano.GPTConfig(block_size=shape.n_ctx, vocab_size=shape.n_vocab, dropout=0.0, bias=True, **sizes)
        with contextlib.redirect_stdout(sys.stderr):
            model = nano.GPT(config).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=spec.lr, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    compiled = torch.compile(model) if device != "cpu" else model

    def steps(first: int, end: int) -> list[torch.Tensor]:
        losses = []
        for step in range(first, end):
            inputs, targets = (tokens.contiguous() for tokens in batch(step))
            with in_precision(spec.precision, device):
                found = compiled(inputs, targets)
            loss = found[1] if isinstance(found, tuple) else found
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), spec.clip)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(loss.detach())
        return losses

    return steps


def rate(steps: Steps, spec: RunSpec, device: str, seconds: float, many: int) -> tuple[float, float]:
    """Tokens per second of all runs together (median of rounds), and the loss after the first steps."""
    losses = steps(0, FIRST_STEPS)
    loss, done, rates, block = float(losses[-1]), FIRST_STEPS, [], 4
    for _ in range(ROUNDS):
        _wait(device)
        first, began = done, time.perf_counter()
        while time.perf_counter() - began < seconds:
            steps(done, done + block)
            done += block
            _wait(device)
            block = min(256, 2 * block)
        rates.append((done - first) * many * spec.batch_tokens / (time.perf_counter() - began))
    return statistics.median(rates), loss


def _wait(device: str):
    if device != "cpu":
        torch.cuda.synchronize()


def contest(size: int, tokens: int, asked, nano) -> dict:
    """One row: every way at one size and batch."""
    spec = spec_of(SIZES[0] if asked.small else SIZES[size], tokens, asked.small)
    ways: dict[str, tuple[Callable[[], Steps], int]] = {
        "nanoGPT": (lambda: rival(spec, asked.device, nano), 1),
        "plain": (lambda: ours(spec, asked.device, "plain"), 1),
        "graphed": (lambda: ours(spec, asked.device, "graphed"), 1),
        "streams": (lambda: side_by_side(spec, asked.device, asked.runs), asked.runs),
    }
    if spec.shape.params() >= COMPILED_FROM and asked.device != "cpu":
        ways["compiled"] = (lambda: ours(spec, asked.device, "compiled"), 1)
    found = {name: rate(make(), spec, asked.device, asked.seconds, many) for name, (make, many) in ways.items()}
    base = found["nanoGPT"][0]
    row = {"N": spec.shape.params(), "tokens a step": tokens, "nanoGPT, tokens/s": base}
    row |= {f"{name} / nanoGPT": speed / base for name, (speed, _) in found.items() if name != "nanoGPT"}
    best = max(speed / base for name, (speed, _) in found.items() if name != "nanoGPT")
    row |= {"goal": GOALS.get((tokens, size), ""), "best": best}
    return row | {"losses": " ".join(f"{loss:.4f}" for _, loss in found.values())}


def large(asked) -> dict:
    """One large run: the fraction of the measured rate of products that plain, graphed and compiled steps reach."""
    spec = spec_of(SIZES[0] if asked.small else LARGE, 512 if asked.small else 32768, asked.small)
    dtype = torch.float32 if asked.small else torch.bfloat16
    ceiling, row = matmul_ceiling(asked.device, dtype), {"N": spec.shape.params(), "goal": LARGE_GOAL}
    for way in ("plain", "graphed") if asked.device == "cpu" else ("plain", "graphed", "compiled"):
        speed, loss = rate(ours(spec, asked.device, way), spec, asked.device, asked.seconds, 1)
        row |= {way: utilisation(speed, spec.shape.flops_per_token("exact"), ceiling), f"{way}, loss": loss}
    return row


def table(rows: Sequence[dict]) -> str:
    """Write rows as a Markdown table; a column that a row lacks stays empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))

    def cell(value) -> str:
        return f"{value:.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value

    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    return "\n".join([*lines, *("| " + " | ".join(cell(row.get(name, "")) for name in names) + " |" for row in rows)])


def main():
    """Parse, contest, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="smallest size and few tokens, to see that it runs")
    parser.add_argument("--rival", type=Path, metavar="PATH", help="a checkout of nanoGPT")
    parser.add_argument("--runs", type=int, default=16, help="runs side by side")
    parser.add_argument("--seconds", type=float, default=2.0, help="of a round; there are three")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="keep the JSON document as graphs.json")
    asked = parser.parse_args()
    if asked.device != "cpu" and not torch.cuda.is_available():
        sys.exit("no GPU is visible; try --device cpu --small")
    nano = None
    if asked.rival:
        sys.path.insert(0, str(asked.rival))
        import model as nano  # type: ignore[no-redef]  # nanoGPT's
    rows = []
    for tokens in (256,) if asked.small else (4096, 32768):
        for size in range(1 if asked.small else len(SIZES)):
            rows.append(contest(size, tokens, asked, nano))
            print(f"N = {rows[-1]['N']:,} at {tokens:,} tokens a step: done", file=sys.stderr, flush=True)
    print(table(rows), end="\n\n", flush=True)
    one = large(asked)
    print(table([one]), end="\n\n")
    found = {"torch": torch.__version__, "device": asked.device, "runs": asked.runs, "ways": rows, "large": one}
    if asked.device != "cpu":
        found["gpu"] = torch.cuda.get_device_name()
    text = json.dumps(found, indent=1)
    print(text)
    if asked.to:
        asked.to.mkdir(parents=True, exist_ok=True)
        (asked.to / "graphs.json").write_text(text)


if __name__ == "__main__":
    main()
