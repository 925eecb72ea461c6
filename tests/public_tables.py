"""Where the public run tables lie, for tests and benchmarks: in SCALINGLAWS_DATA, else beside the repository."""

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[1].parent / "shared" / "data"
DATA = Path(os.environ.get("SCALINGLAWS_DATA", _BESIDE)) / "runs"
TABLES = sorted(DATA.glob("*.csv"))
needs_tables = pytest.mark.skipif(not TABLES, reason="the public tables are not on this machine (SCALINGLAWS_DATA)")


def real(name: str) -> Path:
    """Give the path of a public table, or skip the test that asks for it."""
    if not (DATA / name).exists():
        pytest.skip(f"{name} is not on this machine (SCALINGLAWS_DATA)")
    return DATA / name
