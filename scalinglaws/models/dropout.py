"""Dropout with masks from a seed: PyTorch's own dropout draws from a global state, so that no run could be repeated."""

import torch

from .transformer import Drop


def make_drop(share: float, seed: int, device: str = "cpu") -> Drop | None:
    """Make the function that sets a fraction of a tensor's entries to zero and scales up the rest; None for share 0.

    As in Vaswani et al. 2017, section 5.4, a model applies it to the sum of its embeddings and to the output of each
    layer before that is added to the residual stream; attention patterns are not dropped, so that the fused attention
    kernel can be used. The masks of one function are successive draws from one generator with this seed.
    """
    if not share:
        return None
    generator = torch.Generator(device).manual_seed(seed)

    def drop(x: torch.Tensor) -> torch.Tensor:
        kept = torch.empty_like(x, dtype=torch.float32).bernoulli_(1 - share, generator=generator)
        return (x * kept.div_(1 - share)).to(x.dtype)  # in bfloat16 the factor 1/0.9 would be 0.2% too small

    return drop
