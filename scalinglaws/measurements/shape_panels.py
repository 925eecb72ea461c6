"""Models of one size and different shapes: how much each loss lies above the best."""

from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from ..points.points import Points
from ..results.attempt import Lacking
from ..results.fitted import Estimate
from .family_tables import FamilyTables
from .intervals import between, jackknife, largest_of, seed_margin
from .joining import once
from .powers import Power, power
from .repeats import averaged

ONE_SIZE = 0.3  # of ln N: sizes this near are compared after a correction for N
STANDARD_FF = 4.0
KNOBS = ("d_model / n_layer", "n_heads", "d_ff / d_model")


@dataclass(frozen=True)
class Panel:
    """One dimension of the shape at one N: its values, and how far each loss lies above the best of the panel.

    Attributes:
        seeds: how many runs each loss is the mean of.
        exponent: of the L(N) by which losses were corrected to one N.
    """

    knob: str
    values: np.ndarray
    params: np.ndarray
    shapes: tuple[str, ...]
    increase: np.ndarray
    seeds: np.ndarray
    exponent: Estimate

    def take(self, rows: np.ndarray) -> "Panel":
        """Keep some of the values."""
        names = tuple(name for name, here in zip(self.shapes, rows, strict=True) if here)
        best = self.increase[rows].min()
        again = (1 + self.increase[rows]) / (1 + best) - 1
        return Panel(self.knob, self.values[rows], self.params[rows], names, again, self.seeds[rows], self.exponent)


