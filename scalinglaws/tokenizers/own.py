"""A tokenizer of the user's own, from the tokenizer.json that Hugging Face's library `tokenizers` writes."""

import hashlib
from pathlib import Path

import numpy as np

from ..errors import CorpusError
from .bpe import ids_of, library
from .tokenizer import SEPARATOR, Tokenizer

OWN = "file:"  # prefix of the name of such a tokenizer


def own_path(name: str) -> Path:
    """Give the path of the tokenizer.json that a name such as file:PATH means; PATH may be the folder that holds it.

    Raises:
        CorpusError: there is no such file.
    """
    path = Path(name.removeprefix(OWN)).expanduser()
    path = path / "tokenizer.json" if path.is_dir() else path
    if not name.removeprefix(OWN) or not path.is_file():
        raise CorpusError(
            f"tokenizer {name!r}: {path} does not exist. Write the path of a tokenizer.json after 'file:', as in "
            "'file:my/tokenizer.json'."
        )
    return path


def digest_of_own(name: str) -> str:
    """Hash the file of a tokenizer; one whose file changes is another tokenizer.

    Raises:
        CorpusError: there is no such file, or it cannot be read.
    """
    return hashlib.sha256(_text(name).encode()).hexdigest()


def open_own(name: str) -> Tokenizer:
    """Open the tokenizer that file:PATH names.

    Raises:
        CorpusError: the file is missing, or is no tokenizer.json; or the package `tokenizers` is not installed.
    """
    return read_own(name, _text(name))


def read_own(name: str, json: str) -> Tokenizer:
    """Make a tokenizer from the content of its tokenizer.json.

    Id i of the file is id i + 1 here: id 0 ends every document, and is no text. The file's own marks for beginnings and
    ends are not added, text that spells one is text, and nothing is cut or padded.

    Raises:
        CorpusError: it is no tokenizer.json; or the package `tokenizers` is not installed.
    """
    try:
        model = library().Tokenizer.from_str(json)
    except CorpusError:
        raise
    except Exception as problem:  # the library raises no more precise class
        raise CorpusError(
            f"tokenizer {name!r} is no tokenizer.json of the package tokenizers: {str(problem)[:200]}. The method "
            "save_pretrained of a fast tokenizer of transformers writes one."
        ) from None
    model.encode_special_tokens = True
    model.no_truncation()
    model.no_padding()
    return Tokenizer(
        name=name,
        vocabulary=max(model.get_vocab(with_added_tokens=True).values(), default=-1) + 2,
        fingerprint=hashlib.sha256(f"shifted by 1: {json}".encode()).hexdigest(),
        encode=lambda documents: (ids + np.uint32(1) for ids in ids_of(model, documents)),
        decode=lambda ids: model.decode([int(i) - 1 for i in ids if i != SEPARATOR], skip_special_tokens=False),
        json=json,
    )


def _text(name: str) -> str:
    path = own_path(name)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as problem:
        raise CorpusError(f"tokenizer {name!r}: {path} cannot be read as text: {problem}.") from None
