"""What a process is given follows from its runs or is stated; GPUs are divided among processes."""

from collections import Counter
from dataclasses import replace

import pytest
from test_lock import TRUNK

from scalinglaws.errors import MisuseError
from scalinglaws.instruments.gpus import visible
from scalinglaws.launching.chains import Chain, Failure, judged, next_ready
from scalinglaws.launching.executors import HERE, where
from scalinglaws.launching.local import LocalWork
from scalinglaws.launching.needs import NOT_STATED, Needs, most_of, needs_of
from scalinglaws.launching.processes import UNWRITABLE, Local, gpus_of_slot
from scalinglaws.launching.slurm import _kind, _options
from scalinglaws.run.trainer import Trainer
from scalinglaws.store.store import open_store

OWN = replace(TRUNK, trainer=Trainer("python t.py {steps} {n_layer}", gpus=2), branch_at=(), schedule="wsd")


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "store", create=True)


def test_needs_follow_from_the_size_and_what_is_stated_counts_first():
    large = replace(TRUNK, shape=replace(TRUNK.shape, d_model=512, n_layer=12, n_heads=8))
    small, big = (needs_of([spec], NOT_STATED, "cpu", lambda spec: 600.0) for spec in (TRUNK, large))
    assert (small.cores, small.gpus, small.seconds) == (1, 0.0, 2100.0)
    assert big.memory_bytes > 1.5 * small.memory_bytes > 7e8
    assert needs_of([TRUNK], NOT_STATED, "cuda", None).gpus == 1.0
    assert needs_of([OWN], NOT_STATED, "cpu", None) == Needs(1, 2.0, 0.0, 0.0)
    said = Needs(4, 0.5, 8e9, 60.0)
    assert needs_of([TRUNK], said, "cuda", lambda spec: 600.0) == said
    assert most_of([small, big]).memory_bytes == big.memory_bytes


def test_a_scheduler_is_asked_for_what_a_chain_needs_unless_the_caller_says_it():
    needs = Needs(2, 1.0, 4e9, 1800.0)
    assert _options(needs, ()) == ["--cpus-per-task=2", "--time=30", "--gres=gpu:1"]  # memory is that of the GPU
    assert _options(replace(needs, gpus=0.0), ("--time=5", "-c=1")) == ["--mem=3815"]
    assert _options(needs, ("--gpus-per-node=1", "--cpus-per-task=8", "--time=9")) == []
    assert _options(NOT_STATED, ()) == []
    assert _kind(needs) == _kind(replace(needs, seconds=1900.0)) != _kind(replace(needs, seconds=9000.0))


@pytest.mark.parametrize(
    ("slots", "gpus", "found"),
    [
        (4, 4, [([0], 1.0), ([1], 1.0), ([2], 1.0), ([3], 1.0)]),
        (4, 2, [([0], 0.5), ([1], 0.5), ([0], 0.5), ([1], 0.5)]),
        (3, 2, [([0], 0.5), ([1], 1.0), ([0], 0.5)]),
        (2, 4, [([0, 1], 2.0), ([2, 3], 2.0)]),
    ],
)
def test_gpus_are_divided_among_processes(slots, gpus, found):
    assert [gpus_of_slot(slot, slots, gpus) for slot in range(slots)] == found


def test_processes_at_a_time_follow_from_the_gpus_and_the_part_that_each_needs():
    assert HERE.executor(0, 8, 4, Needs(gpus=1.0)) == Local(4, (), 4)
    assert HERE.executor(0, 8, 2, Needs(gpus=0.25)) == Local(8, (), 2)
    assert HERE.executor(0, 8, 4, Needs(gpus=2.0)) == Local(2, (), 4)
    assert HERE.executor(3, 8, 2, Needs(gpus=1.0)) == Local(3, (), 2)
    assert HERE.executor(0, 8, 4, Needs(cores=4)) == Local(2)
    assert where(gpus=3).executor(0, 8, 0, Needs(gpus=1.0)) == Local(3, (), 3)
    with pytest.raises(MisuseError, match="a run uses 8 GPUs, and there are 4"):
        HERE.executor(0, 8, 4, Needs(gpus=8.0))
    with pytest.raises(MisuseError, match="divides those of this machine"):
        where("slurm", gpus=2)


def test_a_process_sees_its_own_of_the_gpus_that_the_launch_sees():
    assert visible([1], None)["CUDA_VISIBLE_DEVICES"] == "1"
    assert visible([1], "4,6")["CUDA_VISIBLE_DEVICES"] == "6"
    assert visible([0, 1], "GPU-a, GPU-b") == {"CUDA_VISIBLE_DEVICES": "GPU-a,GPU-b", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"}


class Listed(Local):
    """An executor that notes commands in place of starting them."""

    def start(self, command, log):
        NOTED.append(command)

        class Job:
            def give(self, ids):
                pass

            def poll(self):
                return None

            def is_free(self):
                return False

        return Job()


NOTED: list[list[str]] = []


def test_a_launch_with_three_gpus_starts_one_process_on_each(store):
    NOTED.clear()
    chains = [Chain((replace(TRUNK, seed=seed),), 1.0, 0, Needs(gpus=1.0)) for seed in range(5)]
    work = LocalWork(Listed(3, (), 3), chains, ["--device", "cuda"], store)
    work.fill()
    assert [command[-4:] for command in NOTED] == [["--gpus", "1", "--gpu-slots", str(i)] for i in range(3)]
    NOTED.clear()
    LocalWork(Listed(4, (), 2), [replace(chain) for chain in chains] + chains, [], store).fill()
    assert Counter(tuple(command[-3:]) for command in NOTED) == {
        ("0.5", "--gpu-slots", "0"): 2,
        ("0.5", "--gpu-slots", "1"): 2,
    }


def test_a_chain_that_came_further_since_it_was_killed_is_started_again_without_end(store):
    waiting, failures = [], []
    chain = Chain((TRUNK,), 1.0, 0)
    store.ask(TRUNK)
    for step in range(10, 400, 60):
        store.tell(TRUNK.id, step, 2.0)
        judged(chain, -9, store, waiting, failures)
        assert waiting == [chain] and not failures
        waiting.clear()
    for _ in range(2):
        judged(chain, -9, store, waiting, failures)
    assert [failure.run_ids for failure in failures] == [(TRUNK.id,)]


def test_a_chain_whose_disk_is_full_is_tried_again_for_ten_minutes(store, monkeypatch):
    now = [1e6]
    monkeypatch.setattr("scalinglaws.launching.chains.time.monotonic", lambda: now[0])
    waiting, failures = [], []
    chain = Chain((TRUNK,), 1.0, 0)
    for _ in range(30):
        judged(chain, UNWRITABLE, store, waiting, failures)
        assert next_ready(waiting) is None and waiting == [chain]
        now[0] += 16
        assert next_ready(waiting) is chain
    now[0] += 200
    judged(chain, UNWRITABLE, store, waiting, failures)
    assert waiting == [] and len(failures) == 1
    assert "could not write for 10 minutes" in Failure((TRUNK.id,), UNWRITABLE, "x").why
    assert "was killed" not in failures[0].why
