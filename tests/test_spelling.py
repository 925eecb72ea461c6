"""One spelling throughout, that of CONTRIBUTING: British with -ise, and a word that is also a key as the key has it."""

import ast
import re
from pathlib import Path

import pytest
from test_glossary import ROOMS, texts

ROOT = Path(__file__).resolve().parents[1]
KEYS = "optimizer|tokenizer"  # spelled so in study files, arguments and PyTorch
OF_SIZE = r"\w*siz(?:e[sd]?|ing)"
AMERICAN = re.compile(
    rf"\b(?!(?:{KEYS})s?\b|{OF_SIZE}\b|prize|seize|horizon)[a-z]+iz(?:e[sdr]?|ers|ing|ations?)\b"
    r"|\b(?:optimiser|tokeniser|parameteri[sz])\w*"
    r"|\b(?:col|behavi|neighb|fav)or\w*|\bcenter(?:s|ed|ing)?\b|\banalyz\w+|\b(?:model|label|travel)(?:ed|ing)\b",
    re.I,
)
# Names, links, expressions and titles are quoted as they are; users spell their columns as they like.
CODE = re.compile(r"`[^`]*`|\"[^\"]*\"|\]\([^)]*\)|\w*[_.(=/]\w[\w.(/=]*|https?:\S+|\boptimizer optimiser\b")


def misspelt(text: str) -> list[str]:
    """List the words of a text in another spelling; names and code in it are not words."""
    return [found[0] for found in AMERICAN.finditer(CODE.sub(" ", text))]


def defined(text: str) -> list[str]:
    """List the names that a module defines: functions, classes, arguments and variables."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.append(node.name)
        elif isinstance(node, ast.arg):
            found.append(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.append(node.id)
    return found


OF_NUMBA = {"_finalize_final_module"}  # its method, which we replace under its own name


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_every_text_has_the_spelling_of_the_house(room):
    found = [
        f"{file.relative_to(ROOT)}:{line}: {word}"
        for file in ROOMS[room]
        for line, text in texts(file)
        for word in misspelt(text)
    ]
    assert found == []


def test_every_name_has_it_too():
    files = [
        file for folder in ("scalinglaws", "tests", "benchmarks", "pages") for file in (ROOT / folder).rglob("*.py")
    ]
    texts = ((file, file.read_text(encoding="utf-8")) for file in files)
    suspect = ((file, text) for file, text in texts if AMERICAN.search(text.replace("_", " ")))  # parsing takes longer
    names = ((file, name) for file, text in suspect for name in defined(text) if name not in OF_NUMBA)
    found = [f"{file.name}: {name}" for file, name in names if misspelt(name.replace("_", " "))]
    assert found == []


@pytest.mark.parametrize("text", ["minimized", "an optimiser", "tokenization", "parameterised", "colors", "centered"])
def test_another_spelling_is_found(text):
    assert misspelt(text)


@pytest.mark.parametrize(
    "text",
    ["minimised over sizes", "the optimizer and the tokenizer", "`scipy.optimize.minimize`", "resized, horizons"],
)
def test_the_spelling_of_the_house_and_the_names_of_libraries_pass(text):
    assert misspelt(text) == []
