"""What the parts of each family hold and multiply: the integers that every count is a sum of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Parts:
    """A model between its embedding and its output head.

    Attributes:
        counted: N as the literature counts it.
        built: every parameter, biases and norms included.
        products: multiply-adds of a token in the products with weights; a block used r times counts r times.
        uses: times that each block is used.
        context: entries of a token's attention patterns, n_ctx d_attn for each use of a layer; none without attention.
        positions: parameters that stand for places in the context.
    """

    counted: int
    built: int
    products: int
    uses: int
    context: int
    positions: int


def transformer(shape) -> Parts:
    """Count a Transformer, or a recurrent one: `n_layer` distinct blocks, each used `reuse` times.

    N = 2 d_model n_layer (2 d_attn + d_ff) (Kaplan et al. 2020, eq 2.1); SwiGLU has a third matrix of d_model d_ff.
    """
    width, attention, wide = shape.d_model, shape.width_attention, shape.width_ff
    inside = wide * (2 if shape.activation == "swiglu" else 1)  # widths of what the first feed-forward matrix gives
    block = 4 * width * attention + width * (inside + wide)
    norm = width * (2 if shape.norm == "layernorm" and shape.biases else 1)
    small = 2 * norm + (3 * attention + width + inside + width) * shape.biases
    small += 2 * shape.d_head * shape.qk_norm
    matrices = shape.n_layer * block
    return Parts(
        counted=matrices,
        built=matrices + shape.n_layer * small + norm,  # one last norm
        products=matrices * shape.reuse,
        uses=shape.reuse,
        context=shape.n_layer * shape.reuse * shape.n_ctx * attention,
        positions=shape.n_ctx * width if shape.positions == "learned" else 0,
    )


def lstm(shape) -> Parts:
    """Count an LSTM of `n_layer` layers of width h = d_model: N = n_layer (4 h (h + h) + 4 h), with one bias a gate.

    PyTorch and cuDNN keep two biases a gate, of which one is redundant: both are `built`, one is `counted`.
    """
    matrices = shape.n_layer * 8 * shape.d_model**2
    biases = shape.n_layer * 4 * shape.d_model * shape.biases
    return Parts(matrices + biases, matrices + 2 * biases, matrices, uses=1, context=0, positions=0)


PARTS = {"transformer": transformer, "universal": transformer, "lstm": lstm}
