"""A training run: what was asked (RunSpec), what happened (Run), and an id: a hash of what its numbers depend on."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import StudyError
from .shape import Shape

SCHEDULES = ("wsd", "cosine", "linear", "constant", "inverse-sqrt")
COOLDOWNS = ("linear", "1-sqrt")
OPTIMIZERS = ("adamw", "adam", "adafactor", "muon")
FINISHED, DIVERGED, FAILED_TO_LEARN = OUTCOMES = ("finished", "diverged", "failed to learn")
PRECISIONS = ("float32", "tf32", "bfloat16")
ENDING = (
    "tokens",
    "branch_at",
    "decay",
    "cooldown",
    "lr_end",
    "decay_power",
)  # how and when a run ends: no trunk's step
A_PATH = "text:"  # begins a corpus that is named by where it lies
CHECKPOINT = "checkpoint.safetensors"  # the state of a run under way
ID = re.compile(r"L\d+-d\d+-[0-9a-f]{12}")
NAMED = {"schedule": SCHEDULES, "cooldown": COOLDOWNS, "optimizer": OPTIMIZERS, "precision": PRECISIONS}


@dataclass(frozen=True)
class RunSpec:
    """One training run, asked for in full.

    Never change a default below: defaults are left out of the id. Add a field instead.

    Attributes:
        data: hash of the tokenised corpus that `corpus` and `tokenizer` led to.
        tokens: horizon D; steps = ceil(tokens / (batch n_ctx)).
        batch: sequences a step.
        lr: peak learning rate.
        warmup: steps of linear warm-up.
        decay: share of the horizon spent decaying, for schedule "wsd".
        clip: largest norm of the gradient; 0 for none.
        parent: the trunk whose state this one starts from, at the step where its own decay begins ("" for none).
        branch_at: steps at which a trunk keeps its state for the runs that branch from it.
        cooldown: form of the decay of schedule "wsd".
        lr_end: share of the peak at which the schedule ends.
        decay_power: the decay of "cosine" and "linear", to this power: above 1 falls faster, below 1 slower.
        dropout: share of the embeddings and of each layer's output that is set to zero while training.
        accumulate: equal parts into which a step's batch is cut; their gradients are summed.
        unique_tokens: trains on the first so many tokens of the text alone, again and again; 0 for all of it.
        data_seed: seed of the order of the data; None for `seed`, which then draws the weights and the order.
        foreign: other texts on which each evaluation also takes the loss: (corpus, hash of its tokens) of each.
        early_stop: evaluations without a lower test loss after which training ends; 0 for never. The run is then read
            at its lowest, and every evaluation is of the whole test set.
        noise_every: steps between two measurements of the gradient noise scale; 0 for none.
        watch_weights: measures update-to-weight ratio and activation size at each evaluation.
        precision: of matrix products. "tf32": float32 with mantissas of 10 bits where a GPU multiplies; "bfloat16":
            by autocast, weights and optimiser in float32.
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
        if self.batch % self.accumulate:
            raise StudyError(f"accumulate = {self.accumulate} does not divide batch = {self.batch} into equal parts.")
        if self.shape.parametrisation == "mup" and self.optimizer not in ("adam", "adamw"):
            raise StudyError(
                f"optimizer = {self.optimizer!r} under parametrisation 'mup', whose rates are derived for Adam here: "
                f"take adam or adamw, or parametrisation 'standard'."
            )

    @property
    def batch_tokens(self) -> int:
        """Tokens of one step."""
        return self.batch * self.shape.n_ctx

    @property
    def steps(self) -> int:
        """Optimiser steps to the horizon."""
        return -(-self.tokens // self.batch_tokens)

    @property
    def first_step(self) -> int:
        """Step this run starts at: where its decay begins, for a branch; else 0."""
        return self.decay_start if self.parent else 0

    @property
    def order_seed(self) -> int:
        """Seed of the order in which the data is read."""
        return self.seed if self.data_seed is None else self.data_seed

    @property
    def decay_start(self) -> int:
        """First step of the final decay of schedule "wsd"."""
        return self.steps - round(self.decay * self.steps)

    @property
    def is_trunk(self) -> bool:
        """Whether this run only feeds branches: its own last loss is of an undecayed model."""
        return bool(self.branch_at)

    @property
    def id(self) -> str:
        """Name the run by a hash of what its numbers depend on: every field that differs from its default.

        The text counts by its tokens (`data`), whatever path it was found by. A trunk, which goes on for as long as
        somebody branches from it, has no horizon; a branch follows from its own fields, whatever else branches there.
        """
        asked = self._asked()
        if self.is_trunk:
            asked = {name: value for name, value in asked.items() if name not in ENDING}
        if self.parent:
            asked["parent"] = True
        if self.corpus.startswith(A_PATH):
            del asked["corpus"]
        if self.foreign:
            asked["foreign"] = [["" if name.startswith(A_PATH) else name, data] for name, data in self.foreign]
        return self._named(asked)

    @property
    def first_id(self) -> str:
        """The id of the first stores, in which every field took part: paths, and the horizons of other runs."""
        return self._named(self._asked())

    @property
    def lineage(self) -> str:
        """The id of the trunk that a branch starts from, which follows from the branch; of other runs their own."""
        if not self.parent:
            return self.id
        return dataclasses.replace(self, schedule="constant", parent="", branch_at=(self.first_step,)).id

    def _asked(self) -> dict:
        asked = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if getattr(self, f.name) != f.default}
        shape = {f.name: getattr(self.shape, f.name) for f in dataclasses.fields(Shape)}
        defaults = {f.name: f.default for f in dataclasses.fields(Shape)}
        return asked | {"shape": {name: value for name, value in shape.items() if value != defaults[name]}}

    def _named(self, asked: dict) -> str:
        text = json.dumps(asked, sort_keys=True)
        return f"L{self.shape.n_layer}-d{self.shape.d_model}-" + hashlib.sha256(text.encode()).hexdigest()[:12]


