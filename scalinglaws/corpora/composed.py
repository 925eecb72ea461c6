"""Token files put together from those of several corpora: the training text of an arm, and a shared test text."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import CorpusError, StoreError
from ..records.json_values import to_plain, write_json
from .corpus import SPLITS, in_parts
from .token_files import FORMAT, Index, SplitFacts, Tokenised, file_digest, open_data
from .tokenise import written_whole

LONGEST = 1 << 16  # tokens; a longer document is mixed in parts of this length
Shares = Sequence[tuple[Tokenised, float]]
Part = tuple[Tokenised, int, int]  # tokens [start, end) of the training text of one corpus


def compose(name: str, train: Shares, test: Sequence[Tokenised], cache_dir: Path) -> Tokenised:
    """Make a text whose training tokens come from several, in proportions, and whose test text is all that of `test`.

    Documents of each corpus keep their order, and the corpora take turns so that every beginning of the text has the
    proportions too. It ends where the first corpus of a positive weight has no more, so that none is read twice. A
    document that is in the test text is not trained on.

    Args:
        name: of the corpus that results. train: corpora and their shares of the training tokens, which sum to 1.

    Raises:
        CorpusError: the texts have different tokenizers or vocabularies, or no training text is left.
    """
    whole = [*(one for one, _ in train), *test]
    if len({(one.index.tokenizer_fingerprint, one.vocabulary) for one in whole}) > 1:
        listed = "; ".join(f"{one.index.corpus} {one.index.tokenizer}, V = {one.vocabulary:,}" for one, _ in train)
        raise CorpusError(f"{name}: its corpora have different tokens ({listed}). Take one tokenizer for all of them.")
    asked = [sorted((one.data_id, share) for one, share in train if share), [one.data_id for one in test]]
    data_id = hashlib.sha256(f"{FORMAT} composed 1 {asked}".encode()).hexdigest()[:16]
    try:
        return open_data(cache_dir, data_id)
    except StoreError:
        pass
    parts = _mixed([(one, share) for one, share in train if share], _held(test))
    if not parts:
        raise CorpusError(f"{name}: no training text is left: a corpus is empty, or all of it is in the test text.")
    return _written(name, data_id, (train, parts, test), cache_dir)


def _written(name: str, data_id: str, of: tuple[Shares, Sequence[Part], Sequence[Tokenised]], cache_dir) -> Tokenised:
    train, parts, test = of
    whole = [*(one for one, _ in train), *test]
    first = whole[0].index
    with written_whole(cache_dir / data_id) as folder:
        splits = {"train": _write_train(folder, parts, first.dtype), "val": _write_all(folder, "val", ())}
        splits["test"] = _write_all(folder, "test", test)
        kept = whole[0].folder / "tokenizer.json"
        if kept.exists():
            (folder / "tokenizer.json").write_bytes(kept.read_bytes())
        shares = ", ".join(f"{share:.3g} of {one.index.corpus}" for one, share in train)
        tested = " and ".join(dict.fromkeys(one.index.corpus for one in test))
        index = Index(
            FORMAT,
            data_id,
            name,
            first.tokenizer,
            first.vocabulary,
            first.dtype,
            data_id,
            first.tokenizer_fingerprint,
            f"Its training tokens: {shares}. Its test text is that of {tested}.",
            " ".join(dict.fromkeys(one.index.licence for one in whole)),
            {split: splits[split] for split in SPLITS},
            {},
            {path.name: file_digest(path) for path in sorted(folder.glob("*.bin"))},
            apart=True,
        )
        write_json(folder / "index.json", to_plain(index))
    return open_data(cache_dir, data_id)


def _held(test: Sequence[Tokenised]) -> set[bytes]:
    """Hash the documents of the test text."""
    found = set()
    for one in test:
        tokens, starts = one.split("test"), one.document_starts("test")
        found |= {_digest(part) for part in np.split(tokens, starts[1:])}
    return found


def _digest(tokens: np.ndarray) -> bytes:
    return hashlib.sha256(tokens.astype("<u4").tobytes()).digest()


def _mixed(train: Shares, held: set[bytes]) -> list[Part]:
    """Put the documents of all corpora in the order of what was read before them, divided by the corpus's share."""
    streams, ends = [], []
    for one, share in train:
        parts = _parts(one, held)
        before = np.cumsum([0, *(end - start for _, start, end in parts)]) / share
        streams.append((parts, before))
        ends.append(before[-1])
    limit = min(ends)
    placed = [
        (before[i], number, part)
        for number, (parts, before) in enumerate(streams)
        for i, part in enumerate(parts)
        if before[i + 1] <= limit * (1 + 1e-12)
    ]
    return [part for _, _, part in sorted(placed, key=lambda one: one[:2])]


def _parts(one: Tokenised, held: set[bytes]) -> list[Part]:
    """Cut the training text into documents, long ones in parts, without those of the test text."""
    tokens = one.split("train")
    starts = one.document_starts("train")
    found: list[Part] = []
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(tokens)], strict=True):
        if end - start <= LONGEST and held and _digest(tokens[start:end]) in held:
            continue
        found += [(one, place, min(end, place + LONGEST)) for place in range(start, end, LONGEST)]
    return found


def _write_train(folder: Path, parts: Sequence[Part], dtype: str) -> SplitFacts:
    texts = {id(one): one.split("train") for one, _, _ in parts}
    with open(folder / "train.bin", "wb") as file:
        for one, start, end in parts:
            file.write(texts[id(one)][start:end].astype(dtype, copy=False).tobytes())
    sizes = np.array([end - start for _, start, end in parts], "<i8")
    (folder / "train.starts.bin").write_bytes((np.cumsum(sizes) - sizes).astype("<i8").tobytes())
    return SplitFacts(len(parts), int(sizes.sum()), 0)


def _write_all(folder: Path, split: str, texts: Sequence[Tokenised]) -> SplitFacts:
    """Write the split of several texts one after the other."""
    starts, before = [np.zeros(0, "<i8")], 0
    with open(folder / f"{split}.bin", "wb") as file:
        for one in texts:
            for part in in_parts(one.split(split)):
                file.write(part.tobytes())
            starts.append(one.document_starts(split) + before)
            before += len(one.split(split))
    every = np.concatenate(starts).astype("<i8")
    (folder / f"{split}.starts.bin").write_bytes(every.tobytes())
    sizes = [one.index.splits[split].bytes for one in texts]
    return SplitFacts(len(every), before, sum(sizes) if all(sizes) else 0)
