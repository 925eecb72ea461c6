"""The log of nanochat's base training (github.com/karpathy/nanochat): held-out loss in bits per byte."""

from .log_lines import Log, pattern

NANOCHAT = Log(
    "nanochat",
    "nanochat log",
    held_out=(pattern(r"^Step {steps} \| Validation bpb: {loss_bits_per_byte}"),),
    training=(pattern(r"^step {steps}(?:/{planned_steps})? \(.*?\) \| loss: {loss_train_nats}"),),
    facts=(
        pattern(r"^Number of parameters: {params_total}"),
        pattern(r"^total +: {params_total}"),
        pattern(r"^Total batch size {batch_tokens} =>"),
        pattern(r"^num_layers: {n_layer}"),
        pattern(r"^model_dim: {d_model}"),
        pattern(r"^Vocab size: {n_vocab}"),
        pattern(r"^Total number of training tokens: {tokens_planned}"),
    ),
)
