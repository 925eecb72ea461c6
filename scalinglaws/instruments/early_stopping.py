"""Early stopping, and the gap between training and test loss, from a run's own curve."""

from collections.abc import Sequence

from ..run.run import Evaluation


def should_stop(curve: Sequence[Evaluation], patience: int) -> bool:
    """Whether the last `patience` evaluations brought no lower test loss; never where patience is 0.

    Kaplan et al. 2020, section 4.2: training stops when the test loss no longer falls; patience is ours to state.
    """
    if not patience or len(curve) <= patience:
        return False
    losses = [e.loss_nats for e in curve]
    return len(losses) - 1 - losses.index(min(losses)) >= patience


def gap(evaluation: Evaluation) -> float | None:
    """Test loss less training loss, nats a token; the training loss is the mean since the evaluation before."""
    if evaluation.loss_train_nats is None:
        return None
    return evaluation.loss_nats - evaluation.loss_train_nats
