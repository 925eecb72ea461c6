"""What a study writes into its ledger: its held-out prediction, its plans, and the losses that came in."""

from collections.abc import Sequence
from pathlib import Path

from ..points.points import Points
from ..predicting.ledger import Foretold, keep, settle
from ..records.json_values import utc_now
from ..results.fitted import Estimate
from ..results.study_results import Recommendation
from ..results.tested import HeldOutTest
from .laws_asked import COUNTS

COLUMNS = {"N": COUNTS["N"], "D": "tokens", "L": "loss_nats"}
LATE = "it was made after its runs"


def write_down(folder: Path, tests: Sequence[HeldOutTest], plans: Sequence[Recommendation], points: Points) -> None:
    """Write down the held-out predictions and the loss of every plan, once each; then the losses that were measured.

    Args:
        points: those of the plans.
    """
    entries = [_planned(one, points.kept.fingerprint) for one in plans]
    entries = [*map(_tested, tests), *entries]
    keep(folder, [one for one in entries if one is not None])
    for test in tests:
        if test.measured_mean is not None:
            settle(folder, _at(test.params_nonembedding, test.tokens), test.measured_mean, ", ".join(test.run_ids))


def _at(params: float, tokens: float) -> dict[str, float]:
    return {"N": params, "D": tokens}


def _tested(test: HeldOutTest) -> Foretold | None:
    at = _at(test.params_nonembedding, test.tokens)
    why = test.no_news or (LATE if test.is_late else "")
    return _entry(test.predicted_at, test.law, test.fingerprint, at, test.predicted, test.reach, why)


def _planned(plan: Recommendation, fingerprint: str) -> Foretold | None:
    at = _at(plan.params.value, plan.tokens.value)
    return _entry(utc_now(), plan.law, fingerprint, at, plan.loss_nats, plan.reach, "")


def _entry(made: str, by: str, points: str, at: dict[str, float], loss: Estimate, reach: float, why) -> Foretold | None:
    if loss.low is None or loss.high is None:
        return None
    return Foretold(made, by, points, at, COLUMNS, loss.value, loss.low, loss.high, loss.level, reach, why)
