"""A column of losses is checked for being one: perplexities under the name of a loss are asked about."""

import math

import pytest

from scalinglaws.errors import PointsError
from scalinglaws.points.plausible_loss import ROOM, check_loss_is_one
from scalinglaws.points.points import Points
from scalinglaws.points.reading import read_points


def test_perplexities_under_the_name_of_a_loss_are_asked_about(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("params_total,tokens,loss\n1e7,1e8,239.2\n2e7,1e8,62.0\n4e7,1e8,20.1\n")
    with pytest.raises(PointsError, match=r"median of loss_nats is 62, .*unit=.'loss_nats': 'perplexity'.*"):
        read_points(path)
    assert read_points(path, unit={"loss": "perplexity"}).points["loss_nats"][0] == pytest.approx(math.log(239.2))
    assert read_points(path, unit={"loss": "nats"}).points["loss_nats"][0] == 239.2


@pytest.mark.parametrize(("times", "refused"), [(0.999, False), (1.001, True)])
def test_the_bound_is_that_of_the_vocabulary(times, refused):
    points = Points({"loss_nats": [ROOM * math.log(256) * times], "n_vocab": [256]})
    if refused:
        with pytest.raises(PointsError, match="vocabulary of up to 256"):
            check_loss_is_one(points, stated=False)
    else:
        check_loss_is_one(points, stated=False)


def test_one_high_loss_among_others_is_left_to_the_fit():
    check_loss_is_one(Points({"loss_nats": [3.0, 3.1, 400.0]}), stated=False)
