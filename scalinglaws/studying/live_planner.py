"""The parts from which a page plans by itself: they give what `plan` gives, for budgets that nobody asked yet."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import FitError, LawError, MisuseError, PointsError
from ..laws import LAWS, Law
from ..planning.best_split import REPETITION
from ..planning.rates_and_batches import FAR
from ..planning.size_miss import SizeMiss, size_miss
from ..predicting.forecast import Forecaster
from ..predicting.predict import predict_chosen
from ..results.letters import unit_of_loss
from ..results.live_plan import BatchLaw, DrawnLaw, LivePlan, LossSurface, Moves
from ..results.size_error import RATE_OF_FORECAST, half_of_form
from ..results.study_results import Recommendation
from ..uncertainty.drawn import Draws
from .predictor import Predictor, fitted_compute

KNOWN = ("chinchilla", "kaplan-nd", "skaling")  # the forms that the page's script evaluates
BEYOND = np.log(
    100.0
)  # how far the surface extends beyond the sizes and tokens of the budgets, for served tokens, caps
STEP = 0.4  # of ln N and ln D between nodes of the surface of a forecast, whose error is then below 1e-5 of the loss
STEP_OF_DRAWS = 0.2  # of that of a law's draws, whose quantiles are less smooth
DIGITS = 7
NODES, MOVE_DIGITS = 19, 3  # the budgets of the planner; a thousandth of ln N*


def live_plan(by: Predictor, plans: Sequence[Recommendation], **how: Any) -> LivePlan | None:
    """Gather what the page needs; None where a law is none that its script evaluates, or is undefined nearby.

    Args:
        plans: of the budgets of the planner, from which the surface extends; `how`: options of `plan`, those of the
            page's own plan.
    """
    drawn = [by.draws().law] if isinstance(by, Forecaster) else list(by)
    if any(one.fit.law.name not in KNOWN for one in drawn):
        return None
    level = how.get("level", 0.95)
    try:
        step = STEP if isinstance(by, Forecaster) else STEP_OF_DRAWS
        sizes, tokens = (
            _nodes(plans, name, drawn[0].fit.inputs[letter], step)
            for letter, name in (("N", "params"), ("D", "tokens"))
        )
        surface = _surface(by, drawn, sizes, tokens, level, how.get("ceiling"))
    except (LawError, FitError, MisuseError, PointsError):
        return None
    miss = SizeMiss(rate=RATE_OF_FORECAST) if isinstance(by, Forecaster) else size_miss(drawn[0])
    return LivePlan(
        laws=tuple(_drawn_law(one, _moves(by, plans)) for one in drawn),
        surface=surface,
        batches=tuple(filter(None, map(_batch_law, LAWS.values()))),
        repetition=REPETITION,
        largest=fitted_compute(by),
        level=level,
        size_rate=half_of_form(level, miss.rate),
        size_here=half_of_form(level, miss.here),
        per_token=unit_of_loss(drawn[0].fit.columns["L"]) == "nats/token",
        batch_tokens=how.get("batch_tokens"),
    )


def _moves(by: Predictor, plans: Sequence[Recommendation]) -> Moves | None:
    """Read at computes from the least budget to the most how far the discrepancy moves best sizes."""
    if not isinstance(by, Forecaster):
        return None
    nodes = np.linspace(np.log(plans[0].flops), np.log(plans[-1].flops), NODES)
    read = [by.draws().moves(float(np.exp(one))) for one in nodes]
    drawn = tuple(tuple(np.round(one, MOVE_DIGITS).tolist()) for _, one in read)
    return Moves(tuple(nodes.tolist()), tuple(value for value, _ in read), drawn)


def _drawn_law(one: Draws, moves: Moves | None) -> DrawnLaw:
    values = {name: float(value) for name, value in one.fit.values.items()}
    columns = {name: _short(one.values[:, i]) for i, name in enumerate(one.names)}
    return DrawnLaw(one.fit.law.name, values, columns, one.fit.law.convention.get("D") != "tokens_unique", moves)


def _nodes(plans: Sequence[Recommendation], name: str, fitted: np.ndarray, step: float) -> np.ndarray:
    """Space ln N or ln D evenly over what the page may ask for: around the budgets and over the fitted points."""
    logs = [float(np.log(getattr(plan, name).value)) for plan in plans]
    ends = np.log([fitted.min() / 2, fitted.max() * 2])
    low, high = min(*logs, ends[0] + BEYOND) - BEYOND, max(*logs, ends[1] - BEYOND) + BEYOND
    return np.linspace(low, high, int(np.ceil((high - low) / step)) + 1)


def _surface(by: Predictor, drawn, sizes: np.ndarray, tokens: np.ndarray, level: float, ceiling) -> LossSurface:
    N, D = (np.exp(x).ravel() for x in np.meshgrid(sizes, tokens, indexing="ij"))
    at = {"N": N, "D": D}
    if isinstance(by, Forecaster):
        x = np.log([at[letter] for letter in by.seen.letters]).T
        mean, _, low, high = by.band(x, level, "run")
        value, determined = np.exp(mean), np.asarray(by.ask(at, level=level).determined)
    else:
        said = predict_chosen([(one, at) for one in drawn], kind="run", level=level, ceiling=ceiling)
        value, low, high, determined = said.value, said.low, said.high, np.ones(len(N), dtype=bool)
    rows = [x.reshape(len(sizes), -1) for x in (np.log(value), np.log(low), np.log(high))]
    if not all(np.isfinite(x).all() for x in rows):
        raise FitError("the loss has no finite interval somewhere around these budgets.")
    flags = tuple(tuple(map(int, row)) for row in determined.reshape(len(sizes), -1))
    ends = [tuple(map(_short, x)) for x in rows]
    return LossSurface(tuple(sizes.tolist()), tuple(tokens.tolist()), ends[0], ends[1], ends[2], flags)


def _batch_law(law: Law) -> BatchLaw | None:
    """Read scale and power of a published law of the batch from its values; None where the law is none."""
    if law.predicts != "batch" or not law.published or len(law.inputs) != 1 or law.inputs[0] not in "NDCL":
        return None
    [letter], constants = law.inputs, law.published[0].values
    at = np.array(law.domain.get(letter, (1.0, 10.0)))
    ends = np.log(at), np.log([float(law.at(constants, **{letter: x})) for x in at])
    power = float(np.diff(ends[1])[0] / np.diff(ends[0])[0])
    wider = float((at[1] / at[0]) ** FAR)
    known = letter in law.domain
    return BatchLaw(
        law.name, letter, float(np.exp(ends[1][0] - power * ends[0][0])), power,
        float(at[0] / wider) if known else None, float(at[1] * wider) if known else None,
    )  # fmt: skip


def _short(values: np.ndarray) -> tuple[float, ...]:
    """Round to the digits that a page needs, which halves its size."""
    return tuple(float(f"{value:.{DIGITS}g}") for value in values)
