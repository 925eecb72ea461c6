"""through_loss(prediction, draws): the accuracy at a target, from the loss predicted there and a law of it."""

import numpy as np
from scipy.special import ndtri

from ..errors import MisuseError, argument
from ..records.arguments import checked
from ..records.numbers_in_text import short
from ..uncertainty.drawn import Draws
from .forecast import Forecast
from .noise import run_noise
from .predict import Prediction, ending

OF_ACCURACY = ("accuracy", "error")


@checked
def through_loss(loss: Prediction | Forecast, accuracy: Draws, *, seed: int = 0) -> Prediction:
    """Carry a predicted loss with its interval through a law of the accuracy (Bhagia et al. 2024's two steps).

    The loss is drawn from its interval (a normal distribution of its logarithm on either side of its value), the
    constants of the accuracy law from their draws, and for one new run the scatter of the runs about that law is added.
    What comes out is an accuracy: of a law of an error, one minus it.

    Args:
        loss: of a law, or of the default forecast.
        accuracy: draws of a law from that loss to the accuracy or error, such as bhagia-accuracy or gadre-error.

    Raises:
        MisuseError: the second law is no law of an accuracy by the loss alone.
    """
    law = accuracy.fit.law
    if law.predicts not in OF_ACCURACY or len(law.inputs) != 1:
        raise MisuseError(
            f"law {law.name!r} gives {law.predicts} from {', '.join(law.inputs)}; the second step is a law of the "
            "accuracy by the loss alone: bhagia-accuracy or gadre-error."
        )
    value, low, high = (np.atleast_1d(np.log(part)) for part in (loss.value, loss.low, loss.high))
    middle = np.where(np.isnan(value), (low + high) / 2, value)
    drawn = _given(accuracy, _losses(middle, low, high, loss.level, len(accuracy), seed))
    if loss.kind == "run":
        drawn = drawn * np.exp(run_noise(accuracy.fit) * np.random.default_rng(seed + 1).standard_normal(drawn.shape))
    found = np.where(np.isnan(value), np.nan, _own(accuracy, np.exp(middle)))
    tails = (1 - loss.level) / 2, (1 + loss.level) / 2
    ends = np.nanquantile(_as_accuracy(law, drawn), tails, axis=0)
    found, (below, above) = _as_accuracy(law, found), np.clip(ends, 0.0, 1.0)
    below, above = np.fmin(below, found), np.fmax(above, found)
    shape = np.shape(loss.low)
    told = above - below < np.ptp(accuracy.fit.target)
    parts = (part.reshape(shape)[()] for part in (found, below, above, told))
    value, low, high, told = parts
    return Prediction(
        value,
        low,
        high,
        loss.level,
        loss.reach,
        getattr(loss, "reach_of", "6ND"),
        np.asarray(loss.inside_domain)[()],
        loss.kind,
        run_noise(accuracy.fit),
        getattr(loss, "form", 0.0),
        loss.at,
        told,
        (*loss.warnings, *_cautions(accuracy, np.exp(middle))),
        "accuracy",
    )


def _losses(middle, low, high, level: float, draws: int, seed: int) -> np.ndarray:
    """Draw the loss, (draws, targets): one deviation for all targets, for each interval is a separate one."""
    z = np.random.default_rng(seed).standard_normal((draws, 1))
    sd = np.where(z > 0, high - middle, middle - low) / ndtri((1 + level) / 2)
    return np.exp(middle + sd * z)


def _given(accuracy: Draws, loss: np.ndarray) -> np.ndarray:
    columns = {name: accuracy.values[:, i, None] for i, name in enumerate(accuracy.names)}
    with np.errstate(all="ignore"):
        return accuracy.fit.law.evaluate(loss, **columns)


def _own(accuracy: Draws, loss: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(accuracy.fit.law.evaluate(loss, **accuracy.fit.values), dtype=np.float64)


def _as_accuracy(law, given: np.ndarray) -> np.ndarray:
    return given if law.predicts == "accuracy" else 1 - given


def _cautions(accuracy: Draws, loss: np.ndarray) -> tuple[str, ...]:
    """Say how the fit of the second step ended, and that a loss lies beyond those it was fitted to."""
    seen = accuracy.fit.inputs[accuracy.fit.law.inputs[0]]
    said = [*ending(accuracy.fit)]
    if loss.min() < seen.min():
        said.append(
            f"the loss there, {short(float(loss.min()))}, lies below the lowest at which an accuracy was measured, "
            f"{short(float(seen.min()))}: law {accuracy.fit.law.name!r} is extrapolated."
        )
    return tuple(said)


def loss_of(columns) -> str:
    """Give the column of a loss that a first step predicts, for the second step to read.

    Raises:
        MisuseError: the first step predicts no loss.
    """
    found = columns.get("L") or columns.get("loss_task")
    if found is None:
        raise MisuseError(
            "an accuracy through the loss needs a law that predicts one, such as chinchilla; a law of the accuracy "
            f"itself needs no second step: leave {argument(accuracy='auto')} out."
        )
    return found
