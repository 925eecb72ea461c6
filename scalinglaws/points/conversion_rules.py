"""The rules of conversion: what each needs, what it gives, its formula and its source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..run.shape import Shape
from .units import bits_per_byte, nats_per_token

Columns = Mapping[str, np.ndarray]
AGREES = 0.03  # counts of one model that differ by less count as equal
WIDEST = 1e30  # no width, depth or feed-forward of a model


@dataclass(frozen=True)
class Conversion:
    """One step between definitions.

    Attributes:
        assumes: what the rule assumes besides the needed columns, in words; empty for an identity.
        doubt: gives the reason why the assumption is wrong for a table; empty if there is none.
    """

    gives: str
    needs: tuple[str, ...]
    formula: str
    source: str
    compute: Callable[[Columns], np.ndarray]
    assumes: str = ""
    doubt: Callable[[Columns], str] = lambda columns: ""

    def __str__(self) -> str:
        return f"{self.gives} = {self.formula}"


def _by_shape(count: str) -> Callable[[Columns], np.ndarray]:
    """Count the parameters of the standard block (`run/shape.py`), once for each shape in the table."""

    def compute(c: Columns) -> np.ndarray:
        width_ff = c.get("d_ff", 4 * c["d_model"])
        rows = np.stack([c["n_layer"], c["d_model"], width_ff], axis=-1)
        kinds, which = np.unique(rows.reshape(-1, 3), axis=0, return_inverse=True)
        return np.array([_counted(count, *kind) for kind in kinds])[which.reshape(rows.shape[:-1])]

    return compute


def _counted(count: str, n_layer: float, d_model: float, d_ff: float) -> float:
    if not all(
        one < WIDEST for one in (n_layer, d_model, d_ff)
    ):  # an excluded row, whose cells may be empty, or no shape of a model
        return np.nan
    return float(Shape(int(n_layer), int(d_model), n_heads=1, n_ctx=1, n_vocab=1, d_ff=int(d_ff)).params(count))


def _not_standard(c: Columns) -> str:
    """Compare the standard block with the other counts of a table; say how they contradict each other, if they do."""
    block = _by_shape("non_embedding")(c)
    choices = {"params_nonembedding": [block], "params_nonembedding_exact": [block]}
    if "n_vocab" in c:
        embedding = c["n_vocab"] * c["d_model"]
        choices |= {"params_with_head": [block + embedding]}
        choices["params_total"] = [block + embedding, block + 2 * embedding, block]  # a table may mix them: see doubts
    elif "params_total" in c and not _one_vocabulary(c["params_total"] - block, c["d_model"]):
        return _contradiction(c, block, "params_total")
    for known in (name for name in choices if name in c):
        with np.errstate(divide="ignore", invalid="ignore"):  # a model without layers has 0 parameters by both counts
            apart = np.min([np.abs(np.log(one / c[known])) for one in choices[known]], axis=0)
        if (apart > AGREES).any():
            return _contradiction(c, choices[known][0], known)
    return ""


def with_and_without_embeddings(c: Columns) -> tuple[int, int]:
    """Count the rows whose params_total holds the embeddings by the shape beside it, and those where it holds none."""
    if not {"params_total", "n_layer", "d_model", "n_vocab"} <= set(c):
        return 0, 0
    block, embedding = _by_shape("non_embedding")(c), c["n_vocab"] * c["d_model"]
    first, *others = (
        np.abs(np.log(count / c["params_total"])) <= AGREES
        for count in (block, block + embedding, block + 2 * embedding)
    )
    held = np.logical_or.reduce(others)
    return int((held & ~first).sum()), int((first & ~held).sum())


def _one_vocabulary(rest: np.ndarray, width: np.ndarray) -> bool:
    """Whether a total minus its blocks is one multiple of the width in all rows: a vocabulary, not larger blocks."""
    rows = np.atleast_1d(rest / width)
    rows = rows[np.isfinite(rows)]
    return bool((rows > 0).all() and np.ptp(rows) <= 0.1 * np.median(rows))


def _contradiction(c: Columns, counted: np.ndarray, known: str) -> str:
    first = (np.atleast_1d(values).flat[0] for values in (c["n_layer"], c["d_model"], counted, c[known]))
    n_layer, d_model, ours, theirs = first
    return (
        f"{n_layer:.0f} standard blocks of width {d_model:.0f} have {ours:.4g} parameters, but {known} is "
        f"{theirs:.4g}: the block is not the standard one, so give d_ff"
    )


KAPLAN, PORIAN = "Kaplan et al. 2020", "Porian et al. 2024"
STANDARD = "a block of four d_model x d_model matrices and a feed-forward layer of 4 d_model"

_PARAMS = [
    Conversion(
        "params_nonembedding",
        ("n_layer", "d_model", "d_ff"),
        "2 d_model n_layer (2 d_model + d_ff)",
        f"{KAPLAN}, eq 2.1",
        _by_shape("non_embedding"),
    ),
    Conversion(
        "params_nonembedding",
        ("n_layer", "d_model"),
        "12 n_layer d_model^2",
        f"{KAPLAN}, eq 2.1",
        _by_shape("non_embedding"),
        STANDARD,
        _not_standard,
    ),
    Conversion(
        "params_nonembedding_exact",
        ("n_layer", "d_model"),
        "12 n_layer d_model^2 + n_layer 13 d_model + 2 d_model",
        "Radford et al. 2019 (biases and norms)",
        _by_shape("non_embedding_exact"),
        f"{STANDARD}, with biases and norms",
        _not_standard,
    ),
    Conversion(
        "params_nonembedding",
        ("params_nonembedding_exact",),
        "params_nonembedding_exact",
        f"{KAPLAN}, section 2.1",
        lambda c: c["params_nonembedding_exact"],
        "biases and norms are few: 13 / (12 d_model) of a block",
    ),
    Conversion(
        "params_nonembedding_exact",
        ("params_nonembedding",),
        "params_nonembedding",
        f"{KAPLAN}, section 2.1",
        lambda c: c["params_nonembedding"],
        "biases and norms are few: 13 / (12 d_model) of a block",
    ),
    Conversion(
        "params_vocabulary",
        ("d_model", "n_vocab"),
        "n_vocab d_model",
        f"{KAPLAN}, table 1",
        lambda c: c["n_vocab"] * c["d_model"],
    ),
    Conversion(
        "params_with_head",
        ("params_nonembedding", "params_vocabulary"),
        "params_nonembedding + n_vocab d_model",
        PORIAN,
        lambda c: c["params_nonembedding"] + c["params_vocabulary"],
    ),
    Conversion(
        "params_nonembedding",
        ("params_with_head", "params_vocabulary"),
        "params_with_head - n_vocab d_model",
        PORIAN,
        lambda c: c["params_with_head"] - c["params_vocabulary"],
    ),
    Conversion(
        "params_embedding",
        ("params_vocabulary", "tied"),
        "n_vocab d_model, twice where the head is untied",
        f"{KAPLAN}, table 1",
        lambda c: c["params_vocabulary"] * (2 - c["tied"]),
        "positions have no parameters (give params_embedding where they do)",
    ),
    Conversion(
        "params_nonvocabulary",
        ("params_total", "params_vocabulary", "tied"),
        "params_total - n_vocab d_model, twice where the head is untied",
        "Tao et al. 2024, section 2",
        lambda c: c["params_total"] - c["params_vocabulary"] * (2 - c["tied"]),
    ),
    Conversion(
        "params_total",
        ("params_nonvocabulary", "params_vocabulary", "tied"),
        "params_nonvocabulary + n_vocab d_model, twice where the head is untied",
        "Tao et al. 2024, section 2",
        lambda c: c["params_nonvocabulary"] + c["params_vocabulary"] * (2 - c["tied"]),
    ),
    Conversion(
        "params_nonembedding_exact",
        ("params_total", "params_embedding"),
        "params_total - params_embedding",
        f"{KAPLAN}, section 2.1",
        lambda c: c["params_total"] - c["params_embedding"],
    ),
    Conversion(
        "params_total",
        ("params_nonembedding_exact", "params_embedding"),
        "params_nonembedding_exact + params_embedding",
        "Hoffmann et al. 2022",
        lambda c: c["params_nonembedding_exact"] + c["params_embedding"],
    ),
    Conversion(
        "params_active",
        ("params_total", "n_layer", "n_experts", "n_experts_active", "params_per_expert"),
        "params_total - n_layer (n_experts - n_experts_active) params_per_expert",
        "Clark et al. 2022",
        lambda c: c["params_total"] - _idle(c),
        "every block is a mixture",
    ),
    Conversion(
        "params_total",
        ("params_active", "n_layer", "n_experts", "n_experts_active", "params_per_expert"),
        "params_active + n_layer (n_experts - n_experts_active) params_per_expert",
        "Clark et al. 2022",
        lambda c: c["params_active"] + _idle(c),
        "every block is a mixture",
    ),
]


def _idle(c: Columns) -> np.ndarray:
    return c["n_layer"] * (c["n_experts"] - c["n_experts_active"]) * c["params_per_expert"]


def _six(flops: str, params: str, source: str) -> list[Conversion]:
    """C = 6 N D and its two inverses, for one count of parameters."""
    return [
        Conversion(flops, (params, "tokens"), f"6 {params} tokens", source, lambda c: 6 * c[params] * c["tokens"]),
        Conversion(params, (flops, "tokens"), f"{flops} / (6 tokens)", source, lambda c: c[flops] / (6 * c["tokens"])),
        Conversion("tokens", (flops, params), f"{flops} / (6 {params})", source, lambda c: c[flops] / (6 * c[params])),
    ]


def _product(whole: str, first: str, second: str, source: str) -> list[Conversion]:
    """whole = first x second and its two inverses."""
    return [
        Conversion(whole, (first, second), f"{first} {second}", source, lambda c: c[first] * c[second]),
        Conversion(first, (whole, second), f"{whole} / {second}", source, lambda c: c[whole] / c[second]),
        Conversion(second, (whole, first), f"{whole} / {first}", source, lambda c: c[whole] / c[first]),
    ]


def _exact(gives: str, pairs: int, head: bool, source: str) -> Conversion:
    """Per token: 6 N + 6 n_layer n_ctx d_attn (causal, twice that if dense) + 6 d_model n_vocab for the head."""
    needs = ("params_nonembedding", "n_layer", "d_model", "n_ctx", *(("n_vocab",) if head else ()), "tokens")
    formula = f"(6 params_nonembedding + {6 * pairs} n_layer n_ctx d_model{' + 6 d_model n_vocab' if head else ''})"

    def compute(c: Columns) -> np.ndarray:
        attention = 6 * pairs * c["n_layer"] * c["n_ctx"] * c["d_model"]
        return (6 * c["params_nonembedding"] + attention + head * 6 * c["d_model"] * c.get("n_vocab", 0)) * c["tokens"]

    return Conversion(gives, needs, f"{formula} tokens", source, compute)


_FLOPS = [
    *_six("flops_6nd", "params_nonembedding", f"{KAPLAN}, section 2.1"),
    *_six("flops_6nd_total", "params_total", "Hoffmann et al. 2022, appendix F"),
    *_six("flops_6nd_with_head", "params_with_head", PORIAN),
    _exact("flops_exact_no_head", 1, False, f"{KAPLAN}, eq 2.2"),
    _exact("flops_exact", 1, True, f"{KAPLAN}, table 1"),
    _exact("flops_dense_no_head", 2, False, "DeepSeek-AI 2024 (M)"),
    _exact("flops_dense", 2, True, "Chowdhery et al. 2022, appendix B"),
    Conversion(
        "flops_per_token",
        ("params_nonembedding", "n_layer", "n_ctx", "d_model"),
        "6 params_nonembedding + 12 n_layer n_ctx d_model",
        "DeepSeek-AI 2024, eq 2",
        lambda c: 6 * c["params_nonembedding"] + 12 * c["n_layer"] * c["n_ctx"] * c["d_model"],
    ),
    *_product("flops_dense_no_head", "flops_per_token", "tokens", "DeepSeek-AI 2024, eq 2"),
]


def _from_compute(params: str, source: str) -> Conversion:
    """Give D = C / (6 N) for a compute whose count the table does not say."""
    formula, assumed = f"flops / (6 {params})", f"flops counts 6 {params} tokens"
    return Conversion("tokens", ("flops", params), formula, source, lambda c: c["flops"] / (6 * c[params]), assumed)


_DATA = [
    _from_compute("params_total", "Hoffmann et al. 2022, appendix F"),
    _from_compute("params_nonembedding", f"{KAPLAN}, section 2.1"),
    *_product("tokens", "steps", "batch_tokens", f"{KAPLAN}, section 1.3"),
    *_product("batch_tokens", "batch_sequences", "n_ctx", f"{KAPLAN}, section 2.2"),
    *_product("tokens", "tokens_unique", "epochs", "Muennighoff et al. 2023, section 3"),
]

_BITS = "Gao et al. 2020, section 3.1"
_LOSS = [
    Conversion(
        "loss_bits_per_byte",
        ("loss_nats", "bytes_per_token"),
        "loss_nats / (ln 2 bytes_per_token)",
        _BITS,
        lambda c: bits_per_byte(c["loss_nats"], c["bytes_per_token"]),
    ),
    Conversion(
        "loss_nats",
        ("loss_bits_per_byte", "bytes_per_token"),
        "loss_bits_per_byte ln 2 bytes_per_token",
        _BITS,
        lambda c: nats_per_token(c["loss_bits_per_byte"], c["bytes_per_token"]),
    ),
    Conversion(
        "bytes_per_token",
        ("loss_nats", "loss_bits_per_byte"),
        "loss_nats / (ln 2 loss_bits_per_byte)",
        _BITS,
        lambda c: bits_per_byte(c["loss_nats"], c["loss_bits_per_byte"]),
    ),
]

_TASKS = [
    Conversion("accuracy", ("error_top1",), "1 - error_top1", "definition", lambda c: 1 - c["error_top1"]),
    Conversion("error_top1", ("accuracy",), "1 - accuracy", "definition", lambda c: 1 - c["accuracy"]),
]

RULES: tuple[Conversion, ...] = (*_PARAMS, *_FLOPS, *_DATA, *_LOSS, *_TASKS)
