"""RunSpec -> Run: one training run, from its first step or from where it was interrupted."""

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from .checkpoint import read_checkpoint, write_checkpoint
from .corpora.order import batch_at, window_starts
from .corpora.tokenised import Tokenised
from .errors import StoreError
from .models import FAMILIES, make_drop
from .optimizer import descend, make_optimizer
from .records import from_plain, to_plain
from .run import Evaluation, Run, RunSpec
from .schedule import evaluation_steps, learning_rate

CHECKPOINT_SECONDS = 15.0
PROGRESS_SECONDS = 1.0
ORDER_STEPS = 128  # steps whose data order is worked out at once
CURVE_SHARE = 8  # evaluations before the last use one in this many of the test windows
EVAL_BATCH_TOKENS = 8192


class Interrupted(Exception):
    """Training was asked to stop before its end: no error, for the state is kept and the same call goes on."""


def train(
    spec: RunSpec,
    data: Tokenised,
    folder: Path,
    parent_folder: Path | None = None,
    *,
    tell: Callable[[int, float], None] = lambda step, loss: None,
    stop: Callable[[], bool] = lambda: False,
    device: str = "cpu",
) -> Run:
    """Train one model.

    The state is kept in `folder` every quarter of a minute, and a second call goes on from it; the order of the data
    depends on seed and step alone, so that the numbers of an interrupted run are those of an uninterrupted one, bit
    for bit, on one machine. A trunk also keeps its state at each step of `spec.branch_at`; a branch starts from such a
    state in `parent_folder`.

    Args:
        tell: called about once a second with the step and the last training loss.
        stop: asked about once a second; when true, the state is kept and Interrupted raised.

    Raises:
        StoreError: the parent's state is missing.
        Interrupted: `stop` said so.
    """
    job = _Job(spec, data, folder, device)
    step = job.resume(parent_folder)
    evaluate_after = set(evaluation_steps(spec))
    told = kept = time.monotonic()
    while step < spec.steps and job.outcome == "finished":
        job.take_step(step)
        step += 1
        if step in evaluate_after:
            job.evaluate(step)
        if step in spec.branch_at:
            job.keep(folder / state_name(step), step)
        now = time.monotonic()
        if now - told > PROGRESS_SECONDS:
            told = now
            tell(step, job.recent_loss)
            if stop():
                job.keep(folder / "checkpoint.safetensors", step)
                raise Interrupted
        if now - kept > CHECKPOINT_SECONDS:
            kept = now
            job.keep(folder / "checkpoint.safetensors", step)
    return job.finish(step)


def state_name(step: int) -> str:
    """Name the file in which a trunk keeps its state for the branches that start at `step`."""
    return f"state-{step}.safetensors"


