"""Twenty kinds of tables of runs with a known law, each with a trap that people report, and each without it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

E, A, ALPHA, B, BETA = 1.75, 350.0, 0.33, 520.0, 0.29
NOISE = 0.003  # relative, of a finished run's loss
SIZES = np.geomspace(2e7, 2e9, 7)
RATIOS = (5, 15, 40, 100, 250)  # tokens per parameter
BATCH = 2**19  # tokens
VOCABULARY = 4096
Rows = list[dict]
Make = Callable[[np.random.Generator, bool], Rows]


@dataclass(frozen=True)
class Study:
    """A kind of table.

    Attributes:
        trap: what is wrong in it, in words.
        make: makes the table, with the trap or without.
        named: pattern of the words with which the trap is named.
        options: further words of the command `plan`, of the trapped table and of the clean one.
    """

    trap: str
    make: Make
    named: str
    options: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())


def law(n: float, d: float) -> float:
    """Give the loss of the finished run of a size and a number of tokens."""
    return E + A / n**ALPHA + B / d**BETA


def best_size(flops: float) -> float:
    """Give the size of the least loss at a budget of 6 N D."""
    return (ALPHA * A / (BETA * B)) ** (1 / (ALPHA + BETA)) * (flops / 6) ** (BETA / (ALPHA + BETA))


def grid(rng: np.random.Generator, **beside) -> Rows:
    """Make finished, tuned runs of every size and ratio."""
    rows = []
    for i, (n, ratio) in enumerate((n, r) for n in SIZES for r in RATIOS):
        loss = law(n, n * ratio) * np.exp(rng.normal(0, NOISE))
        rows.append({"run_id": f"r{i}", "params_total": round(n), "tokens": round(n * ratio), "loss": loss, **beside})
    return rows


def curve(row: dict, places: np.ndarray, height: float = 0.12, **beside) -> Rows:
    """Make the rows along a run whose rate decays: before the end its loss is above that of a run which ends there."""
    n, d = row["params_total"], row["tokens"]
    ends = row["loss"] / law(n, d)
    losses = [ends * law(n, d * x) * (1 + height * (1 - x)) for x in places]
    steps = [max(1, round(d * x / BATCH)) for x in places]
    return [row | {"tokens": s * BATCH, "steps": s, "loss": one} | beside for s, one in zip(steps, losses, strict=True)]


PLACES = np.linspace(0.15, 1, 10)


def mid_decay(rng: np.random.Generator, trapped: bool) -> Rows:
    """Rows along cosine runs, the rate beside them; or their ends alone."""
    rows = []
    for row in grid(rng, lr_schedule="cosine"):
        rows += [
            one | {"lr": 3e-4 * (0.1 + 0.45 * (1 + np.cos(np.pi * x)))}
            for x, one in zip(PLACES, curve(row, PLACES), strict=True)
        ][0 if trapped else -1 :]
    return rows


def unfinished(rng: np.random.Generator, trapped: bool) -> Rows:
    """Rows along runs of which no schedule and no rate is known; or the runs' ends."""
    return [one for row in grid(rng) for one in curve(row, PLACES)[0 if trapped else -1 :]]


def crashed(rng: np.random.Generator, trapped: bool) -> Rows:
    """Runs of which some crashed half-way, as a tracker exports them."""
    rows = grid(rng, State="finished")
    for i in rng.choice(len(rows), 7, replace=False) if trapped else ():
        rows[i] = curve(rows[i], np.array([0.5]), 0.3)[0] | {"State": "crashed"}
        rows[i].pop("steps")
    return [{"Name": row.pop("run_id"), "Created": "2026-03-01", **row} for row in rows]


def sweep(rng: np.random.Generator, trapped: bool) -> Rows:
    """Five learning rates at each size and number of tokens; or the best of them."""
    rows = []
    for row in grid(rng):
        best = 2e-3 * (row["params_total"] / 2e7) ** -0.25
        for j, factor in enumerate((1, 0.25, 0.5, 2, 4)[: 5 if trapped else 1]):
            worse = 0.015 * np.log2(factor) ** 2 * (row["params_total"] / 2e7) ** 0.25
            rows.append(
                row | {"run_id": f"{row['run_id']}-{j}", "lr": best * factor, "loss": row["loss"] * (1 + worse)}
            )
    return rows


