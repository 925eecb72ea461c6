"""Whether the rounding of a training step has a direction: the error of its update along the gradient, against float64.

    python benchmarks/train/step_errors.py [--steps 200]

At each of some hundred steps of a run on the plain path, the same step is also done by the compiled step and in
float64, from the same weights and moments on the same batch. An error that leans on the gradient changes what a step
gains, and would add up over a run; one that does not is noise. Printed, per size: the error of the update as a fraction
of its size; the mean over steps of its component along the gradient, as a fraction of the gain that the gradient
predicts, with its standard error; and the norm of the mean error over the mean norm, which is one over the root of the
number of steps where errors have no direction. The biases of keys are left out of the first and the last: no loss
depends on them, so that rounding alone moves them. A CPU minute.
"""

import argparse
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import as_launched  # noqa: F401 - starts Python again, before anything is loaded
import numpy as np
import torch
from run import text_of

from scalinglaws.models import FAMILIES
from scalinglaws.run.run import RunSpec
from scalinglaws.run.schedule import learning_rate
from scalinglaws.run.shape import Shape
from scalinglaws.training.compiled.engine import Compiled
from scalinglaws.training.optimizer import make_optimizer
from scalinglaws.training.plain import Plain

SIZES = ((1, 8), (2, 16), (2, 32), (3, 64))
MOMENTS = ("exp_avg", "exp_avg_sq")


def weights_of(optimizer) -> torch.Tensor:
    return torch.cat([weight.detach().double().flatten() for weight in optimizer.weights])


def seen_by_loss(model) -> torch.Tensor:
    """Which weights, in the order of `weights_of`, some loss depends on: all but the biases of keys."""
    parts: dict[bool, list[torch.Tensor]] = {True: [], False: []}
    for name, weight in model.named_parameters():
        seen = torch.ones(weight.numel(), dtype=torch.float64)
        if name.endswith("qkv.bias"):
            seen.view(3, -1)[1] = 0.0
        parts[weight.ndim >= 2].append(seen)
    return torch.cat([*parts[True], *parts[False]])


def set_to(optimizer, model_of) -> None:
    """Copy weights and moments of one optimizer into another."""
    [part], [other] = optimizer.parts, model_of.parts
    with torch.no_grad():
        for into, of in zip(optimizer.weights, model_of.weights, strict=True):
            into.copy_(of)
            for name, value in other.state_of(of).items():
                part.state_of(into)[name].copy_(value)


def exact_step(exact, optimizer, spec: RunSpec, step: int, windows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """The update and the gradient of a step in float64, from the weights and moments of an optimizer."""
    [part] = optimizer.parts
    groups = [group for group in part.param_groups for _ in group["params"]]
    exact.load_state_dict({name: value.double() for name, value in exact.source.state_dict().items()})
    exact.zero_grad()
    tokens = torch.from_numpy(windows)
    exact(tokens[:, :-1], tokens[:, 1:]).backward()
    own = {name: weight.grad for name, weight in exact.named_parameters()}
    names = [name for name, _ in exact.source.named_parameters()]
    flat = [[own[name].flatten() for name in names if (own[name].ndim >= 2) == many] for many in (True, False)]
    gradients = [torch.cat(parts) for parts in flat]
    norm = torch.cat(gradients).norm()
    scale = min(1.0, float(spec.clip / (norm + 1e-6)))
    moves = []
    for weight, gradient, group in zip(optimizer.weights, gradients, groups, strict=True):
        state, clipped = part.state_of(weight), gradient * scale
        count = float(state["step"]) + 1
        mean, square = (state[name].double() for name in MOMENTS)
        mean = spec.beta1 * mean + (1 - spec.beta1) * clipped
        square = spec.beta2 * square + (1 - spec.beta2) * clipped**2
        rate = learning_rate(spec, step)
        size = (square.sqrt() / (1 - spec.beta2**count) ** 0.5) + spec.eps
        move = -rate / (1 - spec.beta1**count) * mean / size
        moves.append(move - rate * group["weight_decay"] * weight.detach().double())
    return torch.cat(moves), torch.cat(gradients)


def errors(size: tuple[int, int], steps: int) -> dict[str, tuple[float, np.ndarray, float]]:
    """Of each path: relative error of the update, its components along the gradient, and what the mean keeps of it."""
    shape = Shape(*size, max(1, size[1] // 16), 64, 256)
    spec = RunSpec(shape, "", "", "", 10**9, 8, min(0.008, 0.256 / size[1]), 50, schedule="constant", noise_every=0)
    tokens, rng = text_of(256), np.random.default_rng(0)

    def windows_at(step: int) -> np.ndarray:
        return tokens[kept[step][:, None] + np.arange(65)]

    kept = rng.integers(0, len(tokens) - 65, (steps, 8))
    models = [FAMILIES["transformer"](shape, 0) for _ in range(2)]
    optimizers = [make_optimizer(spec, model) for model in models]
    exact = FAMILIES["transformer"](shape, 0).double()
    object.__setattr__(exact, "source", models[0])

    def batch(step: int):
        found = torch.from_numpy(windows_at(step))
        return found[:, :-1], found[:, 1:]

    plain = Plain(spec, models[0], optimizers[0], batch, "cpu")
    fast = Compiled(spec, models[1], optimizers[1], lambda first, _: windows_at(first)[None])
    found: dict[str, list[tuple[float, float, torch.Tensor]]] = {"plain": [], "compiled": []}
    seen = seen_by_loss(models[0])
    for step in range(steps):
        set_to(optimizers[1], optimizers[0])
        before = weights_of(optimizers[0])
        move, gradient = exact_step(exact, optimizers[0], spec, step, windows_at(step))
        fast.advance(step, step + 1)
        plain.advance(step, step + 1)
        for name, optimizer in zip(found, optimizers, strict=True):
            wrong = weights_of(optimizer) - before - move
            along = float(wrong @ gradient) / float(move @ gradient)
            found[name].append((float((seen * wrong).norm() / move.norm()), along, seen * wrong))
    result = {}
    for name, rows in found.items():
        wrongs = torch.stack([wrong for _, _, wrong in rows])
        kept_part = float(wrongs.mean(0).norm() / wrongs.norm(dim=1).mean())
        result[name] = (float(np.mean([row[0] for row in rows])), np.array([row[1] for row in rows]), kept_part)
    return result


def main() -> None:
    """Parse, step, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print("| layers, width | path | error of the update | along the gradient, of the gain | left in the mean |")
    print("| --- | --- | ---: | ---: | ---: |")
    for size in SIZES:
        for name, (error, along, left) in errors(size, asked.steps).items():
            mean = f"{along.mean():+.1e} +- {along.std(ddof=1) / len(along) ** 0.5:.0e}"
            print(f"| {size[0]}, {size[1]} | {name} | {error:.1e} | {mean} | {left:.2f} |", flush=True)
    print(f"\nOne over the root of {asked.steps} steps: {asked.steps**-0.5:.2f}")


if __name__ == "__main__":
    main()
