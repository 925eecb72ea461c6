"""Kills, full disks and bad input end in the right numbers or in one line: the quick part of benchmarks/faults."""

import importlib
import importlib.util
import sys
from pathlib import Path

import pytest

SEEDS = {"tails": 1}  # a study of three sizes
FOLDER = Path(__file__).parents[1] / "benchmarks" / "faults"
sys.path.insert(0, str(FOLDER))


def load_run():
    """Other benchmarks have a run.py too: this one goes by another name."""
    spec = importlib.util.spec_from_file_location("faults_run", FOLDER / "run.py")
    sys.modules["faults_run"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


faults = load_run()
counts = importlib.import_module("counts")


def test_a_table_has_a_row_a_part_keeps_those_not_run_and_fails_where_anything_did_not_hold(tmp_path, monkeypatch):
    for name, what in (("made", "made-up faults"), ("more", "more of them")):
        monkeypatch.setitem(faults.PARTS, name, faults.Part(what, 1000, 10))
    rows = {
        "made-up faults": faults.row("made", counts.Counts(tries=1000, tracebacks=2, differing=1)),
        "more of them": faults.row("more", counts.Counts(tries=7, miscounted=0, untold=3)),
    }
    text = faults.table(rows)
    assert text.splitlines()[-2:] == [
        "| made-up faults | 1,000 | 2 | 0 | 1 |  |  |",
        "| more of them | 7 | 0 | 0 | 0 | 0 | 3 |",
    ]
    page = tmp_path / "page.md"
    page.write_text(f"before\n{faults.BEGIN}\nold\n{faults.END}\nafter")
    faults.write(page, text)
    assert page.read_text() == f"before\n{faults.BEGIN}\n\n{text}\n\n{faults.END}\nafter"
    assert faults.table(faults.rows_in(page)) == text
    assert counts.Counts(tries=5).held and (counts.Counts(tries=5) + counts.Counts(tries=2, untold=0)).tries == 7
    assert not counts.Counts(tries=5, hangs=1).held and not counts.Counts(untold=1).held


LONG = ("disk", "kills", "placed", "own", "on_slurm", "on_ray")  # of kills a default test is in test_launch


@pytest.mark.parametrize(
    "part", [pytest.param(part, marks=[pytest.mark.slow] if part in LONG else []) for part in faults.PARTS]
)
def test_nothing_of_the_quick_part_breaks(part):
    try:
        counted = importlib.import_module(part).measure(seed=SEEDS.get(part, 0), size=faults.PARTS[part].quick)
    except counts.Missing as why:
        pytest.skip(str(why))
    assert counted.held, counted.found
    assert counted.tries >= faults.PARTS[part].quick
