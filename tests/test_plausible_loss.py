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
            check_loss_is_one(points, "loss", stated=False)
    else:
        check_loss_is_one(points, "loss", stated=False)


def test_one_high_loss_among_others_is_left_to_the_fit():
    check_loss_is_one(Points({"loss_nats": [3.0, 3.1, 400.0]}), "loss", stated=False)


def notes_of(tmp_path, rows, head="params_total,tokens,loss", **options):
    path = tmp_path / "t.csv"
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return read_points(path, **options)


RUNS = [(n, 20 * n, 1.69 + 406.4 / n**0.34 + 410.7 / (20 * n) ** 0.28) for n in (1e7, 3e7, 1e8, 3e8, 1e9)]


@pytest.mark.parametrize(
    ("times", "words"),
    [(0.32, "map={'loss_bits_per_byte': 'loss'}"), (1 / math.log(2), "unit={'loss_nats': 'bits'}")],
)
def test_a_loss_far_from_those_of_published_runs_is_asked_about(times, words, tmp_path):
    found = notes_of(tmp_path, [(n, d, times * loss) for n, d, loss in RUNS])
    assert [note for note in found.notes if words in note and f"{times:.2g} times" in note]


@pytest.mark.parametrize("times", [0.6, 1, 1.3])
def test_a_loss_of_other_text_is_not_asked_about(times, tmp_path):
    assert notes_of(tmp_path, [(n, d, times * loss) for n, d, loss in RUNS]).notes == ()


def test_a_loss_whose_unit_is_stated_or_whose_tokens_are_bytes_is_not_asked_about(tmp_path):
    low = [(n, d, loss / 4) for n, d, loss in RUNS]
    assert notes_of(tmp_path, low, unit={"loss": "nats"}).notes == ()
    assert notes_of(tmp_path, [(*row, 256) for row in low], "params_total,tokens,loss,n_vocab").notes == ()


@pytest.mark.parametrize(("scale", "kind"), [(1, "note"), (100, "refusal")])
def test_an_accuracy_under_the_name_of_a_loss_is_asked_about(scale, kind, tmp_path):
    rows = [(n, d, scale * (0.9 - 0.12 * loss)) for n, d, loss in RUNS]
    if kind == "note":
        (note,) = notes_of(tmp_path, rows).notes
        assert "rises with the size" in note and "map={'accuracy': 'loss'}" in note
        return
    with pytest.raises(PointsError, match=r"map=.'accuracy': 'loss'., unit=.'accuracy': 'percent'."):
        notes_of(tmp_path, rows)
    found = notes_of(tmp_path, rows, map={"accuracy": "loss"}, unit={"accuracy": "percent"})
    assert found.points["accuracy"] == pytest.approx([row[2] / 100 for row in rows])


def test_a_percentage_of_errors_is_offered_as_one(tmp_path):
    with pytest.raises(PointsError, match=r"map=.'error_top1': 'loss'., unit=.'error_top1': 'percent'."):
        notes_of(tmp_path, [(n, d, 20 + 10 * loss) for n, d, loss in RUNS])


def test_accuracies_in_percent_are_asked_about(tmp_path):
    (note,) = notes_of(tmp_path, [(1e7, 1e8, 45.0), (2e7, 1e8, 50.0)], "params_total,tokens,accuracy").notes
    assert "unit={'accuracy': 'percent'}" in note
