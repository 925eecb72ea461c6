"""A goal in place of a budget: the loss or accuracy asked for, and the least compute at which a fit reaches it."""

from dataclasses import dataclass, replace

import numpy as np

from ..errors import FitError, MisuseError, argument
from ..predicting.form_error import form_error
from ..records.numbers_in_text import interval as in_text
from ..records.numbers_in_text import short
from ..results.fitted import Estimate
from ..uncertainty.drawn import Draws
from .best_split import Spending, check_law, inputs_of, trade
from .law_splits import Split, columns_of
from .least_compute import Sizes, floor_of, least_of_draws, least_of_fit
from .undetermined import check_interior, interval

_ACCURACY_LAWS = ("accuracy", "error")
TESTED = 30.0  # reach up to which intervals of the least compute are trusted: benchmarks/forecast/answers.py
_LOW, _HIGH = 1e-3, 1e3  # losses between which the one of an accuracy is searched
_HALVINGS = 60


@dataclass(frozen=True)
class Goal:
    """What was asked for, and what it takes.

    Attributes:
        quantity: "loss", or "accuracy" (of an accuracy law, through the loss).
        value: the loss in the unit of the law's own loss, or the accuracy as a fraction.
        loss: the loss that the goal asks for; the value itself, or from the accuracy law with its interval.
        flops: the least compute, with serving. An end is None beyond every compute: some of the draws that
            `unreached` counts lie there.
        unreached: fraction of the draws in which no compute reaches the goal.
    """

    quantity: str
    value: float
    loss: Estimate
    flops: Estimate
    unreached: float

    def doubts(self, reach: float) -> tuple[str, ...]:
        """Say in how many draws the goal lies below the floor, if in any, and whether it lies beyond what was tested.

        Args:
            reach: its least compute over the largest fitted.
        """
        said = []
        if self.unreached:
            part = f"in {self.unreached:.1%} of the draws"
            said.append(f"{part} no compute reaches the goal: it may lie below the floor.")
        if reach > TESTED:
            said.append(
                f"the goal takes {short(reach, 3)} times the largest compute of these runs: intervals of the least "
                "compute held at 10 times, and at 100 times in 54 to 96% of simulated studies, least where the terms "
                "of size and data do not add. Take it as a guess, or make larger runs first."
            )
        return tuple(said)


@dataclass(frozen=True)
class LossWanted:
    """The loss to reach: by the constants of the fits, and by draws of any number (one, where it is given)."""

    quantity: str
    value: float
    loss: float
    drawn: np.ndarray
    by: str = ""


@dataclass(frozen=True)
class Asked:
    """The goal that a caller gives, if any: a loss, or an accuracy with draws of a law from the loss to it."""

    loss: float | None
    accuracy: float | None
    chain: Draws | None

    def checked(self, spending: Spending, batch_policy, critical) -> bool:
        """Say whether there is a goal in place of a budget.

        Raises:
            MisuseError: both were given, or neither, or a batch policy, which needs a budget.
        """
        goal = not (self.loss is None and self.accuracy is None and self.chain is None)
        if goal == np.isfinite(spending.flops):
            told = "both a budget and a goal" if goal else "neither a budget nor a goal"
            ways = f"{argument(flops=1e21)}, {argument(target_loss=2.5)} or {argument(target_accuracy=0.6)}"
            raise MisuseError(f"a plan got {told}; give one of them, such as {ways}.")
        if goal and (batch_policy or critical):
            raise MisuseError("batch_policy and critical are for a budget by kaplan-ns; a goal takes a law of N and D.")
        return goal


def target_of(asked: Asked, loss: str) -> LossWanted:
    """Turn a goal into the loss that it asks for; `loss` is the column of the loss that the planning law predicts.

    Raises:
        MisuseError: no goal or two, a value out of range, or an accuracy law of another loss.
        FitError: no loss gives this accuracy.
    """
    if asked.loss is not None:
        if asked.accuracy is not None or asked.chain is not None:
            raise MisuseError("target_loss and target_accuracy are two goals: give one.")
        if not (asked.loss > 0 and np.isfinite(asked.loss)):
            raise MisuseError(f"target_loss = {asked.loss}; it must be above 0 and finite.")
        return LossWanted("loss", float(asked.loss), float(asked.loss), np.array([asked.loss], dtype=float))
    if asked.accuracy is None or asked.chain is None:
        raise MisuseError(
            "an accuracy as goal needs target_accuracy (a fraction of correct answers) and accuracy: the draws of a "
            "law from loss to accuracy, such as bhagia-accuracy or gadre-error."
        )
    if not 0 < asked.accuracy < 1:
        raise MisuseError(f"target_accuracy = {asked.accuracy}; it is a fraction, between 0 and 1.")
    _check_accuracy_law(asked.chain, loss)
    law, value = asked.chain.fit.law, float(asked.accuracy)
    own = float(_loss_for(law, value, {k: np.array([v]) for k, v in asked.chain.fit.values.items()})[0])
    _require_attainable(asked.chain, value, own)
    return LossWanted("accuracy", value, own, _loss_for(law, value, columns_of(asked.chain)), law.name)


def _check_accuracy_law(accuracy: Draws, loss: str) -> None:
    law = accuracy.fit.law
    if law.predicts not in _ACCURACY_LAWS or len(law.inputs) != 1:
        raise MisuseError(
            f"law {law.name!r} gives {law.predicts} from {', '.join(law.inputs)}; the law of an accuracy takes the "
            "loss alone: bhagia-accuracy or gadre-error."
        )
    reads = accuracy.fit.columns[law.inputs[0]]
    if reads != loss:
        raise MisuseError(
            f"the accuracy law reads {reads}, and the planning law predicts {loss}: a chain needs one loss. Fit the "
            f"accuracy law with {argument(columns={law.inputs[0]: loss})}."
        )


