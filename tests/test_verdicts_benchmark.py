"""The benchmark of verdicts counts what is wrong, and its page is of the claims and the worlds that there are."""

import re
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACE = ROOT / "benchmarks" / "findings"
sys.path.insert(0, str(PLACE))
spec = spec_from_file_location("findings_benchmark", PLACE / "run.py")  # other benchmarks have a run.py too
bench = sys.modules[spec.name] = module_from_spec(spec)
spec.loader.exec_module(bench)

from worlds import FALSE  # noqa: E402

from scalinglaws.claims.eight import EIGHT, RECIPE  # noqa: E402
from scalinglaws.claims.findings import CLAIMS  # noqa: E402


def test_the_bound_of_a_rate_without_errors_is_the_rule_of_three():
    assert bench.upper_bound(0, 299) == pytest.approx(0.01, rel=0.01)
    assert bench.upper_bound(3, 3) == 1.0
    assert bench.upper_bound(1, 20) > 1 / 20


def test_every_claim_about_the_world_is_false_in_one_world_and_belongs_to_one_of_the_eight_findings():
    planted = [id for one in FALSE for id in one.claims]
    grouped = [id for one in EIGHT for id in (*one.claims, *one.beside)]
    assert sorted(planted) == sorted(grouped) == sorted(bench.WORLD)
    assert sorted([*grouped, *RECIPE]) == sorted(claim.id for claim in CLAIMS)


def test_a_true_claim_that_fails_and_a_false_one_that_passes_are_counted_and_undecided_is_no_error():
    rows = [(0, 1, dict.fromkeys(bench.WORLD, "passed")), (0, 2, dict.fromkeys(bench.WORLD, "undecided"))]
    rows[1][2]["S6"] = "failed"
    rows += [(1, seed, dict.fromkeys(bench.WORLD, "failed") | {"S2": "passed"}) for seed in (1, 2)]
    text = bench.page(rows)
    assert "No true claim failed in more than 50.0% of the worlds" in text
    assert "No false claim passed in more than 100.0%" in text
    assert re.search(r"\| S6 \| 50\.0% \| 50\.0% \| 0\.0% \| 97\.5% \| 0\.0% \| 100\.0% \| 0\.0% \| 77\.6% \|", text)
    assert re.search(r"\| 2 \| S1, S6, S7 \| 50\.0% \| 50\.0% \| 0\.0% \|", text)


def test_no_verdict_is_wrong_in_one_world_of_each_kind_that_is_quick_to_judge():
    place = next(i for i, one in enumerate(FALSE, 1) if "S12" in one.claims)
    assert bench.judged(place, bench.FIRST_SEED) == {"S6": "failed", "S12": "failed", "S14": "failed", "S15": "failed"}


def test_the_page_has_every_claim_and_says_how_each_is_false():
    text = (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (S\d+) \| .* \| ([^|]+) \|$", text, re.M)
    assert rows == [(id, bench.STATED[id]) for id in bench.WORLD]
