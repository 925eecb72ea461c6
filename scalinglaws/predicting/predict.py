"""Draws x target -> Prediction: never a number without its interval and its reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import LawError, MisuseError
from ..fitting.fit_record import Fit, checked_inputs
from ..records.arguments import checked
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..uncertainty.drawn import Draws
from ..uncertainty.interval_ends import t_quantile
from .prediction_text import prediction_lines, targets

KINDS = ("run", "mean")
FAR = 10.0  # reach beyond which a prediction is an extrapolation to be warned of
MOST_LOGS = 600.0  # half-widths beyond it, in logarithms, are no numbers: e^700 is hardly one
ENDS = (-MOST_LOGS, MOST_LOGS)
MIN_REPEATS = 3  # degrees of freedom below which repeats say nothing of their noise
GROSS = (
    12.0  # robust standard deviations beyond which a residual counts as no larger: one diverged run is not the noise
)


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(PublicRecord):
    """What a law says at a target, one entry a target (plain numbers where one target was asked).

    Attributes:
        value: from the fit itself; `low` and `high` at `level` from the draws.
        reach: target compute over the largest compute fitted, by `reach_of` (C, 6ND, or a letter of the law).
        inside_domain: whether the target lies within the range of the points, in every input.
        kind: "mean": the law alone. "run": one new run, noise from run to run included.
        noise: standard deviation of ln(target) from run to run, as used.
        calibration: factor on the half-width, in logs.
        informative: whether the interval is narrower than all the losses that were fitted lie apart; where it is not,
            these points do not predict, and the loss of the largest run fitted says as much.
        warnings: what a reader must know: how the fit ended, far targets, intervals that say nothing.
        at: letter -> the inputs asked about; `predicts` what the law gives there.
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
    calibration: float
    at: Mapping[str, Any] = field(repr=False)
    informative: np.ndarray | bool = True
    warnings: tuple[str, ...] = ()
    predicts: str = "loss"

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
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
        """Give a row a target: its inputs by letter, and what is predicted there."""
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
    calibration: float = 1.0,
    ceiling: float | None = None,
) -> Prediction:
    """Predict at inputs given by letter.

    The interval of a loss lies above zero, under a loss of plain residuals too: its half-widths are then relative.

    Args:
        kind: "run" adds the noise of one new run; "mean" is the law alone.
        calibration: widens the interval by a factor measured on held-out runs (a rolling-origin backtest).
        ceiling: what no loss exceeds, ln of the vocabulary in nats a token; no interval reaches beyond it.

    Raises:
        LawError: an input is missing or is not one of the law's, or the law gives no number there.
        MisuseError: an unknown kind, a level outside (0, 1), a calibration below zero.
    """
    if kind not in KINDS:
        raise MisuseError(f"kind is {kind!r}; it must be 'run' (one new run) or 'mean' (the law alone).")
    if not 0 < level < 1:
        raise MisuseError(f"level is {level}; it must lie between 0 and 1: 0.95, say.")
    if calibration <= 0:
        raise MisuseError(f"calibration is {calibration}; it is a positive factor on the interval's half-width.")
    fit = draws.fit
    inputs = checked_inputs(fit.law, at)
    shape = np.broadcast_shapes(*(array.shape for array in inputs.values()))
    flat = {letter: np.broadcast_to(array, shape).ravel() for letter, array in inputs.items()}
    with np.errstate(all="ignore"):
        value = np.broadcast_to(fit.evaluate(**flat), (int(np.prod(shape)),))
    _require_defined(fit, flat, value)
    noise = run_noise(fit) if kind == "run" else 0.0
    half_widths = _by_slopes if draws.method in ("sandwich", "profile") else _by_draws
    below, above = half_widths(draws, flat, value, noise, level)
    low, high = around(fit, value, calibration * below, calibration * above, ceiling)
    reach, of = reach_of(fit, flat)
    parts = [value, low, high, reach, inside(fit, flat)]
    value, low, high, reach, within = (part.reshape(shape)[()] for part in parts)
    told = informative(fit, low, high)
    said = (*ending(fit), *cautions(fit, value, low, high, reach, of, told, ceiling))
    return Prediction(
        value, low, high, level, reach, of, within, kind, noise, calibration, inputs, told, said, fit.law.predicts
    )


def _require_defined(fit: Fit, flat: Mapping[str, np.ndarray], value: np.ndarray) -> None:
    """Refuse targets where the fitted law gives no number, or none above zero where there can be none."""
    wrong = ~np.isfinite(value) | ((value <= 0) & _positive(fit))
    if wrong.any():
        first = int(np.argmax(wrong))
        where = ", ".join(f"{letter} = {column[first]:.4g}" for letter, column in flat.items())
        raise LawError(
            f"law {fit.law.name!r} is undefined at {where}: it gives {value[first]:.4g}. Ask nearer to the points."
        )


def _positive(fit: Fit) -> bool:
    return fit.problem.loss.in_logs or fit.law.predicts == "loss"


