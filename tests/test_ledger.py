"""The ledger: forecasts that were written down, chained, and scored when their runs come in."""

import json
from dataclasses import replace

import numpy as np
import pytest
from cli_made import grid, loss, spoken, written

from scalinglaws.errors import MisuseError, StoreError
from scalinglaws.points.points import Points
from scalinglaws.predicting.ledger import Foretold, keep, ledger, read_entries, settle
from scalinglaws.results.fitted import Estimate
from scalinglaws.results.tested import HeldOutTest
from scalinglaws.studying.ledger_of_study import write_down

COLUMNS = {"N": "params_total", "D": "tokens", "L": "loss_nats"}


def entry(n=1e10, low=2.0, high=2.2, **changes) -> Foretold:
    made = Foretold("2026-01-01T00:00:00Z", "a law", "abc", {"N": n, "D": 2e11}, COLUMNS, 2.1, low, high, 0.95, 8.0)
    return replace(made, **changes)


def runs(*losses, n=1e10) -> Points:
    size = np.full(len(losses), n)
    return Points({"params_total": 1.001 * size, "tokens": np.full(len(losses), 2e11), "loss_nats": np.array(losses)})


def test_a_forecast_is_hit_or_missed_by_the_mean_of_its_runs_and_scored(tmp_path):
    path = tmp_path / "kept.jsonl"
    assert keep(path, [entry(), entry(2e10), entry(4e10)]) == 3
    assert [one.hit for one in ledger(path).entries] == [None, None, None]
    both = [runs(2.1, 2.16), runs(2.3, n=2e10)]
    made = ledger(path, Points({name: np.concatenate([one[name] for one in both]) for name in COLUMNS.values()}))
    assert [one.hit for one in made.entries] == [True, False, None]
    assert made.entries[0].measured == pytest.approx(2.13)
    width = 100 * np.log(2.2 / 2.0)
    assert made.entries[0].score == pytest.approx(width)
    assert made.entries[1].score == pytest.approx(width + 40 * 100 * np.log(2.3 / 2.2))
    assert "of 2 with a loss 1 held, where 1.9 are expected" in made.sentence
    assert "1 without their run yet" in made.sentence
    assert ledger(path) == made  # the outcomes were written down
    assert "1 of 2" in made.printed() and "MISS" in made.printed()


def test_an_interval_that_could_not_fail_is_neither_hit_nor_missed(tmp_path):
    keep(tmp_path / "kept.jsonl", [entry(why_not="it is wider than all losses")])
    made = ledger(tmp_path / "kept.jsonl", runs(2.1))
    assert made.entries[0].hit is None
    assert made.judged == ()
    assert "1 whose interval says nothing, and cannot hold" in made.sentence


def test_a_forecast_stands_once_however_often_it_is_made(tmp_path):
    path = tmp_path / "kept.jsonl"
    assert keep(path, [entry()]) == 1
    assert keep(path, [entry(made="2027-01-01T00:00:00Z")]) == 0
    assert keep(path, [entry(points="def")]) == 1
    assert [one.made[:4] for one in read_entries(path)] == ["2026", "2026"]


def falsified(lines):
    return [lines[0].replace('"high": 2.2', '"high": 2.4'), *lines[1:]]


@pytest.mark.parametrize("change", [falsified, lambda lines: lines[1:], lambda lines: [lines[1], lines[0], lines[2]]])
def test_a_line_that_was_changed_moved_or_taken_out_is_found(change, tmp_path):
    path = tmp_path / "kept.jsonl"
    keep(path, [entry(), entry(2e10)])
    settle(path, {"N": 1e10, "D": 2e11}, 2.1, "runs")
    lines = path.read_text().splitlines()
    assert len(lines) == 3
    path.write_text("\n".join(change(lines)) + "\n")
    with pytest.raises(StoreError, match="line 1: its digest does not match"):
        ledger(path)


def test_a_ledger_that_is_not_there_is_said_with_how_one_is_made(tmp_path):
    with pytest.raises(MisuseError, match="asked to record"):
        ledger(tmp_path / "none.jsonl")


def test_a_study_keeps_its_prediction_and_then_its_outcome(tmp_path):
    test = HeldOutTest("forecast (prior: field)", ("a",), 1e6, 1e7, Estimate(2.1, 2.0, 2.2), 3.0, "2026-01-01", "abc")
    write_down(tmp_path, [test], (), runs(2.5))
    write_down(tmp_path, [replace(test, measured=(2.05,), measured_mean=2.05, held=True)], (), runs(2.5))
    [one] = ledger(tmp_path).entries
    assert (one.hit, one.measured, one.by, one.reach) == (True, 2.05, test.law, 3.0)
    late = replace(test, after_its_runs=True, fingerprint="def", measured_mean=2.05)
    write_down(tmp_path, [late], (), runs(2.5))
    assert [one.hit for one in ledger(tmp_path).entries] == [True, None]


def test_the_command_writes_predictions_and_scores_them_with_a_new_table(tmp_path):
    table = written(tmp_path / "t.csv", grid(np.geomspace(1e7, 1e10, 6), np.geomspace(1e9, 1e12, 4)))
    kept, new = tmp_path / "kept.jsonl", tmp_path / "new.csv"
    for words in ((table,), ("chinchilla", table, "--draws", "60")):
        code, _, err = spoken("predict", *words, "--at", "N=3e10,D=2e12", "--record", kept)
        assert code == 0, err
        assert "1 new forecast" in err
    written(new, [{"params_total": 3e10, "tokens": 2e12, "loss": loss(3e10, 2e12)}])
    code, out, err = spoken("ledger", kept, new, "--json")
    assert code == 0, err
    found = json.loads(out)
    assert [one["by"] for one in found["entries"]] == ["forecast (prior: field)", "chinchilla alone"]
    assert [one["hit"] for one in found["entries"]] == [True, True]
    code, out, _ = spoken("ledger", kept)
    assert code == 0 and "of 2 with a loss 2 held" in out
