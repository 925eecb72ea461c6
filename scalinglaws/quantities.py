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
    Quantity("tokens", "tokens", "tokens", "tokens processed in training, repeats included"),
    Quantity("tokens_unique", "tokens_unique", "tokens", "different tokens trained on: repeats counted once"),
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
    Quantity("loss_nats_sem", "loss_error", "nats/token", "standard error of loss_nats from the finite test set"),
    Quantity("lr", "lr", "1", "peak learning rate"),
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
    Quantity("seed", "other", "1", "seed of initialisation and data order"),
    Quantity("epochs", "other", "1", "tokens / tokens_unique"),
    Quantity("run_id", "label", "", "which run a point belongs to: points of one run are one cluster"),
    Quantity("lineage", "label", "", "runs that share a trunk: one cluster when a study is resampled"),
    Quantity("role", "label", "", "what a study uses the point for: fit or held-out"),
    Quantity("arm", "label", "", "which data mix, architecture or optimiser a run belongs to"),
    Quantity("outcome", "label", "", "finished, diverged, failed or stopped"),
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