def state_name(step: int | str) -> str:
    """Name the file in which a trunk keeps its state for the branches that start at `step`."""
    return f"state-{step}.safetensors"


def together(specs: Iterable[RunSpec]) -> tuple[RunSpec, ...]:
    """Give each run once; a trunk asked for several times goes as far as any asks, and keeps every state."""
    found: dict[str, RunSpec] = {}
    for spec in specs:
        other = found.setdefault(spec.id, spec)
        if spec.is_trunk and spec != other:
            states = tuple(sorted({*other.branch_at, *spec.branch_at}))
            found[spec.id] = dataclasses.replace(other, tokens=max(other.tokens, spec.tokens), branch_at=states)
    return tuple(found.values())


@dataclass(frozen=True)
class NoiseSums:
    """Sums over measured steps: of estimates of |G|^2 and of tr(Sigma) in tokens, and of their squares and product."""

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
        loss_nats_sem: standard error that the finite test set leaves.
        loss_train_nats: mean training loss since the evaluation before.
        foreign: loss on each text of `RunSpec.foreign`.
        by_position: loss at the places 1, 2, 4 ... n_ctx of the context.
        noise: of the gradients measured since the evaluation before.
        update_ratio, activation_rms: size of the last step over that of the weights; root mean square of the residual
            stream after each block. Measured where `RunSpec.watch_weights` asks.
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


@dataclass(frozen=True)
class Run:
    """What happened: the curve of evaluations, the instruments' readings and the outcome.

    Attributes:
        outcome: one of OUTCOMES; a run whose process failed or was stopped leaves no Run. A trunk, which feeds others
            and is read at no end, only ever finished or diverged.
        sentence: what the outcome means, for a person.
        bytes_per_token: bytes of text to a token, to give losses in bits per byte; None where tokens are no text.
        curve: evaluations in the order of steps; the last of a finished run is of the whole test set.
        readings: what the instruments measured, by name.
        provenance: versions, machine and time: facts that are no part of the asking.
        by_position: loss at every place of the context, after the last step.
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
        """The evaluation a run is read at: at its horizon, or the lowest of an early-stopped one; None if it diverged.

        A run that failed to learn has one too, and takes no part in a fit.

        A minimum over noisy evaluations lies low by about their spread, the lower the more of them: compare runs of
        equal cadence.
        """
        if self.outcome == DIVERGED:
            return None
        return min(self.curve, key=lambda e: e.loss_nats) if self.spec.early_stop else self.curve[-1]