def overfit(rng: np.random.Generator, trapped: bool) -> Rows:
    """Runs of constant rate on little text, evaluated along the way: at the end their loss has risen again."""
    rows = []
    for row in grid(rng, lr_schedule="constant"):
        along = curve(row, PLACES, 0.0)
        if trapped and row["tokens"] > 40 * row["params_total"]:
            along = [
                one | {"loss": one["loss"] * (1 + 0.5 * max(0.0, x - 0.5) ** 2 * np.log(row["tokens"] / 1e9 + 2))}
                for x, one in zip(PLACES, along, strict=True)
            ]
        rows += along
    return rows


def restart(rng: np.random.Generator, trapped: bool) -> Rows:
    """Logs of runs that were taken up again from an earlier step, after a spike of the loss."""
    rows = []
    for i, row in enumerate(grid(rng, lr_schedule="constant")):
        along = curve(row, PLACES, 0.0)
        if trapped and i % 2:
            spiked = [one | {"loss": one["loss"] * (1.1 + 0.1 * j)} for j, one in enumerate(along[5:8])]
            along = [*along[:5], *spiked, *along[5:]]
        rows += along
    return rows


def repeats(rng: np.random.Generator, trapped: bool) -> Rows:
    """Text that is repeated up to forty times; or never."""
    rows = grid(rng)
    for i, row in enumerate(rows):
        d, epochs = row["tokens"], (1, 4, 12, 40)[i % 4] if trapped else 1
        unique = d / epochs
        worth = unique + unique * 15.4 * (1 - np.exp(-(epochs - 1) / 15.4))
        row |= {
            "tokens_unique": round(unique),
            "loss": row["loss"] * law(row["params_total"], worth) / law(row["params_total"], d),
        }
    return rows


def tokenizers(rng: np.random.Generator, trapped: bool) -> Rows:
    """Losses per token of two tokenizers, one of which makes longer tokens; or of one."""
    rows = grid(rng, tokenizer="bpe-50k")
    for row in rows[1::2] if trapped else ():
        row |= {"tokenizer": "bpe-200k", "loss": row["loss"] * 1.15}
    return rows


def test_sets(rng: np.random.Generator, trapped: bool) -> Rows:
    """Each run on two test sets; or on one."""
    rows = [row | {"eval_set": "c4"} for row in grid(rng)]
    code = [row | {"eval_set": "code", "loss": row["loss"] * 0.7} for row in rows if trapped]
    return [*rows, *code]


def units_in_cells(rng: np.random.Generator, trapped: bool) -> Rows:
    """Sizes and tokens written as 70M and 1.4B."""

    def short(value: float) -> str:
        power, letter = next((p, c) for p, c in ((1e12, "T"), (1e9, "B"), (1e6, "M")) if value >= p)
        return f"{value / power:.5g}{letter}"

    rows = grid(rng)
    return [row | {name: short(row[name]) for name in ("params_total", "tokens")} for row in rows] if trapped else rows


def experts(rng: np.random.Generator, trapped: bool) -> Rows:
    """Mixtures of experts among dense models: the law is one of active parameters, and the totals are larger."""
    rows = grid(rng)
    for i, row in enumerate(rows):
        active = row.pop("params_total")
        row |= {"params_total": active * (8 if i % 2 and trapped else 1), "params_active": active}
    return rows


def swapped(rng: np.random.Generator, trapped: bool) -> Rows:
    """The headers of size and tokens exchanged."""
    return [
        row | {"params_total": row["tokens"], "tokens": row["params_total"]} if trapped else row for row in grid(rng)
    ]


