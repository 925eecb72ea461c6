"""The habits that can be read off the source: docstrings, quiet imports, links that lead somewhere, ruff's rules."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "scalinglaws"
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
DECLARATIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.If, ast.For)


@cache
def of_modules() -> list[tuple[str, bool, str, list[str], list[int]]]:
    """Read each module once: its name, whether it has content, its opening, what says nothing of itself, what it does.

    No tree is kept: with all 700 in memory the collector of garbage takes three times what parsing does.
    """
    read = ((path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))) for path in PACKAGE.rglob("*.py"))
    return [(name, bool(tree.body), opening(tree), public_without_docstring(tree), doings(tree)) for name, tree in read]


def public_without_docstring(tree: ast.Module) -> list[str]:
    """List the public functions, classes and methods of a module that say nothing of themselves."""
    missing = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            inside = node.body if isinstance(node, ast.ClassDef) else []
            methods = [n for n in inside if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")]
            missing += [f"{n.lineno} {n.name}" for n in (node, *methods) if not ast.get_docstring(n)]
    return missing


def opening(tree: ast.Module) -> str:
    """The first paragraph of a module's docstring."""
    return (ast.get_docstring(tree) or "").split("\n\n")[0]


def doings(tree: ast.Module) -> list[int]:
    """Lines of a module that do something when it is imported, beyond declaring."""
    return [node.lineno for node in tree.body[1:] if not isinstance(node, DECLARATIONS)]


def test_every_module_opens_with_one_sentence():
    openings = {name: first for name, filled, first, _, _ in of_modules() if filled}
    wrong = {name: first for name, first in openings.items() if not first.endswith((".", ":")) or "\n" in first}
    assert wrong == {}


def test_every_public_name_says_what_it_is():
    # A paper's formulas are described by their Law; forward is torch's protocol.
    missing = [
        f"{name}:{what}"
        for name, _, _, silent, _ in sorted(of_modules())
        for what in silent
        if not re.search(r"/laws/[a-z]+\d{4}(/[a-z]+)?\.py$", name) and not what.endswith(" forward")
    ]
    assert "\n".join(missing) == ""


def test_importing_a_module_does_nothing():
    busy = {name: lines for name, _, _, _, lines in of_modules() if lines}
    busy.pop("scalinglaws/__main__.py")  # python -m scalinglaws
    assert busy == {}


def test_a_module_without_manners_is_caught():
    rude = ast.parse(
        "import os\nos.makedirs('x')\ndef f():\n    pass\nclass A:\n    'Say.'\n    def g(self):\n        pass\n"
    )
    assert opening(rude) == ""
    assert doings(rude) == [2]
    assert public_without_docstring(rude) == ["3 f", "7 g"]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_to_a_file(page):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_ruff_finds_nothing():
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--output-format", "concise", "--no-cache", "."],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )
    if found.returncode != 0:
        pytest.fail(found.stdout + found.stderr, pytrace=False)
