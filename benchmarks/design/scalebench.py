"""ScaleBench's eight tasks within a budget: runs are bought one after another, to predict the costly region.

    python benchmarks/design/scalebench.py DATA --predictions DIR [--only TASKS] [--hide SHARE] [--seed N]
    python benchmarks/design/scalebench.py DATA --folds | --cell K [--only TASKS] [--hide SHARE] [--seed N]

DATA is as for benchmarks/forecast/scalebench.py, whose laws and engine predict. Runs are bought within 1, 5 and 10% of
the cost of the whole pool (20, 35 and 50% for domain_mixture and sparsity); DIR gets TASK-SHARE.csv, the target columns
predicted, in the order of the inputs. Losses are seen of runs that were bought alone. `--folds` scores on the costliest
tenth of the pool instead, which cannot be bought: settings were chosen by it. `--cell K` scores on the runs of the K-th
highest cost, and leaves those of that cost and above out of the pool. `--rule` is `telling` (spread, then by
variance), `spread`, `random`, or by default `auto`: spread up to three inputs, telling for more. `--hide 0.1` takes a
random tenth of the pool away, another by each seed, which shows how much a score owes to the runs that there are.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "forecast"))

import numpy as np
import polars as pl
import scalebench as whole

from scalinglaws.planning.choosing import START, JointVariance, affordable, fixed, most_telling, spread_out
from scalinglaws.predicting.discrepancy import Discrepancy
from scalinglaws.predicting.lengths import by_evidence
from scalinglaws.predicting.mixture import Posterior, WeightedMean, posterior

STAGES = (0.35, 0.5, 0.75, 1.0)  # shares of the budget at which the law is fitted again
FEW_INPUTS = 3  # up to here all runs are spread out: the choice by variance does no better, and worse from few runs
CANDIDATES, TARGETS = 400, 40  # rows by which is chosen; of more, some are drawn
FITTED = 120  # rows to which the law is fitted while choosing
USUAL_LOSS, GROUPS_APART = np.log(2.5), 0.5  # ln(loss) of a group of which nothing is known, and sd between groups
# Where settings repeat, one run is only a draw of its setting: it may cost a fifth of the money, or a tenth where a
# fifth leaves fewer than MANY runs, and the share REPEATED of the money goes to second runs, which tell the noise.
DEAREST, MANY, REPEATED = (0.2, 0.1), 40, 0.1
FEW = 12  # runs below which the lengths stay where they are
PUBLISHED = {
    "parallel": (-1, 0.77, 0.99),
    "vocab": (0.96, 0.98, 0.98),
    "domain_mixture": (0.64, 0.89, 0.95),
    "moe": (0.59, 0.65, 0.83),
    "data_constrained": (0.73, 0.85, 0.86),
    "lr_bsz": (-0.66, 0.00, 0.22),
    "sparsity": (0.31, 0.44, 0.53),
    "farseer": (0.60, 0.88, 0.93),
}
COST = {
    "parallel": lambda r: r["num_params"],
    "vocab": lambda r: r["non_vocab_parameters"] * r["num_characters"],
    "domain_mixture": lambda r: r["proportion_domain_1"] * 0 + 1,
    "moe": lambda r: r["dense_parameter_count"] * r["num_experts"],
    "data_constrained": lambda r: r["params"] * r["tokens"],
    "lr_bsz": lambda r: r["data_size"] * r["non_embedding_param_size"],
    "sparsity": lambda r: r["N_dense"] * r["D1"] + r["N_active"] * r["D2"],
    "farseer": lambda r: r["N"] * r["D"],
}

Frame = pl.DataFrame


def shares_of(name: str) -> tuple[int, ...]:
    """Give the budgets of a task, in per cent of the pool's cost."""
    return (20, 35, 50) if name in ("domain_mixture", "sparsity") else (1, 5, 10)


