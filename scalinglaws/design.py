"""A study and its text -> the sweep: every run in full, and what it costs before anything is spent."""

from dataclasses import dataclass, replace
from pathlib import Path

from .errors import CorpusError, StoreError, StudyError
from .records import from_plain, read_json
from .run import RunSpec
from .schedule import evaluation_steps
from .settings import Study
from .shape import Shape

LARGEST_BY_ADAM = 1e9  # parameters; Adafactor above (Kaplan et al. 2020, section 2.2)
OF_EVERY_SHAPE = "tied family norm positions activation qk_norm biases parametrisation base_width reuse sharing".split()
OF_EVERY_RUN = (
    "schedule decay beta1 beta2 weight_decay clip evaluations eval_tokens "
    "cooldown lr_end decay_power dropout accumulate unique_tokens data_seed".split()
)  # settings that go into each run as they are


@dataclass(frozen=True)
class Sweep:
    """The runs of a study, trunks before their branches; `held_out` are kept from every fit."""

    name: str
    runs: tuple[RunSpec, ...]
    held_out: tuple[str, ...] = ()

    @property
    def chains(self) -> list[tuple[RunSpec, ...]]:
        """Runs that share a trunk, to be trained one after the other by one process."""
        chains: dict[str, tuple[RunSpec, ...]] = {}
        for spec in self.runs:
            lineage = spec.parent or spec.id
            chains[lineage] = (*chains.get(lineage, ()), spec)
        return list(chains.values())

    def only(self, *, held_out: bool) -> "Sweep":
        """The chains that lead to held-out runs, or all the others."""
        chosen = [chain for chain in self.chains if held_out == any(spec.id in self.held_out for spec in chain)]
        return replace(self, runs=tuple(spec for chain in chosen for spec in chain))


@dataclass(frozen=True)
class Cost:
    """What one run costs: a branch pays for its decay alone, its trunk for the rest.

    `flops_6nd` and `flops_exact` are of the whole horizon, as the laws count it; `flops_paid` of the steps to be done.
    """

    run_id: str
    params: int
    tokens: int
    flops_6nd: float
    flops_exact: float
    flops_paid: float
    seconds: float | None


def design(study: Study, n_vocab: int, data_id: str, train_tokens: int) -> Sweep:
    """Lay out every run of a study.

    Each size is trained at each horizon it can afford. Under schedule "wsd" the horizons of a size are decay branches
    of one constant-rate trunk, so that a size costs little more than its longest run; under the other schedules each
    horizon is a run of its own. The seeds of `seed_shape` repeat that size. The largest sizes are held out, each at
    its largest horizon alone.

    Raises:
        CorpusError: the training text is smaller than the largest horizon allows.
        StudyError: a size that can afford no horizon.
    """
    ladder = sorted(
        (make_shape(study, n_layer, d_model, n_vocab) for n_layer, d_model in study.shapes),
        key=lambda shape: shape.params(),
    )
    fitted, held = ladder[: len(ladder) - study.hold_out], ladder[len(ladder) - study.hold_out :]
    runs: list[RunSpec] = []
    for shape in fitted:
        repeated = (shape.n_layer, shape.d_model) == study.seed_shape
        for seed in range(study.seeds if repeated else 1):
            runs += _lineage(study, shape, data_id, horizons(study, shape), seed)
    held_runs = [
        run
        for shape in held
        for seed in range(study.hold_out_seeds)
        for run in _lineage(study, shape, data_id, horizons(study, shape)[-1:], seed)
    ]
    sweep = Sweep(study.name, (*runs, *held_runs), tuple(run.id for run in held_runs))
    _require_text(study, sweep, train_tokens)
    return sweep


def read_sweep(folder: Path) -> Sweep:
    """Read the sweep of a study's folder.

    Raises:
        StoreError: the folder holds none.
    """
    path = folder / "sweep.json"
    return from_plain(Sweep, read_json(path), str(path), StoreError)


