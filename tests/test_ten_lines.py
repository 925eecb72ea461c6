"""The ten lines of Python that README begins with, as they stand there, on made runs and on public tables."""

import copy
import math
import pickle
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from public_tables import real

import scalinglaws as sl
from scalinglaws.comparing.compare import FORMS, usual_laws
from scalinglaws.comparing.comparison import Comparison
from scalinglaws.results.audited import Audit

matplotlib.use("Agg")
ROOT = Path(__file__).resolve().parents[1]
CONSTANTS = {"E": 1.8, "A": 400.0, "B": 410.0, "alpha": 0.34, "beta": 0.28}


def made() -> sl.Points:
    """Make runs as the quickstart has them: a ladder of sizes at several horizons, with a little noise."""
    rng = np.random.default_rng(0)
    N, D = (x.ravel() for x in np.meshgrid(np.geomspace(1e6, 1e8, 6), np.geomspace(2e8, 2e10, 5)))
    C = CONSTANTS
    loss = C["E"] + C["A"] / N ** C["alpha"] + C["B"] / D ** C["beta"]
    loss = loss * np.exp(0.003 * rng.standard_normal(len(N)))
    runs = [f"run {i}" for i in range(len(N))]
    return sl.Points({"params_total": N, "params_nonembedding": N, "tokens": D, "loss_nats": loss, "run_id": runs})


TABLES = {
    "made": lambda folder: _written(folder),
    "chinchilla_epoch": lambda folder: real("chinchilla_epoch.csv"),
    "datablations": lambda folder: real("datablations.csv"),
}


def _written(folder: Path) -> Path:
    sl.write_points(made(), folder / "runs.csv")
    return folder / "runs.csv"


def lines_of(page: str) -> list[str]:
    """Give the lines of the first Python block of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.search(r"```python\n(.*?)```", text, re.DOTALL)[1].strip().splitlines()


def test_readme_and_the_python_page_begin_with_the_same_lines():
    first = lines_of("README.md")
    assert lines_of("docs/python.md") == first
    assert first[0] == "import scalinglaws as sl"
    assert any(line.startswith("fit.predict(N=70e9, D=1.4e12)") for line in first)


def run(lines: list[str], path: Path, folder: Path, monkeypatch) -> dict:
    """Run lines in a folder, on the table of a path; give the names that they leave."""
    monkeypatch.chdir(folder)
    known: dict = {}
    for line in lines:
        exec(line.replace("runs.csv", str(path)), known)  # the test is of the text
    return known


@pytest.mark.parametrize("table", TABLES)
def test_the_lines_run_as_they_stand(table, tmp_path, monkeypatch):
    """Those of a study's folder run in tests/test_study.py, which trains one; `sl.compare` and the rest below."""
    lines = [line for line in lines_of("README.md") if line and not line.startswith("sl.")]
    assert len(lines) == 7
    known = run(lines, TABLES[table](tmp_path), tmp_path, monkeypatch)
    points, fit = known["points"], known["fit"]
    assert len(points) > 20 and fit.outcome == "converged"
    for name, number in fit.constants.items():
        assert number == fit.values[name] and number.low < number < number.high
    said = fit.predict(N=70e9, D=1.4e12)
    assert said.low < said.value < said.high
    assert said.reach > 10 and any("times the largest" in warning for warning in said.warnings)
    assert fit.plan(flops=1e24).params.low < fit.plan(flops=1e24).params.value


@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES)
def test_compare_and_audit_need_nothing_but_points(table, tmp_path):
    points = sl.read(TABLES[table](tmp_path))
    assert isinstance(sl.compare(points), Comparison) and isinstance(sl.audit(points), Audit)


def test_compare_takes_a_law_of_each_form_that_the_table_has(tmp_path):
    names = [law.name for law in usual_laws(made())]
    assert {"chinchilla", "kaplan-nd", "gadre"} <= {*names} <= {*FORMS}
    with pytest.raises(sl.ScalingLawsError, match="fits the columns of this table"):
        sl.compare(sl.Points({"loss_nats": [3.0, 2.0]}))


@pytest.fixture(scope="module")
def fit():
    return sl.fit("chinchilla", made(), draws=200)


def test_the_constants_hold_the_truth_that_made_the_runs(fit):
    wide = sl.fit("chinchilla", made(), draws=200, level=0.999)
    for name, true in CONSTANTS.items():
        number = getattr(wide, name)
        assert number.low < true < number.high
        assert number.low < getattr(fit, name).low and number.level == 0.999


