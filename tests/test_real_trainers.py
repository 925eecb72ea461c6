"""The examples of docs/trainers.md, as they stand there, by the real trainers."""

import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import scalinglaws as sl

PAGE = (Path(__file__).parents[1] / "docs" / "trainers.md").read_text()
pytestmark = pytest.mark.slow


def example(heading: str, language: str) -> str:
    """The first block of a language below a heading of the page."""
    return re.search(rf"```{language}\n(.*?)```", PAGE.split(f"### {heading}\n")[1], re.S).group(1)


def words(count: int) -> str:
    """A text whose words follow one another by chance, frequent ones more often."""
    known = "the power law of loss falls as model data and compute grow until it bends".split()
    return " ".join(np.random.default_rng(0).choice(known, count, p=np.arange(1, 16) / 120))


def test_nanogpt_trains_a_study(tmp_path):
    checkout = os.environ.get("NANOGPT")
    if not checkout:
        pytest.skip("NANOGPT names no checkout of nanoGPT")
    (tmp_path / "nanoGPT" / "data" / "tiny").mkdir(parents=True)
    for name in ("train.py", "model.py", "configurator.py"):
        (tmp_path / "nanoGPT" / name).write_text((Path(checkout) / name).read_text())
    ids = np.frombuffer(words(20_000).encode(), np.uint8).astype(np.uint16) % 96
    for part, some in (("train", ids[:80_000]), ("val", ids[80_000:])):
        some.tofile(tmp_path / "nanoGPT" / "data" / "tiny" / f"{part}.bin")
    (tmp_path / "nanoGPT" / "data" / "tiny" / "meta.pkl").write_bytes(pickle.dumps({"vocab_size": 96}))
    text = example("nanoGPT", "toml").replace("python train.py", f"{sys.executable} train.py")
    (tmp_path / "nanogpt.toml").write_text(text)
    results = sl.study(tmp_path / "nanogpt.toml", tmp_path / "out", changes={"draws": 100})
    assert results.runs_present == results.runs_expected == 5 * 3 + 1
    assert set(results.points["outcome"]) == {"finished"}
    assert results.fits and results.held_out.measured


def by_example(tmp_path, heading: str, named: str, variable: str, packages: str):
    """Run an example of six runs whose files are NAMED_train.py and NAMED.toml, by the Python that a variable names."""
    python = os.environ.get(variable, sys.executable)
    if subprocess.run([python, "-c", f"import {packages}"], capture_output=True).returncode:
        pytest.skip(f"{variable} names no Python with {packages}")
    (tmp_path / f"{named}_train.py").write_text(example(heading, "python"))
    (tmp_path / "train.txt").write_text(words(20_000))
    (tmp_path / "val.txt").write_text(words(1_000))
    text = example(heading, "toml").replace(f"python {named}", f"{python} {named}")
    (tmp_path / f"{named}.toml").write_text(text)
    results = sl.study(tmp_path / f"{named}.toml", tmp_path / "out", changes={"draws": 100})
    assert results.runs_present == results.runs_expected == 6
    assert set(results.points["outcome"]) == {"finished"}
    return results


def test_hugging_faces_trainer_trains_a_study(tmp_path):
    assert by_example(tmp_path, "Hugging Face Trainer", "hf", "HF_PYTHON", "accelerate, transformers").fits


def test_litgpt_trains_a_study(tmp_path):
    assert by_example(tmp_path, "litgpt", "lit", "LITGPT_PYTHON", "litgpt").fits


def test_a_state_space_model_trains_a_study(tmp_path):
    results = by_example(tmp_path, "A state-space model", "mamba", "HF_PYTHON", "transformers")
    for run in sorted((tmp_path / "out" / "runs").glob("*")):
        told = json.loads((run / "trainer" / "result.json").read_text())["params_nonembedding"]
        assert told in results.points["params_nonembedding"]  # exactly: not one weight more
