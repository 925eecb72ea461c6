"""A folder that `save_to_disk` of Hugging Face's datasets wrote: its Arrow files in their order, and their splits."""

from pathlib import Path

from ..errors import CorpusError, StoreError
from ..records.json_values import read_json

SPLIT_NAMES = {"train": "train", "validation": "val", "valid": "val", "val": "val", "dev": "val", "test": "test"}


def is_saved_dataset(folder: Path) -> bool:
    """Say whether a folder holds a saved dataset, or a saved dictionary of them."""
    return (folder / "dataset_dict.json").is_file() or (folder / "state.json").is_file()


def saved_files(folder: Path) -> tuple[list[Path], dict[Path, str], str]:
    """List the files of a saved dataset.

    Returns:
        (paths, the split of each path where the names of the splits decide it, a sentence on the splits).

    Raises:
        CorpusError: a file that it names is missing, or it names none.
    """
    if (folder / "state.json").is_file():
        return _files(folder), {}, "Each document is assigned to a split by its hash."
    parts = {name: _files(folder / name) for name in _splits(folder)}
    chosen, said = splits_by_name(list(parts))
    paths = [path for name in chosen for path in parts[name]]
    splits = {path: split for name, split in chosen.items() if split for path in parts[name]}
    return paths, splits, said


def splits_by_name(names: list[str]) -> tuple[dict[str, str], str]:
    """Give the parts of a dataset that are read, each with its split; and a sentence on it.

    Where there is a part `train` beside one for another split, these parts are the splits, and any other part is left
    out. Otherwise every part is read, and its documents are assigned to splits by their hash.
    """
    known = {name: SPLIT_NAMES[name] for name in names if name in SPLIT_NAMES}
    if "train" not in known or len(set(known.values())) == 1:
        return dict.fromkeys(names, ""), "Each document is assigned to a split by its hash."
    others = [name for name in names if name not in known]
    left = f"; left out: {', '.join(others)}" if others else ""
    return known, f"Its parts {' and '.join(known)} are the splits{left}."


def _splits(folder: Path) -> list[str]:
    names = _json(folder / "dataset_dict.json").get("splits")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise CorpusError(f"{folder / 'dataset_dict.json'} names no splits. Save the dataset again.")
    return names


def _files(folder: Path) -> list[Path]:
    listed = _json(folder / "state.json").get("_data_files")
    names = [Path(str(one.get("filename"))).name for one in listed or [] if isinstance(one, dict)]
    if not names:
        raise CorpusError(f"{folder / 'state.json'} names no files of data. Save the dataset again.")
    for name in names:
        if not (folder / name).is_file():
            raise CorpusError(f"{folder / name} is missing, and state.json beside it names it. Save the dataset again.")
    return [folder / name for name in names]


def _json(path: Path) -> dict:
    try:
        found: dict = read_json(path, dict)
    except StoreError as problem:
        raise CorpusError(f"{problem}") from None
    return found
