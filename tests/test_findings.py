"""Verdicts on the paper's claims: passed on tables made from the paper's laws, failed by the fault each is for."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from findings_faults import FAULTS, edited, quieter
from findings_tables import World, made, size

from scalinglaws.claims.claim import Part
from scalinglaws.claims.eight import judged_together
from scalinglaws.claims.findings import CLAIMS, findings
from scalinglaws.measurements.family_tables import FamilyTables
from scalinglaws.measurements.models import shape_panels
from scalinglaws.measurements.texts import other_texts
from scalinglaws.points.points import Points
from scalinglaws.results.fitted import Estimate

IDS = [f"S{number}" for number in range(1, 31) if number != 13]
QUIET = {"noise": 0.005, "seeds": 30, "repeats": 8}  # a quarter of the paper's noise from seed to seed, many seeds


@cache
def plain():
    return made()


@pytest.fixture(scope="module")
def sound():
    return {verdict.id: verdict for verdict in findings(*made(World(**QUIET)), draws=400)}


@pytest.fixture(scope="module")
def few_draws():
    return FamilyTables(*plain(), draws=50)


@pytest.fixture(scope="module")
def noisy():
    return {verdict.id: verdict for verdict in findings(*plain(), draws=400)}


@pytest.mark.parametrize("name", IDS)
def test_quiet_tables_made_from_the_paper_s_laws_pass(sound, name):
    assert sound[name].outcome == "passed", sound[name]


@pytest.mark.parametrize("name", IDS)
def test_at_the_paper_s_noise_a_true_claim_passes_or_is_undecided(noisy, name):
    assert noisy[name].outcome in ("passed", "undecided"), noisy[name]


def test_at_the_paper_s_noise_most_claims_can_be_decided(noisy):
    assert sum(verdict.outcome == "passed" for verdict in noisy.values()) >= 20


def test_a_verdict_prints_the_exponents_that_made_the_tables(noisy):
    assert "alpha_S 0.76" in noisy["S10"].measured
    assert "alpha_B 0.21" in noisy["S21"].measured
    assert "p_N derived 0.68" in noisy["S3"].measured
    assert "8 times the size needs 4.5" in noisy["S9"].measured


@pytest.mark.parametrize("name", IDS)
def test_every_part_has_an_interval_and_a_limit_and_its_outcome_follows_from_them(sound, noisy, name):
    for part in (*sound[name].parts, *noisy[name].parts):
        one = part.estimate
        assert one.low <= one.value <= one.high
        assert (part.low, part.high) != (None, None)
        inside = (part.low is None or part.low <= one.low) and (part.high is None or one.high <= part.high)
        assert part.outcome == ("passed" if inside or part.objection else "undecided")


def test_every_claim_has_a_fault():
    assert set(FAULTS) == set(IDS)
    assert [claim.id for claim in CLAIMS] == IDS


@pytest.mark.parametrize("name", FAULTS)
def test_a_claim_fails_by_the_fault_it_is_for(name):
    world, edit = FAULTS[name]
    one = next(claim for claim in CLAIMS if claim.id == name)
    verdict = one.judge(FamilyTables(*made(world or quieter(), edit=edit), draws=200))
    assert verdict.outcome == "failed", verdict
    assert "and the claim requires" in verdict.why
    assert any(part.outcome == "failed" for part in verdict.parts)


def _no_exponent_elsewhere(row):
    """Other texts' last losses that go up and down from size to size: a power of N has no exponent there."""
    for text in ("books", "wiki", "law"):
        row[f"loss_nats@{text}"] = 3.0 + 0.02 * np.sin(1e3 * row["params_nonembedding"] ** 0.5)


def test_the_losses_on_other_texts_follow_though_no_exponent_of_theirs_is_identified():
    evidence = FamilyTables(*made(edit=edited("runs", _no_exponent_elsewhere)), draws=200)
    follow, power = (next(claim for claim in CLAIMS if claim.id == name).judge(evidence) for name in ("S11", "S30"))
    assert follow.outcome == "passed", follow
    assert power.outcome == "undecided" and power.missing and "the exponent of N is not identified" in power.why, power
    rows = other_texts(evidence).rows
    assert len(rows) == 3 and all(row[3] and row[-4:] == (None,) * 4 for row in rows)


EMPTY = Points({"run_id": []}), Points({"run_id": []}), Points({"run_id": []})


