"""Multiple-choice items as tokens of a study's text: a folder of token files, one sequence for each choice."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import CorpusError, StoreError
from ..records.json_values import from_plain, read_json, to_plain, write_json
from ..tokenizers import SEPARATOR
from .in_text import in_text
from .items import Item, Part, read_items
from .token_files import FORMAT, SplitFacts, Tokenised, file_digest, open_data
from .tokenise import tokenizer_of, written_whole

KEPT = "items.json"  # in the folder, beside the tokens


@dataclass(frozen=True)
class ItemFacts:
    """What stands beside the tokens: of each item its number of choices and the place of the right one; and of each
    choice the first token that is scored, and its bytes of text (0 where it is token ids).
    """

    per: str
    counts: tuple[int, ...]
    answers: tuple[int, ...]
    firsts: tuple[int, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class ItemTokens:
    """Items as tokens: sequences of a context and one choice, choice after choice and item after item."""

    data: Tokenised
    facts: ItemFacts

    @property
    def data_id(self) -> str:
        """Hash of all that is scored: what `RunSpec.items` names."""
        return self.data.data_id

    @property
    def sequences(self) -> list[np.ndarray]:
        """The tokens of each choice after its context."""
        return np.split(np.asarray(self.data.split("test")), self.data.document_starts("test")[1:])

    @property
    def chance(self) -> float:
        """The accuracy of guessing."""
        return float(np.mean(1 / np.array(self.facts.counts)))

    def every(self, stride: int) -> tuple[list[np.ndarray], ItemFacts]:
        """Give the sequences and the facts of one item in `stride`."""
        ends = np.cumsum(self.facts.counts)
        taken = range(0, len(ends), stride)
        rows = [row for i in taken for row in range(ends[i] - self.facts.counts[i], ends[i])]
        counts, answers = (tuple(values[i] for i in taken) for values in (self.facts.counts, self.facts.answers))
        firsts, sizes = (tuple(values[row] for row in rows) for values in (self.facts.firsts, self.facts.sizes))
        sequences = self.sequences
        return [sequences[row] for row in rows], ItemFacts(self.facts.per, counts, answers, firsts, sizes)


def tokenise_items(name: str, like: Tokenised, cache_dir: Path, *, per: str = "", n_ctx: int) -> ItemTokens:
    """Read items and write them in the tokens of `like`; what was written before is kept.

    Context and choice are tokenised as one text, after the token that ends documents. A space is put between the two
    where neither has one. Scored are the tokens from the first in which the choices of an item differ from its context,
    so that a token that spans both is scored for every choice.

    Args:
        per: "byte", "token" or "choice"; by default "byte", and "token" of token ids.
        n_ctx: longest choice that can be scored; of longer sequences the beginning is cut off when they are.

    Raises:
        CorpusError: as `read_items`; or a choice is longer than `n_ctx`, or an id is not in the vocabulary.
    """
    symbols = like.index.tokenizer == "symbols"
    per = per or ("token" if symbols else "byte")
    if per == "byte" and symbols:
        raise CorpusError("items_per = 'byte', and the study's text is token ids: take 'token' or 'choice'.")
    items = read_items(Path(name), symbols=symbols)
    sequences, firsts, sizes = _of_ids(items, like) if symbols else _of_text(items, like)
    _require_short(name, items, [len(s) - first for s, first in zip(sequences, firsts, strict=True)], n_ctx)
    counts, answers = zip(*((len(item.choices), item.answer) for item in items), strict=True)
    facts = ItemFacts(per, counts, answers, tuple(firsts), tuple(sizes))
    dtype = np.dtype(like.index.dtype)
    digest = hashlib.sha256(f"{FORMAT} items 1 {like.index.tokenizer_fingerprint} {asdict(facts)}".encode())
    for one in sequences:
        digest.update(np.asarray(one, "<u4").tobytes() + b".")
    data_id = digest.hexdigest()[:16]
    try:
        return open_items(cache_dir, data_id)
    except StoreError:
        pass
    with written_whole(cache_dir / data_id) as folder:
        _write(folder, f"items:{name}", like, facts, [np.asarray(one, dtype) for one in sequences], data_id)
    return open_items(cache_dir, data_id)


def _write(folder: Path, name: str, like: Tokenised, facts: ItemFacts, sequences: Sequence[np.ndarray], data_id: str):
    lengths = np.array([len(one) for one in sequences], "<i8")
    for split, tokens, starts in (
        *((empty, np.zeros(0, like.index.dtype), lengths[:0]) for empty in ("train", "val")),
        ("test", np.concatenate(sequences), np.cumsum(lengths) - lengths),
    ):
        (folder / f"{split}.bin").write_bytes(tokens.tobytes())
        (folder / f"{split}.starts.bin").write_bytes(starts.astype("<i8").tobytes())
    write_json(folder / KEPT, to_plain(facts))
    digests = {path.name: file_digest(path) for path in sorted(folder.glob("*"))}
    splits = {split: SplitFacts(0, 0, 0) for split in ("train", "val")}
    splits["test"] = SplitFacts(len(sequences), int(lengths.sum()), sum(facts.sizes))
    index = replace(like.index, data_id=data_id, corpus=name, content=data_id, splits=splits, digests=digests)
    index = replace(index, origin="Multiple-choice items.", licence="", truth={}, apart=True)
    write_json(folder / "index.json", to_plain(index))


def open_items(cache_dir: Path, data_id: str) -> ItemTokens:
    """Open items that were written before, by the hash that names them.

    Raises:
        StoreError: there are none, or they have changed.
    """
    data = open_data(cache_dir, data_id)
    place = data.folder / KEPT
    return ItemTokens(data, from_plain(ItemFacts, read_json(place), str(place), StoreError))


def _of_ids(items: Sequence[Item], like: Tokenised) -> tuple[list, list[int], list[int]]:
    sequences: list = []
    firsts = []
    for item in items:
        if not item.asked:
            raise CorpusError(f"items: {item.place} has no token before its choices, so that their first has no cost.")
        for choice in item.choices:
            sequences.append((*item.asked, *choice))
            firsts.append(len(item.asked))
            if max(sequences[-1]) >= like.vocabulary:
                raise CorpusError(
                    f"items: {item.place} has the id {max(sequences[-1]):,}; the text has {like.vocabulary:,} of them, "
                    "from 0."
                )
    return sequences, firsts, [0] * len(firsts)


def _of_text(items: Sequence[Item], like: Tokenised) -> tuple[list, list[int], list[int]]:
    tokenizer = tokenizer_of(like)
    asked = [str(item.asked) for item in items]
    ends = [[_spaced(text, choice) for choice in item.choices] for text, item in zip(asked, items, strict=True)]
    before = tokenizer.encode([text.encode() for text in asked])
    texts = [text + end for text, each in zip(asked, ends, strict=True) for end in each]
    whole = iter(tokenizer.encode([text.encode() for text in texts]))
    sequences, firsts = [], []
    for context, each in zip(before, ends, strict=True):
        found = [np.asarray(next(whole)) for _ in each]
        first = 1 + min(_alike(context, one) for one in found)
        sequences += [np.concatenate([[SEPARATOR], one]) for one in found]
        firsts += [first] * len(found)
    return sequences, firsts, [len(end.encode()) for each in ends for end in each]


def _spaced(asked: str, choice: Part) -> str:
    """Put a space before a choice where neither it nor the text before it has one."""
    choice = str(choice)
    apart = not asked or asked[-1].isspace() or choice[0].isspace()
    return choice if apart else " " + choice


def _alike(context: np.ndarray, whole: np.ndarray) -> int:
    """How many tokens two sequences share at their beginning."""
    many = min(len(context), len(whole))
    differ = np.flatnonzero(np.asarray(context[:many]) != whole[:many])
    return int(differ[0]) if len(differ) else many


def _require_short(name: str, items: Sequence[Item], scored: Sequence[int], n_ctx: int):
    places = [item.place for item in items for _ in item.choices]
    for place, tokens in zip(places, scored, strict=True):
        if not 0 < tokens <= n_ctx:
            raise CorpusError(
                f"items: {name}: {place} has a choice of {tokens:,} tokens, and n_ctx = {n_ctx}: its cost needs 1 to "
                f"{n_ctx}. Shorten or remove it, or raise n_ctx."
            )


def told_of_items(items: ItemTokens, like: Tokenised, n_ctx: int) -> str:
    """Say how many items there are, how many texts are cut, and how many answers stand in the training text."""
    facts, sequences = items.facts, items.sequences
    cut = sum(len(one) > n_ctx + 1 for one in sequences)
    choices = f"{min(facts.counts)}" + (f" to {max(facts.counts)}" if len(set(facts.counts)) > 1 else "")
    said = [f"{len(facts.counts):,} of {choices} choices, chance {items.chance:.3g}, compared per {facts.per}"]
    if cut:
        said.append(
            f"{cut:,} of {len(sequences):,} texts with their choice are longer than n_ctx and cut at their beginning"
        )
    rights = np.cumsum(facts.counts) - np.array(facts.counts) + np.array(facts.answers)
    begun = 1 if any(facts.sizes) else 0  # text has the token that ends documents before it
    known = in_text(like.split("train"), [sequences[row][begun:] for row in rights])
    if known:
        said.append(f"{known:,} stand in the training text with the right answer: they measure memory")
    return f"items: {'; '.join(said)}"
