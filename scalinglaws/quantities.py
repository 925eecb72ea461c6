"""The meaning of every column: each quantity has a name that stands for one definition, and a unit.

A law is written in letters (N, D, C ...); a table has columns. A letter stands for a *role* (params, tokens ...), and
several quantities can have the same role: "N" may count embeddings or not. A fit names the quantity that it used.
"""

from dataclasses import dataclass

from .errors import unknown_name

PF_DAY = 8.64e19  # FLOPs: 1e15 per second for a day (Kaplan et al. 2020, section 1.3)


@dataclass(frozen=True)
class Quantity:
    """A quantity that a column can hold: `name` stands for its definition, `role` for the letter of a law."""

    name: str
    role: str
    unit: str
    meaning: str


_TABLE = [  # one entry per quantity
    Quantity(
        "params_nonembedding",
        "params",
        "params",
        "2 d_model n_layer (2 d_attn + d_ff): matrices of the blocks only (Kaplan et al. 2020, eq 2.1)",
    ),
    Quantity(
        "params_nonembedding_exact",
        "params",
        "params",
        "as built, without token and position embeddings and an untied head; with biases and norms",
    ),
    Quantity(
        "params_with_head",
        "params",
        "params",
        "params_nonembedding plus one n_vocab x d_model output head (Porian et al. 2024)",
    ),
    Quantity("params_total", "params", "params", "every trained parameter, embeddings included (Hoffmann et al. 2022)"),
    Quantity("params_active", "params", "params", "parameters that one token uses, in a mixture of experts"),
    Quantity("params_nonvocabulary", "params", "params", "params_total without the matrices of the vocabulary"),
    Quantity("params_nonzero", "params", "params", "weights that are left after pruning"),
    Quantity(
        "params_vocabulary", "params_vocabulary", "params", "n_vocab x d_model, one matrix (Tao et al. 2024, section 2)"
    ),
    Quantity("tokens", "tokens", "tokens", "tokens processed in training, repeats included"),
    Quantity("tokens_unique", "tokens_unique", "tokens", "unique tokens trained on: repeats are counted once"),
    Quantity("characters_finetune", "characters_finetune", "characters", "unique characters of a fine-tuning set"),
    Quantity(
        "characters_transferred",
        "characters_transferred",
        "characters",
        "additional characters of fine-tuning text that training from scratch would need (Hernandez et al. 2021)",
    ),
    Quantity("batch_tokens", "batch", "tokens", "tokens of one optimizer step; their mean where the batch grows"),
    Quantity("batch_tokens_first", "other", "tokens", "tokens of the first step of a run whose batch grows"),
    Quantity("batch_tokens_last", "other", "tokens", "tokens of the last step of a run whose batch grows"),
    Quantity("batch_sequences", "other", "1", "sequences of one optimizer step"),
    Quantity("steps", "steps", "steps", "optimizer steps"),
    Quantity(
        "steps_min",
        "steps",
        "steps",
        "S / (1 + B_crit/B): steps at a batch far above the critical batch (Kaplan et al. 2020, eq 5.4)",
    ),
    Quantity("flops_6nd", "flops", "FLOPs", "6 x params_nonembedding x tokens (Kaplan et al. 2020, section 2.1)"),
    Quantity(
        "flops_exact",
        "flops",
        "FLOPs",
        "every matrix product of training: blocks, causal attention over the context, output head",
    ),
    Quantity(
        "flops_6nd_total",
        "flops",
        "FLOPs",
        "6 x params_total x tokens (Hoffmann et al. 2022, appendix F approximation)",
    ),
    Quantity("flops", "flops", "FLOPs", "training compute as its source counts it"),
    Quantity(
        "flops_6nd_with_head", "flops", "FLOPs", "6 x params_with_head x tokens (Porian et al. 2024, correction 2)"
    ),
    Quantity(
        "flops_exact_no_head",
        "flops",
        "FLOPs",
        "blocks and causal attention over the context, without the head (Kaplan et al. 2020, eq 2.2)",
    ),
    Quantity(
        "flops_dense",
        "flops",
        "FLOPs",
        "as flops_exact, with attention over all pairs: what a kernel that does not skip the mask performs",
    ),
    Quantity(
        "flops_dense_no_head",
        "flops",
        "FLOPs",
        "as flops_dense without the head: tokens x M of DeepSeek-AI 2024",
    ),
    Quantity(
        "flops_per_token",
        "flops_per_token",
        "FLOPs/token",
        "72 n_layer d_model^2 + 12 n_layer d_model n_ctx: blocks and dense attention (DeepSeek-AI 2024, eq 2)",
    ),
    Quantity(
        "flops_min",
        "flops",
        "FLOPs",
        "C / (1 + B/B_crit): compute at a batch far below the critical batch (Kaplan et al. 2020, eq 5.5)",
    ),
    Quantity("loss_nats", "loss", "nats/token", "mean cross-entropy on held-out text"),
    Quantity(
        "loss_bits_per_byte",
        "loss",
        "bits/byte",
        "held-out cross-entropy per byte of text: comparable between tokenizers",
    ),
    Quantity("loss_train_nats", "loss", "nats/token", "mean cross-entropy on training text"),
    Quantity("loss_nats_other", "loss_other", "nats/token", "loss_nats of the same run on another text"),
    Quantity("loss_task_bits_per_byte", "loss_task", "bits/byte", "cross-entropy of the correct answer to a task"),
    Quantity("accuracy", "accuracy", "1", "fraction of correct answers"),
    Quantity("accuracy_sem", "other", "1", "standard error of accuracy from the number of items"),
    Quantity("accuracy_chance", "other", "1", "accuracy of guessing"),
    Quantity("choice_probability", "other", "1", "probability of the right choice, normalised over the choices, mean"),
    Quantity("items", "other", "1", "multiple-choice items of which accuracy is the mean"),
    Quantity("pass_at_k", "pass_at_k", "1", "chance that at least one of k sampled answers is right"),
    Quantity("surprise_at_k", "surprise_at_k", "nats", "-ln of pass_at_k"),
    Quantity("samples", "samples", "1", "answers sampled for a question, k of pass@k"),
    Quantity("error_top1", "error", "1", "fraction of wrong answers: 1 - accuracy, mean over tasks"),
    Quantity("loss_nats_sem", "loss_error", "nats/token", "standard error of loss_nats from the finite test set"),
    Quantity("lr", "lr", "1", "peak learning rate"),
    Quantity("lr_by_step", "lr_by_step", "1", "learning rate of every step of one run, in order"),
    Quantity("position", "position", "tokens", "position of a token in its context, counted from 1"),
    Quantity(
        "overfitting",
        "overfitting",
        "1",
        "L(N, D) / L(N, infinite D) - 1 at early stopping (Kaplan et al. 2020, eq 4.2)",
    ),
    Quantity("overfitting_nats", "overfitting_nats", "nats/token", "L(N, D) - L(N, infinite D) at early stopping"),
    Quantity("size_ratio", "size_ratio", "1", "params divided by those of the compute-efficient size at equal loss"),
    Quantity(
        "compute_ratio", "compute_ratio", "1", "compute divided by that of the compute-efficient size at equal loss"
    ),
    Quantity("steps_ratio", "steps_ratio", "1", "steps divided by those of the compute-efficient size at equal loss"),
    Quantity(
        "adamw_timescale",
        "adamw_timescale",
        "1",
        "B / (lr x weight decay x D): fraction of the run over which AdamW averages",
    ),
    Quantity("schedule_number", "schedule", "1", "number of the learning-rate schedule that a run followed"),
    Quantity("loss_below_unigram", "loss_below_unigram", "nats/token", "loss of a unigram model minus loss_nats"),
    Quantity("loss_rise_nats", "loss_rise", "nats/token", "increase of loss_nats by a change made after training"),
    Quantity("teacher_loss", "teacher_loss", "nats/token", "loss_nats of the model that a student learns from"),
    Quantity(
        "supervised_loss", "supervised_loss", "nats/token", "loss_nats that a student would have without a teacher"
    ),
    Quantity("granularity", "granularity", "1", "width of a dense feed-forward layer divided by that of one expert"),
    Quantity(
        "sparsity", "sparsity", "1", "fraction of the parameters that a token does not use, or that pruning removed"
    ),
    Quantity(
        "experts_effective",
        "experts_effective",
        "1",
        "count of experts, saturated at both ends (Clark et al. 2022, eq 1)",
    ),
    Quantity("activation_ratio", "activation_ratio", "1", "experts that a token uses divided by all experts"),
    Quantity(
        "efficiency_leverage",
        "efficiency_leverage",
        "1",
        "compute of a dense model divided by that of a mixture of experts of equal loss",
    ),
    Quantity("bits_weights", "bits_weights", "bits", "precision of the weights"),
    Quantity("bits_activations", "bits_activations", "bits", "precision of the activations"),
    Quantity("bits_kv", "bits_kv", "bits", "precision of the keys and values"),
    Quantity("tokens_per_character", "tokens_per_character", "tokens/character", "tokens per character of text"),
    Quantity("seconds", "other", "s", "wall-clock seconds of training"),
    Quantity("n_layer", "other", "layers", "blocks of the model"),
    Quantity("d_model", "other", "1", "width of the residual stream"),
    Quantity("n_heads", "other", "1", "attention heads"),
    Quantity("n_ctx", "other", "tokens", "context length"),
    Quantity("n_vocab", "other", "tokens", "size of the vocabulary"),
    Quantity("d_ff", "other", "1", "width of a feed-forward layer of two matrices; 1.5 times the width of a gated one"),
    Quantity("tied", "other", "1", "1 where the head is the transposed token embedding, 0 where it has its own matrix"),
    Quantity("params_embedding", "other", "params", "token and position embeddings and, where untied, the head"),
    Quantity("parallel_streams", "other", "1", "transformed copies of the input that a model reads at once"),
    Quantity("n_experts", "other", "1", "experts in a block of a mixture"),
    Quantity("n_experts_active", "other", "1", "experts of a block that one token uses"),
    Quantity("params_per_expert", "other", "params", "parameters of one expert in one block"),
    Quantity("bytes_per_token", "other", "bytes", "bytes of held-out text per token"),
    Quantity("warmup_steps", "other", "steps", "steps over which the learning rate rises to its peak"),
    Quantity("warmup_share", "other", "1", "warmup_steps / steps"),
    Quantity("planned_steps", "other", "steps", "steps for which the learning-rate schedule was planned"),
    Quantity("decay_share", "other", "1", "fraction of the steps, at the end, over which the learning rate decays"),
    Quantity("weight_decay", "other", "1", "decay of the weights, decoupled: multiplied by the learning rate"),
    Quantity("beta2", "other", "1", "decay rate of Adam's second moment"),
    Quantity(
        "tuned", "other", "1", "1 where rate, batch and optimizer were tuned at this size, 0 where taken from another"
    ),
    Quantity("seed", "other", "1", "seed of initialisation and data order"),
    Quantity("epochs", "other", "1", "tokens / tokens_unique"),
    Quantity("lr_schedule", "label", "", "form of the learning rate over a run: cosine, linear, wsd, constant ..."),
    Quantity("optimizer", "label", "", "the optimizer"),
    Quantity("tokenizer", "label", "", "the tokenizer of the text"),
    Quantity("train_set", "label", "", "text of the training set"),
    Quantity("loss_split", "label", "", "text and split on which the loss was measured"),
    Quantity("run_id", "label", "", "the run that a point belongs to: points of one run are one cluster"),
    Quantity("lineage", "label", "", "runs that share a trunk: one cluster when a study is resampled"),
    Quantity("role", "label", "", "how a study uses the point: fit or held-out"),
    Quantity("arm", "label", "", "the data mix, architecture or optimizer that a run belongs to"),
    Quantity("batch_ramp", "label", "", "sequences of a step at the start, and from which tokens on it has more"),
    Quantity("outcome", "label", "", "finished, diverged, failed to learn, failed or stopped"),
    Quantity("excluded_because", "label", "", "why a point takes no part in a fit; empty when it does"),
]

QUANTITIES = {quantity.name: quantity for quantity in _TABLE}

# The letter a law uses for each role (Kaplan et al. 2020, section 1.3; Muennighoff et al. 2023 for U).
ROLE_OF_LETTER = {
    "N": "params",
    "D": "tokens",
    "C": "flops",
    "S": "steps",
    "B": "batch",
    "U": "tokens_unique",
    "L": "loss",
}

LETTER_OF_ROLE = {role: letter for letter, role in ROLE_OF_LETTER.items()}

# Column names of other tables with the same meaning as one of ours. A bare "N" or "params" is ambiguous: not here.
SYNONYMS = {
    "loss": "loss_nats",
    "val_loss": "loss_nats",
    "tokens_seen": "tokens",
    "learning_rate": "lr",
    "n_head": "n_heads",
}


def quantity(name: str) -> Quantity:
    """Look a quantity up by name.

    Raises:
        NameUnknownError: with the nearest known name.
    """
    if name not in QUANTITIES:
        raise unknown_name("quantity", name, QUANTITIES)
    return QUANTITIES[name]


def playing(role: str) -> list[str]:
    """List the quantities that can have a role, the preferred first."""
    return [q.name for q in _TABLE if q.role == role]
