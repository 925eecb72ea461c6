"""The pages say what the program does."""

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from scalinglaws.auditing.all_rules import RULES
from scalinglaws.cli.app import app
from scalinglaws.designing.read_study import presets, read_study
from scalinglaws.designing.study_file import Study
from scalinglaws.laws import LAWS
from scalinglaws.laws.pearce2024 import local_exponent, vocabulary_gamma
from scalinglaws.records.json_values import from_plain
from scalinglaws.run.run import Evaluation, Run, RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.studying.run_tables import curve_table, position_table, run_table

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
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (ROOT / "docs" / "README.md").read_text()))
    assert listed == {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}


def words_of(page: str) -> set[str]:
    """The words that a page sets in the type of code."""
    return set(re.findall(r"[\w.@=-]+", " ".join(re.findall(r"`([^`\n]+)`", (ROOT / page).read_text()))))


def test_every_column_of_a_set_of_families_stands_in_its_page():
    foreign = (("data:novels", "hash"),)
    spec = RunSpec(Shape(2, 16, 2, 8, 64), "stdlib", "bytes", "hash", 1000, 4, 1e-3, 2, foreign=foreign)
    evaluation = Evaluation(spec.steps, 1000, 1e-3, 3.0, foreign=(3.5,), by_position=(4.0, 3.5, 3.0, 2.5))
    run = Run(spec, "finished", "", (evaluation,), 1.0, 1000, by_position=(3.0,) * 8)
    tables = (run_table([run], {}, {}), curve_table([run]), position_table([run]))
    columns = {re.sub(r"@(T=)?\w+", lambda m: "@T=n" if m[1] else "@NAME", name) for t in tables for name in t.columns}
    assert len(columns) > 50
    assert columns - words_of("docs/families.md") == set()


def test_every_set_family_and_instrument_stands_in_the_page_of_families():
    page = (ROOT / "docs" / "families.md").read_text()
    sets = {name: study for name in presets() if hasattr(study := read_study(name), "studies")}
    assert {f"| `{name}` |" for name in sets if f"| `{name}` |" not in page} == set()
    families = {study.name for one in sets.values() for study in one.studies}
    assert {name for name in families if f"| {name} |" not in page} == set()
    files = {path.name for path in (ROOT / "scalinglaws" / "instruments").glob("[!_]*.py")}
    assert {name for name in files if f"| `{name}` |" not in page} == set()


def test_every_room_of_the_house_stands_in_the_page_for_contributors():
    package = ROOT / "scalinglaws"
    rooms = {path.stem for path in package.glob("[!_]*.py")}
    rooms |= {path.parent.name for path in package.glob("*/__init__.py")}
    listed = (ROOT / "CONTRIBUTING.md").read_text().split("### Every room")[1].split("\n## ")[0]
    named = set(re.findall(r"`(\w+)/?`", listed))
    assert rooms - named == set()
    assert named - rooms == set()


def test_what_the_first_page_says_of_the_shelf_and_the_audit_is_so():
    page = (ROOT / "README.md").read_text()
    laws = int(re.search(r"any of (\d+) published laws", page).group(1))
    assert laws <= len(LAWS) < laws + 10
    assert "fifty rules" in page and 45 <= len(RULES) <= 55


def test_the_tables_of_intervals_are_quoted_as_the_page_of_coverage_has_them():
    quoted = (ROOT / "docs" / "which.md").read_text().split("<!-- interval: written by")[1].split("<!-- end of")[0]
    coverage = (ROOT / "docs" / "coverage.md").read_text()
    tables = re.findall(r"(?:^\|.*\n)+", quoted, re.M)
    assert len(tables) == 4
    assert [table for table in tables if table not in coverage] == []


def test_the_exponents_that_vocabularies_foretell_are_those_of_the_page():
    page = (ROOT / "docs" / "families.md").read_text()
    head, *rows = re.findall(r"^\| (?:vocabulary|\d+) \|.*", page, re.M)
    sizes = [float(size) for size in re.findall(r"1e\d", head)]
    assert len(rows) == 4 and len(sizes) == 5
    for row in rows:
        vocabulary, *written = (float(cell) for cell in row.split("|")[1:7])
        gamma = vocabulary_gamma(vocabulary, 20)
        foretold = [local_exponent(n, gamma=gamma, alpha=0.3478, beta=0.3658) for n in sizes]
        assert written == [pytest.approx(g, abs=0.005001) for g in foretold]
