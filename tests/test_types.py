"""What a type checker says: the public face is typed, and no room of the package gets worse."""

import importlib.util
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Errors that mypy still finds, by room; a room that is not here has none. They may only become fewer.
MOST_ERRORS = {
}


def mypy(*words: str) -> subprocess.CompletedProcess:
    """Run mypy in the project's root, with the settings of pyproject.toml."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed: make sets it up with the extra dev")
    command = [sys.executable, "-m", "mypy", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200)


def errors_by_room(report: str) -> Counter:
    """Count the errors of a report by the room, or the module of the root, where they stand."""
    lines = [line for line in report.splitlines() if ": error: " in line]
    return Counter(Path(line.split(":")[0]).parts[1].removesuffix(".py") for line in lines)


def test_errors_are_counted_by_room():
    report = (
        "scalinglaws/laws/x.py:3: error: bad\nscalinglaws/laws/y.py:4: note: so\nscalinglaws/errors.py:1: error: e\n"
    )
    assert errors_by_room(report) == {"laws": 1, "errors": 1}


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
def test_no_room_has_more_type_errors_than_it_had():
    said = mypy("scalinglaws")
    assert said.returncode in (0, 1), said.stderr
    found = errors_by_room(said.stdout)
    assert {room: many for room, many in found.items() if many > MOST_ERRORS.get(room, 0)} == {}, said.stdout