class _Job:
    """The moving parts of one run: model, optimiser, curve."""

    def __init__(self, spec: RunSpec, data: Tokenised, folder: Path, device: str):
        self.spec, self.data, self.folder, self.device = spec, data, folder, device
        self.train_tokens = data.split("train", spec.unique_tokens or None)
        self.order: tuple[int, np.ndarray] = (-1, np.empty(0))
        self.model = FAMILIES[spec.shape.family](spec.shape, spec.seed).to(device)
        self.optimizer = make_optimizer(spec, self.model)
        self.curve: list[Evaluation] = []
        self.outcome, self.sentence = "finished", "reached its horizon"
        self.loss_sum, self.loss_count, self.recent_loss = 0.0, 0, math.nan
        self.seconds_before, self.began = 0.0, time.monotonic()

    def resume(self, parent_folder: Path | None) -> int:
        """Load the latest state and give the step to go on from."""
        notes = read_checkpoint(self.folder / "checkpoint.safetensors", self.optimizer)
        if notes is not None:
            self.curve = [from_plain(Evaluation, e, "checkpoint", StoreError) for e in notes["curve"]]
            self.loss_sum, self.loss_count = notes["loss_sum"], notes["loss_count"]
            self.seconds_before = notes["seconds"]
            return notes["step"]
        if not self.spec.parent:
            return 0
        state = parent_folder / state_name(self.spec.first_step)
        notes = read_checkpoint(state, self.optimizer)
        if notes is None:
            raise StoreError(
                f"run {self.spec.id} starts from {state}, which is not there. "
                f"Run its trunk {self.spec.parent} again: delete that run's folder and launch."
            )
        return self.spec.first_step

    def take_step(self, step: int):
        """Do one optimiser step."""
        spec = self.spec
        inputs_BT, targets_BT = self._windows(self.train_tokens, self._starts(step))
        rate, drop = learning_rate(spec, step), self._drop(step)
        loss = descend(
            self.model, self.optimizer, inputs_BT, targets_BT, rate, spec.clip, accumulate=spec.accumulate, drop=drop
        )
        self.recent_loss = loss.item()
        self.loss_sum += self.recent_loss
        self.loss_count += 1
        if not math.isfinite(self.recent_loss):
            self.outcome = "diverged"
            self.sentence = f"the training loss was not a finite number at step {step + 1} of {spec.steps}"

    def evaluate(self, step: int):
        """Append the test loss after `step` steps; of the whole test set after the last."""
        spec, test = self.spec, self.data.split("test")
        starts = window_starts(len(test), spec.shape.n_ctx, spec.eval_tokens)
        if step < spec.steps:
            starts = starts[::CURVE_SHARE]
        rows = max(1, EVAL_BATCH_TOKENS // spec.shape.n_ctx)
        losses = [
            self.model.losses(*self._windows(test, starts[i : i + rows])).double().mean(1).cpu().numpy()
            for i in range(0, len(starts), rows)
        ]
        losses = np.concatenate(losses)
        mean, sem = clustered_mean(losses, self.data.documents_of("test", starts))
        train_loss = self.loss_sum / self.loss_count if self.loss_count else None
        self.loss_sum, self.loss_count = 0.0, 0
        if not math.isfinite(mean):
            self.outcome, self.sentence = "diverged", f"the test loss was not a finite number at step {step}"
            return
        self.curve.append(
            Evaluation(
                step, step * spec.batch_tokens, learning_rate(spec, step - 1), mean, sem, train_loss, self.seconds
            )
        )

    def keep(self, path: Path, step: int):
        """Keep the whole state."""
        write_checkpoint(
            path,
            self.optimizer,
            {
                "step": step,
                "curve": [to_plain(e) for e in self.curve],
                "loss_sum": self.loss_sum,
                "loss_count": self.loss_count,
                "seconds": self.seconds,
            },
        )

    def finish(self, step: int) -> Run:
        """Make the record of what happened."""
        provenance = {"torch": torch.__version__, "device": self.device, "threads": str(torch.get_num_threads())}
        readings = {"tokens_per_second": (step - self.spec.first_step) * self.spec.batch_tokens / self.seconds}
        bytes_per_token = self.data.bytes_per_token("test")
        return Run(
            self.spec,
            self.outcome,
            self.sentence,
            tuple(self.curve),
            bytes_per_token if math.isfinite(bytes_per_token) else None,
            len(self.train_tokens),
            readings,
            provenance,
        )

    @property
    def seconds(self) -> float:
        """Wall-clock seconds of training so far, earlier sittings included."""
        return self.seconds_before + time.monotonic() - self.began

    def _drop(self, step: int):
        """Make the dropout of a step, from the run's seed and the step alone; None for none."""
        if not self.spec.dropout:
            return None
        seed = np.random.SeedSequence((self.spec.seed, step)).generate_state(1)[0]
        return make_drop(self.spec.dropout, int(seed), self.device)

    def _starts(self, step: int) -> np.ndarray:
        chunk = step // ORDER_STEPS
        if self.order[0] != chunk:
            spec, many = self.spec, self.spec.batch * ORDER_STEPS
            starts = batch_at(chunk, spec.order_seed, len(self.train_tokens), many, spec.shape.n_ctx)
            self.order = chunk, starts.reshape(ORDER_STEPS, spec.batch)
        return self.order[1][step % ORDER_STEPS]

    def _windows(self, tokens: np.ndarray, starts: np.ndarray):
        rows = np.asarray(starts)[:, None] + np.arange(self.spec.shape.n_ctx + 1)
        windows = torch.from_numpy(tokens[rows].astype(np.int64)).to(self.device)
        return windows[:, :-1], windows[:, 1:]


def clustered_mean(losses: np.ndarray, documents: np.ndarray) -> tuple[float, float | None]:
    """Mean loss of the windows and its standard error, windows of one document taken as one cluster.

    Var(mean) = G/(G-1) sum_g (sum_{i in g} (x_i - mean))^2 / n^2 over G documents (the cluster-robust sandwich of a
    mean); None where there is one document alone.
    """
    mean = losses.mean()
    _, group = np.unique(documents, return_inverse=True)
    sums = np.bincount(group, losses - mean)
    count = len(sums)
    if count < 2:
        return float(mean), None
    return float(mean), float(np.sqrt(count / (count - 1) * (sums**2).sum()) / len(losses))
