"""Tables of a whole set of families made from the paper's own laws, with noise, and with faults to plant in them."""

from dataclasses import dataclass, field

import numpy as np

from scalinglaws.laws.kaplan2020.loss import KAPLAN_ND, loss_of_size_and_data
from scalinglaws.points.points import Points

TEXT = 1e13
NOISE = 0.02  # nats, from seed to seed (section 4.2)
TABLE_3 = {"N_c": 6.5e13, "alpha_N": 0.077, "S_c": 2.1e3, "alpha_S": 0.76}
CRITICAL = {"B_star": 2e8, "alpha_B": 0.21}
SEEDS = 8
LOG_PLACES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
SHAPES = (
    (2, 362, 6, 0), (4, 256, 4, 0), (8, 181, 3, 0), (16, 128, 2, 0),
    (4, 256, 1, 0), (4, 256, 2, 0), (4, 256, 8, 0), (4, 256, 16, 0),
    (4, 396, 6, 198), (4, 314, 5, 628), (4, 198, 3, 1584), (4, 148, 2, 2368),
    (3, 128, 2, 0), (6, 128, 2, 0), (6, 256, 4, 0), (12, 256, 4, 0), (1, 512, 8, 0), (0, 256, 4, 0), (0, 512, 8, 0),
)  # fmt: skip
SCHEDULES = ("cosine", "cosine:lr_end=0.1", "linear", "wsd:decay=0.5", "constant")


@dataclass(frozen=True)
class Design:
    """Which runs the tables hold, and the constants of the laws there; the default is the paper's scale.

    Attributes:
        ladder: (layers, width) of F-N; `middle` that of F-SEED and F-LR.
        horizons: steps at which every trunk of F-N has a branch, the last at its end; `longer` those of F-C by size.
        scan_sizes, scan_batches, scan_rates: of F-B; a rate is a factor on the steps. `scan_tokens` where its runs end.
        subsets, subset_sizes, subset_batch, subset_steps: of F-ND; `subset_repeats` counts seeds by size, else one.
        evaluations: number of a trunk, evenly in log steps; 0 for evenly in log distance from the floor.
        limited: constants of L(N, D).
    """

    ladder: tuple = (
        (2, 128), (3, 192), (4, 256), (6, 384), (8, 512), (12, 768), (24, 1024), (36, 1280), (48, 1600),
    )  # fmt: skip
    middle: tuple = (4, 256)
    one_layer: tuple = (256, 512)
    batch: float = 2**19
    horizons: tuple = (250000,)
    longer: dict = field(default_factory=dict)
    warmup: int = 3000
    vocabulary: int = 50257
    context: int = 1024
    places: tuple = LOG_PLACES
    scan_sizes: tuple = ((4, 256), (12, 768))
    scan_batches: tuple = tuple(2.0 ** np.arange(13, 22))
    scan_rates: tuple = (1.0, 1.3)
    scan_tokens: float = np.inf
    subsets: tuple = (1e8, 2e8, 4e8, 8e8, 1.6e9, 3.2e9)
    subset_sizes: tuple = ((2, 128), (4, 256), (8, 512), (24, 1024), (96, 12288))
    subset_batch: float = 2**19
    subset_steps: int = 250000
    subset_repeats: dict = field(default_factory=dict)
    shapes: tuple = SHAPES
    shape_repeats: int = 2
    schedules: tuple = SCHEDULES
    evaluations: int = 0
    k: dict = field(default_factory=lambda: dict(TABLE_3))
    critical: dict = field(default_factory=lambda: dict(CRITICAL))
    limited: dict = field(default_factory=lambda: dict(KAPLAN_ND.constants))


PAPER = Design()


