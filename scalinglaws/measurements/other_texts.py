"""The loss on other text against the loss on the training text."""

from dataclasses import dataclass

import numpy as np

from ..results.attempt import Lacking
from ..results.fitted import Estimate
from .family_tables import EQUAL, FamilyTables
from .intervals import between, exponential, jackknife
from .joining import once
from .powers import of_size, power
from .straight_line import coefficients

FOREIGN = "loss_nats@"
PLACE = "loss_nats@T="
LEAST_TEXTS = 3
MOST_R = 1 - 1e-12  # where Fisher's scale still is finite


@dataclass(frozen=True)
class Transfer:
    """Loss on another text against the loss on the training text, over all evaluations after the warm-up.

    Attributes:
        slope: of L_other = slope L + constant, its interval by leaving out one lineage at a time.
        offset: mean of L_other - L at the last evaluation of each size, nats; `drift` its change per factor e of N.
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
    x, y, lineage = _both_losses(evidence, text)
    slope = coefficients(np.stack([np.ones_like(x), x], axis=1), y, lineage, evidence.level)[1]
    ends = evidence.longest
    gap = ends[FOREIGN + text] - ends["loss_nats"]
    return Transfer(
        text,
        len(x),
        float(np.corrcoef(x, y)[0, 1]),
        slope,
        float(gap.mean()),
        float(np.polyfit(np.log(ends["params_nonembedding"]), gap, 1)[0]),
    )


def _both_losses(evidence: FamilyTables, text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Take the losses on the training text and on another, and the lineage, of every evaluation after the warm-up."""
    curves, column = evidence.joined_curves, FOREIGN + text
    kept = (curves["phase"] != "warm-up") & (curves["run_kept"] == 1) & (curves["arch"] == "transformer")
    curves = curves.take(kept & np.isfinite(curves[column]) & np.isfinite(curves["loss_nats"]))
    if len(curves) < 3 or np.ptp(curves["loss_nats"]) < EQUAL:
        raise Lacking(f"family F-N with different losses, evaluated on {text}")
    return curves["loss_nats"], curves[column], curves["lineage"]


def correlation(evidence: FamilyTables, text: str) -> Estimate:
    """Give Pearson's r of the two losses; its interval leaves out one lineage at a time, on Fisher's scale."""
    x, y, lineage = _both_losses(evidence, text)

    def fisher(rows: np.ndarray) -> float:
        return float(np.arctanh(min(np.corrcoef(x[rows], y[rows])[0, 1], MOST_R)))

    found = jackknife(fisher, lineage, evidence.level)
    low, high = (np.nan if end is None else float(np.tanh(end)) for end in (found.low, found.high))
    return between(float(np.tanh(found.value)), low, high, evidence.level)


@once
def exponents(evidence: FamilyTables, text: str) -> tuple[Estimate, Estimate]:
    """Fit alpha_N of the loss on another text, and of that on the training text.

    Raises:
        FitError: the runs do not identify one of them.
    """
    other = power(evidence, evidence.longest, "params_nonembedding", FOREIGN + text)
    return other.exponent, of_size(evidence).exponent


def exponent_ratio(evidence: FamilyTables, text: str) -> Estimate:
    """Give alpha_N of another text over that of the training text; its interval leaves out one size at a time.

    Both are slopes through the same models: what curves or scatters one line does the same to the other, and cancels.

    Raises:
        FitError: the runs do not identify one of the two.
    """
    exponents(evidence, text)
    points = evidence.longest
    x, own, other = (np.log(points[name]) for name in ("params_nonembedding", "loss_nats", FOREIGN + text))

    def ratio(rows: np.ndarray) -> float:
        slopes = [np.polyfit(x[rows], y[rows], 1)[0] for y in (other, own)]
        return float(np.log(slopes[0] / slopes[1]))

    return exponential(jackknife(ratio, np.arange(len(x)), evidence.level))
