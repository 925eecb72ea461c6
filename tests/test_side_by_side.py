"""Studies side by side: multipliers of known truth, and what is refused or withheld because it does not compare."""

import json
import re
import shutil

import numpy as np
import pytest
from cli_made import spoken, written

import scalinglaws as sl
from scalinglaws.points.points import Points
from scalinglaws.reporting.side_by_side_figures import side_by_side_figures
from scalinglaws.results.side_by_side import EQUAL, LESS, MORE

WORSE = 0.7  # of the effect of size and of data: a loss then takes 1 / 0.7^2 times the compute


def world(seed=0, scale=1.0, *, grid=5, noise=0.004, smallest=1e7, **more) -> Points:
    """Make runs of Hoffmann's law in which N and D count `scale` times; the multiplier is 1 / scale^2 exactly."""
    rng = np.random.default_rng(seed)
    sizes, tokens = np.geomspace(smallest, 100 * smallest, grid), np.geomspace(1e8, 1e11, grid)
    N, D = (x.ravel() for x in np.meshgrid(sizes, tokens))
    loss = (1.7 + 400 / (N * scale) ** 0.34 + 410 / (D * scale) ** 0.28) * np.exp(noise * rng.standard_normal(len(N)))
    columns = {"run_id": [f"r{i}" for i in range(len(N))], "params_total": N, "tokens": D, "loss_nats": loss}
    labels = {name: [value] * len(N) for name, value in ({"tokenizer": "gpt2"} | more).items() if value is not None}
    return Points(columns | labels, source=f"w{seed}.csv")


@pytest.fixture(scope="module")
def three():
    worlds = [world(0), world(1, 1 / WORSE), world(2, WORSE)]
    return sl.side_by_side(worlds, names=["base", "better", "<b>worse</b>"], draws=300)


def test_the_multiplier_of_a_known_gain_is_in_its_interval_and_has_a_verdict(three):
    better, worse = three.leading
    for one, truth, verdict in ((better, WORSE**2, LESS), (worse, WORSE**-2, MORE)):
        assert one.value.low < truth < one.value.high
        assert one.verdict == verdict and one.reference == "base" and not one.beyond
    assert three.sides[0].constants["alpha"].low < 0.34 < three.sides[0].constants["alpha"].high
    assert three.sides[0].exponents["a"].value == pytest.approx(0.28 / 0.62, abs=0.03)


def test_equal_studies_are_not_distinguished():
    found = sl.side_by_side([world(3, noise=0.02), world(4, noise=0.02)], draws=200)
    assert found.leading[0].verdict == EQUAL


def test_a_multiplier_outside_the_runs_is_marked_as_an_extrapolation(three):
    first = next(one for one in three.worths if one.name == "better")
    assert any("smallest compute fitted" in text for text in first.beyond)
    assert any("its best N there" in text for one in three.worths for text in one.beyond)
    assert not any(one.beyond for one in three.leading)


def test_with_two_tokenizers_losses_are_compared_in_bits_per_byte():
    pair = [world(0, bytes_per_token=4.0), world(1, tokenizer="other", bytes_per_token=4.0)]
    found = sl.side_by_side(pair, draws=100)
    assert found.loss == "loss_bits_per_byte" and found.unit == "bits per byte"
    assert found.sides[0].loss[0] == pytest.approx(pair[0]["loss_nats"][0] / np.log(2) / 4)
    assert found.leading[0].value.low < 1 < found.leading[0].value.high


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        (lambda: [world(0)], "of 2 to 8 studies or tables; 1 given"),
        (lambda: [world(0), world(1, tokenizer="other")], "tokenizers differ or are not named"),
        (lambda: [world(0), world(1, tokenizer=None)], "tokenizers differ or are not named"),
        (lambda: [world(0), Points({"run_id": ["a"], "tokens": [1e9], "loss_nats": [3.0]})], "share no count of param"),
    ],
)
def test_what_does_not_compare_is_refused_with_what_to_do(pair, said):
    with pytest.raises(sl.ScalingLawsError, match=said):
        sl.side_by_side(pair(), draws=20)


def test_losses_on_two_texts_and_runs_without_a_common_compute_give_laws_and_no_multiplier():
    for other, said in (
        ({"loss_split": "pile"}, "measured on different texts"),
        ({"smallest": 1e14}, "share no compute"),
    ):
        found = sl.side_by_side([world(0, loss_split="c4"), world(1, **{"loss_split": "c4"} | other)], draws=20)
        assert said in found.withheld and found.worths == () and found.leading == ()
        assert found.sides[1].constants["alpha"] is not None
        assert said in str(found) and "times that compute" not in str(found)
        assert len(side_by_side_figures(found)[0].drawing.panels) == 1


def test_tables_that_name_no_tokenizer_compare_with_a_warning():
    found = sl.side_by_side([world(0, tokenizer=None), world(1, tokenizer=None)], draws=20)
    assert any("no table names its tokenizer" in text for text in found.minded())


def test_a_comparison_is_a_record_with_rows(three, tmp_path):
    assert type(three).from_json(three.to_json()) == three
    three.write(tmp_path / "worth.csv")
    assert (tmp_path / "worth.csv").read_text().startswith("study,reference,flops,loss,multiplier,low,high,verdict")


def test_the_command_writes_a_page_in_which_names_stay_text(tmp_path):
    for name, points in (("a<b>", world(0)), ("b", world(1, WORSE))):
        columns = {key: values.tolist() for key, values in points.columns.items()}
        written(
            tmp_path / f"{name}.csv",
            [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
        )
    tables = (tmp_path / "a<b>.csv", tmp_path / "b.csv")
    code, out, err = spoken("report", *tables, "--draws", "50", "--to", tmp_path / "page")
    assert code == 0, err
    assert re.search(r"needs [1-9][\d.]* \[[1-9][\d.]*, [\d.]+\] times that compute$", out, re.M), out
    text = (tmp_path / "page" / "index.html").read_text()
    assert "a&lt;b&gt;" in text and "<h1>a<b>" not in text and "needs more compute" in text
    assert json.loads((tmp_path / "page" / "side_by_side.json").read_text())["withheld"] == ""
    assert {path.name for path in (tmp_path / "page" / "figures").iterdir()} >= {"compute.svg", "compute.csv"}
    assert not re.search(r'(?:src|href)="(?:https?:)?//', re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL))
    code, _, err = spoken("report", *tables, "--budget", "1e20")
    assert code == 2 and "no --budget" in err
    shutil.rmtree(tmp_path / "page")


@pytest.mark.slow
def test_multipliers_of_simulated_pairs_are_covered_at_their_level():
    inside = []
    for seed in range(60):
        found = sl.side_by_side([world(2 * seed), world(2 * seed + 1, WORSE)], draws=200, seed=seed)
        inside += [one.value.low <= WORSE**-2 <= one.value.high for one in found.leading]
    assert len(inside) == 60 and np.mean(inside) >= 0.88
