"""The critical batch from isoquants: published fits, a known law, and what cannot be measured."""

import numpy as np
import pytest
from frontier_tables import TABLE_3, kaplan_loss
from public_tables import needs_tables, real

from scalinglaws.errors import PointsError
from scalinglaws.frontiers.critical_batch import critical_batch
from scalinglaws.frontiers.frontier import frontier
from scalinglaws.points.points import Points
from scalinglaws.points.reading import read_points


@needs_tables
def test_the_isoquants_of_zhang_2024_are_the_published_ones():
    """S = a + b/B by least squares in ln S, batches in sequences of 512."""
    found = critical_batch(read_points(real("cbs_zhang.csv")).points, draws=100)
    published = [
        (1293.8268694659337, 2834258.0888740215),
        (1752.4211962796799, 5677478.783007255),
        (2095.3497601960876, 11383269.891870424),
    ]
    for one, (a, b) in zip(found.isoquants, published, strict=True):
        assert one.steps_min == pytest.approx(a, rel=1e-5)
        assert one.tokens_min == pytest.approx(b * 512, rel=1e-5)
        assert one.critical_batch.low < b / a * 512 < one.critical_batch.high
    assert found.size_effect is None and "vary together" in found.warnings[0]


@needs_tables
def test_the_batch_at_twenty_percent_more_tokens_is_zhangs_but_for_his_base():
    """Zhang et al. 2024: 93.20 (N / 1e6)^0.47 sequences, 20% over the tokens of the base batch of 256 sequences."""
    found = critical_batch(read_points(real("cbs_zhang.csv")).points, draws=50)
    for one in found.isoquants:
        printed = 93.20 * (one.params / 1e6) ** 0.47
        assert one.batch_for(0.2).value / 512 + 1.2 * 256 == pytest.approx(printed, rel=0.035)
        tokens = one.tokens_min * (1 + one.batch_for(0.2).value / one.critical_batch.value)
        assert tokens == pytest.approx(1.2 * one.tokens_min)
        assert one.batch_for().low == pytest.approx(0.2 * one.critical_batch.low)


def curves(batches, sizes=(3e6, 8.5e7), noise=0.0, seed=0, effect=1.0, **law):
    rng = np.random.default_rng(seed)
    columns: dict = {
        name: [] for name in ("params_nonembedding", "steps", "tokens", "loss_nats", "batch_tokens", "run_id")
    }
    for size in sizes:
        k = TABLE_3 | law
        k["B_star"] *= effect if size == sizes[-1] else 1.0
        for batch in batches:
            shift = np.exp(noise * rng.standard_normal())
            for steps in np.geomspace(30, 3e5, 60):
                columns["params_nonembedding"].append(size)
                columns["steps"].append(steps)
                columns["tokens"].append(steps * batch)
                columns["loss_nats"].append(kaplan_loss(size, steps / shift, batch, k))
                columns["batch_tokens"].append(batch)
                columns["run_id"].append(f"{size:g}-{batch:g}")
    return Points(columns)


BATCHES = np.geomspace(2**12, 2**21, 7)


def test_curves_at_several_batches_give_back_the_law_that_made_them():
    found = frontier("critical-batch", curves(BATCHES), draws=100)
    assert found.alpha_B.value == pytest.approx(0.21, rel=5e-3)
    assert found.B_star.value == pytest.approx(2e8, rel=3e-2)
    assert found.size_effect.value == pytest.approx(1.0, abs=0.03)
    assert found.constants == {"B_star": found.B_star.value, "alpha_B": found.alpha_B.value}
    usable = [one for one in found.isoquants if not one.reason]
    assert len(usable) >= 12
    for one in usable:
        critical = 2e8 * one.loss_nats ** (-1 / 0.21)
        assert one.critical_batch.value == pytest.approx(critical, rel=2e-2)
        assert one.tokens_min / one.steps_min == pytest.approx(one.critical_batch.value)


