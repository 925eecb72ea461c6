"""Published results follow from their data, or it is known which choice stands between."""

import importlib.util
from functools import cache
from pathlib import Path

import pytest

from . import REPRODUCTIONS, Comparison, TableMissing, compared

ROOT = Path(__file__).resolve().parents[2]
HOLDING = [one.name for one in REPRODUCTIONS.values() if not one.choice]
DIFFERING = [one.name for one in REPRODUCTIONS.values() if one.choice]
MINIMISED = [one.name for one in REPRODUCTIONS.values() if "objective" in one.published]


@cache
def ours_beside_theirs(name: str) -> dict[str, Comparison]:
    try:
        return {found.quantity: found for found in compared(REPRODUCTIONS[name])}
    except TableMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.parametrize("name", HOLDING)
def test_a_published_result_follows_from_its_data(name):
    assert [found for found in ours_beside_theirs(name).values() if not found.holds] == []


@pytest.mark.parametrize("name", DIFFERING)
def test_a_result_that_does_not_follow_is_off_and_the_choice_named_brings_it_back(name):
    off = [found for found in ours_beside_theirs(name).values() if not found.holds]
    assert off, f"{name} holds: it needs no choice to explain it"
    explanation = REPRODUCTIONS[name].explained_by
    if explanation:
        explained = ours_beside_theirs(explanation)
        assert [found.quantity for found in off if not explained[found.quantity].holds] == []


@pytest.mark.parametrize("name", MINIMISED)
def test_our_objective_is_not_above_theirs(name):
    found = ours_beside_theirs(name)["objective"]
    assert found.ours <= found.theirs + found.within * 0.1


def test_porians_corrections_lower_the_exponent_one_after_the_other():
    corrected = [name for name in REPRODUCTIONS if name.startswith("porian") and not name.endswith(("optima", "form"))]
    found = [ours_beside_theirs(name)["a"].ours for name in corrected]
    assert len(found) == 5 and found == sorted(found, reverse=True)


def test_explanations_are_reproductions_that_hold_of_the_same_source():
    for one in REPRODUCTIONS.values():
        if one.explained_by:
            other = REPRODUCTIONS[one.explained_by]
            assert not other.choice and other.source == one.source, one.name


def test_every_reproduction_says_whose_it_is_and_how_it_is_made():
    for one in REPRODUCTIONS.values():
        assert one.source and one.how and one.grounds and one.published, one.name
        assert all(number.within > 0 for number in one.published.values()), one.name
        assert not one.choice or one.choice.endswith("."), one.name


@pytest.mark.parametrize("name", ["besiroglu-2024-least-absolute", "gadre-2024-c4", "pearce-2024-besiroglu"])
def test_a_number_changed_by_five_per_cent_is_noticed(name):
    for found in ours_beside_theirs(name).values():
        assert not Comparison(found.quantity, found.ours * 1.05, found.theirs, found.within).holds


def test_the_page_of_published_results_is_what_they_come_to_now():
    spec = importlib.util.spec_from_file_location("golden_page", ROOT / "benchmarks" / "golden.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    page = (ROOT / "docs" / "golden.md").read_text(encoding="utf-8").splitlines()
    now = bench.whole_page({name: tuple(ours_beside_theirs(name).values()) for name in REPRODUCTIONS}).splitlines()
    if [_without_ours(line) for line in page] != [_without_ours(line) for line in now]:
        pytest.fail(
            "docs/golden.md is out of date. Run: python benchmarks/golden.py --write docs/golden.md", pytrace=False
        )
    for then, line in zip(page, now, strict=True):
        if _is_number(line):
            ours, within = _cells(then)[2], _cells(line)[5]
            assert float(_cells(line)[2]) == pytest.approx(float(ours), abs=0.05 * float(within)), line


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _is_number(line: str) -> bool:
    return line.startswith("|") and _cells(line)[-1] in ("holds", "**off**")


def _without_ours(line: str) -> str:
    """A row without our value and the difference, whose last digits are of the machine."""
    return " | ".join(cell for i, cell in enumerate(_cells(line)) if i not in (2, 4)) if _is_number(line) else line
