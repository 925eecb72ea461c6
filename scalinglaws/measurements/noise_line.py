"""The gradient noise scale of every size along its loss, and the line through all of them."""

from dataclasses import dataclass

import numpy as np

from ..points.points import Points
from ..results.attempt import Lacking
from ..results.fitted import Estimate
from .family_tables import LADDER, FamilyTables
from .intervals import between, exponential, scaled
from .joining import once
from .straight_line import coefficients

BIN = 0.1  # of ln loss
LEAST_MEASURED = 2  # steps behind a reading: one alone has no standard error
LEAST_READINGS = 6


@dataclass(frozen=True)
class NoiseReading:
    """The noise scale of one size near one loss, tokens; its standard error, and the number of steps measured."""

    params: float
    loss_nats: float
    noise: float
    sem: float
    measured: float


@dataclass(frozen=True)
class NoiseLine:
    """B_simple = `at_middle` (L / `middle`)^-`slope` through the readings of all sizes.

    Attributes:
        alpha_B: 1 / slope, as the paper's B_crit = B_* / L^(1/alpha_B) has it; None where the slope may be zero.
        of_size: exponent of N beside that of the loss; zero where the noise scale depends on the loss alone. None
            with one size.
    """

    middle: float
    at_middle: Estimate
    slope: Estimate
    alpha_B: Estimate | None
    of_size: Estimate | None


@once
def readings(evidence: FamilyTables) -> Points:
    """Take the evaluations at constant rate, one batch per size, with a noise scale from two steps or more.

    Raises:
        Lacking: fewer than six.
    """
    curves = evidence.curves_of(*LADDER, "F-GNS")
    if len(curves) and "noise_count" in curves:
        used = (curves["noise_count"] >= LEAST_MEASURED) & (curves["noise_scale"] > 0)
        curves = curves.take(used & (curves["run_kept"] == 1))
    else:
        curves = curves.take(np.zeros(len(curves), dtype=bool))
    if len(curves) < LEAST_READINGS:
        raise Lacking(f"family F-N with noise scales ({len(curves)} of at least {LEAST_READINGS} readings present)")
    return curves


@once
def noise_along(evidence: FamilyTables) -> list[NoiseReading]:
    """Average the readings of each size over bins of the loss, weighted by the steps behind each."""
    curves = readings(evidence)
    cell = np.floor(np.log(curves["loss_nats"]) / BIN)
    found = []
    for n in np.unique(curves["params_nonembedding"]):
        for one in np.unique(cell[curves["params_nonembedding"] == n])[::-1]:
            rows = curves.take((curves["params_nonembedding"] == n) & (cell == one))
            weight = rows["noise_count"] / rows["noise_count"].sum()
            found.append(
                NoiseReading(
                    float(n),
                    float(weight @ rows["loss_nats"]),
                    float(weight @ rows["noise_scale"]),
                    float(np.sqrt(np.sum((weight * rows["noise_scale_sem"]) ** 2))),
                    float(rows["noise_count"].sum()),
                )
            )
    return found


@once
def noise_line(evidence: FamilyTables) -> NoiseLine:
    """Fit ln B_simple on ln L by least squares weighted by the steps behind each reading.

    Intervals leave out one lineage at a time: the evaluations of a run are not independent.

    Raises:
        Lacking: fewer than three lineages.
    """
    curves = readings(evidence)
    lineage = curves["lineage"]
    lineages = len(np.unique(lineage))
    if lineages < 3:
        raise Lacking(f"family F-N with noise scales ({lineages} of at least 3 lineages present)")
    weight, y = curves["noise_count"], np.log(curves["noise_scale"])
    loss, size = np.log(curves["loss_nats"]), np.log(curves["params_nonembedding"])
    middle = float(weight @ loss / weight.sum())
    ones = np.ones(len(y))

    def estimates(*columns: np.ndarray) -> list[Estimate]:
        return coefficients(np.stack(columns, axis=1), y, lineage, evidence.level, weight)

    level, fall = estimates(ones, loss - middle)
    several = len(np.unique(size)) > 1
    of_size = estimates(ones, loss - middle, size - size.mean())[2] if several else None
    slope = scaled(fall, -1.0)
    low, high = slope.ends
    alpha_B = between(1 / slope.value, 1 / high, 1 / low, slope.level) if low > 0 else None
    return NoiseLine(float(np.exp(middle)), exponential(level), slope, alpha_B, of_size)
