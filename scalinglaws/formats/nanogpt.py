"""The log of nanoGPT's train.py (github.com/karpathy/nanoGPT)."""

from .log_lines import Log, pattern

NANOGPT = Log(
    "nanogpt",
    "nanoGPT log",
    held_out=(pattern(r"^step {steps}: train loss {loss_train_nats}, val loss {loss_nats}"),),
    training=(pattern(r"^iter {steps}: loss {loss_train_nats}, time"),),
    facts=(
        pattern(r"^tokens per iteration will be: {batch_tokens}"),
        pattern(r"^number of parameters: {params_total}"),
        pattern(r"^n_layer = {n_layer}"),
        pattern(r"^n_embd = {d_model}"),
        pattern(r"^block_size = {n_ctx}"),
        pattern(r"^(?:lr_decay_iters|max_iters) = {planned_steps}"),
        pattern(r"^warmup_iters = {warmup_steps}"),
    ),
    defines={"params_total": "from 'number of parameters': with the token embedding, without that of positions"},
)
