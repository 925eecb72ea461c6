"""One rule, claim or correction that fails says so in its place, and the others stand."""

from dataclasses import replace

import numpy as np
import pytest
from audit_tables import plan, sound
from findings_tables import KAPLAN_ND, loss_of_size_and_data, made

from scalinglaws.auditing.all_rules import RULES
from scalinglaws.auditing.audit import audit
from scalinglaws.auditing.evidence import Evidence as Audited
from scalinglaws.auditing.evidence import optimal_scale
from scalinglaws.auditing.waterfall import waterfall
from scalinglaws.claims.claim import Claim, Part
from scalinglaws.claims.findings import CLAIMS
from scalinglaws.errors import FitError
from scalinglaws.measurements.family_tables import FamilyTables
from scalinglaws.results.attempt import Lacking, attempt
from scalinglaws.results.fitted import Estimate


def raising(failure):
    def make(*_):
        raise failure

    return make


def test_a_part_that_fails_becomes_the_phrase_that_says_why():
    assert attempt(lambda: 7, str) == 7
    assert attempt(raising(Lacking("a column tuned")), str) == "needs a column tuned"
    assert attempt(raising(FitError("no start")), str) == "needs points that can be fitted: no start"
    assert attempt(raising(KeyError("D")), str) == "internal error: KeyError ('D')"


def test_an_internal_error_names_the_line_of_ours_that_met_it():
    place = attempt(lambda: optimal_scale(None), str)
    assert place.startswith("internal error: AttributeError at auditing/evidence.py:")


def test_a_rule_that_fails_in_any_way_is_left_unchecked_and_takes_no_other_with_it():
    rule = replace(RULES["A1"], check=raising(ZeroDivisionError("float division by zero")))
    found = rule.judge(Audited(sound()))
    assert found.outcome == "not run"
    assert found.found.startswith("internal error: ZeroDivisionError at auditing/rule.py:")
    assert found.found.endswith("(float division by zero)")


def test_a_part_of_a_claim_that_fails_leaves_the_claim_undecided_and_keeps_the_other_parts():
    parts = [lambda: Part("half of it", Estimate(1.0, 0.9, 1.1), 0.5, text="half: 1"), raising(ValueError("no"))]
    verdict = Claim("S1", "a claim", "a test", lambda evidence: parts).judge(None)
    assert (verdict.outcome, verdict.measured) == ("undecided", "half: 1")
    assert [part.outcome for part in verdict.parts] == ["passed"]
    assert verdict.why.startswith("internal error: ValueError")
    verdict = Claim("S1", "a claim", "a test", raising(ValueError("no"))).judge(None)
    assert verdict.why.startswith("internal error: ValueError")


def test_where_no_size_is_optimal_a_plan_is_not_called_overtrained():
    flat = sound(truth=lambda n, d: 2.0 + 3e3 * d**-0.4 + 0 * n, noise=0.0)
    found = audit(flat, plans=(plan(),), only=["E10"]).findings[0]
    assert found.outcome == "not run"
    assert found.found.startswith("needs a fitted law with a term in N and one in D")
    with pytest.raises(Lacking):
        optimal_scale(Audited(flat).fit)


def test_models_without_layers_have_no_parameters_and_take_no_part_in_the_audit():
    points = sound()
    size = points["params_nonembedding"].copy()
    size[:4] = 0.0
    columns = {"N": "params_nonembedding"}
    found = audit(points.replace(params_nonembedding=size), columns=columns, only=["A3"]).findings[0]
    assert "nan" not in found.found
    assert "4 rows without a size, tokens or loss above 0 left out" in found.found


def test_corrections_that_cannot_be_read_say_why():
    steps = waterfall(Audited(sound().take(np.arange(2))))
    assert steps
    assert all(step.exponent is None and step.how.startswith("needs ") for step in steps)


def test_subsets_that_make_no_difference_to_the_loss_leave_the_other_claims_standing():
    rng = np.random.default_rng(0)

    def level(rows):
        for row in rows.runs:
            if row["family"] == "F-ND":
                alike = loss_of_size_and_data(row["params_nonembedding"], 1e13, **KAPLAN_ND.constants)
                row["loss_nats"] = float(alike) + 0.02 * rng.standard_normal()

    evidence = FamilyTables(*made(edit=level), draws=50)
    verdicts = {one.id: one.judge(evidence) for one in CLAIMS if one.id in ("S8", "S9")}
    assert verdicts["S9"].outcome == "undecided" and verdicts["S9"].missing
    assert "law 'kaplan-nd' is not identified: D_c went to zero" in verdicts["S9"].why
    assert "internal error" not in verdicts["S8"].why
