"""Read a study, or a set of studies, from a file or a preset by its name."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from ..errors import StudyError, nearest
from ..records.json_values import from_plain
from ..records.ranges import shown
from ..run.run import A_FILE, BY_PATH
from ..run.trainer import EACH_FOLDER
from .study_file import Families, Study, require_name

RENAMED = {"most_flops": "max_flops", "most_at_once": "max_sequences"}  # keys of a study file: old name -> new


def presets() -> dict[str, Path]:
    """Find the study files that come with the package: name -> path."""
    here = Path(__file__).parents[1]
    folder = here / "studies" if (here / "studies").is_dir() else here.parent / "studies"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read_study(name_or_path: str, changes: Mapping[str, object] | None = None) -> Study | Families:
    """Read a study from a file, or a preset by its name; a file with a key `families` is a set of studies.

    Such a file contains the settings that the families share. A folder of the same name beside it contains one
    FAMILY.toml per family, whose keys override the shared ones.

    Args:
        changes: keys that override those of the files.

    Raises:
        StudyError: no such file or preset, not TOML, an unknown key (the nearest known one is offered), a wrong value.
    """
    known = presets()
    path = known.get(name_or_path, Path(name_or_path))
    if not path.is_file():
        raise StudyError(
            f"no study file {name_or_path!r}, and no preset of that name.{nearest(name_or_path, known)} "
            f"Presets: {', '.join(known)}."
        )
    shared, changes = _read_toml(path), _of_today(dict(changes or {}), "the changes")
    if "families" not in shared:
        return from_plain(Study, {"name": path.stem, **shared, **changes}, str(path))
    names, about = shared.pop("families"), shared.pop("about", "")
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise StudyError(f"{path}: families = {shown(names)}; it must list names of files, such as ['F-N', 'F-D'].")
    studies = []
    for name in names:
        require_name(name)
        own = path.with_suffix("") / f"{name}.toml"
        if not own.is_file():
            raise StudyError(f"{path} lists the family {name!r}, and there is no {own}.")
        studies.append(from_plain(Study, {**shared, **_read_toml(own), **changes, "name": name}, str(own)))
    return Families(path.stem, tuple(studies), about)


def _read_toml(path: Path) -> dict:
    """Read a file's keys; paths of texts and of a law file are relative to the folder of the file that names them."""
    try:
        keys = tomllib.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise StudyError(f"{path} is not a study: its lists are nested too deep.") from None
    except (ValueError, OSError) as failure:  # bad TOML, bytes that are not UTF-8, integers of thousands of digits
        raise StudyError(f"{path} is not TOML: {' '.join(str(failure).split())}.") from None
    _of_today(keys, str(path))
    if path in presets().values():  # there are no texts in that folder: a path in a preset is a placeholder
        return keys
    return keys | _with_places(path.parent, keys)


def _with_places(folder: Path, keys: dict) -> dict[str, object]:
    """Give the keys that name files, relative to the folder of the study's file."""
    found: dict[str, object] = {}
    if isinstance(named := keys.get("law_file"), str) and named:
        found["law_file"] = str((folder / named).resolve())
    if isinstance(items := keys.get("items"), str) and items:
        found["items"] = str(folder / Path(items).expanduser())
    for key in ("corpus", "test_corpus", "tokenizer", "evaluate_on", "each_corpus", "domains"):
        if key in keys:
            found[key] = _each_from(folder, keys[key])
    if "trainer" in keys:
        found["trainer"] = _trainer_from(folder, keys["trainer"])
    return found


def _each_from(folder: Path, value: object) -> object:
    """Make every name in a value relative to the current folder; what is no name is left for its check."""
    if isinstance(value, str):
        return _from(folder, value)
    if isinstance(value, list):
        return [_each_from(folder, one) for one in value]
    return {name: _each_from(folder, one) for name, one in value.items()} if isinstance(value, dict) else value


def _trainer_from(folder: Path, trainer: object) -> object:
    """Let the command of a trainer start in the folder of the study's file, or in its `directory` relative to that."""
    if isinstance(trainer, str):
        trainer = {"command": trainer}
    if not isinstance(trainer, dict):
        return trainer
    directory = trainer.get("directory", "")
    if not isinstance(directory, str) or directory == EACH_FOLDER:
        return trainer
    return trainer | {"directory": str((folder / directory).resolve())}


def _of_today(keys: dict, where: str) -> dict:
    """Refuse a key under the name that it had in an earlier release."""
    for old, new in RENAMED.items():
        if old in keys:
            raise StudyError(f"{where}: the key {old!r} is called {new!r} now. Write {new} = {shown(keys[old])}.")
    return keys


def _from(folder: Path, name: str) -> str:
    """Make the path of a user's text or tokenizer, given relative to `folder`, relative to the current folder."""
    prefix = next((one for one in (*BY_PATH, A_FILE) if name.startswith(one)), name)
    place = name.removeprefix(prefix)
    if not place or place.startswith("~") or os.path.isabs(place) or os.path.relpath(folder) == ".":
        return name
    return prefix + os.path.join(os.path.relpath(folder), place)
