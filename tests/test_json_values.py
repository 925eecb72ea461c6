"""Records as JSON: the same record back, a clear sentence for what is wrong, and files that are whole or not there."""

import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from scalinglaws.errors import StoreError, StudyError
from scalinglaws.points.points import Points
from scalinglaws.records.json_values import from_plain, parse_json, read_json, to_plain, write_json, write_whole
from scalinglaws.results.fitted import Band, Estimate, FittedLaw
from scalinglaws.run.run import Evaluation, Run, RunSpec
from scalinglaws.run.shape import Shape

SPEC = RunSpec(Shape(2, 16, 2, 64, 256), "stdlib", "bytes", "ab12", 10**6, 32, 0.004, 50, branch_at=(100, 200))
RUN = Run(
    SPEC,
    outcome="finished",
    sentence="reached its horizon",
    curve=(Evaluation(0, 0, 0.0, 5.545), Evaluation(489, 1_001_472, 1e-5, 3.25, 0.01, 3.2, 12.5)),
    bytes_per_token=1.0,
    tokens_unique=12_345_678,
    readings={"noise_scale": 1.25e4},
    provenance={"torch": "2.13.0"},
)
FITTED = FittedLaw(
    law="kaplan-n",
    formula="L = (N_c/N)^alpha_N",
    columns={"N": "params_nonembedding"},
    loss="Huber",
    n_points=7,
    n_runs=7,
    objective=1e-3,
    values={"alpha_N": Estimate(0.076, 0.07, None)},
    interval_method="bootstrap",
    r2=0.99,
    rms_log=0.01,
    starts_agreeing=1.0,
    outcome="converged",
    sentence="the starts agree",
    fingerprint="0123456789ab",
)


@pytest.mark.parametrize("record", [SPEC, RUN, FITTED, SPEC.shape, Estimate(1.5)], ids=lambda r: type(r).__name__)
def test_a_record_comes_back_from_json_as_it_was(record):
    text = json.dumps(to_plain(record), allow_nan=False)
    assert from_plain(type(record), json.loads(text)) == record


def test_a_run_keeps_its_id_through_json():
    assert from_plain(RunSpec, json.loads(json.dumps(to_plain(SPEC)))).id == SPEC.id


@pytest.mark.parametrize("value", [0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 2.0**-1074, 0.1 + 0.2])
def test_a_number_comes_back_to_the_last_bit(value):
    assert from_plain(Estimate, json.loads(json.dumps(to_plain(Estimate(value))))).value == value


def test_points_come_back_with_their_fingerprint():
    points = Points({"loss_nats": [3.5, None, 1 / 3], "run_id": ["a", "b", "c"], "site": ["x", "", "y"]}, "a table")
    back = from_plain(Points, json.loads(json.dumps(to_plain(points), allow_nan=False)))
    assert back.fingerprint == points.fingerprint
    assert back.source == "a table"


def test_what_is_no_number_becomes_null():
    band = Band("tokens", (1.0, 2.0), (math.nan, math.inf), (None, -math.inf), (None, 1.0), "law", "L = 1", (1.0, 2.0))
    plain = to_plain(band)
    assert (plain["y"], plain["low"]) == ([None, None], [None, None])


def test_an_unknown_key_offers_the_nearest_and_names_the_file():
    with pytest.raises(StudyError, match=r"my\.toml: unknown key 'tokenz'\. Did you mean 'tokens'\?$"):
        from_plain(RunSpec, {**to_plain(SPEC), "tokenz": 1}, "my.toml")


