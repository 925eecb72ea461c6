"""The state of one training run: its model, optimizer and engine, and what was measured so far."""

import math
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from ..corpora.item_tokens import ItemTokens
from ..corpora.order import window_starts
from ..corpora.token_files import Tokenised
from ..errors import StoreError
from ..instruments.early_stopping import should_stop
from ..instruments.evaluate import HeldOutLoss, evaluate
from ..instruments.items import score_items
from ..instruments.learned import judged, unigram_loss
from ..instruments.noise_scale import plus
from ..instruments.spikes import LossWatch
from ..instruments.throughput import CEILING_SECONDS, forget_peak_memory, matmul_ceiling, peak_memory_bytes, utilisation
from ..instruments.weights import activation_rms, decay_timescale, update_ratio
from ..models import FAMILIES, Transformer
from ..models.precision import DTYPES, in_precision, set_float32
from ..records.json_values import finite, from_plain, to_plain, utc_now
from ..run.item_scores import ItemScores
from ..run.run import DIVERGED, FINISHED, Evaluation, NoiseSums, Run, RunSpec, require_engine, state_name
from ..run.schedule import CURVE_SHARE, evaluation_steps, learning_rate, log_places, reads_whole_test
from .compiled.engine import Compiled
from .compiled.support import supports
from .graphed import Graphed, cannot_graph
from .optimizer import make_optimizer
from .parallel import place, processes, wait_for_all
from .plain import AT_ONCE, Plain
from .run_state import read_checkpoint, states, write_checkpoint
from .sharded import Sharded, as_one, require_shardable, shard, take
from .windows import Order, Windows

OfPyTorch = Plain | Sharded | Graphed
CEILING_SHARE = 0.02  # maximum fraction of a run's time for measuring the peak FLOP rate of the machine


@dataclass
class Notes:
    """What a run has measured so far; saved with its state."""

    step: int = 0
    curve: tuple[Evaluation, ...] = ()
    loss_sum: float = 0.0
    loss_count: int = 0
    seconds: float = 0.0
    evaluating: float = 0.0
    noise: NoiseSums = field(default_factory=NoiseSums)
    watch: LossWatch = field(default_factory=LossWatch)
    update_ratio: float | None = None
    started: str = ""
    engine: str = ""
    outcome: str = FINISHED
    sentence: str = "reached its horizon"
    by_position: tuple[float, ...] = ()


