"""The benchmark of verdicts counts what is wrong, and its page is of the claims and faults that there are."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import verdicts as bench  # noqa: E402
from findings_faults import FAULTS  # noqa: E402

from scalinglaws.claims.findings import CLAIMS  # noqa: E402

IDS = [claim.id for claim in CLAIMS]


def test_the_bound_of_a_rate_without_errors_is_the_rule_of_three():
    assert bench.upper_bound(0, 299) == pytest.approx(0.01, rel=0.01)
    assert bench.upper_bound(3, 3) == 1.0
    assert bench.upper_bound(1, 20) > 1 / 20


def test_a_true_claim_that_fails_and_a_false_one_that_passes_are_counted_and_undecided_is_no_error():
    true = [dict.fromkeys(IDS, "passed"), dict.fromkeys(IDS, "undecided") | {"S1": "failed"}]
    false = {id: ["failed", "undecided"] for id in IDS} | {"S2": ["passed", "failed"]}
    text = bench.page(true, false)
    assert f"failed in 1 of {2 * len(IDS)} verdicts" in text
    assert f"passed in 1 of {2 * len(IDS)} verdicts" in text
    assert "| S1 | 1 | 1 | 0 | 0 | 0 | 1 | 1 | 0 |" in text


def test_a_false_world_of_the_benchmark_fails_its_claim():
    assert bench.false_world("S25", bench.FIRST_SEED) == "failed"


def test_the_page_has_every_claim_and_its_totals():
    text = (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
    rows = {
        row[0]: [int(cell) for cell in row[1:]]
        for row in re.findall(r"^\| (\w+) " + r"\| (\d+) " * 8 + r"\|$", text, re.M)
    }
    assert list(rows) == [*IDS, "all"] and set(FAULTS) == set(IDS)
    assert rows["all"] == [sum(rows[id][column] for id in IDS) for column in range(8)]
    assert f"failed in {rows['all'][1]} of {sum(rows['all'][:4])} verdicts" in text
