"""A planned model as configuration text: for nanoGPT, torchtitan and OLMo-core, and as a study with any trainer."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import MisuseError, argument, unknown_name
from ..records.numbers_in_text import interval
from ..run.shape import Shape
from .planned import Plan, PlannedShape

WARMUP_SHARE = 0.02  # of the steps, and at most 2000: within the "no more tokens than parameters" of Porian et al. 2024
_MICRO = (16, 8, 4, 2)  # sequences per process and micro-batch; 1 if the batch is small
_USUAL_PROCESSES = 8  # of one node, by default
_NEAR = 8  # the unit to which the batch is rounded is at most one part in 8 of it


@dataclass(frozen=True)
class _PlannedRun:
    """The settings that every trainer gets, in whole sequences and whole steps.

    The `sequences` of a step are split into micro-batches of `micro` on each of `processes`, equally often on all.
    """

    shape: Shape
    sequences: int
    micro: int
    processes: int
    steps: int
    warmup: int
    lr: float
    tokens: int
    comment: tuple[str, ...]


def configuration(
    plan: Plan, row: PlannedShape, trainer: str, *, lr: float | None = None, devices: int | None = None
) -> str:
    """Write one of the plan's shapes as configuration text.

    The batch is rounded to micro-batches that every process takes equally often (as each trainer requires), and the
    steps are rounded up; the learning rate is the middle of the published laws unless given; warm-up is 2% of the
    steps, 2000 at most; the loss and its interval are in a comment.

    Args:
        trainer: nanogpt (a Python file of settings), torchtitan (TOML; the flavour to register is in a comment),
            olmo-core (a Python fragment) or study (a study file of this one run, with a trainer of one's own).
        devices: the number that will train; without it, the file runs on 1, 2, 4 or 8 if the batch is large enough.

    Raises:
        NameUnknownError: no such trainer.
        MisuseError: the plan has no learning rate or batch and none is given, or a batch that devices cannot share, or
            heads of a width that the trainer cannot rotate.
    """
    if trainer not in TRAINERS:
        raise unknown_name("trainer", trainer, TRAINERS)
    rate = lr if lr is not None else plan.lr and plan.lr.value
    if not rate or rate <= 0:
        raise MisuseError(f"lr = {lr}: the plan has no learning rate to write. Give one above 0.")
    if trainer in _ROTATE and row.shape.d_model // row.shape.n_heads % 2:
        raise MisuseError(
            f"{trainer} rotates pairs within a head: its width must be even. Choose {argument(d_head=64)}."
        )
    return TRAINERS[trainer](_job(plan, row, rate, devices))


def _job(plan: Plan, row: PlannedShape, lr: float, devices: int | None) -> _PlannedRun:
    if plan.batch_tokens is None:
        raise MisuseError("no published law of the batch applies to this plan: give the tokens per step, batch_tokens.")
    asked = max(1, round(plan.batch_tokens.value / row.shape.n_ctx))
    processes = devices or (_USUAL_PROCESSES if asked >= _NEAR * _USUAL_PROCESSES else 1)
    if asked < processes:
        raise MisuseError(
            f"a batch of {asked} sequences of {row.shape.n_ctx} tokens cannot be shared by {processes} devices. Give "
            "more batch_tokens, or fewer devices."
        )
    micro = next((m for m in _MICRO if m * processes * _NEAR <= asked), 1)
    sequences = max(1, round(asked / (micro * processes))) * micro * processes
    steps = math.ceil(row.tokens / (sequences * row.shape.n_ctx))
    warmup = min(2000, math.ceil(WARMUP_SHARE * steps), steps - 1)
    comment = (
        f"Planned by scalinglaws with {plan.law}: {plan.flops:.4g} FLOPs as C = 6 N D, {row.params_total:,} parameters "
        f"({row.params_nonembedding:,} without embeddings).",
        f"Expected loss {row.loss_nats:.4f} {plan.loss_unit.replace('/', ' per ')}; at the plan's own size "
        f"{interval(plan.loss_nats, '.4f')}, {plan.loss_nats.level:.0%}.",
        f"Reach: {plan.reach:.3g} times the largest compute that the law was fitted to.",
    )
    return _PlannedRun(
        row.shape, sequences, micro, processes, steps, warmup, lr, steps * sequences * row.shape.n_ctx, comment
    )


def _rate(value: float) -> str:
    """Write a float so that it is read as one: 1.0, not 1."""
    return repr(float(f"{value:.4g}"))


def _commented(job: _PlannedRun) -> str:
    return "".join(f"# {line}\n" for line in job.comment)


def _nanogpt(job: _PlannedRun) -> str:
    head = "" if job.shape.tied else "# Its head is tied to the embeddings: fewer parameters than counted above.\n"
    return _commented(job) + (
        f"{head}# {job.sequences} sequences per step = batch_size x gradient_accumulation_steps, over all processes, "
        "whose number must divide\n# gradient_accumulation_steps, "
        f"such as {job.processes}. The vocabulary, {job.shape.n_vocab}, is read from the data's meta.pkl (50304 "
        "without one).\n"
        f"n_layer = {job.shape.n_layer}\n"
        f"n_head = {job.shape.n_heads}\n"
        f"n_embd = {job.shape.d_model}\n"
        f"block_size = {job.shape.n_ctx}\n"
        "bias = True\n"
        "dropout = 0.0\n"
        f"batch_size = {job.micro}\n"
        f"gradient_accumulation_steps = {job.sequences // job.micro}\n"
        f"max_iters = {job.steps}\n"
        f"lr_decay_iters = {job.steps}\n"
        f"warmup_iters = {job.warmup}\n"
        f"learning_rate = {_rate(job.lr)}\n"
        f"min_lr = {_rate(job.lr / 10)}\n"
        "weight_decay = 0.1\n"
        "beta1 = 0.9\n"
        "beta2 = 0.95\n"
        "grad_clip = 1.0\n"
    )


def _torchtitan(job: _PlannedRun) -> str:
    s = job.shape
    return _commented(job) + (
        f'# Register the flavour "planned": TransformerModelArgs(dim={s.d_model}, n_layers={s.n_layer}, '
        f"n_heads={s.n_heads}, vocab_size={s.n_vocab}).\n"
        "# Its SwiGLU blocks and untied head change the count of parameters: compare with the counts above.\n"
        "[model]\n"
        'name = "llama3"\n'
        'flavor = "planned"\n\n'
        "[optimizer]\n"
        'name = "AdamW"\n'
        f"lr = {_rate(job.lr)}\n\n"
        "[lr_scheduler]\n"
        f"warmup_steps = {job.warmup}\n"
        'decay_type = "cosine"\n'
        "min_lr_factor = 0.1\n\n"
        "[training]\n"
        f"local_batch_size = {job.micro}\n"
        f"global_batch_size = {job.sequences}\n"
        f"seq_len = {s.n_ctx}\n"
        "max_norm = 1.0\n"
        f"steps = {job.steps}\n"
    )


def _olmo_core(job: _PlannedRun) -> str:
    s = job.shape
    return _commented(job) + (
        "# Its SwiGLU blocks and untied head change the count of parameters: compare with the counts above.\n"
        "model_config = TransformerConfig.llama_like(\n"
        f"    d_model={s.d_model}, n_layers={s.n_layer}, n_heads={s.n_heads}, vocab_size={s.n_vocab}\n"
        ")\n"
        f"sequence_length = {s.n_ctx}\n"
        f"global_batch_size = {job.sequences * s.n_ctx}  # tokens\n"
        f"rank_microbatch_size = {job.micro * s.n_ctx}  # tokens\n"
        f"optim = AdamWConfig(lr={_rate(job.lr)}, betas=(0.9, 0.95), weight_decay=0.1)\n"
        f"scheduler = CosWithWarmup(warmup_steps={job.warmup})\n"
        "max_grad_norm = 1.0\n"
        f"max_duration = Duration.tokens({job.tokens})\n"
    )


def _study(job: _PlannedRun) -> str:
    s = job.shape
    written = {True: "true", False: "false"}
    return _commented(job) + (
        "# Train it by your own trainer, whose command is below; or leave out trainer and n_vocab and name a corpus\n"
        "# and a tokenizer, to train it by ours.\n"
        'trainer = "python train.py {run_file}"\n'
        f"n_vocab = {s.n_vocab}\n"
        f"n_ctx = {s.n_ctx}\n"
        f"shapes = [[{s.n_layer}, {s.d_model}, {s.n_heads}, {s.width_ff}]]\n"
        f"tokens = [{job.tokens}]\n"
        f"batch = {job.sequences}\n"
        f"accumulate = {job.sequences // job.micro}\n"
        "lr_exponent = 0\n"
        f"lr_scale = {_rate(job.lr)}\n"
        f"lr_max = {_rate(job.lr)}\n"
        f"warmup_steps = {job.warmup}\n"
        'schedule = "cosine"\n'
        "lr_end = 0.1\n"
        "weight_decay = 0.1\n"
        "clip = 1.0\n"
        f"tied = {written[s.tied]}\n"
        f"biases = {written[s.biases]}\n"
    )


_ROTATE = ("torchtitan", "olmo-core")  # rotary positions
TRAINERS: dict[str, Callable[[_PlannedRun], str]] = {
    "nanogpt": _nanogpt,
    "torchtitan": _torchtitan,
    "olmo-core": _olmo_core,
    "study": _study,
}