def test_an_unknown_key_inside_offers_the_nearest_of_its_own_kind():
    plain = to_plain(RUN)
    plain["spec"]["shape"]["n_layr"] = 3
    plain["curve"][1]["los_nats"] = 3
    with pytest.raises(StoreError) as caught:
        from_plain(Run, plain, "run.json", StoreError)
    assert "unknown key 'spec.shape.n_layr'. Did you mean 'n_layer'?" in str(caught.value)
    assert "unknown key 'curve.1.los_nats'. Did you mean 'loss_nats'?" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tokens", "many", "tokens = 'many': Input should be a valid integer"),
        ("tokens", 1.5, "tokens = 1.5: Input should be a valid integer"),
        ("lr", None, "lr = None: Input should be a valid number"),
        ("shape", 3, "shape = 3"),
        ("lr", -1.0, "lr = -1.0; it must be above 0"),
    ],
)
def test_a_wrong_value_is_shown_with_its_key(key, value, message):
    with pytest.raises(StudyError, match=message):
        from_plain(RunSpec, {**to_plain(SPEC), key: value}, "my.toml")


def test_a_missing_key_is_named():
    plain = to_plain(SPEC)
    del plain["data"]
    with pytest.raises(StudyError, match=r"my\.toml: the key 'data' is missing"):
        from_plain(RunSpec, plain, "my.toml")


def test_a_list_where_keys_belong_is_refused():
    with pytest.raises(StudyError, match="it must contain keys with values"):
        from_plain(RunSpec, [1, 2], "my.toml")


def test_a_class_that_is_no_record_is_left_alone():
    @dataclass(frozen=True)
    class Mine:
        n: int = 1

    assert from_plain(Mine, {}) == Mine()


def test_a_written_file_is_read_back_and_stands_alone(tmp_path):
    path = tmp_path / "new" / "folder" / "x.json"
    write_json(path, {"a": [1, 2.5, None], "b": "ü"})
    assert read_json(path) == {"a": [1, 2.5, None], "b": "ü"}
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]


def test_writing_again_replaces_the_whole(tmp_path):
    path = tmp_path / "x"
    write_whole(path, b"long " * 1000)
    write_whole(path, b"short")
    assert path.read_bytes() == b"short"


def test_not_a_number_is_never_written(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"loss": math.nan})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1, 2"])
def test_a_torn_file_is_one_clear_error(tmp_path, content):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(StoreError, match=r"x\.json cannot be read as JSON"):
        read_json(tmp_path / "x.json")


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(StoreError, match=r"x\.json does not exist"):
        read_json(tmp_path / "x.json")


# The system itself says no from here on: no function of ours or of the library is replaced.

WRITE_UNDER_A_LIMIT = """
import resource, sys
from pathlib import Path
from scalinglaws.errors import StoreError
from scalinglaws.records.json_values import write_whole

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_whole(Path(sys.argv[1]), b"x" * 100_000)
except StoreError as error:
    print(error)
"""


def test_a_disk_without_room_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "run.json"
    path.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", WRITE_UNDER_A_LIMIT, str(path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert f"cannot write {path}: File too large. Free some space, or name another folder." in done.stdout
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_one_clear_error(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    with pytest.raises(StoreError, match=r"cannot write .*: Permission denied"):
        write_whole(folder / "x", b"1")
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="this system has no /proc, where not even root may write")
def test_a_place_where_nobody_may_write_is_one_clear_error():
    with pytest.raises(StoreError, match="cannot write /proc/self/x"):
        write_whole(Path("/proc/self/x"), b"1")


def test_a_folder_that_is_a_file_is_one_clear_error(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match=r"cannot write .*taken/x: (Not a directory|File exists)"):
        write_whole(tmp_path / "taken" / "x", b"1")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_a_name_that_is_a_folder_is_one_clear_error(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(StoreError, match="Is a directory"):
        write_whole(tmp_path / "x", b"1")
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_columns_of_a_record_are_float64_again_after_json():
    back = from_plain(Points, to_plain(Points({"tokens": [1, 2]})))
    assert back["tokens"].dtype == np.float64


def test_json_is_read_in_one_place_with_its_limits_said(tmp_path):
    for text, told in (('{"a": 1, "a": 2}', "twice"), ("[" * 9999 + "]" * 9999, "nested"), ("5", "must contain keys")):
        (tmp_path / "f.json").write_text(text)
        with pytest.raises(StoreError, match=told):
            read_json(tmp_path / "f.json", dict)
    assert parse_json("1" + "0" * 400) == float("inf")