@dataclass
class Purchase:
    """One pool, one budget: what was bought, and what is known of it."""

    task: whole.Task
    pool: Frame
    asked: Frame
    cost: np.ndarray
    budget: float
    rng: np.random.Generator

    def __post_init__(self):
        self.bought: list[int] = []
        self.lengths: dict[object, tuple[float, ...]] = {}
        groups = self.pool["group"].to_numpy()
        self.groups = list(dict.fromkeys(groups)) if self.task.by_group else [None]
        self.group_of = groups if self.task.by_group else np.full(len(groups), None)
        asked = self.asked["group"].to_numpy()
        self.asked_of = asked if self.task.by_group else np.full(len(asked), None)
        self.settings = np.unique(self.inputs(self.pool).round(9), axis=0, return_inverse=True)[1].ravel()

    @property
    def spent(self) -> float:
        """Cost of what was bought."""
        return float(self.cost[self.bought].sum())

    def inputs(self, rows: Frame) -> np.ndarray:
        """Give the inputs of every output side by side, in ranges of the pool, with the group as one column each."""
        found = [self.task.x(rows, i) for i in range(len(self.task.outputs))]
        pooled = [self.task.x(self.pool, i) for i in range(len(self.task.outputs))]
        x, over = np.column_stack(found), np.column_stack(pooled)
        width = np.ptp(over, axis=0)
        x = (x / np.where(width > 0, width, 1.0))[:, width > 0]
        marks = [
            (rows["group"].to_numpy() == group).astype(float)[:, None] for group in self.groups if group is not None
        ]
        return np.column_stack([x, *marks])

    def start(self, rule: str) -> None:
        """Buy the first share of the budget by spread, or all of it where that is the rule."""
        money = self.budget if rule == "spread" else START * self.budget
        for dearest in DEAREST if self.repeats else ():
            self.bought = []
            self._spread((1 - REPEATED) * money, dearest * money)
            self._repeat(money)
            if len(self.bought) >= MANY:
                break
        self._spread(money, money)
        self.bought = self.bought or [int(np.argmin(self.cost))]

    @property
    def repeats(self) -> bool:
        """Whether most settings of the pool are there more than once, so that a run is only one draw of its setting."""
        return self.settings.max() + 1 < 0.5 * len(self.settings)

    def _repeat(self, money: float) -> None:
        """Buy a second run of settings that were bought once, the cheapest first."""
        for run in np.argsort(self.cost, kind="stable"):
            times = int((self.settings[self.bought] == self.settings[run]).sum())
            if times == 1 and run not in self.bought and self.spent + self.cost[run] <= money:
                self.bought.append(int(run))

    def _spread(self, money: float, dearest: float) -> None:
        """Spread runs that cost at most `dearest` each over what is left of some money."""
        some = self._candidates(min(dearest, money - self.spent))
        if not len(some):
            return
        x = self.inputs(self.pool)[np.concatenate([some, self.bought]).astype(int)]
        price = fixed(np.concatenate([self.cost[some], self.cost[self.bought]]))
        there = range(len(some), len(x))
        made = spread_out(x, self.inputs(self.asked), price, money - self.spent, list(there))
        self.bought += [int(some[run]) for run in made.runs]

    def _candidates(self, money: float) -> np.ndarray:
        free = np.flatnonzero(affordable(self.cost, money, self.bought))
        return free if len(free) <= CANDIDATES else np.sort(self.rng.choice(free, CANDIDATES, replace=False))

    def go_on(self, until: float) -> None:
        """Fit what is known, plan for all that is left, and buy the plan's cheapest up to a share of the budget."""
        some = self._candidates(self.budget - self.spent)
        if not len(some):
            return
        blocks = [
            block
            for group in self.groups
            for output in range(len(self.task.outputs))
            if (block := self._block(group, output, some)) is not None
        ]
        plan = most_telling(blocks, fixed(self.cost[some]), self.budget - self.spent)
        runs = sorted((int(some[run]) for run in plan.runs), key=lambda run: self.cost[run])
        first = True
        for run in runs:
            if not first and self.spent + self.cost[run] > until * self.budget * (1 + 1e-9):
                break
            self.bought.append(run)
            first = False

    def _block(self, group, output: int, some: np.ndarray) -> JointVariance | None:
        members = np.flatnonzero(self.group_of[some] == group)
        asked = np.flatnonzero(self.asked_of == group)
        if not len(members) or not len(asked):
            return None
        if len(asked) > TARGETS:
            asked = np.sort(self.rng.choice(asked, TARGETS, replace=False))
        known = self.known(group)
        made = self.fitted(known, (group, output), output)
        rows, targets = self.pool[some[members]], self.asked[asked]
        x = np.concatenate([self.task.x(rows, output), self.task.x(targets, output)])
        covariance = made.jointly(x)[1]
        top = made.seen.compute.max()
        noise = (made.noise * np.exp(-0.3 * (self.task.cost(rows) - top))) ** 2
        return JointVariance(members, covariance, noise + 1e-12)

    def known(self, group) -> Frame:
        """Give the runs bought in a group; where there are none, those of all groups."""
        mine = [run for run in self.bought if self.group_of[run] == group]
        return self.pool[mine or self.bought]

    def fitted(self, known: Frame, name, output: int) -> Posterior:
        """Fit the task's law to some rows, with lengths kept from one stage to the next where runs are few."""
        order = np.argsort(self.task.cost(known), kind="stable")
        known = known[whole._thinned(order, FITTED)]
        y = known[self.task.outputs[output]].to_numpy()
        means = [WeightedMean(self.task.form, whole._prior(self.task, float(y.min())))]
        shape = Discrepancy(self.lengths.get(name, self.task.lengths), (np.nan,) * len(self.task.lengths), growth=0.0)
        seen = whole._observed(self.task, known, output)
        if len(known) < FEW:
            return posterior(means, seen, shape, self.task.amplitudes)
        shape, made = by_evidence(means, seen, shape, self.task.amplitudes)
        self.lengths[name] = shape.lengths
        return made

    def predicted(self) -> np.ndarray:
        """Predict every output of the rows asked for from what was bought, (rows, outputs)."""
        found = np.full((len(self.asked), len(self.task.outputs)), np.nan)
        for group in self.groups:
            mine = self.asked_of == group
            rows = self.asked.filter(pl.Series(mine))
            for output in range(len(self.task.outputs)) if mine.any() else ():
                found[mine, output] = self._values(group, output, rows)
        return found

    def _values(self, group, output: int, rows: Frame) -> np.ndarray:
        known = self.known(group)
        if len(known) >= FEW:
            return whole._output(self.task, known, rows, output)
        value = self.fitted(known, (group, output), output).at(self.task.x(rows, output))[0]
        if group not in self.group_of[self.bought]:  # of another group alone: drawn towards a loss that is usual
            weight = 1 / (1 + 1 / GROUPS_APART**2)
            value = value + weight * (USUAL_LOSS - np.log(known[self.task.outputs[output]].mean()))
        return np.exp(value) if self.task.in_logs else value


