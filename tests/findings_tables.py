"""Tables of a whole set of families made from the paper's own laws, with noise, and with faults to plant in them."""

from dataclasses import dataclass, field

import numpy as np

from scalinglaws.laws.kaplan2020.loss import KAPLAN_ND, loss_of_size_and_data
from scalinglaws.points.points import Points

LADDER = ((2, 128), (3, 192), (4, 256), (6, 384), (8, 512), (12, 768), (24, 1024), (36, 1280), (48, 1600))
BATCH, STEPS, WARMUP = 2**19, 250000, 3000
VOCABULARY, CONTEXT, TEXT = 50257, 1024, 1e13
SUBSETS = (1e8, 2e8, 4e8, 8e8, 1.6e9, 3.2e9)
SUBSET_SIZES = ((2, 128), (4, 256), (8, 512), (24, 1024), (96, 12288))
NOISE = 0.02  # nats, from seed to seed (section 4.2)
TABLE_3 = {"N_c": 6.5e13, "alpha_N": 0.077, "S_c": 2.1e3, "alpha_S": 0.76}
CRITICAL = {"B_star": 2e8, "alpha_B": 0.21}
SEEDS = 8
LOG_PLACES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


@dataclass
class World:
    """What the tables are made from; a fault is another value of one of these, or an edit of the rows.

    Attributes:
        k: L(N, S_min) of the curves; `of_size` gives constants that differ by size.
        converged: N -> final loss.
        limited: (N, D) -> early-stopped loss.
        shape: (n_layer, d_model, heads, d_ff) -> factor on the loss.
        by_total: the final loss is one of all parameters, embeddings too.
        one_layer: nats that a model of one layer lies above the line.
        shift: N -> factor on the steps to every loss.
        below: N -> nats to take from a curve.
        critical_of: N -> factor on B_crit.
        foreign: text -> (slope, offset, factor on the exponent).
        schedule: label -> nats to add.
        seeds: runs of F-SEED.
        repeats: runs of each schedule of F-LR.
    """

    noise: float = NOISE
    k: dict = field(default_factory=lambda: dict(TABLE_3))
    of_size: object = lambda n: {}
    converged: object = None
    limited: object = lambda n, d: loss_of_size_and_data(n, d, **KAPLAN_ND.constants)
    shape: object = lambda layers, width, heads, ff: 1 + 0.001 * np.log(width / layers / 50) ** 2
    by_total: bool = False
    one_layer: float = 0.15
    shift: object = lambda n: 1.0
    below: object = lambda n: 0.0
    critical_of: object = lambda n: 1.0
    foreign: dict = field(
        default_factory=lambda: {"books": (1.0, 0.05, 1.0), "wiki": (1.03, -0.1, 1.0), "law": (0.98, 0.1, 1.0)}
    )
    schedule: dict = field(default_factory=dict)
    seeds: int = SEEDS
    repeats: int = 2


def size(layers, width, ff=None):
    return 2 * width * layers * (2 * width + (ff or 4 * width))


def floor(world, n):
    k = world.k | world.of_size(n)
    return (k["N_c"] / n) ** k["alpha_N"]


def converged(world, n):
    return world.converged(n) if world.converged else floor(world, n)


def final(world, layers, width, ff=0):
    n = size(layers, width, ff)
    total = n + (VOCABULARY + CONTEXT) * width
    return converged(world, total if world.by_total else n or 1e4)


def critical(loss, world, n):
    return CRITICAL["B_star"] / loss ** (1 / CRITICAL["alpha_B"]) * world.critical_of(n)


def trajectory(world, n, batch, losses):
    """Steps at which a size comes to each loss at a batch, by eq 5.4 and 5.6."""
    k = world.k | world.of_size(n)
    least = k["S_c"] * (losses - floor(world, n)) ** (-1 / k["alpha_S"]) * world.shift(n)
    return least * (1 + critical(losses, world, n) / batch)


