"""How far the best sizes of a named law lie from the forecast's at the runs' own compute: an error of its form."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..errors import FitError, LawError, MisuseError, PointsError
from ..points.points import Points
from ..predicting.forecast import forecaster
from ..results.size_error import RATE
from ..uncertainty.drawn import Draws
from .best_split import Spending
from .law_splits import split

BACK = 10.0  # the miss is measured at the largest compute fitted, and at this many times less
DRAWS = 300  # of the forecast's best size, of which the variance alone is used
KEPT = 32  # fits whose miss is kept: a page plans many budgets by one
TOLD = 1.25  # a factor between the two best sizes of which a plan warns
SURE = 2.0  # standard deviations of the forecast by which they must differ


@dataclass(frozen=True)
class SizeMiss:
    """The error of a law's form in ln N*, beyond what resamples show.

    Attributes:
        here: standard deviation at the largest compute fitted. rate: that which is added per ln(reach).
        warnings: a sentence where the law's best size at the runs' own compute is not that of the forecast.
    """

    here: float = 0.0
    rate: float = RATE
    warnings: tuple[str, ...] = ()


@lru_cache(maxsize=KEPT)
def size_miss(draws: Draws) -> SizeMiss:
    """Compare a law's best sizes with those of the default forecast of the same runs, where both have one.

    At the runs' own compute the forecast interpolates: it held all isoFLOP optima there (docs/forecast.md). A law that
    gives another best size there is off by at least as much beyond; how the difference changes over the last factor of
    ten in compute is added to the rate of the form's error. The forecast's own variance is taken off both.
    """
    fit = draws.fit
    if set(fit.law.inputs) != {"N", "D"} or fit.law.predicts != "loss":
        return SizeMiss()
    columns = {letter: fit.columns[letter] for letter in ("N", "D", "L")}
    given = {columns["N"]: fit.inputs["N"], columns["D"]: fit.inputs["D"], columns["L"]: fit.target}
    compute = 6 * fit.inputs["N"] * fit.inputs["D"]
    top = float(compute.max())
    back = max(top / BACK, float(compute.min()))
    try:
        known = forecaster(Points(given), columns=columns).draws(DRAWS)
        off, variance = zip(*(_apart(draws, known.at(flops), flops) for flops in (top, back)), strict=True)
    except (FitError, LawError, MisuseError, PointsError):  # one of the two has no best size there
        return SizeMiss()
    here = _beyond(off[0], variance[0])
    changed = _beyond(off[0] - off[1], sum(variance)) / np.log(top / back) if top > 2 * back else 0.0
    return SizeMiss(here, float(np.hypot(RATE, changed)), _said(fit.law.name, top, off[0], variance[0]))


def _apart(draws: Draws, known: Draws, flops: float) -> tuple[float, float]:
    """Give ln(N* of the law / N* of the forecast), and the variance of the latter."""
    own, other = (split(one, Spending(flops), None, None) for one in (draws, known))
    drawn = np.log(other.params_draws[np.isfinite(other.params_draws) & (other.params_draws > 0)])
    return float(np.log(own.params / other.params)), float(drawn.var()) if len(drawn) else np.inf


def _beyond(off: float, variance: float) -> float:
    return float(np.sqrt(max(off**2 - variance, 0.0)))


def _said(law: str, flops: float, off: float, variance: float) -> tuple[str, ...]:
    if abs(off) < max(np.log(TOLD), SURE * np.sqrt(variance)):
        return ()
    return (
        f"at {flops:.2g} FLOPs, the largest compute of these runs, the best size by {law} is {np.exp(off):.2g} times "
        "that of the forecast: the form of this law does not fit their optima. The interval of N* includes that; the "
        "plan with no law named is the better one.",
    )
