"""Tokens per CPU second of a training step: the compiled step, PyTorch's plain path, and nanoGPT's own loop.

    python benchmarks/train/run.py --rival PATH [--pairs 5] [--seconds 1] [--write docs/speed.md]

PATH is a checkout of github.com/karpathy/nanoGPT, of which model.py is imported; without it the plain path is the only
rival. One thread each, CPU seconds, in rounds rival - plain - compiled; a ratio is the median over the rounds. All read
the same windows of the interpreter's own library at the same rates. Prints a table per setting, ten CPU minutes for
all, or puts them between the two marks of a page.
"""

import argparse
import contextlib
import math
import os
import platform
import re
import statistics
import sys
import sysconfig
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import as_launched  # noqa: F401 - starts Python again, before anything is loaded
import numpy as np
import torch
from marked_part import give

from scalinglaws.models import FAMILIES
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.compiled.engine import Compiled
from scalinglaws.training.optimizer import make_optimizer
from scalinglaws.training.plain import Plain

BEGIN, END = "<!-- written by benchmarks/train/run.py -->", "<!-- end of what benchmarks/train/run.py wrote -->"
SMALL, LARGE = [(1, 8, 1), (2, 16, 1), (2, 32, 2), (2, 64, 4)], [(3, 96, 6), (4, 128, 8)]
CASES = {  # n_ctx, n_vocab, batch, sizes
    "V 256, 512 tokens per step (quickstart)": (64, 256, 8, SMALL + LARGE),
    "V 1024, 4,096 tokens per step (kaplan-cpu)": (128, 1024, 32, SMALL + LARGE),
    "V 4096, 512 tokens per step": (64, 4096, 8, SMALL[1:]),
}
GOALS = {  # least ratios, in the order of the sizes
    "V 256, 512 tokens per step (quickstart)": {
        "nanoGPT": (10, 6, 3.6, 2.1, 1.45, 1.15),
        "plain": (7, 4.5, 2.9, 1.8, 1.35),
    },
    "V 1024, 4,096 tokens per step (kaplan-cpu)": {"nanoGPT": (6, 2.8, 2.0, 1.5, 1.3, 1.1)},
    "V 4096, 512 tokens per step": {"nanoGPT": (3, 2, 1.4)},
}
LOSS_STEPS, LOSS_FLOPS = 200, 2e11  # losses are means over the last quarter of so many steps; fewer where they are long
BLOCK_FLOPS = 1e10  # steps that are timed together: 128, fewer where they are long
ORDER = ("nanoGPT", "plain", "compiled")


@dataclass(frozen=True)
class Contest:
    """Tokens per CPU second of each way and round, and the loss that each reached after the same steps."""

    params: int
    steps: int
    rates: dict[str, list[float]]
    losses: dict[str, float]

    def ratio(self, over: str) -> tuple[float, float, float]:
        """How many times the tokens per CPU second of another way the compiled step trains on: median, least, most."""
        found = [fast / slow for fast, slow in zip(self.rates["compiled"], self.rates[over], strict=True)]
        return statistics.median(found), min(found), max(found)


def text_of(n_vocab: int) -> np.ndarray:
    """Tokens of the interpreter's library: bytes, or for a larger vocabulary pairs of bytes, hashed."""
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    found = np.frombuffer(b"".join(file.read_bytes() for file in files), np.uint8).astype(np.int64)
    if n_vocab <= 256:
        return found % n_vocab
    pairs = found[: len(found) // 2 * 2].reshape(-1, 2)
    return (pairs[:, 0] * 257 + pairs[:, 1]) * 2654435761 % (1 << 32) % n_vocab


def ways_of(spec: RunSpec, nano) -> dict[str, Callable[[int, int], list[float]]]:
    """Each way of doing the steps from one to another, which returns their losses."""
    shape, tokens = spec.shape, text_of(spec.shape.n_vocab)
    starts = np.random.default_rng(0).integers(0, len(tokens) - shape.n_ctx - 1, (1 << 16, spec.batch))

    def windows(first: int, count: int) -> np.ndarray:
        return tokens[starts[np.arange(first, first + count) % len(starts)][..., None] + np.arange(shape.n_ctx + 1)]

    def batch(step: int):
        found = torch.from_numpy(windows(step, 1)[0])
        return found[:, :-1], found[:, 1:]

    def engine(make):
        model = FAMILIES[shape.family](shape, 0)
        return make(model, make_optimizer(spec, model))

    plain = engine(lambda model, optimizer: Plain(spec, model, optimizer, batch, "cpu"))
    fast = engine(lambda model, optimizer: Compiled(spec, model, optimizer, windows))

    def advance(one, step: int, end: int) -> list[float]:
        losses: list[float] = []
        while step + len(losses) < end:
            losses += map(float, one.advance(step + len(losses), end).losses)
        return losses

    ways = {
        "plain": lambda step, end: advance(plain, step, end),
        "compiled": lambda step, end: advance(fast, step, end),
    }
    return ways if nano is None else {"nanoGPT": rival_of(nano, spec, batch), **ways}


def rival_of(nano, spec: RunSpec, batch) -> Callable[[int, int], list[float]]:
    """nanoGPT's model, optimizer and loop, float32 and not compiled, at the same shape and on the same windows."""
    shape = spec.shape
    torch.manual_seed(0)
    sizes = {"n_layer": shape.n_layer, "n_head": shape.n_heads, "n_embd": shape.d_model}
    with contextlib.redirect_stdout(sys.stderr):  # it prints as it is made
        model = nano.GPT(
            nano.GPTConfig(block_size=shape.n_ctx, vocab_size=shape.n_vocab, dropout=0.0, bias=True, **sizes)
        )
        optimizer = model.configure_optimizers(spec.weight_decay, spec.lr, (spec.beta1, spec.beta2), "cpu")

    def steps(first: int, end: int) -> list[float]:
        losses = []
        for step in range(first, end):
            for group in optimizer.param_groups:
                group["lr"] = spec.lr * min(1.0, (step + 1) / spec.warmup)
            _, loss = model(*(tokens.contiguous() for tokens in batch(step)))
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), spec.clip)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(float(loss.detach()))
        return losses

    return steps


