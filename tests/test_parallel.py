"""Two processes that train one run together take the steps of one that cuts its batch in two."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.errors import MisuseError
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.store.store import open_store
from scalinglaws.training import parallel
from scalinglaws.training.worker import work

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
STEPS = 20


@pytest.fixture
def prepared(tmp_path):
    """Two folders of one run of 20 steps, whose noise is measured at each fifth."""
    (tmp_path / "text").mkdir()
    words = np.random.default_rng(0).choice(["scale", "loss", "law", "token"], (60, 700))
    for i, row in enumerate(words):
        (tmp_path / "text" / f"{i}.txt").write_text(" ".join(row))
    stores = []
    for name in ("alone", "together"):
        store = open_store(tmp_path / name, create=True)
        data = tokenise(f"text:{tmp_path / 'text'}", "bytes", store.data)
        spec = RunSpec(Shape(2, 16, 2, 32, 256), "text", "bytes", data.data_id, STEPS * 8 * 32, 8, 0.004, 4)
        spec = replace(spec, accumulate=2, evaluations=6, eval_tokens=4096, noise_every=5)
        store.ask(spec)
        stores.append(store)
    return spec, *stores


@pytest.mark.slow
def test_two_processes_train_as_one_that_cuts_its_batch_in_two(prepared):
    spec, alone, together = prepared
    work(alone, [spec.id], engine="plain")
    command = [*TORCHRUN, "-m", "scalinglaws", "train", str(together.path), spec.id]
    subprocess.run(command, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    one, two = alone.run(spec), together.run(spec)
    assert two.provenance["processes"] == "2"
    assert two.provenance["plain_because"] == "2 processes train it"
    assert [e.step for e in two.curve] == [e.step for e in one.curve]
    for name in ("loss_nats", "loss_train_nats"):
        values = [[getattr(e, name) for e in run.curve if getattr(e, name) is not None] for run in (one, two)]
        assert values[1] == pytest.approx(values[0], rel=1e-6)
    noise = [[(e.noise.count, e.noise.grad_sq, e.noise.trace) for e in run.curve] for run in (one, two)]
    assert sum(count for count, *_ in noise[1]) == STEPS / 5
    assert np.array(noise[1]) == pytest.approx(np.array(noise[0]), rel=1e-5)
    files = {path.name for path in together.folder(spec.id).iterdir()}
    assert files <= {path.name for path in alone.folder(spec.id).iterdir()} | {"log.txt"}


def test_each_process_has_its_part_of_a_batch_and_what_cannot_be_cut_is_refused(monkeypatch):
    monkeypatch.setattr(parallel, "processes", lambda: 3)
    rows = []
    for number in range(3):
        monkeypatch.setattr(parallel, "place", lambda number=number: number)
        rows.append(parallel.own_rows(12))
    assert rows == [slice(0, 4), slice(4, 8), slice(8, 12)]
    with pytest.raises(MisuseError, match="--nproc-per-node 2, or a batch that 3 divides"):
        parallel.own_rows(8)


def test_without_a_group_everybody_decides_alone():
    assert (parallel.processes(), parallel.place()) == (1, 0)
    assert parallel.agreed(True, False) == [True, False]
