"""The console log of llm-foundry and of MosaicML's Composer: a line with the batch, then a line for each metric."""

from .log_lines import Log, pattern

LLM_FOUNDRY = Log(
    "llm-foundry",
    "llm-foundry log",
    block=pattern(r"^\[batch={steps}(?:/{planned_steps})?\]:?"),
    keys={
        "Train time/token": "tokens",
        "Train loss/train/total": "loss_train_nats",
        "Train metrics/train/LanguageCrossEntropy": "loss_train_nats",
        "Train lr-*": "lr",
        "Eval metrics/*/LanguageCrossEntropy": "loss_nats",
        "Eval metrics/*/CrossEntropy": "loss_nats",
    },
    facts=(pattern(r"n_params: {params_total}"), pattern(r"n_total_params: {params_total}")),
)
