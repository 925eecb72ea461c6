"""One straight line in logarithms: its exponent, its fit, its curvature, and two alternatives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import FitError
from ..fitting.fit import fit
from ..frontiers.budgets import Budget, Frontier, Line
from ..points.points import Points
from ..results.attempt import UNFIT, Lacking
from ..results.fitted import Estimate
from .family_tables import FamilyTables
from .intervals import between, scaled
from .joining import once
from .noise_about_lines import curvature, curvature_of_frontier, explained, of_square

LETTERS = {
    "params_nonembedding": "N",
    "dataset_tokens": "D",
    "flops_6nd": "C",
    "flops_min": "C_min",
    "steps_min": "S_min",
}

LEAST_DECADES = 0.5  # of compute, that a frontier must span


@dataclass(frozen=True)
class Power:
    """L = (x_c / x)^exponent through points of one column.

    Attributes:
        identified: the exponent; None where these points do not identify one, and `sentence` says why.
        scale: x_c; tokenizer and text set it, and it lies far outside the points.
        r2: of ln L.
        of_the_law: the same, of what is not noise between seeds (`noise_about_lines.explained`).
        better_by: AIC of L = b ln(x_0 / x) minus that of the power law; above zero the power law is better.
        curvature: coefficient of (ln x)^2 in ln L, with an interval; None with fewer than four points.
        floor: L_inf of L = L_inf + (x_0 / x)^a, and its exponent; None where these points do not identify them.
        decades: of x, between the first point and the last.
        middle: ln x and ln L in the middle of the points, where the line is least uncertain.
        separate: number of points that count as independent: the budgets of a frontier use the same few sizes.
    """

    column: str
    points: int
    identified: Estimate | None
    sentence: str
    scale: float
    r2: float
    of_the_law: Estimate
    rms_log: float
    better_by: float
    curvature: Estimate | None
    floor: Estimate | None
    floor_exponent: Estimate | None
    decades: float
    middle: tuple[float, float]
    separate: int

    @property
    def span(self) -> float:
        """ln x from the first point to the last."""
        return self.decades * float(np.log(10))

    @property
    def exponent(self) -> Estimate:
        """The exponent.

        Raises:
            FitError: the points do not identify it.
        """
        if self.identified is None:
            letter = LETTERS.get(self.column, self.column)
            raise FitError(f"the exponent of {letter} is not identified: {self.sentence}")
        return self.identified

    @property
    def equation(self) -> str:
        """The law in numbers."""
        letter = LETTERS.get(self.column, self.column)
        if self.identified is None:
            return f"no power of {letter}"
        return f"L = ({letter} / {self.scale:.3g})^-{self.exponent.value:.3f}"


def power(
    evidence: FamilyTables,
    points: Points,
    column: str,
    loss: str = "loss_nats",
    clusters: str = "lineage",
    *,
    alternatives: bool = False,
) -> Power:
    """Fit the line through points, and with `alternatives` the law with a floor.

    Raises:
        Lacking: fewer than three points.
    """
    if len(points) < 3:
        raise Lacking(f"three values of {column} ({len(points)} present)")
    columns = {"N": column, "L": loss}
    found = fit("kaplan-n", points, columns=columns, loss="ls-log", cluster=clusters, every_row=True)
    converged = found.outcome == "converged"  # what ends otherwise still misses the points by what it does
    floor, floor_exponent = _with_floor(evidence, points, columns, clusters) if alternatives else (None, None)
    x, y = np.log(points[column]), np.log(points[loss])
    count = len(points)
    return Power(
        column,
        count,
        evidence.parameter(evidence.drawn(found), "alpha_N") if converged else None,
        found.sentence,
        found.values["N_c"],
        found.r2,
        explained(evidence, found.r2, count, float(y.var())),
        found.rms_log,
        2 * count * float(np.log(logarithm_through(x, y)[2] / found.rms_log)),  # both have two parameters
        curvature(evidence, x, y),
        floor,
        floor_exponent,
        float(np.ptp(x) / np.log(10)),
        (float(x.mean()), float(y.mean())),
        count,
    )


def logarithm_through(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Fit L = b ln(x_0 / x), the rival of the paper's figure 23, by least squares in ln L.

    Args:
        x, y: ln x and ln L.

    Returns:
        L at the mean of ln x, its slope -b in ln x, and the root mean square residual in ln L.
    """
    from scipy.optimize import least_squares

    slope, at = np.polyfit(x - x.mean(), np.exp(y), 1)

    def residual(z):
        return y - np.log(np.maximum(z[0] + z[1] * (x - x.mean()), 1e-12))

    found = least_squares(residual, (at, slope))
    return float(found.x[0]), float(found.x[1]), float(np.sqrt(np.mean(found.fun**2)))


def _with_floor(evidence: FamilyTables, points: Points, columns: dict, clusters: str) -> tuple:
    try:
        how = {"columns": columns, "loss": "ls-log", "cluster": clusters, "every_row": True}
        found = evidence.fitted("henighan-n", points, **how)
    except UNFIT:
        return None, None
    drawn = evidence.drawn(found)
    return evidence.parameter(drawn, "L_inf"), evidence.parameter(drawn, "alpha_N")


