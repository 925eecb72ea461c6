"""The engine that trains and scores a model by the compiled step, with the optimizer's own tensors."""

import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from ...instruments.noise_scale import against_whole
from ...models.transformer import RMS_EPS, Transformer
from ...run.run import RunSpec
from ...run.schedule import learning_rate
from ..optimizer import Adam, Optimizer
from ..plain import Advance, measures_noise
from .building import native
from .layout import Layout

LAYER_EPS = 1e-5  # that of PyTorch's layer norm
PATIENT_SECONDS = 0.5  # one call takes about this long at most, so that a run can be interrupted
TOKENS_AT_ONCE = 1 << 17  # one call reads at most so many tokens, 2 MiB with their places


class Compiled:
    """Trains and scores one Transformer by the compiled step.

    The weights and the optimizer's state stay where `optimizer` has them, so that they are saved and restored as in the
    plain path. `windows(first, count)` gives the tokens of `count` steps from step `first` on, (count, batch, T + 1).
    """

    name = "compiled"
    training = False  # of an instruments.evaluate.Scored, like `train`

    def __init__(
        self, spec: RunSpec, model: Transformer, optimizer: Optimizer, windows: Callable[[int, int], np.ndarray]
    ):
        self.spec, self.scored, self.windows = spec, self, windows
        self.layout, self.run, self.many = Layout(model, spec.stages[-1].batch), native(), 1
        [part] = optimizer.parts
        assert isinstance(part, Adam)
        self.part, self.parts = part, max(2, spec.accumulate)
        self.weights = [(weight, group) for group in part.param_groups for weight in group["params"]]
        self.before = [torch.zeros_like(weight) for weight, _ in self.weights]
        blocks: list[Any] = list(model.blocks)
        scale = blocks[0].attention.scale if blocks else None
        eps = LAYER_EPS if spec.shape.norm == "layernorm" else RMS_EPS
        numbers = [scale or spec.shape.d_head**-0.5, eps, 1 / model.wider, *part.betas, part.eps, spec.clip]
        numbers.append(RMS_EPS)
        for _, group in self.weights:
            numbers += [group["weight_decay"], group["lr_scale"]]
        self.numbers = np.array(numbers, dtype=np.float64)

    def advance(self, step: int, end: int) -> Advance:
        """Do the optimizer steps `step` to at most `end`, all in one call; all have the same batch."""
        batch = self.spec.batch_at(step)
        at_once = max(1, TOKENS_AT_ONCE // (batch * self.spec.shape.n_ctx))
        many = min(end - step, self.many, at_once)
        rates = np.array([learning_rate(self.spec, one) for one in range(step, step + many)])
        watched = np.array([measures_noise(self.spec, one) for one in range(step, step + many)], dtype=np.int64)
        windows = self.windows(step, many).astype(np.int64, copy=False)
        out = np.zeros((many, 2 + self.parts))
        began = time.perf_counter()
        self.layout.take_batch(batch)
        self._call(windows, rates, watched, out, many, self._steps_done())
        taken = (time.perf_counter() - began) / many
        self.many = max(1, int(PATIENT_SECONDS / taken))
        for weight, _ in self.weights:
            self.part.state[weight]["step"] += many
        noise = tuple(self._noise(row, batch) for row in out[watched > 0])
        return Advance(torch.from_numpy(out[:, 0]).unbind(), noise)

    def losses(self, tokens_BT: torch.Tensor, targets_BT: torch.Tensor) -> torch.Tensor:
        """Cross-entropy in nats of every token, shape (B, T)."""
        windows = torch.cat([tokens_BT, targets_BT[:, -1:]], dim=1).numpy()
        out = np.empty(targets_BT.shape, np.float32)
        self._call(windows, None, None, out, len(windows), 0)
        return torch.from_numpy(out)

    def train(self, mode: bool = True):
        """Nothing depends on it: without dropout a model is the same in training and in use."""

    def _call(self, windows, rates, watched, out, many: int, done: int):
        states = [self.part.state_of(weight) for weight, _ in self.weights]
        rows = [
            (weight, state["exp_avg"], state["exp_avg_sq"], before)
            for (weight, _), state, before in zip(self.weights, states, self.before, strict=True)
        ]
        self.layout.fill(rows, self.numbers, self.parts, self.part.decoupled)
        addresses = [0 if array is None else array.ctypes.data for array in (windows, rates, watched, out)]
        self.run(self.layout.table.ctypes.data, *addresses, many, done)

    def _steps_done(self) -> int:
        return int(self.part.state_of(self.weights[0][0])["step"])

    def _noise(self, row: np.ndarray, batch: int) -> tuple[float, float]:
        squares = row[2:]
        cuts = [batch * i // self.parts for i in range(self.parts + 1)]
        sizes = [self.spec.shape.n_ctx * (after - before) for before, after in pairwise(cuts)]
        return against_whole(squares.tolist(), row[1] ** 2, sizes)