def bought(task: whole.Task, pool: Frame, asked: Frame, cost: np.ndarray, budget: float, seed: int, rule: str):
    """Buy runs of a pool within a budget, and predict."""
    purchase = Purchase(task, pool, asked, cost, budget, np.random.default_rng(seed))
    if rule == "random":
        order = purchase.rng.permutation(len(pool))
        for run in order:
            if purchase.spent + cost[run] <= budget:
                purchase.bought.append(int(run))
    else:
        if rule == "auto":
            rule = "spread" if len(task.lengths) <= FEW_INPUTS else "telling"
        purchase.start(rule)
        for until in STAGES if rule == "telling" else ():
            purchase.go_on(until)
    if purchase.spent > budget * (1 + 1e-6) and len(purchase.bought) > 1:
        raise ValueError(f"spent {purchase.spent} of {budget}")
    return purchase.predicted(), len(purchase.bought), purchase.spent / budget


def split(task: whole.Task, pool: Frame, cost: np.ndarray, share: float = 0.1) -> tuple[Frame, Frame, np.ndarray]:
    """Set the rows of a pool aside that lie highest in what the target region is higher in, of each group."""
    rng, order_by = np.random.default_rng(0), task.cost(pool)
    groups = pool["group"].to_numpy() if task.by_group else np.zeros(len(pool))
    aside = np.zeros(len(pool), dtype=bool)
    for group in dict.fromkeys(groups):
        rows = np.flatnonzero(groups == group)
        order = rows[np.lexsort([rng.random(len(rows)), order_by[rows]])]
        level = order_by[order[-max(2, round(share * len(rows)))]]
        aside[order[-max(2, round(share * len(rows))) :]] = True
        if np.ptp(order_by[rows]) > 0:
            aside[rows[order_by[rows] >= level]] = True
    return pool.filter(pl.Series(~aside)), pool.filter(pl.Series(aside)), cost[~aside]


def cell(pool: Frame, cost: np.ndarray, place: int) -> tuple[Frame, Frame, np.ndarray]:
    """Set the rows of the highest cost aside, or of the next highest and so on; only cheaper rows stay in the pool."""
    level = np.unique(cost)[-place]
    return pool.filter(pl.Series(cost < level)), pool.filter(pl.Series(cost == level)), cost[cost < level]


def main() -> None:
    """Buy and predict for every task and budget."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--predictions", type=Path, metavar="DIR")
    parser.add_argument("--only", default=",".join(COST))
    fold = parser.add_mutually_exclusive_group()
    fold.add_argument("--folds", action="store_true")
    fold.add_argument("--cell", type=int, metavar="K")
    parser.add_argument("--rule", default="auto", choices=("auto", "telling", "spread", "random"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hide", type=float, default=0.0, metavar="SHARE")
    options = parser.parse_args()
    for name in options.only.split(","):
        task, pool = whole.TASKS[name], pl.read_csv(options.data / f"{name}-train.csv")
        cost = COST[name](pool).to_numpy().astype(float)
        target = options.data / f"{name}-target.csv"
        asked = pl.read_csv(target if target.exists() else options.data / f"{name}-target-inputs.csv")
        if options.cell:
            pool, asked, cost = cell(pool, cost, options.cell)
        total = cost.sum()
        if options.folds:
            pool, asked, cost = split(task, pool, cost)
        kept = np.random.default_rng(1000 + options.seed).random(len(pool)) >= options.hide
        pool, cost = pool.filter(pl.Series(kept)), cost[kept]
        for share, published in zip(shares_of(name), PUBLISHED[name], strict=True):
            began = time.process_time()
            found, many, used = bought(task, pool, asked, cost, share / 100 * total, options.seed, options.rule)
            scored = task.outputs[0] in asked.columns
            score = f"R2 {whole.r2(asked.select(task.outputs).to_numpy(), found):6.3f}" if scored else "kept aside"
            seconds = time.process_time() - began
            print(
                f"{name} {share}%: {score} (published {published}), {many} runs, {used:.0%} of the budget, "
                f"{seconds:.1f} CPU s",
                flush=True,
            )
            if options.predictions:
                options.predictions.mkdir(parents=True, exist_ok=True)
                columns = {output: found[:, i] for i, output in enumerate(task.outputs)}
                pl.DataFrame(columns).write_csv(options.predictions / f"{name}-{share}.csv")


if __name__ == "__main__":
    main()