def _accuracy(law, loss, values) -> np.ndarray:
    with np.errstate(all="ignore"):
        given = law.evaluate(loss, **values)
    return given if law.predicts == "accuracy" else 1 - given


def _loss_for(law, accuracy: float, values) -> np.ndarray:
    """Bisect for the highest loss of this accuracy, for every draw: 0 where none is low enough, infinite where any."""
    size = max(len(np.atleast_1d(v)) for v in values.values())
    low, high = np.full(size, np.log(_LOW)), np.full(size, np.log(_HIGH))
    best, worst = (_accuracy(law, np.exp(end), values) for end in (low, high))
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = _accuracy(law, np.exp(middle), values) >= accuracy
        low, high = np.where(enough, middle, low), np.where(enough, high, middle)
    found = np.exp(low)
    return np.where(best < accuracy, 0.0, np.where(worst >= accuracy, np.inf, found))


def _require_attainable(accuracy: Draws, asked: float, loss: float) -> None:
    law, values = accuracy.fit.law, accuracy.fit.values
    if loss == 0:
        most = float(_accuracy(law, _LOW, values))
        raise FitError(
            f"an accuracy of {asked:g} is not reachable by law {law.name!r}: at no loss does it give more than "
            f"{most:.4g}. Ask for less, or fit it to runs of higher accuracy."
        )
    if np.isinf(loss):
        raise FitError(f"an accuracy of {asked:g} is reached at any loss by law {law.name!r}. Ask for more.")


def goal_split(
    draws: Draws, spending: Spending, target: LossWanted, sizes: Sizes, form: bool = True
) -> tuple[Split, np.ndarray]:
    """Find the least compute that reaches a loss: the split there, and the FLOPs of every draw, 0 to infinity.

    Args:
        form: whether each draw has an error of the law's form, as its losses have beyond the runs.

    Raises:
        MisuseError: the law cannot split a budget.
        FitError: no compute reaches it by this fit, or the points do not determine a best size there.
    """
    law, values = draws.fit.law, dict(draws.fit.values)
    if "S" in law.inputs:
        raise MisuseError(f"law {law.name!r} depends on steps: a goal is planned with a law of N and D, or a budget.")
    check_law(law, spending)
    one, many = (trade(law, v, spending) for v in (values, columns_of(draws)))
    flops = least_of_fit(one, target.loss, sizes)
    if not 0 < flops < np.inf:
        raise FitError(_out_of_reach(draws, one, many, target, sizes, flops))
    there = one.at(replace(spending, flops=flops))
    best = float(sizes.at(there))
    if not sizes.held:
        check_interior(draws, flops, best)
    tokens = float(there.spending.tokens(best))
    wanted = np.resize(target.drawn, len(draws)) * (_off(draws, best, tokens) if form else 1.0)
    found = least_of_draws(many, wanted, sizes, flops)
    with np.errstate(all="ignore"):
        left = found.flops / (6 * found.params) - spending.inference_tokens / 3
    at = {letter: float(v) for letter, v in inputs_of(there, best, tokens).items()}
    return Split(law, values, best, tokens, found.params, left, at), found.flops


def _off(draws: Draws, params: float, tokens: float) -> np.ndarray:
    """Draw by what factor the law is off at a split, by the error of its form."""
    inputs = draws.fit.inputs
    reach = np.array([params * tokens / np.max(inputs["N"] * inputs["D"])])
    sd = form_error(draws.fit, {"N": np.array([params]), "D": np.array([tokens])}, reach)[0]
    return np.exp(sd * np.random.default_rng(draws.seed).standard_normal(len(draws)))


def _asked(target: LossWanted) -> str:
    return f"a loss of {target.loss:.5g}" + (f" (for accuracy {target.value:g})" if target.by else "")


def _out_of_reach(draws: Draws, one, many, target: LossWanted, sizes: Sizes, flops: float) -> str:
    asked, name = _asked(target), draws.fit.law.name
    if flops == 0:
        return (
            f"{asked} is reached at any compute by law {name!r}: it lies above every loss of it. Ask for a lower one."
        )
    floors = floor_of(many, sizes)
    below, above = interval(float(floor_of(one, sizes)), floors, 0.95), float(np.mean(floors < target.loss))
    what = "unlimited compute"
    if sizes.fixed_params is not None:
        what = f"unlimited tokens at {sizes.fixed_params:.3g} parameters"
    if sizes.fixed_tokens is not None:
        what = f"unlimited size on {sizes.fixed_tokens:.3g} tokens"
    return (
        f"{asked} is not reachable by law {name!r}: below the floor; {what} leaves "
        f"{in_text(below, '.5g')}, 95% interval; {above:.0%} of the draws reach it. Ask for a loss above the floor, or "
        "add runs that determine the floor."
    )


def goal_of(target: LossWanted, flops: float, drawn: np.ndarray, level: float, weights: np.ndarray | None) -> Goal:
    """Make the record of a goal from the compute of every draw of every law.

    Raises:
        FitError: the interval of its compute has no upper end, because too many draws cannot reach it.
    """
    unreached = float(np.average(np.isinf(drawn), weights=weights))
    loss = interval(target.loss, np.where(target.drawn == 0, -np.inf, target.drawn), level)
    made = Goal(target.quantity, target.value, loss, interval(flops, drawn, level, weights), unreached)
    if made.flops.high is None:
        raise FitError(
            f"the least compute for {_asked(target)} is not determined by these runs: in {unreached:.0%} of the draws "
            f"no compute reaches it; the fit itself takes {flops:.3g} FLOPs. Ask for a loss farther above the floor, "
            "or add runs of larger compute."
        )
    return made
