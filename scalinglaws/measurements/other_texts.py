"""The loss on other text against the loss on the text trained on."""

from dataclasses import dataclass

import numpy as np

from ..results.attempt import Lacking
from ..results.fitted import Estimate
from .family_tables import FamilyTables
from .joining import once
from .powers import of_size, power
from .straight_line import coefficients

FOREIGN = "loss_nats@"
PLACE = "loss_nats@T="
LEAST_TEXTS = 3


@dataclass(frozen=True)
class Transfer:
    """Loss on another text against the loss on the text's own kind, over all evaluations after the warm-up.

    Attributes:
        slope: of L_other = slope L + constant, its interval by leaving out one lineage at a time.
        offset: mean of L_other - L at the last evaluation of each size, nats; `drift` its change a factor e of N.
    """

    text: str
    evaluations: int
    r: float
    slope: Estimate
    offset: float
    drift: float


def texts(evidence: FamilyTables) -> list[str]:
    """Name the other texts.

    Raises:
        Lacking: fewer than three were evaluated on.
    """
    named = [n for n in evidence.curves.columns if n.startswith(FOREIGN) and not n.startswith(PLACE)]
    filled = [n.removeprefix(FOREIGN) for n in named if np.isfinite(evidence.curves[n]).any()]
    if len(filled) < LEAST_TEXTS:
        raise Lacking(f"family F-N evaluated on other texts ({len(filled)} of at least {LEAST_TEXTS} present)")
    return filled


@once
def transfer(evidence: FamilyTables, text: str) -> Transfer:
    """Measure how the loss on one other text follows."""
    curves, column = evidence.joined_curves, FOREIGN + text
    kept = (curves["phase"] != "warm-up") & (curves["run_kept"] == 1) & (curves["arch"] == "transformer")
    curves = curves.take(kept & np.isfinite(curves[column]) & np.isfinite(curves["loss_nats"]))
    if len(curves) < 3:
        raise Lacking(f"family F-N evaluated on {text}")
    x, y, lineage = curves["loss_nats"], curves[column], curves["lineage"]
    slope = coefficients(np.stack([np.ones_like(x), x], axis=1), y, lineage, evidence.level)[1]
    ends = evidence.longest
    gap = ends[column] - ends["loss_nats"]
    return Transfer(
        text,
        len(curves),
        float(np.corrcoef(x, y)[0, 1]),
        slope,
        float(gap.mean()),
        float(np.polyfit(np.log(ends["params_nonembedding"]), gap, 1)[0]),
    )


@once
def exponents(evidence: FamilyTables, text: str) -> tuple[Estimate, Estimate]:
    """Fit alpha_N of the loss on another text, and of that on the text trained on.

    Raises:
        FitError: the runs do not identify one of them.
    """
    other = power(evidence, evidence.longest, "params_nonembedding", FOREIGN + text)
    return other.exponent, of_size(evidence).exponent
