"""Folders of trainers whose logs are all called the same: one run each, named by its folder, read once."""

import json

import pytest

import scalinglaws as sl
from scalinglaws.formats.read_raw import read_raw
from scalinglaws.formats.run_folders import settings_beside

METRICS = "epoch,lr-AdamW,step,train_loss,val_loss\n,0.009,9,,\n0,,9,2.9,\n0,,19,,{first}\n0,,39,,{last}\n"


def state(place, losses):
    """The trainer_state.json of a Trainer that has come as far as these losses."""
    place.mkdir(parents=True)
    log = [{"step": 20 * (i + 1), "eval_loss": loss, "num_input_tokens_seen": 2560 * (i + 1)} for i, loss in
           enumerate(losses)]  # fmt: skip
    kept = {"log_history": log, "global_step": 20 * len(losses), "max_steps": 60}
    (place / "trainer_state.json").write_text(json.dumps(kept))


@pytest.fixture
def trained(tmp_path):
    """The output of two Trainers: checkpoints, whose names sort 100 before 20, and event files beside them."""
    for name, losses in {"small": (4.0, 3.5, 3.25), "large": (3.9, 3.0, 2.75)}.items():
        for i, step in enumerate((20, 40, 100)):
            state(tmp_path / "out" / name / f"checkpoint-{step}", losses[: i + 1])
        (tmp_path / "out" / name / "runs").mkdir()
        (tmp_path / "out" / name / "runs" / "events.out.tfevents.1").write_bytes(b"")
    return tmp_path / "out"


def rows(raw, *names):
    return list(zip(*(raw.columns[name] for name in names), strict=True))


def test_the_last_checkpoint_of_each_run_stands_for_it(trained):
    raw = read_raw(trained)
    assert rows(raw, "run_id", "steps", "loss_nats") == [
        *(("large", 20, 3.9), ("large", 40, 3.0), ("large", 60, 2.75)),
        *(("small", 20, 4.0), ("small", 40, 3.5), ("small", 60, 3.25)),
    ]
    assert raw.columns["tokens"][:3] == [2560, 5120, 7680]
    assert set(read_raw(trained / "small").columns["run_id"]) == {"small"}
    assert set(read_raw(trained / "small" / "checkpoint-40" / "trainer_state.json").columns["run_id"]) == {"small"}


def test_a_state_beside_the_checkpoints_was_saved_at_the_end_and_counts(trained):
    (trained / "small" / "trainer_state.json").write_text(
        json.dumps({"log_history": [{"step": 80, "eval_loss": 3.0}], "global_step": 80, "max_steps": 80})
    )
    assert read_raw(trained / "small").columns["loss_nats"] == [3.0]


def test_the_versions_of_lightning_are_runs_of_their_own_with_their_settings(tmp_path):
    for name, losses in {"d4": (2.75, 2.5), "d8": (2.5, 2.25)}.items():
        place = tmp_path / "logs" / name / "version_0"
        place.mkdir(parents=True)
        (place / "metrics.csv").write_text(METRICS.format(first=losses[0], last=losses[1]))
        (place / "hparams.yaml").write_text(
            f"d_model: {name[1:]}\nname: 'a'\nnested:\n  lr: 1\nlist: [1]\nnone: null\n"
        )
    points = sl.read(tmp_path / "logs")
    assert list(zip(points["run_id"], points["loss_nats"], points["d_model"], strict=True)) == [
        *(("d4/version_0", 2.75, 4), ("d4/version_0", 2.5, 4), ("d8/version_0", 2.5, 8), ("d8/version_0", 2.25, 8))
    ]


def test_only_plain_settings_are_read(tmp_path):
    text = "a: 1\nb: 'x y'\nc:\n  d: 1\ne: [1]\nf: null\ng: !!python/object:x\n- h: 1\nno colon\n"
    (tmp_path / "hparams.yaml").write_bytes(text.encode() + b"\xff: 1\n")
    assert settings_beside(tmp_path / "metrics.csv") == {"a": "1", "b": "x y"}
    assert settings_beside(tmp_path / "elsewhere" / "metrics.csv") == {}
