"""Verdicts on the paper's claims: passed on tables made from the paper's laws, failed by the fault each is for."""

import numpy as np
import pytest
from findings_tables import KAPLAN_ND, World, floor, loss_of_size_and_data, made, size

from scalinglaws.claims.findings import CLAIMS, findings
from scalinglaws.measurements.family_tables import FamilyTables
from scalinglaws.measurements.models import shape_panels
from scalinglaws.measurements.texts import other_texts
from scalinglaws.points.points import Points

IDS = [f"S{number}" for number in range(1, 32)]
NO_TABLE = {"S13", "S31"}  # a matter of figures, and one of record
LARGE = size(12, 768)


@pytest.fixture(scope="module")
def sound():
    return {verdict.id: verdict for verdict in findings(*made())}


@pytest.mark.parametrize("name", IDS)
def test_tables_made_from_the_paper_s_laws_pass(sound, name):
    assert sound[name].outcome == ("not run" if name in NO_TABLE else "passed"), sound[name]


def test_a_verdict_prints_the_exponents_that_made_the_tables(sound):
    assert "alpha_S 0.76" in sound["S10"].measured
    assert "alpha_B 0.21" in sound["S21"].measured
    assert "p_N derived 0.68" in sound["S3"].measured
    assert "8 times the model needs 4.5" in sound["S9"].measured


def _edited(table, edit):
    def change(rows):
        for row in getattr(rows, table):
            edit(row)

    return change


def _first(table, wanted, **new):
    def change(rows):
        row = next(row for row in getattr(rows, table) if wanted(row))
        row.update(new)

    return change


def _doubled_steps(row):
    if row["params_nonembedding"] > LARGE and row["phase"] == "constant":
        row["steps"] *= 2


def _another_law(n):
    """Curves whose step term grows with size: they share no law L(N, S)."""
    return {"S_c": 2.1e3 * (n / 1e7) ** 0.35}


STEEP = {"N_c": 3.9e8, "alpha_N": 0.3, "S_c": 2.1e3, "alpha_S": 0.4}  # aC/aN = .31: data takes most of the compute


def _bent(n, d):
    """Slopes in N that grow along a row of little data."""
    return loss_of_size_and_data(n, d, **KAPLAN_ND.constants) * np.exp(-0.008 * np.log(n / 4e5) ** 2)


def _flat(n, d):
    """A loss that wanders and does not fall with data."""
    return floor(World(), n) + (0.5 + 0.05 * np.sin(1e3 * np.log(d)) if np.isfinite(d) else 0.0)


def _one_size_apart(n, d):
    loss, least = (loss_of_size_and_data(n, x, **KAPLAN_ND.constants) for x in (d, np.inf))
    return least + (loss - least) * (2.5 if n == size(8, 512) else 1.0)


def _shape(knob):
    def factor(layers, width, heads, ff):
        return {
            "aspect": 1 + 0.08 * (layers >= 8),
            "heads": 1 + 0.3 * np.log(heads),
            "ff": 1 + 0.1 * (ff > 10 * width),
        }[knob]

    return factor


def _foreign(slope=1.0, factor=1.0):
    return {"books": (1.0, 0.05, 1.0), "wiki": (slope, 0.0, factor), "law": (0.98, 0.1, 1.0)}


FAULTS = {
    "S1": (World(converged=lambda n: 0.25 * np.log(7.1e12 / n)), None),
    "S2": (World(shape=_shape("aspect")), None),
    "S3": (World(of_size=_another_law), None),
    "S4": (World(below=lambda n: 0.5 * (n == LARGE)), None),
    "S5": (World(shape=_shape("heads")), None),
    "S6": (World(converged=lambda n: 1.8 + (1e6 / n) ** 0.2), None),
    "S7": (World(limited=_flat), None),
    "S8": (World(limited=_bent), None),
    "S9": (World(limited=_one_size_apart), None),
    "S10": (World(of_size=lambda n: {"alpha_S": 0.5} if n == LARGE else {}), None),
    "S11": (World(foreign=_foreign(slope=1.3)), None),
    "S12": (World(shift=lambda n: 1 + 9 * (n == LARGE)), None),
    "S14": (World(shift=lambda n: 1 + 9 * (n == LARGE)), None),
    "S15": (World(shift=lambda n: 1 + 9 * (n == LARGE)), None),
    "S16": (None, _first("runs", lambda row: True, flops_6nd=1e20)),
    "S17": (World(below=lambda n: 0.5 * (n == LARGE)), None),
    "S18": (World(k=STEEP), None),
    "S19": (World(k=STEEP), None),
    "S20": (None, _edited("curves", _doubled_steps)),
    "S21": (World(critical_of=lambda n: 5.0 if n == LARGE else 1.0), None),
    "S22": (None, _first("runs", lambda row: row["family"] == "F-N", lr=3e-3, d_model=192)),
    "S23": (None, _first("runs", lambda row: row["params_nonembedding"] > 1e9, optimizer="adam")),
    "S24": (World(schedule={"linear": 0.05}), None),
    "S25": (None, _first("curves", lambda row: row["phase"] == "warm-up", lr=5e-4)),
    "S26": (World(shape=_shape("ff")), None),
    "S27": (World(by_total=True, one_layer=0.0), None),
    "S28": (World(by_total=True), None),
    "S29": (World(one_layer=0.0), None),
    "S30": (World(foreign=_foreign(factor=1.4)), None),
}


