"""S8 and S9: overfitting depends on one combination of size and data."""

from functools import cache

from ..measurements.intervals import spread_ratio
from ..measurements.overfit import Marginal, collapse, largest_rise, marginals, mean_fall, noise
from ..records.numbers_in_text import interval
from ..results.attempt import Lacking
from .claim import Part, claim

NEAR_EXPONENT = 0.20  # of alpha_N, by which a slope may grow from one pair of sizes to the next
MOST_SPREAD = 2.0  # standard deviations of an excess


@claim(
    "S8",
    "on each small subset (on which the largest model is more than 2 sd of a seed above its loss on all text) "
    "-dlnL/dlnN is lower for the last pair of sizes than for the first, on average, and nowhere certainly grows from "
    "one pair to the next by more than 20% of alpha_N of L(N, D)",
)
def diminishing(evidence):
    """Size and data that grow together keep lowering the loss; one of them alone has diminishing returns."""

    @cache
    def rows() -> list[Marginal]:
        found = [row for row in marginals(evidence) if row.small]
        if not found:
            raise Lacking("family F-ND with subsets small enough to overfit, three sizes on each")
        return found

    def shrinking() -> Part:
        slopes = "; ".join(f"D = {row.data:.3g}: " + ", ".join(f"{s:.3f}" for s in row.slopes) for row in rows())
        most = NEAR_EXPONENT * evidence.data_law.fit.values["alpha_N"]
        what = "the largest growth of a slope from one pair of sizes to the next"
        text = f"slopes between sizes: {slopes}"
        return Part(what, largest_rise(evidence, rows()), high=most, text=text, objection=True)

    def falls() -> Part:
        fall = mean_fall(evidence, rows())
        what = "the mean decrease of the slopes from the first pair to the last"
        return Part(what, fall, 0.0, text=f"mean decrease from the first pair to the last {fall.value:.3f}")

    return [shrinking, falls]


@claim(
    "S9",
    "the residual sd of all overfitted runs about one curve is at most twice what the seeds make of it (those of F-ND "
    "itself, if it has enough): an excess is the ratio of two losses, so that its sd is that of a seed times sqrt(2)",
)
def one_variable(evidence):
    """The penalty for too little data depends on N^(alpha_N/alpha_D) / D alone."""

    def collapses() -> Part:
        found, seeds = collapse(evidence), noise(evidence)
        seed = seeds.nats.value * found.per_seed
        eight = 8**found.ratio.value
        text = (
            f"exponent ratio {interval(found.ratio)}: 8 times the size needs {eight:.3g} times the data; residual sd "
            f"{found.sd:.4f} of {len(found.x)} sizes on subsets, excess up to {found.excess.max():.3f}, limit "
            f"{MOST_SPREAD * seed:.4f}; sd of a seed {interval(seeds.nats)} nats"
        )
        spread = spread_ratio(found.sd / seed, len(found.x) - 2, seeds, evidence.level)
        return Part("the residual sd relative to that of two seeds", spread, high=MOST_SPREAD, text=text)

    return [collapses]


CLAIMS = (diminishing, one_variable)
