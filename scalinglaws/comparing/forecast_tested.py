"""How the default forecast did on the larger runs of a table: made from the runs below each compute in turn."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import FitError, PointsError
from ..points.points import Points
from ..predicting.forecast import forecaster
from ..results.tested import LawRanked
from .backtest import Cut, compute_column, scored
from .comparison import runs_tested


def forecast_tested(
    points: Points, cuts: Sequence[float], columns: Mapping[str, str], level: float
) -> LawRanked | None:
    """Make the forecast from the runs up to each compute, and score it on the runs above, each for one new run.

    A run of which the forecast says "not determined" is not scored.

    Args:
        columns: letter -> column, of N, D and L.
        level: of the interval.

    Returns:
        the score, with `parameters` 0; None where no forecast can be made below any of the cuts.
    """
    kept = points.kept
    scale = compute_column(kept, "flops")
    found = [one for cut in cuts if (one := _one(kept, scale, cut, columns, level))]
    if not found:
        return None
    errors = np.concatenate([one.errors for one in found])
    return LawRanked(
        "forecast",
        0,
        score=float(np.mean([np.abs(one.errors).mean() for one in found])),
        rms_log=float(np.sqrt(np.mean(errors**2))),
        coverage=float((np.concatenate([one.ratios for one in found]) <= 1).mean()),
        tested=runs_tested(found),
    )


def _one(kept: Points, scale: np.ndarray, at: float, columns: Mapping[str, str], level: float) -> Cut | None:
    below, above = scale <= at, scale > at
    if not above.any():
        return None
    held = kept.take(above)
    try:
        made = forecaster(kept.take(below), columns=columns)
        said = made.ask({letter: held[made.seen.columns[letter]] for letter in ("N", "D")}, level=level)
    except (PointsError, FitError):
        return None
    value, low, high = (np.broadcast_to(one, len(held)) for one in (said.value, said.low, said.high))
    known = np.isfinite(value)
    if not known.any():
        return None
    errors, ratios = scored(held[made.seen.columns["L"]][known], value[known], low[known], high[known])
    reaches = scale[above][known] / scale[below].max()
    return Cut(at, int(below.sum()), int(known.sum()), errors=errors, ratios=ratios, reaches=reaches)
