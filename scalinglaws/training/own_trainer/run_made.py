"""The record of a run from what its trainer reports."""

import math
import platform
from dataclasses import replace

from ...records.json_values import utc_now
from ...run.run import DIVERGED, FAILED_TO_LEARN, FINISHED, Evaluation, Run, RunSpec
from .result import Reported


def run_of(spec: RunSpec, parts: int, reported: Reported, seconds: float) -> Run:
    """Make the record of a run from what its trainer reports, and its wall seconds.

    Args:
        parts: of a step's batch; more than asked where memory was too small.
    """
    assert spec.trainer
    losses = dict(reported.curve[:-1]) | {spec.steps: reported.curve[-1][1]}
    curve = tuple(
        Evaluation(step, spec.tokens_at(step), spec.lr, loss, seconds=seconds * step / spec.steps)
        for step, loss in losses.items()
        if 0 < step <= spec.steps and math.isfinite(loss)
    )
    outcome, sentence = outcome_of(spec, reported)
    if curve and outcome != DIVERGED:
        last = replace(curve[-1], loss_nats_sem=reported.loss_sem, loss_train_nats=reported.loss_train, seconds=seconds)
        last = replace(last, items=reported.items)
        curve = (*curve[:-1], last)
    gpus = spec.trainer.gpus
    readings = {
        "process_seconds": seconds,
        "tokens_per_second": spec.paid_tokens / max(seconds, 1e-9),
        **({"gpu_hours": gpus * seconds / 3600} if gpus else {}),
        **{f"reported_{name}": value for name, value in reported.facts.items() if math.isfinite(value)},
    }
    provenance = {
        "trainer": spec.trainer.command,
        "read_as": reported.form,
        "machine": platform.node(),
        "ended": utc_now(),
        **({"parts_of_batch": str(parts)} if parts != spec.accumulate else {}),
    }
    unique = int(reported.facts.get("tokens_unique", spec.unique_tokens)) or spec.trained_tokens
    return Run(spec, outcome, sentence, curve, reported.facts.get("bytes_per_token"), unique, readings, provenance)


def outcome_of(spec: RunSpec, reported: Reported) -> tuple[str, str]:
    """Judge a run by its last loss: its outcome, and a sentence that says why."""
    final, guessing = reported.curve[-1][1], math.log(spec.shape.n_vocab)
    if not math.isfinite(final):
        return DIVERGED, f"{DIVERGED}: the trainer reports a loss that is no number"
    if not spec.is_trunk and final >= guessing:
        return FAILED_TO_LEARN, f"{FAILED_TO_LEARN}: its final loss is {final:.4g}, above ln V = {guessing:.4g}"
    return FINISHED, "finished"
