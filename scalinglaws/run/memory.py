"""The memory that training needs, from the shape of a model and the sequences that are in it at once."""

from .run import RunSpec
from .shape import Shape

OF_WEIGHTS = 16.0  # bytes per parameter: float32 weights, gradients and Adam's two moments
# Bytes per token, layer and unit of width that our trainer keeps for the backward pass (tests/test_memory.py counts
# them): its products are in float32, or by autocast in bfloat16 with norms and the residual stream in float32.
KEPT = {"float32": 70.0, "tf32": 70.0, "bfloat16": 46.0}
KEPT_ELSEWHERE = 34.0  # mixed precision, attention recomputed (Korthikanti et al. 2022, eq 1 without that term)
GPU_LOGITS = 3 * 2**28  # logits of a chunk of tokens, their softmax and their gradient, in our trainer
OF_PROCESS = 6e8  # of a process with PyTorch on a CPU, or of the context of one on a GPU
SPREAD = 0.25  # by how much an estimate may be wrong for our trainer: allocators keep blocks, sizes are rounded


def training_bytes(shape: Shape, sequences: int = 1) -> float:
    """Estimate bytes for training on one device, unsharded: weights, gradients, Adam's moments, activations.

    16 bytes per parameter (float32 weights, gradients and two moments); 34 bytes per token, layer and unit of width in
    mixed precision with attention recomputed (Korthikanti et al. 2022, eq 1 without the attention term), and the logits
    twice in float32.
    """
    tokens = sequences * shape.n_ctx
    activations = KEPT_ELSEWHERE * shape.n_layer * shape.d_model * tokens
    return OF_WEIGHTS * shape.params("total") + activations + 8.0 * tokens * shape.n_vocab


def bytes_of(spec: RunSpec) -> float:
    """Estimate bytes of a process that trains a run unsharded, each part of its batch at once.

    For our trainer within about a quarter. That of one's own is taken for a usual Transformer in mixed precision, and
    may need half or twice as much.
    """
    sequences = spec.batches[-1] // spec.accumulate
    if spec.trainer:
        return OF_PROCESS + training_bytes(spec.shape, sequences)
    shape, tokens = spec.shape, sequences * spec.shape.n_ctx
    kept = KEPT[spec.precision] * shape.n_layer * shape.reuse * shape.d_model * tokens
    head = 4.0 * shape.n_vocab * shape.d_model + min(12.0 * tokens * shape.n_vocab, GPU_LOGITS)
    return OF_PROCESS + OF_WEIGHTS * shape.params("total") + kept + head
