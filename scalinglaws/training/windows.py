"""The windows of a text on a run's device: (inputs, targets) at given positions, and the order of the windows."""

# B windows, T time

import numpy as np
import torch

from ..corpora.order import starts_between
from ..run.run import RunSpec
from ..run.stages import stage_at

ORDER_STEPS = 128  # steps whose data order is computed at once
MOST_ON_GPU = 1 << 30  # maximum tokens of a text that is copied to a GPU, 4 bytes each; longer texts stay on disk


class Windows:
    """Windows of `n_ctx` + 1 tokens of one text.

    On a CPU, and if the text is long, it stays memory-mapped; otherwise it is copied to the GPU, and only the positions
    of the windows are sent there.
    """

    def __init__(self, tokens: np.ndarray, n_ctx: int, device: str):
        self.n_ctx, self.device, self.size = n_ctx, device, len(tokens)
        held = device != "cpu" and len(tokens) <= MOST_ON_GPU
        self.tokens = torch.from_numpy(tokens.astype(np.int32)).to(device) if held else tokens

    def at(self, starts: np.ndarray):
        """Return the inputs and targets of the windows that begin at `starts`, each of shape (B, T) on the device."""
        starts = np.asarray(starts)
        if isinstance(self.tokens, torch.Tensor):
            places = torch.from_numpy(starts).to(self.device)[:, None] + torch.arange(
                self.n_ctx + 1, device=self.device
            )
            windows = self.tokens[places].long()
        else:
            windows = torch.from_numpy(self.tokens_at(starts)).to(self.device)
        return windows[:, :-1], windows[:, 1:]

    def tokens_at(self, starts: np.ndarray) -> np.ndarray:
        """Return the windows that begin at `starts`, (..., T + 1) int64, of a text that is not on a GPU."""
        assert isinstance(self.tokens, np.ndarray)
        return self.tokens[np.asarray(starts)[..., None] + np.arange(self.n_ctx + 1)].astype(np.int64)


class Order:
    """The positions at which a run's steps read its text, from its seed and the step alone."""

    def __init__(self, spec: RunSpec, tokens: int):
        self.spec, self.tokens = spec, tokens
        self.known: tuple[int, np.ndarray] = (-1, np.empty(0))  # a first step, and the windows of those from it on

    def starts(self, step: int) -> np.ndarray:
        """Return the positions at which the windows of a step begin."""
        spec, stage = self.spec, stage_at(self.spec.stages, step)
        within = (step - stage.first_step) % ORDER_STEPS
        if self.known[0] != step - within:
            first = stage.sequences + (step - within - stage.first_step) * stage.batch
            end = first + ORDER_STEPS * stage.batch
            starts = starts_between(first, end, spec.order_seed, self.tokens, spec.shape.n_ctx)
            self.known = step - within, starts.reshape(ORDER_STEPS, stage.batch)
        return self.known[1][within]

    def starts_of(self, first: int, count: int) -> np.ndarray:
        """Return the positions of the windows of `count` steps of one batch from step `first` on, (count, batch)."""
        return np.stack([self.starts(step) for step in range(first, first + count)])
