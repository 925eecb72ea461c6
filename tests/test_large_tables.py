"""Large tables take another way in, and give the same cells and points."""

import gzip
import lzma

import numpy as np
import pytest

from scalinglaws.errors import PointsError
from scalinglaws.formats.delimited import read_delimited
from scalinglaws.formats.large_text import read_large
from scalinglaws.formats.parquet import read_parquet
from scalinglaws.formats.raw import MOST_TEXT
from scalinglaws.points.plain_numbers import plain_numbers
from scalinglaws.points.reading import read_points

pytest.importorskip("polars")

LARGE = """run,size,tied,rate,note
a1,1e7,True,0.1,
a1, 2e7,,nan,x
01,1_000,false,,é
,.5,no,inf,x
"""


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_a_large_table_is_read_cell_for_cell_as_a_small_one(mark, tmp_path):
    text = LARGE.replace(", ", ",").replace(",", mark)
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    large, small = read_large(path, text, mark), read_delimited(text, "t", mark)
    assert list(large.rows) == small.rows
    for name, cells in small.columns.items():
        assert list(large.columns[name]) == cells == [large.columns[name][i] for i in range(4)]
        one, other = plain_numbers(large.columns[name]), plain_numbers(cells)
        assert (one is None) == (other is None)
        assert one is None or np.array_equal(one, other, equal_nan=True)
        different, place = large.columns[name].labels
        assert [different[i] for i in place] == cells


@pytest.mark.parametrize(
    "text",
    [
        LARGE,
        'a,b\n"1\n",2\n',
        'a,b\nx"1",2\n',
        'a,b\n"1"x,2\n',
        'a,b\n"1,2\n3,4"\n',
        "a,b\n1,2\n3\n",
        "a,b\n1,2\n3\n4,5,6\n",
        "a,b\n1,2\n\n3,4\n",
        "a,b\r\n1,2\r3,4\n",
        "a,\n1,2\n",
    ],
)
def test_a_large_table_of_other_lines_is_left_to_the_other_reader(text, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    assert read_large(path, text, ",") is None


@pytest.mark.parametrize(
    "text", ["a,b\r\n1,2\r\n3,x\r\n", 'a,b\n"1",2\n"x, ""y""",\n"",3\n', '"a","b"\n"[0.9, 1]",2\n']
)
def test_a_large_table_may_have_quotes_and_the_line_ends_of_windows(text, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    large, small = read_large(path, text, ","), read_delimited(text, "t", ",")
    assert {name: list(cells) for name, cells in large.columns.items()} == small.columns
    assert list(large.rows) == small.rows


def test_a_column_of_numbers_gives_its_text_and_one_that_turns_to_text_late_is_text(tmp_path):
    rows = 200_000
    path = tmp_path / "t.csv"
    path.write_text("run,size\n" + "".join(f"{i:07d},{1e7 if i < rows - 1 else 'large'}\n" for i in range(rows)))
    large = read_large(path, "run,size\n", ",")
    assert large.columns["run"][7] == "0000007" and large.columns["run"].numbers[7] == 7
    assert large.columns["size"].numbers is None and large.columns["size"][rows - 2 :] == ["10000000.0", "large"]


def test_a_large_table_that_changes_while_it_is_read_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    large = read_large(path, "a,b\n", ",")
    path.write_text("a,b\n1,2\n")
    with pytest.raises(PointsError, match="changed while it was read"):
        list(large.columns["a"])


def test_a_file_of_megabytes_gives_the_points_of_its_parts(tmp_path):
    rows = [f"r{i},{1e7 + i},{1e8 + i},{3 + i / 1e4},{'x' * 400}\n" for i in range(10_000)]
    head = "run_id,params_total,tokens,loss,note\n"
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv"
    whole.write_text(head + "".join(rows))
    part.write_text(head + "".join(rows[:100]))
    large, small = read_points(whole).points, read_points(part).points
    assert len(large) == 10_000
    for name, values in small.columns.items():
        assert large[name][:100].tolist() == values.tolist()


def test_a_parquet_file_is_read_cell_for_cell_as_the_values_in_it(tmp_path):
    import polars

    values = {
        "run_id": ["007", "8", None],
        "seed": [1, None, 3],
        "loss": [3.5, None, float("nan")],
        "tied": [True, None, False],
        "note": ["é", "", "x" * 20_000],
    }
    polars.DataFrame(values).write_parquet(tmp_path / "t.pq")
    read = read_parquet(tmp_path / "t.pq").columns
    assert list(read["run_id"]) == ["007", "8", ""] and read["run_id"].numbers[:2].tolist() == [7, 8]
    assert list(read["seed"]) == ["1", "", "3"] and list(read["loss"]) == ["3.5", "", ""]
    assert np.array_equal(read["seed"].numbers, [1, np.nan, 3], equal_nan=True)
    assert read["tied"] == [True, None, False] and read["note"] == ["é", "", "x" * MOST_TEXT]


@pytest.mark.parametrize("packed", [gzip.compress, lzma.compress])
def test_a_large_compressed_table_is_read_as_the_plain_one(packed, tmp_path):
    rows = "".join(f"r{i},{1e7 + i},{1e8 + i},{3 + i / 1e4}\n" for i in range(100))
    plain, small = tmp_path / "plain.csv", tmp_path / "packed.csv.gz"
    plain.write_text(head := "run_id,params_total,tokens,loss\n" + rows)
    small.write_bytes(packed(head.encode()))
    one, other = read_large(plain, head, ","), read_large(small, head, ",")
    assert {n: list(c) for n, c in one.columns.items()} == {n: list(c) for n, c in other.columns.items()}
    small.write_bytes(packed(head.encode())[:-20])
    assert read_large(small, head, ",") is None
