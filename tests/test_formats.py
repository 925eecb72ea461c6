"""Every format on the shelf: a good sample gives its rows, a broken one a clear line, and prose is no table."""

import bz2
import gzip
import json
import lzma
import sqlite3
import struct

import pytest

from scalinglaws.errors import PointsError
from scalinglaws.formats.read_raw import read_raw
from scalinglaws.formats.shelf import LOGS, TEXTS
from scalinglaws.points.reading import read_points

NANOGPT = """Overriding: n_layer = 6
n_layer = 6
block_size = 256
tokens per iteration will be: 491,520
number of parameters: 123.59M
step 0: train loss 10.9886, val loss 10.9898
iter 0: loss 10.9886, time 2345.67ms, mfu -100.00%
step 250: train loss 4.1000, val loss 4.2000
iter 260: loss 4.0512, time 245.67ms, mfu 30.00%
"""
NANOCHAT = """Vocab size: 65,536
num_layers: 20
Number of parameters: 560,988,160
Total batch size 524,288 => gradient accumulation steps: 1
Step 00000 | Validation bpb: 3.2013
step 00000/05400 (0.00%) | loss: 11.090364 | lrm: 0.10 | dt: 1234.56ms | tok/sec: 424,000 | mfu: 20.1
Step 00250 | Validation bpb: 1.1013
"""
MODDED = """step:0/1750 val_loss:10.8258 train_time:0ms step_avg:nanms
step:1/1750 train_time:120ms step_avg:120ms
step:125/1750 val_loss:4.3211 train_time:12345ms step_avg:98ms
"""
LLM_C = """| num_parameters: 124475904
s:0 tel:11.0200
s:0 trl:11.0111 lr:0.000001
s:250 trl:6.5001 lr:0.000214
s:250 tel:6.4404
"""
TORCHTITAN = (
    "[titan] 2026-01-01 10:00:00,000 - root - INFO - Model llama3 debug size: 6,270,976 total parameters\n"
    "[titan] Training starts at step 1, with local batch size 8, global batch size 64, "
    "gradient accumulation steps 1, sequence length 2048, total steps 1000 (warmup 20)\n"
    "[titan] \x1b[31mstep: 10  \x1b[32mloss:  8.2484  \x1b[38;2;180;60;0mgrad_norm:  1.20  \x1b[33mmemory:  9.46GiB\n"
    "[titan] \x1b[31mstep: 20  \x1b[32mloss:  7.9451  \x1b[38;2;180;60;0mgrad_norm:  1.10  \x1b[33mmemory:  9.46GiB\n"
)
MEGATRON = """  num_layers ...................................... 24
  seq_length ...................................... 2048
 iteration      100/    1000 | consumed samples: 25600 | elapsed time per iteration (ms): 250.1 | learning rate: 1.5E-04 | global batch size:   256 | lm loss: 6.512345E+00 | loss scale: 1.0 | grad norm: 1.1 |
 validation loss at iteration 100 | lm loss value: 6.412345E+00 | lm loss PPL: 6.093E+02 |
 iteration      200/    1000 | consumed samples: 51200 | elapsed time per iteration (ms): 250.1 | learning rate: 1.2E-04 | global batch size:   256 | lm loss: 5.512345E+00 | loss scale: 1.0 | grad norm: 1.1 |
 validation loss at iteration 200 | lm loss value: 5.412345E+00 | lm loss PPL: 2.241E+02 |
"""  # noqa: E501
LITGPT = """Total parameters: 14,067,712
Epoch 1 | iter 100 step 25 | loss train: 6.123, val: n/a | iter time: 123.45 ms (step) remaining time: 0:10:00
iter 100: val loss 6.0512, val time: 12.34 ms
Epoch 1 | iter 200 step 50 | loss train: 5.123, val: 6.051 | iter time: 123.45 ms (step) remaining time: 0:09:00
iter 200: val loss 5.2034, val time: 12.34 ms
"""
OLMO = """2026-01-01 10:00:00 host:0 INFO [step=100/2000,epoch=1]
    train/CE loss=6.123
    optim/LR (AdamW)=0.0003
    throughput/total tokens=52,428,800
2026-01-01 10:05:00 host:0 INFO [step=200/2000,epoch=1]
    train/CE loss=5.5
    optim/LR (AdamW)=0.0002
    throughput/total tokens=104,857,600
    eval/lm/c4_en-validation/CE loss=5.4
2026-01-01 10:05:01 host:0 INFO saving
"""
LLM_FOUNDRY = """n_params: 125,000,000
[batch=1000/4800]:
\t Train time/token: 524288000
\t Train loss/train/total: 4.1
\t Train lr-DecoupledAdamW/group0: 0.0006
\t Eval metrics/eval/LanguageCrossEntropy: 4.05
[batch=2000/4800]:
\t Train time/token: 1048576000
\t Train loss/train/total: 3.9
\t Eval metrics/eval/LanguageCrossEntropy: 3.85
"""
# log -> rows, what its last row holds
SAMPLES = {
    "nanogpt": (NANOGPT, 2, {"steps": 250, "loss_nats": 4.2, "batch_tokens": 491520, "params_total": 123_590_000,
                             "n_layer": 6, "n_ctx": 256}),
    "nanochat": (NANOCHAT, 2, {"steps": 250, "loss_bits_per_byte": 1.1013, "params_total": 560_988_160,
                               "batch_tokens": 524288, "n_layer": 20, "n_vocab": 65536}),
    "modded-nanogpt": (MODDED, 2, {"steps": 125, "planned_steps": 1750, "loss_nats": 4.3211}),
    "llm.c": (LLM_C, 2, {"steps": 250, "loss_nats": 6.4404, "lr": 0.000214, "params_total": 124_475_904}),
    "torchtitan": (TORCHTITAN, 2, {"steps": 20, "loss_train_nats": 7.9451, "params_total": 6_270_976,
                                   "batch_tokens": 64 * 2048, "n_ctx": 2048, "planned_steps": 1000,
                                   "warmup_steps": 20}),
    "megatron": (MEGATRON, 2, {"steps": 200, "loss_nats": 5.412345, "lr": 1.2e-4, "planned_steps": 1000,
                               "batch_tokens": 256 * 2048, "n_layer": 24}),
    "litgpt": (LITGPT, 2, {"steps": 50, "loss_nats": 5.2034, "params_total": 14_067_712}),
    "olmo": (OLMO, 1, {"steps": 200, "loss_nats": 5.4, "tokens": 104_857_600, "lr": 0.0002, "planned_steps": 2000}),
    "llm-foundry": (LLM_FOUNDRY, 2, {"steps": 2000, "loss_nats": 3.85, "tokens": 1_048_576_000,
                                     "params_total": 125_000_000}),
}  # fmt: skip