class RunUnderWay:
    """The mutable state of one run: model, optimizer, measurements."""

    def __init__(
        self,
        spec: RunSpec,
        texts: Sequence[Tokenised],
        folder: Path,
        device: str,
        engine: str,
        evaluated: Callable[[Sequence[Evaluation]], None],
        items: ItemTokens | None = None,
    ):
        require_engine(engine, together=processes() > 1)
        self.spec, self.data, self.foreign, self.items = spec, texts[0], texts[1:], items
        self.folder, self.device, self.evaluated = folder, device, evaluated
        set_float32(spec.precision, device)
        forget_peak_memory(device)
        n_ctx = spec.shape.n_ctx
        self.train, self.test = self.data.split("train", spec.unique_tokens or None), self.data.split("test")
        self.text = Windows(self.train, n_ctx, device)
        self.tests = [Windows(text.split("test"), n_ctx, device) for text in texts]
        self.order = Order(spec, self.text.size)
        self.model = FAMILIES[spec.shape.family](spec.shape, spec.seed).to(device)
        if engine == Sharded.name:
            require_shardable(spec)
            shard(self.model, device)
        self.optimizer = make_optimizer(spec, self.model)
        make, self.plain_because = _engine_of(spec, device, engine)
        self.engine = self._made(make)
        self.notes, self.began = Notes(started=utc_now(), engine=self.engine.name), time.monotonic()
        self.evaluate_after = set(evaluation_steps(spec))
        self.unread: list[torch.Tensor] = []
        self.done = 0
        self.recent_loss = math.nan

    @property
    def goes_on(self) -> bool:
        """Whether the run continues: it has neither diverged nor stopped early."""
        return self.notes.outcome == FINISHED and not should_stop(self.notes.curve, self.spec.early_stop)

    def resume(self, parent_folder: Path | None) -> int:
        """Load the latest state and return the step from which to resume."""
        for path in states(self.folder, min(self.spec.branch_at, default=0)):
            kept = self._read(path)
            if kept is not None:
                self.notes = from_plain(Notes, kept, "checkpoint", StoreError)
                self._note_engine()
                return self.notes.step
        if not self.spec.parent:
            return 0
        state = None if parent_folder is None else parent_folder / state_name(self.spec.first_step)
        if state is None or self._read(state) is None:
            raise StoreError(
                f"run {self.spec.id} starts from {state or 'a state of its trunk'}, which does not exist. "
                f"Train its trunk {self.spec.parent} again: delete the folder of the trunk and launch."
            )
        return self.spec.first_step

    def _made(self, make: type[OfPyTorch] | None) -> OfPyTorch | Compiled:
        spec, model, optimizer = self.spec, self.model, self.optimizer
        if make is None:
            assert isinstance(model, Transformer)
            return Compiled(spec, model, optimizer, lambda *of: self.text.tokens_at(self.order.starts_of(*of)))
        return make(spec, model, optimizer, lambda step: self.text.at(self.order.starts(step)), self.device)

    def _read(self, path: Path) -> dict | None:
        """Read a saved state, of whose weights and moments each process takes its part if they are cut."""
        if not isinstance(self.engine, Sharded) or not path.exists():
            return read_checkpoint(path, self.optimizer)
        whole = as_one(self.spec, self.model, self.optimizer)
        kept = read_checkpoint(path, whole)
        if kept is not None:
            take(self.spec, self.model, self.optimizer, whole)
        return kept

    def _note_engine(self):
        """Keep the name of the engine with the state, and of every engine that trained a part of the run."""
        name = self.engine.name
        if not self.notes.engine.endswith(name):
            self.notes.engine = f"{self.notes.engine}, then {name}" if self.notes.engine else name

    def advance(self, step: int) -> int:
        """Do optimizer steps until the engine rests or the next event, and return the number of steps done."""
        end, watched = self._next_event(step), False
        if self.spec.watch_weights and end in self.evaluate_after:
            end, watched = max(step + 1, end - 1), end == step + 1
        before = [weight.detach().clone() for weight in self.optimizer.weights] if watched else []
        found = self.engine.advance(step, end)
        for measured in found.noise:
            self.notes.noise = plus(self.notes.noise, *measured)
        self.notes.update_ratio = update_ratio(before, self.optimizer.weights) if watched else None
        self.done = step + len(found.losses)
        self.unread += found.losses
        if len(self.unread) >= AT_ONCE:
            self.read_losses()
        return self.done

    def _next_event(self, step: int) -> int:
        """The next step after which the run is evaluated, its state is saved for branches, or its batch grows."""
        grows = (stage.first_step for stage in self.spec.stages)
        events = (*self.evaluate_after, *self.spec.branch_at, *grows, self.spec.steps)
        return min(event for event in events if event > step)

    def read_losses(self) -> float:
        """Read the losses of the steps since the last call, record one that is not finite, and return the last."""
        if not self.unread:
            return self.recent_loss
        losses, self.unread = torch.stack(self.unread).tolist(), []
        for loss in losses:
            self.notes.loss_sum += loss
            self.notes.loss_count += 1
            self.notes.watch = self.notes.watch.after(loss)
        self.recent_loss = losses[-1]
        bad = [i for i, loss in enumerate(losses) if not math.isfinite(loss)]
        if bad:
            step = self.done - len(losses) + bad[0] + 1
            self.notes.outcome = DIVERGED
            self.notes.sentence = f"the training loss was not a finite number at step {step} of {self.spec.steps}"
        return self.recent_loss

    def evaluate_where_due(self, step: int):
        """Evaluate if an evaluation is due after this step and the loaded state does not already include it."""
        if step in self.evaluate_after and (not self.notes.curve or self.notes.curve[-1].step < step):
            self.evaluate(step)

    def evaluate(self, step: int):
        """Append the losses after `step` steps, and add what that took to the time of evaluations."""
        began = time.monotonic()
        self._score(step)
        self.notes.evaluating += time.monotonic() - began

    def _score(self, step: int):
        self.read_losses()
        spec, notes = self.spec, self.notes
        whole = reads_whole_test(spec, step)
        found, *foreign = [
            self._held_out(text, windows, whole)
            for text, windows in zip((self.data, *self.foreign), self.tests, strict=True)
        ]
        train_loss = notes.loss_sum / notes.loss_count if notes.loss_count else None
        notes.loss_sum, notes.loss_count = 0.0, 0
        if not math.isfinite(found.mean):
            self.notes.outcome, self.notes.sentence = DIVERGED, f"the test loss was not a finite number at step {step}"
            return
        self.notes.by_position = tuple(found.by_position.tolist())
        sizes = self._activations() if spec.watch_weights else ()
        evaluation = Evaluation(
            step,
            spec.tokens_at(step),
            learning_rate(spec, step - 1),
            found.mean,
            found.sem,
            train_loss,
            self.seconds,
            foreign=tuple(text.mean for text in foreign),
            by_position=tuple(self.notes.by_position[place - 1] for place in log_places(spec.shape.n_ctx)),
            noise=notes.noise,
            update_ratio=notes.update_ratio,
            activation_rms=sizes,
            items=self._answered(whole),
        )
        notes.curve, notes.noise = (*notes.curve, evaluation), NoiseSums()
        self.evaluated(notes.curve)

    def keep(self, path: Path, step: int):
        """Save the whole state."""
        self.read_losses()
        self.notes.step, self.notes.seconds, self.began = step, self.seconds, time.monotonic()
        sharded = isinstance(self.engine, Sharded)
        whole = as_one(self.spec, self.model, self.optimizer) if sharded else self.optimizer
        if place() == 0:
            write_checkpoint(path, whole, to_plain(self.notes))
        wait_for_all()

    def finish(self, step: int) -> Run:
        """Make the record of the results."""
        self.read_losses()
        if step < self.spec.steps and self.notes.outcome == FINISHED:
            self.notes.sentence = (
                f"stopped at step {step}: {self.spec.early_stop} evaluations brought no lower test loss"
            )
        provenance = {"torch": torch.__version__, "device": self.device, "threads": str(torch.get_num_threads())}
        provenance |= {"scalinglaws": version("scalinglaws"), "machine": platform.node()}
        provenance |= {"processes": str(processes())} if processes() > 1 else {}
        provenance |= {"engine": self.notes.engine} | (
            {"plain_because": self.plain_because} if self.plain_because else {}
        )
        if isinstance(self.engine, Plain) and self.engine.parts > max(1, self.spec.accumulate // processes()):
            provenance["parts_of_batch"] = f"{self.engine.parts}, because memory ran out"
        provenance |= {"started": self.notes.started, "ended": utc_now()}
        bytes_per_token = self.data.bytes_per_token("test")
        run = Run(
            self.spec,
            self.notes.outcome,
            self.notes.sentence,
            self.notes.curve,
            finite(bytes_per_token),
            self.text.size,
            self._readings(step),
            provenance,
            self.notes.by_position,
        )
        apart = self.data.index.apart
        unigram = unigram_loss(self.train, self.train if apart else self.test, self.data.vocabulary)
        return judged(run, unigram, self.data.vocabulary, apart=apart)

    def _readings(self, step: int) -> dict[str, float]:
        spec, watch = self.spec, self.notes.watch
        speed = (spec.tokens_at(step) - spec.tokens_at(spec.first_step)) / self.seconds / processes()
        peak = float(peak_memory_bytes(self.device))  # before the peak rate is measured, which needs memory itself
        seconds = min(CEILING_SECONDS, CEILING_SHARE * self.seconds)
        ceiling = matmul_ceiling(self.device, DTYPES[spec.precision], seconds)
        timescale = decay_timescale(spec.lr, spec.weight_decay, spec.steps)
        return {
            "tokens_per_second": speed,
            "matmul_flops_per_second": ceiling,
            "mfu": utilisation(speed, spec.shape.flops_per_token("exact"), ceiling),
            "peak_memory_bytes": peak,
            "evaluation_seconds": self.notes.evaluating,
            "loss_spikes": float(watch.spikes),
            "largest_spike_nats": watch.largest,
            **({} if timescale is None else {"decay_timescale": timescale}),
        }

    @property
    def seconds(self) -> float:
        """Wall-clock seconds of training so far, including the time before interruptions."""
        return self.notes.seconds + time.monotonic() - self.began

    def _activations(self) -> tuple[float, ...]:
        with in_precision(self.spec.precision, self.device):
            return activation_rms(self.model, self.tests[0].at(np.zeros(1, int))[0])

    def _answered(self, whole: bool) -> ItemScores | None:
        """Score the items, or one in `CURVE_SHARE` of them."""
        if self.items is None:
            return None
        sequences, facts = self.items.every(1 if whole else CURVE_SHARE)
        with in_precision(self.spec.precision, self.device):
            return score_items(self.engine.scored, sequences, facts, self.spec.shape.n_ctx, self.device)

    def _held_out(self, text: Tokenised, windows: Windows, whole: bool) -> HeldOutLoss:
        starts = window_starts(windows.size, self.spec.shape.n_ctx, self.spec.eval_tokens)
        starts = starts if whole else starts[::CURVE_SHARE]
        with in_precision(self.spec.precision, self.device):
            return evaluate(self.engine.scored, windows.at, starts, text.documents_of("test", starts))


def _engine_of(spec: RunSpec, device: str, engine: str) -> tuple[type[OfPyTorch] | None, str]:
    """Return the engine that trains a run, None for the compiled step; and if it is the plain path, why."""
    if engine == Sharded.name:
        return Sharded, ""
    unrecorded = cannot_graph(spec, device)
    if engine == Graphed.name and not unrecorded:
        return Graphed, ""
    why = "it was asked for" if engine == "plain" else supports(spec, device)
    if engine == Graphed.name and device != "cpu":
        why = unrecorded
    if processes() > 1:
        why = f"{processes()} processes train it"
    return (Plain if why else None), why
