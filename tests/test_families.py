"""Sets of families of runs: every experiment of the paper from one command, at the size of a smoke test."""

import os
import subprocess
import sys

import numpy as np
import pytest

from scalinglaws.designing.read_study import presets, read_study
from scalinglaws.errors import MisuseError, NameUnknownError, StudyError
from scalinglaws.studying.families import measure

FAMILIES = "F-N F-SEED F-B F-ND F-D F-GNS F-OOD F-LSTM F-UT F-LR F-SHAPE F-CTX8 F-V".split()
FEWER = {"eval_tokens": 4096, "noise_every": 24}  # measured on half of the tokens, at a third of the steps


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where `study smoke` ran, with fewer tokens to evaluate on."""
    to = tmp_path_factory.mktemp("families") / "smoke"
    changes = [word for name, value in FEWER.items() for word in ("--set", f"{name}={value}")]
    command = [sys.executable, "-m", "scalinglaws", "study", "smoke", *changes, "--to", str(to)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    return to


@pytest.fixture(scope="module")
def written(folder):
    """The table of points as `study smoke` wrote it."""
    return (folder / "points.csv").read_text()


@pytest.fixture(scope="module")
def tables(folder, written):
    """What one family, measured again, gives of them all."""
    measured = measure(read_study("smoke", FEWER).only(["F-LR"]), folder)
    return {name: getattr(measured, name) for name in ("points", "curves", "positions")}


def of_family(runs, name):
    """The rows of one family."""
    return runs.take(np.array([name in families.split() for families in runs["family"]]))


def test_every_family_runs_from_one_command(tables):
    runs = tables["points"]
    learned = runs["outcome"] == "finished"  # in tens of steps not every model gets below the frequencies of tokens
    assert set(runs["outcome"][~learned]) <= {"failed to learn"} and learned.mean() > 0.75
    assert all("not below the unigram loss" in why for why in runs["excluded_because"][~learned])
    counts = {name: len(of_family(runs, name)) for name in FAMILIES}
    assert counts == {
        "F-N": 15, "F-SEED": 3, "F-B": 16, "F-ND": 6, "F-D": 3, "F-GNS": 2, "F-OOD": 12, "F-LSTM": 2, "F-UT": 4,
        "F-LR": 6, "F-SHAPE": 6, "F-CTX8": 2, "F-V": 4,
    }  # fmt: skip
    assert set(of_family(runs, "F-LSTM")["arch"]) == {"lstm"}
    assert set(of_family(runs, "F-UT")["reuse"]) == {2, 4}
    assert set(of_family(runs, "F-B")["batch_tokens"]) == {128, 256, 512, 1024}


def test_the_page_of_a_set_that_is_done_misses_no_run(folder, tables):
    page = (folder / "report" / "index.html").read_text()
    failed = int((tables["points"]["outcome"] != "finished").sum())
    also = f"; {failed} diverged or did not learn" * (failed > 0)
    assert f'<p class="presence whole">64 runs, of 13 families{also}</p>' in page
    assert "scalinglaws study kaplan-cpu" not in page


def test_one_family_again_trains_nothing_and_leaves_the_others_in_the_tables(folder, written, tables):
    assert (folder / "points.csv").read_text() == written
    assert len(tables["points"]) == 64


def test_the_lowest_loss_of_a_run_that_stopped_early_is_in_its_curve(tables):
    curves, subset = tables["curves"], of_family(tables["points"], "F-ND")
    stopped = 0
    for i, run_id in enumerate(subset["run_id"]):
        own = curves.take(curves["run_id"] == run_id)
        assert subset["loss_nats"][i] == own["loss_nats"].min()
        assert subset["steps"][i] == own["steps"][own["loss_nats"].argmin()]
        stopped += subset["last_step"][i] < subset["planned_steps"][i]
    assert stopped > 0
    assert set(subset["subset_tokens"]) == {0, 600, 6000}


def test_the_loss_is_the_mean_over_the_places_of_the_context(tables):
    runs, positions = tables["points"], tables["positions"]
    plain = runs.take((runs["early_stop"] == 0) & (runs["n_ctx"] == 32))
    for run_id, loss in list(zip(plain["run_id"], plain["loss_nats"], strict=True))[:10]:
        own = positions.take(positions["run_id"] == run_id)
        assert own["position"].tolist() == list(range(1, 33))
        assert own["loss_nats"].mean() == pytest.approx(loss, rel=1e-12)


def test_instruments_read_by_default(tables):
    runs = tables["points"]
    scale = runs["noise_scale"][np.isfinite(runs["noise_scale"])]
    assert len(scale) > len(runs) / 2
    assert (scale > 0).all()
    for name in ("tokens_per_second", "mfu", "peak_memory_bytes"):
        assert (runs[name] > 0).all(), name
    assert (runs["mfu"] < 1).all()
    assert (tables["curves"]["update_ratio"] > 0).any()


def test_shallow_models_are_shown_and_left_out_of_fits_with_the_reason(tables):
    runs = tables["points"]
    shallow = runs["n_layer"] < 2
    transformers = runs["arch"] == "transformer"
    assert (runs["excluded_because"][shallow & transformers] != "").all()
    learned = runs["outcome"] == "finished"
    assert (runs["excluded_because"][~shallow & learned] == "").all()


def test_families_that_others_hold_train_nothing_of_their_own(tables):
    runs = tables["points"]
    for part, whole in (("F-D", "F-ND"), ("F-GNS", "F-B"), ("F-OOD", "F-N")):
        assert set(of_family(runs, part)["run_id"]) < set(of_family(runs, whole)["run_id"])
    assert len(runs) == 64


def test_a_set_is_read_whole_and_refuses_what_it_does_not_know(tmp_path):
    for name in presets():
        read_study(name)
    smoke = read_study("smoke")
    assert [study.name for study in smoke.studies] == FAMILIES
    assert [study.name for study in smoke.only(["F-B", "F-N"]).studies] == ["F-N", "F-B"]
    with pytest.raises(NameUnknownError, match="F-SEED"):
        smoke.only(["F-SEEDS"])
    (tmp_path / "own.toml").write_text('families = ["F-N"]\n')
    with pytest.raises(StudyError, match="there is no"):
        read_study(str(tmp_path / "own.toml"))
    changed = read_study("smoke", {"seeds": 4})
    assert {study.seeds for study in changed.studies} == {4}


def test_only_and_set_are_checked_on_the_command_line(capsys):
    from scalinglaws.cli.study_options import asked_study

    assert [study.name for study in asked_study("smoke", "F-N, F-B", ["n_ctx=16"]).studies] == ["F-N", "F-B"]
    assert asked_study("quickstart", None, ["corpus=text:notes/", "seeds=2"]).corpus == "text:notes/"
    with pytest.raises(MisuseError, match="is one study"):
        asked_study("quickstart", "F-N", None)
    with pytest.raises(MisuseError, match="KEY=VALUE"):
        asked_study("quickstart", None, ["seeds"])