def of_loss(rng: np.random.Generator, trapped: bool, change: Callable[[dict], float]) -> Rows:
    """Write something else under the name loss."""
    return [row | {"loss": change(row)} if trapped else row for row in grid(rng)]


def training_loss(rng: np.random.Generator, trapped: bool) -> Rows:
    """The log's `loss`, of the last batch before the end and without dropout, beside the held-out loss."""
    rows = grid(rng)
    for row in rows:
        row["eval_loss" if trapped else "loss"] = held_out = row.pop("loss")
        if trapped:
            row["loss"] = held_out * (0.97 - 0.02 * np.log10(row["params_total"] / 2e7)) * np.exp(rng.normal(0, 0.02))
    return rows


def standard_errors(rng: np.random.Generator, trapped: bool) -> Rows:
    """Losses measured on test sets of different sizes, with their standard errors."""
    rows = grid(rng)
    for i, row in enumerate(rows):
        error = (0.002, 0.006, 0.02)[i % 3] if trapped else 0.006
        row |= {"loss": row["loss"] + rng.normal(0, error), "stderr": error}
    return rows


def embeddings_in_part(rng: np.random.Generator, trapped: bool) -> Rows:
    """Sizes with the embeddings in half of the rows, and without them in the others."""
    rows = grid(rng)
    for i, row in enumerate(rows):
        width = 64 * round((row["params_total"] / 1e3) ** (1 / 3) / 2)
        blocks = 12 * width**2
        layers = max(1, round((row["params_total"] - VOCABULARY * width) / blocks))
        total = layers * blocks + VOCABULARY * width
        row |= {"params_total": total, "n_layer": layers, "d_model": width, "n_vocab": VOCABULARY}
        row["loss"] = law(total, row["tokens"]) * np.exp(rng.normal(0, NOISE))
        if trapped and i % 2:
            row["params_total"] = layers * blocks
    return rows


def duplicates(rng: np.random.Generator, trapped: bool) -> Rows:
    """A table whose first half was appended three times more, without the names of the runs."""
    rows = grid(rng)
    return rows + 3 * rows[: len(rows) // 2] * trapped


STUDIES = (
    Study("rows along runs whose rate still decays", mid_decay, r"mid-decay"),
    Study("rows along runs, schedule unknown", unfinished, r"lie along \d+ runs|B3"),
    Study("crashed runs", crashed, r"crashed|failed \("),
    Study("a sweep of rates in each cell", sweep, r"best of|learning rates|B4|untuned|tuned"),
    Study("overfit runs", overfit, r"overfit|turns? up|lowest loss|rose|risen"),
    Study("restarts", restart, r"went back|abandoned"),
    Study("repeated text", repeats, r"epochs|repeat"),
    Study("two tokenizers", tokenizers, r"tokenizers"),
    Study("units in cells", units_in_cells, r"is read as"),
    Study("mixtures of experts", experts, r"params_active"),
    Study("size and tokens exchanged", swapped, r"swapped"),
    Study("perplexity as loss", partial(of_loss, change=lambda row: np.exp(row["loss"])), r"perplexity"),
    Study(
        "bits per byte as loss", partial(of_loss, change=lambda row: row["loss"] / 3.1), r"bits per byte|bits_per_byte"
    ),
    Study("accuracy as loss", partial(of_loss, change=lambda row: 78 - 12 * row["loss"]), r"accurac|percent"),
    Study("training loss beside the held-out", training_loss, r"training loss"),
    Study(
        "standard errors as weights",
        standard_errors,
        r"for standard deviations",
        (("--weights", "stderr"), ("--weights", "sd=stderr")),
    ),
    Study("several test sets", test_sets, r"test sets"),
    Study(
        "tokens in millions",
        lambda rng, trapped: [row | {"tokens": row["tokens"] / (1e6 if trapped else 1)} for row in grid(rng)],
        r"millions",
    ),
    Study("embeddings counted in part of the rows", embeddings_in_part, r"counts the embeddings in"),
    Study("rows imported several times", duplicates, r"repeats? (row|an earlier)|duplicate|repeat"),
)
