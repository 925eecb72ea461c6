"""A study and its text -> the sweep: the full specification of every run, before any compute is spent."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import product
from pathlib import Path
from typing import Any

from ..corpora.item_tokens import ItemTokens, tokenise_items
from ..corpora.token_files import Tokenised
from ..corpora.tokenise import tokenise_test
from ..errors import StoreError, StudyError
from ..records.json_values import from_plain, read_json
from ..run.run import OTHER_ARM, OTHER_EXPERTS, RunSpec, together
from ..run.shape import Shape
from ..run.stages import steps_for
from .arms_of_study import arms_of, as_arm, experts_of, of_domains, texts_of
from .batches import parts_of, ramp_of, require_reached, stages
from .checks import require_schedules, require_steps, require_test_text, require_text
from .own_trainer import require_ours
from .study_file import Study

LARGEST_BY_ADAM = 1e9  # maximum parameters for Adam; Adafactor above (Kaplan et al. 2020, section 2.2)
AXES = "batch lr_factor unique_tokens schedule reuse sharing".split()  # settings that have an `each_...` key
POWER_UNITS = (1e5, 1e6)  # of N and D in the rule "power"
KAPLAN_RATE = (0.003239, 0.0001395)  # Kaplan et al. 2020, eq D.1


@dataclass(frozen=True)
class Sweep:
    """The runs of a study, trunks before their branches.

    Attributes:
        held_out: ids of runs that are left out of every fit, to test a prediction.
        left_out: run id -> why it is trained and shown but not used in any fit.
        test_tokens: hash of a text -> number of its test tokens, if it is available: the maximum an evaluation reads.
    """

    name: str
    runs: tuple[RunSpec, ...]
    held_out: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    test_tokens: dict[str, int] = field(default_factory=dict)

    @property
    def chains(self) -> list[tuple[RunSpec, ...]]:
        """Runs that share a trunk, to be trained one after the other by one process."""
        chains: dict[str, tuple[RunSpec, ...]] = {}
        for spec in self.runs:
            chains[spec.lineage] = (*chains.get(spec.lineage, ()), spec)
        return list(chains.values())

    def only(self, *, held_out: bool) -> "Sweep":
        """The chains that contain held-out runs, or all other chains."""
        chosen = [chain for chain in self.chains if held_out == any(spec.id in self.held_out for spec in chain)]
        return replace(self, runs=tuple(spec for chain in chosen for spec in chain))


def lay_out(study: Study, data: Tokenised, cache_dir: Path, data_dir: Path | None = None) -> Sweep:
    """Specify a study's runs on its tokenised text, and tokenise the other texts that it evaluates into `cache_dir`.

    Raises:
        CorpusError, StudyError: as `design`; or a test text is shorter than one window.
    """
    others = {corpus: tokenise_test(corpus, data, cache_dir, data_dir=data_dir) for corpus in study.evaluate_on}
    others |= of_domains(study, cache_dir, data_dir)
    arms = texts_of(study, cache_dir, data_dir) if arms_of(study) else {study.corpus: data}
    texts = {**arms, **others}
    require_test_text(study, {corpus: len(text.split("test")) for corpus, text in texts.items()})
    foreign = tuple((corpus, text.data_id) for corpus, text in others.items())
    items = items_of(study, next(iter(arms.values())), cache_dir)
    found = [_of_arm(study, arms, label, (foreign, items.data_id if items else "")) for label in arms]
    runs = together(run for sweep in found for run in sweep.runs)
    left_out = {run_id: why for sweep in found for run_id, why in sweep.left_out.items()}
    test_tokens = {text.data_id: len(text.split("test")) for text in texts.values()}
    test_tokens |= {items.data_id: study.n_ctx * len(items.facts.firsts)} if items else {}
    return replace(found[0], runs=runs, left_out=left_out, test_tokens=test_tokens)


def items_of(study: Study, data: Tokenised, cache_dir: Path) -> ItemTokens | None:
    """Tokenise the multiple-choice items of a study; None where it has none.

    Raises:
        CorpusError: there is no such file, or it has a line that is no item.
    """
    if not study.items:
        return None
    return tokenise_items(study.items, data, cache_dir, per=study.items_per, n_ctx=study.n_ctx)


def _of_arm(
    study: Study, arms: Mapping[str, Tokenised], label: str, on: tuple[tuple[tuple[str, str], ...], str]
) -> Sweep:
    """Specify the runs of one arm, evaluated on other texts and on items too; only those of the first are fitted."""
    first, data = label == next(iter(arms)), arms[label]
    alone = study
    if len(arms) > 1 or study.domains:
        sizes = sorted(study.shapes, key=lambda size: make_shape(study, size, data.vocabulary).params())
        alone = as_arm(study, label, first, tuple(sizes[len(sizes) - study.hold_out :]))
    found = design(alone, data.vocabulary, data.data_id, len(data.split("train")), *on)
    why = OTHER_EXPERTS if study.each_experts else OTHER_ARM
    return found if first else replace(found, left_out={run.id: why for run in found.runs})


def design(
    study: Study,
    n_vocab: int,
    data_id: str,
    train_tokens: int | None,
    foreign: tuple[tuple[str, str], ...] = (),
    items: str = "",
) -> Sweep:
    """Specify every run of a study.

    Each size is trained at each horizon that `max_flops` allows, with every combination of the values in the study's
    `each_...` keys. Under schedule "wsd" the horizons of a size are decay branches of one constant-rate trunk, so that
    a size costs little more than its longest run; under the other schedules each horizon is a separate run. Seeds
    repeat `seed_shape`, or every size. The largest sizes are held out, each at its largest horizon only.

    Args:
        train_tokens: length of the training text; None if the text is not available, so that it cannot be checked.
        foreign: (corpus, hash of its tokens) of each text of `study.evaluate_on`.
        items: hash of the tokens of `study.items`.

    Raises:
        CorpusError: the training text is too short for the largest horizon.
        StudyError: a size has no allowed horizon, a schedule is impossible (see `checks.require_schedules`), there are
            more steps than any machine can do, or a held-out size is to have seeds.
    """
    require_ours(study)
    fitted, held = _sizes(study, n_vocab)

    def lineages(size: tuple[int, ...], seeds: int, last: int) -> list[RunSpec]:
        return [
            run
            for one in (in_tokens(each, train_tokens) for each in variants(study))
            for seed in range(seeds)
            for run in _lineage(one, size, n_vocab, data_id, last, seed, study.batch, (foreign, items))
        ]

    seeds = {size: study.seeds if study.seed_shape in (None, size) else 1 for size in fitted}
    runs = [run for size in fitted for run in lineages(size, seeds[size], last=0)]
    held_runs = [run for size in held for run in lineages(size, study.hold_out_seeds, last=1)]
    every = together((*runs, *held_runs))
    reasons = {run.id: why_left_out(study, run.shape) for run in every}
    left_out = {run_id: reason for run_id, reason in reasons.items() if reason}
    sweep = Sweep(study.name, every, tuple(run.id for run in held_runs), left_out)
    require_steps(every)
    require_reached(every)
    require_schedules(every)
    if train_tokens is not None:
        require_text(replace(study, max_epochs=max(study.max_epochs, *study.epochs, 0)), every, train_tokens)
    return sweep


def _sizes(study: Study, n_vocab: int) -> tuple[Sequence[tuple[int, ...]], Sequence[tuple[int, ...]]]:
    """Give the sizes that are fitted and those held out, each from the smallest."""
    sizes = sorted(study.shapes, key=lambda size: make_shape(study, size, n_vocab).params())
    fitted, held = sizes[: len(sizes) - study.hold_out], sizes[len(sizes) - study.hold_out :]

    if study.seed_shape in held:
        raise StudyError(
            f"seed_shape = {list(study.seed_shape)} is held out, and the number of runs of a held-out size is "
            f"hold_out_seeds. Name a size that is fitted, such as {list(fitted[-1])}, or set hold_out_seeds = "
            f"{study.seeds} and no seed_shape."
        )
    return fitted, held


def in_tokens(study: Study, train_tokens: int | None) -> Study:
    """Give a study whose horizons are in epochs the same in tokens.

    Raises:
        StudyError: the length of the text is not known.
    """
    if not study.epochs:
        return study
    unique = study.unique_tokens or train_tokens
    if unique is None:
        raise StudyError(
            f"epochs = {list(study.epochs)}: the length of the training text is not known. Set unique_tokens, such as "
            "unique_tokens = 1000000, or give the horizons as tokens."
        )
    most = max(study.max_epochs, *study.epochs)
    return replace(study, epochs=(), tokens=tuple(float(int(e * unique)) for e in study.epochs), max_epochs=most)


def why_left_out(study: Study, shape: Shape) -> str:
    """Say why a study leaves a size out of its fits; empty if it does not."""
    if shape.n_layer < study.fit_from_layers:
        return f"{shape.n_layer} of the {study.fit_from_layers} layers that the study fits from"
    low, high = study.fit_aspect or (0.0, math.inf)
    aspect = shape.d_model / max(1, shape.n_layer)
    if not low <= aspect <= high:
        return f"d_model / n_layer = {aspect:.3g}; the study fits {low:g} to {high:g}"
    return ""


def variants(study: Study) -> list[Study]:
    """Return one study for every combination of the values in its `each_...` keys, which it has as single values."""
    axes = [[(key, value) for value in getattr(study, f"each_{key}")] for key in AXES]
    found = []
    for chosen in product(*(axis for axis in axes if axis)):
        values: dict[str, Any] = dict(chosen)
        values["lr_factor"] = study.lr_factor * values.get("lr_factor", 1.0)
        values |= schedule_of(values.pop("schedule")) if "schedule" in values else {}
        values |= {f"each_{key}": () for key in AXES}
        found.append(replace(study, **values))
    return found


def schedule_of(text: str) -> dict:
    """Read "KIND" or "KIND:KEY=VALUE,..." as settings of a schedule.

    Raises:
        StudyError: a key that no schedule has, or a value that is not a number.
    """
    kind, _, rest = text.partition(":")
    found: dict = {"schedule": kind}
    for part in filter(None, rest.split(",")):
        key, _, value = part.partition("=")
        if key not in ("decay", "cooldown", "lr_end", "decay_power"):
            raise StudyError(
                f"each_schedule: {text!r} sets {key!r}; a schedule has decay, cooldown, lr_end and decay_power."
            )
        try:
            found[key] = value if key == "cooldown" else float(value)
        except ValueError:
            raise StudyError(f"each_schedule: {text!r} gives {key} = {value!r}; it must be a number.") from None
    return found


def read_sweep(folder: Path) -> Sweep:
    """Read the sweep of a study's folder.

    Raises:
        StoreError: the folder has none.
    """
    path = folder / "sweep.json"
    return renamed(from_plain(Sweep, read_json(path), str(path), StoreError))


def renamed(sweep: Sweep) -> Sweep:
    """Replace the run ids of an earlier release in a sweep by the present ones."""
    now = {spec.first_id: spec.id for spec in sweep.runs}
    left_out = {now.get(run_id, run_id): why for run_id, why in sweep.left_out.items()}
    return replace(sweep, held_out=tuple(now.get(run_id, run_id) for run_id in sweep.held_out), left_out=left_out)


def make_shape(study: Study, size: tuple[int, ...], n_vocab: int) -> Shape:
    """Make the shape of a size: its own number of heads, else as many of width `d_head` as fit; one in an LSTM."""
    n_layer, d_model, *rest = size
    d_ff = rest[1] if len(rest) > 1 else 0
    heads = 1 if study.family == "lstm" else rest[0] if rest else max(1, d_model // study.d_head)
    worked_out = {
        "n_layer": n_layer,
        "d_model": d_model,
        "n_heads": heads,
        "n_vocab": n_vocab,
        "d_ff": d_ff,
        "base_d_head": _base_head(study, size),
    }
    settings = shared_keys(study, Shape) | worked_out
    if study.each_experts:  # of a study with several arms, the first
        wide = Shape(**settings | {"n_experts": max(2, study.experts_active)}).width_ff
        settings |= experts_of(study, study.each_experts[0], d_ff if study.experts_active == 1 else wide)
    return Shape(**settings)


def shared_keys(study: Study, kind: type) -> dict[str, Any]:
    """Give the settings of a study that a RunSpec or a Shape has under the same names."""
    return {field.name: getattr(study, field.name) for field in fields(kind) if hasattr(study, field.name)}


def _base_head(study: Study, size: tuple[int, ...]) -> int:
    """Width of a head at `base_width` under mu-P; 0 under the standard parametrisation, which has no base width.

    Raises:
        StudyError: the size names heads of another width than `d_head` gives, so that the head width at the base width
            is not determined.
    """
    if study.parametrisation != "mup" or study.base_d_head:
        return study.base_d_head
    base = study.base_width // max(1, study.base_width // study.d_head)
    if len(size) > 2 and size[1] != base * size[2]:
        raise StudyError(
            f"shape {list(size)} sets its own number of heads, and under parametrisation 'mup' the head width at "
            f"d_model = base_width = {study.base_width} must be known. Set base_d_head, for example base_d_head = "
            f"{max(1, study.base_width // size[2])}."
        )
    return base


def horizons(study: Study, size: tuple[int, ...], shape: Shape) -> list[int]:
    """The horizons of a size that `max_flops` allows, smallest first."""
    cost = shape.flops_per_token("exact")
    tokens = study.own_tokens[study.shapes.index(size)] if study.own_tokens else study.tokens
    affordable = sorted(int(t) for t in tokens if not study.max_flops or t * cost <= study.max_flops)
    if not affordable:
        raise StudyError(
            f"the size (n_layer {shape.n_layer}, d_model {shape.d_model}) needs {min(tokens) * cost:.3g} "
            f"FLOPs for the shortest horizon; max_flops = {study.max_flops:.3g}. Raise max_flops, add a "
            f"shorter horizon to tokens, or drop the size from shapes."
        )
    return affordable


def peak_rate(study: Study, shape: Shape, batch: int = 0, tokens: Sequence[int] = ()) -> float:
    """Return the peak learning rate of a size by the study's rule; `batch` is the batch for which the rule is meant.

    Args:
        tokens: the horizons of the size, which the rule "power" takes.

    Raises:
        StudyError: the paper's rule gives no positive rate at this size.
    """
    scale = (study.batch / (batch or study.batch)) ** study.lr_batch_exponent
    if study.lr_rule == "width":
        factor = study.lr_factor
        return scale * min(study.lr_max * factor, study.lr_scale * factor * shape.d_model**study.lr_exponent)
    if study.lr_rule == "power":
        middle = math.exp(math.fsum(map(math.log, tokens)) / len(tokens)) if tokens else POWER_UNITS[1]
        size = (shape.params() / POWER_UNITS[0]) ** study.lr_exponent
        found = study.lr_scale * size * (middle / POWER_UNITS[1]) ** study.lr_tokens_exponent
        return scale * study.lr_factor * float(f"{found:.3g}")
    rate = KAPLAN_RATE[0] - KAPLAN_RATE[1] * math.log(max(1, shape.params()))
    if rate <= 0:
        raise StudyError(
            f"lr_rule = 'kaplan' gives a rate of {rate:.2g} at {shape.params():.3g} parameters: it is meant for fewer "
            "than 1.2e10 parameters. Take lr_rule = 'width' with lr_scale, lr_exponent and lr_max."
        )
    return scale * study.lr_factor * rate


def optimizer_of(study: Study, shape: Shape) -> str:
    """Return the optimizer of a size: that of the study, or the paper's choice for "auto"."""
    if study.optimizer != "auto":
        return study.optimizer
    return "adafactor" if shape.params() > LARGEST_BY_ADAM else "adam"


