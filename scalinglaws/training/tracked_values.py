"""What a tracker gets of a run: its settings, the values of each evaluation, and how it ended, by flat names."""

import dataclasses
import re

from ..instruments.noise_scale import noise_scale
from ..run.run import FINISHED, Evaluation, Run, RunSpec
from ..run.shape import Shape

COUNTS = {
    "params_nonembedding": "non_embedding",
    "params_nonembedding_exact": "non_embedding_exact",
    "params_with_head": "with_head",
    "params_total": "total",
}
# Fields of a RunSpec under the names of our quantities, where those differ; `lr` is the present rate in the curve.
RENAMED = {"lr": "peak_lr", "batch": "batch_sequences", "warmup": "warmup_steps", "tokens": "planned_tokens"}
NO_NAME = re.compile(r"[^\w./ -]")  # characters that MLflow refuses in the name of a metric


def config_of(spec: RunSpec) -> dict[str, str | float]:
    """Give the settings of a run: every field of its specification and of its shape, and its counts of parameters."""
    fields = {f.name: getattr(spec, f.name) for f in dataclasses.fields(spec) if f.name not in ("shape", "foreign")}
    shape = {f.name: getattr(spec.shape, f.name) for f in dataclasses.fields(Shape)}
    given = {RENAMED.get(name, name): value for name, value in (shape | fields).items()}
    kind = "trunk" if spec.is_trunk else "branch" if spec.parent else "run"
    derived = {"run_id": spec.id, "lineage": spec.lineage, "kind_of_run": kind, "planned_steps": spec.steps}
    if spec.shape.family != "lstm":  # a 0 of the specification stands for a default
        derived |= {"d_ff": spec.shape.width_ff, "d_attn": spec.shape.width_attention}
    derived |= {"batch_tokens": spec.batch_tokens, **{name: spec.shape.params(count) for name, count in COUNTS.items()}}
    return {name: _plain(value) for name, value in (given | derived).items() if value is not None}


def values_of(spec: RunSpec, e: Evaluation) -> dict[str, float]:
    """Give the values of one evaluation: losses in nats per token, learning rate, tokens, FLOPs, noise scale."""
    scale = noise_scale(e.noise)
    found = {
        "loss_nats": e.loss_nats,
        "loss_nats_sem": e.loss_nats_sem,
        "loss_train_nats": e.loss_train_nats,
        "lr": e.lr,
        "tokens": e.tokens,
        "flops_6nd": spec.shape.flops_per_token("6n") * e.tokens,
        "flops_exact": spec.shape.flops_per_token("exact") * e.tokens,
        "noise_scale": scale and scale[0],
        "noise_scale_sem": scale and scale[1],
        "update_ratio": e.update_ratio,
        "seconds": e.seconds,
    }
    if e.items:
        found |= {"accuracy": e.items.accuracy, "choice_probability": e.items.choice_probability}
        found |= {"loss_task_bits_per_byte": e.items.bits_per_byte}
    names = (NO_NAME.sub("_", corpus) for corpus, _ in spec.foreign)
    found |= {f"loss_nats/{name}": loss for name, loss in zip(names, e.foreign, strict=False)}
    return {name: float(value) for name, value in found.items() if value is not None}


def result_of(run: Run) -> tuple[dict[str, float], dict[str, str], bool]:
    """Give what the instruments measured of a whole run, how it ended in words, and whether it may be used in fits."""
    words = {"outcome": run.outcome, "sentence": run.sentence, **run.provenance}
    numbers = {name: float(value) for name, value in run.readings.items()}
    if run.bytes_per_token:
        numbers["bytes_per_token"] = run.bytes_per_token
    return numbers, words, run.outcome == FINISHED


def _plain(value: object) -> str | float:
    return value if isinstance(value, str | int | float) else str(value)