def test_the_frontier_takes_its_method_first_as_a_fit_takes_its_law():
    N, C = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e9, 9), np.geomspace(1e18, 1e20, 4)))
    D = C / (6 * N)
    loss = 1.8 + 400 / N**0.34 + 410 / D**0.28
    points = sl.Points({"params_total": N, "tokens": D, "flops_6nd_total": C, "loss_nats": loss})
    found = sl.frontier("isoflop", points, draws=20)
    assert found.params.exponent.value == pytest.approx(0.28 / (0.34 + 0.28), abs=0.02)


def test_a_number_is_a_float_that_shows_its_interval():
    number = sl.Number(0.2964, 0.1541, 0.4557)
    assert repr(number) == str(number) == "0.296 [0.154, 0.456]"
    assert isinstance(number, float) and number + 1 == 1.2964 and f"{number:.1f}" == "0.3"
    assert (number.value, number.low, number.high, number.level) == (0.2964, 0.1541, 0.4557, 0.95)
    assert number.interval == (0.1541, 0.4557)
    for other in (pickle.loads(pickle.dumps(number)), copy.deepcopy(number)):
        assert (other, other.low, other.high, other.held) == (number, number.low, number.high, "")
    assert repr(sl.Number(0.34, 0.34, 0.34, held="fixed")) == "0.34 fixed"


def test_what_the_points_do_not_identify_is_no_number():
    table = made()
    flat = table.replace(loss_nats=1.8 + 410 / table["tokens"] ** 0.28)
    found = sl.fit("chinchilla", flat, draws=50)
    assert "alpha" in found.unidentified
    assert repr(found.alpha) == "not identified" and math.isnan(found.alpha)
    assert "alpha=not identified" in repr(found)
    assert re.search(r"alpha +not identified", str(found))
    assert any(found.sentence in warning for warning in found.predict(N=1e8, D=1e10).warnings)


def test_what_was_held_says_so():
    found = sl.fit("chinchilla", made(), draws=50, fix={"E": 1.8}, tie={"beta": "alpha"})
    assert repr(found.E) == "1.8 fixed" and repr(found.beta).endswith("tied to alpha")


def test_draws_are_made_once_and_when_they_are_needed(fit):
    fresh = sl.fit("chinchilla", made(), draws=200)
    assert "draws" not in vars(fresh)
    first = fresh.draws
    assert fresh.draws is first and len(first) == 200
    assert fresh == fit and hash(fresh) == hash(fit)
    assert sl.draws(fresh, draws=200).interval() == first.interval()


def test_a_fit_survives_pickle_and_json(fit):
    for other in (pickle.loads(pickle.dumps(fit)), copy.deepcopy(fit), sl.DrawnFit.from_json(fit.to_json())):
        assert other == fit and other.alpha.low == fit.alpha.low


def test_a_fit_shows_its_law_constants_runs_and_what_to_mind(fit):
    text, short = str(fit), repr(fit)
    for part in ("chinchilla: L(N, D) = ", "30 points of 30 runs", "95% intervals: pairs, 200 draws", "converged"):
        assert part in text
    assert len(short) < 1500 and f"alpha={fit.alpha!r}" in short
    assert "<table>" in fit._repr_html_()
    doubted = sl.fit("chinchilla", made().take(np.arange(0, 30, 4)), draws=50)
    assert "warning: 8 runs for 5 free parameters" in str(doubted)


def test_predictions_and_plans_carry_what_the_fit_warns_of():
    doubted = sl.fit("chinchilla", made().take(np.arange(0, 30, 4)), draws=50)
    few = "8 runs for 5 free parameters"
    assert any(few in warning for warning in doubted.predict(N=1e8, D=1e10).warnings)
    assert any(few in warning for warning in doubted.plan(1e20).warnings)


def test_methods_and_verbs_say_the_same(fit):
    at = {"N": 1e9, "D": 1e11}
    assert fit.predict(**at).high == sl.predict(fit.draws, at).high
    assert fit.predict(**at, kind="mean", level=0.5).low == sl.predict(fit.draws, at, kind="mean", level=0.5).low
    assert fit.plan(1e22, unique_tokens=1e11).tokens == sl.plan(fit.draws, 1e22, unique_tokens=1e11).tokens


def test_a_fit_without_intervals_still_shows_itself():
    rows = made().take(np.arange(0, 30, 5))
    alone = sl.fit("chinchilla", rows.replace(run_id=["one"] * len(rows)), draws=50)
    assert "there are no intervals" in str(alone) and "chinchilla" in repr(alone)


