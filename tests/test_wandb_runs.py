"""Runs on W&B by their address, through a stand-in of the package wandb that answers as its public API does."""

import json
import sys

import pytest
from cli_made import spoken

import scalinglaws as sl
from scalinglaws.errors import PointsError

STAND_IN = """
import json, pathlib

RECORDED = json.loads((pathlib.Path(__file__).parent / "recorded.json").read_text())


class Run:
    def __init__(self, told):
        self.id, self.name, self.state = told["id"], told["name"], told["state"]
        self.config, self.summary = told["config"], told["summary"]
        self._history = told["history"]

    def scan_history(self):
        return iter(self._history)


class CommError(Exception):
    pass


class Api:
    def __init__(self, timeout):
        if RECORDED is None:
            raise CommError("No API key configured. Use `wandb login` to log in.")

    def runs(self, path, order):
        assert (path, order) == ("me/pro", "+created_at")
        return (Run(told) for told in RECORDED)

    def run(self, path):
        return next(Run(told) for told in RECORDED if path == f"me/pro/{told['id']}")
"""


def recorded(run_id, name, n, losses, state="finished", **config):
    """A run as the API tells of it: its config without what W&B adds, its history with that."""
    rows = [{"_step": 10 * (i + 1), "_runtime": i, "val/loss": loss} for i, loss in enumerate(losses)]
    rows.insert(1, {"_step": 11, "_runtime": 1, "sample": {"_type": "html-file", "path": "x"}})
    config = {"model": {"n_layer": 2}, "params_nonembedding": n, "batch_tokens": 1000, **config}
    summary = {"_step": 10 * len(losses), "val/loss": losses[-1] if losses else None}
    return {"id": run_id, "name": name, "state": state, "config": config, "summary": summary, "history": rows}


RUNS = [
    recorded("a1", "small", 1e5, [5.0, 4.5, 4.25]),
    recorded("b2", "large", 1e6, [5.0, 4.0, 3.75]),
    recorded("c3", "twin", 2e6, [5.0, 3.5], state="crashed"),
    recorded("d4", "twin", 4e6, [5.0, 3.25]),
]


@pytest.fixture
def answered(tmp_path, monkeypatch):
    """Make the stand-in answer with these runs; None stands for a refusal."""

    def answer(runs):
        (tmp_path / "wandb.py").write_text(STAND_IN)
        (tmp_path / "recorded.json").write_text(json.dumps(runs))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "wandb", raising=False)

    yield answer
    sys.modules.pop("wandb", None)


def test_a_project_gives_a_row_for_each_step_with_the_settings_of_its_run(answered):
    answered(RUNS)
    points = sl.read("wandb://me/pro", map={"loss_nats": "val/loss"})
    assert points.source == "wandb://me/pro"
    assert list(points["run_id"]) == ["small"] * 3 + ["large"] * 3 + ["twin (c3)"] * 2 + ["twin (d4)"] * 2
    assert list(points["loss_nats"][:3]) == [5.0, 4.5, 4.25]
    assert list(points["steps"][:3]) == [10, 20, 30]
    assert list(points["tokens"][:3]) == [10_000, 20_000, 30_000]
    assert set(points["model.n_layer"]) == {2}
    assert "twin (c3)" not in points.kept["run_id"]


@pytest.mark.parametrize("address", ["wandb://me/pro/b2", "wandb://me/pro/runs/b2/"])
def test_one_run_is_read_by_its_id(address, answered):
    answered(RUNS)
    assert set(sl.read(address, map={"loss_nats": "val/loss"})["run_id"]) == {"large"}


def test_a_run_with_a_summary_alone_is_one_row(answered):
    answered([{**one, "history": []} for one in RUNS])
    points = sl.read("wandb://me/pro")
    assert list(points["loss_nats"]) == [4.25, 3.75, 3.5, 3.25]
    assert list(points["steps"]) == [30, 30, 20, 20]


def test_the_command_takes_the_address_and_writes_points(answered, tmp_path):
    answered(RUNS)
    code, out, err = spoken("import", "wandb://me/pro", "--to", str(tmp_path / "points.csv"))
    assert code == 0, err
    assert "runs on W&B" in out
    assert len(sl.read(tmp_path / "points.csv")) == 10


def test_a_refusal_names_the_reason_and_what_to_do(answered):
    answered(None)
    with pytest.raises(PointsError, match=r"CommError: No API key configured.*'wandb login' or set WANDB_API_KEY.*CSV"):
        sl.read("wandb://me/pro")
    with pytest.raises(PointsError, match=r"wandb://me is no address of runs: write wandb://ENTITY/PROJECT"):
        sl.read("wandb://me")


def test_an_empty_project_is_refused(answered):
    answered([])
    with pytest.raises(PointsError, match="has no runs with a logged value"):
        sl.read("wandb://me/pro")


@pytest.mark.parametrize("folder", [False, True])
def test_the_missing_package_is_named_even_where_a_folder_has_its_name(folder, tmp_path, monkeypatch):
    from importlib.util import find_spec

    if find_spec("wandb") is not None:
        pytest.skip("wandb is installed")
    if folder:
        (tmp_path / "wandb").mkdir()
        monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PointsError, match=r"needs the package wandb.*pip install 'scalinglaws\[wandb\]'"):
        sl.read("wandb://me/pro")
    sys.modules.pop("wandb", None)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of packages that are not ours
def test_the_real_package_without_a_key_is_a_line(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(PointsError, match=r"wandb://me/pro cannot be read: .*wandb login"):
        sl.read("wandb://me/pro")
