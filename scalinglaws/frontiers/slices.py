"""Slices of constant compute: the sizes that were measured there, with their losses and tokens.

A slice is read from learning curves (envelope) or is a group of runs trained to one budget (isoFLOP). Replicates of a
size are averaged before sizes are compared; the best is never selected, because the minimum of n noisy losses is about
sqrt(2 ln n) standard deviations too low (winner's curse).
"""

from dataclasses import dataclass

import numpy as np

from ..errors import PointsError, argument
from ..points.names import which_count
from ..points.points import Points
from ..points.size_columns import column_of_sizes
from ..quantities import playing

SAME_SIZE = 0.02  # sizes within 2% count as one size: digitised tables, rounded shapes
_CONFIGURATION = ("arm", "n_layer", "d_model", "lr", "batch_tokens")  # runs that differ in these are not replicates


@dataclass(frozen=True)
class Slice:
    """Sizes at one compute, ascending: x = ln params, y = ln loss, z = ln tokens at this compute; `run`: the clusters.

    `off` is ln(compute / flops) of each loss: runs of one budget seldom spend exactly the budget.
    """

    flops: float
    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    run: np.ndarray
    off: np.ndarray

    @property
    def best(self) -> int:
        """The index of the lowest loss."""
        return int(np.argmin(self.y))


def chosen_columns(points: Points, columns: dict[str, str] | None) -> dict[str, str]:
    """Choose the quantity of each role: as asked, otherwise the first in `quantities` order that has no gaps.

    If there is no column of FLOPs, C = 6 N D is used, under the name flops_6nd or flops_6nd_total.

    Raises:
        PointsError: no column for params, tokens or loss.
    """
    asked = columns or {}
    unknown = sorted(set(asked) - {"params", "tokens", "flops", "loss"})
    if unknown:
        raise PointsError(f"columns names {unknown[0]!r}; it may name params, tokens, flops and loss.")
    roles = ("params", "tokens", "loss")
    choices = {role: [asked[role]] if role in asked else playing(role) for role in roles}
    found = {
        role: next((name for name in names if name in points and np.isfinite(points[name]).all()), "")
        for role, names in choices.items()
    }
    lacking = {role: names for role, names in choices.items() if not found[role]}
    if lacking:
        raise PointsError(_lacking(points, lacking))
    six = "flops_6nd_total" if found["params"] == "params_total" else "flops_6nd"
    preferred = [six, "flops"]
    found["flops"] = asked.get("flops") or next((name for name in preferred if name in points), six)
    if found["flops"] not in points and found["flops"] != six:
        points[found["flops"]]  # raises, naming what is there
    return found


def _lacking(points: Points, choices: dict[str, list[str]]) -> str:
    """Say which columns a table lacks, all at once, and how to name them; a count of parameters is filled in."""
    wanted = "; ".join(f"of {role}: one of {', '.join(names)}" for role, names in choices.items())
    said = (
        f"a frontier needs a column {wanted}, filled in every row. The table has {', '.join(sorted(points.columns))}."
    )
    count = column_of_sizes(points) if "params" in choices else None
    others = {names[0]: "COLUMN" for role, names in choices.items() if role != "params" or not count}
    if count:
        said += f" Say what {count!r} counts when the table is read: {which_count(count)}."
    return f"{said} Name {'also ' if count else ''}{argument(map=others)}." if others else said


def compute_of(points: Points, columns: dict[str, str]) -> np.ndarray:
    """Give the FLOPs of every row, or 6 N D if the table has none."""
    if columns["flops"] in points:
        return points[columns["flops"]]
    return 6 * points[columns["params"]] * points[columns["tokens"]]


def size_groups(params: np.ndarray) -> np.ndarray:
    """Give one number to the sizes within `SAME_SIZE` of the smallest of their group."""
    values, place = np.unique(np.log(params), return_inverse=True)
    return _groups(values, SAME_SIZE)[place.reshape(-1)]


def _groups(ascending: np.ndarray, width: float) -> np.ndarray:
    """Number groups no wider than `width`, each starting where the last ended: a chain of neighbours is not a group."""
    groups = np.empty(len(ascending), dtype=int)
    number, start = -1, 0
    while start < len(ascending):
        stop = int(np.searchsorted(ascending, ascending[start] + width, side="right"))
        number += 1
        groups[start:stop] = number
        start = stop
    return groups


def cluster_of(points: Points) -> np.ndarray:
    """Number the runs; a row without a run_id is a run of its own."""
    if "run_id" not in points:
        return np.arange(len(points))
    return np.unique(points.clusters(), return_inverse=True)[1].reshape(-1)


@dataclass(frozen=True)
class Curve:
    """Loss along compute at one size: ln C ascending, ln L, ln D; `run` is its cluster."""

    log_params: float
    log_flops: np.ndarray
    log_loss: np.ndarray
    log_tokens: np.ndarray
    run: int


