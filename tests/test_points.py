"""Points: columns by name, numbers in float64, rows left out with a reason, and a hash of the content."""

import math

import numpy as np
import pytest

from scalinglaws.errors import PointsError
from scalinglaws.points.points import Points

COLUMNS = {
    "params_nonembedding": [768, 393216, 3145728],
    "tokens": [1e6, 2e6, 4e6],
    "loss_nats": [5.0, 4.5, None],
    "run_id": ["a", "b", "c"],
    "excluded_because": ["", None, "diverged"],
}


@pytest.fixture
def points():
    return Points(COLUMNS, "a table")


def test_numbers_become_float64_and_labels_text(points):
    assert {points[name].dtype for name in ("params_nonembedding", "tokens", "loss_nats")} == {np.dtype(np.float64)}
    assert points["run_id"].dtype.kind == "U"
    assert np.isnan(points["loss_nats"][2])
    assert list(points["excluded_because"]) == ["", "", "diverged"]


def test_a_run_named_by_a_number_stays_a_label():
    assert list(Points({"run_id": [7, 8]})["run_id"]) == ["7", "8"]


def test_numbers_written_as_text_are_read_as_numbers():
    assert list(Points({"loss_nats": ["3.5", "4e-1"]})["loss_nats"]) == [3.5, 0.4]


def test_a_synonym_beyond_doubt_is_renamed():
    renamed = Points({"val_loss": [3.0]})
    assert list(renamed.columns) == ["loss_nats"]
    for name in ("val_loss", "loss", "loss_nats"):
        assert name in renamed and renamed[name].tolist() == [3.0]


def test_a_column_of_another_table_rides_along_under_its_own_name():
    foreign = Points({"loss_nats": [3.0, 4.0], "site": ["x", "y"], "width": [1, 2]})
    assert list(foreign["site"]) == ["x", "y"]
    assert foreign["width"].dtype == np.float64


def test_rows_with_a_reason_to_be_left_out_take_no_part(points):
    assert list(points.kept["run_id"]) == ["a", "b"]
    assert len(points) == 3


def test_points_without_reasons_are_all_kept():
    all_kept = Points({"loss_nats": [1.0, 2.0]})
    assert all_kept.kept is all_kept


def test_rows_are_taken_by_mask_or_by_number(points):
    assert list(points.take(np.array([2, 0, 0]))["run_id"]) == ["c", "a", "a"]
    assert list(points.take(points["tokens"] > 1e6)["run_id"]) == ["b", "c"]
    assert points.take(np.array([0])).source == "a table"


def test_replacing_a_column_leaves_the_original_as_it_was(points):
    replaced = points.replace(tokens=[1, 2, 3], seed=[0, 0, 1])
    assert list(replaced["tokens"]) == [1.0, 2.0, 3.0]
    assert list(points["tokens"]) == [1e6, 2e6, 4e6]
    assert "seed" in replaced and "seed" not in points


def test_no_columns_are_no_rows():
    assert len(Points({})) == 0


def test_equal_content_has_one_fingerprint_in_any_order_of_columns(points):
    assert points.fingerprint == Points(dict(reversed(COLUMNS.items())), "elsewhere").fingerprint


@pytest.mark.parametrize(
    ("name", "values"),
    [("tokens", [1e6, 2e6, 4e6 + 1]), ("run_id", ["a", "b", "d"]), ("run_id", ["ab", "", "c"]), ("seed", [0, 0, 0])],
)
def test_any_change_changes_the_fingerprint(points, name, values):
    assert points.replace(**{name: values}).fingerprint != points.fingerprint


def test_a_misspelt_column_offers_the_nearest(points):
    with pytest.raises(PointsError, match=r"no column is called 'token'; the table has .* Did you mean 'tokens'"):
        points["token"]


def test_columns_of_unequal_length_are_refused_with_their_lengths():
    with pytest.raises(PointsError, match="'tokens': 1, 'loss_nats': 2"):
        Points({"tokens": [1.0], "loss_nats": [1.0, 2.0]})


def test_text_where_numbers_belong_is_shown():
    with pytest.raises(PointsError, match=r"column 'loss_nats' must hold numbers; it holds 'three'"):
        Points({"loss_nats": [4.0, "three"]})


def test_a_missing_label_of_a_data_frame_is_empty():
    points = Points({"excluded_because": np.array([math.nan, None, "bad"], dtype=object), "loss": [3.0, 2.9, None]})
    assert points["excluded_because"].tolist() == ["", "", "bad"]
    assert len(points.kept) == 2 and np.isnan(points["loss_nats"][2])
    assert Points({"mine": ["a", math.nan, None]})["mine"].tolist() == ["a", "", ""]


def test_a_frame_of_polars_is_a_table():
    polars = pytest.importorskip("polars")
    points = Points(polars.DataFrame({"run_id": ["a", None], "loss": [3.0, None]}))
    assert points["run_id"].tolist() == ["a", ""] and points["loss_nats"][0] == 3.0


def test_a_row_without_a_label_is_a_run_of_its_own():
    points = Points({"run_id": ["a", "", "a", ""], "lineage": ["", "", "", ""], "loss": [1.0, 2, 3, 4]})
    assert len(set(points.clusters().tolist())) == 3
    assert points.clusters("lineage").tolist() == points.clusters().tolist()  # without a lineage: of the run it names
    assert len(set(points.clusters("missing").tolist())) == 4


def test_a_column_keeps_its_type_whatever_rows_are_taken():
    points = Points({"mine": ["007", "x"], "loss": [1.0, 2.0]}).take(np.array([0]))
    assert points["mine"].tolist() == ["007"]


def test_half_a_character_is_shown_as_its_code():
    points = Points({"run_id": ["\ud800"], "loss": [1.0]})
    assert points["run_id"].tolist() == ["\\ud800"] and len(points.fingerprint) == 12
