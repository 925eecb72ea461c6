"""The plain path of training: one optimizer step at a time by PyTorch, for every run on every device."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from ..instruments.noise_scale import measure
from ..models import LanguageModel, make_drop
from ..run.run import RunSpec
from ..run.schedule import learning_rate
from .optimizer import Optimizer, descend, gradient, gradient_of

AT_ONCE = 32  # maximum steps whose losses are read together, so that a GPU need not wait for each


@dataclass(frozen=True)
class Advance:
    """What some steps gave: the training loss of each, and the estimates (|G|^2, tr(Sigma)) of those that took them."""

    losses: tuple[torch.Tensor, ...]
    noise: tuple[tuple[float, float], ...] = ()


def measures_noise(spec: RunSpec, step: int) -> bool:
    """Whether a step measures the noise of its gradient."""
    return bool(spec.noise_every) and step % spec.noise_every == 0 and spec.batch > 1


class Plain:
    """Trains a model by PyTorch; `scored` gives the losses of its tokens."""

    name = "plain"

    def __init__(
        self,
        spec: RunSpec,
        model: LanguageModel,
        optimizer: Optimizer,
        batch: Callable[[int], tuple[torch.Tensor, torch.Tensor]],
        device: str,
    ):
        self.spec, self.scored, self.optimizer, self.batch, self.device = spec, model, optimizer, batch, device

    def advance(self, step: int, end: int) -> Advance:
        """Do the optimizer step `step`, and no other before `end`."""
        spec, (inputs_BT, targets_BT) = self.spec, self.batch(step)
        noise = (self._noise(step, inputs_BT, targets_BT),) if measures_noise(spec, step) else ()
        asked = {"accumulate": spec.accumulate, "drop": self._drop(step), "precision": spec.precision}
        rate = learning_rate(spec, step)
        loss = descend(self.scored, self.optimizer, inputs_BT, targets_BT, rate, spec.clip, **asked)
        return Advance((loss.detach(),), noise)

    def _noise(self, step: int, inputs_BT, targets_BT) -> tuple[float, float]:
        def of_rows(rows: slice) -> list[torch.Tensor]:
            drop = self._drop(step, of_noise=1 + rows.start)
            part, precision = (inputs_BT[rows], targets_BT[rows]), self.spec.precision
            gradient(self.scored, self.optimizer.weights, *part, drop=drop, precision=precision)
            return [gradient_of(weight) for weight in self.optimizer.weights]

        return measure(of_rows, self.spec.batch, self.spec.shape.n_ctx, max(2, self.spec.accumulate))

    def _drop(self, step: int, of_noise: int = 0):
        """Make the dropout of a step, from the run's seed and the step alone; None without dropout."""
        if not self.spec.dropout:
            return None
        words = (self.spec.seed, step, of_noise) if of_noise else (self.spec.seed, step)
        seed = np.random.SeedSequence(words).generate_state(1)[0]
        return make_drop(self.spec.dropout, int(seed), self.device)
