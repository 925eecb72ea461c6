"""The binary files of trackers, made here by hand: W&B's offline log and TensorBoard's hyperparameters."""

import json
import struct

import pytest

from scalinglaws.errors import PointsError
from scalinglaws.formats.read_raw import read_raw
from scalinglaws.formats.wandb_offline import BLOCK


def varint(value):
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def put(number, value):
    """One field of a message: a whole number, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def pair(key, value, nested=False):
    name = b"".join(put(2, part) for part in key.split(".")) if nested else put(1, key)
    return put(1, name + put(16, json.dumps(value)))


def started(run_id, config=(), name=""):
    pairs = b"".join(pair(key, value) for key, value in config)
    return put(17, put(1, run_id) + put(4, pairs) + (put(8, name) if name else b""))


def logged(step, values):
    return put(2, b"".join(pair(key, value) for key, value in values.items()) + put(2, put(1, step)))


def ended(code):
    return put(18, put(1, code) if code else put(2, 5))


def log(*records):
    """The file of W&B: records in blocks of 32 KiB, cut where a block ends."""
    data = b":W&B" + b"\x42\x26\x00"
    for record in records:
        left, first = record, True
        while left or first:
            room = BLOCK - len(data) % BLOCK
            if room < 7:
                data += b"\0" * room
                continue
            part, left = left[: room - 7], left[room - 7 :]
            kind = 1 if first and not left else 2 if first else 3 if left else 4
            data += b"\0" * 4 + struct.pack("<HB", len(part), kind) + part
            first = False
    return data


CONFIG = (("lr", 0.01), ("model", {"n_layer": 2}), ("_wandb", {"v": 1}))
RUN = (started("abc", CONFIG, "small"), logged(10, {"val_loss": 4.5, "_runtime": 3}), logged(20, {"val_loss": 4.1}))


def read(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return read_raw(path)


def rows(raw):
    return [dict(zip(raw.columns, cells, strict=True)) for cells in zip(*raw.columns.values(), strict=True)]


def test_an_offline_file_of_wandb_gives_its_steps_with_the_config_and_the_outcome(tmp_path):
    raw = read(tmp_path / "run-abc.wandb", log(*RUN, ended(0)))
    of_run = {"run_id": "small", "outcome": "finished", "lr": 0.01, "model.n_layer": 2}
    assert rows(raw) == [{**of_run, "steps": 10, "val_loss": 4.5}, {**of_run, "steps": 20, "val_loss": 4.1}]
    assert raw.form == "offline file of W&B"


@pytest.mark.parametrize(("end", "outcome"), [((), "running"), ((ended(1),), "failed")])
def test_a_run_of_wandb_that_did_not_end_well_is_called_so(tmp_path, end, outcome):
    assert set(read(tmp_path / "run-abc.wandb", log(*RUN, *end)).columns["outcome"]) == {outcome}


def test_records_that_cross_the_blocks_of_the_file_are_put_together(tmp_path):
    long = tuple(logged(step, {"val_loss": 5 - step / 100, "text": "x" * 20_000}) for step in range(1, 9))
    raw = read(tmp_path / "run-abc.wandb", log(RUN[0], *long))
    assert raw.columns["val_loss"] == [5 - step / 100 for step in range(1, 9)]


def test_a_run_that_was_resumed_offline_is_one_run_and_each_step_one_row(tmp_path):
    for i, steps in enumerate([(10, 20), (20, 30)]):
        place = tmp_path / f"offline-run-2026010{i}_000000-abc"
        records = [logged(step, {"val_loss": 5 - step / 10}) for step in steps]
        read(place / "run-abc.wandb", log(RUN[0], *records, ended(1 - i)))
    raw = read_raw(tmp_path)
    assert raw.columns["steps"] == [10, 20, 30]
    assert raw.columns["val_loss"] == [4.0, 3.0, 2.0]
    assert set(raw.columns["outcome"]) == {"finished"}


def test_a_torn_file_of_wandb_gives_what_stands_before_the_tear(tmp_path):
    assert read(tmp_path / "run-abc.wandb", log(*RUN)[:-5]).columns["steps"] == [10]


@pytest.mark.parametrize("data", [log(), log(RUN[0]), log(b"\xff" * 50), b":W&B", b":W&B\x42\x26\x00" + b"\xff" * 99])
def test_a_file_of_wandb_without_a_value_is_refused(tmp_path, data):
    with pytest.raises(PointsError, match="without a logged value"):
        read(tmp_path / "run-abc.wandb", data)


def frame(event):
    return struct.pack("<Q", len(event)) + b"\0" * 4 + event + b"\0" * 4


def plugin(content):
    metadata = put(1, put(1, "hparams") + put(2, content))
    return frame(put(5, put(1, put(1, "_hparams_") + put(9, metadata))))


def double(step, tag, value):
    tensor = put(1, 2) + put(4, struct.pack("<d", value))
    return frame(put(2, step) + put(5, put(1, put(1, tag) + put(8, tensor))))


def setting(name, value):
    return put(1, put(1, name) + put(2, value))


START = b"".join(
    (
        setting("lr", b"\x11" + struct.pack("<d", 0.01)),
        setting("optimizer", put(3, "adamw")),
        setting("tied", put(4, 1)),
    )
)


def test_hyperparameters_of_tensorboard_stand_in_every_row_and_the_status_is_the_outcome(tmp_path):
    data = plugin(put(3, START)) + double(10, "loss", 4.123456789012345) + plugin(put(4, put(1, 2)))
    raw = read(tmp_path / "small" / "events.out.tfevents.1", data)
    expected = {"run_id": "small", "steps": 10, "lr": 0.01, "optimizer": "adamw", "tied": True, "outcome": "failed"}
    assert rows(raw) == [{**expected, "loss": 4.123456789012345}]


def test_the_event_files_of_one_folder_are_one_run_and_the_later_value_of_a_step_counts(tmp_path):
    place = tmp_path / "logs" / "small"
    read(place / "events.out.tfevents.1", plugin(put(3, START)) + double(10, "loss", 4.0) + double(20, "loss", 3.9))
    read(place / "events.out.tfevents.2", double(20, "loss", 3.5) + double(30, "loss", 3.0))
    raw = read_raw(tmp_path / "logs")
    assert raw.columns["steps"] == [10, 20, 30]
    assert raw.columns["loss"] == [4.0, 3.5, 3.0]
    assert raw.columns["lr"] == [0.01] * 3
    assert raw.columns["run_id"] == ["logs/small"] * 3