def test_every_claim_of_a_table_has_a_fault():
    assert set(FAULTS) == set(IDS) - NO_TABLE
    assert [claim.id for claim in CLAIMS] == IDS


@pytest.mark.parametrize("name", FAULTS)
def test_a_claim_fails_by_the_fault_it_is_for(name):
    world, edit = FAULTS[name]
    one = next(claim for claim in CLAIMS if claim.id == name)
    verdict = one.judge(FamilyTables(*made(world, edit=edit), draws=200))
    assert verdict.outcome == "failed", verdict
    assert verdict.why and "holds" not in verdict.why


def _no_exponent_elsewhere(row):
    """Other texts' last losses that go up and down from size to size: a power of N has no exponent there."""
    for text in ("books", "wiki", "law"):
        row[f"loss_nats@{text}"] = 3.0 + 0.02 * np.sin(1e3 * row["params_nonembedding"] ** 0.5)


def test_the_losses_on_other_texts_follow_though_no_exponent_of_theirs_is_identified():
    evidence = FamilyTables(*made(edit=_edited("runs", _no_exponent_elsewhere)), draws=200)
    follow, power = (next(claim for claim in CLAIMS if claim.id == name).judge(evidence) for name in ("S11", "S30"))
    assert follow.outcome == "passed", follow
    assert power.outcome == "not run" and "the exponent of N is not identified" in power.why, power
    rows = other_texts(evidence).rows
    assert len(rows) == 3 and all(row[3] and row[-4:] == (None,) * 4 for row in rows)


EMPTY = Points({"run_id": []}), Points({"run_id": []}), Points({"run_id": []})


def test_nothing_is_run_on_empty_tables():
    verdicts = findings(*EMPTY)
    assert {verdict.outcome for verdict in verdicts} == {"not run"}
    assert all(verdict.why.startswith("needs ") for verdict in verdicts)
    by_id = {verdict.id: verdict.why for verdict in verdicts}
    assert "family F-B (0 of at least 8 runs present)" in by_id["S21"]
    assert "family F-SHAPE (0 of at least 3 runs present)" in by_id["S2"]


@pytest.mark.parametrize(
    "family, claims", [("F-B", "S21 S10 S4"), ("F-ND", "S8 S9"), ("F-SHAPE", "S2 S29"), ("F-LR", "S24")]
)
def test_a_claim_without_its_family_says_which_one_it_needs(family, claims):
    runs, curves, positions = made()
    kept = runs["family"] != family
    curves = curves.take(~np.isin(curves["run_id"], runs["run_id"][~kept]))
    verdicts = {v.id: v for v in findings(runs.take(kept), curves, positions, draws=100)}
    for name in claims.split():
        assert verdicts[name].outcome == "not run"
        assert f"family {family} (0 of" in verdicts[name].why
    assert verdicts["S12"].outcome == "passed"


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


def test_shapes_are_judged_at_their_longest_horizon_and_shown_at_each():
    def also_shorter(rows):
        for row in [row for row in rows.runs if row["family"] in ("F-N", "F-SHAPE")]:
            early = row["family"] == "F-SHAPE" and row["n_layer"] >= 8  # deep models lag at first
            changed = {"tokens": row["tokens"] / 4, "loss_nats": row["loss_nats"] * (1.2 if early else 1.1)}
            rows.runs.append(row | changed | {"run_id": f"{row['run_id']}-short"})

    tables = made(edit=also_shorter)
    assert {v.id: v.outcome for v in findings(*tables)}["S2"] == "passed"
    most = {}
    for tokens, knob, *_, above in shape_panels(FamilyTables(*tables)).rows:
        most[tokens] = max(most.get(tokens, 0), above) if knob == "d_model / n_layer" else most[tokens]
    short, long = (most[tokens] for tokens in sorted(most))
    assert long < 0.03 < short
