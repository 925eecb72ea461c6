"""Rolling-origin backtest: fit below a compute, predict above it, and measure the coverage of the intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import FitError, LawError, PointsError, argument, counted
from ..fitting.columns import chosen_columns, with_derived_inputs
from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..fitting.rows_of_law import about, with_its_rows
from ..laws import law as shelf
from ..laws.declaration import Law
from ..points.one_definition import unmixed
from ..points.points import Points
from ..predicting.predict import predict
from ..quantities import playing
from ..records.arguments import checked
from ..uncertainty.draws import draws as draw

SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # fractions of the points below the default cuts
LEAST_HELD = 5  # minimum number of points above a cut: fewer say little about a 95% band
QUANTILE = 0.95


@dataclass(frozen=True)
class Cut:
    """One origin: the law is fitted to the points below `at` and predicts the points above it.

    Attributes:
        reach: median compute of the held-out points divided by the largest compute fitted. rms_log, bias_log: root mean
            square and mean of ln(measured / predicted) above the cut. coverage: fraction of the held-out points inside
            the prediction interval. ratios: |error| / half-width of each held-out point; `errors`: signed log errors;
            `reaches`: reach of each point. rows: row number of each held-out point among the points that take part.
            failed: why there is no fit; empty if there is one. ended: how the fit ended, unless it converged.
    """

    at: float
    fitted: int
    held: int
    reach: float = float("nan")
    rms_log: float = float("nan")
    bias_log: float = float("nan")
    coverage: float = float("nan")
    ratios: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    errors: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    reaches: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int), repr=False)
    failed: str = ""
    ended: str = ""


def compute_column(points: Points, by: str) -> np.ndarray:
    """Give the scale to cut by: a column, or for "flops" the first column of compute, otherwise 6 N D.

    Raises:
        PointsError: there is no such column, and there are no sizes and tokens to compute it from.
    """
    if by != "flops":
        return points[by]
    names = ["flops_6nd", *(name for name in playing("flops") if name != "flops_6nd")]
    name = next((name for name in names if name in points), None)
    if name is not None:
        return points[name]
    params = next((name for name in playing("params") if name in points), None)
    if params is None or "tokens" not in points:
        raise PointsError(
            "no column says how much compute a point took, nor do sizes and tokens. "
            f"Name one with {argument(map={'flops': 'COLUMN'})}, or cut by another column: {argument(by='COLUMN')}."
        )
    return 6 * points[params] * points["tokens"]


def default_cuts(scale: np.ndarray, parameters: int) -> list[float]:
    """Cut at 30, 40 ... 90% of the points, if 2 points per parameter remain below and 5 above."""
    ordered = np.sort(scale)
    cuts = []
    for share in SHARES:
        below = round(share * len(ordered))
        if below >= 2 * parameters and len(ordered) - below >= LEAST_HELD and ordered[below - 1] < ordered[below]:
            cuts.append(float(np.sqrt(ordered[below - 1] * ordered[below])))
        elif below >= 2 * parameters and len(ordered) - below >= LEAST_HELD:
            cuts.append(float(ordered[below]))
    return sorted({cut for cut in cuts if (scale > cut).sum() >= LEAST_HELD and (scale <= cut).sum() > parameters})


@checked
def backtest(
    law: Law | str,
    points: Points,
    cuts: Sequence[float] | None = None,
    *,
    by: str = "flops",
    upto: float | None = None,
    level: float = 0.95,
    draws: int = 300,
    seed: int = 0,
    options: Mapping | None = None,
) -> tuple[Cut, ...]:
    """Fit `law` below each cut and score it on the points above (and not above `upto`), each for a new run's interval.

    Raises:
        PointsError: no column of compute, or too few points for any cut.
    """
    law = shelf(law) if isinstance(law, str) else law
    points = with_derived_inputs(law, with_its_rows([law], points), (options or {}).get("columns"))[0]
    options = dict(options or {})
    points = unmixed(points.kept, [*law.convention.values(), *options.get("columns", {}).values()])
    if not options.get("every_row"):
        points = about(law, points, chosen_columns(law, points, options.get("columns")))[0].kept
    options["every_row"] = True  # below a compute the rows stay those of the whole table
    scale = compute_column(points, by)
    chosen = list(cuts) if cuts is not None else default_cuts(scale, len(law.parameters))
    if not chosen:
        raise PointsError(
            f"{counted(len(points), 'point')}: too few to fit law {law.name!r} below a compute and test it above: "
            f"it needs {2 * len(law.parameters)} below and {LEAST_HELD} above, at different computes."
        )
    top = np.inf if upto is None else upto
    return tuple(_one(law, points, scale, cut, top, level, draws, seed, options) for cut in chosen)


def _one(law: Law, points: Points, scale: np.ndarray, cut: float, top: float, level, draws, seed, options) -> Cut:
    below, above = scale <= cut, (scale > cut) & (scale <= top)
    if not above.any():
        lower = argument(above=float(f"{np.median(scale):.3g}"))
        raise PointsError(
            f"no point lies above {cut:.3g}; the largest is {scale.max():.3g}. Choose a lower one, such as {lower}."
        )
    held = points.take(above)
    try:
        found = fit(law, points.take(below), **options)
        spread = draw(found, draws=draws, seed=seed)
        said = predict(spread, {letter: held[found.columns[letter]] for letter in found.law.inputs}, level=level)
    except (FitError, LawError, PointsError) as failure:
        return Cut(cut, int(below.sum()), int(above.sum()), failed=str(failure))
    target = held[target_column(found)]
    errors, ratios = scored(target, said.value, said.low, said.high)
    return Cut(
        at=cut,
        fitted=int(below.sum()),
        held=int(above.sum()),
        reach=float(np.median(scale[above]) / scale[below].max()),
        rms_log=float(np.sqrt(np.mean(errors**2))),
        bias_log=float(errors.mean()),
        coverage=float((ratios <= 1).mean()),
        ratios=ratios,
        errors=errors,
        reaches=scale[above] / scale[below].max(),
        rows=np.flatnonzero(above),
        ended="" if found.outcome == "converged" else found.sentence,
    )


def target_column(found: Fit) -> str:
    """Name the column that a fit predicts."""
    return found.columns[found.law.target]


def scored(measured, value, low, high) -> tuple[np.ndarray, np.ndarray]:
    """Give log errors, and their size divided by the half-width of the interval on the same side."""
    errors = np.log(measured) - np.log(value)
    half = np.where(errors > 0, np.log(high) - np.log(value), np.log(value) - np.log(low))
    return errors, np.abs(errors) / np.maximum(half, 1e-12)