def around(fit: Fit, value, below, above, ceiling: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Give the ends of an interval from its half-widths: of ln(target), or of the target where the fit is plain.

    Those of a plain fit to losses are taken as relative, so that no end lies below zero.
    """
    if not _positive(fit):
        return value + below, value + above
    scale = 1.0 if fit.problem.loss.in_logs else value
    low, high = (value * np.exp(np.clip(half / scale, *ENDS)) for half in (below, above))
    if ceiling is not None and fit.law.predicts == "loss":
        high = np.where(value < ceiling, np.minimum(high, ceiling), high)
    return low, high


def informative(fit: Fit, low, high) -> np.ndarray:
    """Say where an interval spans less than the losses fitted do, with the noise of the two farthest apart."""
    if not _positive(fit):
        return np.ones(np.shape(low), dtype=bool)[()]
    spread = np.log(fit.target.max() / fit.target.min())
    return np.log(high / low) <= spread + 4 * run_noise(fit) / (1.0 if fit.problem.loss.in_logs else fit.target.min())


def ending(fit: Fit) -> tuple[str, ...]:
    """Say how a fit ended that did not converge: whatever is made of it hangs on that."""
    return tuple(doubt.message for doubt in fit.doubts if doubt.id == fit.outcome)


def cautions(fit: Fit, value, low, high, reach, reach_of: str, told, ceiling: float | None) -> tuple[str, ...]:
    """Say what a reader of predictions must know of their intervals, in sentences."""
    found = []
    if not np.all(told):
        last = fit.target[np.argmax(reach_of_rows(fit))]
        widest = np.max(np.log(high / low))
        wide = f"a factor {np.exp(widest):.3g}" if widest < np.log(1e4) else "more than a factor 10,000"
        found.append(
            f"these runs do not predict there: the interval spans {wide}, all the values fitted "
            f"{fit.target.max() / fit.target.min():.3g}; that of the largest run, {last:.4g}, says as much."
        )
    if np.max(reach) > FAR:
        found.append(
            f"the target is {np.max(reach):.3g} times the largest {reach_of} fitted: the law's form is not tested "
            "there, and the interval does not hold that risk."
        )
    if ceiling is not None and fit.law.predicts == "loss" and np.max(value) >= ceiling:
        found.append(f"the law predicts {np.max(value):.4g}, no less than a uniform guess over the vocabulary loses.")
    return tuple(found)


def reach_of_rows(fit: Fit) -> np.ndarray:
    """Give the reach of each fitted point: 1 for the largest."""
    return reach_of(fit, fit.inputs)[0]


def _by_slopes(draws, flat, value, noise, level):
    """Carry the sandwich's covariance to the targets to first order: milliseconds for a thousand."""
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
    if noise:  # one value a draw serves all targets: each interval is its own
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

    Within `MOST_LOGS`; nan where a draw says nothing: it then lies beyond both ends of an interval.
    """
    with np.errstate(all="ignore"):
        drawn = draws.evaluate(**flat)
        if not draws.fit.problem.loss.in_logs:
            return drawn - value
        return np.clip(np.log(drawn, out=drawn) - np.log(value), *ENDS)


def run_noise(fit: Fit) -> float:
    """Estimate the standard deviation of ln(target) from run to run.

    From the residuals, which hold the misfit of the law as well, or from runs that repeat one another (equal inputs,
    other seeds), whichever is larger: a seed's noise alone would leave out that the law is not exact.

    The residuals' root mean square, not their robust scale: that one describes the good runs, and the next run may be a
    bad one (benchmarks/coverage: with 5% bad runs among 60 the robust scale held .92 of new runs, this one .96).
    """
    size = np.clip(fit.residuals * fit.scales, -GROSS * fit.noise, GROSS * fit.noise)
    spread = float(np.sqrt(size @ size / max(fit.n - len(fit.z), 1)))
    return max(spread, replicate_noise(fit))


def replicate_noise(fit: Fit) -> float:
    """Pool the standard deviation of ln(target) among runs of equal inputs; 0 where none repeats."""
    table = np.stack([fit.inputs[letter] for letter in fit.law.inputs], axis=1)
    _, index, counts = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    aim = fit.problem.target
    means = np.bincount(index.ravel(), aim) / counts
    degrees = len(aim) - len(counts)
    return float(np.sqrt(np.sum((aim - means[index.ravel()]) ** 2) / degrees)) if degrees >= MIN_REPEATS else 0.0


def reach_of(fit: Fit, flat: Mapping[str, np.ndarray]) -> tuple[np.ndarray, str]:
    """Give how far beyond the fitted points a target lies: a ratio of computes, and what stands for compute."""
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
    """Say which targets lie within the fitted range of every input."""
    within = np.ones(next(iter(flat.values())).shape, dtype=bool)
    for letter, column in flat.items():
        seen = fit.inputs[letter]
        within &= (column >= seen.min()) & (column <= seen.max())
    return within
