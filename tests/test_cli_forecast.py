"""predict and plan with no law named, and a prior of one's own."""

import json

import numpy as np
import pytest
from cli_made import grid, spoken, written


@pytest.fixture
def table(tmp_path):
    """Runs of a known law as a file."""
    return written(tmp_path / "points.csv", grid(np.geomspace(1e7, 1e10, 6), np.geomspace(1e9, 1e12, 4)))


def test_a_table_alone_gives_the_default_forecast_and_its_shares(table):
    code, out, err = spoken("predict", table, "--at", "N=1e11,D=1e13", "--json")
    assert code == 0, err
    said = json.loads(out)
    assert said["low"] < said["value"] < said["high"] and said["determined"] is True
    assert said["shares"]["runs"] + said["shares"]["field"] == pytest.approx(1) and said["prior"] == "field"
    assert said["columns"] == {"N": "params_total", "D": "tokens", "L": "loss_nats"}
    code, out, _ = spoken("predict", table, "--at", "N=1e11,D=1e13", "--at", "N=1e9,D=1e10")
    assert code == 0 and out.count("the runs answer") == 2


def test_a_prediction_says_what_its_size_counts_and_which_other_count_there_is(tmp_path):
    rows = grid(np.geomspace(1e7, 1e10, 6), np.geomspace(1e9, 1e12, 4))
    two = written(tmp_path / "two.csv", [row | {"params_nonembedding": row["params_total"] - 5e6} for row in rows])
    for law in ([], ["chinchilla"]):
        code, out, err = spoken("predict", *law, two, "--at", "N=1e11,D=1e13")
        assert code == 0 and "N = params_total, D = tokens, L = loss_nats" in out, err
        proposed = "--map N=params_nonembedding"
        assert f"for another count of the size: {proposed}" in out
        code, out, err = spoken("predict", *law, two, "--at", "N=1e11,D=1e13", *proposed.split())
        assert code == 0 and "N = params_nonembedding, D = tokens" in out, err


def test_what_the_runs_do_not_determine_has_no_value(tmp_path):
    sizes = np.geomspace(1e7, 1e9, 12)
    loss = 1.8 + 400 / sizes**0.34 + 2000 / (20 * sizes) ** 0.36
    loss *= 1 + 0.003 * np.random.default_rng(0).standard_normal(12)
    rows = [{"params_total": n, "tokens": 20 * n, "loss_nats": value} for n, value in zip(sizes, loss, strict=True)]
    ray = written(tmp_path / "ray.csv", rows)
    code, out, _ = spoken("predict", ray, "--at", "N=1e9,D=1e13", "--json")
    said = json.loads(out)
    assert code == 0 and said["value"] is None and said["determined"] is False and said["low"] < said["high"]


def test_a_plan_needs_no_law_and_its_loss_is_the_forecast_of_its_size(table):
    code, out, err = spoken("plan", table, "--flops", "1e24", "--json")
    assert code == 0, err
    made = json.loads(out)
    at = f"N={made['params']['value']!r},D={made['tokens']['value']!r}"
    said = json.loads(spoken("predict", table, "--at", at, "--json")[1])
    assert made["loss"]["value"] == pytest.approx(said["value"]) and made["law"] == "forecast (prior: field)"
    assert made["loss"]["low"] == pytest.approx(said["low"])
    assert made["params"]["low"] < made["params"]["value"] < made["params"]["high"]


def test_a_prior_is_learnt_from_past_studies_and_used(table, tmp_path):
    code, out, err = spoken("prior", table, "--to", tmp_path / "ours.json")
    assert code == 0 and "learnt from 1 studies" in out, err
    ours = spoken("predict", table, "--at", "N=1e11,D=1e13", "--prior", tmp_path / "ours.json", "--json")
    field, none = (spoken("predict", table, "--at", "N=1e11,D=1e13", "--prior", n, "--json") for n in ("field", "none"))
    values = {json.loads(one[1])["value"] for one in (ours, field, none)}
    assert len(values) == 3 and max(values) < 1.05 * min(values)


@pytest.mark.parametrize(
    "words, said",
    [
        (("predict", "TABLE", "--at", "N=1e9,D=1e10", "--loss", "tukey"), "--loss belongs to a law"),
        (("predict", "TABLE", "--at", "N=1e9,D=1e10", "--prior", "alpha=0.3:0.1"), "needs a law before the table"),
        (("predict", "TABLE", "--at", "N=1e9,D=1e10", "--prior", "nosuch.json"), "there is no prior"),
        (("predict", "TABLE", "--at", "N=1e9"), "'D' is missing"),
        (("predict", "chinchilla", "--at", "N=1e9,D=1e10"), "needs a table of runs after it"),
        (("prior", "TABLE", "--to", "TABLE"), "reads or writes that file already"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_line(words, said, table):
    code, _, err = spoken(*(table if word == "TABLE" else word for word in words))
    assert code == 2 and said in err
