"""Compare what a trainer reports of a run with what was asked of it."""

import math

from ...run.run import RunSpec
from .result import COUNTS, FACTS, Reported

TOLERANCE = 0.05  # of a count of parameters: trainers count biases and norms, or do not
UNTRAINED = 0.9  # a model that learned nothing has a loss near ln V, whatever its initial weights
NEAR = 0.03  # of a loss to log2 V, at which it is in bits
LATE = 1  # steps by which the last evaluation may miss the last step: trainers count from 0 or from 1


def disagreements(spec: RunSpec, reported: Reported) -> list[str]:
    """Say in sentences how a run that a trainer reports is not the one that was asked; empty if it is."""
    return [*_length(spec, reported), *_sizes(spec, reported), *_unit(spec, reported)]


def _length(spec: RunSpec, reported: Reported) -> list[str]:
    last = reported.curve[-1][0]
    if abs(last - spec.steps) > LATE:
        return [
            f"the last held-out loss is that of step {last:,} of {spec.steps:,}. Let the trainer evaluate after its "
            f"last step: {{evaluate_every}} divides the steps, and {{steps}} is where it is to end"
        ]
    asked = spec.trained_tokens
    if reported.tokens is not None and abs(reported.tokens - asked) > LATE * spec.batch_tokens:
        return [
            f"it was trained on {reported.tokens:,.0f} tokens, and {asked:,} are asked: {spec.steps:,} steps of batch "
            f"x n_ctx = {spec.batch} x {spec.shape.n_ctx} tokens. Pass {{batch}} and {{n_ctx}}, or set the study's "
            "batch and n_ctx to the trainer's"
        ]
    return []


def _sizes(spec: RunSpec, reported: Reported) -> list[str]:
    asked = {name: getattr(spec.shape, name, None) for name in FACTS} | {"batch_tokens": spec.batch_tokens}
    wrong = [
        f"its {name} is {reported.facts[name]:,.0f}, and {value:,} is asked"
        for name, value in asked.items()
        if name in reported.facts and value is not None and reported.facts[name] != value
    ]
    return wrong or [said for name in COUNTS if name in reported.facts for said in _count(spec, reported, name)]


def _count(spec: RunSpec, reported: Reported, name: str) -> list[str]:
    """Compare a count of parameters with the shape's, by every way of counting what bears that name in trainers."""
    told = reported.facts[name]
    counts = {one: spec.shape.params(one) for one in ("non_embedding", "non_embedding_exact", "with_head", "total")}
    counts["total without positions"] = counts["total"] - spec.shape.params("position")
    within = name.startswith("params_nonembedding")
    alike = {one: count for one, count in counts.items() if one.startswith("non_embedding") == within}
    if any(abs(told - count) <= max(TOLERANCE * count, rounding(told)) for count in alike.values()):
        return []
    known = ", ".join(f"{count:,} ({one.replace('_', ' ')})" for one, count in alike.items())
    return [
        f"it reports {name} = {told:,.0f}, and the shape that is asked has {known}. Check that the command passes the "
        "size, and that n_vocab, tied, biases, norm, activation and positions describe the trainer's model"
    ]


def rounding(value: float) -> float:
    """Half of the last decimal place with which a number was printed: 5e3 of 0.81M."""
    digits = str(int(value))
    return 0.5 * 10.0 ** (len(digits) - len(digits.rstrip("0"))) if value >= 1 else 0.5


def _unit(spec: RunSpec, reported: Reported) -> list[str]:
    (first, before), (_, final) = reported.curve[0], reported.curve[-1]
    nats, bits = math.log(spec.shape.n_vocab), math.log2(spec.shape.n_vocab)
    if final <= 0:
        return [f"its loss is {final:.4g}; a loss in nats per token is above 0"]
    if first == 0 and abs(before / bits - 1) < NEAR and spec.shape.n_vocab > 1:
        return [f"its loss before training is {before:.4g} = log2 of n_vocab: it is in bits. Report nats"]
    if first == 0 and before < UNTRAINED * nats:
        return [
            f"its loss before training is {before:.4g}, and ln n_vocab = {nats:.4g}: the study's n_vocab = "
            f"{spec.shape.n_vocab:,} is not the trainer's vocabulary, or the loss is not in nats per token"
        ]
    return []
