"""Parameters and multiply-adds of the parts of each family: the integers of which every count is a sum."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Parts:
    """Counts of a model without its embedding and its output head.

    Attributes:
        counted: N as the literature counts it.
        built: all parameters, including biases and norms.
        products: multiply-adds per token in products with weights; a block that is used r times counts r times.
        uses: how often each block is used.
        context: n_ctx d_attn for each use of a layer: a token's attention over its context; 0 without attention.
        positions: parameters of the position embedding.
        expert, expert_matrices: parameters of one expert of one layer, and its matrices alone; 0 without experts.
    """

    counted: int
    built: int
    products: int
    uses: int
    context: int
    positions: int
    expert: int = 0
    expert_matrices: int = 0


def transformer(shape) -> Parts:
    """Count a Transformer, or a recurrent one: `n_layer` distinct blocks, each used `reuse` times.

    N = 2 d_model n_layer (2 d_attn + d_ff) (Kaplan et al. 2020, eq 2.1); SwiGLU has a third matrix of d_model d_ff.
    """
    width, attention, wide = shape.d_model, shape.width_attention, shape.width_ff
    inside = wide * (2 if shape.activation == "swiglu" else 1)  # output width of the first feed-forward matrix
    block = 4 * width * attention + width * (inside + wide)
    norm = width * (2 if shape.norm == "layernorm" and shape.biases else 1)
    small = 2 * norm + (3 * attention + width + inside + width) * shape.biases
    small += 2 * shape.d_head * shape.qk_norm
    matrices = shape.n_layer * block
    return Parts(
        counted=matrices,
        built=matrices + shape.n_layer * small + norm,  # plus the final norm
        products=matrices * shape.reuse,
        uses=shape.reuse,
        context=shape.n_layer * shape.reuse * shape.n_ctx * attention,
        positions=shape.n_ctx * width if shape.positions == "learned" else 0,
    )


def lstm(shape) -> Parts:
    """Count an LSTM of `n_layer` layers of width h = d_model: N = n_layer (4 h (h + h) + 4 h), with one bias per gate.

    PyTorch and cuDNN have two biases per gate, of which one is redundant: both are `built`, one is `counted`.
    """
    matrices = shape.n_layer * 8 * shape.d_model**2
    biases = shape.n_layer * 4 * shape.d_model * shape.biases
    return Parts(matrices + biases, matrices + 2 * biases, matrices, uses=1, context=0, positions=0)


def moe(shape) -> Parts:
    """Count a Transformer whose feed-forward layers are mixtures: `counted` and `products` are what one token uses.

    N = n_layer (4 d_model d_attn + d_model E + k 2 d_model d_ff), with the router of E experts, of which k are used.
    """
    dense, width, wide = transformer(shape), shape.d_model, shape.width_ff
    inside = wide * (2 if shape.activation == "swiglu" else 1)
    matrices = width * (inside + wide)
    expert = matrices + (inside + width) * shape.biases
    router, others = width * shape.n_experts, shape.experts_active - 1
    counted = dense.counted + shape.n_layer * (router + others * matrices)
    built = dense.built + shape.n_layer * (router + (shape.n_experts - 1) * expert)
    return Parts(counted, built, counted, 1, dense.context, dense.positions, expert, matrices)


PARTS = {"transformer": transformer, "universal": transformer, "lstm": lstm, "moe": moe}
