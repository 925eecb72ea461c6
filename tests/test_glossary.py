"""The words of CONTRIBUTING's glossary: pages and messages use the field's word, and none of the others.

Searched are the pages of the docs (outside blocks of code) and every text of the package with a blank in it: messages,
docstrings, captions.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COUNTED = (
    "nats bits bytes tokens FLOPs points rows runs seeds sizes draws resamples steps evaluations parameters passes"
)
OF_EACH = "token byte step run row second hour cell size seed decade parameter device core GPU law fit resample paper"
AVOIDED = {
    "predict": r"\bfore(?:tell|told)\w*",
    "per": rf"\b(?:{COUNTED.replace(' ', '|')}) an? (?:{OF_EACH.replace(' ', '|')})\b",
    "maximum, minimum": r"\bthe (?:most|least) (?:of|a|an|that|any|which)\b|\bso many\b",
    "coverage": r"\b(?:hold|holds|held|holding) the (?:truth|true)\b",
    "held out": r"\bkept (?:back|from (?:a|all|any|every|the) fits?)\b|\bseen by no (?:fit|law)\b",
    "confidence interval": r"\bhonest (?:intervals?|bands?|errors?)\b",
    "report, warn": r"\b(?:un)?told\b",
    "distinguish": r"\btell(?:s|ing)? \w* ?apart\b",
    "depend on": r"\bhang(?:s|ing)? on\b",
    "differ from": r"\botherwise than\b|\bstray(?:s|ed|ing)?\b",
    "curve": r"\b(?:bends?|bending|bent)\b",
    "uncertain": r"\bloos(?:e|er|est|ely|eness)\b",
    "search, iterate": r"\bwalk(?:s|ed|ing)?\b",
    "support, determine": r"\bcarr(?:y|ies|ied) (?:a|an|no|the) (?:law|fit|exponent|number|verdict|line)\b",
    "has a loss of": r"\bloses?\b",
    "0.95": r"(?<![\w.:%/])\.\d+\b",
}
LEFT: dict[str, int] = {}


def texts(file: Path) -> list[tuple[int, str]]:
    """List the texts of a page or a module with the lines that they begin at."""
    written = file.read_text(encoding="utf-8")
    if file.suffix == ".md":
        blocks = re.sub(r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), written, flags=re.M | re.S)
        glossary = re.compile(r"^### Glossary\n.*?(?=^#)", re.M | re.S)
        return list(enumerate(glossary.sub(lambda part: "\n" * part[0].count("\n"), blocks).splitlines(), 1))
    found = [node for node in ast.walk(ast.parse(written)) if isinstance(node, ast.Constant)]
    return [(node.lineno, node.value) for node in found if isinstance(node.value, str) and " " in node.value]


def uses(text: str) -> list[tuple[str, str]]:
    """List the words to avoid in a text, each with the word to write."""
    found = [(word, match[0]) for word, pattern in AVOIDED.items() for match in re.finditer(pattern, text, re.I)]
    return [(word, said) for word, said in found if not (word == "has a loss of" and said[0] == "L")]


def rooms() -> dict[str, list[Path]]:
    """Name the files of each room: a unit of the package, the docs, the first pages."""
    package = ROOT / "scalinglaws"
    found = {unit.stem: sorted(unit.rglob("*.py")) for unit in package.iterdir() if unit.is_dir()}
    found["package"] = sorted(package.glob("*.py"))
    found["docs"] = sorted({*(ROOT / "docs").glob("*.md")} - {ROOT / "docs" / "api.md"})  # its texts are docstrings
    found["docs/laws"] = sorted((ROOT / "docs" / "laws").glob("*.md"))
    found["first pages"] = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "VISION.md", "CHANGELOG.md")]
    return {room: files for room, files in found.items() if files}


ROOMS = rooms()


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_uses_none_of_the_words_to_avoid(room):
    found = [
        f"{file.relative_to(ROOT)}:{line}: write {word!r} instead of {said!r}"
        for file in ROOMS[room]
        for line, text in texts(file)
        for word, said in uses(text)
    ]
    if found:
        some = "\n".join(found[:40])
        pytest.fail(f"{room} has {len(found)} words to avoid:\n{some}", pytrace=False)


def test_the_glossary_of_the_page_for_contributors_is_the_one_that_is_kept():
    glossary = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("### Glossary\n")[1].split("\n#")[0]
    words = [row.split("|")[1].strip() for row in re.findall(r"^\|.*\|$", glossary, re.M)[2:]]
    assert [word for word in words if word not in AVOIDED] == []
    assert list(AVOIDED) == words


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("laws ranked by how they foretold larger runs", "predict"),
        ("3 nats a token, 2 draws a cell", "per"),
        ("the most that any machine takes", "maximum, minimum"),
        ("how often intervals held the truth", "coverage"),
        ("sizes kept from every fit", "held out"),
        ("with honest intervals", "confidence interval"),
        ("a table that fails is told", "report, warn"),
        ("which laws can tell them apart", "distinguish"),
        ("the exponent does not hang on the way", "depend on"),
        ("a column counts otherwise than the paper", "differ from"),
        ("the line bends at small sizes", "curve"),
        ("the loosest direction", "uncertain"),
        ("where the fit walked", "search, iterate"),
        ("four sizes carry no law", "support, determine"),
        ("the largest size loses 1.4", "has a loss of"),
        ("coverage of .95", "0.95"),
    ],
)
def test_a_word_to_avoid_is_found(text, word):
    assert word in [found for found, _ in uses(text)]


@pytest.mark.parametrize("text", ["a token of 3 bytes", "0.95 and 1.5e3", "at most 3 runs", "the most influential run"])
def test_the_word_of_the_field_is_not_called_wrong(text):
    assert uses(text) == []


def test_blocks_of_code_and_the_glossary_itself_are_not_counted(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("told\n\n```sh\ntold\n```\n\n### Glossary\n\n| told |\n\n## Next\n\nuntold\n")
    assert [(line, uses(text)[0][1]) for line, text in texts(page) if uses(text)] == [(1, "told"), (13, "untold")]


if __name__ == "__main__":
    for one, files in sorted(ROOMS.items()):
        print(one, Counter(word for file in files for _, text in texts(file) for word, _ in uses(text)))
