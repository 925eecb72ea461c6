"""Kinds of files that people bring, made small: the right points, or the line that settles it."""

import json

import numpy as np
import pytest
from cli_made import loss, spoken, written

from scalinglaws.points.reading import read_points

RUNS = [(n, d) for n in (1e7, 1e8, 1e9) for d in (1e9, 1e10, 1e11)]


def test_the_runs_that_wandb_exports_are_read_without_those_that_crashed(tmp_path):
    rows = [
        {"Name": f"sunny-{i}", "State": "crashed" if i == 4 else "finished", "Created": "2026-02-01", "Runtime": 60,
         "n_params": n, "tokens": d, "val/loss": loss(n, d), "train/loss": 0.98 * loss(n, d)}
        for i, (n, d) in enumerate(RUNS)
    ]  # fmt: skip
    found = read_points(written(tmp_path / "runs.csv", rows), map={"params_total": "n_params"})
    assert found.form == "table of runs exported by W&B"
    assert found.points.kept["run_id"].tolist() == [f"sunny-{i}" for i in range(9) if i != 4]


def test_a_history_of_wandb_in_json_lines_gives_its_evaluations(tmp_path):
    lines = [
        {"_step": s, "_runtime": 1.0, "train/loss": 4.0, "val/loss": 5 - s / 1e4 if s % 200 == 0 else None,
         "config": {"betas": [0.9, 0.95]}}
        for s in range(100, 1001, 100)
    ]  # fmt: skip
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    assert read_points(path).points["steps"].tolist() == [200, 400, 600, 800, 1000]


def test_metrics_of_mlflow_in_long_form_give_a_row_for_each_run_and_step(tmp_path):
    rows = [
        {"run_uuid": run, "key": key, "value": 3 + step / 1e4, "step": step, "timestamp": step}
        for run in "ab" for step in (10, 20) for key in ("val_loss", "lr")
    ]  # fmt: skip
    points = read_points(written(tmp_path / "metrics.csv", rows)).points
    assert points["run_id"].tolist() == ["a", "a", "b", "b"] and points["steps"].tolist() == [10, 20, 10, 20]


@pytest.mark.parametrize(("title", "scale"), [("flops", 1.0), ("compute (PF-days)", 8.64e19)])
def test_tokens_follow_from_compute_and_size(title, scale, tmp_path):
    rows = [{"params_total": n, title: 6 * n * d / scale, "val_loss": loss(n, d)} for n, d in RUNS]
    found = read_points(written(tmp_path / "runs.csv", rows))
    assert found.points["tokens"] == pytest.approx(np.array([d for _, d in RUNS]))
    assert any("assuming flops counts 6 params_total tokens" in note for note in found.notes)


def test_a_log_that_lacks_size_and_batch_is_planned_by_with_the_facts_that_its_refusal_names(tmp_path):
    table = written(tmp_path / "log.csv", [{"global_step": s, "val_loss": loss(1e8, 5e5 * s)} for s in (1000, 2000)])
    code, _, err = spoken("fit", "kaplan-d", table)
    assert code == 2 and "--given batch_tokens=524288" in err
    code, out, _ = spoken("import", table, "--given", "batch_tokens=524288", "--given", "params_total=1e8")
    assert code == 0 and "tokens is derived: tokens = steps batch_tokens" in out
