"""How wide the interval of a study's held-out run will be, said before anything is trained."""

from collections.abc import Mapping

import numpy as np

from ..designing.design import Sweep
from ..errors import FitError, PointsError
from ..laws import law
from ..points.points import Points
from ..predicting.discrepancy import LENGTHS, Discrepancy
from ..predicting.forecast import forecaster
from ..predicting.prior import field_prior
from .laws_asked import COUNTS

MADE_UP = "kaplan-nd"  # whose published constants give losses of models as small as these
NOISE, SEEDS = 0.005, 5  # of ln(loss) from run to run, as in studies of small models; tables of made-up losses
TINY = 1e-10  # added to the variances of the discrepancy, so that repeated runs have a Cholesky factor


def expected_width(sweep: Sweep) -> float | None:
    """Give the half-width of the 95% interval of the largest held-out run, as a fraction of its loss.

    The losses of the other runs are made up: by the published constants of Kaplan et al. 2020, with a discrepancy as
    large as those of the field and a noise of 0.5%. The held-out run is forecast from them; the median of five such
    tables. None where nothing is held out, or a forecast cannot be made.
    """
    asked = [spec for spec in sweep.runs if spec.id in sweep.held_out]
    kept = fitted_counts(sweep)
    if not asked or not kept:
        return None
    target = max(asked, key=lambda spec: spec.shape.params())
    n, d = (np.array(column, dtype=float) for column in zip(*kept, strict=True))
    truth = law(MADE_UP)
    made_up = truth.evaluate(n, d, **truth.published[0].values)
    at = dict(zip("ND", _counts(target), strict=True))
    halves = []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        apart = apart_from_any_law(n, d, rng, field_prior().amplitudes)
        losses = made_up * np.exp(apart + NOISE * rng.standard_normal(len(n)))
        try:
            said = forecaster(Points({COUNTS["N"]: n, "tokens": d, "loss_nats": losses})).ask(at)
        except (PointsError, FitError):
            return None
        halves.append(float(np.log(said.high / said.low)) / 2)
    return float(np.median(halves))


def fitted_counts(sweep: Sweep) -> list[tuple[float, float]]:
    """Give N and D of every run that takes part in fits."""
    out = {*sweep.held_out, *sweep.left_out}
    return [_counts(spec) for spec in sweep.runs if not (spec.is_trunk or spec.id in out)]


def apart_from_any_law(n: np.ndarray, d: np.ndarray, rng, amplitudes: Mapping[float, float]) -> np.ndarray:
    """Draw by how much ln(loss) of each run differs from a law: a process of one of the field's amplitudes.

    Args:
        amplitudes: standard deviation of ln(loss) -> chance.
    """
    x = np.log(np.column_stack([n, d]))
    process = Discrepancy((LENGTHS["N"], LENGTHS["D"]), tuple(x.max(axis=0)))
    root = np.linalg.cholesky(process.covariance(x, x) + TINY * np.eye(len(n)))
    sizes, chances = zip(*amplitudes.items(), strict=True)
    return rng.choice(sizes, p=np.array(chances) / sum(chances)) * root @ rng.standard_normal(len(n))


def _counts(spec) -> tuple[float, float]:
    return float(spec.shape.params()), float(spec.trained_tokens)


def in_words(half: float | None) -> str:
    """Say how wide the interval will be; empty where nothing is known of it."""
    if half is None:
        return ""
    return (
        f"The 95% interval of the held-out loss is expected to be about +-{half:.1%} wide (forecasts from made-up "
        "losses of these runs)."
    )
