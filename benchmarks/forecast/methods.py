"""What is scored: the default forecast, the plain law, and rivals."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.optimize import least_squares
from scores import Scored

import scalinglaws as sl
from scalinglaws.errors import ScalingLawsError
from scalinglaws.predicting.band import LEVEL, ends
from scalinglaws.predicting.learning import forecast_by, learn
from scalinglaws.predicting.origins import Origin, PastStudy, origins
from scalinglaws.predicting.predict import predict
from scalinglaws.predicting.prior import Prior, vague_prior
from scalinglaws.uncertainty.draws import draws

Answer = tuple[np.ndarray, np.ndarray, np.ndarray]  # ln(forecast), ln of the ends of its 95% interval


@dataclass(frozen=True)
class Method:
    """A way to forecast: gives, for all studies, one score per origin."""

    name: str
    run: Callable[[Sequence[PastStudy]], list[Scored]]
    slow: bool = False


def default(known: Sequence[PastStudy]) -> list[Scored]:
    """Forecast each family by the prior and the band that the other families give."""
    found = []
    for family in sorted({one.family for one in known}):
        prior = learn([one for one in known if one.family != family], vague_prior())
        found += each([one for one in known if one.family == family], partial(by_prior, prior))
    return found


def by_prior(prior: Prior, origin: Origin) -> Answer:
    """Forecast by the engine of the package."""
    made = forecast_by(prior, origin.fitted)
    x = origin.asked.observed().x
    return made.at(x)[0], *ends(made, x, prior.band, LEVEL, made.noise)


def each(known: Sequence[PastStudy], answer: Callable[[Origin], Answer]) -> list[Scored]:
    """Ask a method for the larger runs of every origin."""
    found = []
    for one in known:
        for origin in origins(one):
            began = time.process_time()
            value, low, high = answer(origin)
            spent = time.process_time() - began
            error = np.log(origin.asked.loss) - value
            found.append(Scored(one.name, one.family, error, low - value, high - value, origin.reach, spent))
    return found


def point(law: str, loss: str, origin: Origin) -> Answer:
    """Fit one law of the package, without an interval."""
    fitted, asked = origin.fitted, origin.asked
    made = sl.fit(law, sl.Points({"params_total": fitted.N, "tokens": fitted.D, "loss_nats": fitted.loss}), loss=loss)
    value = np.log(np.asarray(made.evaluate(N=asked.N, D=asked.D)))
    return value, np.full_like(value, np.nan), np.full_like(value, np.nan)


def plain(law: str, loss: str, form: bool, origin: Origin) -> Answer:
    """Fit one law of the package and take its interval from resamples, with or without the error of its form."""
    fitted, asked = origin.fitted, origin.asked
    points = sl.Points({"params_total": fitted.N, "tokens": fitted.D, "loss_nats": fitted.loss})
    made = sl.fit(law, points, loss=loss)
    try:
        said = predict(draws(made, draws=300), {"N": asked.N, "D": asked.D}, form=form)
        return np.log(said.value), np.log(said.low), np.log(said.high)
    except ScalingLawsError:
        value = np.log(np.asarray(made.evaluate(N=asked.N, D=asked.D)))
        return value, value, value


def by_scipy(origin: Origin) -> Answer:
    """Fit Chinchilla's law as in the notebooks of many papers: scipy's least squares on ln L, from a few starts."""
    fitted, asked = origin.fitted, origin.asked

    def law(z, N, D):
        return np.logaddexp(np.logaddexp(z[0] - z[3] * np.log(N), z[1] - z[4] * np.log(D)), z[2])

    def apart(z):
        return law(z, fitted.N, fitted.D) - np.log(fitted.loss)

    floor = np.log(fitted.loss.min()) - 0.3
    tried = [
        least_squares(apart, [a * np.log(1e9), b * np.log(1e10), floor, a, b], max_nfev=500)
        for a in (0.25, 0.4, 0.6)
        for b in (0.25, 0.4, 0.6)
    ]
    value = law(min(tried, key=lambda one: one.cost).x, asked.N, asked.D)
    return value, np.full_like(value, np.nan), np.full_like(value, np.nan)


def by_nearest(origin: Origin) -> Answer:
    """Take the loss of the largest run: what a forecast must beat."""
    fitted = origin.fitted
    value = np.full(len(origin.asked.N), np.log(fitted.loss[np.argmax(fitted.N * fitted.D)]))
    return value, np.full_like(value, np.nan), np.full_like(value, np.nan)


def quietly(answer: Callable[[Origin], Answer], known: Sequence[PastStudy]) -> list[Scored]:
    """Score a method without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return each(known, answer)


METHODS = (
    Method("default", default),
    Method("`chinchilla` (Huber) alone", partial(quietly, partial(plain, "chinchilla", "huber", True))),
    Method("same, resamples only", partial(quietly, partial(plain, "chinchilla", "huber", False)), slow=True),
    Method("`skaling`, Student's t", partial(quietly, partial(point, "skaling", "student-t"))),
    Method("scipy, ln L", partial(quietly, by_scipy)),
    Method("the largest run's loss", partial(quietly, by_nearest)),
)
