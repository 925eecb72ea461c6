"""The logs of Megatron-LM and the trainers built on it: Megatron-DeepSpeed, GPT-NeoX."""

from .log_lines import Log, pattern

MEGATRON = Log(
    "megatron",
    "Megatron log",
    held_out=(
        pattern(
            r"validation.*? loss at (?:iteration )?{steps}(?: (?:on )?\[?(?P<loss_split>\w[\w-]*)[^|]*)? *\| "
            r"lm[ _]loss(?: value)?: {loss_nats}"
        ),
    ),
    training=(
        pattern(
            r"iteration {steps}/ *{planned_steps} \|(?:.*?consumed tokens: {tokens})?.*?learning rate: {lr}"
            r"(?:.*?global batch size: {sequences})?.*?lm[ _]loss: {loss_train_nats}"
        ),
    ),
    facts=(
        pattern(r"number of parameters on .*?: {params_total}"),
        pattern(r"^ *seq_length \.+ {n_ctx}"),
        pattern(r"^ *num_layers \.+ {n_layer}"),
        pattern(r"^ *hidden_size \.+ {d_model}"),
        pattern(r"^ *padded_vocab_size \.+ {n_vocab}"),
        pattern(r"^ *lr_warmup_iters \.+ {warmup_steps}"),
    ),
    defines={"params_total": "of one rank: the whole only where the model is not split over ranks"},
)
