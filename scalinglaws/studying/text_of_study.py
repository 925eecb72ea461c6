"""What a study knows of its text: the tokens of its corpus, or what it states of the text of a trainer of one's own."""

import math
from dataclasses import dataclass
from pathlib import Path

from ..corpora.item_tokens import told_of_items
from ..corpora.synthetic import evaluation_floor
from ..corpora.token_files import Tokenised
from ..designing.arms_of_study import data_of
from ..designing.design import Sweep, design, items_of, lay_out
from ..designing.study_file import Study
from ..run.trainer import OWN_TEXT

NO_HASH = "own"  # in place of the hash of a text that its trainer alone reads


@dataclass(frozen=True)
class StudyText:
    """The text of a study.

    Attributes:
        train_tokens: length of the training text; None where only the trainer knows it.
        facts: for a report. sentence: what is said before training.
        floor: the lowest possible loss in nats per token, if it is known.
        data: the tokens; None where the trainer has its own.
    """

    vocabulary: int
    data_id: str
    train_tokens: int | None
    facts: dict
    sentence: str
    floor: float | None = None
    data: Tokenised | None = None

    @property
    def most_tokens(self) -> float:
        """Length of the training text, without limit where it is not known."""
        return math.inf if self.train_tokens is None else self.train_tokens


def text_of(study: Study, cache: Path, data_dir: Path | None = None) -> StudyText:
    """Tokenise the text of a study, or take what the study says of the text of its trainer.

    Raises:
        CorpusError: the text cannot be used.
    """
    if (trainer := study.own_trainer) is not None:
        name = "its trainer's own text" if study.corpus == OWN_TEXT else study.corpus
        facts = {"name": name, "vocabulary": study.n_vocab, "trainer": trainer.command, "read_as": trainer.reads}
        facts |= {} if study.tokenizer == OWN_TEXT else {"tokenizer": study.tokenizer}
        return StudyText(study.n_vocab, NO_HASH, None, facts, f"trainer: {trainer.command}; results: {trainer.reads}")
    data = data_of(study, cache, data_dir)
    floor = evaluation_floor(data, study.n_ctx, study.eval_tokens)
    return StudyText(data.vocabulary, data.data_id, len(data.split("train")), data.facts(), data.told(), floor, data)


def items_told(study: Study, text: StudyText, cache: Path) -> list[str]:
    """Say what multiple-choice items a study scores, and what may be wrong with them."""
    items = None if text.data is None else items_of(study, text.data, cache)
    return [] if items is None or text.data is None else [told_of_items(items, text.data, study.n_ctx)]


def sweep_of(study: Study, text: StudyText, cache: Path, data_dir: Path | None = None) -> Sweep:
    """List the runs of a study on its text.

    Raises:
        CorpusError, StudyError: as `design`.
    """
    if text.data is None:
        return design(study, text.vocabulary, text.data_id, None)
    return lay_out(study, text.data, cache, data_dir)
