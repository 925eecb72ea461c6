"""A training run: what was asked (RunSpec), what happened (Run), and an id that is a hash of the asking."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass, field

from .errors import StudyError
from .shape import Shape

SCHEDULES = ("wsd", "cosine", "linear", "constant")
OPTIMIZERS = ("adamw", "adam")


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
        parent: run whose state this one starts from, at the step where its own decay begins ("" for none).
        branch_at: steps at which a trunk keeps its state for the runs that branch from it.
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

    def __post_init__(self):
        if self.schedule not in SCHEDULES:
            raise StudyError(f"schedule = {self.schedule!r}; it must be one of {', '.join(SCHEDULES)}.")
        if self.optimizer not in OPTIMIZERS:
            raise StudyError(f"optimizer = {self.optimizer!r}; it must be one of {', '.join(OPTIMIZERS)}.")
        for name in ("tokens", "batch", "lr"):
            if not getattr(self, name) > 0:
                raise StudyError(f"{name} = {getattr(self, name)}; it must be above 0.")

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
    def decay_start(self) -> int:
        """First step of the final decay of schedule "wsd"."""
        return self.steps - round(self.decay * self.steps)

    @property
    def is_trunk(self) -> bool:
        """Whether this run only feeds branches: its own last loss is of an undecayed model."""
        return bool(self.branch_at)

    @property
    def id(self) -> str:
        """Name the run by a hash of every field that differs from its default."""
        asked = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if getattr(self, f.name) != f.default}
        asked["shape"] = {
            f.name: getattr(self.shape, f.name)
            for f in dataclasses.fields(Shape)
            if getattr(self.shape, f.name) != f.default
        }
        text = json.dumps(asked, sort_keys=True)
        return f"L{self.shape.n_layer}-d{self.shape.d_model}-" + hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Evaluation:
    """The losses at one step; `loss_nats_sem` is the standard error that the finite test set leaves."""

    step: int
    tokens: int
    lr: float
    loss_nats: float
    loss_nats_sem: float | None = None
    loss_train_nats: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Run:
    """What happened: the curve of evaluations, the instruments' readings and the outcome.

    Attributes:
        outcome: finished or diverged; a run that failed or was stopped leaves no Run.
        sentence: what the outcome means, for a person.
        bytes_per_token: bytes of text to a token, to give losses in bits per byte; None where tokens are no text.
        curve: evaluations in the order of steps; the last of a finished run is of the whole test set.
        readings: what the instruments measured, by name.
        provenance: versions, machine and time: facts that are no part of the asking.
    """

    spec: RunSpec
    outcome: str
    sentence: str
    curve: tuple[Evaluation, ...]
    bytes_per_token: float | None
    tokens_unique: int
    readings: dict[str, float] = field(default_factory=dict)
    provenance: dict[str, str] = field(default_factory=dict)

    @property
    def final(self) -> Evaluation | None:
        """The evaluation at the horizon; None for a run that diverged before it."""
        return self.curve[-1] if self.outcome == "finished" else None
