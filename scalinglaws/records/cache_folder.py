"""The folder in which this user's computer keeps what can be made again: machine code, paces, digests of files."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """$XDG_CACHE_HOME/scalinglaws, by default ~/.cache/scalinglaws (XDG Base Directory Specification, version 0.8).

    As that says, a variable that is not set, or that is no absolute path, counts for nothing.

    Raises:
        RuntimeError: there is no home folder.
    """
    named = Path(os.path.expandvars("$XDG_CACHE_HOME"))
    return (named if named.is_absolute() else Path.home() / ".cache") / "scalinglaws"