def contest(shape: Shape, batch: int, nano, pairs: int, seconds: float) -> Contest:
    """Train each way for the same steps, then time rounds of all of them."""
    rate = min(0.008, 0.256 / shape.d_model)
    spec = RunSpec(shape, "", "", "", 10**12, batch, rate, 50, schedule="constant", noise_every=0)
    ways = ways_of(spec, nano)
    flops = spec.batch_tokens * shape.flops_per_token("exact")
    steps, block = min(LOSS_STEPS, 4 + int(LOSS_FLOPS / flops)), min(128, 1 + int(BLOCK_FLOPS / flops))
    done = dict.fromkeys(ways, steps)
    losses = {name: statistics.mean(way(0, steps)[-(steps // 4) :]) for name, way in ways.items()}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(pairs):
        for name, way in ways.items():
            first, began = done[name], time.process_time()
            while time.process_time() - began < seconds:
                way(done[name], done[name] + block)
                done[name] += block
            rates[name].append((done[name] - first) * spec.batch_tokens / (time.process_time() - began))
    return Contest(shape.params(), steps, rates, losses)


def table(title: str, found: list[Contest]) -> str:
    """Write the contests of one setting as a table."""
    rivals = [name for name in ORDER[:2] if name in found[0].rates]
    header = [
        "N",
        *(word for name in rivals for word in (f"over {name}", "goal")),
        "tokens per CPU s",
        "steps",
        *(f"loss, {name}" for name in found[0].losses),
    ]
    rows = [header, ["---:"] * len(header)]
    for i, one in enumerate(found):
        fast = statistics.median(one.rates["compiled"])
        shown = 2 - math.floor(math.log10(fast))
        rows.append(
            [
                f"{one.params:,}",
                *(word for name in rivals for word in judged(one.ratio(name), GOALS[title].get(name, ())[i : i + 1])),
                f"{round(fast, shown):,.0f}",
                str(one.steps),
                *(f"{loss:.3f}" for loss in one.losses.values()),
            ]
        )
    return f"#### {title}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in rows)


def judged(ratio: tuple[float, float, float], goals: tuple[float, ...]) -> tuple[str, str]:
    """Write a ratio with the range of its rounds, and its goal if there is one, with what is missed."""
    median, least, most = ratio
    goal = "".join(f"{one:g}" + ("" if median >= one else ", missed") for one in goals)
    return f"{median:.2f} [{least:.2f}, {most:.2f}]", goal


def processor() -> str:
    """Name the processor as the system does."""
    try:
        facts = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = re.findall(r"^model name\s*: (.*)$", facts, re.M)
    flags = next(iter(re.findall(r"^flags\s*: (.*)$", facts, re.M)), "").split()
    widest = next((flag for flag in ("avx512f", "avx2", "avx") if flag in flags), "no AVX")
    return f"{names[0] if names else platform.machine()} ({widest})"


def main() -> None:
    """Parse, contest, print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rival", type=Path, metavar="PATH", help="a checkout of nanoGPT")
    parser.add_argument("--pairs", type=int, default=5, help="rounds")
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds of each way in a round")
    parser.add_argument("--only", default="", metavar="TEXT", help="settings whose title has this text")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables into the page instead")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    nano = None
    if asked.rival:
        sys.path.insert(0, str(asked.rival))
        import model as nano  # type: ignore[no-redef]  # nanoGPT's
    parts = [
        f"{time.strftime('%d %B %Y')}, {processor()}, torch {torch.__version__}, one thread, {asked.pairs} rounds, of "
        "which the table has the median and in brackets the range; losses are means over a last quarter of the steps. "
        f"On {os.cpu_count()} cores {os.getloadavg()[0]:.0f} processes ran at the start."
    ]
    for title, (n_ctx, n_vocab, batch, sizes) in CASES.items():
        if asked.only not in title:
            continue
        found = []
        for n_layer, d_model, heads in sizes:
            shape = Shape(n_layer, d_model, heads, n_ctx, n_vocab)
            found.append(contest(shape, batch, nano, asked.pairs, asked.seconds))
            print(f"{title}: N = {shape.params():,} done", file=sys.stderr)
        parts.append(table(title, found))
    text = "\n\n".join(parts)
    give(asked.write, BEGIN, END, text)


if __name__ == "__main__":
    main()
