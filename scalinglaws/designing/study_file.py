"""A study: the flat keys of its TOML file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Annotated

from ..corpora.items import PER
from ..errors import StudyError, argument, unknown_name
from ..records.ranges import Range, require_all, shown
from ..run.run import RunSpec
from ..run.shape import Shape
from ..run.trainer import Trainer
from .arms_of_study import checked_arms
from .batches import require_ramp, require_tuned
from .own_trainer import of_own_trainer

LR_RULES = ("width", "kaplan", "power")
NAMED = {"lr_rule": LR_RULES, "lr": ("rule", "auto"), "items_per": ("", *PER)}
NAME = re.compile(r"\w[\w .,+=@()-]{0,99}")
WHOLE = 10**12  # tokens of an evaluation that reads the whole test text
MOST_RUNS = 20_000  # maximum of a study: a reader can still read their table
MOST_EVALUATIONS = 5_000_000  # maximum of all runs, each a row of curves.csv; kaplan-full's largest family has 4,800


@dataclass(frozen=True)
class Study:
    """The settings of a study; each field is a key of its file.

    Attributes:
        corpus: stdlib, text:PATH, bin:PATH#vocabulary=V, data:NAME, synthetic, facts or skills.
        each_corpus: several corpora, each an arm of the study: every run is repeated on each. The laws are fitted to
            the first, whose test text is that of all.
        domains, weights: corpora by name, and the share of each in the training tokens.
        each_weights: several such mixtures, each an arm; the first leads.
        test_corpus: another corpus, all of which is the test text in place of the test split of `corpus`.
        tokenizer: bytes, bpe:VOCABULARY, file:PATH of a tokenizer.json, or symbols for a synthetic source.
        shapes: [n_layer, d_model] of each size; the number of heads and the feed-forward width may follow.
        d_head: width of an attention head; a model narrower than two heads has one head.
        tokens: horizons D; every size is trained at each horizon that `max_flops` allows.
        epochs: horizons in passes over the training text, or over `unique_tokens` of it, in place of `tokens`.
        own_tokens: horizons of each size, one list per size in the order of `shapes`, in place of `tokens`.
        max_flops: maximum exact training FLOPs of one run; 0 for no limit.
        batch: sequences of n_ctx tokens per step.
        batch_ramp: [tokens, sequences per step from there on] of each later stage of a batch that grows.
        lr_scale, lr_exponent, lr_max: peak learning rate = min(lr_max, lr_scale d_model^lr_exponent).
        warmup_steps: steps of linear warm-up.
        warmup_share: maximum fraction of a run spent in warm-up; of runs that share a trunk, of the shortest. 0 for no
            limit.
        lr_rule: "width" as above; "kaplan": 0.003239 - 0.0001395 ln N (Kaplan et al. 2020, eq D.1).
            "power": lr_scale (N / 1e5)^lr_exponent (D / 1e6)^lr_tokens_exponent, D the geometric mean of a size's
            horizons, without lr_max.
        lr: "rule", or "auto": a scan of rates at small sizes gives the rule, as "power".
        tune_batch: with lr = "auto", scan the batch too, from `batch` on; all runs then have the batch found.
        lr_batch_exponent: the rate is also multiplied by (batch / this study's `batch`) to this power.
        each_...: every run is repeated with each of these values, instead of the single value.
        each_lr_factor: factors of the rule's learning rate.
        each_schedule: "KIND" or "KIND:KEY=VALUE,...", with keys decay, cooldown, lr_end, decay_power.
        evaluate_on: other corpora, on whose test text each evaluation also measures the loss.
        fit_from_layers, fit_aspect: models with fewer layers, or with d_model / n_layer outside [low, high], are
            trained and shown, but left out of fits for that reason.
        seeds: runs at the size `seed_shape` and every horizon, to measure the spread over seeds; at every size if no
            `seed_shape` is given.
        hold_out: how many of the largest sizes are left out of every fit, to test the prediction.
        hold_out_seeds: runs of each held-out size, at the largest horizon that `max_flops` allows.
        max_epochs: maximum number of passes over the training text.
        plan_factor: the plan is for this many times the compute of the largest fitted run.
        goal: what `design` and `next` choose runs for, such as "plan at C=1e21".
        processes: number of simultaneous training processes; 0 for one per core.
        each_experts: several numbers of experts, each an arm; 1 is the dense model of as many active parameters.
        n_experts, experts_active, balance: of a mixture of experts, family "moe", as in `Shape`.
        family, norm, positions, activation, qk_norm, biases, parametrisation, base_width, reuse, sharing: of every
            model, as in `Shape`; an LSTM has one head whatever `d_head` is.
        base_d_head: width of a head at `base_width` under "mup"; 0 for the width that follows from `d_head`.
        optimizer: as in `RunSpec`, or "auto" for the paper's choice by size: Adam, and Adafactor above 1e9 parameters.
        lr_factor: factor of the rule's learning rate; `each_lr_factor` multiplies it.
        max_sequences: maximum number of sequences in memory at once, instead of `accumulate`; 0 for no limit.
        laws: names of the laws of N and D that are fitted and tested; empty for kaplan-nd and chinchilla.
        law_file: a Python file that declares the user's own laws; its path is relative to the study's file.
        cooldown, lr_end, decay_power, dropout, accumulate, unique_tokens, data_seed, precision: as in `RunSpec`.
        trainer: a command that trains one run, in place of ours; or a table, as in `Trainer`.
        reads: where the result of such a run stands, as in `Trainer`.
        n_vocab: vocabulary of such a trainer; 0 for that of the tokenizer.
        max_hours, max_gpu_hours, max_cost: what all launches of the study's folder together may use; 0 for no limit.
        price_per_hour, watts: of a GPU, or of a process where the runs use no GPU, for money and estimated energy.
        run_cores, run_gpus, run_memory_gb, run_hours: what a process that trains is given, in place of what follows
            from the size of its runs; a part of a GPU is shared by several processes.
        items: a file of multiple-choice items, whose right answers each evaluation counts.
        items_per: by what the cost of a choice is divided before choices are compared: "byte", "token" or "choice".
        gpu: a GPU by its name, or its memory such as "24 GB", into which every run must fit.
    """

    name: str
    shapes: Annotated[tuple[tuple[int, ...], ...], Range(0, 1e6)]
    tokens: Annotated[tuple[float, ...], Range(1, 1e15)] = ()
    about: str = ""
    corpus: str = "stdlib"
    tokenizer: str = "bytes"
    n_ctx: Annotated[int, Range(1, 1e6)] = 64
    d_head: Annotated[int, Range(1, 1e5)] = 16
    tied: bool = Shape.tied
    max_flops: Annotated[float, Range(0, 1e30, meaning="0 for no limit")] = 0.0
    batch: Annotated[int, Range(1, 1e6)] = 8
    lr_scale: Annotated[float, Range(0, 1e4, above=True)] = 0.3
    lr_exponent: Annotated[float, Range(-10, 10)] = -1.0
    lr_max: Annotated[float, Range(0, 1e4, above=True)] = 0.032
    warmup_steps: Annotated[int, Range(0, 1e9)] = 100
    schedule: str = RunSpec.schedule
    decay: Annotated[float, Range(0, 1, above=True)] = RunSpec.decay
    optimizer: str = RunSpec.optimizer
    beta1: Annotated[float, Range(0, 1, below=True)] = RunSpec.beta1
    beta2: Annotated[float, Range(0, 1, below=True)] = RunSpec.beta2
    weight_decay: Annotated[float, Range(0, 1e3)] = RunSpec.weight_decay
    clip: Annotated[float, Range(0, 1e9, meaning="0 for none")] = RunSpec.clip
    seeds: Annotated[int, Range(1, 1e4)] = 1
    seed_shape: Annotated[tuple[int, ...] | None, Range(0, 1e6)] = None
    hold_out: Annotated[int, Range(0, 1e4)] = 0
    hold_out_seeds: Annotated[int, Range(1, 1e4)] = 1
    evaluations: Annotated[int, Range(1, 1e4)] = RunSpec.evaluations
    eval_tokens: Annotated[int, Range(0, 1e12, meaning="0 for the whole test text")] = RunSpec.eval_tokens
    max_epochs: Annotated[float, Range(0, 1e9, above=True)] = 1.0
    level: Annotated[float, Range(0, 1, above=True, below=True)] = 0.95
    draws: Annotated[int, Range(10, 1e5)] = 2000
    plan_factor: Annotated[float, Range(0, 1e12, above=True)] = 10.0
    processes: Annotated[int, Range(0, 4096, meaning="0 for one per core")] = 0
    family: str = Shape.family
    norm: str = Shape.norm
    positions: str = Shape.positions
    activation: str = Shape.activation
    qk_norm: bool = Shape.qk_norm
    biases: bool = Shape.biases
    parametrisation: str = Shape.parametrisation
    base_width: Annotated[int, Range(1, 1e6)] = Shape.base_width
    reuse: Annotated[int, Range(1, 1e4)] = Shape.reuse
    sharing: str = Shape.sharing
    cooldown: str = RunSpec.cooldown
    lr_end: Annotated[float, Range(0, 1, below=True)] = RunSpec.lr_end
    decay_power: Annotated[float, Range(0, 100, above=True)] = RunSpec.decay_power
    dropout: Annotated[float, Range(0, 1, below=True)] = RunSpec.dropout
    accumulate: Annotated[int, Range(1, 1e6)] = RunSpec.accumulate
    unique_tokens: Annotated[int, Range(0, 1e15, meaning="0 for all")] = RunSpec.unique_tokens
    data_seed: Annotated[int | None, Range(0, 2**63 - 1)] = RunSpec.data_seed
    warmup_share: Annotated[float, Range(0, 1, meaning="0 for no limit")] = 0.0
    lr_rule: str = "width"
    lr_batch_exponent: Annotated[float, Range(-10, 10)] = 0.0
    each_batch: Annotated[tuple[int, ...], Range(1, 1e6)] = ()
    each_lr_factor: Annotated[tuple[float, ...], Range(0, 1e6, above=True)] = ()
    each_unique_tokens: Annotated[tuple[int, ...], Range(0, 1e15, meaning="0 for all")] = ()
    each_schedule: tuple[str, ...] = ()
    each_reuse: Annotated[tuple[int, ...], Range(1, 1e4)] = ()
    each_sharing: tuple[str, ...] = ()
    evaluate_on: tuple[str, ...] = ()
    early_stop: Annotated[int, Range(0, 1e6, meaning="0 for never")] = RunSpec.early_stop
    noise_every: Annotated[int, Range(0, 1e9, meaning="0 for never")] = RunSpec.noise_every
    watch_weights: bool = RunSpec.watch_weights
    fit_from_layers: Annotated[int, Range(0, 1e6)] = 0
    fit_aspect: Annotated[tuple[float, float] | None, Range(0, 1e9)] = None
    lr_factor: Annotated[float, Range(0, 1e6, above=True)] = 1.0
    precision: str = RunSpec.precision
    max_sequences: Annotated[int, Range(0, 1e6, meaning="0 for no limit")] = 0
    laws: tuple[str, ...] = ()
    law_file: str = ""
    base_d_head: Annotated[int, Range(0, 1e5)] = Shape.base_d_head
    own_tokens: Annotated[tuple[tuple[float, ...], ...], Range(1, 1e15)] = ()
    goal: str = ""
    lr: str = "rule"
    lr_tokens_exponent: Annotated[float, Range(-10, 10)] = 0.0
    trainer: str | Trainer | None = None
    reads: str = ""
    n_vocab: Annotated[int, Range(0, 1e9, meaning="0 for that of the tokenizer")] = 0
    n_experts: Annotated[int, Range(0, 4096)] = Shape.n_experts
    experts_active: Annotated[int, Range(0, 4096)] = Shape.experts_active
    balance: Annotated[float, Range(0, 1e3)] = Shape.balance
    test_corpus: str = ""
    epochs: Annotated[tuple[float, ...], Range(0, 1e9, above=True)] = ()
    each_corpus: tuple[str, ...] = ()
    domains: dict[str, str] = field(default_factory=dict)
    weights: Annotated[dict[str, float], Range(0, 1)] = field(default_factory=dict)
    each_weights: Annotated[tuple[dict[str, float], ...], Range(0, 1)] = ()
    max_hours: Annotated[float, Range(0, 1e7, meaning="0 for no limit")] = 0.0
    max_gpu_hours: Annotated[float, Range(0, 1e9, meaning="0 for no limit")] = 0.0
    max_cost: Annotated[float, Range(0, 1e12, meaning="0 for no limit")] = 0.0
    price_per_hour: Annotated[float, Range(0, 1e9)] = 0.0
    watts: Annotated[float, Range(0, 1e6)] = 0.0
    run_cores: Annotated[int, Range(0, 1e5, meaning="0 for what follows")] = 0
    run_gpus: Annotated[float, Range(0, 1e5, meaning="0 for what follows")] = 0.0
    run_memory_gb: Annotated[float, Range(0, 1e6, meaning="0 for what follows")] = 0.0
    run_hours: Annotated[float, Range(0, 1e5, meaning="0 for what follows")] = 0.0
    gpu: str = ""
    batch_ramp: Annotated[tuple[tuple[float, ...], ...], Range(0, 1e15)] = ()
    each_experts: Annotated[tuple[int, ...], Range(1, 4096)] = ()
    items: str = ""
    items_per: str = ""
    tune_batch: bool = False

    def __post_init__(self):
        require_name(self.name)
        require_all(self, StudyError)
        self._require_shapes()
        for name, known in NAMED.items():
            if (value := getattr(self, name)) not in known:
                raise StudyError(f"{name} = {value!r}; it must be one of {', '.join(filter(None, known))}.")
        if self.hold_out >= len(self.shapes):
            raise StudyError(f"hold_out = {self.hold_out} of {len(self.shapes)} shapes leaves no size to fit.")
        if self.seed_shape is not None and self.seed_shape not in self.shapes:
            raise StudyError(
                f"seed_shape = {list(self.seed_shape)} is not one of the shapes {[list(s) for s in self.shapes]}."
            )
        if self.fit_aspect is not None and self.fit_aspect[0] > self.fit_aspect[1]:
            raise StudyError(f"fit_aspect = {list(self.fit_aspect)}; the first must not exceed the second.")
        self._require_amounts()
        self._take_trainer()
        require_ramp(self)
        require_tuned(self)
        for name, value in checked_arms(self).items():
            object.__setattr__(self, name, value)
        if not self.eval_tokens:
            object.__setattr__(self, "eval_tokens", WHOLE)

    def _require_shapes(self):
        if not self.shapes or not (self.tokens or self.own_tokens or self.epochs):
            raise StudyError("shapes and tokens must each name at least one value.")
        if self.epochs and (self.tokens or self.own_tokens):
            raise StudyError("epochs and tokens both give the horizons: keep one of them.")
        for shape in self.shapes:
            if not 2 <= len(shape) <= 4:
                raise StudyError(
                    f"shapes: {shown(list(shape))}: give [n_layer, d_model], optionally followed by n_heads and d_ff."
                )

    def _take_trainer(self):
        if self.trainer is not None:
            for name, value in of_own_trainer(self).items():
                object.__setattr__(self, name, value)

    @property
    def own_trainer(self) -> Trainer | None:
        """The trainer of one's own; None for ours."""
        assert not isinstance(self.trainer, str)
        return self.trainer

    def _require_amounts(self):
        if self.own_tokens and (self.tokens or len(self.own_tokens) != len(self.shapes) or not all(self.own_tokens)):
            raise StudyError(
                f"own_tokens has {len(self.own_tokens)} lists, for {len(self.shapes)} shapes and {len(self.tokens)} "
                "horizons in tokens: give one list of horizons, not empty, per shape, and no tokens."
            )
        if self.most_runs > MOST_RUNS:
            raise StudyError(
                f"the study asks for {self.most_runs:,} runs; the maximum of one study is {MOST_RUNS:,}. Shorten "
                "shapes, tokens or an each_ key, lower seeds or hold_out_seeds, or make several studies of it."
            )
        if self.most_runs * self.evaluations > MOST_EVALUATIONS:
            raise StudyError(
                f"evaluations = {self.evaluations:,} for each of up to {self.most_runs:,} runs are "
                f"{self.most_runs * self.evaluations:,} evaluations; the maximum of one study is {MOST_EVALUATIONS:,}. "
                f"Set evaluations = {max(1, MOST_EVALUATIONS // self.most_runs):,} or fewer, or ask for fewer runs."
            )

    @property
    def most_runs(self) -> int:
        """Upper bound of the number of runs, including trunks: the product of the lengths of the lists."""
        lists = [getattr(self, name) for name in vars(self) if name.startswith("each_")]
        longest = max(map(len, (self.tokens, self.epochs, *self.own_tokens)))
        each_size = prod(max(1, len(one)) for one in lists) * (longest + 1)
        return len(self.shapes) * each_size * max(self.seeds, self.hold_out_seeds if self.hold_out else 1)


@dataclass(frozen=True)
class Families:
    """A set of studies that share settings and a store: one per family of runs, in the order of measurement."""

    name: str
    studies: tuple[Study, ...]
    about: str = ""

    def __post_init__(self):
        if any(study.own_trainer for study in self.studies):
            raise StudyError("a set of families is trained by our trainer: leave out trainer, or make studies of them.")

    def only(self, names: Sequence[str]) -> "Families":
        """Keep the families that are named, in the set's own order.

        Raises:
            NameUnknownError: a name that the set does not have.
        """
        known = [study.name for study in self.studies]
        for name in names:
            if name not in known:
                raise unknown_name("family", name, known)
        return replace(self, studies=tuple(study for study in self.studies if study.name in names))


def require_name(name: object):
    """Refuse what cannot be the name of a study, which also names a folder and a file.

    Raises:
        StudyError: it is not such a name.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise StudyError(
            f"name = {name!r:.80}: the name of a study also names its folder. Give up to 100 letters, digits, spaces "
            "and any of _ . , + = @ ( ) -, with a letter or digit first. The folder may have another name: "
            f"{argument(to='my-study')}."
        )
