"""`lr = "auto"`: the rule of the learning rate is found by a scan, whose best rates lie inside it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from scalinglaws.designing.design import Sweep, design
from scalinglaws.designing.rate_scan import MOST_RATES, SCAN, as_sweep, first_scan, scan_runs, with_scan
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import StudyError
from scalinglaws.studying.estimate import with_first_scan
from scalinglaws.studying.scanned_runs import best_rate
from scalinglaws.studying.tuned_rates import tuned

STUDY = Study(
    "s", ((2, 8), (2, 16), (2, 24), (2, 32), (2, 48), (2, 64)), (1e5, 2e5, 4e5), lr="auto", hold_out=1, batch=4
)
DATA = SimpleNamespace(vocabulary=256, data_id="d", train_tokens=10**6)


class World:
    """Runs whose loss has its least at a known rate; `trained` lists what was trained, in order."""

    def __init__(self, scale=4e-3, size=-0.5, tokens=0.1, noise=0.0, lost_above=np.inf):
        self.law, self.noise, self.lost_above, self.trained = (scale, size, tokens), noise, lost_above, []

    def best(self, spec):
        scale, size, tokens = self.law
        return scale * (spec.shape.params() / 1e5) ** size * (spec.tokens / 1e6) ** tokens

    def run_of(self, spec):
        off = np.log(spec.lr / self.best(spec))
        loss = 2 + 0.02 * off**2 + self.noise * np.sin(1e6 * spec.lr)
        outcome = "finished" if spec.lr < self.lost_above else "diverged"
        return SimpleNamespace(outcome=outcome, final=SimpleNamespace(loss_nats=loss))

    def train(self, sweep):
        self.trained.append([run.id for run in sweep.runs])


def test_the_rule_of_the_rate_is_found_and_checked_at_a_larger_size():
    world = World()
    study, scan, rule = tuned(STUDY, DATA, world.run_of, world.train)
    assert study.lr_rule == "power"
    for run in design(study, 256, "d", None).runs:
        if not run.is_trunk:
            assert run.lr == pytest.approx(world.best(run), rel=0.25)
    assert rule.cells[-1].role == "check"
    said, found = rule.checked
    assert said.low < found < said.high
    assert set(scan.left_out) == {run.id for run in scan.runs}
    assert any("published rules" in line for line in rule.told())


@pytest.mark.parametrize("scale", [4e-5, 0.5])
def test_a_best_rate_at_the_edge_is_extended_until_it_lies_inside(scale):
    world = World(scale=scale)
    _, _, rule = tuned(STUDY, DATA, world.run_of, world.train)
    for cell in rule.cells:
        assert min(cell.rates) < cell.rate < max(cell.rates)
        assert cell.rate == pytest.approx(scale * (cell.params / 1e5) ** -0.5 * (cell.tokens / 1e6) ** 0.1, rel=0.3)
    assert len(world.trained) > 2


def test_rates_that_diverge_lie_above_the_best():
    world = World(lost_above=0.012)
    _, _, rule = tuned(STUDY, DATA, world.run_of, world.train)
    assert all(cell.rate < 0.024 for cell in rule.cells)


def test_a_scan_that_never_turns_is_refused():
    with pytest.raises(StudyError, match="still at the edge"):
        tuned(STUDY, DATA, World(scale=1e9).run_of, lambda sweep: None)
    assert MOST_RATES > 5


def test_a_scan_is_the_same_when_it_is_resumed():
    first, second = World(noise=1e-4), World(noise=1e-4)
    one, scan, _ = tuned(STUDY, DATA, first.run_of, first.train)
    other, again, _ = tuned(STUDY, DATA, second.run_of, second.train)
    assert (one, scan) == (other, again)


def test_the_runs_of_a_scan_take_no_part_and_stand_before_those_of_the_study():
    scans = first_scan(STUDY, 256)
    assert {one.tokens for one in scans} == {(2e5, 4e5)}
    scan = as_sweep("s", scan_runs(STUDY, scans, 256, "d", None))
    both = with_scan(design(replace(STUDY, lr="rule"), 256, "d", None), scan)
    own = {run.id for run in design(replace(STUDY, lr="rule"), 256, "d", None).runs}
    assert {run.id for run in scan.runs} <= {run.id for run in both.runs}
    assert {run_id for run_id, why in both.left_out.items() if why == SCAN} == {run.id for run in scan.runs} - own
    assert own & {run.id for run in scan.runs}  # at the rule's own rate a run of the scan is one of the study's


def test_two_sizes_are_too_few_and_another_lr_is_refused():
    with pytest.raises(StudyError, match="Add shapes"):
        first_scan(replace(STUDY, shapes=STUDY.shapes[:3]), 256)
    with pytest.raises(StudyError, match="rule, auto"):
        replace(STUDY, lr="car")


def test_the_best_rate_lies_at_the_least_of_a_parabola():
    rates = np.array([1e-3, 2e-3, 4e-3, 8e-3])
    losses = 2 * np.exp(0.05 * np.log(rates / 3e-3) ** 2)
    assert best_rate(rates, losses)[0] == pytest.approx(3e-3)
    with pytest.raises(StudyError, match="edge"):
        best_rate(rates, np.array([1.0, 2.0, 3.0, 4.0]))


class WorldOfBatches(World):
    """Beside the rate, which is best in proportion to the square root of the batch, the batch has a best value."""

    def __init__(self, batch=16.0, flat_below=False, at_larger=None):
        super().__init__()
        self.batch, self.flat_below, self.at_larger = batch, flat_below, at_larger or batch

    def run_of(self, spec):
        best = self.batch if spec.shape.params() < 5e4 else self.at_larger
        off_batch = np.log(spec.batch / best)
        off_batch = max(off_batch, 0.0) if self.flat_below else off_batch
        off = np.log(spec.lr / self.best(spec) / np.sqrt(spec.batch / 4))
        return SimpleNamespace(
            outcome="finished", final=SimpleNamespace(loss_nats=2 + 0.02 * off**2 + 0.02 * off_batch**2)
        )


def in_batches(**changes):
    return replace(STUDY, tune_batch=True, warmup_share=0.1, **changes)


@pytest.mark.parametrize(("batch", "start"), [(4.0, 4), (16.0, 4), (2.0, 8), (1.0, 2)])
def test_the_batch_is_found_wherever_its_scan_begins(batch, start):
    world = WorldOfBatches(batch=batch)
    study, scan, rule = tuned(in_batches(batch=start), DATA, world.run_of, world.train)
    assert study.batch == batch
    assert not study.tune_batch
    assert {run.batch for run in design(study, 256, "d", None).runs} == {batch}
    for run in design(study, 256, "d", None).runs:
        if not run.is_trunk:
            assert run.lr == pytest.approx(world.best(run) * np.sqrt(batch / 4), rel=0.25)
    assert rule.told()[0].startswith(f"batch, by a scan: {batch:.0f} sequences, {64 * batch:,.0f} tokens, for all runs")
    assert {run.batch for run in scan.runs} >= {max(1, batch / 2), batch, 2 * batch}
    assert set(scan.left_out) == {run.id for run in scan.runs}


def test_of_batches_that_are_equal_the_largest_is_taken():
    world = WorldOfBatches(batch=8.0, flat_below=True)
    study, _, rule = tuned(in_batches(batch=4), DATA, world.run_of, world.train)
    assert study.batch == 8
    assert rule.told()[0].endswith("the largest of those within 0.1% of the lowest mean loss (2, 4, 8)")


def test_a_larger_model_that_wants_another_batch_is_said():
    world = WorldOfBatches(batch=4.0)
    _, _, rule = tuned(in_batches(), DATA, world.run_of, world.train)
    assert any("none is lower by more than 0.1%" in line for line in rule.told())
    world = WorldOfBatches(batch=4.0, at_larger=32.0)
    _, _, rule = tuned(in_batches(), DATA, world.run_of, world.train)
    assert any("check of [2, 48]" in line and "8 is " in line and "% lower" in line for line in rule.told())


def test_the_cost_has_the_first_rates_of_every_batch_and_the_check():
    told = {}
    sweep = with_first_scan(in_batches(), Sweep("s", (), ()), (256, "d", None), told)
    scanned = {run.batch for run in sweep.runs if run.shape.d_model < 48}
    assert scanned == {run.batch for run in sweep.runs if run.shape.d_model == 48} == {2, 4, 8}
    # batches, sizes, rates, a trunk and two ends; the check; beside it
    assert len(sweep.runs) == 3 * 3 * 5 * 3 + 3 * 3 + 2
    assert any("its first rates and batches" in line for line in told)


def test_a_batch_that_never_turns_is_refused():
    with pytest.raises(StudyError, match="still at an end of its scan, from 2 to 256 sequences"):
        tuned(in_batches(), DATA, WorldOfBatches(batch=1e9).run_of, lambda sweep: None)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"lr": "rule"}, "Set lr = 'auto' too"),
        ({"each_batch": (4, 8)}, "each_batch gives several"),
        ({"batch_ramp": ((1e5, 8),)}, "batch_ramp gives several"),
    ],
)
def test_what_cannot_go_with_a_scan_of_batches_is_refused(changes, why):
    with pytest.raises(StudyError, match=why):
        in_batches(**changes)