class Rows:
    """Rows of the two larger tables as they grow."""

    def __init__(self, world, seed):
        self.world, self.rng, self.runs, self.curves, self.positions = world, np.random.default_rng(seed), [], [], []

    def run(self, family, layers, width, loss, *, heads=None, ff=None, lineage="", steps=STEPS, batch=BATCH, **more):
        ff = ff or 4 * width
        n = size(layers, width, ff)
        heads = heads or max(2, width // 64)
        name = f"r{len(self.runs)}"
        tokens = steps * batch
        total = n + (VOCABULARY + CONTEXT) * width
        row = {
            "run_id": name, "lineage": lineage or name, "role": "fit", "outcome": "finished", "excluded_because": "",
            "params_nonembedding": n, "params_total": total, "tokens": tokens, "epochs": tokens / TEXT,
            "tokens_unique": min(tokens, TEXT), "batch_tokens": batch, "steps": steps, "flops_6nd": 6 * n * tokens,
            "flops_exact": 6 * (n + VOCABULARY * width) * tokens, "loss_nats": loss, "loss_nats_sem": 0.001,
            "loss_train_nats": loss, "lr": 1e-3, "n_layer": layers, "d_model": width, "n_heads": heads,
            "n_ctx": CONTEXT, "n_vocab": VOCABULARY, "seed": 0, "warmup_steps": WARMUP, "planned_steps": steps,
            "decay_share": 0.2, "lr_schedule": "wsd:decay=0.2", "optimizer": "adafactor" if n > 1e9 else "adam",
            "tokenizer": "bpe", "arch": "transformer", "d_ff": ff, "reuse": 1, "sharing": "", "dropout": 0.0,
            "subset_tokens": 0, "early_stop": 0, "last_step": steps, "lr_sum": 225.0, "noise_scale": None,
            "test_gap_nats": 0.0, "loss_spikes": 0, "tokens_per_second": 1e4, "mfu": 0.3, "family": family,
        }  # fmt: skip
        row |= {f"loss_nats@{text}": self.other(text, n, loss) for text in self.world.foreign}
        row |= more
        if row["n_layer"] < 2 and row["arch"] == "transformer":
            row["excluded_because"] = f"{layers} of the 2 layers that the study fits from"
        self.runs.append(row)
        return row

    def other(self, text, n, loss):
        slope, offset, factor = self.world.foreign[text]
        return (slope * loss + offset) * (n / 1e6) ** (-0.076 * (factor - 1)) if n else loss

    def curve(self, name, row, batch, steps, losses, *, lrs=None, phase="constant", noise=None):
        n = row["params_nonembedding"]
        for i, (step, loss) in enumerate(zip(steps, losses, strict=True)):
            point = {
                "run_id": name, "lineage": name, "arch": row["arch"], "params_nonembedding": n,
                "n_layer": row["n_layer"], "n_ctx": CONTEXT, "steps": float(step), "tokens": float(step) * batch,
                "batch_tokens": batch, "flops_6nd": 6.0 * n * step * batch, "lr": row["lr"] if lrs is None else lrs[i],
                "phase": phase, "loss_nats": loss, "loss_train_nats": loss,
                "noise_scale": None if noise is None else noise[i], "noise_count": 0 if noise is None else 8,
                "noise_scale_sem": None if noise is None else noise[i] / 8,
            }  # fmt: skip
            point |= {f"loss_nats@T={t}": loss - 0.3 + 5.0 * t**-0.6 for t in LOG_PLACES}
            self.curves.append(point | {f"loss_nats@{text}": self.other(text, n, loss) for text in self.world.foreign})

    def jitter(self):
        return self.world.noise * self.rng.standard_normal()


def made(world=None, seed=4, edit=None):
    """Make the three tables of a world; `edit` changes the rows of runs and curves."""
    world = world or World()
    rows = Rows(world, seed)
    for layers, width in LADDER:
        _lineage(rows, "F-N F-SEED" if (layers, width) == (4, 256) else "F-N", layers, width, 0)
    for number in range(1, rows.world.seeds):
        _lineage(rows, "F-SEED", 4, 256, number)
    _one_layer(rows)
    _batches(rows)
    _subsets(rows)
    _shapes(rows)
    _others(rows)
    if edit:
        edit(rows)
    return tuple(_points(table) for table in (rows.runs, rows.curves, rows.positions))


def _points(table):
    names = list(dict.fromkeys(name for row in table for name in row))
    return Points({name: [row.get(name) for row in table] for name in names})


def _lineage(rows, family, layers, width, seed):
    world, n = rows.world, size(layers, width)
    off = rows.jitter()
    trunk = f"trunk-{n}-{seed}"
    row = rows.run(family, layers, width, final(world, layers, width) + off, lineage=trunk, seed=seed)
    losses = floor(world, n) + np.geomspace(2.0, 0.03, 60)
    steps = trajectory(world, n, BATCH, losses)
    inside = (steps > WARMUP) & (steps < STEPS)
    tiny = 0.1 * world.noise * rows.rng.standard_normal(len(losses))
    shown = losses + off + tiny - world.below(n)
    noise = 1.5 * critical(losses, world, n)[inside]
    rows.curve(trunk, row, BATCH, steps[inside], shown[inside], noise=noise)
    early = np.array([500, 1000, 2000, 3000])
    rows.curve(trunk, row, BATCH, early, np.full(4, 8.0), lrs=row["lr"] * early / WARMUP, phase="warm-up")
    for place in LOG_PLACES:
        loss = row["loss_nats"] - 0.3 + 5.0 * place**-0.6
        rows.positions.append((row["run_id"], "transformer", n, CONTEXT, place, loss))
    rows.positions[-11:] = [dict(zip(POSITION, one, strict=True)) for one in rows.positions[-11:]]


POSITION = ("run_id", "arch", "params_nonembedding", "n_ctx", "position", "loss_nats")


def _one_layer(rows):
    for width in (256, 512):
        loss = final(rows.world, 1, width) + rows.world.one_layer + rows.jitter()
        rows.run("F-N", 1, width, loss)


def _batches(rows):
    world = rows.world
    for layers, width in ((4, 256), (12, 768)):
        n = size(layers, width)
        losses = floor(world, n) + np.geomspace(3.0, 0.1, 60)
        for batch in 2.0 ** np.arange(13, 22):
            for slower in (1.0, 1.3):
                steps = trajectory(world, n, batch, losses) * slower * np.exp(rows.jitter())
                row = rows.run(
                    "F-B",
                    layers,
                    width,
                    losses[-1],
                    batch=batch,
                    steps=steps[-1],
                    lr_schedule="constant",
                    lr=1e-3 / slower,
                )
                rows.curve(row["run_id"], row, batch, steps, losses, noise=1.5 * critical(losses, world, n))


def _subsets(rows):
    world = rows.world
    for layers, width in SUBSET_SIZES:
        n = size(layers, width)
        for data in (*SUBSETS, TEXT):
            whole = data == TEXT
            loss = world.limited(n, data) + rows.jitter()
            gap = world.limited(n, data) - world.limited(n, np.inf)
            least = 1.4 * TABLE_3["S_c"] / gap ** (1 / TABLE_3["alpha_S"])
            steps = STEPS if whole else least * (1 + critical(loss, world, n) / BATCH)
            rows.run(
                "F-ND", layers, width, loss, steps=steps, epochs=steps * BATCH / data, tokens_unique=data,
                subset_tokens=0 if whole else data, early_stop=5, dropout=0.1, lr_schedule="constant",
                planned_steps=STEPS, last_step=STEPS if whole else min(1.2 * steps, STEPS - 1), test_gap_nats=gap,
            )  # fmt: skip


SHAPES = (
    (2, 362, 6, 0), (4, 256, 4, 0), (8, 181, 3, 0), (16, 128, 2, 0),
    (4, 256, 1, 0), (4, 256, 2, 0), (4, 256, 8, 0), (4, 256, 16, 0),
    (4, 396, 6, 198), (4, 314, 5, 628), (4, 198, 3, 1584), (4, 148, 2, 2368),
    (3, 128, 2, 0), (6, 128, 2, 0), (6, 256, 4, 0), (12, 256, 4, 0), (1, 512, 8, 0), (0, 256, 4, 0), (0, 512, 8, 0),
)  # fmt: skip


def _shapes(rows):
    world = rows.world
    for layers, width, heads, ff in SHAPES:
        line = final(world, layers, width, ff)
        factor = world.shape(layers, width, heads, ff or 4 * width) if layers > 1 else 1.0
        for seed in (0, 1):
            loss = line * factor + world.one_layer * (layers == 1) + rows.jitter()
            rows.run("F-SHAPE", layers, width, loss, heads=heads, ff=ff or 4 * width, seed=seed)


SCHEDULES = ("cosine", "cosine:lr_end=0.1", "linear", "wsd:decay=0.5", "constant")


def _others(rows):
    world, n = rows.world, size(4, 256)
    for label in SCHEDULES:
        for seed in range(world.repeats):
            extra = world.schedule.get(label, 0.3 if label == "constant" else 0.0)
            loss = converged(world, n) + extra + rows.jitter()
            row = rows.run(
                "F-LR", 4, 256, loss, seed=seed, lr_schedule=label, lr_sum=125.0 + (label == "constant") * 100
            )
            if label == "cosine":
                steps = np.array([5000, 50000, 250000])
                done = (steps - 1 - WARMUP) / (STEPS - WARMUP)
                lrs = row["lr"] / 2 * (1 + np.cos(np.pi * done))
                rows.curve(row["run_id"], row, BATCH, steps, [4.0, 3.8, loss], lrs=lrs, phase="decay")
    for layers, width in ((1, 128), (2, 256), (2, 512)):
        lstm = rows.run("F-LSTM", layers, width, 0.0, arch="lstm")
        lstm["loss_nats"] = (7.45e14 / lstm["params_nonembedding"]) ** 0.071
        for place in LOG_PLACES:
            loss = lstm["loss_nats"] - 0.1 + 5.0 * min(place, 64) ** -0.6
            rows.positions.append(
                dict(
                    zip(
                        POSITION,
                        (lstm["run_id"], "lstm", lstm["params_nonembedding"], CONTEXT, place, loss),
                        strict=True,
                    )
                )
            )
    for reuse in (2, 4):
        rows.run("F-UT", 4, 256, converged(world, n * reuse**0.5), arch="universal", reuse=reuse, sharing="cyclic")
    for layers, width in ((2, 128), (4, 256)):
        short = rows.run("F-CTX8", layers, width, converged(world, size(layers, width)) + 1.0, n_ctx=8)
        for place in (1, 2, 4, 8):
            loss = short["loss_nats"] - 0.9 + 5.0 * place**-0.6
            rows.positions.append(
                dict(
                    zip(
                        POSITION,
                        (short["run_id"], "transformer", short["params_nonembedding"], 8, place, loss),
                        strict=True,
                    )
                )
            )
