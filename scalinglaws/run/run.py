"""A training run: its specification (RunSpec), its results (Run), and its id, a hash of what its numbers depend on."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from ..errors import MisuseError, StudyError, unknown_name
from .item_scores import ItemScores
from .shape import Shape
from .stages import Stage, sequences_before, stage_at, stages_of, steps_for
from .trainer import OWN_SCHEDULE, Trainer

SCHEDULES = ("wsd", "cosine", "linear", "constant", "inverse-sqrt", OWN_SCHEDULE)
COOLDOWNS = ("linear", "1-sqrt")
OPTIMIZERS = ("adamw", "adam", "adafactor", "muon")
FINISHED, DIVERGED, FAILED_TO_LEARN = OUTCOMES = ("finished", "diverged", "failed to learn")
PRECISIONS = ("float32", "tf32", "bfloat16")
GRAPHED, SHARDED = "graphed", "sharded"
ENGINES = ("auto", "plain", GRAPHED, SHARDED)  # how a run may be trained, which is no part of what it is
ENDING = (
    "tokens",
    "branch_at",
    "decay",
    "cooldown",
    "lr_end",
    "decay_power",
)  # how and when a run ends: no step of a trunk depends on these
MIX = "mix:"  # prefix of a mixture of domains, whose weights follow
OTHER_ARM = "of another arm than that to which the study's laws are fitted"  # why a run takes no part in its fits
EXPERTS = "experts="  # prefix of an arm by its number of experts
OTHER_EXPERTS = "of another number of experts than the runs to which the study's laws are fitted"
BY_PATH = ("text:", "bin:", MIX)  # prefixes of corpora whose name does not say what they hold
A_FILE = "file:"  # prefix of a tokenizer that is named by its path
CHECKPOINT = "checkpoint.safetensors"  # the state of a run in progress
ID = re.compile(r"L\d+-d\d+-[0-9a-f]{12}")
NAMED = {"schedule": SCHEDULES, "cooldown": COOLDOWNS, "optimizer": OPTIMIZERS, "precision": PRECISIONS}


@dataclass(frozen=True)
class RunSpec:
    """The full specification of one training run.

    Never change a default below: defaults are left out of the id. Add a field instead.

    Attributes:
        data: hash of the tokens of `corpus` under `tokenizer`.
        tokens: horizon D; steps = ceil(tokens / (batch n_ctx)).
        batch: sequences per step, at the start of a run whose batch grows.
        batch_ramp: (tokens, sequences per step from there on) of every later stage, both growing. Schedules then count
            tokens in place of steps, except for the warm-up; the order of the data stays the same.
        lr: peak learning rate.
        warmup: steps of linear warm-up.
        decay: fraction of the horizon in which the learning rate decays, for schedule "wsd".
        clip: maximum norm of the gradient; 0 for no clipping.
        parent: the trunk from whose state this run starts, at the step where its own decay begins ("" for none).
        branch_at: steps at which a trunk saves its state for the runs that branch from it.
        cooldown: form of the decay of schedule "wsd".
        lr_end: learning rate at the end of the schedule, as a fraction of the peak.
        decay_power: exponent of the decay of "cosine" and "linear": above 1 decays faster, below 1 more slowly.
        dropout: fraction of the embeddings and of each layer's output that is set to zero in training.
        accumulate: number of equal parts into which a step's batch is cut, at every stage; their gradients are summed.
        unique_tokens: train only on this many tokens from the start of the text, repeatedly; 0 for the whole text.
        data_seed: seed of the order of the data; None for `seed`, which then draws the weights and the order.
        foreign: other texts on which each evaluation also measures the loss: (corpus, hash of its tokens) of each.
        early_stop: number of evaluations without a lower test loss after which training stops; 0 for never. The final
            evaluation is then the one with the lowest loss, and every evaluation uses the whole test set.
        noise_every: steps between two measurements of the gradient noise scale; 0 for none.
        watch_weights: measure update-to-weight ratio and activation size at each evaluation.
        precision: of matrix products. "tf32": float32 with 10-bit mantissas on a GPU; "bfloat16": by autocast, with
            weights and optimizer in float32.
        items: hash of multiple-choice items that each evaluation scores too; "" for none.
        trainer: the trainer of one's own that trains this run; None for ours. Only it has the schedule "own".
    """

    shape: Shape
    corpus: str
    tokenizer: str
    data: str
    tokens: int
    batch: int
    lr: float
    warmup: int
    seed: int = 0
    schedule: str = "wsd"
    decay: float = 0.2
    optimizer: str = "adamw"
    beta1: float = 0.9
    beta2: float = 0.95
    eps: float = 1e-8
    weight_decay: float = 0.1
    clip: float = 1.0
    parent: str = ""
    branch_at: tuple[int, ...] = ()
    evaluations: int = 12
    eval_tokens: int = 262144
    recipe: int = 1
    cooldown: str = "linear"
    lr_end: float = 0.0
    decay_power: float = 1.0
    dropout: float = 0.0
    accumulate: int = 1
    unique_tokens: int = 0
    data_seed: int | None = None
    foreign: tuple[tuple[str, str], ...] = ()
    early_stop: int = 0
    noise_every: int = 32
    watch_weights: bool = False
    precision: str = "float32"
    trainer: Trainer | None = None
    batch_ramp: tuple[tuple[int, int], ...] = ()
    items: str = ""

    def __post_init__(self):
        for name, known in NAMED.items():
            if getattr(self, name) not in known:
                raise StudyError(f"{name} = {getattr(self, name)!r}; it must be one of {', '.join(known)}.")
        for name in ("tokens", "batch", "lr", "decay_power", "accumulate"):
            if not getattr(self, name) > 0:
                raise StudyError(f"{name} = {getattr(self, name)}; it must be above 0.")
        for name in ("dropout", "lr_end"):
            if not 0 <= getattr(self, name) < 1:
                raise StudyError(f"{name} = {getattr(self, name)}; it must be at least 0 and below 1.")
        self._require_together()

    def _require_together(self):
        if self.schedule == OWN_SCHEDULE and self.trainer is None:
            raise StudyError(
                f"schedule = {OWN_SCHEDULE!r} is that of a trainer of one's own, and the study names no trainer. It "
                f"must be one of {', '.join(SCHEDULES[:-1])}."
            )
        for batch in (stage.batch for stage in self.stages):
            if batch % self.accumulate:
                raise StudyError(f"accumulate = {self.accumulate} does not divide batch = {batch} into equal parts.")
        if self.shape.family == "moe" and self.optimizer not in ("adam", "adamw"):
            raise StudyError(f"optimizer = {self.optimizer!r} with family 'moe': take adam or adamw.")
        if self.shape.parametrisation == "mup" and self.optimizer not in ("adam", "adamw"):
            raise StudyError(
                f"optimizer = {self.optimizer!r} with parametrisation 'mup', whose learning rates are derived for "
                f"Adam: take adam or adamw, or parametrisation 'standard'."
            )

    @property
    def batch_tokens(self) -> int:
        """Tokens per step, at the start of a run whose batch grows."""
        return self.batch * self.shape.n_ctx

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of its batch, also those after its horizon; one where it does not grow."""
        return stages_of(self.batch, self.batch_ramp, self.shape.n_ctx)

    @property
    def batches(self) -> tuple[int, ...]:
        """The batches that its steps have, the largest last."""
        return tuple(stage.batch for stage in self.stages if stage.first_step < self.steps)

    @cached_property
    def steps(self) -> int:
        """Optimizer steps to the horizon."""
        return steps_for(self.stages, -(-self.tokens // self.shape.n_ctx))

    def batch_at(self, step: int) -> int:
        """Sequences of a step, counted from 0."""
        return stage_at(self.stages, step).batch

    def tokens_at(self, step: int) -> int:
        """Tokens read before a step, counted from 0: those of the first `step` steps."""
        return sequences_before(self.stages, step) * self.shape.n_ctx

    @property
    def trained_tokens(self) -> int:
        """Tokens read to the horizon, which whole steps reach."""
        return self.tokens_at(self.steps)

    @property
    def paid_tokens(self) -> int:
        """Tokens that this run reads itself: of a branch, those of its decay."""
        return self.trained_tokens - self.tokens_at(self.first_step)

    @property
    def first_step(self) -> int:
        """First step of this run: the start of its decay for a branch, else 0."""
        return self.decay_start if self.parent else 0

    @property
    def order_seed(self) -> int:
        """Seed of the order in which the data is read."""
        return self.seed if self.data_seed is None else self.data_seed

    @cached_property
    def decay_start(self) -> int:
        """First step of the final decay of schedule "wsd"."""
        if self.batch_ramp:
            sequences = sequences_before(self.stages, self.steps)
            return steps_for(self.stages, sequences - round(self.decay * sequences))
        return self.steps - round(self.decay * self.steps)

    def elapsed(self, step: int) -> int:
        """How far a schedule is before a step: steps, or sequences where the batch grows."""
        return sequences_before(self.stages, step) if self.batch_ramp else step

    @property
    def is_trunk(self) -> bool:
        """Whether this run only provides states for branches: its learning rate never decays."""
        return bool(self.branch_at)

    @cached_property
    def id(self) -> str:
        """Name the run by a hash of what its numbers depend on: every field that differs from its default.

        Text and tokenizer enter by their tokens (`data`), not by a path. The horizon of a trunk does not enter, because
        a trunk is trained as far as its branches need; nor do the other branches of its trunk enter the id of a branch.
        """
        asked = self._asked()
        if self.is_trunk:
            asked = {name: value for name, value in asked.items() if name not in ENDING}
        if self.parent:
            asked["parent"] = True
        if self.corpus.startswith(BY_PATH):
            del asked["corpus"]
        if self.tokenizer.startswith(A_FILE):
            del asked["tokenizer"]
        if self.trainer:
            asked["trainer"] = self.trainer.name or self.trainer.command
        if self.foreign:
            asked["foreign"] = [["" if name.startswith(BY_PATH) else name, data] for name, data in self.foreign]
        return self._named(asked)

    @property
    def first_id(self) -> str:
        """The id in stores of the first version, which depended on every field, including paths and other branches."""
        return self.id if self.trainer else self._named(self._asked())

    @property
    def lineage(self) -> str:
        """For a branch, the id of its trunk, computed from the fields of the branch; for any other run, its own id."""
        if not self.parent:
            return self.id
        return dataclasses.replace(self, schedule="constant", parent="", branch_at=(self.first_step,)).id

    @property
    def data_ids(self) -> tuple[str, ...]:
        """The hashes of all that it reads: its text first, then the others on which it is evaluated."""
        return tuple(filter(None, (self.data, *(data for _, data in self.foreign), self.items)))

    def tells(self, setting: str) -> bool:
        """Whether a setting is that of the run; a trainer of one's own may not have received it."""
        return self.trainer is None or self.trainer.passes(setting)

    def _asked(self) -> dict:
        asked = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if getattr(self, f.name) != f.default}
        shape = {f.name: getattr(self.shape, f.name) for f in dataclasses.fields(Shape)}
        defaults = {f.name: f.default for f in dataclasses.fields(Shape)}
        return asked | {"shape": {name: value for name, value in shape.items() if value != defaults[name]}}

    def _named(self, asked: dict) -> str:
        text = json.dumps(asked, sort_keys=True)
        return f"L{self.shape.n_layer}-d{self.shape.d_model}-" + hashlib.sha256(text.encode()).hexdigest()[:12]


def require_engine(engine: str, *, together: bool = False):
    """Refuse an engine that there is not, and for a process alone the one that cuts a run over several.

    Raises:
        NameUnknownError: naming those that there are.
        MisuseError: saying how several processes are started.
    """
    if engine not in ENGINES:
        raise unknown_name("engine", engine, ENGINES)
    if engine == SHARDED and not together:
        raise MisuseError(
            f"--engine {SHARDED} cuts one run over processes that torchrun starts: "
            f"torchrun --nproc-per-node 2 -m scalinglaws train FOLDER RUN --engine {SHARDED}."
        )


def state_name(step: int | str) -> str:
    """Name the file in which a trunk saves its state for the branches that start at `step`."""
    return f"state-{step}.safetensors"


def together(specs: Iterable[RunSpec]) -> tuple[RunSpec, ...]:
    """Return each run once; of several specifications of one trunk, the longest, with the saved states of all."""
    found: dict[str, RunSpec] = {}
    for spec in specs:
        other = found.setdefault(spec.id, spec)
        if spec.is_trunk and spec != other:
            states = tuple(sorted({*other.branch_at, *spec.branch_at}))
            found[spec.id] = dataclasses.replace(other, tokens=max(other.tokens, spec.tokens), branch_at=states)
    return tuple(found.values())


@dataclass(frozen=True)
class NoiseSums:
    """Sums over measured steps of the estimates of |G|^2 and tr(Sigma) in tokens, and of their squares and product."""

    count: int = 0
    grad_sq: float = 0.0
    trace: float = 0.0
    grad_sq_sq: float = 0.0
    trace_sq: float = 0.0
    product: float = 0.0


@dataclass(frozen=True)
class Evaluation:
    """The losses at one step.

    Attributes:
        loss_nats_sem: standard error due to the finite test set.
        loss_train_nats: mean training loss since the previous evaluation.
        foreign: loss on each text of `RunSpec.foreign`.
        items: what was answered to the items of `RunSpec.items`.
        by_position: loss at the positions 1, 2, 4 ... n_ctx of the context.
        noise: sums over the gradients measured since the previous evaluation.
        update_ratio, activation_rms: norm of the last update divided by the norm of the weights; root mean square of
            the residual stream after each block. Measured if `RunSpec.watch_weights` is set.
    """

    step: int
    tokens: int
    lr: float
    loss_nats: float
    loss_nats_sem: float | None = None
    loss_train_nats: float | None = None
    seconds: float = 0.0
    foreign: tuple[float, ...] = ()
    by_position: tuple[float, ...] = ()
    noise: NoiseSums = NoiseSums()
    update_ratio: float | None = None
    activation_rms: tuple[float, ...] = ()
    items: ItemScores | None = None


@dataclass(frozen=True)
class Run:
    """The results of a run: the learning curve, the instruments' readings and the outcome.

    Attributes:
        outcome: one of OUTCOMES; a run whose process failed or was stopped leaves no Run. A trunk, which has no final
            loss of its own, either finished or diverged.
        sentence: what the outcome means, for a reader.
        bytes_per_token: bytes of text per token, to convert losses to bits per byte; None where tokens are not text.
        tokens_unique: tokens of the training text; where a trainer of one's own does not say, those of one pass.
        curve: evaluations in the order of steps; the last of a finished run uses the whole test set, but not
            that of a trunk.
        readings: what the instruments measured, by name.
        provenance: versions, machine and time: facts that are not part of the specification.
        by_position: loss at every position of the context, after the last step.
    """

    spec: RunSpec
    outcome: str
    sentence: str
    curve: tuple[Evaluation, ...]
    bytes_per_token: float | None
    tokens_unique: int
    readings: dict[str, float] = field(default_factory=dict)
    provenance: dict[str, str] = field(default_factory=dict)
    by_position: tuple[float, ...] = ()

    @property
    def final(self) -> Evaluation | None:
        """The evaluation that counts as the run's result: at its horizon, or the lowest with early stopping.

        None if the run diverged. A run that failed to learn has one too, but is not used in fits.

        The minimum of noisy evaluations is biased low by about their standard deviation, and by more the more
        evaluations there are: compare only runs with equal numbers of evaluations.
        """
        if self.outcome == DIVERGED:
            return None
        return min(self.curve, key=lambda e: e.loss_nats) if self.spec.early_stop else self.curve[-1]
