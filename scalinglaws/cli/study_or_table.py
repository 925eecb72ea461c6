"""Verbs that take a study's folder or a table of runs: which options are for a table alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import MisuseError


def refuse_for_a_study(folder: Path, asked: Mapping[str, Any], usual: Mapping[str, Any]):
    """Refuse options of a table where a study's folder is given, whose results are made already.

    Raises:
        MisuseError: one is given that is not as usual.
    """
    given = next((name for name, value in asked.items() if value != usual.get(name)), None)
    if given:
        raise MisuseError(
            f"--{given.replace('_', '-')} is for a table of runs; {folder} is a study's folder, whose file says what "
            f"is fitted. To get its runs as a table: scalinglaws points {folder} --to points.csv"
        )
