"""Names under which tables and trackers hold our quantities: "Val loss (nats)", "config.n_embd", "# tokens", "Step"."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import argument
from ..formats.powers import POWERS
from ..quantities import QUANTITIES, SYNONYMS
from .foreign_units import SCALES

# quantity -> plain names, the surer first. A bare count of parameters is not here: which count it is, its name hides.
_PLAIN = {
    "loss_nats": "val_loss validation_loss valid_loss eval_loss heldout_loss held_out_loss loss_val loss_valid "
    "loss_validation loss_eval val_ce val_nll eval_ce_loss validation_cross_entropy val_cross_entropy loss",
    "loss_train_nats": "train_loss training_loss loss_train train_ce_loss",
    "loss_bits_per_byte": "bpb val_bpb validation_bpb eval_bpb bits_per_byte val_bits_per_byte",
    "loss_nats_sem": "loss_sem loss_stderr",
    "params_total": "total_params total_parameters params_with_embeddings params_incl_embeddings n_total",
    "params_nonembedding": "non_embedding_params nonembedding_params params_non_embedding params_nonemb non_emb_params "
    "n_non_embedding non_embedding_parameters params_without_embeddings params_excl_embeddings",
    "tokens_unique": "unique_tokens tokens_per_epoch dataset_tokens",
    "tokens": "tokens total_tokens n_tokens num_tokens tokens_seen train_tokens training_tokens tokens_trained "
    "consumed_tokens num_tokens_trained num_input_tokens_seen train_num_input_tokens_seen",
    "steps": "global_step trainer_global_step step steps iter iters iteration iterations train_steps training_steps "
    "n_steps num_steps optimizer_steps",
    "batch_tokens": "tokens_per_step tokens_per_batch batch_size_tokens batch_size_in_tokens global_batch_tokens",
    "batch_sequences": "batch_size global_batch_size train_batch_size batch_size_sequences",
    "flops": "total_flops train_flops training_flops flops compute",
    "lr": "lr learning_rate train_learning_rate train_lr peak_lr max_lr peak_learning_rate",
    "planned_steps": "max_steps max_iters planned_steps train_iters num_training_steps lr_decay_iters",
    "warmup_steps": "warmup_iters num_warmup_steps",
    "n_layer": "n_layer n_layers num_layers layers num_hidden_layers depth",
    "d_model": "n_embd hidden_size d_embed embedding_dim model_dim width",
    "n_heads": "n_heads num_heads num_attention_heads",
    "n_ctx": "seq_len seq_length sequence_length context_length block_size max_seq_len",
    "n_vocab": "vocab_size padded_vocab_size",
    "seed": "seed random_seed",
    "run_id": "run_id run_uuid run_name run",
}
_QUANTITY = {name: (quantity, place) for quantity, names in _PLAIN.items() for place, name in enumerate(names.split())}
_PERPLEXITY = {"ppl", "perplexity", "val_ppl", "val_perplexity", "eval_ppl", "eval_perplexity", "validation_perplexity"}
COUNTS = {"n", "params", "n_params", "num_params", "nparams", "parameters", "num_parameters", "n_parameters",
          "param_count", "parameter_count", "model_size", "model_params", "size"}  # fmt: skip
_COUNT_IN_BRACKETS = dict.fromkeys(
    ("non-emb", "nonemb", "non-embedding", "no emb", "w/o emb", "w/o embeddings", "without embeddings"),
    "params_nonembedding",
) | dict.fromkeys(("total", "with emb", "with embeddings", "incl. embeddings"), "params_total")
_PREFIXES = {"config", "summary", "params", "hparams", "args", "metrics", "data"}
_LOSS = re.compile(r"(?:^|_)(?:loss|nll|cross_entropy|ce)(?:_|$)")
_NO_HELD_OUT = re.compile(
    r"(?:^|_)(?:train|training|aux|z|balance|balancing|load|router|step|scale|min|max|std|logstd|sd|var|se|sem|stderr|error|err|ci"
    r"|lower|upper|delta|diff|ratio"
    r"|smooth|smoothed|byte|bytes|char|chars|ewma|running|predicted|pred|fitted|extrap|extrapolated|target|ema|unit|name|kind|split|text|task|other)(?:_|$)"
)
_UNIT = re.compile(r"\s*[(\[]([^()\[\]]+)[)\]]\s*$")
_LOGARITHM = re.compile(r"(log_?10|log_?2|ln)[\s_(]+(.+?)\)?", re.IGNORECASE)
_OF_BYTES = re.compile(r"(?:^|_)bytes?(?:_|$)")
_OF_TOKENS = re.compile(r"(?<=nats|bits)\s*(?:/|per)\s*(?:tokens?|tok)$")
_UNITS = {word: unit for word, power in POWERS.items() for unit, times in SCALES.items() if times == power}
_HELD_OUT = {"loss_nats", "loss_bits_per_byte"}
_CHOSEN_BY_HAND = {"loss_nats", "loss_train_nats", "loss_bits_per_byte", "run_id"}  # never one of several in silence


@dataclass(frozen=True)
class Named:
    """A column whose name says what it holds: our quantity, and the unit where the name says one."""

    quantity: str
    column: str
    unit: str | None = None


def plain(name: str) -> tuple[str, str | None]:
    """Give a column's name as a plain word, and the unit that stands in brackets behind it."""
    text = name.strip().lstrip("#").strip()
    logarithm = _LOGARITHM.fullmatch(text)
    if logarithm:
        return plain(logarithm[2])[0], logarithm[1].replace("_", "").lower()
    found = _UNIT.search(text)
    unit = found[1].strip().lower() if found else None
    text = text[: found.start()] if found else text
    if re.fullmatch(r"[A-Za-z0-9]+", text) and not text.isupper():
        text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    words = re.sub(r"[\s/.\-:]+", "_", text).strip("_").lower()
    first, _, rest = words.partition("_")
    unit = _OF_TOKENS.sub("", unit) if unit else None
    return (rest if first in _PREFIXES and rest in _QUANTITY else words), _UNITS.get(unit or "", unit)