def read(tmp_path, name, content):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_raw(path)


def last(raw):
    return {name: cells[-1] for name, cells in raw.columns.items() if cells[-1] is not None}


def test_every_log_on_the_shelf_has_a_sample_here():
    assert {log.name for log in LOGS} == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_log_gives_its_evaluations_and_the_facts_of_its_run(name, tmp_path):
    text, rows, known = SAMPLES[name]
    raw = read(tmp_path, "small.log", text)
    assert (len(raw.rows), raw.form) == (rows, next(log.title for log in LOGS if log.name == name))
    assert last(raw).items() >= {"run_id": "small", **known}.items()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_log_is_recognised_by_itself_alone(name):
    looks = [one.name for one in TEXTS if one.looks(SAMPLES[name][0])]
    assert looks[0] == name and set(looks[1:]) <= {"key-values"}  # which reads lines that no other format knows


@pytest.mark.parametrize("name", SAMPLES)
def test_a_log_that_was_cut_off_gives_the_rows_before_the_cut(name, tmp_path):
    text, rows, _ = SAMPLES[name]
    lines = text.splitlines(keepends=True)
    raw = read(tmp_path, "cut.log", "".join(lines[:-1]) + lines[-1][: len(lines[-1]) // 4])
    assert rows - 1 <= len(raw.rows) <= rows


def test_the_test_sets_of_a_block_are_rows_of_their_own(tmp_path):
    block = "host INFO [step=1,000/2,000,epoch=0,eta=5h]\n    train/CE loss=3.5\n"
    sets = "    eval/lm/c4/CE loss=3.4\n    eval/lm/c4/PPL=29.96\n    eval/lm/books/CE loss=3.1\n"
    raw = read(tmp_path, "run.log", block + sets)
    assert raw.columns["loss_split"] == ["c4", "books"]
    assert (raw.columns["loss_nats"], raw.columns["steps"]) == ([3.4, 3.1], [1000, 1000])


def test_validation_and_test_set_of_megatron_are_kept_apart(tmp_path):
    said = " validation loss at iteration 100 on {} set | lm loss value: {}E+00 | lm loss PPL: 9.0E+00 |\n"
    raw = read(tmp_path, "run.log", said.format("validation", 3.5) + said.format("test", 3.25))
    assert (raw.columns["loss_split"], raw.columns["loss_nats"]) == (["validation", "test"], [3.5, 3.25])


def test_prose_is_no_table(tmp_path):
    with pytest.raises(PointsError, match=r"is no table, and no log that is known: its first line is 'We trained"):
        read(tmp_path, "notes.txt", "We trained a model.\nIt was good, and the loss fell, slowly.\nThen it stopped.\n")


@pytest.mark.parametrize(
    ("name", "text", "columns", "first"),
    [
        ("a.csv", "Lauf;tokens;loss\nA;120;5,47\nB;300;4,91\n", ["Lauf", "tokens", "loss"], ["A", "120", "5.47"]),
        ("a.csv", "Ladder,,\n,,\nrun,loss,\na,3.5,\nb,3.4,\n", ["run", "loss"], ["a", "3.5"]),
        ("a.csv", "# n,tokens,loss\n1e7,2e8,5.4\n", ["n", "tokens", "loss"], ["1e7", "2e8", "5.4"]),
        ("a.csv", "# made by a script, today\n# n,loss\n1e7,5.4\n", ["n", "loss"], ["1e7", "5.4"]),
        ("a.csv", "# made by a script, today\nn,loss\n1e7,5.4\n", ["n", "loss"], ["1e7", "5.4"]),
        ("a.json", json.dumps({"a": {"n": 1, "loss": 3.5}, "b": {"n": 2, "loss": 3.4}}), ["run_id", "n", "loss"],
         ["a", 1, 3.5]),
        ("a.txt", "n tokens   loss\n1e7 2e8 5.4\n2e7  4e8 5.1\n", ["n", "tokens", "loss"], ["1e7", "2e8", "5.4"]),
        ("a.psv", "n|loss\n1|2\n3|4\n", ["n", "loss"], ["1", "2"]),
        ("a.md", "See below.\n\n| n | loss |\n|---|---:|\n| 1e7 | **5.4** |\n| 2e7 | 5.1 |\n\nEnd.\n", ["n", "loss"],
         ["1e7", "5.4"]),
        ("a.json", json.dumps({"n": [1, 2], "loss": [3.5, 3.4]}), ["n", "loss"], [1, 3.5]),
        ("a.json", json.dumps({"n": {"0": 1, "1": 2}, "loss": {"0": 3.5, "1": 3.4}}), ["n", "loss"], [1, 3.5]),
        ("a.json", json.dumps({"name": "x", "runs": [{"n": 1, "loss": 3.5}]}), ["name", "n", "loss"], ["x", 1, 3.5]),
        ("a.json", json.dumps([{"n": 1, "betas": [0.9, 0.95]}]), ["n", "betas"], [1, "[0.9, 0.95]"]),
        ("a.jsonl", '{\n "n": 1,\n "loss": 3.5\n}\n{\n "n": 2,\n "loss": 3.4\n}\n', ["n", "loss"], [1, 3.5]),
    ],
)  # fmt: skip
def test_tables_as_people_save_them(name, text, columns, first, tmp_path):
    raw = read(tmp_path, name, text)
    assert list(raw.columns) == columns
    assert [cells[0] for cells in raw.columns.values()] == first


@pytest.mark.parametrize(
    ("name", "packed"),
    [("a.csv.gz", gzip.compress), ("a.csv.xz", lzma.compress), ("a.csv.bz2", bz2.compress)],
)
def test_compressed_tables_are_opened(name, packed, tmp_path):
    raw = read(tmp_path, name, packed(b"n,loss\n1,2\n"))
    assert last(raw) == {"n": "1", "loss": "2"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_the_mark_at_the_start_names_the_encoding(encoding, tmp_path):
    assert last(read(tmp_path, "a.txt", "n\tloss\n1\t2\n".encode(encoding))) == {"n": "1", "loss": "2"}


@pytest.mark.parametrize(
    "content", [gzip.compress(b"n,loss\n1,2\n", mtime=0)[:-9], b"\xfd7zXZ\x00 broken", b"PK\x03\x04 broken"]
)
def test_a_broken_archive_is_one_clear_line(content, tmp_path):
    with pytest.raises(PointsError, match=r"cannot be read"):
        read(tmp_path, "a.csv.gz", content)


def test_trainer_state_gives_evaluations_with_the_rate_of_their_step(tmp_path):
    history = [
        {"step": 10, "loss": 4.5, "learning_rate": 1e-3},
        {"step": 20, "loss": float("nan"), "learning_rate": 5e-4},
        {"step": 20, "eval_loss": 4.1, "eval_runtime": 3.0},
    ]
    state = {"global_step": 20, "max_steps": 40, "log_history": history}
    raw = read(tmp_path, "run-a/trainer_state.json", json.dumps(state, indent=1))
    assert (
        last(raw).items() >= {"run_id": "run-a", "steps": 20, "loss_nats": 4.1, "lr": 5e-4, "planned_steps": 40}.items()
    )
    assert any("not a number at step 20" in note for note in raw.notes)


def test_what_trainer_prints_is_read_with_the_rate_before_each_evaluation(tmp_path):
    text = (
        "  1%|          | 10/1000 [00:10<16:40]\n"
        "{'loss': 4.5404, 'grad_norm': 0.71, 'learning_rate': 0.0005, 'epoch': 0.05}\n"
        "{'eval_loss': 4.098, 'eval_runtime': 31.2, 'epoch': 0.1}\n"
        "{'loss': nan, 'grad_norm': 0.71, 'learning_rate': 0.0004, 'epoch': 0.15}\n"
        "{'eval_loss': 3.9, 'eval_runtime': 31.2, 'epoch': 0.2}\n"
    )
    raw = read(tmp_path, "small.out", text)
    assert raw.columns["loss_nats"] == [4.098, 3.9]
    assert (raw.columns["lr"], raw.columns["epochs"]) == ([0.0005, 0.0004], [0.1, 0.2])


def test_a_chart_of_wandb_becomes_rows(tmp_path):
    header = '"Step","a - val/loss","a - val/loss__MIN","b - val/loss","b - val/loss__MIN"\n'
    raw = read(tmp_path, "wandb_export.csv", f'{header}"10","5","5","4","4"\n"20","3","3","",""\n')
    assert raw.columns == {"run_id": ["a", "a", "b"], "steps": ["10", "20", "10"], "val/loss": ["5", "3", "4"]}


def test_several_scalars_of_tensorboard_are_one_table_with_the_runs_named_by_the_files(tmp_path):
    for run, loss in (("a", 4.5), ("b", 4.1)):
        (tmp_path / f"run-{run}-tag-loss_val.csv").write_text(f"Wall time,Step,Value\n1.0,100,{loss}\n")
    (tmp_path / "notes.txt").write_text("Only words here.\n")
    raw = read_raw(tmp_path)
    assert (raw.columns["run_id"], raw.columns["loss_nats"]) == (["a", "b"], ["4.5", "4.1"])
    assert "left out, as no table or log: notes.txt" in raw.notes


def test_the_first_sheet_with_a_table_is_read(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["only a title"])
    sheet = book.create_sheet("runs")
    for row in (["run", "tokens", "loss"], ["a", 120_000_000, 5.25], ["b", 300_000_000, 4.5]):
        sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    raw = read_raw(tmp_path / "book.xlsx")
    assert (last(raw), raw.form) == ({"run": "b", "tokens": "300000000", "loss": "4.5"}, "Excel, sheet 'runs'")


def test_a_matrix_of_sizes_by_budgets_becomes_rows(tmp_path):
    raw = read(tmp_path, "m.csv", "dim \\ budget,1e18,1e19\nd512,3.7,-\nd640,3.6,3.4\n")
    assert raw.columns == {
        "dim": ["d512", "d640", "d640"],
        "budget": ["1e18", "1e18", "1e19"],
        "value": ["3.7", "3.6", "3.4"],
    }


def test_event_files_give_their_scalars_up_to_a_torn_record(tmp_path):
    events = b"".join(framed(event(step, "loss/val", loss)) for step, loss in ((10, 4.5), (20, 4.25)))
    raw = read(tmp_path, "run-a/events.out.tfevents.1.host", events + framed(event(30, "loss/val", 4.0))[:-6])
    assert raw.columns == {"run_id": ["run-a"] * 2, "steps": [10, 20], "loss/val": [4.5, 4.25]}


def event(step, tag, value):
    """Write an Event with a scalar summary, as its protocol buffer has it."""
    scalar = b"\x0a" + bytes([len(tag)]) + tag.encode() + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + bytes([len(scalar)]) + scalar
    return b"\x09" + struct.pack("<d", 1.0) + b"\x10" + bytes([step]) + b"\x2a" + bytes([len(summary)]) + summary


def framed(data):
    return struct.pack("<Q", len(data)) + b"\0" * 4 + data + b"\0" * 4


def test_a_folder_of_mlflow_gives_a_row_for_each_run_and_step(tmp_path):
    run = tmp_path / "mlruns" / "0" / "abc"
    for part, text in {"metrics/val_loss": "1 4.5 10\n2 4.1 20\n", "params/lr": "0.001", "tags/mlflow.runName": "small",
                       "meta.yaml": "status: 3\n"}.items():  # fmt: skip
        (run / part).parent.mkdir(parents=True, exist_ok=True)
        (run / part).write_text(text)
    raw = read_raw(tmp_path / "mlruns")
    assert last(raw) == {"run_id": "small", "outcome": "finished", "lr": "0.001", "steps": 20, "val_loss": 4.1}


def test_a_database_of_mlflow_gives_the_same_rows(tmp_path):
    path = tmp_path / "mlflow.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE runs (run_uuid, name, status)")
        database.execute("CREATE TABLE params (run_uuid, key, value)")
        database.execute("CREATE TABLE metrics (run_uuid, step, key, value, is_nan)")
        database.execute("INSERT INTO runs VALUES ('abc', 'small', 'FINISHED')")
        database.execute("INSERT INTO params VALUES ('abc', 'lr', '0.001')")
        database.execute("INSERT INTO metrics VALUES ('abc', 20, 'val_loss', 4.1, 0)")
    database.close()
    assert last(read_raw(path)) == {
        "run_id": "small",
        "outcome": "finished",
        "lr": "0.001",
        "steps": 20,
        "val_loss": 4.1,
    }


def test_another_database_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as database:
        database.execute("CREATE TABLE t (x)")
    database.close()
    with pytest.raises(PointsError, match="none of MLflow"):
        read_raw(tmp_path / "other.db")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("<table><tr><th>N</th></tr></table>", "HTML"),
        ("\\begin{tabular}{ll}\na & b\n", "LaTeX"),
        ("- loss: 3\n- loss: 4\n", "YAML"),
    ],
)
def test_a_format_that_is_not_read_is_named(text, form, tmp_path):
    path = tmp_path / "t"
    path.write_text(text)
    with pytest.raises(PointsError, match=f"looks like {form}.*save its table as CSV"):
        read_raw(path)


def test_a_row_that_is_rejected_names_its_file_where_there_are_several(tmp_path):
    for name, loss in (("a", "5"), ("b", "lost")):
        (tmp_path / f"{name}.csv").write_text(f"params_total,tokens,loss\n1e7,1e8,4\n1e7,2e8,{loss}\n1,2\n")
    found = read_points(tmp_path).rejected
    assert [f"line {one.row}: {one.reason}" for one in found] == [
        "line 4 of a.csv: 2 cells under 3 column names",
        "line 3 of b.csv: loss_nats = 'lost' is not a number",
        "line 4 of b.csv: 2 cells under 3 column names",
    ]
    (alone,) = read_points(tmp_path / "a.csv").rejected
    assert f"line {alone.row}" == "line 4"
