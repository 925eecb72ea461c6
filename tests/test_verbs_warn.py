"""How a fit ended reaches every verb that uses it: in what a person reads, and in JSON."""

import json

import numpy as np
import pytest
from cli_made import grid, spoken, written

from scalinglaws.comparing.compare import compare
from scalinglaws.comparing.ensemble import ensemble
from scalinglaws.fitting.fit import fit
from scalinglaws.planning.plan import plan
from scalinglaws.points.points import Points
from scalinglaws.predicting.predict import predict
from scalinglaws.uncertainty.draws import draws

VANISHED = "show no sign of that term"


def without_tokens(rows=24, seed=3):
    """Runs whose loss hangs on N alone: the term of D goes to nothing."""
    rng = np.random.default_rng(seed)
    params = np.geomspace(1e6, 1e9, rows)
    tokens = 20 * params * np.exp(0.7 * rng.standard_normal(rows))
    loss = (9e13 / params) ** 0.076 * np.exp(0.004 * rng.standard_normal(rows))
    return params, tokens, loss


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rows = [
        {"run_id": f"r{i}", "params_total": n, "tokens": d, "loss": loss}
        for i, (n, d, loss) in enumerate(zip(*without_tokens(), strict=True))
    ]
    return written(tmp_path_factory.mktemp("runs") / "points.csv", rows)


FEW = ("--draws", 40)
VERBS = {
    "fit": ("fit", "chinchilla", "TABLE", *FEW),
    "predict": ("predict", "chinchilla", "TABLE", "--at", "N=1e10,D=1e12", *FEW),
    "mixture": ("predict", "chinchilla,kaplan-nd", "TABLE", "--at", "N=1e10,D=1e12", "--mix", "equal", *FEW),
    "plan": ("plan", "chinchilla", "TABLE", "--flops", "1e22", "--params", "1e9", *FEW),
    "compare": ("compare", "TABLE", "--laws", "chinchilla,kaplan-nd", "--draws", 20),
}


SLOW = ("compare", "fit", "mixture")


@pytest.mark.parametrize("verb", [pytest.param(v, marks=pytest.mark.slow if v in SLOW else ()) for v in VERBS])
def test_a_term_that_vanished_is_told_by_every_verb_and_in_json(table, verb):
    words = [table if word == "TABLE" else word for word in VERBS[verb]]
    code, out, err = spoken(*words, "--json")
    assert code == 0, err
    assert VANISHED in json.dumps(json.loads(out)["warnings"])
    code, out, err = spoken(*words)
    assert code == 0 and (out + err).count(VANISHED) >= 1
    assert err.count(f"chinchilla: B went to zero: these points {VANISHED}") <= 1


def test_a_law_beside_a_frontier_tells_how_its_fit_ended(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        {"run_id": f"{c}{k}", "params_total": n, "tokens": c / 6 / n, "loss": 3 + 0.02 * k + 0.1 * (n / 1e8 - 1) ** 2}
        for k, c in enumerate(np.geomspace(1e17, 1e18, 3))
        for n in 1e8 * np.geomspace(0.25, 4, 7) * np.exp(0.01 * rng.standard_normal(7))
    ]
    table = written(tmp_path / "points.csv", rows)
    code, out, err = spoken("frontier", "isoflop", table, "--draws", 50, "--against", "chinchilla", "--json")
    said = json.loads(out)["warnings"] if code == 0 else [err]
    assert any("chinchilla" in sentence for sentence in said)
    assert "Traceback" not in err and "nan" not in out.lower()


def test_records_carry_how_the_fit_ended():
    params, tokens, loss = without_tokens()
    points = Points({"params_total": params, "tokens": tokens, "loss_nats": loss})
    drawn = draws(fit("chinchilla", points), draws=40)
    other = draws(fit("kaplan-nd", points, columns={"N": "params_total", "D": "tokens"}), draws=40)
    ended = [w.message for w in drawn.warnings if VANISHED in w.message]
    assert len(ended) == 1
    assert ended[0] in predict(drawn, {"N": 1e10, "D": 1e12}).warnings
    assert ended[0] in plan(drawn, 1e22, fixed_params=1e9).recommendation("x").warnings
    assert ended[0] in ensemble([drawn, other], "equal").warnings
    tried = compare(points, ["chinchilla"], draws=20, above=float(np.median(6 * params * tokens)))
    assert VANISHED in tried.laws[0].ended and VANISHED in " ".join(tried.ranking().warnings)


def test_a_sound_fit_warns_of_nothing(tmp_path):
    words = ("predict", "chinchilla", written(tmp_path / "t.csv", grid()), "--at", "N=2e10,D=1e12", "--json", *FEW)
    found = json.loads(spoken(*words)[1])
    assert {w["id"] for w in found["warnings"]} <= {"intervals-differ"} and found["informative"] is True


@pytest.mark.parametrize("verb", ["fit", "predict", "plan", "compare"])
def test_a_column_to_cut_by_that_is_not_there_is_refused(table, verb):
    words = [table if word == "TABLE" else word for word in VERBS[verb]]
    code, _, err = spoken(*words, "--by", "tokns")
    assert code == 2 and "Did you mean 'tokens'" in err


def test_notes_about_the_table_reach_json(tmp_path):
    rows = [*grid(), {"run_id": "bad", "params_total": 1e9, "tokens": 1e10, "loss": -1.0}]
    table = written(tmp_path / "t.csv", rows)
    for words in (("predict", "--at", "N=2e10,D=1e12"), ("plan", "--flops", "1e21"), ("fit", "--no-backtest")):
        found = json.loads(spoken(words[0], "chinchilla", table, *words[1:], "--json", *FEW)[1])
        assert any("1 row rejected" in note for note in found["notes"])
