"""The plain path of training: one optimizer step at a time by PyTorch, for every run on every device."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import torch

from ..instruments.noise_scale import across_processes, measure
from ..models import LanguageModel, make_drop
from ..run.run import RunSpec
from ..run.schedule import learning_rate
from .optimizer import Optimizer, clip, gradient, gradient_of, move
from .parallel import average, own_rows, place, processes

T = TypeVar("T")
AT_ONCE = 32  # maximum steps whose losses are read together, so that a GPU need not wait for each


@dataclass(frozen=True)
class Advance:
    """What some steps gave: the training loss of each, and the estimates (|G|^2, tr(Sigma)) of those that took them."""

    losses: tuple[torch.Tensor, ...]
    noise: tuple[tuple[float, float], ...] = ()


def measures_noise(spec: RunSpec, step: int) -> bool:
    """Whether a step measures the noise of its gradient."""
    return bool(spec.noise_every) and step % spec.noise_every == 0 and spec.batch_at(step) > 1


def ran_out_of_memory(failure: RuntimeError) -> bool:
    """Whether an error of PyTorch means that memory is exhausted: on a CPU it has no class of its own."""
    return isinstance(failure, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(failure)


def dropped(spec: RunSpec, step: int, device: str, of_noise: int = 0):
    """Make the dropout of a step, from the run's seed and the step alone; None without dropout."""
    if not spec.dropout:
        return None
    words = (spec.seed, step, of_noise) if of_noise else (spec.seed, step)
    words = (*words, 0, place()) if place() else words
    seed = np.random.SeedSequence(words).generate_state(1)[0]
    return make_drop(spec.dropout, int(seed), device)


class Plain:
    """Trains a model by PyTorch; `scored` gives the losses of its tokens.

    Where memory runs out, `parts`, into how many a batch is cut, is doubled, and the step is done again: the gradient
    is of the same batch, summed in another order.
    """

    name = "plain"

    def __init__(
        self,
        spec: RunSpec,
        model: LanguageModel,
        optimizer: Optimizer,
        batch: Callable[[int], tuple[torch.Tensor, torch.Tensor]],
        device: str,
        rate: Callable[[int], float | torch.Tensor] | None = None,
    ):
        self.spec, self.scored, self.optimizer, self.batch, self.device = spec, model, optimizer, batch, device
        self.rate = rate or partial(learning_rate, spec)
        self.parts = max(1, spec.accumulate // processes())
        for sequences in spec.batches:
            own_rows(sequences)  # refused now where it cannot be cut, and not when it is reached

    def advance(self, step: int, end: int) -> Advance:
        """Do the optimizer step `step`, and no other before `end`; among several processes the loss is the mean of all.

        Raises:
            torch.OutOfMemoryError: memory does not suffice for a single sequence at a time.
        """
        spec = self.spec
        inputs_BT, targets_BT = self.own_windows(step)
        watched, alone = measures_noise(spec, step), processes() == 1
        noise: tuple[tuple[float, float], ...] = ()
        if watched and alone:
            noise = (self._fitting(lambda: self._noise(step, inputs_BT, targets_BT)),)
        drop, rate = dropped(spec, step, self.device), self.rate(step)
        if alone:
            return Advance((self.descend(inputs_BT, targets_BT, drop, rate),), noise)
        loss = self._fitting(lambda: self._gradient(inputs_BT, targets_BT, self.parts, drop)).detach()
        gradients = [gradient_of(weight) for weight in self.optimizer.weights]
        noise = (across_processes(gradients, inputs_BT.numel()),) if watched else ()
        average([*gradients, loss])
        self._move(rate)
        return Advance((loss,), noise)

    def own_windows(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The inputs and targets of a step that belong to this process."""
        inputs_BT, targets_BT = self.batch(step)
        rows = own_rows(len(inputs_BT))
        self.most_parts = rows.stop - rows.start
        return inputs_BT[rows], targets_BT[rows]

    def descend(self, inputs_BT, targets_BT, drop, rate: float | torch.Tensor) -> torch.Tensor:
        """Do one optimizer step on a batch; return its mean loss before that."""
        loss = self._fitting(lambda: self._gradient(inputs_BT, targets_BT, self.parts, drop)).detach()
        self._move(rate)
        return loss

    def _move(self, rate: float | torch.Tensor):
        clip(self.optimizer.weights, self.spec.clip)
        move(self.optimizer, rate)

    def _fitting(self, compute: Callable[[], T]) -> T:
        """Return what is computed, in more parts where memory runs out; nothing is computed twice in part."""
        while True:
            try:
                return compute()
            except RuntimeError as failure:
                if not ran_out_of_memory(failure) or self.parts >= self.most_parts:
                    raise
            self.parts = min(2 * self.parts, self.most_parts)  # after the error, which holds what filled the memory
            if self.device != "cpu":
                torch.cuda.empty_cache()

    def _gradient(self, inputs_BT, targets_BT, parts: int, drop) -> torch.Tensor:
        asked = {"accumulate": parts, "drop": drop, "precision": self.spec.precision}
        return gradient(self.scored, self.optimizer.weights, inputs_BT, targets_BT, **asked)

    def _noise(self, step: int, inputs_BT, targets_BT) -> tuple[float, float]:
        halves = max(2, self.spec.accumulate)

        def of_rows(rows: slice) -> list[torch.Tensor]:
            drop = dropped(self.spec, step, self.device, of_noise=1 + rows.start)
            self._gradient(inputs_BT[rows], targets_BT[rows], -(-self.parts // halves), drop)
            return [gradient_of(weight) for weight in self.optimizer.weights]

        return measure(of_rows, len(inputs_BT), self.spec.shape.n_ctx, halves)