def test_nothing_is_run_on_empty_tables():
    verdicts = findings(*EMPTY)
    assert {verdict.outcome for verdict in verdicts} == {"undecided"}
    assert all(verdict.missing and verdict.why.startswith("needs ") for verdict in verdicts)
    by_id = {verdict.id: verdict.why for verdict in verdicts}
    assert "family F-B (0 of at least 8 runs present)" in by_id["S21"]
    assert "family F-SHAPE (0 of at least 3 runs present)" in by_id["S2"]


@cache
def found_without(family):
    """The verdicts where the runs of one family are missing, those that other families hold too."""
    runs, curves, positions = plain()
    kept = np.array([family not in str(named).split() for named in runs["family"]])
    curves = curves.take(~np.isin(curves["run_id"], runs["run_id"][~kept]))
    return findings(runs.take(kept), curves, positions, draws=50)


@pytest.mark.parametrize(
    "family, claims", [("F-B", "S21 S10 S4"), ("F-ND", "S8 S9"), ("F-SHAPE", "S2 S29"), ("F-LR", "S24")]
)
def test_a_claim_without_its_family_says_which_one_it_needs(family, claims):
    verdicts = {verdict.id: verdict for verdict in found_without(family)}
    for name in claims.split():
        assert verdicts[name].outcome == "undecided"
        assert f"family {family} (0 of" in verdicts[name].missing[0]
    assert verdicts["S16"].outcome == "passed"


@pytest.mark.parametrize("family", ["F-N", "F-SEED", "F-B", "F-ND", "F-SHAPE", "F-LR"])
def test_no_claim_passes_without_a_number_whatever_is_missing(family):
    for verdict in found_without(family):
        measured = [part for part in verdict.parts if part.estimate is not None and part.estimate.low is not None]
        assert verdict.outcome != "passed" or (measured and len(measured) == len(verdict.parts)), verdict


@pytest.mark.parametrize("name", IDS)
def test_a_claim_whose_parts_lose_their_intervals_is_undecided(name, few_draws):
    one = next(claim for claim in CLAIMS if claim.id == name)
    parts = [part for part in (make() for make in one.parts(few_draws)) if isinstance(part, Part)]
    bare = [
        replace(part, estimate=lost) for part in parts for lost in (None, Estimate(1.0), Estimate(np.nan, 0.0, 1.0))
    ]
    assert parts and {part.outcome for part in bare} == {"not run"}
    verdict = replace(one, parts=lambda evidence: [lambda part=part: part for part in bare]).judge(few_draws)
    assert verdict.outcome == "undecided" and verdict.why.endswith("has no interval")


def test_three_sizes_give_no_curvature_and_so_no_verdict_on_a_bend():
    runs, curves, positions = plain()
    three = np.unique(runs["params_nonembedding"][runs["family"] == "F-N"])[-3:]
    kept = np.isin(runs["params_nonembedding"], three) | (runs["family"] == "F-ND")
    curves = curves.take(np.isin(curves["run_id"], runs["lineage"][kept]))
    verdict = next(c for c in CLAIMS if c.id == "S6").judge(FamilyTables(runs.take(kept), curves, positions, draws=50))
    assert verdict.outcome == "undecided"
    assert (
        "3 points do not determine a curvature" in verdict.measured
        and "of L(N) from one end to the other has no interval" in verdict.why
    )


@pytest.mark.parametrize(
    "low, high, outcome",
    [
        (0.6, 0.9, "passed"),
        (0.1, 0.4, "failed"),
        (0.4, 0.6, "undecided"),
        (0.5, 0.5, "passed"),
        (0.0, 1.0, "undecided"),
    ],
)
def test_a_sentence_says_what_was_measured_and_what_follows(low, high, outcome):
    part = Part("the share", Estimate((low + high) / 2, low, high), 0.5)
    assert part.outcome == outcome
    follows = {
        "passed": ", as required: ",
        "failed": ", and the claim requires ",
        "undecided": ", which does not decide whether it is",
    }
    assert part.sentence.startswith("the share is ") and follows[outcome] in part.sentence


@pytest.mark.parametrize(
    "value, low, high, objection, outcome, takes",
    [
        (0.6, 0.4, 0.8, False, "undecided", "2 times narrower, as from about 4 times the runs"),
        (0.6, 0.4, 0.8, True, "passed", ""),
        (0.3, 0.1, 0.7, False, "undecided", "2 times narrower"),
        (0.2, 0.1, 0.4, True, "failed", ""),
        (0.5001, 0.3, 0.7, False, "undecided", "another design"),
    ],
)
def test_an_objection_only_fails_and_an_undecided_part_says_what_it_takes(value, low, high, objection, outcome, takes):
    part = Part("the share", Estimate(value, low, high), 0.5, objection=objection)
    assert part.outcome == outcome
    assert takes in part.takes and bool(part.takes) == bool(takes)


