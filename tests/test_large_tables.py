"""Large tables take another way in, and give the same cells and points."""

import numpy as np
import pytest

from scalinglaws.formats.delimited import read_delimited
from scalinglaws.formats.large_text import read_large
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
    assert large.rows == small.rows
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
        'a,b\n"1",2\n',
        "a,b\n1,2\n3\n",
        "a,b\n1,2\n3\n4,5,6\n",
        "a,b\n1,2\n\n3,4\n",
        "a,b\r\n1,2\r\n",
        "a,\n1,2\n",
    ],
)
def test_a_large_table_of_other_lines_is_left_to_the_other_reader(text, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    assert read_large(path, text, ",") is None


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