@dataclass
class World:
    """What the tables are made from; a fault is another value of one of these, or an edit of the rows.

    Attributes:
        design: which runs there are.
        k: L(N, S_min) of the curves, those of the design if None; `of_size` gives constants that differ by size.
        converged: N -> final loss.
        limited: (N, D) -> early-stopped loss; L(N, D) of the design if None.
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

    design: Design = PAPER
    noise: float = NOISE
    k: dict | None = None
    of_size: object = lambda n: {}
    converged: object = None
    limited: object = None
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

    def __post_init__(self):
        self.k = dict(self.design.k) if self.k is None else self.k
        if self.limited is None:
            self.limited = lambda n, d: loss_of_size_and_data(n, d, **self.design.limited)


def size(layers, width, ff=None):
    return 2 * width * layers * (2 * width + (ff or 4 * width))


def floor(world, n):
    k = world.k | world.of_size(n)
    return (k["N_c"] / n) ** k["alpha_N"]


def converged(world, n):
    return world.converged(n) if world.converged else floor(world, n)


def final(world, layers, width, ff=0):
    n = size(layers, width, ff)
    total = n + (world.design.vocabulary + world.design.context) * width
    return converged(world, total if world.by_total else n or 1e4)


def critical(loss, world, n):
    k = world.design.critical
    return k["B_star"] / loss ** (1 / k["alpha_B"]) * world.critical_of(n)


def trajectory(world, n, batch, losses):
    """Steps at which a size comes to each loss at a batch, by eq 5.4 and 5.6."""
    k = world.k | world.of_size(n)
    least = k["S_c"] * (losses - floor(world, n)) ** (-1 / k["alpha_S"]) * world.shift(n)
    return least * (1 + critical(losses, world, n) / batch)


class Rows:
    """Rows of the two larger tables as they grow."""

    def __init__(self, world, seed):
        self.world, self.rng, self.runs, self.curves, self.positions = world, np.random.default_rng(seed), [], [], []

    def run(self, family, layers, width, loss, *, heads=None, ff=None, lineage="", steps=None, batch=None, **more):
        plan = self.world.design
        steps, batch = steps or plan.horizons[-1], batch or plan.batch
        ff = ff or 4 * width
        n = size(layers, width, ff)
        heads = heads or max(2, width // 64)
        name = f"r{len(self.runs)}"
        tokens = steps * batch
        total = n + (plan.vocabulary + plan.context) * width
        row = {
            "run_id": name, "lineage": lineage or name, "role": "fit", "outcome": "finished", "excluded_because": "",
            "params_nonembedding": n, "params_total": total, "tokens": tokens, "epochs": tokens / TEXT,
            "tokens_unique": min(tokens, TEXT), "batch_tokens": batch, "steps": steps, "flops_6nd": 6 * n * tokens,
            "flops_exact": 6 * (n + plan.vocabulary * width) * tokens, "loss_nats": loss, "loss_nats_sem": 0.001,
            "loss_train_nats": loss, "lr": 1e-3, "n_layer": layers, "d_model": width, "n_heads": heads,
            "n_ctx": plan.context, "n_vocab": plan.vocabulary, "seed": 0, "warmup_steps": plan.warmup,
            "planned_steps": steps, "decay_share": 0.2, "lr_schedule": "wsd:decay=0.2",
            "optimizer": "adafactor" if n > 1e9 else "adam",
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
                "n_layer": row["n_layer"], "n_ctx": self.world.design.context,
                "steps": float(step), "tokens": float(step) * batch, "batch_tokens": batch,
                "flops_6nd": 6.0 * n * step * batch, "lr": row["lr"] if lrs is None else lrs[i],
                "phase": phase, "loss_nats": loss, "loss_train_nats": loss,
                "noise_scale": None if noise is None else noise[i], "noise_count": 0 if noise is None else 8,
                "noise_scale_sem": None if noise is None else noise[i] / 8,
            }  # fmt: skip
            point |= {f"loss_nats@T={t}": loss - 0.3 + 5.0 * t**-0.6 for t in self.world.design.places}
            self.curves.append(point | {f"loss_nats@{text}": self.other(text, n, loss) for text in self.world.foreign})

    def jitter(self):
        return self.world.noise * self.rng.standard_normal()


def made(world=None, seed=4, edit=None):
    """Make the three tables of a world; `edit` changes the rows of runs and curves."""
    world = world or World()
    rows = Rows(world, seed)
    plan = world.design
    for layers, width in plan.ladder:
        own = (layers, width) == plan.middle
        _lineage(rows, "F-N F-SEED" if own else "F-N", layers, width, 0, plan.longer.get((layers, width), ()))
    for number in range(1, rows.world.seeds):
        _lineage(rows, "F-SEED", *plan.middle, number)
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
    return Points({name: _column([row.get(name) for row in table]) for name in names})


def _column(values):
    """Make an array of numbers, which is read several times faster; None is NaN."""
    return values if any(isinstance(v, str) for v in values[:1]) else np.array(values, dtype=float)


def _lineage(rows, family, layers, width, seed, longer=()):
    world, plan, n = rows.world, rows.world.design, size(layers, width)
    off = rows.jitter()
    trunk = f"trunk-{n}-{seed}"
    for steps in (*plan.horizons, *longer):
        loss = final(world, layers, width) * (plan.horizons[-1] / steps) ** 0.02 + off  # the same factor at every size
        name = "F-C" if steps in longer else family
        row = rows.run(name, layers, width, loss, lineage=trunk, seed=seed, steps=steps)
    steps, losses, inside = _trunk(world, n, max(plan.horizons + tuple(longer)))
    tiny = 0.1 * world.noise * rows.rng.standard_normal(len(losses))
    shown = losses + off + tiny - world.below(n)
    noise = 1.5 * critical(losses, world, n)[inside]
    rows.curve(trunk, row, plan.batch, steps[inside], shown[inside], noise=noise)
    early = plan.warmup * np.array([1 / 6, 1 / 3, 2 / 3, 1])
    rows.curve(trunk, row, plan.batch, early, np.full(4, 8.0), lrs=row["lr"] * early / plan.warmup, phase="warm-up")
    for place in plan.places:
        loss = row["loss_nats"] - 0.3 + 5.0 * place**-0.6
        rows.positions.append((row["run_id"], "transformer", n, plan.context, place, loss))
    count = len(plan.places)
    rows.positions[-count:] = [dict(zip(POSITION, one, strict=True)) for one in rows.positions[-count:]]


def _trunk(world, n, last):
    """Steps and losses at which a trunk is read, and which of them are within its run."""
    plan = world.design
    losses = floor(world, n) + np.geomspace(2.0, 0.03, 60)
    steps = trajectory(world, n, plan.batch, losses)
    if not plan.evaluations:
        return steps, losses, (steps > plan.warmup) & (steps < last)
    read = np.geomspace(1.1 * plan.warmup, last, plan.evaluations)
    losses = floor(world, n) + np.geomspace(30.0, 1e-4, 400)
    losses = np.interp(np.log(read), np.log(trajectory(world, n, plan.batch, losses)), losses)
    return read, losses, np.ones(len(read), dtype=bool)


POSITION = ("run_id", "arch", "params_nonembedding", "n_ctx", "position", "loss_nats")


def _one_layer(rows):
    for width in rows.world.design.one_layer:
        loss = final(rows.world, 1, width) + rows.world.one_layer + rows.jitter()
        rows.run("F-N", 1, width, loss)


def _batches(rows):
    world, plan = rows.world, rows.world.design
    for layers, width in plan.scan_sizes:
        n = size(layers, width)
        losses = floor(world, n) + np.geomspace(3.0, 0.1, 60)
        for batch in plan.scan_batches:
            for slower in plan.scan_rates:
                steps = trajectory(world, n, batch, losses) * slower * np.exp(rows.jitter())
                inside = steps * batch <= plan.scan_tokens
                if inside.sum() < 2:
                    continue
                row = rows.run(
                    "F-B", layers, width, losses[inside][-1], batch=batch, steps=steps[inside][-1],
                    lr_schedule="constant", lr=1e-3 / slower,
                )  # fmt: skip
                noise = 1.5 * critical(losses[inside], world, n)
                rows.curve(row["run_id"], row, batch, steps[inside], losses[inside], noise=noise)


def _subsets(rows):
    plan = rows.world.design
    for layers, width in plan.subset_sizes:
        for data in (*plan.subsets, TEXT):
            for seed in range(plan.subset_repeats.get((layers, width), 1)):
                _on_subset(rows, layers, width, data, seed)


def _on_subset(rows, layers, width, data, seed):
    world, plan, n = rows.world, rows.world.design, size(layers, width)
    whole = data == TEXT
    loss = world.limited(n, data) + rows.jitter()
    gap = max(world.limited(n, data) - world.limited(n, np.inf), 1e-12)
    least = 1.4 * world.design.k["S_c"] / gap ** (1 / world.design.k["alpha_S"])
    steps = plan.subset_steps if whole else least * (1 + critical(loss, world, n) / plan.subset_batch)
    rows.run(
        "F-ND", layers, width, loss, steps=steps, epochs=steps * plan.subset_batch / data, tokens_unique=data,
        subset_tokens=0 if whole else data, early_stop=5, dropout=0.1, lr_schedule="constant", batch=plan.subset_batch,
        planned_steps=plan.subset_steps, seed=seed,
        last_step=plan.subset_steps if whole else min(1.2 * steps, plan.subset_steps - 1), test_gap_nats=gap,
    )  # fmt: skip


def _shapes(rows):
    world = rows.world
    for layers, width, heads, ff in world.design.shapes:
        line = final(world, layers, width, ff)
        factor = world.shape(layers, width, heads, ff or 4 * width) if layers > 1 else 1.0
        for seed in range(world.design.shape_repeats):
            loss = line * factor + world.one_layer * (layers == 1) + rows.jitter()
            rows.run("F-SHAPE", layers, width, loss, heads=heads, ff=ff or 4 * width, seed=seed)


def _others(rows):
    world, plan = rows.world, rows.world.design
    n = size(*plan.middle)
    for label in plan.schedules:
        for seed in range(world.repeats):
            extra = world.schedule.get(label, 0.3 if label == "constant" else 0.0)
            loss = converged(world, n) + extra + rows.jitter()
            total = 125.0 + (label == "constant") * 100
            row = rows.run("F-LR", *plan.middle, loss, seed=seed, lr_schedule=label, lr_sum=total)
            if label == "cosine":
                last, warmup = plan.horizons[-1], plan.warmup
                steps = np.array([5 * warmup // 3, last // 5, last])
                lrs = row["lr"] / 2 * (1 + np.cos(np.pi * (steps - 1 - warmup) / (last - warmup)))
                rows.curve(row["run_id"], row, plan.batch, steps, [4.0, 3.8, loss], lrs=lrs, phase="decay")
    _other_models(rows)


def _other_models(rows):
    world, plan = rows.world, rows.world.design
    n = size(*plan.middle)
    for layers, width in ((1, 128), (2, 256), (2, 512)):
        lstm = rows.run("F-LSTM", layers, width, 0.0, arch="lstm")
        lstm["loss_nats"] = (7.45e14 / lstm["params_nonembedding"]) ** 0.071
        for place in plan.places:
            loss = lstm["loss_nats"] - 0.1 + 5.0 * min(place, 64) ** -0.6
            rows.positions.append(
                dict(
                    zip(
                        POSITION,
                        (lstm["run_id"], "lstm", lstm["params_nonembedding"], plan.context, place, loss),
                        strict=True,
                    )
                )
            )
    for reuse in (2, 4):
        rows.run(
            "F-UT", *plan.middle, converged(world, n * reuse**0.5), arch="universal", reuse=reuse, sharing="cyclic"
        )
    for layers, width in (plan.ladder[0], plan.middle):
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