def test_a_misspelt_constant_is_offered_the_nearest(fit):
    with pytest.raises(AttributeError, match="Did you mean 'alpha'"):
        _ = fit.alpah
    assert {"alpha", "E", "predict"} <= {*dir(fit)}


@pytest.mark.parametrize("law", ["chinchilla", "kaplan-n", "kaplan-d"])
def test_the_figure_is_drawn_on_new_axes_or_on_those_given(law):
    from matplotlib import pyplot

    found = sl.fit(law, made(), draws=50)
    theirs = pyplot.figure().subplots()
    assert found.plot(theirs) is theirs
    for axes in (theirs, found.plot()):
        assert axes.get_xscale() == "log" and len(axes.lines) >= 1 and len(axes.collections) >= 2
        assert axes.get_xlabel() and axes.get_ylabel()
    pyplot.close("all")


def test_a_law_without_a_figure_says_which_have_one():
    rng = np.random.default_rng(1)
    N = np.geomspace(1e6, 1e9, 12)
    rates = sl.Points(
        {"params_nonembedding": N, "lr": 3e-3 * (N / 1e7) ** -0.2 * np.exp(0.02 * rng.standard_normal(12))}
    )
    found = sl.fit("porian-lr", rates, draws=20)
    with pytest.raises(sl.ScalingLawsError, match="there is no figure for law"):
        found.plot()


def test_a_frame_is_read_as_its_file_would_be(tmp_path):
    polars = pytest.importorskip("polars")
    frames = [polars.read_csv(_holes(tmp_path))]
    try:
        import pandas
    except ImportError:
        pass
    else:
        frames.append(pandas.read_csv(tmp_path / "holes.csv"))
    file = sl.read(tmp_path / "holes.csv")
    assert len(file.kept) == 4 and len(file.rejected) == 1
    for frame in [*frames, frames[0].to_dict(as_series=False)]:
        read = sl.read(frame)
        assert read.fingerprint == file.fingerprint and read.rejected[0].reason == file.rejected[0].reason
        assert [note.split(":")[0] for note in read.notes] == [note.split(":")[0] for note in file.notes]


def _holes(folder: Path) -> Path:
    rows = [
        "run_id,arm,params_total,tokens,loss,excluded_because",
        *("1,a,1e6,1e8,3.5,", ",,2e6,1e8,3.4,", "1,a,4e6,1e8,3.3,", ",b,8e6,1e8,3.2,"),
        *("2,b,8e6,2e8,,", "2,b,8e6,4e8,3.0,diverged"),
    ]
    (folder / "holes.csv").write_text("\n".join(rows) + "\n")
    return folder / "holes.csv"


@pytest.mark.parametrize("nothing", [None, float("nan"), "", " ", "nan", "None"])
def test_an_empty_label_is_a_run_of_its_own_and_that_is_said(nothing):
    points = made()
    labels = [nothing if i % 3 else "ladder" for i in range(len(points))]
    found = sl.fit("chinchilla", points.replace(run_id=labels), draws=20)
    assert found.n_clusters == 21
    assert any("20 of 30 rows have an empty run_id: each is a run of its own" in w.message for w in found.warnings)


def test_a_choice_of_column_made_at_reading_is_kept_by_the_fit(tmp_path):
    table = made()
    other = {**table.columns, "params_with_head": table["params_total"] * 1.1}
    points = sl.read({name: list(column) for name, column in other.items()}, map={"N": "params_with_head"})
    assert sl.fit("chinchilla", points).columns["N"] == "params_with_head"
    assert sl.fit("chinchilla", points, columns={"N": "params_total"}).columns["N"] == "params_total"


def test_everything_that_is_public_is_there_and_nothing_else():
    assert sorted(sl.__all__) == sorted(set(sl.__all__))
    public = {name for name in dir(sl) if not name.startswith("_")} - {"TYPE_CHECKING", "Any", "import_module"}
    rooms = {path.stem for path in (ROOT / "scalinglaws").iterdir()}
    assert public - rooms == {*sl.__all__} - {"__version__"}
    for name in sl.__all__:
        assert getattr(sl, name) is not None


def test_the_version_is_that_of_the_installed_package():
    from importlib.metadata import version

    assert sl.__version__ == version("scalinglaws")


def test_importing_the_package_imports_nothing_heavy():
    heavy = "numpy scipy pandas polars torch matplotlib pydantic typer"
    code = f"import sys, scalinglaws; print([name for name in {heavy.split()!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
    use = "import sys, scalinglaws as sl; sl.read, sl.fit, sl.study"
    used = f"{use}; print('polars' in sys.modules, 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", used], capture_output=True, text=True).stdout.strip() == "False False"
