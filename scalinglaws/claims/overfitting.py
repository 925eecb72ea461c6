"""S8 and S9: overfitting depends on one combination of size and data."""

from functools import cache

import numpy as np

from ..measurements.overfit import Marginal, collapse, marginals
from ..measurements.sheet import said
from ..results.attempt import Lacking
from .claim import Part, claim


@claim(
    "S8",
    "on each small subset (the largest model more than 2 sd of a seed above its loss on all text) -dlnL/dlnN never "
    "grows from one pair of sizes to the next by more than 2 sd of the noise, and falls from first pair to last",
)
def diminishing(evidence):
    """Growing size and data together keeps paying; growing one alone meets diminishing returns."""

    @cache
    def rows() -> list[Marginal]:
        found = [row for row in marginals(evidence) if row.small]
        if not found:
            raise Lacking("family F-ND with subsets small enough to overfit, three sizes on each")
        return found

    def shrinking() -> Part:
        wrong, sigma = [], evidence.sigma.log
        for row in rows():
            noise = sigma * np.sqrt(
                1 / row.steps[:-1] ** 2 + 1 / row.steps[1:] ** 2 + (1 / row.steps[:-1] + 1 / row.steps[1:]) ** 2
            )
            if (np.diff(row.slopes) > 2 * noise / np.sqrt(2)).any():
                wrong.append(f"D = {row.data:.3g}")
        slopes = "; ".join(f"D = {row.data:.3g}: " + ", ".join(f"{s:.3f}" for s in row.slopes) for row in rows())
        return Part(not wrong, f"slopes between sizes: {slopes}", f"the slope grows with size at {', '.join(wrong)}")

    def falls() -> Part:
        fall = float(np.mean([row.slopes[0] - row.slopes[-1] for row in rows()]))
        return Part(fall > 0, f"mean fall from first to last pair {fall:.3f}", f"the slopes do not fall: {fall:.3f}")

    return [shrinking, falls]


@claim("S9", "the residual sd of all overfitted runs about one curve is at most 2 sd of a seed over the loss")
def one_variable(evidence):
    """The penalty for too little data depends on N^(alpha_N/alpha_D) / D alone."""

    def collapses() -> Part:
        found = collapse(evidence)
        limit = 2 * evidence.sigma.nats.value * found.per_loss
        eight = 8**found.ratio.value
        text = (
            f"exponent ratio {said(found.ratio)}: 8 times the model needs {eight:.3g} times the data; residual sd "
            f"{found.sd:.4f} of {len(found.x)} runs, excess up to {found.excess.max():.3f}, limit {limit:.4f}"
        )
        return Part(found.sd <= limit, text, f"residual sd {found.sd:.4f} is above {limit:.4f}")

    return [collapses]


CLAIMS = (diminishing, one_variable)