def make_shape(study: Study, n_layer: int, d_model: int, n_vocab: int) -> Shape:
    """Fill a size in: heads of width `d_head`, at least one; an LSTM has none, which counts as one."""
    heads = 1 if study.family == "lstm" else max(1, d_model // study.d_head)
    kept = {name: getattr(study, name) for name in OF_EVERY_SHAPE}
    return Shape(n_layer, d_model, heads, study.n_ctx, n_vocab, **kept)


def horizons(study: Study, shape: Shape) -> list[int]:
    """The horizons a size can afford, smallest first."""
    cost = shape.flops_per_token("exact")
    affordable = sorted(int(t) for t in study.tokens if not study.most_flops or t * cost <= study.most_flops)
    if not affordable:
        raise StudyError(
            f"the size (n_layer {shape.n_layer}, d_model {shape.d_model}) needs {min(study.tokens) * cost:.3g} "
            f"FLOPs for the shortest horizon; most_flops = {study.most_flops:.3g}. Raise most_flops, add a "
            f"shorter horizon to tokens, or drop the size from shapes."
        )
    return affordable


def peak_rate(study: Study, shape: Shape) -> float:
    """Give the peak learning rate of a size by the study's rule."""
    return min(study.lr_max, study.lr_scale * shape.d_model**study.lr_exponent)


def optimizer_of(study: Study, shape: Shape) -> str:
    """Give the optimiser of a size: as the study says, or the paper's choice for "auto"."""
    if study.optimizer != "auto":
        return study.optimizer
    return "adafactor" if shape.params() > LARGEST_BY_ADAM else "adam"


def _lineage(study: Study, shape: Shape, data_id: str, tokens: list[int], seed: int) -> list[RunSpec]:
    """The runs of one size and seed: single runs, or a trunk and its branches."""
    runs = [
        RunSpec(
            shape,
            study.corpus,
            study.tokenizer,
            data_id,
            horizon,
            study.batch,
            peak_rate(study, shape),
            study.warmup_steps,
            seed,
            optimizer=optimizer_of(study, shape),
            **{name: getattr(study, name) for name in OF_EVERY_RUN},
        )
        for horizon in tokens
    ]
    if study.schedule != "wsd" or len(runs) == 1:
        return runs
    starts = tuple(run.decay_start for run in runs)
    trunk = replace(runs[0], schedule="constant", tokens=max(starts) * runs[0].batch_tokens, branch_at=starts)
    return [trunk, *(replace(run, parent=trunk.id) for run in runs)]


def _require_text(study: Study, sweep: Sweep, train_tokens: int):
    longest = max(run.tokens for run in sweep.runs)
    unique = study.unique_tokens or train_tokens
    if unique > train_tokens:
        raise CorpusError(f"unique_tokens = {unique:,}; {study.corpus} has {train_tokens:,} tokens to train on.")
    allowed = int(unique * study.max_epochs)
    if longest > allowed:
        raise CorpusError(
            f"the longest run asks for {longest:,} tokens; {study.corpus} has {unique:,} to train on, "
            f"and max_epochs = {study.max_epochs:g} allows {allowed:,}. Ask for fewer tokens, bring more "
            f"text, or raise max_epochs."
        )


def costs(sweep: Sweep, seconds_per_step: dict[Shape, float] | None = None) -> list[Cost]:
    """Cost every run of a sweep: FLOPs under two conventions, and seconds where the speed of each shape is known."""
    table = []
    for spec in sweep.runs:
        tokens, done = spec.steps * spec.batch_tokens, spec.steps - spec.first_step
        exact = spec.shape.flops_per_token("exact")
        speed = (seconds_per_step or {}).get(spec.shape)
        table.append(
            Cost(
                spec.id,
                spec.shape.params(),
                tokens,
                float(spec.shape.flops_per_token("6n") * tokens),
                float(exact * tokens),
                float(exact * done * spec.batch_tokens),
                None if speed is None else speed * (done + _evaluation_steps(spec)),
            )
        )
    return table


def _evaluation_steps(spec: RunSpec) -> float:
    """The work of a run's evaluations, in training steps: a forward pass is a third of one."""
    whole = 1 + (len(evaluation_steps(spec)) - 1) / 8
    return whole * spec.eval_tokens / spec.batch_tokens / 3


def makespan(sweep: Sweep, table: list[Cost], processes: int) -> float | None:
    """Seconds until all chains are done by `processes` at a time, the longest first."""
    seconds = {cost.run_id: cost.seconds for cost in table}
    if None in seconds.values():
        return None
    ends = [0.0] * max(1, processes)
    for length in sorted((sum(seconds[s.id] for s in chain) for chain in sweep.chains), reverse=True):
        ends[ends.index(min(ends))] += length
    return max(ends)
