"""Sixteen kinds of messy input as people report them, made small here: the right numbers, or the line that settles it.

With the thirty-two of test_foreign_inputs.py they are the forty-eight kinds of docs/importing.md. Each is made from its
description: what was wrong in it, and what should have been said. The law of the made tables is that of cli_made.py.
"""

import json
import re
import shlex
import struct

import numpy as np
import pytest
from cli_made import TRUTH, grid, isoflop, loss, spoken, written

from scalinglaws.fitting.fit import fit
from scalinglaws.points.reading import read_points

FAST = ("--draws", "20", "--no-backtest", "--interval", "sandwich")
ROWS = grid()
SIZES, HORIZONS = np.geomspace(1e7, 1e10, 8), np.geomspace(1e9, 1e12, 6)


def squeezed(text):
    return " ".join(text.split())


def typed_from(said, flag):
    """Give the first flag of a name that a text offers, with its value, as a shell reads it."""
    return shlex.split(re.search(rf"""{flag} (?:'[^']*'|[^\s'"),;]+)+""", said)[0].rstrip("."))


@pytest.mark.slow
def test_02_runs_exported_from_a_tracker_some_of_them_crashed_or_still_running(tmp_path):
    states = ["crashed" if i % 9 == 0 else "running" if i % 11 == 5 else "finished" for i in range(len(ROWS))]
    rows = [
        {"Name": f"bold-{i}", "State": state, "Created": "2026-03-01", "n_params": row["params_total"],
         "tokens": row["tokens"], "val/loss": row["loss"] * (1 + (state != "finished"))}
        for i, (row, state) in enumerate(zip(ROWS, states, strict=True))
    ]  # fmt: skip
    table = written(tmp_path / "runs.csv", rows)
    code, out, err = spoken("fit", "chinchilla", table, "--map", "params_total=n_params", *FAST)
    assert code == 0
    assert (
        f"{sum(state != 'finished' for state in states)} of 48 rows take no part: outcome is crashed, running"
        in squeezed(err)
    )
    assert "--keep-rows failed" in err
    assert fitted(out, "alpha") == pytest.approx(TRUTH["alpha"], abs=0.01)


def test_05_a_history_in_json_lines_lacks_size_and_batch_which_are_asked_for_at_once(tmp_path):
    lines = [{"_step": s, "train/loss": 4.1, "val/loss": loss(7e7, 5e5 * s), "config": {"betas": [0.9, 0.95]}}
             for s in range(1000, 5001, 1000)]  # fmt: skip
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    _, out, _ = spoken("import", path)
    assert "how many parameters each run has" in squeezed(out) and "how many tokens one step has" in squeezed(out)
    code, out, _ = spoken("import", path, "--given", "batch_tokens=5e5", "--given", "params_total=7e7")
    assert code == 0 and "tokens = steps batch_tokens" in squeezed(out)
    assert read_points(path, given={"batch_tokens": 5e5, "params_total": 7e7}).points["tokens"][-1] == 2.5e9


def test_07_event_files_in_binary_are_read(tmp_path):
    def field(number, kind, payload):
        head = bytes([number << 3 | kind])
        return head + (bytes([len(payload)]) + payload if kind == 2 else payload)

    def event(step, value):
        scalar = field(1, 2, field(1, 2, b"loss/val") + field(2, 5, struct.pack("<f", value)))
        data = field(1, 1, struct.pack("<d", 1.0)) + field(2, 0, bytes([step])) + field(5, 2, scalar)
        return struct.pack("<Q", len(data)) + bytes(4) + data + bytes(4)

    folder = tmp_path / "events" / "small"
    folder.mkdir(parents=True)
    (folder / "events.out.tfevents.1.host.1").write_bytes(b"".join(event(s, 5 - s / 100) for s in (10, 20, 30)))
    found = read_points(tmp_path / "events", given={"params_total": 1e7, "batch_tokens": 1e5})
    assert found.points["steps"].tolist() == [10, 20, 30]
    assert found.points["loss_nats"] == pytest.approx([4.9, 4.8, 4.7])


def test_10_the_log_of_a_megatron_style_trainer_is_named_and_its_validation_losses_are_read(tmp_path):
    lines = [f" [2026-03-01 10:00:00] iteration {s:8d}/    3000 | consumed samples: {s * 256:12d} | learning rate: "
             f"1.0E-04 | global batch size:   256 | lm loss: {loss(1e8, s * 5e5):.6E} | grad norm: 0.3 |\n"
             f" validation loss at iteration {s} | lm loss value: {1.01 * loss(1e8, s * 5e5):.6E} | lm loss PPL: 10 |"
             for s in (1000, 2000, 3000)]  # fmt: skip
    path = tmp_path / "train.log"
    path.write_text("\n".join(lines) + "\n")
    found = read_points(path)
    assert "Megatron" in found.form
    assert found.points["steps"].tolist() == [1000, 2000, 3000]
    assert found.points["loss_nats"] == pytest.approx([1.01 * loss(1e8, s * 5e5) for s in (1000, 2000, 3000)], rel=1e-5)


