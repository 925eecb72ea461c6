"""Whether a column of losses can be one: a mean cross-entropy in nats per token is below ln of the vocabulary."""

import math

import numpy as np

from ..errors import PointsError, argument
from .points import Points

LARGEST_VOCABULARY = 1_000_000  # tokens: above every tokenizer of language models in use
ROOM = 1.1  # a model that has learnt nothing may lie above ln(n_vocab)


def check_loss_is_one(points: Points, stated: bool) -> None:
    """Refuse losses most of which no language model can have, unless the unit was stated.

    Raises:
        PointsError: naming the median, the bound, and the units that would explain it.
    """
    for name in ("loss_nats", "loss_train_nats"):
        if name not in points or stated or not len(points):
            continue
        losses = points[name][np.isfinite(points[name])]
        bound = ROOM * math.log(_vocabulary(points))
        middle = float(np.median(losses)) if len(losses) else math.nan
        if middle > bound:
            raise PointsError(_too_high(points, name, losses, middle, bound))


def _vocabulary(points: Points) -> float:
    """Give the largest vocabulary of the table, or that of any tokenizer."""
    known = points["n_vocab"] if "n_vocab" in points else np.array([])
    known = known[np.isfinite(known) & (known > 1)]
    return float(known.max()) if len(known) else float(LARGEST_VOCABULARY)


def _too_high(points: Points, name: str, losses: np.ndarray, middle: float, bound: float) -> str:
    said = argument(unit={name: "perplexity"})
    other = argument(unit={name: "nats"})
    perplexity = f"as a perplexity it would be {math.log(middle):.3g} nats" if losses.min() > 1 else ""
    return (
        f"the median of {name} is {middle:.4g}, and no language model with a vocabulary of up to "
        f"{_vocabulary(points):,.0f} tokens has a loss above {bound / ROOM:.3g} nats per token: "
        f"{perplexity or 'it is in another unit'}. Say its unit, such as {said}; {other} keeps it as it is."
    )
