"""The coordinate check (Yang et al. 2022, appendix D.1): how much the first steps change activations, by width."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from ..models import FAMILIES, LanguageModel
from ..run.run import RunSpec
from .optimizer import descend, make_optimizer

TOKENS_SEED = 0


@dataclass(frozen=True)
class CoordinateCheck:
    """How much activations changed, and how the change depends on the width.

    Attributes:
        widths: d_model of each model.
        moved: name of an activation -> root mean square of its change, one value per width.
        slopes: name of an activation -> slope of ln(moved) against ln(width): near 0 if hyperparameters transfer
            between widths, as under mu-P; 1/2 or more if the activations of wide models change too much.
    """

    widths: tuple[int, ...]
    moved: dict[str, tuple[float, ...]]
    slopes: dict[str, float]


def coordinate_check(
    spec: RunSpec, widths: Sequence[int], *, steps: int = 4, seeds: int = 2, device: str = "cpu"
) -> CoordinateCheck:
    """Train models of several widths for a few steps on one random batch, and measure how much activations change.

    The activations are the residual stream after each block and the logits. All models use the learning rate spec.lr
    and the same head width, so that only the model width differs.

    Args:
        spec: run whose shape, apart from its width, and whose optimizer are checked; its schedule and text are not.
        widths: values of d_model, multiples of the head width; two or more.
        steps: optimizer steps, 1 or more.
        seeds: number of models per width; their squared changes are averaged.
    """
    squares = [[_moved(_of_width(spec, width), seed, steps, device) for seed in range(seeds)] for width in widths]
    names = squares[0][0]
    moved = {name: tuple(math.sqrt(sum(s[name] for s in row) / seeds) for row in squares) for name in names}
    return CoordinateCheck(tuple(widths), moved, {name: _slope(widths, values) for name, values in moved.items()})


def _of_width(spec: RunSpec, width: int) -> RunSpec:
    shape = spec.shape
    heads = 1 if shape.family == "lstm" else width // shape.d_head
    return replace(spec, shape=replace(shape, d_model=width, n_heads=heads, d_ff=0, d_attn=0))


def _moved(spec: RunSpec, seed: int, steps: int, device: str) -> dict[str, float]:
    """Mean square of the change of each activation."""
    shape = spec.shape
    generator = torch.Generator().manual_seed(TOKENS_SEED)
    tokens = torch.randint(shape.n_vocab, (spec.batch, shape.n_ctx + 1), generator=generator).to(device)
    model = FAMILIES[shape.family](shape, seed).to(device)
    optimizer = make_optimizer(spec, model)
    before = _activations(model, tokens[:, :-1])
    for _ in range(steps):
        descend(model, optimizer, tokens[:, :-1], tokens[:, 1:], spec.lr, spec.clip)
    after = _activations(model, tokens[:, :-1])
    return {name: float((after[name] - before[name]).double().square().mean()) for name in before}


@torch.no_grad()
def _activations(model: LanguageModel, inputs_BT) -> dict[str, torch.Tensor]:
    """The output of each block (the last one if a block is used several times), and the logits."""
    seen: dict[str, torch.Tensor] = {}

    def watch(name: str):
        def keep(module, inputs, output):
            seen[name] = output[0] if isinstance(output, tuple) else output

        return keep

    hooks = [block.register_forward_hook(watch(f"block {i + 1}")) for i, block in enumerate(model.blocks)]
    try:
        seen["logits"] = model.hidden(inputs_BT) @ model.head_VW.t()
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def _slope(widths: Sequence[int], values: Sequence[float]) -> float:
    x, y = [math.log(w) for w in widths], [math.log(v) for v in values]
    middle, height = sum(x) / len(x), sum(y) / len(y)
    return sum((a - middle) * (b - height) for a, b in zip(x, y, strict=True)) / sum((a - middle) ** 2 for a in x)
