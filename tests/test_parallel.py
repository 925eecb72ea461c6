"""Two processes that train one run together take the steps of one that cuts its batch in two, weights cut or not."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.errors import MisuseError
from scalinglaws.run.run import RunSpec, state_name
from scalinglaws.run.shape import Shape
from scalinglaws.store.store import open_store
from scalinglaws.training import parallel
from scalinglaws.training.sharded import require_shardable
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


def by_two(store, *words):
    command = [*TORCHRUN, "-m", "scalinglaws", "train", str(store.path), *words]
    subprocess.run(command, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["auto", "sharded"])
def test_two_processes_train_as_one_that_cuts_its_batch_in_two(prepared, engine):
    spec, alone, together = prepared
    work(alone, [spec.id], engine="plain")
    by_two(together, spec.id, "--engine", engine)
    one, two = alone.run(spec), together.run(spec)
    assert two.provenance["processes"] == "2"
    if engine == "sharded":
        assert two.provenance["engine"] == "sharded" and "plain_because" not in two.provenance
    else:
        assert two.provenance["plain_because"] == "2 processes train it"
    assert [e.step for e in two.curve] == [e.step for e in one.curve]
    for name in ("loss_nats", "loss_train_nats"):
        values = [[getattr(e, name) for e in run.curve if getattr(e, name) is not None] for run in (one, two)]
        assert values[1] == pytest.approx(values[0], rel=1e-6)
    noise = [np.array([(e.noise.count, e.noise.grad_sq, e.noise.trace) for e in run.curve]) for run in (one, two)]
    assert noise[1][:, 0].tolist() == noise[0][:, 0].tolist()
    assert noise[1][:, 0].sum() == STEPS / 5
    for tokens in (spec.batch_tokens / 2, spec.batch_tokens):
        norms = [np.sqrt(rows[:, 1] + rows[:, 2] / tokens) for rows in noise]  # |g| of half a batch, and of a whole one
        assert norms[1] == pytest.approx(norms[0], rel=1e-6)
    files = {path.name for path in together.folder(spec.id).iterdir()}
    assert files <= {path.name for path in alone.folder(spec.id).iterdir()} | {"log.txt"}


@pytest.mark.slow
def test_what_several_processes_saved_of_cut_weights_is_what_one_would_have_and_either_goes_on_from_it(prepared):
    spec, alone, together = prepared
    start = spec.decay_start
    trunk = replace(spec, schedule="constant", tokens=start * spec.batch_tokens, branch_at=(start,))
    branch = replace(spec, parent=trunk.id)
    for store in (alone, together):
        for one in (trunk, branch):
            store.ask(one)
    work(alone, [trunk.id, branch.id], engine="plain")
    by_two(together, trunk.id, "--engine", "sharded")
    name = state_name(start)
    states = [load_file(store.folder(trunk.id) / name) for store in (alone, together)]
    assert states[0].keys() == states[1].keys()
    for key, tensor in states[0].items():
        if not key.startswith("weights"):  # a bias without a gradient is moved by rounding alone
            assert float((tensor - states[1][key]).norm()) <= 1e-5 * float(tensor.norm()), key
    assert torch.allclose(states[0]["weights.0"], states[1]["weights.0"], rtol=1e-4, atol=1e-5)
    by_two(together, branch.id, "--engine", "sharded")
    assert together.run(branch).final.loss_nats == pytest.approx(alone.run(branch).final.loss_nats, rel=1e-6)
    shutil.rmtree(together.folder(branch.id))
    together.ask(branch)
    work(together, [branch.id], engine="plain")
    assert together.run(branch).final.loss_nats == pytest.approx(alone.run(branch).final.loss_nats, rel=1e-6)


def test_weights_are_cut_only_among_several_processes_and_only_where_no_part_needs_the_whole(prepared):
    spec, alone, _ = prepared
    with pytest.raises(MisuseError, match="torchrun --nproc-per-node 2"):
        work(alone, [spec.id], engine="sharded")
    require_shardable(spec)
    for change in ({"optimizer": "muon"}, {"watch_weights": True}):
        with pytest.raises(MisuseError, match="cannot train run"):
            require_shardable(replace(spec, **change))


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


@pytest.mark.slow
def test_a_batch_that_grows_is_trained_by_two_processes_as_by_one(prepared):
    spec, alone, together = prepared
    spec = replace(spec, batch=4, batch_ramp=((8 * 4 * 32, 8), (spec.tokens // 2, 12)))
    for store in (alone, together):
        store.ask(spec)
    work(alone, [spec.id], engine="plain")
    by_two(together, spec.id)
    one, two = alone.run(spec), together.run(spec)
    assert [e.tokens for e in two.curve] == [e.tokens for e in one.curve]
    assert [e.loss_nats for e in two.curve] == pytest.approx([e.loss_nats for e in one.curve], rel=1e-6)
    noise = [np.array([(e.noise.count, e.noise.grad_sq, e.noise.trace) for e in run.curve]) for run in (one, two)]
    assert noise[1] == pytest.approx(noise[0], rel=1e-3) and noise[0][:, 0].sum() >= 3
