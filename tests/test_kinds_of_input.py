"""Kinds of files that people bring, made small: the right points, or the line that settles it."""

import json
import zipfile

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


GRID = [(n, d) for n in (2e7, 1e8, 5e8) for d in (1e9, 1e10, 1e11)]
LOSSES = [round(loss(n, d), 3) for n, d in GRID]
NAMES = ("params_total", "tokens", "val_loss")


def lines_of(write, head=""):
    return head + "".join(write(n, d, lost) + "\n" for (n, d), lost in zip(GRID, LOSSES, strict=True))


ROW = "{:g},{:g},{}".format
HEAD = "params_total,tokens,val_loss\n"
HISTORY = [{"run_id": f"{n:g}", "params_total": n, "history": [{"tokens": d, "val_loss": round(loss(n, d), 3)}
           for d in (1e9, 1e10, 1e11)]} for n in (2e7, 1e8, 5e8)]  # fmt: skip
GERMAN = lines_of(lambda n, d, lost: f"{n:,.0f};{d:,.0f};".replace(",", ".") + f"{lost:.3f}".replace(".", ","))
SIDE = "".join(",".join([name, *(f"{one:g}" for one in column)]) + "\n"
               for name, column in zip(NAMES, (*zip(*GRID, strict=True), LOSSES), strict=True))  # fmt: skip
SAME = {
    "a delimiter at the end of each row": lines_of(lambda *row: ROW(*row) + ",", HEAD),
    "the line that tells a spreadsheet its delimiter": "sep=,\n" + lines_of(ROW, HEAD),
    "a line of units below the header": lines_of(ROW, HEAD + "count,count,nats\n"),
    "a footer": lines_of(ROW, HEAD) + "Total,,\nby our lab\n",
    "units in brackets": lines_of(
        lambda n, d, lost: f"{n:g},{d / 1e9:g},{lost}", "params_total,Tokens [B],Val Loss (nats/token)\n"
    ),
    "words behind the numbers": lines_of(
        lambda n, d, lost: f"{n / 1e6:g}M params,{d / 1e9:g}B tokens,{lost} nats", HEAD
    ),
    "errors behind the losses": lines_of(lambda n, d, lost: f"{n:g},{d:g},{lost}±0.004", HEAD),
    "errors in brackets": lines_of(lambda n, d, lost: f"{n:g},{d:g},{lost} (0.004)", HEAD),
    "points between thousands, commas before decimals": HEAD.replace(",", ";") + GERMAN,
    "a table on its side": SIDE,
    "names and values with =": lines_of(lambda n, d, lost: f"params_total={n:g} tokens={d:g} val_loss={lost}"),
    "names and values with :": lines_of(
        lambda n, d, lost: f"[INFO] params_total: {n:g}, tokens: {d:g}, val_loss: {lost}"
    ),
    "dictionaries of Python": lines_of(lambda n, d, lost: str({"params_total": n, "tokens": d, "val_loss": lost})),
    "runs that hold their history, JSON": json.dumps(HISTORY),
    "runs that hold their history, JSON lines": "\n".join(map(json.dumps, HISTORY)),
}


@pytest.mark.parametrize("kind", SAME)
def test_one_table_in_many_spellings_is_one_table(kind, tmp_path):
    path = tmp_path / ("runs.json" if "JSON" in kind else "runs.csv")
    path.write_text(SAME[kind], encoding="utf-8")
    points = read_points(path).points
    assert points["params_total"].tolist() == [n for n, _ in GRID]
    assert points["tokens"].tolist() == [d for _, d in GRID]
    assert points["loss_nats"].tolist() == LOSSES


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (lines_of(lambda n, d, lost: f"{n:g},{d:g},{-lost}", HEAD), "log-likelihood is a loss with the other sign"),
        (lines_of(lambda n, d, lost: f"{n:g},{d:g},tensor({lost})", HEAD), "Write 2.514, or choose another column"),
        ("\\begin{tabular}{ll}\nN & L \\\\\n", "looks like LaTeX"),
        ("train: loss went down nicely\nwe stopped: it was late\n", "is no table"),
    ],
    ids=["log-likelihoods", "printed tensors", "LaTeX", "prose with colons"],
)
def test_what_is_no_loss_is_refused_with_what_to_do(text, words, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text(text)
    code, _, err = spoken("import", path)
    assert code == 2 and words in err


def test_an_archive_is_no_workbook(tmp_path):
    with zipfile.ZipFile(tmp_path / "runs.zip", "w") as archive:
        archive.writestr("runs.csv", HEAD)
    pytest.importorskip("openpyxl")
    code, _, err = spoken("import", tmp_path / "runs.zip")
    assert code == 2 and "unpack it. It holds runs.csv" in err


def test_shares_in_percent_are_fractions(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("params_total,accuracy\n1e7,23.5%\n1e8,41%\n")
    assert read_points(path).points["accuracy"].tolist() == [0.235, 0.41]


ERRORS = {  # what stands behind each loss: the error of the loss 4.607, or None where none can be read
    " ± 0.004": 0.004,
    " +/- 0.004": 0.004,
    " +- 0.004 nats": 0.004,
    " ± 0.2%": 0.009214,
    " (0.004)": 0.004,
    "(12)": 0.012,
    " (3)": None,
    " (3 seeds)": None,
    " [4.6; 4.7]": None,
}


@pytest.mark.parametrize("behind", ERRORS)
def test_the_error_behind_a_value_is_kept_or_what_is_left_out_is_said(behind, tmp_path):
    rows = [{"params_total": 1e7, "tokens": d, "loss": f"{lost:.3f}{behind}"} for d, lost in ((1e9, 4.607), (2e9, 4.2))]
    found = read_points(written(tmp_path / "runs.csv", rows))
    assert found.points["loss_nats"].tolist() == [4.607, 4.2]
    if ERRORS[behind] is None:
        assert "loss_nats_error" not in found.points
        assert any("what stands behind the number is left out" in note for note in found.notes)
    else:
        assert found.points["loss_nats_error"][0] == pytest.approx(ERRORS[behind])
        assert any("weights='sd=loss_nats_error'" in note for note in found.notes)


def test_errors_go_with_their_values_into_our_units(tmp_path):
    rows = [{"params_total": 1e7, "tokens": d, "loss": f"{lost} ± 0.1"} for d, lost in ((1e9, 8.0), (2e9, 5.0))]
    table = written(tmp_path / "runs.csv", rows)
    bits = read_points(table, unit={"loss": "bits"}).points
    assert bits["loss_nats_error"] == pytest.approx(np.full(2, 0.1 * np.log(2)))
    assert read_points(table, unit={"loss": "perplexity"}).points["loss_nats_error"] == pytest.approx([0.0125, 0.02])


def test_a_value_with_an_error_among_values_without_is_read_and_a_word_in_brackets_is_not(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("params_total,tokens,loss\n1e7,1e9,4.607 ± 0.004\n1e7,2e9,4.2\n1e7,4e9,3.9\n")
    found = read_points(path)
    assert found.points["loss_nats"].tolist() == [4.607, 4.2, 3.9]
    assert any("is left out" in note for note in found.notes)
    path.write_text("params_total,tokens,loss\n1e7,1e9,4.607 (diverged)\n1e7,2e9,4.2\n1e7,4e9,3.9\n")
    assert [row.row for row in read_points(path).rejected] == [2]
