"""What the keys of a study mean where a trainer of one's own trains its runs."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import StudyError, nearest
from ..run.trainer import FUNCTION, OWN_SCHEDULE, OWN_TEXT, RESULT, TELL_A_SCHEDULE, Trainer

if TYPE_CHECKING:
    from .study_file import Study

READS = (
    *(RESULT, "trainer-state", "jsonl", "csv", "tsv", "parquet", "key-values", "trainer-output", "nanogpt", "nanochat"),
    *("modded-nanogpt", "llm.c", "torchtitan", "megatron", "litgpt", "olmo", "llm-foundry"),
    *("tensorboard", "wandb", "mlflow"),
)  # formats of a result: those of `formats.read_raw`, and the folders that it knows
OURS = (
    *(
        "each_reuse",
        "each_sharing",
        "evaluate_on",
        "test_corpus",
        "each_corpus",
        "domains",
        "early_stop",
        "watch_weights",
    ),
    *("max_sequences", "batch_ramp", "items", "items_per", "each_experts"),
)  # keys of what only our trainer does

VARIED = {
    "lr": "lr",
    "each_lr_factor": "lr",
    "each_batch": "batch",
    "tune_batch": "batch",
    "each_unique_tokens": "unique_tokens",
    "each_schedule": "schedule",
}  # key of a study -> the setting in which its runs differ


def of_own_trainer(study: "Study") -> dict[str, object]:
    """Check the keys of such a study, and give those whose value follows from the trainer.

    Its text, tokenizer and schedule are its own where the study does not name them: a schedule that the command does
    not receive is not ours.

    Raises:
        StudyError: an unknown format, no vocabulary, or a key of what only our trainer does.
    """
    trainer = Trainer(study.trainer) if isinstance(study.trainer, str) else study.trainer
    assert trainer is not None
    directory = trainer.directory or str(Path.cwd())
    trainer = replace(trainer, reads=study.reads or trainer.reads, directory=directory)
    _require_format(trainer.reads)
    defaults = {name: field.default for name, field in type(study).__dataclass_fields__.items()} | {"domains": {}}
    asked = [name for name in OURS if getattr(study, name) != defaults[name]]
    if asked:
        raise StudyError(
            f"{', '.join(asked)}: only our trainer does this, and the study names another. Leave out "
            f"{'it' if len(asked) == 1 else 'them'}, or the key trainer."
        )
    if not study.n_vocab:
        raise StudyError(
            "a study with a trainer of one's own needs n_vocab, its vocabulary: parameters are counted and losses are "
            "judged by it. Set, for example, n_vocab = 50304."
        )
    _require_told(study, trainer)
    if max(study.seeds, study.hold_out_seeds) > 1 and not (trainer.is_function or trainer.passes("seed")):
        raise StudyError(
            f"seeds = {study.seeds} and hold_out_seeds = {study.hold_out_seeds}, and the trainer's command does not "
            "name {seed}: it would repeat the same run. Add it, such as seed={seed}, or set both to 1."
        )
    found: dict[str, object] = {"trainer": trainer, "reads": trainer.reads}
    found |= {name: OWN_TEXT for name in ("corpus", "tokenizer") if getattr(study, name) == defaults[name]}
    told = trainer.can_branch or trainer.placeholders & TELL_A_SCHEDULE
    if study.schedule == defaults["schedule"] and not told:
        found["schedule"] = OWN_SCHEDULE
    return found


def require_ours(study: "Study"):
    """Refuse keys of a trainer of one's own where the study names none.

    Raises:
        StudyError: naming the key.
    """
    for name in ("reads", "n_vocab"):
        if study.own_trainer is None and getattr(study, name):
            raise StudyError(
                f"{name} = {getattr(study, name)!r} is for a trainer of one's own, and the study names none. Set "
                f"trainer = 'python train.py ...', or leave {name} out."
            )


def _require_told(study: "Study", trainer: Trainer):
    """Refuse to vary a setting that the command is not given."""
    for key, setting in VARIED.items():
        if (study.lr == "auto" if key == "lr" else getattr(study, key)) and not trainer.passes(setting):
            raise StudyError(
                f"{key} varies {setting}, and the trainer's command does not name {{{setting}}}: it would repeat the "
                f"same run. Add it to the command, or leave out {key}."
            )


def _require_format(reads: str):
    form, _, name = reads.partition(":")
    if form not in READS or (form == RESULT and name):
        raise StudyError(
            f"reads = {reads!r}.{nearest(form, READS)} It must be one of {', '.join(READS)}; a file of "
            "the trainer's folder may follow, such as 'csv:log.csv'."
        )


def untold(study: "Study") -> list[str]:
    """Say what a study does not know of its trainer: settings that are not passed on, and the length of its text."""
    trainer = study.own_trainer
    if trainer is None or trainer.is_function:
        return []
    alike = {"lr": {"lr", "min_lr"}, "batch": {"batch", "micro_batch", "batch_tokens"}, "n_ctx": {"n_ctx"}}
    said = [
        "the length of the trainer's training text is not known: each run counts as one pass over it, unless its "
        "result says tokens_unique, or the study unique_tokens"
    ] * (not study.unique_tokens)
    missing = [name for name, known in alike.items() if not trainer.passes(name) and not trainer.placeholders & known]
    if not missing:
        return said
    listed = ", ".join(f"{{{name}}}" for name in missing)
    return [
        *said,
        f"the trainer's command does not name {listed}: it must take {'it' if len(missing) == 1 else 'them'} from "
        "run.json, or have the study's values as its own",
    ]


def function_as_trainer(function: object) -> Trainer:
    """The record of a Python function as trainer: its name stands for it in the ids of runs."""
    name = f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__name__)}"
    return Trainer(FUNCTION + name)
