"""A trainer of one's own: its command, the settings of a run that the command is given, and where its result stands."""

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import StudyError, nearest

RESULT = "result.json"  # what a trainer writes into its folder: docs/trainers.md
EACH_FOLDER = "{folder}"  # as directory of a trainer: each run starts in its own folder
RUN_FILE = "run.json"  # in its folder: everything that is asked of a run
IN_FOLDER = "trainer"  # the trainer's folder, within that of its run
OWN_SCHEDULE = "own"  # the schedule of a trainer that is not told one
OWN_TEXT = "own"  # the text and the tokenizer of a trainer, where the study does not name them
FUNCTION = "function "  # how the command of a Python function begins
MANY, FEW = 4, 1  # evaluations of a run, as multiples of `evaluations`: see `evaluate_every`

PLACEHOLDER = re.compile(r"\{(\w+)\}")
SIZES = {"n_layer", "d_model", "n_heads", "d_head", "d_ff", "params"}
LENGTHS = {"tokens", "steps"}
PLACES = {"folder", "run_file"}
ELSEWHERE = {
    "n_embd": "d_model",
    "hidden_size": "d_model",
    "width": "d_model",
    "n_layers": "n_layer",
    "num_hidden_layers": "n_layer",
    "depth": "n_layer",
    "n_head": "n_heads",
    "num_attention_heads": "n_heads",
    "intermediate_size": "d_ff",
    "block_size": "n_ctx",
    "seq_len": "n_ctx",
    "seq_length": "n_ctx",
    "vocab_size": "n_vocab",
    "batch_size": "batch",
    "max_iters": "steps",
    "max_steps": "steps",
    "num_iterations": "steps",
    "max_tokens": "tokens",
    "learning_rate": "lr",
    "warmup_iters": "warmup",
    "warmup_steps": "warmup",
    "eval_interval": "evaluate_every",
    "eval_steps": "evaluate_every",
    "grad_clip": "clip",
    "out_dir": "folder",
    "output_dir": "folder",
    "out": "folder",
}  # what trainers call the settings, to offer the right one


