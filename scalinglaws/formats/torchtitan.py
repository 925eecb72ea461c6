"""The log of torchtitan (github.com/pytorch/torchtitan), with or without colours."""

from .log_lines import Log, pattern

TORCHTITAN = Log(
    "torchtitan",
    "torchtitan log",
    held_out=(pattern(r"validate +step: {steps} +loss: {loss_nats}"),),
    training=(pattern(r"step: {steps} +loss: {loss_train_nats} +(?:grad_norm: .*?)?memory:"),),
    facts=(
        pattern(r"size: {params_total} total parameters"),
        pattern(r"global batch size {sequences}, .*?sequence length {n_ctx}, total steps {planned_steps}"),
        pattern(r"\(warmup {warmup_steps}\)"),
    ),
)
