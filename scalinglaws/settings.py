"""A study: the flat keys of its TOML file, and where the presets lie."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import StudyError, nearest, unknown_name
from .records import from_plain
from .run import A_PATH

LR_RULES = ("width", "kaplan")
NAME = re.compile(r"\w[\w .,+=@()-]{0,99}")


@dataclass(frozen=True)
class Study:
    """What a study asks for; each field is a key of its file.

    Attributes:
        corpus: stdlib, text:PATH, data:NAME or synthetic.
        tokenizer: bytes, bpe:VOCABULARY, or symbols for a synthetic source.
        shapes: [n_layer, d_model] of each size; heads and feed-forward width may follow.
        d_head: width of an attention head; a model narrower than two heads has one.
        tokens: horizons D; every size is trained at each of them that `most_flops` lets it afford.
        most_flops: largest exact training FLOPs of one run; 0 for no limit.
        batch: sequences of n_ctx tokens a step.
        lr_scale, lr_exponent, lr_max: peak rate = min(lr_max, lr_scale d_model^lr_exponent).
        warmup_steps: steps of linear warm-up.
        warmup_share: most of a run, or of the shortest of those that share a trunk, that is warm-up; 0 for no limit.
        lr_rule: "width" as above; "kaplan": 0.003239 - 0.0001395 ln N (Kaplan et al. 2020, eq D.1).
        lr_batch_exponent: the rate also goes with (batch / this study's `batch`) to this power.
        each_...: every run is repeated at each of these, in place of the one value.
        each_lr_factor: times the rate of the rule.
        each_schedule: "KIND" or "KIND:KEY=VALUE,...", with keys decay, cooldown, lr_end, decay_power.
        evaluate_on: other corpora, on whose test text each evaluation also takes the loss.
        fit_from_layers, fit_aspect: models of fewer layers, or with d_model / n_layer outside [low, high], are trained
            and shown, and left out of fits with that reason.
        seeds: runs at the size `seed_shape` and every horizon, to measure the spread; of every size without one.
        hold_out: how many of the largest sizes are kept from every fit, to test the prediction.
        hold_out_seeds: runs of each held-out size, at the largest horizon it can afford.
        max_epochs: most passes over the training text.
        plan_factor: the plan is for this many times the compute of the largest fitted run.
        processes: training processes at a time; 0 for one a core.
        family, norm, positions, activation, qk_norm, biases, parametrisation, base_width, reuse, sharing: of every
            model, as in `Shape`; an LSTM has one head whatever `d_head`.
        base_d_head: width of a head at `base_width` under "mup"; 0 for what `d_head` gives there.
        optimizer: as in `RunSpec`, or "auto" for the paper's choice by size: Adam, and Adafactor above 1e9 parameters.
        lr_factor: times the rate of the rule; `each_lr_factor` multiplies it.
        most_at_once: most sequences of a batch in memory at once, in place of `accumulate`; 0 for no limit.
        laws: names of the laws of N and D that are fitted and tried; empty for kaplan-nd and chinchilla.
        law_file: a Python file that declares laws of one's own; its path is relative to the study's file.
        cooldown, lr_end, decay_power, dropout, accumulate, unique_tokens, data_seed, precision: as in `RunSpec`.
    """

    name: str
    shapes: tuple[tuple[int, ...], ...]
    tokens: tuple[float, ...]
    about: str = ""
    corpus: str = "stdlib"
    tokenizer: str = "bytes"
    n_ctx: int = 64
    d_head: int = 16
    tied: bool = True
    most_flops: float = 0.0
    batch: int = 8
    lr_scale: float = 0.3
    lr_exponent: float = -1.0
    lr_max: float = 0.032
    warmup_steps: int = 100
    schedule: str = "wsd"
    decay: float = 0.2
    optimizer: str = "adamw"
    beta1: float = 0.9
    beta2: float = 0.95
    weight_decay: float = 0.1
    clip: float = 1.0
    seeds: int = 1
    seed_shape: tuple[int, ...] | None = None
    hold_out: int = 0
    hold_out_seeds: int = 1
    evaluations: int = 12
    eval_tokens: int = 262144
    max_epochs: float = 1.0
    level: float = 0.95
    draws: int = 2000
    plan_factor: float = 10.0
    processes: int = 0
    family: str = "transformer"
    norm: str = "layernorm"
    positions: str = "learned"
    activation: str = "gelu"
    qk_norm: bool = False
    biases: bool = True
    parametrisation: str = "standard"
    base_width: int = 64
    reuse: int = 1
    sharing: str = "cyclic"
    cooldown: str = "linear"
    lr_end: float = 0.0
    decay_power: float = 1.0
    dropout: float = 0.0
    accumulate: int = 1
    unique_tokens: int = 0
    data_seed: int | None = None
    warmup_share: float = 0.0
    lr_rule: str = "width"
    lr_batch_exponent: float = 0.0
    each_batch: tuple[int, ...] = ()
    each_lr_factor: tuple[float, ...] = ()
    each_unique_tokens: tuple[int, ...] = ()
    each_schedule: tuple[str, ...] = ()
    each_reuse: tuple[int, ...] = ()
    each_sharing: tuple[str, ...] = ()
    evaluate_on: tuple[str, ...] = ()
    early_stop: int = 0
    noise_every: int = 32
    watch_weights: bool = False
    fit_from_layers: int = 0
    fit_aspect: tuple[float, float] | None = None
    lr_factor: float = 1.0
    precision: str = "float32"
    most_at_once: int = 0
    laws: tuple[str, ...] = ()
    law_file: str = ""
    base_d_head: int = 0

    def __post_init__(self):
        require_name(self.name)
        self._above_zero(
            "n_ctx", "d_head", "batch", "lr_scale", "lr_max", "lr_factor", "seeds", "hold_out_seeds", "draws"
        )
        if not self.shapes or not self.tokens:
            raise StudyError("shapes and tokens must each name at least one value.")
        for shape in self.shapes:
            if not 2 <= len(shape) <= 4:
                raise StudyError(f"shape {list(shape)}: give [n_layer, d_model], and n_heads and d_ff if you like.")
        if self.lr_rule not in LR_RULES:
            raise StudyError(f"lr_rule = {self.lr_rule!r}; it must be one of {', '.join(LR_RULES)}.")
        if self.hold_out >= len(self.shapes):
            raise StudyError(f"hold_out = {self.hold_out} of {len(self.shapes)} shapes leaves none to fit.")
        if not 0 < self.level < 1:
            raise StudyError(f"level = {self.level}; it must lie between 0 and 1, such as 0.95.")
        if self.seed_shape is not None and self.seed_shape not in self.shapes:
            raise StudyError(
                f"seed_shape = {list(self.seed_shape)} is none of the shapes {[list(s) for s in self.shapes]}."
            )

    def _above_zero(self, *names: str):
        for name in names:
            if not getattr(self, name) > 0:
                raise StudyError(f"{name} = {getattr(self, name)}; it must be above 0.")


@dataclass(frozen=True)
class Families:
    """A set of studies that share settings and a store: one a family of runs, in the order they are measured."""

    name: str
    studies: tuple[Study, ...]
    about: str = ""

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


def presets() -> dict[str, Path]:
    """Find the study files that come with the package: name -> path."""
    here = Path(__file__).parent
    folder = here / "studies" if (here / "studies").is_dir() else here.parent / "studies"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def require_name(name: object):
    """Refuse what cannot name a study: it names a folder and a file, and leads to no other.

    Raises:
        StudyError: not so.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise StudyError(
            f"name = {name!r:.80}: a study's name names its folder. Give up to 100 letters, digits, spaces and any of "
            "_ . , + = @ ( ) -, a letter or digit first; another folder is named by --to."
        )


def read_study(name_or_path: str, changes: Mapping[str, object] | None = None) -> Study | Families:
    """Read a study from a file, or a preset by its name; a file with a key `families` is a set of studies.

    Such a file holds what the families share, and the folder of its name beside it one FAMILY.toml for each, whose keys
    go before the shared ones.

    Args:
        changes: keys that go before those of the files.

    Raises:
        StudyError: no such file or preset, not TOML, an unknown key (the nearest known one is offered), a wrong value.
    """
    known = presets()
    path = known.get(name_or_path, Path(name_or_path))
    if not path.is_file():
        raise StudyError(
            f"no study file {name_or_path!r}, and no preset of that name.{nearest(name_or_path, known)} "
            f"Presets: {', '.join(known)}."
        )
    shared, changes = _read_toml(path), dict(changes or {})
    if "families" not in shared:
        return from_plain(Study, {"name": path.stem, **shared, **changes}, str(path))
    names, about = shared.pop("families"), shared.pop("about", "")
    studies = []
    for name in names:
        require_name(name)
        own = path.with_suffix("") / f"{name}.toml"
        if not own.is_file():
            raise StudyError(f"{path} lists the family {name!r}, and there is no {own}.")
        studies.append(from_plain(Study, {**shared, **_read_toml(own), **changes, "name": name}, str(own)))
    return Families(path.stem, tuple(studies), about)


def _read_toml(path: Path) -> dict:
    """Read a file's keys; paths of texts and of a law file are taken from the folder of the file that names them."""
    try:
        keys = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise StudyError(f"{path} is not TOML: {failure}.") from None
    if path in presets().values():  # nobody's texts lie there: what such a file names is to be set
        return keys
    named, corpus, others = (keys.get(key) for key in ("law_file", "corpus", "evaluate_on"))
    found = {"law_file": str((path.parent / named).resolve())} if isinstance(named, str) and named else {}
    if isinstance(corpus, str):
        found["corpus"] = _from(path.parent, corpus)
    if isinstance(others, list):
        found["evaluate_on"] = [_from(path.parent, one) if isinstance(one, str) else one for one in others]
    return keys | found


def _from(folder: Path, corpus: str) -> str:
    """Name a text of one's own from the folder that one is in, where it is named from another."""
    place = corpus.removeprefix(A_PATH)
    if place == corpus or not place or place.startswith("~") or os.path.isabs(place) or os.path.relpath(folder) == ".":
        return corpus
    return A_PATH + os.path.join(os.path.relpath(folder), place)
