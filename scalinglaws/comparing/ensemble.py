"""Mixtures of laws, weighted by how well they predicted larger runs, so that intervals include the form's uncertainty.

The draws of one law include the uncertainty of its constants but not of its form. A mixture includes both: the draws of
every law, in proportion to its weight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import FitError, MisuseError
from ..fitting.fit_record import Fit
from ..points.points import Points
from ..predicting.form_error import widened
from ..predicting.noise import run_noise
from ..predicting.predict import (
    ENDS,
    KINDS,
    Prediction,
    around,
    cautions,
    ending,
    informative,
    predict,
    spread_about,
)
from ..records.arguments import checked
from ..records.numbers_in_text import share
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..uncertainty.drawn import Draws, barred_of
from .backtest import QUANTILE, Cut, backtest, target_column

WEIGHTS = ("stacking", "backtest", "equal")
DEGREES = 4.0  # degrees of freedom of the predictive density: with a normal one, one large error would decide
LEAST_WEIGHT = 1e-6  # a law with a smaller weight is left out of a plan
ROUNDS = 2000


@dataclass(frozen=True, eq=False, repr=False)
class Ensemble(PublicRecord):
    """Laws with weights that sum to one.

    Attributes:
        members: draws of each law's fit to the same points; the largest weight first.
        weights: the weight of each member; `how`: the method, `sentence`: the method in words.
        scores: law -> root mean square of ln(measured / predicted) over the held-out runs, with equal weight for each
            cut; empty for equal weights.
    """

    members: tuple[Draws, ...] = field(repr=False)
    weights: tuple[float, ...]
    how: str
    sentence: str
    scores: Mapping[str, float]

    @property
    def laws(self) -> tuple[str, ...]:
        """The names of the laws, in the order of the weights."""
        return tuple(one.fit.law.name for one in self.members)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything that a user of these laws must know about any of their fits."""
        return tuple(dict.fromkeys(w.message for one in self.members for w in one.warnings))

    def weighed(self) -> str:
        """Write the laws with their weights."""
        return ", ".join(f"{name} {share(weight)}" for name, weight in zip(self.laws, self.weights, strict=True))

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return [f"mixture of {self.weighed()}: {self.sentence}"]

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {"laws": self.laws, "weights": self.weights, "how": self.how}

    def rows(self) -> dict[str, Any]:
        """Give a row a law."""
        return {"law": self.laws, "weight": self.weights, "score": [self.scores.get(name) for name in self.laws]}


@checked
def ensemble(
    draws_list: Sequence[Draws],
    weights: str = "stacking",
    *,
    by: str = "flops",
    cuts: Sequence[float] | None = None,
    draws: int = 200,
    seed: int = 0,
) -> Ensemble:
    """Weigh several laws fitted to the same points.

    Args:
        weights: "stacking": the weights under which the mixture would have given the held-out larger runs the highest
            predictive density (Yao et al. 2018, eq 4; held out by rolling origin instead of one by one; Student's t of
            4 degrees about each prediction). "backtest": in inverse proportion to the mean square error held out (Bates
            & Granger 1969). "equal".
        by, cuts: where the table is cut, as in `backtest`; the same for every law.
        draws: of each fit, for each cut.

    Raises:
        MisuseError: there are fewer than two laws, they were fitted to different points, some to log losses and some to
            plain losses, or the weights are unknown.
        PointsError: there are too few points for any cut.
        FitError: there is no cut at which every law could be fitted.
    """
    several = list(draws_list)
    _check(several, weights)
    many = len(several)
    if weights == "equal":
        return _sorted(several, np.full(many, 1 / many), weights, f"{many} laws have equal weight.", {})
    tested = _tested(several, by, cuts, draws, seed)
    scores = [float(np.sqrt(np.mean([np.mean(cut.errors**2) for cut in one]))) for one in tested]
    found = _stacked(_densities(tested), _cut_weights(tested)) if weights == "stacking" else _inverse(scores)
    held = sum(cut.held for cut in tested[0])
    sentence = f"weighted by {held} predictions of held-out larger runs at {len(tested[0])} cuts."
    names = [one.fit.law.name for one in several]
    return _sorted(several, found, weights, sentence, dict(zip(names, scores, strict=True)))


