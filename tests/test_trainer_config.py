"""Exported files, opened by the rules that their trainers state themselves, written here again."""

import ast
import tomllib

import numpy as np
import pytest

from scalinglaws.designing.design import design
from scalinglaws.designing.read_study import read_study
from scalinglaws.errors import MisuseError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import law
from scalinglaws.planning.buildable import Building
from scalinglaws.planning.plan import plan
from scalinglaws.planning.trainer_config import configuration
from scalinglaws.points.points import Points
from scalinglaws.uncertainty.draws import draws


@pytest.fixture(scope="module")
def drawn():
    params, ratio = (x.ravel() for x in np.meshgrid(np.geomspace(3e6, 3e9, 5), [5, 20, 80]))
    chinchilla = law("chinchilla")
    rng = np.random.default_rng(1)
    loss = chinchilla.evaluate(params, params * ratio, **chinchilla.constants)
    loss = loss * np.exp(0.003 * rng.standard_normal(params.size))
    return draws(
        fit("chinchilla", Points({"params_total": params, "tokens": params * ratio, "loss_nats": loss})), draws=50
    )


BATCHES = (3_000, 60_000, 109 * 1024 * 8, 223_232, 1_048_576, 3_976_000)
HEADS = (48, 64, 128)


def opened(drawn, trainer, devices):
    """Every file of a grid of plans: (plan's batch in sequences, shape, text)."""
    for batch in BATCHES:
        for d_head in HEADS:
            found = plan(drawn, 3e19, batch_tokens=batch, building=Building(50304, 1024, d_head))
            for row in found.shapes[:: max(1, len(found.shapes) - 1)]:
                if round(batch / 1024) >= devices:
                    text = configuration(found, row, trainer, lr=1.0, devices=devices if devices > 1 else None)
                    yield batch / 1024, row, text


def near(sequences, asked, devices):
    """Whole sequences for each device, and within a sixteenth of the batch asked for where it is not tiny."""
    return sequences % devices == 0 and abs(sequences - asked) <= max(asked / 16, devices / 2, 0.5)


@pytest.mark.parametrize("devices", [1, 8, 12])
def test_nanogpt_takes_its_settings(drawn, devices):
    for asked, row, text in opened(drawn, "nanogpt", devices):
        at = {line.targets[0].id: ast.literal_eval(line.value) for line in ast.parse(text).body}
        worlds = (devices,) if devices > 1 or asked < 64 else (1, 2, 4, 8)
        assert all(at["gradient_accumulation_steps"] % world == 0 for world in worlds)  # train.py: assert
        assert at["n_embd"] % at["n_head"] == 0  # model.py: assert
        assert at["warmup_iters"] < at["lr_decay_iters"] == at["max_iters"]  # else get_lr divides by zero
        assert all(isinstance(at[name], float) for name in ("learning_rate", "min_lr", "beta1", "beta2", "grad_clip"))
        assert all(isinstance(at[name], int) and at[name] >= 1 for name in ("batch_size", "block_size", "n_layer"))
        assert at["block_size"] == 1024 and "50304" in text
        assert near(at["batch_size"] * at["gradient_accumulation_steps"], asked, devices)
        step = 1024 * at["batch_size"] * at["gradient_accumulation_steps"]
        assert 0 <= at["max_iters"] * step - row.tokens < step


@pytest.mark.parametrize("devices", [1, 12])
def test_torchtitan_takes_its_settings(drawn, devices):
    for asked, row, text in opened(drawn, "torchtitan", devices):
        at = tomllib.loads(text)
        training = at["training"]
        assert training["global_batch_size"] % (training["local_batch_size"] * devices) == 0  # trainer: assert
        assert row.shape.d_model % row.shape.n_heads == 0
        assert row.shape.d_model // row.shape.n_heads % 2 == 0  # rotary positions turn pairs
        assert f"dim={row.shape.d_model}, n_layers={row.shape.n_layer}, n_heads={row.shape.n_heads}" in text
        assert isinstance(at["optimizer"]["lr"], float) and at["lr_scheduler"]["warmup_steps"] < training["steps"]
        assert near(training["global_batch_size"], asked, devices)


@pytest.mark.parametrize("devices", [1, 12])
def test_olmo_core_takes_its_settings(drawn, devices):
    for asked, row, text in opened(drawn, "olmo-core", devices):
        at, calls = {}, {}
        for line in ast.parse(text).body:
            name = line.targets[0].id
            if isinstance(line.value, ast.Call):
                calls[name] = {k.arg: ast.literal_eval(k.value) for k in line.value.keywords}
                at[name] = [ast.literal_eval(value) for value in line.value.args]
            else:
                at[name] = ast.literal_eval(line.value)
        assert at["rank_microbatch_size"] % at["sequence_length"] == 0  # whole sequences
        assert at["global_batch_size"] % (at["rank_microbatch_size"] * devices) == 0  # the trainer checks this
        model = calls["model_config"]
        assert model["d_model"] % model["n_heads"] == 0 and model["d_model"] // model["n_heads"] % 2 == 0
        assert at["max_duration"][0] % at["global_batch_size"] == 0 and at["max_duration"][0] >= row.tokens
        assert near(at["global_batch_size"] // at["sequence_length"], asked, devices)


def test_a_batch_that_devices_cannot_share_or_a_head_that_cannot_turn_is_refused(drawn):
    found = plan(drawn, 3e19, batch_tokens=3000, building=Building(50304, 1024, 63))
    with pytest.raises(MisuseError, match="3 sequences of 1024 tokens cannot be shared by 8 devices"):
        configuration(found, found.shapes[0], "nanogpt", lr=1e-3, devices=8)
    with pytest.raises(MisuseError, match=r"even\. Choose d_head=64"):
        configuration(found, found.shapes[0], "torchtitan", lr=1e-3)
    with pytest.raises(MisuseError, match="give the tokens per step"):
        from dataclasses import replace

        configuration(replace(found, batch_tokens=None), found.shapes[0], "nanogpt", lr=1e-3)


@pytest.mark.parametrize("devices", [1, 8])
def test_a_plan_reopens_as_a_study_of_the_run_that_was_planned(drawn, tmp_path, devices):
    for asked, row, text in list(opened(drawn, "study", devices))[::7]:
        (tmp_path / "planned.toml").write_text(text)
        study = read_study(str(tmp_path / "planned.toml"))
        (run,) = design(study, study.n_vocab, "own", None).runs
        assert near(run.batch, asked, devices) and run.trainer.command == "python train.py {run_file}"
        assert run.shape.params() == row.shape.params() and run.shape.params("total") == row.params_total
        assert 0 <= run.tokens - row.tokens < 2 * run.batch_tokens
        assert run.lr == 1.0 and run.schedule == "cosine" and run.warmup == min(2000, -(-run.steps // 50))


def test_a_plan_that_reopens_can_be_trained_by_our_trainer(drawn, tmp_path):
    _, row, text = next(opened(drawn, "study", 1))
    ours = "".join(f"{line}\n" for line in text.splitlines() if not line.startswith(("trainer", "n_vocab")))
    (tmp_path / "planned.toml").write_text(ours)
    (run,) = design(read_study(str(tmp_path / "planned.toml")), row.shape.n_vocab, "text", None).runs
    assert run.trainer is None and run.shape.params("total") == row.params_total