def increase(evidence: FamilyTables, panel: Panel) -> Estimate:
    """Give the largest loss of a panel over its smallest, less 1, with an interval.

    Every pair of shapes is compared: the spread of seeds in its two means, by Bonferroni's correction over the pairs,
    and the correction for N, which is as uncertain as its exponent.
    """
    sigma, count = evidence.sigma, len(panel.values)
    margin = seed_margin(sigma, evidence.level, count * (count - 1) // 2) * sigma.log
    slope = panel.exponent.half
    logs, sizes = np.log1p(panel.increase), np.log(panel.params)
    pairs = []
    for i, j in permutations(range(count), 2):
        half = margin * np.sqrt(1 / panel.seeds[i] + 1 / panel.seeds[j]) + slope * abs(sizes[i] - sizes[j])
        above = logs[i] - logs[j]
        value, low, high = np.expm1([above, above - half, above + half]).tolist()
        pairs.append(between(value, low, high, evidence.level))
    return largest_of(pairs)


@once
def by_horizon(evidence: FamilyTables) -> dict[float, Points]:
    """Take the Transformers of F-SHAPE, seeds averaged, of every depth, by the tokens that most of them have seen."""
    points = evidence.family("F-SHAPE")
    points = averaged(points.take(points["arch"] == "transformer"))
    tokens, counts = np.unique(points["tokens"], return_counts=True)
    return {one: points.take(points["tokens"] == one) for one in tokens[counts == counts.max()].tolist()}


def longest(evidence: FamilyTables) -> float:
    """Give the horizon at which shapes are judged."""
    return max(by_horizon(evidence))


def shaped(evidence: FamilyTables) -> Points:
    """Take the shapes that are judged."""
    return by_horizon(evidence)[longest(evidence)]


def of_standard_ff(points: Points) -> np.ndarray:
    """Mark the models whose feed-forward width is four times their own, to 5%."""
    return np.abs(points["d_ff"] / (STANDARD_FF * points["d_model"]) - 1) < 0.05


def at_one_size(points: Points) -> Points:
    """Take the models about the size that has the most neighbours: near enough to compare after a correction for N."""
    logs = np.log(points["params_nonembedding"])
    near = np.abs(logs[:, None] - logs) < ONE_SIZE
    return points.take(near[near.sum(axis=1).argmax()])


def beside(evidence: FamilyTables, tokens: float) -> Points:
    """Take the sizes of F-N at this horizon, with a row per size.

    Raises:
        Lacking: fewer than three.
    """
    points = evidence.sizes
    points = averaged(points.take(np.abs(points["tokens"] / tokens - 1) < 0.01))
    count = len(np.unique(points["params_nonembedding"]))
    if count < 3:
        raise Lacking(f"family F-N at the horizon of F-SHAPE ({count} of at least 3 sizes present)")
    return points


@once
def trend(evidence: FamilyTables, tokens: float) -> tuple[Points, Power]:
    """Give F-SHAPE at a horizon with `above`, ln of the loss over L(N) of F-N there, and that line."""
    points = by_horizon(evidence)[tokens]
    line = power(evidence, beside(evidence, tokens), "params_nonembedding")
    n = np.where(points["params_nonembedding"] > 0, points["params_nonembedding"], np.nan)
    above = np.log(points["loss_nats"]) - line.exponent.value * (np.log(line.scale) - np.log(n))
    return points.replace(above=above), line


@once
def panels(evidence: FamilyTables, tokens: float) -> list[Panel]:
    """Sort the shapes of two layers and more at a horizon and the most common N into one panel per dimension."""
    points, line = trend(evidence, tokens)
    points = points.take((points["n_layer"] >= 2) & (points["excluded_because"] == ""))
    if len(points) < 2:
        raise Lacking(f"family F-SHAPE ({len(points)} of at least 2 shapes of two layers and more present)")
    points = at_one_size(points)
    ratio = points["d_ff"] / points["d_model"]
    standard = of_standard_ff(points)
    kinds = [str((a, b, c)) for a, b, c in zip(points["n_layer"], points["d_model"], points["d_ff"], strict=True)]
    common = max(set(kinds), key=kinds.count)
    many = np.array([kind == common for kind in kinds])
    base_depth = points["n_layer"][many][0]
    widths = points["d_model"] / points["n_heads"]
    usual = np.median(widths[standard & ~many]) if (standard & ~many).any() else np.median(widths)
    base = np.zeros(len(points), dtype=bool)
    base[np.flatnonzero(many)[np.abs(np.log(widths[many] / usual)).argmin()]] = True
    rows = {
        KNOBS[0]: standard & (~many | base),
        KNOBS[1]: many,
        KNOBS[2]: (~standard & (points["n_layer"] == base_depth)) | base,
    }
    values = {KNOBS[0]: points["d_model"] / points["n_layer"], KNOBS[1]: points["n_heads"], KNOBS[2]: ratio}
    return [_panel(knob, points, rows[knob], values[knob], line.exponent) for knob in KNOBS if rows[knob].sum() > 1]


def _panel(knob: str, points: Points, rows: np.ndarray, values: np.ndarray, exponent: Estimate) -> Panel:
    order = np.flatnonzero(rows)[np.argsort(values[rows])]
    some = points.take(order)
    names = tuple(
        f"({int(a)}, {int(b)}, {int(c)}, {int(d)})"
        for a, b, c, d in zip(some["n_layer"], some["d_model"], some["n_heads"], some["d_ff"], strict=True)
    )
    above = np.expm1(some["above"] - some["above"].min())
    return Panel(knob, values[order], some["params_nonembedding"], names, above, some["seeds"], exponent)


def explained(evidence: FamilyTables) -> dict[str, float]:
    """Give the share of ln N in the variance of ln L that it explains together with three dimensions of the shape.

    Returns:
        "first": ln N alone over all four; "unique": what is lost without ln N; "shape": what is lost without the other
        three; "mean": averaged over all orders (Lindeman, Merenda and Gold); "all": R2 of the four.
    """
    return _shares(*_shape_and_loss(evidence))


def size_against_shape(evidence: FamilyTables) -> Estimate:
    """Give what ln N adds to the shape, over the sum of that and of what the shape adds to ln N: in no order of entry.

    Its interval leaves out one model at a time, on the scale of the logarithm of the odds.
    """
    x, y = _shape_and_loss(evidence)

    def log_odds(rows: np.ndarray) -> float:
        found = _shares([v[rows] for v in x], y[rows])
        return float(np.log(max(found["unique"], 1e-12) / max(found["shape"], 1e-12)))

    found = jackknife(log_odds, np.arange(len(y)), evidence.level)
    share, low, high = (1 / (1 + np.exp(-np.array([found.value, *found.ends])))).tolist()
    return between(share, low, high, evidence.level)


def _shape_and_loss(evidence: FamilyTables) -> tuple[list[np.ndarray], np.ndarray]:
    shape, _ = trend(evidence, longest(evidence))
    shape = shape.take((shape["n_layer"] >= 2) & (shape["excluded_because"] == ""))
    sizes = beside(evidence, float(shape["tokens"][0]))
    names = ("params_nonembedding", "d_model", "n_layer", "n_heads", "d_ff", "loss_nats")
    both = Points({name: np.concatenate([shape[name], sizes[name]]) for name in names})
    d = both["d_model"]
    x = [
        np.log(both["params_nonembedding"]),
        np.log(d / both["n_layer"]),
        np.log(both["n_heads"]),
        np.log(both["d_ff"] / d),
    ]
    y = np.log(both["loss_nats"])
    if len(y) < 7:
        raise Lacking(f"families F-N and F-SHAPE ({len(y)} of at least 7 shapes present)")
    return x, y


def _shares(x: list[np.ndarray], y: np.ndarray) -> dict[str, float]:
    r2 = {some: _r2([x[i] for i in some], y) for k in range(5) for some in combinations(range(4), k)}
    whole = r2[(0, 1, 2, 3)]
    gains = [
        np.mean([r2[tuple(sorted((0, *some)))] - r2[some] for some in combinations((1, 2, 3), k)]) for k in range(4)
    ]
    parts = {
        "first": r2[(0,)],
        "unique": whole - r2[(1, 2, 3)],
        "shape": whole - r2[(0,)],
        "mean": float(np.mean(gains)),
    }
    return {name: value / whole for name, value in parts.items()} | {"all": whole}


def _r2(x: list[np.ndarray], y: np.ndarray) -> float:
    design = np.stack([np.ones_like(y), *x], axis=1)
    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return float(1 - rest.var() / y.var())
