"""Early stopping, and the gap between training and test loss, from the learning curve of a run."""

from collections.abc import Sequence

from ..run.run import Evaluation


def should_stop(curve: Sequence[Evaluation], patience: int) -> bool:
    """Whether the last `patience` evaluations brought no lower test loss; always False for patience 0.

    Kaplan et al. 2020, section 4.2: training stops when the test loss no longer decreases; they state no patience.
    """
    if not patience or len(curve) <= patience:
        return False
    losses = [e.loss_nats for e in curve]
    return len(losses) - 1 - losses.index(min(losses)) >= patience


def gap(evaluation: Evaluation) -> float | None:
    """Test loss minus training loss, in nats per token; the training loss is the mean since the previous evaluation."""
    if evaluation.loss_train_nats is None:
        return None
    return evaluation.loss_nats - evaluation.loss_train_nats
