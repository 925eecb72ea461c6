"""What a type checker says: the public face is typed, and no error is left anywhere in the package."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def mypy(*words: str) -> subprocess.CompletedProcess:
    """Run mypy in the project's root, with the settings of pyproject.toml."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed: make sets it up with the extra dev")
    command = [sys.executable, "-m", "mypy", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200)


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "scalinglaws" / "py.typed").read_bytes() == b""


@pytest.mark.slow
def test_a_typed_script_passes_the_strict_check():
    said = mypy("--strict", "--follow-imports=silent", "tests/typed_user.py")
    assert said.returncode == 0, said.stdout


@pytest.mark.slow
def test_a_mistyped_script_does_not_pass(tmp_path):
    (tmp_path / "wrong.py").write_text("import scalinglaws as sl\n\nsize: str = sl.law('chinchilla').at\n")
    said = mypy("--strict", "--follow-imports=silent", str(tmp_path / "wrong.py"))
    assert said.returncode == 1 and "Incompatible types in assignment" in said.stdout


@pytest.mark.slow
def test_the_package_has_no_type_error():
    said = mypy("scalinglaws")
    assert said.returncode == 0, f"{said.stdout}{said.stderr}"
