"""Hugging Face datasets by name: downloaded, or found where they were downloaded before, by the package datasets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import CorpusError
from .corpus import Corpus, Documents, split_documents, stamp_of
from .saved_datasets import splits_by_name
from .text_files import tidied
from .text_in_json import evident_field, wrong_field
from .text_in_tables import texts_of


def open_hub_dataset(name: str, rest: str, limit_bytes: int | None = None) -> Corpus:
    """Open a dataset of the Hugging Face hub, or a folder that its package loads, as a corpus.

    Its parts train, validation and test are the splits; where it has no others beside train, documents are assigned to
    splits by their hash.

    Args:
        name: the whole name of the corpus, for messages.
        rest: NAME, NAME:CONFIGURATION or either with #FIELD, such as "Salesforce/wikitext:wikitext-2-raw-v1#text".

    Raises:
        CorpusError: the package datasets is not installed, or it cannot load the dataset.
    """
    named, _, field = rest.partition("#")
    path, _, configuration = named.partition(":")
    parts = _loaded(name, path, configuration)
    chosen, said = splits_by_name(list(parts))
    facts = [(one, parts[one]._fingerprint, len(parts[one])) for one in chosen]
    rows = sum(len(parts[one]) for one in chosen)
    licence = next((one.info.license for one in parts.values() if one.info.license), "")
    return Corpus(
        name=name,
        origin=f"the dataset {named!r} as the package datasets loads it, {rows:,} rows. {said}",
        licence=f"As its page says: {licence}." if licence else "As its owner states.",
        stamp=stamp_of("hf", facts, field, limit_bytes),
        read=lambda: _read(name, {one: parts[one] for one in chosen}, chosen, field, limit_bytes),
    )


def _loaded(name: str, path: str, configuration: str) -> Mapping[str, Any]:
    try:
        import datasets
    except ImportError:
        raise CorpusError(
            f"corpus {name!r} needs the package datasets, which is not installed: pip install 'scalinglaws[datasets]'. "
            "A dataset that was saved with save_to_disk needs only polars: name its folder as text:FOLDER."
        ) from None
    try:
        datasets.disable_progress_bars()
        return dict(datasets.load_dataset(path, configuration or None))
    except Exception as problem:  # the package raises errors of many others: of the network, of files, of formats
        why = " ".join(str(problem).split())[:300].rstrip(".")
        raise CorpusError(
            f"corpus {name!r} cannot be loaded: {type(problem).__name__}: {why}. A name is OWNER/NAME, with its "
            "configuration after a colon. Without a network, load it where there is one, save it with "
            "save_to_disk('FOLDER'), and name that folder as text:FOLDER."
        ) from None


def _read(name: str, parts: dict, splits: dict[str, str], field: str, limit_bytes: int | None) -> Documents:
    given: dict[str, list[bytes]] = {}
    loose: list[bytes] = []
    for part, rows in parts.items():
        documents = tidied(texts_of(f"{name}, part {part}", _column(name, part, rows, field)))
        if splits[part] in ("val", "test"):
            given.setdefault(splits[part], []).extend(documents)
        else:
            loose += documents
    if not loose:
        raise CorpusError(f"corpus {name!r} contains no text. Name another dataset, or another field after a #.")
    return split_documents(name, loose, given, limit_bytes)


def _column(name: str, part: str, rows: Any, field: str) -> list:
    first = rows[0] if len(rows) else {}
    texts = {one for one, kind in rows.features.items() if getattr(kind, "dtype", "") in ("string", "large_string")}
    record = {one: str(first.get(one) or "") if one in texts else None for one in rows.column_names}
    field = field or evident_field(Path(name), f"part {part}", record)
    if record.get(field) is None:
        raise wrong_field(Path(name), f"part {part}", field, record)
    return list(rows[field])
