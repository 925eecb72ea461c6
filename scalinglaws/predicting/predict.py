"""Draws x target -> Prediction: a number with its interval and its reach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import LawError, MisuseError, refuse
from ..fitting.fit_record import OF_ROWS, Fit, checked_inputs
from ..records.arguments import checked
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..uncertainty.drawn import Draws
from ..uncertainty.interval_ends import t_quantile
from .form_error import form_error, widened
from .noise import run_noise
from .prediction_text import prediction_lines, targets

KINDS = ("run", "mean")
FAR = 10.0  # reach beyond which there is a warning about extrapolation
MOST_LOGS = 600.0  # maximum half-width in logarithms: e^700 is close to the largest float
ENDS = (-MOST_LOGS, MOST_LOGS)


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(PublicRecord):
    """A law's prediction at targets: one entry per target, plain numbers for a single target.

    Attributes:
        value: from the fit itself; `low` and `high`: the interval at `level`, from the draws.
        reach: the target's compute over the largest fitted compute, by `reach_of` (C, 6ND, or a letter of the law).
        inside_domain: whether the target lies within the range of the points, in every input.
        kind: "mean": the law alone. "run": one new run, including the noise from run to run.
        noise: the standard deviation of ln(target) from run to run that was used.
        form: standard deviation of ln(loss) for the error of the law's form beyond the points; 0 within them.
        informative: whether the interval is narrower than the range of the fitted losses; if it is not, the loss of the
            largest fitted run says as much as the prediction.
        warnings: what a reader must know: how the fit ended, distant targets, uninformative intervals.
        at: letter -> the inputs of the target; `predicts`: what the law gives there. law: which law, or laws.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    level: float
    reach: np.ndarray
    reach_of: str
    inside_domain: np.ndarray
    kind: str
    noise: float
    form: np.ndarray | float
    at: Mapping[str, Any] = field(repr=False)
    informative: np.ndarray | bool = True
    warnings: tuple[str, ...] = ()
    predicts: str = "loss"
    law: str = ""
    barred: tuple[str, ...] = ()

    def blocks(self) -> list[Block]:
        """Give the text of this prediction."""
        return list(prediction_lines(self))

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "predicts": self.predicts,
            "at": targets(self)[0] if np.size(self.value) == 1 else f"{np.size(self.value)} targets",
            **{name: _one(getattr(self, name)) for name in ("value", "low", "high", "reach")},
            "level": self.level,
            "kind": self.kind,
            "warnings": len(self.warnings),
        }

    def rows(self) -> dict[str, Any]:
        """Give one row per target: its inputs by letter, and the prediction."""
        names = ("value", "low", "high", "reach", "inside_domain", "informative")
        columns = {**self.at, **{name: getattr(self, name) for name in names}}
        return {name: np.broadcast_to(column, np.shape(self.value)).ravel() for name, column in columns.items()}


def _one(value: np.ndarray) -> float | np.ndarray:
    return float(value) if np.size(value) == 1 else value


@checked
def predict(
    draws: Draws,
    at: Mapping[str, float | np.ndarray],
    *,
    level: float = 0.95,
    kind: str = "run",
    ceiling: float | None = None,
    form: bool = True,
    anyway: bool = False,
) -> Prediction:
    """Predict at inputs given by letter.

    The interval of a loss is positive, even if the fit minimised plain residuals: its half-widths are then relative.
    Beyond the fitted points it includes the error of the law's form, `form_error`.

    Args:
        kind: "run" adds the noise of one new run; "mean" is the law alone.
        ceiling: the largest possible loss, ln of the vocabulary size in nats per token; no interval extends beyond it.
        form: whether the interval includes the error of the law's form: without, it is right where the law is exact.
        anyway: predict although no claim can rest on the fit (`draws.barred`).

    Raises:
        FitError: no claim can rest on the fit.
        LawError: an input is missing or unknown, or the law gives no number there.
        MisuseError: the kind is unknown, or the level is outside (0, 1).
    """
    _check(kind, level)
    fit = draws.fit
    refuse("prediction", () if anyway else fit.barred)
    inputs = checked_inputs(fit.law, at)
    shape = np.broadcast_shapes(*(array.shape for array in inputs.values()))
    flat = {letter: np.broadcast_to(array, shape).ravel() for letter, array in inputs.items()}
    with np.errstate(all="ignore"):
        value = np.broadcast_to(fit.evaluate(**flat), (int(np.prod(shape)),))
    _require_defined(fit, flat, value)
    noise = run_noise(fit) if kind == "run" else 0.0
    reach, of = reach_of(fit, flat)
    apart = form_error(fit, flat, reach) if form else np.zeros_like(reach)
    half_widths = _by_slopes if draws.method in ("sandwich", "profile") else _by_draws
    below, above = half_widths(draws, flat, value, noise, level)
    below, above = widened(below, above, apart * (1.0 if fit.problem.loss.in_logs else value), level)
    low, high = around(fit, value, below, above, ceiling)
    parts = [value, low, high, reach, inside(fit, flat), apart]
    value, low, high, reach, within, apart = (part.reshape(shape)[()] for part in parts)
    told = informative(fit, low, high)
    said = (*ending(fit), *cautions(fit, value, low, high, reach, of, told, ceiling))
    about = within, kind, noise, apart, inputs, told, said, fit.law.predicts, f"{fit.law.name} alone"
    return Prediction(value, low, high, level, reach, of, *about, barred=fit.barred)


