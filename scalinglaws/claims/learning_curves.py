"""S10, S12, S14, S15: what the learning curves of all sizes have in common, and the cost of a loss at each size."""

from collections.abc import Callable
from functools import cache

import numpy as np

from ..measurements.costs_compared import (
    average_changes,
    certain_valley,
    certainly_not_a_valley,
    changes,
    cheapest,
    convexity,
)
from ..measurements.family_tables import FamilyTables
from ..measurements.intervals import between, largest_of, magnitude, ratio, root_mean_square, shifted
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
    "alpha_S refitted to each size differs from the pooled one by at most 20%, and the law fitted to the first quarter "
    "of the steps predicts the last losses to 2% (2 sd of a seed, if that is more), each as a root mean square over "
    "sizes; for none is it certainly more",
)
def universal_curves(evidence):
    """The curves of all sizes follow one law with the same step term, so that the start of a run predicts its end."""
    alike = "difference of a size's alpha_S from the pooled one, relative to it,"
    ahead = "error of the last loss predicted from the first quarter"

    def typical_alpha() -> Part:
        pooled, found = _alphas(evidence)
        each = ", ".join(f"{alpha.value:.3f} at N = {n:.3g}" for n, alpha in found)
        beyond = float(np.mean(evidence.least["beyond"]))
        text = f"alpha_S {interval(pooled)} pooled; {each}; "
        text += f"{beyond:.0%} of the points at losses outside those of the batch scan"
        off = np.array([alpha.value / pooled.value - 1 for _, alpha in found])
        return Part(f"the root mean square {alike}", root_mean_square(off, evidence.level), None, NEAR_EXPONENT, text)

    def any_alpha() -> Part:
        pooled, found = _alphas(evidence)
        off = [magnitude(shifted(ratio(alpha, pooled), -1.0)) for _, alpha in found]
        return Part(f"the largest {alike}", largest_of(off), None, NEAR_EXPONENT, objection=True)

    def typical_end() -> Part:
        found = predicted_ends(evidence)
        worst = max(found, key=lambda one: abs(one[1] / one[2] - 1))
        sizes = np.array([n for n, _, _ in found])
        errors = np.array([said / seen - 1 for _, said, seen in found])
        by_size = np.array([errors[sizes == n].mean() for n in np.unique(sizes)])
        text = f"predicted from the first quarter: largest error {worst[1] / worst[2] - 1:+.1%} of the loss, at N = "
        text += f"{worst[0]:.3g}"
        return Part(
            f"the root mean square {ahead}", root_mean_square(by_size, evidence.level), None, _near(evidence), text
        )

    def any_end() -> Part:
        off = [magnitude(one) for one in errors_of_predicted_ends(evidence)]
        return Part(f"the largest {ahead}", largest_of(off), None, _near(evidence), objection=True)

    return [typical_alpha, any_alpha, typical_end, any_end]


def _near(evidence: FamilyTables) -> float:
    return max(NEAR_LOSS, 2 * evidence.sigma.log)


def _alphas(evidence: FamilyTables) -> tuple[Estimate, list[tuple[float, Estimate]]]:
    """Give the pooled alpha_S, and that of each size.

    Raises:
        Lacking: the curve of a size does not determine it.
    """
    found = refits(evidence)
    unknown = [one for one in found if one.alpha_S is None]
    if unknown:
        raise Lacking(f"family F-N with curves that determine alpha_S at N = {_sizes(unknown)}")
    return evidence.parameter(evidence.steps_law, "alpha_S"), [(n.params, alpha_of_size(evidence, n)) for n in found]


def _sizes(found: list[CurveRefit]) -> str:
    return ", ".join(f"{one.params:.3g}" for one in found)


def _falls(evidence, what: str) -> list[Callable[[], Part]]:
    def on_average() -> Part:
        found = reached(evidence)
        wrong = [one for one in found if (np.diff(getattr(one, what)) >= 0).any()]
        last = found[-1]
        values = getattr(last, what)
        text = (
            f"{what} to {last.loss_nats:.3f} nats: {values[0]:.3g} at N = {last.params[0]:.3g}, {values[-1]:.3g} at N "
            f"= {last.params[-1]:.3g} ({values[0] / values[-1]:.2f} times fewer); {len(found) - len(wrong)} of "
            f"{len(found)} losses are reached with fewer at every larger N"
        )
        name = f"the largest change of ln {what} from one size to the next, averaged over losses,"
        return Part(name, largest_of(average_changes(evidence, found, what)), high=0.0, text=text)

    def nowhere_rises() -> Part:
        rises = [change for one in reached(evidence) for change in changes(evidence, one, what)]
        name = f"the largest change of ln {what} from one size to the next at one loss"
        return Part(name, largest_of(rises), high=0.0, objection=True)

    return [on_average, nowhere_rises]


@claim(
    "S12",
    "steps and tokens fall from each size to the next, on average over the losses that three sizes reach, and "
    "certainly rise at none",
)
def sample_efficient(evidence):
    """Large models need fewer steps and fewer tokens to reach the same loss."""
    return [*_falls(evidence, "steps"), *_falls(evidence, "tokens")]


@claim("S14", "tokens as in S12")
def fewer_tokens(evidence):
    """At equal loss the larger model has used fewer tokens."""
    return _falls(evidence, "tokens")


@claim(
    "S15",
    "at the losses that three sizes reach, ln C is convex in ln N on average, and at none does C certainly have two "
    "minima over N; its minimum is at a larger size at the last loss than at the first",
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
        what = "the number of losses with more than one minimum"
        return Part(what, count, high=0.0, text=text, objection=True)

    def has_a_minimum() -> Part:
        what = "the coefficient of (ln N)^2 in ln C, averaged over losses,"
        return Part(what, convexity(evidence, found()), 0.0)

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

    return [one_minimum, has_a_minimum, grows]


def _valley(values: np.ndarray) -> bool:
    signs = np.sign(np.diff(values))
    return bool((np.diff(signs) >= 0).all())


CLAIMS = (universal_curves, sample_efficient, fewer_tokens, cheapest_size)
