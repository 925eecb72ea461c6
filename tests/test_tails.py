"""Whatever runs measured, a study ends in its results and a page: random stores, by the maker of benchmarks/faults."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks" / "faults"))

import tails

QUICK = (30, 38, 94, 117)  # studies of two or three sizes: one loss huge, losses at random, all equal, rising


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return tails.texts(tmp_path_factory.mktemp("tails") / "text")


@pytest.mark.parametrize("seed", QUICK)
def test_a_study_of_any_losses_ends_in_a_page(seed, text, tmp_path):
    assert tails.tail(seed, text, tmp_path / "study", figures=False) == ""


@pytest.mark.slow
def test_a_thousand_random_studies_end_in_a_page():
    found = tails.measure(0, 1000)
    assert found.held, found.found[:20]
