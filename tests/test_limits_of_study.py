"""Limits of a study are refused before and stopped at; what was used is counted, with what was lost."""

import json
from dataclasses import replace

import pytest
from cli_made import spoken
from report_sample import sample
from test_lock import BRANCH, TRUNK, Ending

import scalinglaws as sl
from scalinglaws.designing.design import Sweep, read_sweep
from scalinglaws.designing.read_study import read_study
from scalinglaws.designing.study_file import Families, Study
from scalinglaws.errors import LimitReachedError, MisuseError
from scalinglaws.instruments.energy import EnergyMeter, PackageCounters
from scalinglaws.launching.executors import HERE
from scalinglaws.launching.launch import launch
from scalinglaws.launching.limits import Amounts, Limits, limits_of, reached, refused
from scalinglaws.launching.needs import stated
from scalinglaws.launching.watch import hours_of, used_in
from scalinglaws.records.json_values import to_plain, write_json
from scalinglaws.reporting.tables import all_tables
from scalinglaws.reporting.use_table import use
from scalinglaws.results.used import UseOfRun
from scalinglaws.store.attempts import Attempt, Used, attempts_in, used
from scalinglaws.store.store import open_store
from scalinglaws.studying.family_sweeps import joined, read_families
from scalinglaws.studying.limits_checked import require_runs_within
from scalinglaws.studying.placing import terms_of
from scalinglaws.studying.use_of_runs import uses_of

STUDY = Study("s", ((1, 8), (1, 12)), (1e4,), max_hours=2.0, max_cost=3.0, price_per_hour=2.0, watts=100.0)


def attempt(seconds, gpus=0.0, joules=None, by="", **other):
    known = {"host": "n1", "pid": 1, "began": "2026-01-01T00:00:00Z", "cpu_seconds": seconds, "written": ""}
    return Attempt(seconds=seconds, gpus=gpus, joules=joules, by=by, **(known | other))


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "store", create=True)


def wrote(store, run_id, *attempts):
    for number, one in enumerate(attempts):
        write_json(store.folder(run_id) / f"attempt-{number}.json", to_plain(one))


def test_every_attempt_at_a_run_counts_also_those_that_were_lost(store):
    wrote(store, TRUNK.id, attempt(1800, 2.0), attempt(1800, 1.0, pid=2))
    wrote(store, BRANCH.id, attempt(3600, 1.0))
    (store.folder(BRANCH.id) / "attempt-7.json").write_text("{")  # cut short by a power failure
    assert used(attempts_in(store.folder(TRUNK.id))) == Used(2, 3600, 3600, 5400, None)
    found = Limits(price_per_hour=2.0, watts=100.0).amounts(1.5, used_in(store))
    assert (found.hours, found.process_hours, found.gpu_hours, found.money) == (1.5, 2.0, 2.5, 5.0)
    assert (found.kwh, found.kwh_by) == (0.25, "watts")
    without = Limits(price_per_hour=2.0).amounts(1.0, used([attempt(7200)]))
    assert (without.money, without.kwh) == (4.0, None)


def test_energy_is_that_measured_only_where_every_attempt_was_measured():
    measured = used([attempt(10, joules=3.6e6, by="RAPL"), attempt(10, joules=3.6e6, by="RAPL")])
    assert (measured.joules, measured.by) == (7.2e6, ("RAPL",))
    assert Limits(watts=1.0).amounts(0.0, measured).kwh_by == "RAPL"
    assert used([attempt(10, joules=1.0, by="RAPL"), attempt(10)]).joules is None


def test_a_limit_that_is_exceeded_says_the_estimate_the_limit_and_what_to_type():
    limits = Limits(max_gpu_hours=2.0, max_cost=100.0, price_per_hour=10.0)
    before, ahead = Amounts(0.1, 0.5, 0.5, money=5.0), Amounts(1.0, 4.0, 4.0, money=40.0)
    said = refused(limits, before, ahead, 12, "Timed here.")
    assert "for the 12 runs that are missing 4.5 GPU-hours are estimated in all, of which 0.5 are used" in said
    assert "max_gpu_hours=2.0 allows 2 GPU-hours" in said.replace("max_gpu_hours=2 ", "max_gpu_hours=2.0 ")
    assert "Nothing was started" in said and "max_gpu_hours=5" in said and "max_cost" not in said
    assert refused(replace(limits, max_gpu_hours=5.0), before, ahead, 12, "") == ""
    assert "is reached: 2.1 GPU-hours were used. 3 of 12 runs are complete" in reached(
        limits, Amounts(1.0, 2.1, 2.1), 3, 12
    )
    assert reached(limits, Amounts(9.0, 1.9, 1.9, money=19.0), 3, 12) == ""