def test_11_metrics_of_a_tracker_in_long_form_with_facts_by_run(tmp_path):
    rows = [{"run_uuid": run, "key": key, "value": value, "step": step}
            for run, n in (("a", 1e7), ("b", 4e7)) for step in (100, 200)
            for key, value in (("val_loss", loss(n, step * 1e6)), ("lr", 1e-3))]  # fmt: skip
    given = ("--given", "batch_tokens=1e6", "--given", "params_total@a=1e7", "--given", "params_total@b=4e7")
    code, out, _ = spoken("import", written(tmp_path / "metrics.csv", rows), *given)
    assert code == 0 and "4 points" in out and "tokens = steps batch_tokens" in squeezed(out)


def test_14_sizes_written_with_letters_are_read_and_the_reading_is_printed(tmp_path):
    def words(value):
        return f"{value / 1e9:g}B" if value >= 1e9 else f"{value / 1e6:g} M"

    rows = [
        {"params_total": words(n), "tokens": words(d), "loss": loss(n, d)} for n in (2e7, 1.3e9) for d in (1e9, 3e9)
    ]
    code, out, _ = spoken("import", written(tmp_path / "runs.csv", rows))
    assert code == 0 and "'20 M' is read as 20,000,000" in out and "'1B' is read as 1,000,000,000" in out
    mixed = [row | {"params_total": row["params_total"].removesuffix(" M")} for row in rows]
    code, _, err = spoken("import", written(tmp_path / "doubtful.csv", mixed))
    assert code == 0 or "Write 1300000000 or 1.3e9" in err


def fitted(out, name):
    """Read the value of a constant that `fit` printed."""
    return float(re.search(rf"^  {name} +(\S+)", out, re.MULTILINE)[1])


@pytest.fixture(scope="module")
def swept():
    return [row | {"run_id": f"{row['run_id']}-{j}", "lr": 2e-3 * factor,
                   "loss": row["loss"] * (1 + 0.02 * np.log2(factor) ** 2)}
            for row in ROWS for j, factor in enumerate((1, 0.25, 0.5, 2, 4))]  # fmt: skip


@pytest.mark.slow
def test_20_of_a_sweep_of_rates_the_best_of_each_cell_is_fitted(swept, tmp_path):
    found = read_points(written(tmp_path / "runs.csv", swept))
    assert len(found.points.kept) == 48 and any("192 of 240 rows take no part" in note for note in found.notes)
    assert fit("chinchilla", found.points).values["alpha"] == pytest.approx(TRUTH["alpha"], abs=0.01)


@pytest.mark.slow
def test_22_losses_of_two_tokenizers_are_refused_in_nats_and_fitted_one_at_a_time(tmp_path):
    rows = [row | {"tokenizer": "ab"[i % 2], "loss": row["loss"] * (1 + 0.15 * (i % 2))} for i, row in enumerate(ROWS)]
    table = written(tmp_path / "runs.csv", rows)
    code, _, err = spoken("plan", "chinchilla", table, "--flops", "1e21", "--draws", "20", "--interval", "sandwich")
    assert code == 2 and "tokenizers" in err
    code, out, _ = spoken("fit", "chinchilla", table, *typed_from(err, "--where"), *FAST)
    assert code == 0 and "24 points" in out
    assert fitted(out, "alpha") == pytest.approx(TRUTH["alpha"], abs=0.02)


@pytest.mark.slow
def test_24_an_exact_table_gives_the_constants_of_its_makers_and_says_that_it_looks_computed(tmp_path):
    rows = [{"params_total": n, "tokens": d, "loss": loss(n, d)} for n in SIZES for d in HORIZONS]
    found = fit("chinchilla", read_points(written(tmp_path / "runs.csv", rows)).points)
    assert {name: float(found.values[name]) for name in TRUTH} == pytest.approx(TRUTH, rel=1e-3)
    code, out, err = spoken("frontier", "isoflop", written(tmp_path / "iso.csv", isoflop()), "--draws", "20")
    assert code == 0 and "computed" in squeezed(out + err)


