"""The console logs of OLMo and OLMo-core (github.com/allenai): a line with the step, then a line for each metric."""

from .log_lines import Log, pattern

OLMO = Log(
    "olmo",
    "OLMo log",
    block=pattern(r"\[step={steps}(?:/{planned_steps})?,epoch=[^\]]*\]"),
    keys={
        "train/CE loss": "loss_train_nats",
        "train/CrossEntropyLoss": "loss_train_nats",
        "throughput/total tokens": "tokens",
        "throughput/total_tokens": "tokens",
        "optim/LR*": "lr",
        "optim/learning_rate_group0": "lr",
        "eval/lm/*/CE loss": "loss_nats",
        "eval/*/CrossEntropyLoss": "loss_nats",
    },
    facts=(
        pattern(r"[Tt]otal (?:number of )?(?:trainable )?param(?:eter)?s: {params_total}"),
        pattern(r"[Nn]umber of (?:non-embedding|non embedding) param(?:eter)?s: {params_nonembedding_exact}"),
        pattern(r"[Nn]on-embedding params: {params_nonembedding_exact}"),
    ),
)