def _check(several: list[Draws], weights: str) -> None:
    if weights not in WEIGHTS:
        raise MisuseError(f"weights is {weights!r}; it is one of {', '.join(WEIGHTS)}.")
    if len(several) < 2:
        raise MisuseError("an ensemble takes the draws of two laws or more; for one law use its draws.")
    if any(not np.array_equal(one.fit.target, several[0].fit.target) for one in several):
        raise MisuseError("the laws were fitted to different points: fit them all to one table.")
    if len({one.fit.problem.loss.in_logs for one in several}) > 1:
        raise MisuseError("one law was fitted to logarithms and another to plain losses: use one kind of loss.")


def _sorted(several, weights, how, sentence, scores) -> Ensemble:
    order = np.argsort(-np.asarray(weights), kind="stable")
    members = tuple(several[i] for i in order)
    return Ensemble(members, tuple(float(weights[i]) for i in order), how, sentence, scores)


def _table(several: list[Draws]) -> Points:
    """Put the table of points together again from the fits."""
    columns = {"run_id": several[0].fit.clusters}
    for one in several:
        columns |= {one.fit.columns[letter]: values for letter, values in one.fit.inputs.items()}
        columns[target_column(one.fit)] = one.fit.target
    return Points(columns)


def _tested(several, by, cuts, draws, seed) -> list[list[Cut]]:
    """Backtest all laws at the cuts of the one with the most parameters; keep those at which every law has a fit."""
    table = _table(several)
    largest = max(several, key=lambda one: len(one.fit.law.parameters))
    order = [largest, *(one for one in several if one is not largest)]
    found: dict[int, tuple[Cut, ...]] = {}
    for one in order:
        found[id(one)] = backtest(one.fit.law, table, cuts, by=by, draws=draws, seed=seed, options=_options(one.fit))
        cuts = [cut.at for cut in found[id(one)]]
    good = [i for i in range(len(cuts)) if not any(each[i].failed for each in found.values())]
    if not good:
        raise FitError("at no cut could every law be fitted to the points below: weigh the laws equally, or drop one.")
    return [[found[id(one)][i] for i in good] for one in several]


def _options(fit: Fit) -> dict:
    return {"columns": fit.columns, "loss": fit.loss, "tau": fit.tau, "fix": fit.fixed, "tie": fit.tied}


def _densities(tested: list[list[Cut]]) -> np.ndarray:
    """Give ln density of every held-out point under every law's prediction: (laws, points)."""
    from scipy.special import stdtrit

    rows = []
    for cuts in tested:
        errors = np.concatenate([cut.errors for cut in cuts])
        ratios = np.concatenate([cut.ratios for cut in cuts])
        half = np.abs(errors) / np.maximum(ratios, 1e-12)
        scale = np.maximum(half / stdtrit(DEGREES, (1 + QUANTILE) / 2), 1e-9)
        rows.append(-np.log(scale) - (DEGREES + 1) / 2 * np.log1p((errors / scale) ** 2 / DEGREES))
    return np.array(rows)


def _cut_weights(tested: list[list[Cut]]) -> np.ndarray:
    """Give every cut the same weight, however many points lie above it."""
    return np.concatenate([np.full(len(cut.errors), 1 / len(cut.errors) / len(tested[0])) for cut in tested[0]])


