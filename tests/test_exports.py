"""What is written is read back: the same columns in every format, with reasons and definitions; whole as JSON."""

import json

import numpy as np
import pandas
import polars
import pytest
from records_made import RECORDS
from typer.testing import CliRunner

import scalinglaws as sl
from scalinglaws.cli.app import app
from scalinglaws.errors import MisuseError, StoreError

TABLES = ("csv", "tsv", "jsonl", "ndjson", "parquet")
POINTS = sl.Points(
    {
        "run_id": ["007", "1e5", "a,b", 'c"d', "e\nf"],
        "lineage": ["007", "007", "", "x", "x"],
        "outcome": ["finished", "diverged", "finished", "finished", "failed to learn"],
        "excluded_because": ["", "the training loss was not a finite number, at step 9", "", "nan", "x; y"],
        "params_nonembedding": [1e3, 2e3, np.nan, 2.0**60, 4e3],
        "tokens": [1e9, 2e9, 123456789012345680.0, 1e22, 5e9],
        "loss_nats": [3.1, np.nan, 1 / 3, 2.8000000000000003, 9.9],
        "loss_nats_sem": [0.01, np.nan, 5e-324, 1e-17, 0.5],
        "loss_bits_per_byte": [1.1, np.nan, 0.3, 1.0, 3.0],
        "lr": [np.nan] * 5,
        "größe": ["ä", "🚀", "", "=1+1", "7B"],
    },
    source="made here",
    notes=("2 of 5 rows take no part", "another"),
    letters={"N": "params_nonembedding"},
    pooled=("outcome",),
)


def same(found, points):
    assert list(found.columns) == list(points.columns)
    for name, values in points.columns.items():
        assert found[name].dtype.kind == values.dtype.kind, name
        np.testing.assert_array_equal(found[name], values, err_msg=name)


@pytest.mark.parametrize("ending", TABLES)
def test_a_table_gives_the_same_columns_back_with_the_reasons_of_rows_left_out(ending, tmp_path):
    sl.write_points(POINTS, tmp_path / f"x.{ending}")
    found = sl.read(tmp_path / f"x.{ending}")
    same(found, POINTS)
    same(found.kept, POINTS.kept)


@pytest.mark.parametrize("ending", TABLES)
def test_the_notes_of_a_table_stand_beside_it_until_it_is_changed(ending, tmp_path):
    table = tmp_path / f"x.{ending}"
    POINTS.write(table)
    found = sl.read(table)
    assert found.notes[:2] == POINTS.notes
    assert len(sl.read(tmp_path)) == len(POINTS)  # the notes are no table of the folder
    found.write(table)
    assert sl.read(table).notes == found.notes  # no note is told twice
    sl.write_points(sl.Points(POINTS.columns), table)
    assert not set(POINTS.notes) & set(sl.read(table).notes)
    POINTS.write(table)
    sl.Points(POINTS.columns | {"seed": [1.0] * 5}).write(tmp_path / f"y.{ending}")
    (tmp_path / f"y.{ending}").rename(table)
    assert not set(POINTS.notes) & set(sl.read(table).notes)


@pytest.mark.parametrize("frame", ["to_pandas", "to_polars"])
def test_a_data_frame_gives_the_same_columns_back(frame):
    same(sl.read(getattr(POINTS, frame)()), POINTS)


def test_json_gives_equal_points_back_with_their_notes_and_choices(tmp_path):
    sl.write_points(POINTS, tmp_path / "x.json")
    assert sl.read(tmp_path / "x.json") == POINTS
    some = sl.read(tmp_path / "x.json", where="tokens < 4e9")
    same(some, POINTS.take(np.array([0, 1])))
    json.loads((tmp_path / "x.json").read_text())


def test_other_programs_read_the_same_numbers(tmp_path):
    readers = {"csv": pandas.read_csv, "jsonl": lambda path: pandas.read_json(path, lines=True)}
    readers |= {"parquet": polars.read_parquet}
    for ending, read in readers.items():
        POINTS.write(tmp_path / f"x.{ending}")
        found = read(tmp_path / f"x.{ending}")
        assert list(found.columns) == list(POINTS.columns)
        np.testing.assert_allclose(np.array(found["loss_nats"]), POINTS["loss_nats"], rtol=1e-15)


def test_an_infinite_number_is_written_and_found_again_by_the_reader(tmp_path):
    points = sl.Points({"loss_nats": [3.0, 2.9], "tokens": [1e9, 2e9], "ratio": [1.0, np.inf]})
    for ending in TABLES:
        points.write(tmp_path / f"x.{ending}")
        np.testing.assert_array_equal(sl.read(tmp_path / f"x.{ending}")["ratio"], points["ratio"])


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_with_rows_is_written_as_a_table_and_whole(name, tmp_path):
    record = RECORDS[name]()
    record.write(tmp_path / "x.json")
    assert (tmp_path / "x.json").read_text() == record.to_json()
    try:
        rows = record.rows()
    except MisuseError:
        with pytest.raises(MisuseError, match="has no rows"):
            record.write(tmp_path / "x.csv")
        return
    record.write(tmp_path / "x.csv")
    record.write(tmp_path / "x.parquet")
    assert list(polars.read_parquet(tmp_path / "x.parquet").columns) == list(rows)
    found = pandas.read_csv(tmp_path / "x.csv")
    assert list(found.columns) == list(rows)
    assert len(found) == len(next(iter(rows.values())))


def test_an_unknown_ending_and_a_folder_that_is_no_folder_are_refused(tmp_path):
    with pytest.raises(MisuseError, match=r"should end in one of \.csv, .*\.json; the ending gives the format"):
        POINTS.write(tmp_path / "x.xlsx")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        POINTS.write(tmp_path / "file" / "x.csv")


def test_the_command_writes_what_the_command_reads(tmp_path):
    POINTS.write(tmp_path / "a.csv")
    for ending in ("parquet", "json", "jsonl"):
        done = CliRunner().invoke(app, ["import", str(tmp_path / "a.csv"), "--to", str(tmp_path / f"b.{ending}")])
        assert done.exit_code == 0, done.output
        same(sl.read(tmp_path / f"b.{ending}"), POINTS)
