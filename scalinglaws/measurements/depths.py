"""How much the losses of all depths scatter about one curve, with and without embeddings."""

from dataclasses import dataclass

import numpy as np

from ..points.points import Points
from ..results.attempt import Lacking
from ..results.fitted import Estimate
from ..uncertainty.interval_ends import t_quantile
from .family_tables import FamilyTables
from .intervals import between, exponential, independent_difference, jackknife, scaled, seed_margin
from .powers import Power
from .repeats import averaged
from .shape_panels import beside, longest, of_standard_ff, shaped, trend


@dataclass(frozen=True)
class Fan:
    """Spread of ln L about one smooth curve, with and without embeddings, over depths of two layers and more.

    Attributes:
        left: over all parameters; `left_all` with models of no and of one layer too.
        right: over N without embeddings; `right_all` with models of one layer too.
        ratio, ratio_all: left over right, with intervals by leaving out one model at a time.
    """

    models: int
    depths: tuple[int, ...]
    left: float
    right: float
    left_all: float
    right_all: float
    ratio: Estimate
    ratio_all: Estimate


def fan(evidence: FamilyTables) -> Fan:
    """Compare the two panels of the paper's sixth figure.

    Raises:
        Lacking: fewer than six models or three depths.
    """
    shape = shaped(evidence)
    shape = shape.take(of_standard_ff(shape) | (shape["n_layer"] == 0))
    sizes = beside(evidence, float(shape["tokens"][0]))
    rest = evidence.runs.take(evidence.of("F-N") & ~evidence.kept)
    rest = averaged(rest.take(np.abs(rest["tokens"] / shape["tokens"][0] - 1) < 0.01)) if len(rest) else rest
    names = ("params_nonembedding", "params_total", "n_layer", "loss_nats")
    both = {name: np.concatenate([shape[name], sizes[name], rest[name]]) for name in names}
    deep, one = both["n_layer"] >= 2, both["n_layer"] >= 1
    depths = tuple(sorted({int(n) for n in both["n_layer"][deep]}))
    if deep.sum() < 6 or len(depths) < 3:
        raise Lacking(
            f"family F-SHAPE ({int(deep.sum())} of at least 6 models, {len(depths)} of at least 3 depths present)"
        )
    total, alone, y = both["params_total"], both["params_nonembedding"], np.log(both["loss_nats"])
    every = np.ones(len(y), dtype=bool)
    spread = [_spread(x[rows], y[rows]) for x, rows in ((total, deep), (alone, deep), (total, every), (alone, one))]

    def ratio(left: np.ndarray, right: np.ndarray) -> Estimate:
        def logs(kept: np.ndarray) -> float:
            over_all = _spread(total[left & kept], y[left & kept])
            return float(np.log(np.divide(over_all, _spread(alone[right & kept], y[right & kept]))))

        return exponential(jackknife(logs, np.arange(len(y)), evidence.level))

    left, right, left_all, right_all = spread
    return Fan(int(deep.sum()), depths, left, right, left_all, right_all, ratio(deep, deep), ratio(every, one))


def _spread(n: np.ndarray, y: np.ndarray) -> float:
    x = np.log(n) - np.log(n).mean()
    return float(np.sqrt(np.sum((y - np.polyval(np.polyfit(x, y, 2), x)) ** 2) / max(1, len(y) - 3)))


def one_layer(evidence: FamilyTables) -> tuple[Points, Power]:
    """Give the models of one layer with `off`, nats above L(N); those within the fitted sizes where there are any.

    Raises:
        Lacking: no model of one layer.
    """
    tokens = longest(evidence)
    points, line = trend(evidence, tokens)
    fitted = beside(evidence, tokens)["params_nonembedding"]
    points = points.take((points["n_layer"] == 1) & of_standard_ff(points))
    if not len(points):
        raise Lacking("family F-SHAPE with a model of one layer (0 of at least 1 present)")
    n = points["params_nonembedding"]
    inside = (n >= fitted.min()) & (n <= fitted.max())
    points = points.take(inside) if inside.any() else points
    return points.replace(off=points["loss_nats"] * -np.expm1(-points["above"])), line


def above_line(evidence: FamilyTables) -> Estimate:
    """Give the mean distance of models of one layer above L(N), minus 2 sd of a seed, in nats, with an interval.

    It includes the uncertainty from the seeds of these models, from the line at their sizes (its residuals and its
    exponent), and of the sd of a seed.
    """
    points, line = one_layer(evidence)
    sigma, level = evidence.sigma, evidence.level
    off, loss = float(points["off"].mean()), float(points["loss_nats"].mean())
    seeds = seed_margin(sigma, level) * sigma.nats.value / np.sqrt(len(points))
    away = abs(float(np.log(points["params_nonembedding"]).mean()) - line.middle[0])
    level_of_line = t_quantile(level, max(line.points - 2, 1)) * line.rms_log / np.sqrt(line.points)
    slope = line.exponent.half * away
    half = float(np.hypot(seeds, loss * np.hypot(level_of_line, slope)))
    return independent_difference(between(off, off - half, off + half, level), scaled(sigma.nats, 2.0))
