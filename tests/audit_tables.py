"""Tables for the tests of the audit: a sound study, and for every rule a fault planted in it."""

from dataclasses import dataclass, replace

import numpy as np
from frontier_tables import REFIT, additive, isoflop, learning_curves

from scalinglaws.laws import law
from scalinglaws.points.points import Points
from scalinglaws.results.fitted import Estimate
from scalinglaws.results.study_results import Recommendation
from scalinglaws.results.tested import HeldOutTest

WIDTHS = (1024, 1408, 1920, 2560, 3456, 4608, 6144, 8192)
RATIOS = (2.0, 6.0, 20.0, 60.0, 200.0)  # tokens a parameter
CONTEXT, VOCABULARY, BATCH = 128, 1000, 2**17
NOISE = 0.002


def sound(ratios=RATIOS, widths=WIDTHS, repeats=2, noise=NOISE, seed=0, truth=additive) -> Points:
    """Runs of a known law as a careful study would train and record them, the largest held out."""
    rng = np.random.default_rng(seed)
    cells = [(w, r, 0) for w in widths for r in ratios]
    cells += [(w, ratios[len(ratios) // 2], s) for w in (widths[0], widths[-2]) for s in range(1, 1 + repeats)]
    cells += [(2 * widths[-1], ratios[-1], 0)]
    width, ratio, seeds = np.array(cells).T
    layers = width // 128
    size = 12 * layers * width**2
    tokens = ratio * size
    lr = 3e-4 * (size / 1e8) ** -0.1
    timescale = 0.21 * (ratio / 20) ** -0.527
    flops = (6 * size + 6 * layers * CONTEXT * width + 6 * width * VOCABULARY) * tokens
    last = np.arange(len(cells)) == len(cells) - 1
    loss = truth(size + VOCABULARY * width, tokens) * np.exp(noise * rng.standard_normal(len(cells)))
    return Points(
        {
            "run_id": [f"run {i}" for i in range(len(cells))],
            "n_layer": layers,
            "d_model": width,
            "n_ctx": np.full(len(cells), CONTEXT),
            "n_vocab": np.full(len(cells), VOCABULARY),
            "tied": np.ones(len(cells)),
            "params_nonembedding": size,
            "params_with_head": size + VOCABULARY * width,
            "params_total": size + VOCABULARY * width,
            "tokens": tokens,
            "tokens_unique": tokens,
            "flops_exact": flops,
            "batch_tokens": np.full(len(cells), BATCH),
            "steps": tokens / BATCH,
            "lr": lr,
            "weight_decay": BATCH / (lr * timescale * tokens),
            "beta2": np.full(len(cells), 0.95),
            "warmup_steps": 0.002 * tokens / BATCH,
            "planned_steps": tokens / BATCH,
            "lr_schedule": ["cosine"] * len(cells),
            "optimizer": ["adamw"] * len(cells),
            "tokenizer": ["bpe"] * len(cells),
            "train_set": ["books"] * len(cells),
            "loss_split": ["books, test"] * len(cells),
            "loss_nats": loss,
            "loss_nats_sem": np.full(len(cells), 0.001),
            "seed": seeds,
            "outcome": ["finished"] * len(cells),
            "role": np.where(last, "held-out", "fit"),
            "excluded_because": np.where(last, "held out", ""),
        },
        "made from a known law",
    )


def without(points: Points, *names: str) -> Points:
    """Drop columns."""
    return Points({n: c for n, c in points.columns.items() if n not in names}, points.source)


def scaled(points: Points, **factors) -> Points:
    """Multiply columns by numbers or arrays."""
    return points.replace(**{name: points[name] * factor for name, factor in factors.items()})


def at(points: Points, name: str, rows, value) -> Points:
    """Set some rows of a column."""
    column = points[name].copy()
    column = column.astype("U20") if column.dtype.kind == "U" else column
    column[rows] = value
    return points.replace(**{name: column})


def rows_of(points: Points, *parts: Points) -> Points:
    """Stack tables of the same columns."""
    tables = (points, *parts)
    return Points({n: np.concatenate([p[n] for p in tables]) for n in points.columns}, points.source)


def scanned(centre=1.0, steepness=0.0005) -> Points:
    """Every cell of a sound study at three rates, the loss a parabola in ln(rate) about `centre` of the middle one."""
    base = sound(repeats=0, ratios=(5.0, 20.0, 80.0))
    parts = []
    for step in (-1, 0, 1):
        off = step * np.log(2) - np.log(centre)
        run = np.char.add(base["run_id"], f" rate {step}")
        part = scaled(base, lr=2.0**step, loss_nats=np.exp(steepness * off**2) * np.ones(len(base)))
        parts.append(part.replace(run_id=run))
    return rows_of(*parts)


def noiseless_scan(**how) -> Points:
    """The same, with the scatter of seeds left in the law and none between the rates of a cell."""
    return scanned(**how)


def curves(**how) -> Points:
    """Learning curves of a constant rate."""
    made = learning_curves(**how)
    return made.replace(lr_schedule=["constant"] * len(made))


def held_out(**changes) -> HeldOutTest:
    """A prediction kept beforehand, wide enough."""
    made = HeldOutTest(
        "chinchilla",
        ("run 99",),
        1e11,
        2e12,
        Estimate(1.95, 1.85, 2.05),
        8.0,
        "2026-11-21T09:12:44Z",
        "5a0c77e21b9d",
        measured=(1.96,),
        measured_mean=1.96,
        held=True,
        runs_started="2026-11-21T09:13:00Z",
    )
    return replace(made, **changes)


def plan(**changes) -> Recommendation:
    """Advice with its interval and its alternatives, near the optimum of the known law."""
    size, tokens = 2.4e10, 6.8e11
    made = Recommendation(
        "ten times",
        6 * size * tokens,
        5.0,
        Estimate(size, 0.7 * size, 1.4 * size),
        Estimate(tokens, 0.7 * tokens, 1.4 * tokens),
        Estimate(1.99, 1.9, 2.08),
        4e6,
        1e5,
        None,
        "chinchilla",
        ({"params": size / 2, "tokens": 2 * tokens, "loss_nats": 2.0},),
    )
    return replace(made, **changes)


def bent(params, tokens):
    """A law whose size term turns flat, and whose data term with it, at 2e9 parameters."""
    e, a, b, alpha, beta = (REFIT[k] for k in ("E", "A", "B", "alpha", "beta"))
    bend = np.maximum(params / 2e9, 1.0)
    return e + a / params**alpha * bend**0.25 + b / tokens**beta


def floorless(params, tokens):
    """A law without an irreducible loss."""
    return (1e13 / params) ** 0.08 + 300 / tokens**0.28


def kaplan_like(params, tokens):
    """Kaplan's joint form, whose terms are not additive in the loss."""
    return law("kaplan-nd").evaluate(params, tokens, N_c=6.4e13, D_c=1.8e13, alpha_N=0.076, alpha_D=0.3)


def arms(names=("a", "b", "c"), worse=0.02, runs=1.0, noise=NOISE) -> Points:
    """One sound study an arm, each worse than the last; `runs` is the share of the last arm's rows that is there."""
    parts = []
    for i, name in enumerate(names):
        part = scaled(sound(repeats=0, seed=i, noise=noise), loss_nats=np.exp(worse * i))
        part = part.replace(arm=[name] * len(part), run_id=np.char.add(part["run_id"], name))
        parts.append(part)
    parts[-1] = parts[-1].take(np.arange(0, len(parts[-1]), round(1 / runs)))
    return rows_of(*parts)


def tasks(points: Points, noise=0.003, seed=0) -> Points:
    """Add the error of a task that follows the loss."""
    rng = np.random.default_rng(seed)
    error = 0.2 + 0.25 * (points["loss_nats"] - 2) + noise * rng.standard_normal(len(points))
    return points.replace(error_top1=error)


@dataclass(frozen=True)
class Case:
    """A table, and what is claimed of it."""

    points: Points
    claims: dict


def case(points: Points, **claims) -> Case:
    """Put a table and claims together."""
    return Case(points, claims)


__all__ = ["Case", "arms", "case", "isoflop"]