def evaluate_every(steps: int, evaluations: int) -> int:
    """Steps between evaluations that end on the last step: the largest divisor that gives `evaluations` or a few more.

    Where the steps have no such divisor, of at most four times as many evaluations, all of them: one evaluation.
    """
    fits = (steps // n for n in range(evaluations, MANY * evaluations + 1) if steps % n == 0)
    return next(fits, steps)


SETTINGS: Mapping[str, Callable[[Any], object]] = {
    "n_layer": lambda spec: spec.shape.n_layer,
    "d_model": lambda spec: spec.shape.d_model,
    "n_heads": lambda spec: spec.shape.n_heads,
    "d_head": lambda spec: spec.shape.d_head,
    "d_ff": lambda spec: spec.shape.width_ff,
    "n_ctx": lambda spec: spec.shape.n_ctx,
    "n_vocab": lambda spec: spec.shape.n_vocab,
    "params": lambda spec: spec.shape.params(),
    "tokens": lambda spec: spec.trained_tokens,
    "steps": lambda spec: spec.steps,
    "batch": lambda spec: spec.batch,
    "batch_tokens": lambda spec: spec.batch_tokens,
    "micro_batch": lambda spec: spec.batch // spec.accumulate,
    "accumulate": lambda spec: spec.accumulate,
    "lr": lambda spec: spec.lr,
    "lr_end": lambda spec: spec.lr_end,
    "min_lr": lambda spec: spec.lr * spec.lr_end,
    "warmup": lambda spec: spec.warmup,
    "schedule": lambda spec: spec.schedule,
    "decay": lambda spec: spec.decay,
    "decay_start": lambda spec: spec.decay_start,
    "decay_steps": lambda spec: spec.steps - spec.decay_start,
    "optimizer": lambda spec: spec.optimizer,
    "beta1": lambda spec: spec.beta1,
    "beta2": lambda spec: spec.beta2,
    "weight_decay": lambda spec: spec.weight_decay,
    "clip": lambda spec: spec.clip,
    "dropout": lambda spec: spec.dropout,
    "precision": lambda spec: spec.precision,
    "seed": lambda spec: spec.seed,
    "data_seed": lambda spec: spec.order_seed,
    "unique_tokens": lambda spec: spec.unique_tokens,
    "evaluations": lambda spec: spec.evaluations,
    "evaluate_every": lambda spec: evaluate_every(spec.steps, spec.evaluations),
    "eval_tokens": lambda spec: spec.eval_tokens,
    "first_step": lambda spec: spec.first_step,
    "branch_at": lambda spec: ",".join(map(str, spec.branch_at)),
    "run_id": lambda spec: spec.id,
}  # placeholder of a command -> its value for a run
KNOWN = (*SETTINGS, *sorted(PLACES), "trunk")
TELL_A_SCHEDULE = {"schedule", "decay", "decay_start", "decay_steps"}


@dataclass(frozen=True)
class Trainer:
    """A command that trains one run, with `{placeholders}` for its settings.

    Attributes:
        command: words as a shell reads them; no shell runs them. Each placeholder becomes its value for the run.
        reads: where the result stands: `result.json` in its folder, or a format of logs and tables, "FORMAT" or
            "FORMAT:FILE", the file within its folder; by default what the command prints.
        name: stands for the command in the ids of runs, so that they do not change with a path.
        resume: words added to the command where an interrupted run goes on.
        save: words added for a trunk, so that it saves its state at the steps {branch_at}.
        branch: words added for a run that starts from the state of its trunk, in {trunk}, at {first_step}.
        directory: where the command starts: by default the folder of the study's file; `{folder}` for the run's own.
        gpus: number of GPUs that a run uses, by which its GPU hours are counted.

    Raises:
        StudyError: no command, quotes without an end, a placeholder of an unknown name, or a command that is given
            neither the size and length of a run nor its folder.
    """

    command: str
    reads: str = RESULT
    name: str = ""
    resume: str = ""
    save: str = ""
    branch: str = ""
    directory: str = ""
    gpus: int = 0

    def __post_init__(self):
        if not self.command.strip():
            raise StudyError("trainer: no command. Give one, such as trainer = 'python train.py {run_file}'.")
        for key in ("command", "resume", "save", "branch"):
            _require_placeholders(key, getattr(self, key))
        if bool(self.save) != bool(self.branch):
            raise StudyError(
                "trainer: save and branch belong together: the words by which a trunk saves its states, such as save = "
                "'save_at={branch_at}', and those by which a run starts from one, such as branch = "
                "'start_from={trunk} start_step={first_step}'."
            )
        if not 0 <= self.gpus <= 1e6:
            raise StudyError(f"trainer: gpus = {self.gpus}; it must be from 0 to 1,000,000.")
        if not self.is_function:
            self._require_size_and_length()

    def _require_size_and_length(self):
        for what, names in (("size", SIZES), ("length", LENGTHS)):
            if not self.placeholders & (names | PLACES):
                raise StudyError(
                    f"trainer: the command is given neither the {what} of a run ({', '.join(sorted(names))}) nor its "
                    f"folder ({{folder}}, with a {RUN_FILE} that holds all settings): every run would be the same."
                )

    @property
    def is_function(self) -> bool:
        """Whether it is a function of Python, which one process calls."""
        return self.command.startswith(FUNCTION)

    @property
    def placeholders(self) -> set[str]:
        """The settings that the command names."""
        return {name for text in (self.command, self.save, self.branch) for name in PLACEHOLDER.findall(text)}

    @property
    def can_branch(self) -> bool:
        """Whether a run can start from the state of a trunk."""
        return bool(self.branch)

    def passes(self, setting: str) -> bool:
        """Whether a setting reaches the trainer: the command names it, or it reads run.json, having no size itself."""
        return setting in self.placeholders or not self.placeholders & SIZES

    def words(
        self, spec: Any, folder: Path, trunk: Path | None = None, *, again: bool = False, parts: int = 0
    ) -> list[str]:
        """Give the words of the command for a run.

        Args:
            parts: into which a batch is cut, in place of what is asked; 0 for that.
            trunk: of a run that branches: the folder of the trainer in which its trunk was trained.
            again: whether an interrupted run goes on.
        """
        text = [self.command, self.save * bool(spec.branch_at), self.branch * bool(spec.parent), self.resume * again]
        values = {name: _written(value) for name, value in _settings(spec, parts).items()}
        values |= {"folder": str(folder), "run_file": str(folder / RUN_FILE), "trunk": str(trunk or "")}
        return [PLACEHOLDER.sub(lambda m: values[m[1]], word) for one in text for word in shlex.split(one)]

    def asked(self, spec: Any, parts: int = 0) -> dict[str, object]:
        """Everything that is asked of a run, by the names of the placeholders: the content of its run.json."""
        return _settings(spec, parts) | {"parent": spec.parent}


def _settings(spec: Any, parts: int) -> dict[str, object]:
    """The settings of a run, whose batch may be cut into other parts than is asked: it is the same run."""
    cut = {"micro_batch": spec.batch // parts, "accumulate": parts} if parts else {}
    return {name: value(spec) for name, value in SETTINGS.items()} | cut


def _require_placeholders(key: str, text: str):
    try:
        shlex.split(text)
    except ValueError as failure:
        raise StudyError(f"trainer: {key} = {text!r}: {str(failure).lower()}.") from None
    for name in PLACEHOLDER.findall(text):
        if name not in KNOWN:
            offered = f" Did you mean {{{ELSEWHERE[name]}}}?" if name in ELSEWHERE else nearest(name, KNOWN)
            raise StudyError(f"trainer: {{{name}}} is no setting of a run.{offered} Known: {', '.join(KNOWN)}.")


def _written(value: object) -> str:
    """Write a value as a word of a command: a float in as few digits as keep it."""
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value)
