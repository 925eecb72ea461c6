"""Tokenised text: token ids in memory-mapped files, and the facts recorded about them."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..errors import CorpusError, StoreError
from ..records.json_values import from_plain, read_json

FORMAT = 1


@dataclass(frozen=True)
class SplitFacts:
    """Size of one split: `tokens` includes one separator per document, `bytes` counts the text alone."""

    documents: int
    tokens: int
    bytes: int


@dataclass(frozen=True)
class Index:
    """The facts about a folder of token files, written to index.json beside them.

    Attributes:
        data_id: hash of the text, the tokenizer and the format of the files.
        content: hash of the documents in their splits.
        dtype: type of the token files, the narrowest unsigned integer that can represent the vocabulary.
        truth: what is known exactly about a synthetic source.
        apart: whether the test text is of another source than the training text.
        digests: SHA-256 of each token file, by file name; empty in folders of the first releases.
    """

    format: int
    data_id: str
    corpus: str
    tokenizer: str
    vocabulary: int
    dtype: str
    content: str
    tokenizer_fingerprint: str
    origin: str
    licence: str
    splits: dict[str, SplitFacts]
    truth: dict[str, float] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    apart: bool = False


@dataclass(frozen=True)
class Tokenised:
    """A corpus as token ids on disk; splits are memory-mapped, not read."""

    folder: Path
    index: Index

    @property
    def data_id(self) -> str:
        """Hash of the text and the tokenizer: what `RunSpec.data` names."""
        return self.index.data_id

    @property
    def vocabulary(self) -> int:
        """Number of token ids; a model needs an n_vocab of at least this."""
        return self.index.vocabulary

    @property
    def truth(self) -> dict[str, float]:
        """What is known exactly about a synthetic source, such as `floor_nats`; empty for text."""
        return self.index.truth

    def split(self, name: str, tokens: int | None = None) -> np.ndarray:
        """Map the token ids of "train", "val" or "test"; `tokens` takes only this many from the start.

        Documents are in the order of a hash: such a prefix is a random sample, and is part of every longer prefix.

        Raises:
            CorpusError: no split has this name, or it has fewer tokens.
        """
        facts = self._facts(name)
        mapped = np.memmap(self.folder / f"{name}.bin", dtype=self.index.dtype, mode="r", shape=(facts.tokens,))
        if tokens is None:
            return mapped
        if not 0 < tokens <= facts.tokens:
            raise CorpusError(
                f"{tokens:,} unique tokens were requested from the {name} split of {self.index.corpus!r}, which has "
                f"{facts.tokens:,}. Ask for 1 to {facts.tokens:,}, or take a larger corpus."
            )
        return mapped[:tokens]

    def document_starts(self, name: str) -> np.ndarray:
        """Return the position at which each document of a split begins: (documents,) int64, ascending from 0."""
        return np.fromfile(self.folder / f"{name}.starts.bin", dtype="<i8", count=self._facts(name).documents)

    def documents_of(self, name: str, starts: np.ndarray) -> np.ndarray:
        """Return, for each position in a split, the number of the document that it is in."""
        return np.searchsorted(self.document_starts(name), np.asarray(starts), side="right") - 1

    def bytes_per_token(self, name: str = "test") -> float:
        """Bytes of text per token: bits per byte = loss_nats / (ln 2 bytes_per_token).

        Separators count as tokens and have no bytes, so that bits per byte is the whole cost of coding the text and the
        ends of its documents. NaN where the tokens do not represent text.
        """
        facts = self._facts(name)
        return facts.bytes / facts.tokens if facts.bytes else float("nan")

    def told(self) -> str:
        """Say in one line how much text is in each split, from how many files, and how the split was decided."""
        index = self.index
        parts = [
            f"{name} {facts.documents:,} documents, {facts.tokens:,} tokens" for name, facts in index.splits.items()
        ]
        said = f"text: {index.corpus} as {index.tokenizer}: {'; '.join(parts)}. {index.origin}"
        if index.tokenizer != "symbols" and not index.splits["test"].bytes:
            said += " The tokenizer does not give back the text as it was, so that there are no bits per byte."
        return said

    def facts(self) -> dict:
        """Return what a report says about the corpus, as JSON values."""
        index = self.index
        splits = {
            name: {"documents": facts.documents, "tokens": facts.tokens, "bytes": facts.bytes}
            for name, facts in index.splits.items()
        }
        return {
            "name": index.corpus,
            "origin": index.origin,
            "licence": index.licence,
            "tokenizer": index.tokenizer,
            "vocabulary": index.vocabulary,
            "content": index.content[:12],
            "data_id": index.data_id,
            "splits": splits,
            "documents": sum(facts.documents for facts in index.splits.values()),
            "bytes": sum(facts.bytes for facts in index.splits.values()),
            "tokens": sum(facts.tokens for facts in index.splits.values()),
            "bytes_per_token": self.bytes_per_token("test") if index.splits["test"].bytes else None,
            "truth": dict(index.truth),
        }

    def _facts(self, name: str) -> SplitFacts:
        if name not in self.index.splits:
            raise CorpusError(f"no split is called {name!r}; the splits are {', '.join(self.index.splits)}.")
        return self.index.splits[name]


def check_data(data: Tokenised) -> bool:
    """Compare token files with their digests; returns whether there are any digests.

    Raises:
        StoreError: a file has changed since it was written.
    """
    for name, digest in data.index.digests.items():
        if file_digest(data.folder / name) != digest:
            raise StoreError(
                f"{data.folder / name} has changed since it was written. Delete the folder {data.folder} and run the "
                "study again: the text is then tokenised again."
            )
    return bool(data.index.digests)


def file_digest(path: Path) -> str:
    """Hash a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_data(cache_dir: Path, data_id: str) -> Tokenised:
    """Open tokens that were written before, by the hash that names them.

    Raises:
        StoreError: there are none, they have another format, a file was truncated, or `data_id` is not such a hash.
    """
    if Path(data_id).name != data_id:
        raise StoreError(f"{data_id!r:.60} is not the hash of a text: as a path it leads out of {cache_dir}.")
    folder = cache_dir / data_id
    index = from_plain(Index, read_json(folder / "index.json"), str(folder / "index.json"), StoreError)
    if index.format != FORMAT:
        raise StoreError(f"{folder} has format {index.format}, and this version reads {FORMAT}. Delete the folder.")
    for split, facts in index.splits.items():
        for name, size in {
            f"{split}.bin": facts.tokens * np.dtype(index.dtype).itemsize,
            f"{split}.starts.bin": facts.documents * np.dtype("<i8").itemsize,
        }.items():
            if not (folder / name).is_file() or (folder / name).stat().st_size != size:
                raise StoreError(f"{folder / name} is not {size:,} bytes long, as its index says. Delete the folder.")
    return Tokenised(folder, index)
