"""RunSpec -> Run: one training run, from its first step or from the point where it was interrupted."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ..corpora.item_tokens import ItemTokens
from ..corpora.token_files import Tokenised
from ..run.run import CHECKPOINT, Evaluation, Run, RunSpec, state_name
from .interrupted import Interrupted
from .parallel import agreed
from .run_under_way import RunUnderWay

CHECKPOINT_SECONDS = 15.0
PROGRESS_SECONDS = 1.0


def train(
    spec: RunSpec,
    data: Tokenised,
    folder: Path,
    parent_folder: Path | None = None,
    *,
    foreign: Sequence[Tokenised] = (),
    items: ItemTokens | None = None,
    tell: Callable[[int, float], None] = lambda step, loss: None,
    evaluated: Callable[[Sequence[Evaluation]], None] = lambda curve: None,
    stop: Callable[[], bool] = lambda: False,
    device: str = "cpu",
    engine: str = "auto",
) -> Run:
    """Train one model.

    The state is saved in `folder` every 15 seconds, and a second call resumes from it. On one machine it ends with the
    same bits, as the order of the data depends on seed and step alone. A trunk also saves its state at each step of
    `spec.branch_at`, and resumes from the last if it is extended; a branch starts from one in `parent_folder`.

    Args:
        foreign, items: the texts of `spec.foreign`, in order, and those of `spec.items`. tell, evaluated: called each
            second with step and training loss; after each evaluation, with all of them.
        stop: called each second; when it returns true, the state is saved and Interrupted is raised.
        engine: "auto", the compiled step where `compiled.support.supports` it; "plain", "graphed", "sharded": PyTorch.

    Raises:
        StoreError: the parent's state is missing.
        Interrupted: `stop` returned true.
    """
    job = RunUnderWay(spec, (data, *foreign), folder, device, engine, evaluated, items)
    step = job.resume(parent_folder)
    job.evaluate_where_due(step)
    told = kept = time.monotonic()
    while agreed(step < spec.steps and job.goes_on)[0]:
        step = job.advance(step)
        if step in spec.branch_at:  # before the evaluation: a trunk that is extended has its evaluations at other steps
            job.keep(folder / state_name(step), step)
        job.evaluate_where_due(step)
        now = time.monotonic()
        tells, saves = agreed(now - told > PROGRESS_SECONDS, now - kept > CHECKPOINT_SECONDS)
        if tells:
            told = now
            tell(step, job.read_losses())
        if (ends := tells and agreed(stop())[0]) or saves:
            kept = now
            job.keep(folder / CHECKPOINT, step)
        if ends:
            raise Interrupted
    return job.finish(step)