def _stacked(log_density: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Maximise the mixture's log density over the simplex: concave, so that EM's fixed point is the optimum."""
    density = np.exp(log_density - log_density.max(0))
    weights = np.full(len(density), 1 / len(density))
    for _ in range(ROUNDS):
        share = weights[:, None] * density
        moved = (share / share.sum(0)) @ counts
        if np.abs(moved - weights).max() < 1e-10:
            break
        weights = moved
    return weights / weights.sum()


def _inverse(scores: list[float]) -> np.ndarray:
    precision = 1 / np.maximum(np.square(scores), 1e-24)
    return precision / precision.sum()


@checked
def predict_mixture(
    mixed: Ensemble,
    at: Mapping[str, float | np.ndarray],
    *,
    level: float = 0.95,
    kind: str = "run",
    ceiling: float | None = None,
    anyway: bool = False,
) -> Prediction:
    """Predict with all laws at once: the record of `predict`, with the uncertainty of the form in its interval.

    `value` is the weighted mean of the laws' values (of their logarithms, if they were fitted to logarithms); `low` and
    `high` are quantiles of the mixture of all laws' draws, and include the error that every form has beyond the points.
    `noise` is the weighted mean of the laws' noises. A law ignores letters that are not among its inputs.

    Raises:
        LawError: an input that a law needs is missing. FitError, MisuseError: as `predict`.
    """
    said = [predict(one, _own(one, at), level=level, kind=kind, anyway=anyway) for one in mixed.members]
    first = mixed.members[0].fit
    logs = first.problem.loss.in_logs
    shape = np.broadcast_shapes(*(np.shape(one.value) for one in said))
    flat = [np.broadcast_to(one.value, shape).ravel() for one in said]
    value: Any = sum(w * (np.log(v) if logs else v) for w, v in zip(mixed.weights, flat, strict=True))
    value = np.exp(value) if logs else value
    noises = [run_noise(one.fit) if kind == KINDS[0] else 0.0 for one in mixed.members]
    spread, weights = _mixture(mixed, at, shape, flat, noises, value)
    form = np.broadcast_to(said[0].form, shape).ravel() * (1.0 if logs else value)
    below, beyond = _ends(spread, weights, level)
    below, beyond = widened(below, beyond, form, level)
    low, high = around(first, value, below, beyond, ceiling)
    value, low, high = (part.reshape(shape)[()] for part in (value, low, high))
    noise, told, reach = float(np.dot(mixed.weights, noises)), informative(first, low, high), said[0].reach
    warnings = [sentence for one in mixed.members for sentence in ending(one.fit)]
    warnings += cautions(first, value, low, high, reach, said[0].reach_of, told, ceiling)
    return replace(
        said[0],
        value=value,
        low=low,
        high=high,
        noise=noise,
        inside_domain=_all_inside(said),
        at=dict(at),
        informative=told,
        warnings=tuple(warnings),
        law=f"{' and '.join(mixed.laws)} together",
        barred=barred_of(mixed.members),
    )


def _ends(spread: np.ndarray, weights: np.ndarray, level: float) -> list[np.ndarray]:
    """Give the quantiles of both sides; a draw without a value counts as beyond both."""
    shares = (1 - level) / 2, (1 + level) / 2
    return [
        weighted_quantiles(np.where(np.isnan(spread), end, spread), weights, [share])[0]
        for end, share in zip(ENDS, shares, strict=True)
    ]


def _own(one: Draws, at: Mapping) -> dict:
    return {letter: at[letter] for letter in one.fit.law.inputs if letter in at}


def _all_inside(said: list[Prediction]):
    within = said[0].inside_domain
    for one in said[1:]:
        within = within & one.inside_domain
    return within


def _mixture(mixed, at, shape, values, noises, middle) -> tuple[np.ndarray, np.ndarray]:
    """Give the draws of all laws about the mixture's value, (draws, targets), and the weight of each draw."""
    rows, weights = [], []
    for k, (one, weight) in enumerate(zip(mixed.members, mixed.weights, strict=True)):
        inputs = {letter: np.broadcast_to(array, shape).ravel() for letter, array in _own(one, at).items()}
        spread = spread_about(one, inputs, values[k])
        centre = np.log(values[k] / middle) if one.fit.problem.loss.in_logs else values[k] - middle
        normal = np.random.default_rng((one.seed, k)).standard_normal((len(spread), 1))
        rows.append(centre + spread + noises[k] * normal)
        weights.append(np.full(len(spread), weight / len(spread)))
    return np.concatenate(rows), np.concatenate(weights)


def weighted_quantiles(values: np.ndarray, weights: np.ndarray, at: Sequence[float]) -> np.ndarray:
    """Give quantiles of each column of (draws, targets) under the draws' weights, (quantiles, targets).

    A quantile is the smallest draw up to which the weights reach the fraction: there is no interpolation between draws.
    """
    order = np.argsort(values, axis=0)
    ranked = np.take_along_axis(values, order, axis=0)
    passed = np.cumsum(weights[order], axis=0)
    rows = [(passed < share * passed[-1] * (1 - 1e-12)).sum(0) for share in at]
    return np.stack([ranked[row, np.arange(values.shape[1])] for row in rows])