@dataclass(frozen=True)
class Settled:
    """The lines of a frontier that has enough optima between sizes that were trained; `batch` is of c-min alone."""

    optima: tuple[Budget, ...]
    params: Line
    tokens: Line
    loss: Line
    batch: Line | None


def settled(found: Frontier) -> Settled:
    """Refuse a frontier that is nearly all censored: its exponents would depend on a few neighbouring budgets.

    Raises:
        Lacking: no line goes through what is left, or it spans less than half a decade of compute.
    """
    if found.params is None or found.tokens is None or found.loss is None:
        cut = [b.reason for b in found.budgets if b.censored]
        common = max(set(cut), key=cut.count) if cut else "no budget"
        raise Lacking(
            f"family F-N with more sizes or longer runs: {len(cut)} of {len(found.budgets)} budgets of the "
            f"{found.method} are censored, most of them as {common}"
        )
    flops = [b.flops for b in found.optima]
    decades = float(np.log10(max(flops) / min(flops)))
    if decades < LEAST_DECADES:
        raise Lacking(
            f"family F-N with more sizes: the optima of the {found.method} between sizes that were trained span "
            f"{decades:.2f} decades of compute, and {LEAST_DECADES:g} are asked for"
        )
    return Settled(found.optima, found.params, found.tokens, found.loss, found.batch)


@once
def of_size(evidence: FamilyTables) -> Power:
    """Fit L(N) at the longest horizon that every size has, a point a size."""
    return power(evidence, evidence.longest, "params_nonembedding", alternatives=True)


@once
def of_data(evidence: FamilyTables) -> Power:
    """Fit L(D) to the subsets of the largest model of F-ND."""
    points = largest_subsets(evidence)
    return power(evidence, points, "dataset_tokens", clusters="run_id", alternatives=True)


def largest_subsets(evidence: FamilyTables) -> Points:
    """Take the largest model of F-ND on each subset that its epochs allow to fit; the whole text is not one of them."""
    points = evidence.limited
    points = points.take(points["whole"] == 0)
    return points.take(points["params_nonembedding"] == points["params_nonembedding"].max())


@once
def of_compute(evidence: FamilyTables, least: bool = False) -> Power:
    """Fit L(C), or L(C_min), through the frontier's optima between sizes that were trained.

    The interval of the exponent is the frontier's own, over runs: its budgets share them.

    Raises:
        Lacking: too little of it is left (`settled`).
    """
    found = settled(evidence.c_min if least else evidence.envelope)
    optima = found.optima
    column = "flops_min" if least else "flops_6nd"
    points = Points(
        {
            column: [b.flops for b in optima],
            "loss_nats": [b.loss_nats for b in optima],
            "run_id": [str(i) for i in range(len(optima))],
        }
    )
    fitted = power(evidence, points, column, clusters="run_id", alternatives=True)
    exponent = scaled(found.loss.exponent, -1.0)
    nearest = nearest_size(evidence, np.array([b.params for b in optima]))
    separate = len(np.unique(nearest))
    return replace(
        fitted,
        identified=exponent if fitted.identified else None,
        of_the_law=explained(evidence, fitted.r2, separate, float(np.log(points["loss_nats"]).var())),
        curvature=curvature_of_frontier(evidence, np.log(points[column]), np.log(points["loss_nats"]), nearest),
        separate=separate,
    )


def nearest_size(evidence: FamilyTables, params: np.ndarray) -> np.ndarray:
    """Give the place of the nearest trained size: what is read near one size shares its seeds."""
    sizes = np.unique(evidence.along["params_nonembedding"])
    return np.abs(np.log(params)[:, None] - np.log(sizes)).argmin(axis=1)


@once
def of_data_for_any_size(evidence: FamilyTables) -> Power:
    """Fit L(D) without what the size of the model does.

    Where the size limits the loss too, L(D) of one model is curved by the law L(N, D) itself: each loss is divided by
    L(N, D) / L(inf, D) of the fitted law, whose uncertainty is in the interval of the curvature.
    """
    points, law = largest_subsets(evidence), evidence.data_law
    n, d = points["params_nonembedding"], points["dataset_tokens"]

    def limited(k: Mapping[str, Any]) -> np.ndarray:
        ratio = k["alpha_N"] / k["alpha_D"]
        return k["alpha_D"] * np.log1p((k["N_c"] / n) ** ratio * d / k["D_c"])

    points = points.replace(loss_nats=points["loss_nats"] * np.exp(-limited(law.fit.values)))
    line = power(evidence, points, "dataset_tokens", clusters="run_id", alternatives=True)
    if line.curvature is None:
        return line
    cloud = limited({name: column[:, None] for name, column in zip(law.names, law.values.T, strict=True)})
    drawn = cloud @ of_square(np.log(d), np.log(points["loss_nats"]))[0]
    half = float(np.hypot(line.curvature.half, evidence.estimate(0.0, drawn).half))
    value = line.curvature.value
    return replace(line, curvature=between(value, value - half, value + half, evidence.level))


def trends(evidence: FamilyTables) -> dict[str, Callable[[], Power]]:
    """Name the four trends of the paper's first figure, each fitted when called."""
    return {
        "L(N)": lambda: of_size(evidence),
        "L(D)": lambda: of_data(evidence),
        "L(C)": lambda: of_compute(evidence),
        "L(C_min)": lambda: of_compute(evidence, least=True),
    }
