"""forecast(points, at): the loss of a larger run with no law named, where a claim can rest on the points at all."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..auditing.bearing import bearing, in_lines
from ..auditing.claim_gate import barred_of_forecast
from ..errors import refuse
from ..points.points import Points
from ..predicting.forecast import Forecast, forecaster
from ..predicting.prior import Prior
from ..records.arguments import checked


@checked
def forecast(
    points: Points,
    at: Mapping[str, float | np.ndarray],
    *,
    prior: str | Prior = "field",
    columns: Mapping[str, str] | None = None,
    level: float = 0.95,
    kind: str = "run",
    anyway: bool = False,
) -> Forecast:
    """Forecast the loss of runs that nobody has made: from size N and tokens D, with no law taken on trust.

    ln L is the smooth-maximum law (Skaling 2026) with a joint normal prior on its constants, learnt from public
    studies, plus a Gaussian process (the discrepancy, Kennedy & O'Hagan 2001), plus Student's t noise, averaged over
    amplitudes of the process by their evidence. The interval held 95% of larger runs of studies that its prior had not
    seen; docs/forecast.md has the tables, with the studies where it fails.

    Args:
        at: letter -> target, numbers or arrays: {"N": 7e10, "D": 1.4e12}.
        prior: "field", "none" (orders of magnitude only), a file written by `scalinglaws prior`, or a `Prior`.
        columns: letter -> column, where it is not the usual one.
        level: of the interval. kind: "run" for one new run, including its noise; "mean" without it.
        anyway: forecast although no claim can rest on these points.

    Raises:
        PointsError: a column is missing, a value is not positive, or there are fewer than three points.
        FitError: no claim can rest on these points: they scatter, rise with size or mix units.
        LawError: a target is not a positive number. MisuseError: the prior, the level or the kind is unknown.
    """
    known = forecaster(points, prior=prior, columns=columns)
    found = known.ask(at, level=level, kind=kind)
    failed = bearing(points, known.seen.columns)
    bars = barred_of_forecast(known, failed)
    refuse("forecast", () if anyway else bars)
    return replace(found, barred=bars, warnings=(*found.warnings, *in_lines(failed)))