def _check(kind: str, level: float) -> None:
    if kind not in KINDS:
        raise MisuseError(f"kind is {kind!r}; it must be 'run' (one new run) or 'mean' (the law alone).")
    if not 0 < level < 1:
        raise MisuseError(f"level is {level}; it must lie between 0 and 1, for example 0.95.")


def predict_chosen(asked: Sequence[tuple[Draws, Mapping[str, float | np.ndarray]]], **how: Any) -> Prediction:
    """Predict by the first of several laws, each at its own inputs; the interval contains those of the others.

    That is what the choice costs: the law with the smallest error on the same runs was chosen, and its own interval
    does not know of the choice. `how` are options of `predict`.
    """
    said = [predict(one, at, **how) for one, at in asked]
    return replace(
        said[0],
        low=np.min([one.low for one in said], axis=0),
        high=np.max([one.high for one in said], axis=0),
        reach=np.max([one.reach for one in said], axis=0),
        warnings=tuple(dict.fromkeys(sentence for one in said for sentence in one.warnings)),
        law=said[0].law if len(said) == 1 else f"{asked[0][0].fit.law.name}, chosen among {len(said)} laws",
    )


def _require_defined(fit: Fit, flat: Mapping[str, np.ndarray], value: np.ndarray) -> None:
    """Refuse targets at which the fitted law gives no number, or one that is not positive for a positive quantity."""
    wrong = ~np.isfinite(value) | ((value <= 0) & _positive(fit))
    if wrong.any():
        first = int(np.argmax(wrong))
        where = ", ".join(f"{letter} = {column[first]:.4g}" for letter, column in flat.items())
        raise LawError(
            f"law {fit.law.name!r} is undefined at {where}: it gives {value[first]:.4g}. Predict closer to the points."
        )


def _positive(fit: Fit) -> bool:
    return fit.problem.loss.in_logs or fit.law.predicts == "loss"


