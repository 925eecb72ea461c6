"""The plain path's step, recorded once as a CUDA graph and played again for each step: one launch for all its kernels.

A small model's step is some 200 kernels, which take the host longer to launch than a GPU to run. Not compared with the
plain path on any GPU yet, and therefore taken only where it is asked for (`benchmarks/gpu/graphs.py` compares them).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from ..models import LanguageModel
from ..run.run import GRAPHED, RunSpec
from ..run.schedule import learning_rate
from .optimizer import Optimizer
from .parallel import processes
from .plain import Advance, Plain, measures_noise

EAGER_STEPS = 3  # before the recording: what libraries set up at their first calls cannot be recorded

Act = Callable[[], object]


def cannot_graph(spec: RunSpec, device: str) -> str:
    """Say why the step of a run cannot be recorded, in words that follow "because"; empty if it can."""
    reasons = {
        f"it runs on {device}": device == "cpu",
        f"{processes()} processes train it": processes() > 1,
        "its batch grows": len(spec.stages) > 1,  # what is recorded has one shape
        "it is an LSTM": spec.shape.family == "lstm",
        "it is a mixture of experts": spec.shape.family == "moe",  # how many tokens each takes is read on the host
        f"its optimizer is {spec.optimizer}": spec.optimizer not in ("adam", "adamw"),
        "it has dropout": bool(spec.dropout),  # drawn anew on the host for each step
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def as_cuda_graph(act: Act) -> Act:
    """Record what an action launches on the current stream, without running it; return what plays it."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=torch.cuda.current_stream(), capture_error_mode="thread_local"):
        act()
    return graph.replay


class Graphed:
    """Trains a model by one recorded step on a stream of its own, so that several in one process run at once.

    What changes from step to step, which is the batch and the learning rate, is copied to where the recording reads it.
    The steps that measure the noise scale are done as by the plain path, with the same learning rate in a tensor, so
    that a run does the same arithmetic wherever it was interrupted.

    Args:
        record: makes the recording; a test has one for a CPU.
    """

    name = GRAPHED

    def __init__(
        self,
        spec: RunSpec,
        model: LanguageModel,
        optimizer: Optimizer,
        batch: Callable[[int], tuple[torch.Tensor, torch.Tensor]],
        device: str,
        record: Callable[[Act], Act] = as_cuda_graph,
    ):
        self.spec, self.scored, self.batch, self.record = spec, model, batch, record
        self.rate, self.loss = (torch.zeros((), device=device) for _ in range(2))
        self.inputs_BT, self.targets_BT = (
            torch.zeros((spec.batch, spec.shape.n_ctx), dtype=torch.int64, device=device) for _ in range(2)
        )
        self.plain = Plain(spec, model, optimizer, batch, device, rate=self._rate)
        self.stream = None if device == "cpu" else torch.cuda.Stream(device)
        self.done, self.play = 0, self._step

    def advance(self, step: int, end: int) -> Advance:
        """Do the optimizer step `step`, and no other before `end`."""
        with self._on_stream():
            if measures_noise(self.spec, step):
                return self.plain.advance(step, end)
            for place, value in zip((self.inputs_BT, self.targets_BT), self.batch(step), strict=True):
                place.copy_(value)
            self._rate(step)
            if self.done == EAGER_STEPS:
                self.play = self.record(self._step)
            self.done += 1
            self.play()
            return Advance((self.loss.clone(),))

    def _step(self):
        self.loss.copy_(self.plain.descend(self.inputs_BT, self.targets_BT, None, self.rate))

    def _rate(self, step: int) -> torch.Tensor:
        return self.rate.fill_(learning_rate(self.spec, step))

    @contextmanager
    def _on_stream(self) -> Iterator[None]:
        """Launch on the engine's own stream what comes after the work so far, and let what follows wait for it."""
        if self.stream is None:
            yield
            return
        outer = torch.cuda.current_stream()
        self.stream.wait_stream(outer)
        with torch.cuda.stream(self.stream):
            yield
        outer.wait_stream(self.stream)