def _hurt(row, rng):
    """Take away a number, or make a loss impossible, in one row of eight."""
    if rng.random() < 1 / 8:
        name = rng.choice(["loss_nats", "tokens", "steps", "lr", "d_model", "epochs", "batch_tokens"])
        row[name if name in row else "loss_nats"] = rng.choice([np.nan, -1.0]) if name == "loss_nats" else np.nan


@pytest.mark.parametrize("what", ["no effect of data", "holes in both tables"])
def test_no_table_ends_in_an_internal_error_or_fails_a_claim_that_it_does_not_contradict(what):
    rng = np.random.default_rng(1)

    def hurt(rows):
        for row in (*rows.runs, *rows.curves):
            _hurt(row, rng)

    no_effect = World(limited=lambda n, d: (1e13 / n) ** 0.076)
    tables = made(no_effect) if what == "no effect of data" else made(edit=hurt)
    verdicts = {verdict.id: verdict for verdict in findings(*tables, draws=20)}
    assert {one.outcome for one in verdicts.values()} <= {"passed", "failed", "undecided"}
    assert not [one.why for one in verdicts.values() if "internal error" in one.why]
    assert not [one.id for one in verdicts.values() if one.outcome == "failed"]
    assert what != "no effect of data" or verdicts["S9"].outcome == "undecided"


def test_each_of_the_eight_findings_follows_from_its_claims(sound):
    eight = judged_together(tuple(sound.values()))
    assert [one.number for one in eight] == list(range(1, 9)) and {one.outcome for one in eight} == {"passed"}
    changed = sound | {"S2": replace(sound["S2"], outcome="failed"), "S9": replace(sound["S9"], outcome="undecided")}
    changed["S29"] = replace(sound["S29"], outcome="failed")  # beside the first finding, and does not decide it
    outcomes = [one.outcome for one in judged_together(tuple(changed.values()))]
    assert outcomes == ["failed", "passed", "undecided", *["passed"] * 5]
    assert "S2, S29 failed" in judged_together(tuple(changed.values()))[0].why


def test_the_noise_of_a_seed_is_that_of_the_table():
    values = [FamilyTables(*made(seed=seed)).sigma.nats for seed in range(1, 9)]
    assert np.sqrt(np.mean([v.value**2 for v in values])) == pytest.approx(0.02, rel=0.25)
    assert sum(v.low <= 0.02 <= v.high for v in values) >= 6


def test_text_seen_more_than_four_times_is_no_unlimited_text():
    def often(rows):
        for row in rows.runs:
            if row["family"] == "F-N" and row["d_model"] == 512:
                row["epochs"] = 5.0

    evidence = FamilyTables(*made(edit=often))
    assert size(8, 512) not in evidence.longest["params_nonembedding"]
    assert size(12, 768) in evidence.longest["params_nonembedding"]


@pytest.mark.parametrize("epochs, counts", [(0.9, True), (2.0, False)])
def test_a_test_text_that_is_harder_limits_no_run_that_saw_its_text_once(epochs, counts):
    def harder(rows):
        for row in rows.runs:
            if row["family"] == "F-N" and row["d_model"] == 512:
                row |= {"epochs": epochs, "test_gap_nats": 1.0}

    evidence = FamilyTables(*made(World(noise=0.005), edit=harder))
    assert (size(8, 512) in evidence.longest["params_nonembedding"]) == counts


def test_shapes_are_judged_at_their_longest_horizon_and_shown_at_each():
    def also_shorter(rows):
        for row in [row for row in rows.runs if row["family"] in ("F-N", "F-SHAPE")]:
            early = row["family"] == "F-SHAPE" and row["n_layer"] >= 8  # deep models lag at first
            changed = {"tokens": row["tokens"] / 4, "loss_nats": row["loss_nats"] * (1.2 if early else 1.1)}
            rows.runs.append(row | changed | {"run_id": f"{row['run_id']}-short"})

    tables = made(edit=also_shorter)
    evidence = FamilyTables(*tables)
    assert next(claim for claim in CLAIMS if claim.id == "S2").judge(evidence).outcome == "passed"
    most = {}
    for tokens, knob, *_, above in shape_panels(evidence).rows:
        most[tokens] = max(most.get(tokens, 0), above) if knob == "d_model / n_layer" else most[tokens]
    short, long = (most[tokens] for tokens in sorted(most))
    assert long < 0.03 < short
