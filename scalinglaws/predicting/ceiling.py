"""The largest possible loss: that of a uniform guess over the vocabulary."""

from math import log

from ..fitting.fit_record import Fit
from ..points.points import Points

PER_TOKEN = ("loss_nats", "loss_train_nats")


def ceiling_of(fit: Fit, points: Points) -> float | None:
    """Give ln of the vocabulary size, the largest possible loss in nats per token; None if it is unknown."""
    if fit.columns.get("L") not in PER_TOKEN or "n_vocab" not in points:
        return None
    sizes = points.kept["n_vocab"]
    return log(sizes.max()) if sizes.dtype.kind == "f" and sizes.max() > 1 else None
