"""The logs of llm.c: what train_gpt2 prints, and its main.log (github.com/karpathy/llm.c)."""

from .log_lines import Log, pattern

LLM_C = Log(
    "llm.c",
    "llm.c log",
    held_out=(pattern(r"^s:{steps} tel:{loss_nats}"), pattern(r"^val loss {loss_nats}$")),
    training=(
        pattern(r"^s:{steps} trl:{loss_train_nats}(?: lr:{lr})?"),
        pattern(r"^step {steps}/{planned_steps} \| (?:train )?loss {loss_train_nats}.*?\| lr {lr}"),
    ),
    facts=(
        pattern(r"num_parameters: {params_total}"),
        pattern(r"\| total batch size B \| {batch_tokens}"),
        pattern(r"^total_batch_size = {batch_tokens}"),
    ),
)
