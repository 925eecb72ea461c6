"""A study: the flat keys of its TOML file, and where the presets lie."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from .errors import StudyError, nearest
from .records import from_plain


@dataclass(frozen=True)
class Study:
    """What a study asks for; each field is a key of its file.

    Attributes:
        corpus: stdlib, text:PATH, data:NAME or synthetic.
        tokenizer: bytes, bpe:VOCABULARY, or symbols for a synthetic source.
        shapes: [n_layer, d_model] of each size.
        d_head: width of an attention head; a model narrower than two heads has one.
        tokens: horizons D; every size is trained at each of them that `most_flops` lets it afford.
        most_flops: largest exact training FLOPs of one run; 0 for no limit.
        batch: sequences of n_ctx tokens a step.
        lr_scale, lr_exponent, lr_max: peak rate = min(lr_max, lr_scale d_model^lr_exponent).
        warmup_steps: steps of linear warm-up.
        seeds: runs at the size `seed_shape` and every horizon, to measure the spread.
        hold_out: how many of the largest sizes are kept from every fit, to test the prediction.
        hold_out_seeds: runs of each held-out size, at the largest horizon it can afford.
        max_epochs: most passes over the training text.
        plan_factor: the plan is for this many times the compute of the largest fitted run.
        processes: training processes at a time; 0 for one a core.
        family, norm, positions, activation, qk_norm, biases, parametrisation, base_width, reuse, sharing: of every
            model, as in `Shape`; an LSTM has one head whatever `d_head`.
        optimizer: as in `RunSpec`, or "auto" for the paper's choice by size: Adam, and Adafactor above 1e9 parameters.
        cooldown, lr_end, decay_power, dropout, accumulate, unique_tokens, data_seed: as in `RunSpec`.
    """

    name: str
    shapes: tuple[tuple[int, int], ...]
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
    seed_shape: tuple[int, int] | None = None
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

    def __post_init__(self):
        self._above_zero("n_ctx", "d_head", "batch", "lr_scale", "lr_max", "seeds", "hold_out_seeds", "draws")
        if not self.shapes or not self.tokens:
            raise StudyError("shapes and tokens must each name at least one value.")
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


def presets() -> dict[str, Path]:
    """Find the study files that come with the package: name -> path."""
    here = Path(__file__).parent
    folder = here / "studies" if (here / "studies").is_dir() else here.parent / "studies"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read_study(name_or_path: str) -> Study:
    """Read a study from a file, or a preset by its name.

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
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failure:
        raise StudyError(f"{path} is not TOML: {failure}.") from None
    return from_plain(Study, {"name": path.stem, **values}, str(path))
