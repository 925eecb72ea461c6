"""What a column means: every physical quantity by a name that is its definition, with its unit.

A law is written in letters (N, D, C ...); a table has columns. A letter stands for a *role* (params, tokens ...), and
several quantities can play one role: "N" may count embeddings or not. A fit names the quantity it used.
"""

from dataclasses import dataclass

from .errors import unknown_name

PF_DAY = 8.64e19  # FLOPs: 1e15 a second for a day (Kaplan et al. 2020, section 1.3)


@dataclass(frozen=True)
class Quantity:
    """One thing a column can hold: `name` says the definition, `role` which letter of a law it can stand for."""

    name: str
    role: str
    unit: str
    meaning: str


_TABLE = [  # one line each, however long: a table to read down
    Quantity(
        "params_nonembedding",
        "params",
        "params",
        "2 d_model n_layer (2 d_attn + d_ff): matrices of the blocks alone (Kaplan et al. 2020, eq 2.1)",
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
    Quantity("params_nonzero", "params", "params", "weights that pruning has left"),
    Quantity(
        "params_vocabulary", "params_vocabulary", "params", "n_vocab x d_model, one matrix (Tao et al. 2024, section 2)"
    ),
    Quantity("tokens", "tokens", "tokens", "tokens processed in training, repeats included"),
    Quantity("tokens_unique", "tokens_unique", "tokens", "different tokens trained on: repeats counted once"),
    Quantity("characters_finetune", "characters_finetune", "characters", "different characters of a fine-tuning set"),
    Quantity(
        "characters_transferred",
        "characters_transferred",
        "characters",
        "more characters of fine-tuning text that training from scratch would take (Hernandez et al. 2021)",
    ),
    Quantity("batch_tokens", "batch", "tokens", "tokens of one optimiser step"),
    Quantity("steps", "steps", "steps", "optimiser steps"),
    Quantity(
        "steps_min",
        "steps",
        "steps",
        "S / (1 + B_crit/B): steps at a batch far above the critical (Kaplan et al. 2020, eq 5.4)",
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
        "C / (1 + B/B_crit): compute at a batch far below the critical (Kaplan et al. 2020, eq 5.5)",
    ),
    Quantity("loss_nats", "loss", "nats/token", "mean cross-entropy on held-out text"),
    Quantity("loss_train_nats", "loss", "nats/token", "mean cross-entropy on training text"),
    Quantity(
        "loss_bits_per_byte",
        "loss",
        "bits/byte",
        "held-out cross-entropy per byte of text: comparable between tokenizers",
    ),
    Quantity("loss_nats_other", "loss_other", "nats/token", "loss_nats of the same run on another text"),
    Quantity("loss_task_bits_per_byte", "loss_task", "bits/byte", "cross-entropy of the correct answer to a task"),
    Quantity("accuracy", "accuracy", "1", "share of right answers"),
    Quantity("error_top1", "error", "1", "share of wrong answers: 1 - accuracy, mean over tasks"),
    Quantity("loss_nats_sem", "loss_error", "nats/token", "standard error of loss_nats from the finite test set"),
    Quantity("lr", "lr", "1", "peak learning rate"),
    Quantity("lr_by_step", "lr_by_step", "1", "learning rate of every step of one run, in order"),
    Quantity("position", "position", "tokens", "place of a token in its context, counted from 1"),
    Quantity(
        "overfitting",
        "overfitting",
        "1",
        "L(N, D) / L(N, infinite D) - 1 at early stopping (Kaplan et al. 2020, eq 4.2)",
    ),
    Quantity("overfitting_nats", "overfitting_nats", "nats/token", "L(N, D) - L(N, infinite D) at early stopping"),
    Quantity("size_ratio", "size_ratio", "1", "params over those of the compute-efficient size at equal loss"),
    Quantity("compute_ratio", "compute_ratio", "1", "compute over that of the compute-efficient size at equal loss"),
    Quantity("steps_ratio", "steps_ratio", "1", "steps over those of the compute-efficient size at equal loss"),
    Quantity(
        "adamw_timescale", "adamw_timescale", "1", "B / (lr x weight decay x D): share of the run AdamW averages over"
    ),
    Quantity("schedule_number", "schedule", "1", "which schedule of learning rates a run followed, by number"),
    Quantity("loss_below_unigram", "loss_below_unigram", "nats/token", "loss of a unigram model less loss_nats"),
    Quantity("loss_rise_nats", "loss_rise", "nats/token", "what a change made after training adds to loss_nats"),
    Quantity("teacher_loss", "teacher_loss", "nats/token", "loss_nats of the model that a student learns from"),
    Quantity(
        "supervised_loss", "supervised_loss", "nats/token", "loss_nats that a student would have without a teacher"
    ),
    Quantity("granularity", "granularity", "1", "width of a dense feed-forward layer over that of one expert"),
    Quantity("sparsity", "sparsity", "1", "share of the parameters that a token does not use, or that pruning removed"),
    Quantity(
        "experts_effective",
        "experts_effective",
        "1",
        "count of experts, saturated at both ends (Clark et al. 2022, eq 1)",
    ),
    Quantity("bits_weights", "bits_weights", "bits", "precision of the weights"),
    Quantity("bits_activations", "bits_activations", "bits", "precision of the activations"),
    Quantity("bits_kv", "bits_kv", "bits", "precision of the keys and values"),
    Quantity("tokens_per_character", "tokens_per_character", "tokens/character", "tokens a character of text becomes"),
    Quantity("seconds", "other", "s", "wall-clock seconds of training"),
    Quantity("n_layer", "other", "layers", "blocks of the model"),
    Quantity("d_model", "other", "1", "width of the residual stream"),
    Quantity("n_heads", "other", "1", "attention heads"),
    Quantity("n_ctx", "other", "tokens", "context length"),
    Quantity("n_vocab", "other", "tokens", "size of the vocabulary"),
    Quantity("d_ff", "other", "1", "width of a feed-forward layer of two matrices; 1.5 times the width of a gated one"),
    Quantity("tied", "other", "1", "1 where the head is the transposed token embedding, 0 where it has its own matrix"),
    Quantity("params_embedding", "other", "params", "token and position embeddings and, where untied, the head"),
    Quantity("n_experts", "other", "1", "experts in a block of a mixture"),
    Quantity("n_experts_active", "other", "1", "experts of a block that one token uses"),
    Quantity("params_per_expert", "other", "params", "parameters of one expert in one block"),
    Quantity("bytes_per_token", "other", "bytes", "bytes of held-out text a token stands for"),
    Quantity("warmup_steps", "other", "steps", "steps over which the learning rate rises to its peak"),
    Quantity("warmup_share", "other", "1", "warmup_steps / steps"),
    Quantity("planned_steps", "other", "steps", "steps that the schedule of the learning rate was laid out for"),
    Quantity("decay_share", "other", "1", "share of the steps over which the learning rate falls at the end"),
    Quantity("weight_decay", "other", "1", "decay of the weights, decoupled: multiplied with the learning rate"),
    Quantity("beta2", "other", "1", "decay of Adam's second moment"),
    Quantity("tuned", "other", "1", "1 where rate, batch and optimiser were searched at this size, 0 where taken over"),
    Quantity("seed", "other", "1", "seed of initialisation and data order"),
    Quantity("epochs", "other", "1", "tokens / tokens_unique"),
    Quantity("lr_schedule", "label", "", "form of the learning rate over a run: cosine, linear, wsd, constant ..."),
    Quantity("optimizer", "label", "", "what turns gradients into steps"),
    Quantity("tokenizer", "label", "", "what turned text into tokens"),
    Quantity("train_set", "label", "", "text that was trained on"),
    Quantity("loss_split", "label", "", "text and split that the loss was measured on"),
    Quantity("run_id", "label", "", "which run a point belongs to: points of one run are one cluster"),
    Quantity("lineage", "label", "", "runs that share a trunk: one cluster when a study is resampled"),
    Quantity("role", "label", "", "what a study uses the point for: fit or held-out"),
    Quantity("arm", "label", "", "which data mix, architecture or optimiser a run belongs to"),
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

# Column names of foreign tables that mean one of ours beyond doubt. A bare "N" or "params" is in doubt: not here.
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
    """List the quantities that can play a role, preferred first."""
    return [q.name for q in _TABLE if q.role == role]
