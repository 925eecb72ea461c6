"""Tables with one trap each, planned by in two commands: the truth is held, or the trap is named (benchmarks/door)."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks" / "door"))

from made_studies import STUDIES, best_size
from traps import right, tried

QUICK = ("a sweep of rates in each cell", "two tokenizers", "accuracy as loss")
DRAWS = ("--draws", "100")


def test_the_best_size_of_the_law_is_that_of_its_least_loss():
    assert best_size(1e21) == pytest.approx(1.870e9, rel=1e-3)


@pytest.mark.parametrize("name", QUICK)
def test_a_trap_does_no_harm(name, tmp_path):
    (study,) = (one for one in STUDIES if one.trap == name)
    seen = tried(study, True, 0, tmp_path, *DRAWS)
    assert right(study, seen), seen.said


def test_without_its_trap_a_table_is_planned_by_in_silence(tmp_path):
    seen = tried(STUDIES[3], False, 0, tmp_path, *DRAWS)
    assert seen.holds and seen.alarms == ()


def test_a_trap_that_is_neither_named_nor_within_the_interval_is_counted_as_harm(tmp_path):
    (study,) = (one for one in STUDIES if one.trap == "size and tokens exchanged")
    seen = tried(study, True, 0, tmp_path, *DRAWS)
    assert not seen.holds and right(study, seen)
    assert not right(STUDIES[0], seen)


@pytest.mark.slow
def test_twenty_of_twenty_traps_do_no_harm_and_at_most_one_clean_table_alarms(tmp_path):
    assert len(STUDIES) == 20
    harmed = [one.trap for one in STUDIES if not right(one, tried(one, True, 0, tmp_path, *DRAWS))]
    alarmed = [one.trap for one in STUDIES if tried(one, False, 0, tmp_path, *DRAWS).alarms]
    assert harmed == []
    assert len(alarmed) <= 1, alarmed
