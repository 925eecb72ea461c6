"""ScaleBench's eight tasks (Li et al. 2026, arXiv 2604.22753): predict the costly region from the pool of cheaper runs.

    python benchmarks/forecast/scalebench.py DATA --predictions DIR [--folds]

DATA holds TASK-train.csv, and TASK-target.csv or TASK-target-inputs.csv, of the eight tasks. DIR gets TASK.csv: the
target columns predicted, in the order of the inputs. R2 over the target region, clipped to [-1, 1], is printed where
the targets are there. `--folds` prints R2 on the costliest cells of each pool instead, predicted from the cheaper runs:
forms were chosen by it. Each task is the forecast engine with a law as its mean and one correlation length per input.
"""

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import forms  # noqa: E402
import numpy as np  # noqa: E402
import polars as pl  # noqa: E402

from scalinglaws.predicting.discrepancy import Discrepancy  # noqa: E402
from scalinglaws.predicting.evidence import Normal, Observed  # noqa: E402
from scalinglaws.predicting.lengths import by_evidence  # noqa: E402
from scalinglaws.predicting.mixture import WeightedMean, posterior  # noqa: E402
from scalinglaws.predicting.noise import MIN_REPEATS, spread_of_repeats  # noqa: E402
from scalinglaws.predicting.prior import field_prior  # noqa: E402

AMPLITUDES = dict(field_prior().amplitudes)
WIDE = {amplitude: 0.2 for amplitude in (0.0, 0.03, 0.1, 0.3, 1.0)}  # of a target that is no positive loss
FLOOR = (field_prior().floor[0], 0.1)  # of ln(floor / lowest loss of the pool), a little wider than the field's
SEARCHED, FITTED = 250, 900  # rows by which lengths are chosen, and rows fitted, the costliest
PUBLISHED = {
    "parallel": 0.99,
    "vocab": 0.93,
    "domain_mixture": 0.81,
    "moe": 0.81,
    "data_constrained": 0.79,
    "lr_bsz": 0.04,
    "sparsity": 0.37,
    "farseer": 0.91,
}

Frame = pl.DataFrame


@dataclass(frozen=True)
class Task:
    """How one task is foretold.

    Attributes:
        outputs: the target columns. x: rows -> logarithms of inputs for the output of that number, (rows, inputs).
        form: the law. cost: rows -> what a run costs, in logarithms, by which noise and folds are ordered.
        lengths: where the search of the correlation lengths begins.
        in_logs: whether ln(target) is modelled; else the target.
        by_group: whether each group is fitted apart. of_floor: whether the first constant is ln of a floor, whose ratio
            to the lowest loss the field knows.
    """

    outputs: tuple[str, ...]
    x: Callable[[Frame, int], np.ndarray]
    form: forms.Form
    cost: Callable[[Frame], np.ndarray]
    lengths: tuple[float, ...]
    in_logs: bool = True
    by_group: bool = False
    of_floor: bool = True
    amplitudes: dict[float, float] = field(default_factory=lambda: dict(AMPLITUDES))


def logs(rows: Frame, *columns: str, at: tuple[float, ...] = ()) -> np.ndarray:
    """Give ln(column / unit) of several columns, (rows, columns)."""
    units = at or (1.0,) * len(columns)
    return np.column_stack([np.log(rows[c].to_numpy() / u) for c, u in zip(columns, units, strict=True)])


SHARES = [f"proportion_domain_{i}" for i in range(1, 6)]
LEAST_SHARE = 0.003  # a domain that is left out counts as this share, inside the logarithm


def own_share_and_others(rows: Frame, output: int) -> np.ndarray:
    """Give ln of the domain's own share, the other shares but one, and which size it is."""
    own = np.log(np.maximum(rows[SHARES[output]].to_numpy(), LEAST_SHARE) / 0.1)
    others = [rows[name].to_numpy() for name in SHARES if name != SHARES[output]][1:]
    return np.column_stack([own, *others])


def one(name: str) -> Callable[[Frame], np.ndarray]:
    """Give ln of one column as the cost."""
    return lambda rows: np.log(rows[name].to_numpy())