def named(columns: Iterable[str], taken: Iterable[str]) -> tuple[Named, ...]:
    """Find the columns whose names say which quantity they hold, of the quantities that are not taken.

    Of several columns of one quantity the surest name is taken; of several losses, or names of runs, none is.
    """
    columns = list(columns)
    held = {SYNONYMS.get(name, name) for name in (*columns, *taken)} & set(QUANTITIES)
    found: dict[str, list[tuple[int, Named]]] = {}
    for column in columns:
        if SYNONYMS.get(column, column) in QUANTITIES:
            continue
        word, unit = plain(column)
        quantity, place = _of_word(word, unit)
        if quantity and quantity not in held:
            found.setdefault(quantity, []).append((place, Named(quantity, column, _unit(quantity, word, unit))))
    return tuple(
        min(options, key=lambda option: option[0])[1]
        for quantity, options in found.items()
        if len(options) == 1 or quantity not in _CHOSEN_BY_HAND or _is_spelling(options)
    )


def _of_word(word: str, unit: str | None) -> tuple[str | None, int]:
    if re.fullmatch(r"lr_\w+", word):
        return "lr", 99
    if word in _PERPLEXITY:
        return "loss_nats", 99
    if _OF_BYTES.search(word) and _LOSS.search(word) and unit in ("nats", "bits"):
        return "loss_bits_per_byte", 99
    if word in COUNTS and unit in _COUNT_IN_BRACKETS:
        return _COUNT_IN_BRACKETS[unit], 0
    quantity, place = _QUANTITY.get(word, (word, 0) if word in QUANTITIES else (None, 0))
    if quantity == "loss_nats" and unit in ("bpb", "bits/byte", "bits per byte"):
        return "loss_bits_per_byte", place
    return quantity, place


def _unit(quantity: str, word: str, unit: str | None) -> str | None:
    if word in _PERPLEXITY:
        return "perplexity"
    if unit in _COUNT_IN_BRACKETS:
        return None
    return None if quantity == "loss_bits_per_byte" and unit != "nats" else unit


def _is_spelling(options: list[tuple[int, Named]]) -> bool:
    """Say whether one of several columns is the thing itself: a loss beside its perplexity, an id beside a name."""
    losses = [option for option in options if option[1].unit != "perplexity"]
    return options[0][1].quantity == "run_id" or len(losses) == 1


def metric_of(label: str) -> str | None:
    """Name the quantity that a label in a column of metrics means: "validation loss" -> loss_nats."""
    word, unit = plain(label)
    return _of_word(word, unit)[0]


def letter_of(column: str) -> str:
    """Give a column's name without the unit behind it or the logarithm before it: "D (B)" and "log10_D" are D."""
    text = column.strip()
    logarithm = _LOGARITHM.fullmatch(text)
    return logarithm[2].strip() if logarithm else _UNIT.sub("", text).strip()


def names_held_out(column: str) -> bool:
    """Say whether a name is that of a held-out loss and not of any loss: eval_loss, val/loss."""
    word = plain(column)[0]
    return word != "loss" and (column == "loss_nats" or _QUANTITY.get(word, ("", 0))[0] in _HELD_OUT)


def loss_by_word(columns: Iterable[str]) -> str | None:
    """Name the one column with the word loss in its name that is not of training or of a part of the loss."""
    found = [column for column in columns if may_be_loss(column)]
    return found[0] if len(found) == 1 else None


def may_be_loss(column: str) -> bool:
    """Say whether a name has the word loss in it, and is not of training, of a part of a loss or of a predicted one."""
    word = plain(column)[0]
    return bool(_LOSS.search(word)) and not _NO_HELD_OUT.search(word)


def which_count(column: str) -> str:
    """Offer the two commonest meanings of a column that counts parameters, ready to be typed."""
    total, blocks = (argument(map={name: column}) for name in ("params_total", "params_nonembedding"))
    return f"{total} where it counts the embeddings, {blocks} where it does not"


def count_of_parameters(columns: Iterable[str]) -> str | None:
    """Name the column that counts parameters without saying which, where the table has one."""
    return next((column for column in columns if plain(column)[0] in COUNTS), None)
