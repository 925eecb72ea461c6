"""Every key of a study and every number of an option has its range beside its name, and one sentence for the rest."""

import importlib.util
import inspect
import re
import typing
from dataclasses import fields
from pathlib import Path

import pytest
from cli_made import spoken

from scalinglaws.cli.app import app
from scalinglaws.cli.limits import RANGES, require_numbers
from scalinglaws.designing.read_study import read_study
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import MisuseError, StudyError
from scalinglaws.records.json_values import from_plain
from scalinglaws.records.ranges import Range, range_of, require

SOUND = {"name": "s", "shapes": [[1, 8], [1, 16]], "tokens": [1e4]}
NUMBERS = [-1, -1.5, 0, float("nan"), float("inf"), float("-inf"), 1e12, 10**400, 1e300, True]
HOSTILE = [*NUMBERS, "", "x", "x" * 5000, [float("nan")], [[[1]]], [[1], [2]], [-1], [10**400], {}, [1e12], [""]]


@pytest.mark.parametrize("key", [field.name for field in fields(Study)])
def test_a_key_takes_a_value_within_its_range_or_says_in_one_line_what_it_takes(key):
    [field] = [one for one in fields(Study) if one.name == key]
    for value in HOSTILE:
        try:
            study = from_plain(Study, {**SOUND, key: value}, "s.toml")
        except StudyError as failure:
            told = str(failure)
            assert "\n" not in told and len(told) < 400, told
            assert key in told or (key in ("hold_out_seeds", "shapes") and "runs" in told), told
        else:
            assert within(getattr(study, key), range_of(field.type)), (key, value)


def within(value, allowed: Range | None) -> bool:
    """Say whether every number in a value lies in a range; a number without one is in none."""
    if isinstance(value, tuple):
        return all(within(one, allowed) for one in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return allowed is not None and allowed.holds(value)
    return True


def numeric(kind) -> bool:
    """Say whether a type holds a number, and no switch."""
    parts = [kind, *(part for one in typing.get_args(kind) for part in (one, *typing.get_args(one)))]
    return any(part in (int, float) for part in parts)


def test_every_number_of_a_study_and_of_every_option_has_a_range():
    lacking = [one.name for one in fields(Study) if numeric(one.type) and range_of(one.type) is None]
    assert lacking == []
    options = {
        name
        for command in app.registered_commands
        for name, one in inspect.signature(command.callback).parameters.items()
        if numeric(one.annotation)
    }
    assert options == set(RANGES)


@pytest.mark.parametrize("name", RANGES)
def test_a_number_of_an_option_outside_its_range_is_one_line_that_names_it(name):
    allowed = RANGES[name]
    middle = (allowed.low + min(allowed.high, allowed.low + 2)) / 2
    require_numbers({name: middle})
    for value in (
        *NUMBERS[3:6],
        10**400,
        allowed.low - 1,
        *[allowed.low] * allowed.above,
        *[allowed.high] * allowed.below,
    ):
        with pytest.raises(MisuseError) as failure:
            require_numbers({name: value})
        assert str(failure.value).startswith(f"--{name.replace('_', '-')} ")
        assert str(allowed) in str(failure.value)


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        (Range(0, 1), "x: it must be from 0 to 1."),
        (Range(0, 1e12, above=True), "x: it must be above 0 and at most 1e+12."),
        (Range(0, 4096, below=True, meaning="0 for none"), "x: it must be at least 0 and below 4,096 (0 for none)."),
        (Range(0, 1, above=True, below=True, why="Because."), "x: it must be between 0 and 1. Because."),
    ],
)
def test_a_range_is_said_in_words(allowed, said):
    with pytest.raises(MisuseError) as failure:
        require(1e13, allowed, "x")
    assert str(failure.value) == said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("fit chinchilla t.csv --draws 1e12", "'--draws'"),
        ("fit chinchilla t.csv --draws 1000000000000", "--draws 1000000000000: it must be from 10 to 100,000."),
        ("fit chinchilla t.csv --seed -1", "--seed -1: it must be from 0"),
        ("audit t.csv --level 2", "--level 2.0: it must be between 0 and 1."),
        ("fit chinchilla t.csv --tau 2", "--tau 2.0: it must be between 0 and 1."),
        ("fit chinchilla t.csv --nosuch", "No such option: --nosuch. See scalinglaws fit --help."),
        ("launch d --processes -2", "--processes -2: it must be from 0 to 4,096 (0 for one per core)."),
        ("design quickstart --device gpu", "--device 'gpu': it must be cpu, cuda"),
        ("study quickstart --device mps", "--device 'mps': it must be cpu, cuda"),
        pytest.param("study quickstart --device cuda:99", "Take --device cpu.", marks=pytest.mark.slow),  # loads torch
        ("train d r --device cuda:", "it must be cpu, cuda"),
        ("study quickstart --set seeds=1e12", "seeds = 1000000000000: it must be from 1 to 10,000."),
        ("study quickstart --set tokenizer=bpe:99999999", "end of a document) to 1,000,000"),
        ("study quickstart --set seeds=9000", "the maximum of one study is 20,000"),
        (
            "study quickstart --set evaluations=10000 --set seeds=20",
            "evaluations = 10,000 for each of up to 1,400 runs are 14,000,000 evaluations; the maximum of one study is "
            "5,000,000. Set evaluations = 3,571 or fewer",
        ),
        ("study quickstart --set qqq=1", "unknown key 'qqq'. 1"),
        ("study quickstart --set toknes=1", "Did you mean 'tokens'?"),
    ],
)
def test_what_lies_outside_is_one_line_before_anything_is_done(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = spoken(*words.split())
    assert (code, out, len(err.splitlines()[-1:])) == (2, "", 1), err
    assert message in err.splitlines()[-1] and len(err) < 400
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "store.json"]


@pytest.mark.parametrize("text", ["families = 1", "families = []", "families = [[]]"])
def test_a_set_of_families_is_a_list_of_names(text, tmp_path):
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(StudyError, match="must list names of files"):
        read_study(str(tmp_path / "s.toml"))


@pytest.mark.parametrize("text", ["a = " + "[" * 3000 + "]" * 3000, "n_ctx = " + "9" * 5000, "a = \x00"])
def test_a_file_that_cannot_be_parsed_is_one_line(text, tmp_path):
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(StudyError) as failure:
        read_study(str(tmp_path / "s.toml"))
    assert not re.search("\n", str(failure.value)) and "s.toml" in str(failure.value)


def test_the_page_of_limits_is_the_one_that_its_command_writes():
    root = Path(__file__).parents[1]
    spec = importlib.util.spec_from_file_location("limits_page", root / "benchmarks" / "limits.py")
    spec.loader.exec_module(made := importlib.util.module_from_spec(spec))
    assert (root / "docs" / "limits.md").read_text(encoding="utf-8") == made.page()