TASKS = {
    "parallel": Task(
        ("loss",),
        lambda rows, i: logs(rows, "num_params", "parallel_size", at=(1e9, 1.0)),
        forms.Form(forms.parallel, forms.starts(("floor", "a", "alpha", "ln_k"), alpha=(0.3, 0.2), ln_k=(-1.0, 1.0))),
        one("num_params"),
        (6.0, 3.0),
        by_group=True,
    ),
    "vocab": Task(
        ("unigram_normalized_loss",),
        lambda rows, i: logs(rows, "non_vocab_parameters", "vocab_size", "num_characters", at=(3e8, 3e4, 3e10)),
        forms.Form(
            forms.vocabulary,
            {
                "floor": (1.7, 0.5),
                "a": (-1.0, 2.0),
                "alpha": (0.4, 0.3),
                "v": (-2.0, 2.0),
                "nu": (0.4, 0.3),
                "b": (-1.0, 2.0),
                "beta": (0.5, 0.3),
                "slope": (0.0, 0.3),
            },
        ),
        lambda rows: logs(rows, "vocab_size")[:, 0],
        (4.0, 3.0, 3.0),
        in_logs=False,
        of_floor=False,
        amplitudes=WIDE,
    ),
    "domain_mixture": Task(
        tuple(f"loss_domain_{i}" for i in range(1, 6)),
        own_share_and_others,
        forms.Form(
            forms.mixture,
            {
                "floor": (0.8, 1.0),
                "a": (-1.0, 1.5),
                "ln_alpha": (-1.5, 0.7),
                "o1": (0, 0.3),
                "o2": (0, 0.3),
                "o3": (0, 0.3),
            },
        ),
        lambda rows: np.zeros(len(rows)),
        (2.0, 1.0, 1.0, 1.0),
        by_group=True,
        of_floor=False,
    ),
    "moe": Task(
        ("loss_validation",),
        lambda rows, i: logs(rows, "dense_parameter_count", "num_experts", at=(1e8, 1.0)),
        forms.Form(
            forms.routed,
            {
                "floor": (0.5, 0.3),
                "a": (-0.5, 1.0),
                "b": (0.25, 0.2),
                "c": (0.1, 0.2),
                "d": (0.0, 0.05),
                "ln_most": (5.5, 1.0),
            },
        ),
        one("dense_parameter_count"),
        (6.0, 3.0),
    ),
    "data_constrained": Task(
        ("loss",),
        lambda rows, i: logs(rows, "unique_tokens", "params", "tokens", at=(2e10, 1e9, 2e10)),
        forms.Form(forms.repeated, {**forms.SMOOTH, "ln_decay": (2.7, 0.7)}),
        lambda rows: logs(rows, "params", "tokens").sum(axis=1),
        (3.0, 6.0, 3.0),
    ),
    "lr_bsz": Task(
        ("lm_loss",),
        lambda rows, i: logs(rows, "lr", "bsz", "data_size", "non_embedding_param_size", at=(1e-3, 256.0, 2e10, 5e8)),
        forms.Form(
            forms.valley,
            {
                **forms.SMOOTH,
                "rate": (0.0, 1.0),
                "by_size": (-0.5, 0.3),
                "by_data": (0.2, 0.3),
                "by_batch": (0.3, 0.3),
                "batch": (0.0, 1.0),
                "batch_by_data": (0.5, 0.3),
                "ln_curve": (-4.5, 1.0),
                "ln_curve_batch": (-4.5, 1.0),
            },
        ),
        lambda rows: logs(rows, "data_size", "non_embedding_param_size").sum(axis=1),
        (1.5, 1.5, 4.0, 4.0),
    ),
    "sparsity": Task(
        ("loss",),
        lambda rows, i: logs(rows, "N_active", "P", "N_dense", at=(0.05, 4.0, 0.05)),
        forms.Form(forms.power_over_floor, forms.starts(("floor", "a", "alpha"), floor=(0.6, 0.5), alpha=(0.3, 0.2))),
        one("N_dense"),
        (6.0, 3.0, 6.0),
        by_group=True,
    ),
    "farseer": Task(
        ("loss",),
        lambda rows, i: logs(rows, "N", "D", at=(1e9, 2e10)),
        forms.Form(forms.smooth_maximum, {**forms.SMOOTH, "floor": (-1.0, 1.0)}),
        lambda rows: logs(rows, "N", "D").sum(axis=1),
        (6.0, 3.0),
    ),
}


def predicted(task: Task, pool: Frame, asked: Frame) -> np.ndarray:
    """Predict every output of the rows asked for, (rows, outputs)."""
    found = np.full((len(asked), len(task.outputs)), np.nan)
    groups = asked["group"].unique(maintain_order=True) if task.by_group else [None]
    for group in groups:
        mine = np.ones(len(asked), dtype=bool) if group is None else (asked["group"] == group).to_numpy()
        known = pool if group is None else pool.filter(pl.col("group") == group)
        for i in range(len(task.outputs)):
            found[mine, i] = _output(task, known, asked.filter(pl.Series(mine)), i)
    return found


def _output(task: Task, pool: Frame, asked: Frame, output: int) -> np.ndarray:
    order = np.argsort(task.cost(pool), kind="stable")
    searched, fitted = _thinned(order, SEARCHED), order[-FITTED:]
    lowest = float(pool[task.outputs[output]].min())
    means = [WeightedMean(task.form, _prior(task, lowest))]
    shape = Discrepancy(task.lengths, (np.nan,) * len(task.lengths), growth=0.0)
    shape, made = by_evidence(means, _observed(task, pool[searched], output), shape, task.amplitudes)
    if len(fitted) > len(searched):
        best = {made.components[int(np.argmax(made.shares))].amplitude: 1.0}
        made = posterior(means, _observed(task, pool[fitted], output), shape, best)
    value = made.at(task.x(asked, output))[0]
    return np.exp(value) if task.in_logs else value