def curves(points: Points, columns: dict[str, str], burn_in: float) -> list[Curve]:
    """Arrange the points as curves: one per run if runs have several points, otherwise one per size across horizons.

    `burn_in` is the fraction of a run's tokens left out at its start (warm-up), if runs have several points.

    Raises:
        PointsError: no row has a size: models without layers have no parameters beside their embeddings.
    """
    sized = points[columns["params"]] > 0
    if not sized.any():
        raise PointsError(f"column {columns['params']!r} is 0 in every row: models without layers lie on no frontier.")
    points = points.take(sized)
    runs = cluster_of(points)
    repeated = np.bincount(runs).max() > 1
    params, tokens = points[columns["params"]], points[columns["tokens"]]
    key = runs if repeated else size_groups(params)
    flops, loss = compute_of(points, columns), points[columns["loss"]]
    found = []
    order = np.argsort(key, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(key[order])) + 1):
        if repeated:
            rows = rows[tokens[rows] >= burn_in * tokens[rows].max()]
        rows = rows[np.argsort(flops[rows], kind="stable")]
        log_flops, log_loss, log_tokens = _merged(np.log(flops[rows]), np.log(loss[rows]), np.log(tokens[rows]))
        if len(log_flops) > 1:
            log_params = float(np.log(params[rows]).mean())
            found.append(Curve(log_params, log_flops, log_loss, log_tokens, int(key[rows[0]])))
    return _averaged(found, points, runs) if repeated else found


def _merged(x: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    """Average points within 1% of one compute: seeds of one horizon, or a log that is finer than its noise."""
    groups = _groups(x, 0.01 if len(x) <= 100 else max(0.01, (x[-1] - x[0]) / 100))
    count = np.bincount(groups)
    return tuple(np.bincount(groups, weights=v) / count for v in (x, *others))


def _averaged(found: list[Curve], points: Points, runs: np.ndarray) -> list[Curve]:
    """Average the curves of runs that differ only in their seed; without a column of seeds they stay unchanged."""
    if "seed" not in points:
        return found
    first = dict(zip(*np.unique(runs, return_index=True), strict=True))
    names = [name for name in _CONFIGURATION if name in points]
    families: dict[tuple, list[Curve]] = {}
    for curve in found:
        row = first[curve.run]
        key = (round(curve.log_params / SAME_SIZE), *(str(points[name][row]) for name in names))
        families.setdefault(key, []).append(curve)
    return [_mean(family) for family in families.values()]


def _mean(family: list[Curve]) -> Curve:
    """Average curves at every compute that one of them has, each over its own range: horizons may differ."""
    if len(family) == 1:
        return family[0]
    grid = np.sort(np.concatenate([curve.log_flops for curve in family]))
    [grid] = _merged(grid)
    here = np.array([(grid >= c.log_flops[0] - 1e-9) & (grid <= c.log_flops[-1] + 1e-9) for c in family])
    loss = np.array([np.interp(grid, c.log_flops, c.log_loss) for c in family])
    tokens = np.array([np.interp(grid, c.log_flops, c.log_tokens) for c in family])
    some = here.any(axis=0)  # a mean of computes within 1% may lie just outside both
    weight = here[:, some] / here[:, some].sum(axis=0)
    loss, tokens = (np.sum(weight * values[:, some], axis=0) for values in (loss, tokens))
    return Curve(family[0].log_params, grid[some], loss, tokens, family[0].run)


def slices_of_curves(found: list[Curve], per_decade: float) -> list[Slice]:
    """Read the curves at computes on a log grid, each inside its own range; of two curves of one size, the better."""
    starts = np.sort([curve.log_flops[0] for curve in found])
    ends = np.sort([curve.log_flops[-1] for curve in found])
    if len(found) < 3:
        raise PointsError(f"an envelope needs learning curves of at least 3 sizes; the points make {len(found)}.")
    low, high = starts[2], ends[-3]
    if high <= low:
        raise PointsError(
            "no compute is covered by the curves of three sizes. Give intermediate points of each run, "
            "or several horizons of each size; for runs in groups of one compute use isoflop."
        )
    steps = max(2, int(np.ceil((high - low) / np.log(10) * per_decade)) + 1)
    return [_read(found, log_flops) for log_flops in np.linspace(low, high, steps)]


def _read(found: list[Curve], log_flops: float) -> Slice:
    rows = []
    for curve in found:
        if curve.log_flops[0] - 1e-9 <= log_flops <= curve.log_flops[-1] + 1e-9:
            loss = np.interp(log_flops, curve.log_flops, curve.log_loss)
            tokens = np.interp(log_flops, curve.log_flops, curve.log_tokens)
            rows.append((curve.log_params, loss, tokens, 0.0, curve.run))
    return _one_each(np.exp(log_flops), np.array(rows).reshape(-1, 5), np.min)


def slices_of_budgets(points: Points, columns: dict[str, str], budgets: np.ndarray) -> list[Slice]:
    """Group the points by the given budget of each row; replicates of a size are averaged."""
    log_params, log_loss, log_tokens = (np.log(points[columns[role]]) for role in ("params", "loss", "tokens"))
    off = np.log(compute_of(points, columns) / budgets)
    table = np.stack([log_params, log_loss, log_tokens - off, off, cluster_of(points)], axis=1)
    return [_one_each(float(budget), table[budgets == budget], np.mean) for budget in np.unique(budgets)]


def _one_each(flops: float, table: np.ndarray, pick) -> Slice:
    """Keep one row per size: the mean of its replicates, or (between configurations) the best."""
    table = table[np.argsort(table[:, 0], kind="stable")]
    groups = size_groups(np.exp(table[:, 0])) if len(table) else np.empty(0, dtype=int)
    rows = []
    for number in np.unique(groups):
        same = table[groups == number]
        best = same[np.argmin(same[:, 1])] if pick is np.min else np.r_[same[:, :4].mean(axis=0), same[0, 4]]
        rows.append(best)
    x, y, z, off, run = np.array(rows).reshape(-1, 5).T
    return Slice(flops, x, y, z, run.astype(int), off)
