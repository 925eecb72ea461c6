"""The notebooks of the docs run from end to end, and the pages beside them show their code."""

import json
import re
from pathlib import Path

import pytest
from script_loaded import script

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "notebooks"
TRAINS = {"own-text"}  # a small study: minutes on a busy machine
NOTEBOOKS = [
    pytest.param(path, id=path.stem, marks=[pytest.mark.slow] if path.stem in TRAINS else [])
    for path in sorted(FOLDER.glob("*.ipynb"))
]


@pytest.fixture(scope="module")
def notebooks():
    return script("pages/notebooks.py")


@pytest.mark.parametrize("path", NOTEBOOKS)
def test_a_notebook_runs_and_shows_what_its_page_shows(notebooks, path):
    if path.stem in TRAINS:
        pytest.importorskip("torch")
    shown = notebooks.run(path)
    kinds = [(bool(one.printed), bool(one.value), bool(one.rich), len(one.figures)) for one in shown]
    kept = [cell["outputs"] for cell in notebooks.code_cells(path)]
    assert kinds == [kinds_of(outputs) for outputs in kept]
    assert sum(figures for *_, figures in kinds) >= 1
    assert sum(rich for _, _, rich, _ in kinds) >= 1


def kinds_of(outputs: list[dict]) -> tuple[bool, bool, bool, int]:
    """Say what kinds of output a cell of a notebook keeps: print, a value, a value as HTML, figures."""
    data = [one.get("data", {}) for one in outputs]
    printed = any(one["output_type"] == "stream" for one in outputs)
    plain, rich = (any(kind in one for one in data) for kind in ("text/plain", "text/html"))
    return printed, plain, rich, sum("image/png" in one for one in data)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_page_of_a_notebook_holds_its_text_its_code_and_its_figures(notebooks, path):
    page = path.with_suffix(".md").read_text(encoding="utf-8")
    for cell in notebooks.cells(path):
        assert "".join(cell["source"]) in page, f"{path.stem} has changed. Run: python pages/notebooks.py {path.stem}"
    figures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", page)
    assert figures and all((FOLDER / name).read_bytes().startswith((b"\x89PNG", b"<svg xmlns")) for name in figures)
    assert {figure.name for kind in ("png", "svg") for figure in FOLDER.glob(f"{path.stem}-*.{kind}")} == set(figures)
    for kind, most in ((".png", 200_000), (".svg", 250_000)):
        assert sum((FOLDER / name).stat().st_size for name in figures if name.endswith(kind)) < most
    assert "<svg" not in page  # a text that people read


def first_lines(page: str) -> str:
    """Give the first block of Python on a page."""
    return re.search(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.S)[1]


def test_the_docs_open_with_the_first_lines_of_the_readme():
    assert first_lines("README.md") == first_lines("docs/README.md")


def test_an_error_in_a_cell_ends_the_run(notebooks, tmp_path):
    cell = {"cell_type": "code", "source": ["1 / 0"]}
    (tmp_path / "wrong.ipynb").write_text(json.dumps({"cells": [cell]}))
    with pytest.raises(ZeroDivisionError):
        notebooks.run(tmp_path / "wrong.ipynb")


@pytest.mark.parametrize(
    ("source", "printed", "value"),
    [("x = 1\nx + 1", "", "2"), ("x = 1\nx + 1;", "", ""), ("print('a')", "a\n", ""), ("x = 1", "", "")],
)
def test_a_cell_shows_its_last_line_unless_it_ends_in_a_semicolon(notebooks, source, printed, value):
    shown = notebooks.run_cell(source, {}, "cell")
    assert (shown.printed, shown.value) == (printed, value)
