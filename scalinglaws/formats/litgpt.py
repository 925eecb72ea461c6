"""The log of litgpt's pretraining (github.com/Lightning-AI/litgpt)."""

from .log_lines import Log, pattern

LITGPT = Log(
    "litgpt",
    "litgpt log",
    held_out=(pattern(r"^iter {iteration}: val loss {loss_nats},? val time"),),
    training=(pattern(r"^Epoch \d+ \| iter {iteration} step {steps} \| loss train: {loss_train_nats}"),),
    facts=(pattern(r"^Total parameters: {params_total}"),),
)
