"""The log of modded-nanogpt's speedruns (github.com/KellerJordan/modded-nanogpt)."""

from .log_lines import Log, pattern

MODDED_NANOGPT = Log(
    "modded-nanogpt",
    "modded-nanogpt log",
    held_out=(pattern(r"^(?:s|step): ?{steps}/{planned_steps} val_loss: ?{loss_nats}"),),
    training=(pattern(r"^(?:s|step): ?{steps}/{planned_steps} (?:train_loss|loss): ?{loss_train_nats}"),),
)