def _thinned(order: np.ndarray, most: int) -> np.ndarray:
    return order if len(order) <= most else order[np.linspace(0, len(order) - 1, most).round().astype(int)]


def _prior(task: Task, lowest: float) -> Normal:
    middle, spread = np.array(list(task.form.start.values()), dtype=np.float64).T
    if task.of_floor:
        middle[0], spread[0] = np.log(lowest) + FLOOR[0], FLOOR[1]
    return Normal(middle, np.diag(spread**2))


def _observed(task: Task, rows: Frame, output: int) -> Observed:
    """Give the rows as the engine takes them; where settings repeat, the noise expected is that of the repeats.

    A run that stands in the table twice is no repeat.
    """
    y = rows[task.outputs[output]].to_numpy()
    x, value, cost = task.x(rows, output), np.log(y) if task.in_logs else y, task.cost(rows)
    runs = np.unique(np.column_stack([x.round(9), value]), axis=0)
    spread, degrees = spread_of_repeats(runs[:, :-1], runs[:, -1])
    if degrees < MIN_REPEATS:
        return Observed(x, value, cost)
    return Observed(x, value, cost, falls=0.0, usual=(spread, degrees))


def r2(measured: np.ndarray, found: np.ndarray) -> float:
    """Give R2 over all outputs, clipped to [-1, 1]."""
    apart = ((measured - found) ** 2).sum() / ((measured - measured.mean()) ** 2).sum()
    return float(np.clip(1 - apart, -1, 1))


def folded(task: Task, pool: Frame) -> list[float]:
    """Predict each of the three costliest cells of the pool from the cheaper runs; for equal costs, each fifth row."""
    cost = task.cost(pool)
    levels = np.unique(cost)
    if len(levels) == 1:
        cells = [np.arange(len(pool)) % 5 == i for i in range(3)]
        return [_scored(task, pool, ~cell, cell) for cell in cells]
    steps = levels[1:][-3:] if len(levels) < 30 else np.quantile(cost, [0.9, 0.95, 0.98])
    return [_scored(task, pool, cost < step, cost >= step) for step in steps if _groups_kept(pool, cost, step)]


def _groups_kept(pool: Frame, cost: np.ndarray, step: float) -> bool:
    """Whether every group that is asked for has cheaper runs."""
    groups = pool["group"].to_numpy()
    return set(groups[cost >= step]) <= set(groups[cost < step])


def _scored(task: Task, pool: Frame, below: np.ndarray, above: np.ndarray) -> float:
    asked = pool.filter(pl.Series(above))
    return r2(asked.select(task.outputs).to_numpy(), predicted(task, pool.filter(pl.Series(below)), asked))


def main() -> None:
    """Predict every task."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA", help="folder of the tasks' tables")
    parser.add_argument("--predictions", type=Path, metavar="DIR", help="write TASK.csv here")
    parser.add_argument("--only", default=",".join(TASKS), help="tasks, with commas")
    parser.add_argument("--folds", action="store_true", help="score on the costliest cells of the pools")
    asked = parser.parse_args()
    scores: dict[str, float] = {}
    for name in asked.only.split(","):
        task, pool = TASKS[name], pl.read_csv(asked.data / f"{name}-train.csv")
        if asked.folds:
            each = folded(task, pool)
            scores[name] = float(np.mean(each))
            print(name, " ".join(f"{score:.3f}" for score in each), flush=True)
        else:
            score = _scored_target(name, task, pool, asked.data, asked.predictions)
            scores |= {name: score} if score is not None else {}
    of = "folds of the pool" if asked.folds else "tasks whose targets are here"
    if scores:
        published = float(np.mean([PUBLISHED[name] for name in scores]))
        print(f"mean R2 of {len(scores)} {of}: {np.mean(list(scores.values())):.3f} (published {published:.3f})")


def _scored_target(name: str, task: Task, pool: Frame, data: Path, to: Path | None) -> float | None:
    """Predict the target region, write it, print its R2 and give it; None where the targets are kept aside."""
    target = data / f"{name}-target.csv"
    rows = pl.read_csv(target if target.exists() else data / f"{name}-target-inputs.csv")
    found = predicted(task, pool, rows)
    if to:
        to.mkdir(parents=True, exist_ok=True)
        pl.DataFrame({output: found[:, i] for i, output in enumerate(task.outputs)}).write_csv(to / f"{name}.csv")
    score = r2(rows.select(task.outputs).to_numpy(), found) if target.exists() else None
    known = "targets kept aside" if score is None else f"R2 {score:.4f}"
    print(f"{name}: {known} (published, all data: {PUBLISHED[name]})", flush=True)
    return score


if __name__ == "__main__":
    main()
