"""The shelf of corpora: one file per kind, opened by name."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import CorpusError, unknown_name
from .corpus import Corpus
from .facts import open_facts
from .hub_datasets import open_hub_dataset
from .skills import open_skills
from .stdlib import open_stdlib
from .synthetic import open_synthetic
from .text import open_text
from .token_ids import open_token_ids

CORPORA = {
    "stdlib": "the library sources of the running Python: real text that is always there",
    "text:PATH": "a file, a folder or a glob of text, JSON lines, Parquet or Arrow; text:PATH#FIELD names the field",
    "bin:PATH": "token ids of your own, as nanoGPT's train.bin and val.bin; bin:PATH#vocabulary=V states how many",
    "hf:NAME": "a dataset of the Hugging Face hub; hf:NAME:CONFIGURATION#FIELD",
    "synthetic": "an artificial language whose entropy is known exactly; synthetic:KEY=VALUE,... sets its parameters",
    "facts": "questions of Zipf's frequencies and their answers, of known entropy and learning curve; facts:KEY=VALUE",
    "skills": "skills that each need one dimension of a model, of known powers of size and steps; skills:KEY=VALUE,...",
    "data:NAME": "a folder of text under the data folder",
}

MADE = {"synthetic": open_synthetic, "facts": open_facts, "skills": open_skills}
NAMED: Mapping[str, Callable[[str, str, int | None], Corpus]] = {"text": open_text, "hf": open_hub_dataset}

__all__ = ["CORPORA", "Corpus", "open_corpus"]


def open_corpus(name: str, *, limit_bytes: int | None = None, data_dir: Path | None = None) -> Corpus:
    """Open a corpus by name; nothing is read before `Corpus.read` is called.

    Args:
        name: "stdlib", "text:PATH", "bin:PATH#vocabulary=V", "hf:NAME", "data:NAME", "synthetic", "facts" or "skills",
            the last three alone or with ":KEY=VALUE,...".
        limit_bytes: maximum number of bytes of training text; validation and test text are never cut.
        data_dir: folder in which data:NAME is looked up, as NAME or corpora/NAME.

    Raises:
        NameUnknownError: no kind of corpus has this name.
        CorpusError: the text does not exist.
    """
    kind, _, rest = name.partition(":")
    if limit_bytes is not None and limit_bytes <= 0:
        raise CorpusError(f"limit_bytes = {limit_bytes}; it must be above 0.")
    if kind in MADE:
        if limit_bytes is not None:
            raise CorpusError(f"limit_bytes is for text; a synthetic corpus takes tokens: {kind}:tokens=1000000.")
        return MADE[kind](name)
    if kind == "bin":
        if limit_bytes is not None:
            raise CorpusError(f"limit_bytes is for text; token ids take tokens: {name},tokens=1000000.")
        return open_token_ids(name, rest)
    if name == "stdlib":
        return open_stdlib(limit_bytes)
    if kind in NAMED and rest:
        return NAMED[kind](name, rest, limit_bytes)
    if kind == "data" and rest:
        return open_text(name, str(_data_folder(name, rest, data_dir)), limit_bytes, "See the notes beside the data.")
    raise unknown_name("corpus", name, CORPORA)


def _data_folder(name: str, rest: str, data_dir: Path | None) -> Path:
    if data_dir is None:
        raise CorpusError(
            f"corpus {name!r} is read from the data folder, and no data folder is given. Set SCALINGLAWS_DATA to it."
        )
    places = [data_dir / "corpora" / rest, data_dir / rest]
    for place in places:
        if place.is_dir():
            return place
    there = sorted(
        path.name
        for parent in (data_dir / "corpora", data_dir)
        if parent.is_dir()
        for path in parent.iterdir()
        if path.is_dir() and path.name != "corpora"
    )
    raise CorpusError(f"corpus {name!r} is not in {data_dir}, which contains: {', '.join(there) or 'no folders'}.")