def test_a_limit_without_a_meaning_is_refused():
    with pytest.raises(MisuseError, match="needs a price"):
        Limits(max_cost=5.0).require_sense(0.0)
    with pytest.raises(MisuseError, match="use no GPU"):
        Limits(max_gpu_hours=5.0).require_sense(0.0)
    Limits(max_gpu_hours=5.0).require_sense(0.5)


def test_a_launch_stops_at_its_limit_and_counts_what_earlier_ones_took(store, monkeypatch):
    monkeypatch.setattr("scalinglaws.launching.launch.POLL_SECONDS", 0.0)
    wrote(store, TRUNK.id, attempt(3600, 3.0))
    asked = Ending(0)
    with pytest.raises(LimitReachedError, match="max_gpu_hours=2 is reached: 3 GPU-hours were used") as stopped:
        launch(Sweep("s", (TRUNK, BRANCH)), store, asked, limits=Limits(max_gpu_hours=2.0))
    assert stopped.value.exit_code == 3 and asked.codes == [0]  # nothing was started
    assert launch(Sweep("s", (TRUNK, BRANCH)), store, Ending(0), limits=Limits(max_gpu_hours=4.0)) == []
    (store.path / "launches.json").write_text("7200.0")
    with pytest.raises(LimitReachedError, match=r"max_hours=1\.5 is reached"):
        launch(Sweep("s", (TRUNK, BRANCH)), store, Ending(0), limits=Limits(max_hours=1.5))
    assert hours_of(store) >= 2.0


def test_limits_stand_in_the_file_or_are_given_and_a_set_has_the_least(store):
    assert limits_of(STUDY) == Limits(2.0, 0.0, 3.0, 2.0, 100.0)
    two = Families("f", (replace(STUDY, name="a"), replace(STUDY, name="b", max_hours=1.0)))
    assert limits_of(two).max_hours == 1.0
    assert terms_of(store, {"max_hours": 5.0})[0] == Limits(max_hours=5.0)
    write_json(store.path / "study.json", to_plain(STUDY))
    assert terms_of(store, {"max_hours": 5.0})[0] == Limits(5.0, 0.0, 3.0, 2.0, 100.0)


def test_a_study_beyond_its_limit_starts_nothing_and_what_it_proposes_works(tmp_path):
    def trained(asked, folder):
        return {"loss": 6.0 / asked["params"] ** 0.1, "steps": asked["steps"]}

    keys = {"n_vocab": 256, "n_ctx": 32, "draws": 50}
    asked = Study("s", ((1, 8), (1, 16)), (2e4, 4e4), trainer="python x.py {steps} {n_layer}", warmup_share=0.1, **keys)
    with pytest.raises(MisuseError, match="hours are estimated, and max_hours=1e-09 allows") as said:
        sl.study(asked, tmp_path / "a", trainer=trained, max_hours=1e-9)
    assert not list((tmp_path / "a" / "runs").glob("*/run.json"))
    proposed = float(str(said.value).rpartition("max_hours=")[2].rstrip("."))
    assert proposed > 1e-9


def test_a_set_of_families_beyond_its_limit_starts_nothing_and_a_larger_limit_is_kept(tmp_path):
    text = "synthetic:tokens=20000,val_tokens=1024,test_tokens=1024,vocabulary=32"
    (tmp_path / "set.toml").write_text(
        f'families = ["A", "B"]\ncorpus = "{text}"\ntokenizer = "symbols"\nn_ctx = 16\neval_tokens = 256\n'
        "warmup_steps = 2\ntokens = [2e3]\n"
    )
    (tmp_path / "set").mkdir()
    for name, width in (("A", 4), ("B", 8)):
        (tmp_path / "set" / f"{name}.toml").write_text(f"shapes = [[1, {width}]]\n")
    code, _, err = spoken("study", tmp_path / "set.toml", "--to", tmp_path / "a", "--max-hours", "1e-7")
    said = " ".join(err.split())
    assert code == 2 and "hours are estimated, and --max-hours 1e-07 allows" in said and "Nothing was started" in said
    assert not list((tmp_path / "a").glob("runs/*/spec.json"))
    proposed = float(said.rpartition("--max-hours ")[2].rstrip("."))
    asked, store = read_study(str(tmp_path / "set.toml"), {"max_hours": proposed}), open_store(tmp_path / "a")
    families, how = list(read_families(store).values()), {"limits": limits_of(asked), "said": stated(asked)}
    within = {**how, "device": "cpu", "engine": "auto"}
    require_runs_within(joined("", families), 0, store, HERE, within, print)


