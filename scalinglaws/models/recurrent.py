"""The recurrent Transformer of Kaplan et al. 2020 (section 3.2.1 and Figure 17): each block is used several times."""

from ..run.shape import Shape
from .transformer import Transformer


def universal(shape: Shape, seed: int) -> Transformer:
    """Build a Transformer whose `n_layer` blocks are each used `reuse` times; with reuse 1 it is an ordinary one.

    The paper does not describe how it shares blocks. Dehghani et al. 2019 add an embedding of the repeat; this model
    does not: it adds positions once, at the input.
    """
    return Transformer(shape, seed, block_order(shape))


def block_order(shape: Shape) -> tuple[int, ...]:
    """Return the numbers of the blocks in the order of their use: 0 1 0 1 for "cyclic", 0 0 1 1 for "stacked"."""
    once = range(shape.n_layer)
    if shape.sharing == "cyclic":
        return tuple(i for _ in range(shape.reuse) for i in once)
    return tuple(i for i in once for _ in range(shape.reuse))
