"""The pages say what the program does."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from scalinglaws.cli.app import app
from scalinglaws.records import from_plain
from scalinglaws.settings import Study

ROOT = Path(__file__).parents[1]
VERBS = [command.name or command.callback.__name__ for command in app.registered_commands]


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_has_its_line_and_its_example(verb):
    page = (ROOT / "docs" / "commands.md").read_text()
    assert f"| `{verb}` |" in page
    assert f"`scalinglaws {verb} " in page


def test_the_page_of_commands_names_no_command_that_is_not_there():
    assert set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "commands.md").read_text(), re.M)) == set(VERBS)


def test_every_key_of_a_study_stands_in_its_page_with_its_default():
    page = (ROOT / "docs" / "studies.md").read_text()
    for field in dataclasses.fields(Study):
        if field.name not in ("name", "about"):
            assert f"`{field.name}`" in page, field.name
    row = next(line for line in page.splitlines() if line.startswith("| `lr_scale`"))
    study = Study("s", ((1, 8),), (1e5,))
    assert f"| {study.lr_scale:g}, {study.lr_exponent:g}, {study.lr_max:g} |" in row


def test_the_study_of_the_page_is_one(tmp_path):
    text = re.search(r"```toml\n(.*?)```", (ROOT / "docs" / "studies.md").read_text(), re.S).group(1)
    study = from_plain(Study, {"name": "page", **tomllib.loads(text)})
    assert study.seed_shape in study.shapes


def test_every_page_is_listed_and_every_listed_page_is_there():
    listed = set(re.findall(r"\]\((\w+\.md)\)", (ROOT / "docs" / "README.md").read_text()))
    assert listed == {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