def test_26_of_runs_that_overfit_the_minimum_stands_for_the_run(tmp_path):
    rows = []
    for n in (1e7, 1e8, 1e9):
        for d in (1e8, 1e9, 1e10):
            for x in np.linspace(0.1, 1, 10):
                rise = 1 + 0.5 * max(0, x - 0.6) ** 2
                rows.append({"run_id": f"{n:g}-{d:g}", "params_total": n, "tokens": d * x, "lr": 1e-3, "lr_schedule":
                             "constant", "loss": loss(n, d * x) * rise})  # fmt: skip
    found = read_points(written(tmp_path / "runs.csv", rows))
    left = [i for i, why in enumerate(found.points["excluded_because"]) if "overfit" in why]
    assert len(left) >= 9 and all(i % 10 >= 6 for i in left)
    assert any("turned up" in note or "overfit" in note for note in found.notes)


@pytest.mark.slow
def test_29_repeated_text_without_scatter_is_worth_no_less_than_nothing(tmp_path):
    rows = []
    for n in SIZES:
        for epochs in (1, 4, 12, 40):
            unique, r = 2e9, 15.4
            worth = unique + unique * r * (1 - np.exp(-(epochs - 1) / r))
            rows.append({"params_total": n, "tokens": unique * epochs, "tokens_unique": unique, "loss": loss(n, worth)})
    code, out, err = spoken("audit", written(tmp_path / "runs.csv", rows), "--only", "A6")
    shares = [float(x) for x in re.findall(r"([\d.]+)% less", out)]
    assert code == 0 and shares and max(shares) <= 100
    assert "Warning" not in err and "epoch" in out


@pytest.mark.slow
def test_40_tokens_follow_from_compute_and_size(tmp_path):
    rows = [{"params_total": n, "flops": 6 * n * d, "loss": loss(n, d)} for n in SIZES for d in HORIZONS]
    code, out, err = spoken("fit", "chinchilla", written(tmp_path / "runs.csv", rows), *FAST)
    assert code == 0 and "assuming flops counts 6 params_total tokens" in squeezed(err)
    assert fitted(out, "beta") == pytest.approx(TRUTH["beta"], abs=1e-3)


@pytest.mark.slow
def test_44_a_law_of_compute_alone_is_fitted_to_the_frontier_and_not_to_all_rows(tmp_path):
    table = written(tmp_path / "iso.csv", isoflop())
    code, out, _ = spoken("fit", "kaplan-c", table, *FAST)
    assert code == 0 and "it is fitted to the 7 of 35 rows with a lower loss than every cheaper run" in squeezed(out)
    of_the_minima = np.polyfit(*np.log([[1e18, 1e21], [3.5304, 2.3337]]), 1)[0]
    assert fitted(out, "alpha_C") == pytest.approx(-of_the_minima, abs=0.003)


@pytest.mark.slow
def test_45_a_few_anchors_with_a_known_floor_predict_what_they_can_and_say_what_they_cannot(tmp_path):
    def predicted(sizes, flops):
        rows = [{"params_total": n, "tokens": 20 * n, "loss": loss(n, 20 * n)} for n in sizes]
        return spoken("predict", "henighan-c", written(tmp_path / "anchors.csv", rows), "--fix", f"L_inf={TRUTH['E']}",
                      "--at", f"C={flops:g}", "--draws", "50", "--interval", "sandwich")  # fmt: skip

    code, out, _ = predicted(np.geomspace(1e8, 1e9, 6), 5e20)
    assert code == 0
    low, high = (float(x) for x in re.search(r"\[([\d.]+), ([\d.]+)\]", out).groups())
    size = (5e20 / 120) ** 0.5
    assert low <= loss(size, 20 * size) <= high and high - low > 0.02 * low
    code, out, err = predicted((1e8, 3e8, 1e9), 2e22)
    assert code == 0 and "not determined by these runs" in out and "reach 167 times" in out and "3 runs" in err


def test_46_losses_in_bits_are_told_by_what_the_shelf_of_laws_expects(tmp_path):
    rows = [row | {"loss": row["loss"] / np.log(2)} for row in ROWS]
    table = written(tmp_path / "runs.csv", rows)
    code, out, err = spoken("import", table)
    typed = typed_from(out + err, "--unit")
    assert code == 0 and typed == ["--unit", "loss_nats=bits"]
    assert read_points(table, unit={"loss_nats": "bits"}).points["loss_nats"] == pytest.approx(
        [row["loss"] for row in ROWS]
    )


def test_47_sizes_that_count_the_embeddings_in_half_of_the_rows_are_found_by_the_shape(tmp_path):
    rows = []
    for i, row in enumerate(ROWS):
        layers, width = 4 + i // 6, 256 + 64 * (i // 6)
        blocks = 12 * layers * width**2
        total = blocks + (i % 2) * 50257 * width
        rows.append(row | {"params_total": total, "n_layer": layers, "d_model": width, "n_vocab": 50257,
                           "loss": loss(blocks + 50257 * width, row["tokens"])})  # fmt: skip
    code, out, err = spoken("import", written(tmp_path / "runs.csv", rows))
    assert code == 0 and "counts the embeddings in" in squeezed(out + err)
