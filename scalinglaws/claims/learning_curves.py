"""S10, S12, S14, S15: what the learning curves of all sizes have in common, and the cost of a loss at each size."""

from collections.abc import Callable
from functools import cache

import numpy as np

from ..measurements.costs_compared import certain_valley, certainly_not_a_valley, changes, cheapest
from ..measurements.intervals import between, largest_of, magnitude, ratio, shifted
from ..measurements.size_curves import (
    CurveRefit,
    Reached,
    alpha_of_size,
    errors_of_predicted_ends,
    predicted_ends,
    reached,
    refits,
)
from ..records.numbers_in_text import interval
from ..results.attempt import Lacking
from ..results.fitted import Estimate
from .claim import Part, claim

NEAR_EXPONENT = 0.20
NEAR_LOSS = 0.02


@claim(
    "S10",
    "alpha_S refitted to each size lies within 20% of the pooled one; the law fitted to the first quarter of the steps "
    "predicts every run's last loss within 2%",
)
def universal_curves(evidence):
    """The curves of all sizes follow one law with the same step term, so that the start of a run predicts its end."""

    def alike() -> Part:
        pooled = evidence.parameter(evidence.steps_law, "alpha_S")
        found = refits(evidence)
        unknown = [one for one in found if one.alpha_S is None]
        if unknown:
            raise Lacking(f"family F-N with curves that determine alpha_S at N = {_sizes(unknown)}")
        each = ", ".join(f"{one.alpha_S.value:.3f} at N = {one.params:.3g}" for one in found if one.alpha_S)
        beyond = float(np.mean(evidence.least["beyond"]))
        text = f"alpha_S {interval(pooled)} pooled; {each}; "
        text += f"{beyond:.0%} of the points at losses outside those of the batch scan"
        off = [magnitude(shifted(ratio(alpha_of_size(evidence, one), pooled), -1.0)) for one in found]
        what = "the largest relative difference of a size's alpha_S from the pooled one"
        return Part(what, largest_of(off), high=NEAR_EXPONENT, text=text)

    def ahead() -> Part:
        worst = max(predicted_ends(evidence), key=lambda one: abs(one[1] / one[2] - 1))
        error = worst[1] / worst[2] - 1
        text = f"predicted from the first quarter: largest error {error:+.1%} of the loss, at N = {worst[0]:.3g}"
        what = "the largest error of the last loss predicted from the first quarter"
        return Part(
            what, largest_of([magnitude(one) for one in errors_of_predicted_ends(evidence)]), high=NEAR_LOSS, text=text
        )

    return [alike, ahead]


def _sizes(found: list[CurveRefit]) -> str:
    return ", ".join(f"{one.params:.3g}" for one in found)


def _falls(evidence, what: str) -> Callable[[], Part]:
    def part() -> Part:
        found = reached(evidence)
        wrong = [one for one in found if (np.diff(getattr(one, what)) >= 0).any()]
        last = found[-1]
        values = getattr(last, what)
        text = (
            f"{what} to {last.loss_nats:.3f} nats: {values[0]:.3g} at N = {last.params[0]:.3g}, {values[-1]:.3g} at N "
            f"= {last.params[-1]:.3g} ({values[0] / values[-1]:.2f} times fewer); {len(found) - len(wrong)} of "
            f"{len(found)} losses are reached with fewer at every larger N"
        )
        rises = [change for one in found for change in changes(evidence, one, what)]
        name = f"the largest change of ln {what} from one size to the next at an equal loss"
        return Part(name, largest_of(rises), high=0.0, text=text)

    return part


@claim("S12", "steps and tokens fall with N at every loss that three sizes reach")
def sample_efficient(evidence):
    """Large models need fewer steps and fewer tokens to reach the same loss."""
    return [_falls(evidence, "steps"), _falls(evidence, "tokens")]


@claim("S14", "tokens fall with N at every loss that three sizes reach")
def fewer_tokens(evidence):
    """At equal loss the larger model has used fewer tokens."""
    return [_falls(evidence, "tokens")]


@claim(
    "S15",
    "at every loss that three sizes reach, C falls to one minimum over N and rises after it; that size is larger at "
    "the last loss than at the first",
)
def cheapest_size(evidence):
    """One size reaches each loss with the least compute, and that size grows as the loss falls."""
    found: Callable[[], list[Reached]] = cache(lambda: reached(evidence))

    def one_minimum() -> Part:
        moves = [changes(evidence, one, "flops") for one in found()]
        seen = sum(not _valley(one.flops) for one in found())
        least, most = sum(map(certainly_not_a_valley, moves)), sum(not certain_valley(one) for one in moves)
        text = f"{len(moves) - seen} of {len(moves)} losses have one cheapest size"
        count = Estimate(float(seen), float(least), float(most), evidence.level)
        return Part("the number of losses with more than one minimum", count, high=0.0, text=text)

    def grows() -> Part:
        best = [one.params[np.argmin(one.flops)] for one in found()]
        first, last = found()[0], found()[-1]
        text = f"cheapest size from N = {best[0]:.3g} at {first.loss_nats:.3f} nats to {best[-1]:.3g} at "
        text += f"{last.loss_nats:.3f}"
        sizes = np.unique(evidence.along["params_nonembedding"])
        before, after = (np.searchsorted(sizes, cheapest(evidence, one)) for one in (first, last))
        value = float(np.searchsorted(sizes, best[-1]) - np.searchsorted(sizes, best[0]))
        growth = between(value, after.min() - before.max(), after.max() - before.min(), evidence.level)
        return Part("the growth of the cheapest size, counted in sizes trained,", growth, 1.0, text=text)

    return [one_minimum, grows]


def _valley(values: np.ndarray) -> bool:
    signs = np.sign(np.diff(values))
    return bool((np.diff(signs) >= 0).all())


CLAIMS = (universal_curves, sample_efficient, fewer_tokens, cheapest_size)