def _lineage(study: Study, size, n_vocab: int, data_id: str, last: int, seed: int, batch: int, on):
    """The runs of one size and seed: single runs, or a trunk and its branches; only the `last` horizons (0: all)."""
    shape = make_shape(study, size, n_vocab)
    tokens = horizons(study, size, shape)[-last:]
    shortest = steps_for(stages(study), -(-tokens[0] // study.n_ctx))
    warmup = min(study.warmup_steps, round(study.warmup_share * shortest) or 1) if study.warmup_share else None
    trainer = study.own_trainer
    if trainer and not trainer.passes("warmup"):
        warmup = 0
    of_all = shared_keys(study, RunSpec) | {
        "shape": shape,
        "data": data_id,
        "lr": peak_rate(study, shape, batch, tokens),
        "warmup": study.warmup_steps if warmup is None else warmup,
        "seed": seed,
        "optimizer": optimizer_of(study, shape),
        "accumulate": parts_of(study),
        "foreign": on[0],
        "items": on[1],
        "batch_ramp": ramp_of(study),
    }
    runs = [RunSpec(**of_all | {"tokens": horizon}) for horizon in tokens]
    if study.schedule != "wsd" or len(runs) == 1 or (trainer and not trainer.can_branch):
        return runs
    starts = tuple(run.decay_start for run in runs)
    if not min(starts):
        raise StudyError(
            f"decay = {study.decay:g} leaves no step before the decay, which the horizons of a size share. Set, for "
            "example, decay = 0.2."
        )
    trunk = replace(runs[0], schedule="constant", tokens=runs[0].tokens_at(max(starts)), branch_at=starts)
    return [trunk, *(replace(run, parent=trunk.id) for run in runs)]