def test_the_page_of_a_study_shows_what_each_run_used(store):
    wrote(store, TRUNK.id, attempt(1800, joules=3.6e6, by="RAPL"), attempt(1800, joules=0.0, by="RAPL", pid=2))
    uses = uses_of((TRUNK, BRANCH), store, Limits(price_per_hour=2.0))
    assert uses == (UseOfRun(TRUNK.id, 2, 1.0, 1.0, 0.0, 1.0, "RAPL", 2.0),)
    shown = use((*uses, replace(uses[0], run_id="b", kwh=None, kwh_by="")))
    assert shown.columns == ("run", "attempts", "hours of processes", "CPU hours", "kWh", "money")
    assert [cell.text for cell in shown.rows[-1]] == ["all", "4", "2.00", "2.00", "–", "4.00"]
    assert "measured by RAPL" in shown.note
    assert "use" in [table.name for table in all_tables(sample(used=uses))]


def test_status_shows_what_was_used(store):
    write_json(store.path / "study.json", to_plain(STUDY))
    write_json(store.path / "sweep.json", to_plain(Sweep("s", (TRUNK, BRANCH))))
    wrote(store, TRUNK.id, attempt(1800))
    wrote(store, BRANCH.id, attempt(3600))
    code, out, _ = spoken("status", store.path, "--json")
    shown = json.loads(out)
    assert code == 0 and shown["used"]["kwh_by"] == "watts" and shown["used"]["kwh"] == 0.15
    assert shown["used"]["money"] == sum(run["money"] for run in shown["runs"]) == 3.0
    said = spoken("status", store.path)[1]
    assert "0.15 kWh (estimated from the stated watts), 3 of money at the stated price" in said


def test_what_a_limit_lacks_is_typed_as_it_says(store):
    write_json(store.path / "sweep.json", to_plain(Sweep("s", (replace(TRUNK, branch_at=(), schedule="cosine"),))))
    (spec,) = read_sweep(store.path).runs
    store.folder(spec.id).mkdir(parents=True)
    (store.folder(spec.id) / "run.json").write_text("{}")  # complete, so that nothing starts
    write_json(store.data / spec.data / "index.json", {})
    for typed, proposed in ((("--max-cost", "3"), "--price-per-hour 2.5"), (("--max-gpu-hours", "3"), "--max-hours 3")):
        code, _, err = spoken("launch", store.path, *typed)
        assert code == 2 and proposed in " ".join(err.split())


def test_the_share_of_a_package_is_that_of_the_processors(tmp_path):
    package = tmp_path / "intel-rapl:0"
    package.mkdir()
    (package / "max_energy_range_uj").write_text("10000000")
    stat = tmp_path / "stat"

    def say(microjoules, ticks):
        (package / "energy_uj").write_text(str(microjoules))
        stat.write_text(f"cpu {ticks} 0 0 999 5 0 0 0 0 0\ncpu0 1")

    say(9_000_000, 1000)
    meter = EnergyMeter(packages=PackageCounters(tmp_path, stat))
    say(1_000_000, 1400)  # the counter wrapped: 2 J; 4 s of all processors, 1 s of this process
    assert meter.read(1.0) == (pytest.approx(0.5), "RAPL")
    say(5_000_000, 1600)
    assert meter.read(2.0) == (pytest.approx(2.5), "RAPL")
    assert EnergyMeter(packages=PackageCounters(tmp_path / "none", stat)).read(1.0) == (None, "")


class Library:
    """NVML with two GPUs, whose counters a test sets."""

    def __init__(self):
        self.millijoules = {0: 1000, 1: 5000}
        self.nvmlInit_v2 = lambda: 0

    def nvmlDeviceGetHandleByIndex_v2(self, index, handle):
        handle._obj.value = index.value + 1
        return 0 if index.value in self.millijoules else 2

    def nvmlDeviceGetTotalEnergyConsumption(self, handle, found):
        found._obj.value = self.millijoules[handle.value - 1]
        return 0


def test_the_energy_of_a_gpu_is_that_of_the_part_that_a_process_has(tmp_path):
    library, none = Library(), PackageCounters(tmp_path, tmp_path / "stat")
    meter = EnergyMeter(0.25, ["1"], none, library)
    library.millijoules[1] += 8000
    assert meter.read(1.0) == (2.0, "NVML")
    assert EnergyMeter(1.0, ["7"], none, library).read(1.0) == (None, "")