def around(fit: Fit, value, below, above, ceiling: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Give the ends of an interval from its half-widths: in ln(target), or in the target for a fit of plain residuals.

    Those of a fit of plain residuals to losses are taken as relative, so that no end is negative.
    """
    if not _positive(fit):
        return value + below, value + above
    scale = 1.0 if fit.problem.loss.in_logs else value
    low, high = (value * np.exp(np.clip(half / scale, *ENDS)) for half in (below, above))
    if ceiling is not None and fit.law.predicts == "loss":
        high = np.where(value < ceiling, np.minimum(high, ceiling), high)
    return low, high


def informative(fit: Fit, low, high) -> np.ndarray:
    """Say whether an interval is narrower than the range of the fitted losses, including the noise of its two ends."""
    if not _positive(fit):
        return np.ones(np.shape(low), dtype=bool)[()]
    spread = np.log(fit.target.max() / fit.target.min())
    return np.log(high / low) <= spread + 4 * run_noise(fit) / (1.0 if fit.problem.loss.in_logs else fit.target.min())


def ending(fit: Fit) -> tuple[str, ...]:
    """Give the warnings on which every prediction depends: of a fit that did not converge, and of the rows fitted."""
    return tuple(doubt.message for doubt in fit.doubts if doubt.id in (fit.outcome, *OF_ROWS))


def cautions(fit: Fit, value, low, high, reach, reach_of: str, told, ceiling: float | None) -> tuple[str, ...]:
    """List, in sentences, what a reader must know about the intervals."""
    found = []
    if not np.all(told):
        last = fit.target[np.argmax(reach_of_rows(fit))]
        widest = np.max(np.log(high / low))
        wide = f"a factor {np.exp(widest):.3g}" if widest < np.log(1e4) else "more than a factor 10,000"
        found.append(
            f"these runs allow no prediction there: the interval spans {wide}, all fitted values "
            f"{fit.target.max() / fit.target.min():.3g}; that of the largest run, {last:.4g}, says as much."
        )
    if np.max(reach) > FAR:
        found.append(f"the target is {np.max(reach):.3g} times the largest {reach_of} fitted: {_of_form(fit)}")
    if ceiling is not None and fit.law.predicts == "loss" and np.max(value) >= ceiling:
        found.append(
            f"the law predicts {np.max(value):.4g}, no less than the loss of a uniform guess over the vocabulary."
        )
    return tuple(found)


def _of_form(fit: Fit) -> str:
    """Say what the interval knows of the error of the form, far beyond the points."""
    if fit.law.predicts != "loss":
        return "the law's form is not tested there, and the interval does not include that uncertainty."
    return (
        "this is one law's prediction, with the error that such forms have made at that distance in its interval. "
        "Predicting without a law errs less: scalinglaws.forecast, or the command with no law before the table."
    )


def reach_of_rows(fit: Fit) -> np.ndarray:
    """Give the reach of each fitted point: 1 for the largest."""
    return reach_of(fit, fit.inputs)[0]


def _by_slopes(draws, flat, value, noise, level):
    """Propagate the sandwich's covariance to the targets to first order, in milliseconds for a thousand targets."""
    problem = draws.fit.problem
    inputs = tuple(flat[letter] for letter in draws.fit.law.inputs)
    with np.errstate(all="ignore"):
        slopes = problem.coordinates.value_and_slopes(draws.fit.z[None], inputs)[1][0]
        slopes = slopes / value if problem.loss.in_logs else slopes
        variance = np.einsum("pn,pn->n", draws.spread.covariance @ slopes, slopes)
    half = t_quantile(level, draws.spread.degrees) * np.sqrt(np.maximum(variance, 0.0) + noise**2)
    half = np.where(np.isfinite(half), half, np.inf)
    return -half, half


def _by_draws(draws, flat, value, noise, level):
    spread = spread_about(draws, flat, value)
    if noise:  # one value per draw is used for all targets: each interval is a separate one
        spread += noise * np.random.default_rng(draws.seed + 1).standard_normal((len(spread), 1))
    shares = (1 - level) / 2, (1 + level) / 2
    columns = np.ascontiguousarray(spread.T)
    if not np.isnan(spread).any():
        return np.quantile(columns, shares, axis=1, overwrite_input=True)
    return [
        np.quantile(np.where(np.isnan(columns), end, columns), q, axis=1) for end, q in zip(ENDS, shares, strict=True)
    ]


def spread_about(draws: Draws, flat: Mapping[str, np.ndarray], value) -> np.ndarray:
    """Give ln(draw / value), or draw - value of a plain fit: (draws, targets).

    Clipped at `MOST_LOGS`; nan if a draw gives no value, which then counts beyond both ends of an interval.
    """
    with np.errstate(all="ignore"):
        drawn = draws.evaluate(**flat)
        if not draws.fit.problem.loss.in_logs:
            return drawn - value
        return np.clip(np.log(drawn, out=drawn) - np.log(value), *ENDS)


def reach_of(fit: Fit, flat: Mapping[str, np.ndarray]) -> tuple[np.ndarray, str]:
    """Compute how far beyond the fitted points a target lies: a ratio of computes, and what counts as compute."""
    letters = set(fit.law.inputs)
    if "C" in letters:
        return flat["C"] / fit.inputs["C"].max(), "C"
    if {"N", "D"} <= letters:
        return flat["N"] * flat["D"] / (fit.inputs["N"] * fit.inputs["D"]).max(), "6ND"
    if {"N", "S"} <= letters:
        return flat["N"] * flat["S"] / (fit.inputs["N"] * fit.inputs["S"]).max(), "6NBS at one batch size"
    if letters == {"L"}:
        return fit.inputs["L"].min() / flat["L"], "1/L"
    first = fit.law.inputs[0]
    return flat[first] / fit.inputs[first].max(), first


def inside(fit: Fit, flat: Mapping[str, np.ndarray]) -> np.ndarray:
    """Mark the targets that lie within the fitted range of every input."""
    within = np.ones(next(iter(flat.values())).shape, dtype=bool)
    for letter, column in flat.items():
        seen = fit.inputs[letter]
        within &= (column >= seen.min()) & (column <= seen.max())
    return within