def test_a_best_rate_at_the_end_of_those_tried_is_told():
    several = []
    for factor, slower in ((0.5, 1.6), (1.0, 1.0), (2.0, 1.3)):
        one = curves(BATCHES)
        several.append(
            one.replace(
                steps=one["steps"] * slower,
                lr=np.full(len(one), 0.01 * factor),
                run_id=[f"{n}-{factor}" for n in one["run_id"]],
            )
        )

    def table(rows):
        return Points({name: np.concatenate([one[name] for one in rows]) for name in rows[0].columns})

    inside = critical_batch(table(several), draws=20)
    assert not any(one.edge for one in inside.isoquants)
    assert not any("learning rate" in said for said in inside.warnings)
    largest = several[0]["batch_tokens"].max()
    short = [one.take((one["batch_tokens"] < largest) | (one["lr"] > 0.007)) for one in several]
    found = critical_batch(table(short), draws=20)
    assert {one.edge for one in found.isoquants if one.edge} == {(largest,)}
    assert any(f"{largest:,.0f} tokens" in said for said in found.warnings)
    one_rate = critical_batch(several[1], draws=20)
    assert not any(one.edge for one in one_rate.isoquants)


def test_noise_between_runs_widens_the_interval_and_it_covers():
    found = critical_batch(curves(BATCHES, noise=0.05, seed=3), draws=300)
    assert found.alpha_B.low < 0.21 < found.alpha_B.high
    assert found.B_star.low < 2e8 < found.B_star.high
    assert found.size_effect.low < 1 < found.size_effect.high


def test_a_critical_batch_that_depends_on_the_size_is_told():
    found = critical_batch(curves(BATCHES, effect=4.0), draws=50)
    assert found.size_effect.value == pytest.approx(4.0, rel=0.1)
    assert any("no dependence on size" in said for said in found.warnings)


def test_a_critical_batch_that_may_not_grow_gives_no_exponent():
    found = critical_batch(curves(BATCHES, noise=0.1, seed=1, B_star=1e5, alpha_B=1e3), draws=100)  # B_crit is 1e5
    assert sum(not one.reason for one in found.isoquants) >= 3
    assert found.alpha_B is found.B_star is None
    assert found.constants == {}
    assert any("alpha_B is not identified" in text for text in found.warnings)


def test_a_critical_batch_that_grows_by_no_more_than_rounding_gives_no_exponent():
    batches, tokens = (grid.ravel() for grid in np.meshgrid(np.geomspace(1e4, 1e6, 6), np.geomspace(1e9, 1e11, 12)))
    loss = 2 + 400 * tokens**-0.28
    seen = {"params_nonembedding": np.full(72, 1e8), "batch_tokens": batches, "loss_nats": loss}
    seen |= {"tokens": tokens * (1 + batches / (2e5 * loss**-1e-9)), "run_id": [f"{batch:g}" for batch in batches]}
    found = critical_batch(Points(seen | {"steps": seen["tokens"] / batches}), draws=20)
    assert found.alpha_B is None
    assert found.isoquants[0].critical_batch.value == pytest.approx(2e5, rel=1e-6)


def test_a_critical_batch_outside_the_batches_is_no_measurement():
    batches = np.geomspace(2**7, 2**11, 5)
    found = critical_batch(curves(batches), draws=50)
    assert {one.reason for one in found.isoquants} == {"", "above-batches"}
    for one in found.isoquants:
        inside = batches[0] / 4 <= one.critical_batch.value <= batches[-1] * 4
        assert inside == (one.reason == "")
    assert found.alpha_B.value == pytest.approx(0.21, rel=0.05)


def test_three_batches_are_too_few():
    with pytest.raises(PointsError, match="nowhere do 4 batch sizes"):
        critical_batch(curves(BATCHES[:3]))
    with pytest.raises(PointsError, match="batch_tokens"):
        points = curves(BATCHES[:4])
        critical_batch(Points({name: v for name, v in points.columns.items() if name != "batch_tokens"}))
