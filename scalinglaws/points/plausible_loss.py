"""Whether a column of losses can be one: below ln of the vocabulary, falling, and near those of published runs."""

import math

import numpy as np

from ..errors import PointsError, argument
from ..quantities import playing
from .distinct import distinct
from .points import Points

PERCENT = 100.0
LEAST = {"params": 1e7, "tokens": 1e8}  # below, few published runs say what a loss should be
USUAL = (0.5, 1.4)  # medians of a loss over that of Hoffmann et al.; 18 tables of published runs: 0.83 to 1.29
OF_BYTES = 5000  # tokens of a vocabulary, below which a token is hardly more than a byte
LOOKED_AT = 10_000  # rows of which the direction of a loss is judged
RISES = 0.5  # rank correlation with the size and with the tokens, above which a column rises with both
LARGEST_VOCABULARY = 1_000_000  # tokens: above every tokenizer of language models in use
ROOM = 1.1  # a model that has learnt nothing may lie above ln(n_vocab)


def check_loss_is_one(points: Points, column: str, stated: bool) -> None:
    """Refuse losses most of which no language model can have, unless the unit was stated.

    Args:
        column: how the table calls its loss.
        stated: whether its unit was stated.

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
            raise PointsError(_too_high(points, name, losses, bound, column))


def _vocabulary(points: Points) -> float:
    """Give the largest vocabulary of the table, or that of any tokenizer."""
    known = points["n_vocab"] if "n_vocab" in points else np.array([])
    known = known[np.isfinite(known) & (known > 1)]
    return float(known.max()) if len(known) else float(LARGEST_VOCABULARY)


def _too_high(points: Points, name: str, losses: np.ndarray, bound: float, column: str) -> str:
    middle = float(np.median(losses))
    said = argument(unit={name: "perplexity"})
    other = argument(unit={name: "nats"})
    perplexity = f"as a perplexity it would be {math.log(middle):.3g} nats" if losses.min() > 1 else ""
    share = ""
    if losses.max() <= PERCENT:
        of = "accuracy" if _rises(points, points[name]) else "error_top1"
        share = f", and a percentage is no loss: {argument(map={of: column}, unit={of: 'percent'})}"
    return (
        f"the median of {name} is {middle:.4g}, and no language model with a vocabulary of up to "
        f"{_vocabulary(points):,.0f} tokens has a loss above {bound / ROOM:.3g} nats per token: "
        f"{perplexity or 'it is in another unit'}. Say its unit, such as {said}{share}; {other} keeps it as it is."
    )


def doubts_of_loss(points: Points, column: str, stated: bool) -> list[str]:
    """Say that a held-out loss rises with size and tokens, or lies far from those of published runs.

    Args:
        column: how the table calls it.
        stated: whether its unit was stated, so that only its direction is judged.
    """
    kept = points.kept
    if "loss_nats" not in kept or not len(kept):
        return _percentages(kept)
    if _rises(kept, kept["loss_nats"]):
        return [
            "loss_nats rises with the size and with the tokens, and a loss falls: if it is an accuracy, name it "
            f"{argument(map={'accuracy': column})}"
        ]
    ratio = math.nan if stated else _over_published(kept)
    if not (ratio < USUAL[0] or ratio > USUAL[1]):
        return []
    far = (
        f"loss_nats is {ratio:.2g} times the loss that Hoffmann et al. 2022 (eq 10) give for such sizes and tokens: if"
    )
    if ratio > USUAL[1]:
        return [f"{far} it is in bits per token, use {argument(unit={'loss_nats': 'bits'})}"]
    powers = _over_published(kept.replace(loss_nats=np.exp(kept["loss_nats"])))
    logarithm = f"; if it is the logarithm of a loss, use {argument(unit={'loss_nats': 'ln'})}"
    other = logarithm if USUAL[0] <= powers <= USUAL[1] else ""
    return [f"{far} it is in bits per byte, name it {argument(map={'loss_bits_per_byte': column})}{other}"]


def _percentages(points: Points) -> list[str]:
    """Say that shares lie above 1: they are percentages."""
    shares = [name for name in ("accuracy", "error_top1") if name in points and np.nanmax(points[name], initial=0) > 1]
    return [f"{name} is above 1: if it is a percentage, use {argument(unit={name: 'percent'})}" for name in shares]


def _inputs(points: Points) -> list[np.ndarray]:
    names = [next((name for name in playing(role) if name in points), None) for role in LEAST]
    return [points[name] for name in names if name]


def _rises(points: Points, values: np.ndarray) -> bool:
    """Say whether values rise with the size and with the tokens, by the correlations of their dense ranks."""
    inputs = _inputs(points)
    if len(inputs) < 2:
        return False
    good = np.flatnonzero(np.isfinite([values, *inputs]).all(axis=0))
    good = good[:: -(-len(good) // LOOKED_AT) or 1]
    ranks = [distinct(one[good])[1] for one in (values, *inputs)]
    if len(good) < 4 or any(np.ptp(one) == 0 for one in ranks):
        return False
    return all(np.corrcoef(one, ranks[0])[0, 1] > RISES for one in ranks[1:])


def _over_published(points: Points) -> float:
    """Give the median of the losses over L(N, D) of Hoffmann et al. 2022, eq 10; NaN where too few rows have both."""
    inputs = _inputs(points)
    if len(inputs) < 2 or ("n_vocab" in points and _vocabulary(points) < OF_BYTES):
        return math.nan
    n, d = inputs
    good = (n >= LEAST["params"]) & (d >= LEAST["tokens"]) & np.isfinite(points["loss_nats"])
    published = 1.69 + 406.4 / n[good] ** 0.34 + 410.7 / d[good] ** 0.28
    return float(np.median(points["loss_nats"][good] / published)) if good.sum() >= 3 else math.nan
