"""A table of anyone's runs becomes a study's page, and its numbers are those of the verbs that make them one by one."""

import json

import numpy as np
import pytest
from cli_made import TRUTH, grid, law_text, spoken, written
from public_tables import real

from scalinglaws.designing.read_study import read_study
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import NameUnknownError, StudyError
from scalinglaws.fitting.own_law import read_laws
from scalinglaws.laws import LAWS
from scalinglaws.points.points import Points
from scalinglaws.points.reading import read_points
from scalinglaws.reporting.own.shelf import study_figure
from scalinglaws.reporting.report import report
from scalinglaws.results.sentences import five_sentences
from scalinglaws.studying.laws_asked import JOINT
from scalinglaws.studying.seed_spread import seed_spread
from scalinglaws.studying.study import laws_of
from scalinglaws.studying.table_study import Wanted, appraise, counted

FEW = ("--draws", "60")
ROWS = grid(sizes=np.geomspace(1e7, 1e10, 5), tokens=np.geomspace(1e9, 1e12, 5))


def drawn(tmp_path, *words) -> tuple[dict, str]:
    """The record behind the page of a table, and the page."""
    table = written(tmp_path / "t.csv", ROWS)
    code, out, err = spoken("report", table, *words, *FEW, "--to", tmp_path / "page")
    assert code == 0, err
    assert out.strip() == str(tmp_path / "page" / "index.html")
    return json.loads((tmp_path / "page" / "data.json").read_text()), (tmp_path / "page" / "index.html").read_text()


def told(verb, *words):
    code, out, err = spoken(verb, *words, "--json")
    assert code == 0, err
    return json.loads(out)


@pytest.fixture(scope="module")
def one_law(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    (folder / "mine.py").write_text(law_text())
    return folder, *drawn(folder, "--law", "mine", "--law-file", folder / "mine.py")


def of_mine(folder):
    return ("mine", folder / "t.csv", "--law-file", folder / "mine.py", *FEW)


def test_the_page_s_constants_and_intervals_are_those_of_fit(one_law):
    folder, record, _ = one_law
    [law] = [f for f in record["fits"] if f["law"] == "mine" and f["loss"].startswith("huber")]
    fitted = told("fit", *of_mine(folder))
    for name, value in law["values"].items():
        assert value["value"] == pytest.approx(TRUTH[{"a": "alpha", "b": "beta"}.get(name, name)], rel=0.2)
        assert value["value"] == pytest.approx(fitted["values"][name], rel=1e-12)
        assert (value["low"], value["high"]) == tuple(fitted["interval"][side][name] for side in ("low", "high"))
    assert law["columns"] == {"N": "params_total", "D": "tokens", "L": "loss_nats"}


def test_its_ranking_is_that_of_compare_and_its_plan_that_of_plan(one_law):
    folder, record, _ = one_law
    ranked = told("compare", folder / "t.csv", "--laws", "mine", "--law-file", folder / "mine.py")["laws"][0]
    [shown] = record["ranking"]["laws"]
    assert [shown[k] for k in ("score", "rms_log", "coverage")] == [ranked[k] for k in ("score", "rms_log", "coverage")]
    flops = 10 * 6 * 1e10 * 1e12
    planned = told("plan", *of_mine(folder), "--flops", flops)
    [made] = record["plans"]
    assert made["flops"] == pytest.approx(flops) and made["reach"] == pytest.approx(10)
    assert made["params"]["value"] == pytest.approx(planned["params"]["value"], rel=1e-9)
    assert made["params"]["high"] == pytest.approx(planned["params"]["high"], rel=1e-9)
    asked = [one["flops"] for one in record["budgets"]["plans"]]
    assert asked[0] < flops < asked[-1] and asked[-1] / asked[0] == pytest.approx(1e6)
    assert made["loss_nats"]["high"] == pytest.approx(planned["loss"]["high"], rel=1e-9)


@pytest.mark.slow
def test_a_table_without_a_named_law_is_planned_by_the_forecast_of_plan(tmp_path):
    written(tmp_path / "t.csv", ROWS)
    found = appraise(read_points(tmp_path / "t.csv").points, Wanted(draws=20))
    planned = told("plan", tmp_path / "t.csv", "--flops", found.plans[0].flops)
    assert found.plans[0].law == planned["law"] == "forecast (prior: field)"
    ours, theirs = found.plans[0].loss_nats, planned["loss"]
    assert (ours.value, ours.low, ours.high) == pytest.approx([theirs[end] for end in ("value", "low", "high")])
    assert f"by the {planned['law']}" in dict(five_sentences(found))["Plan"]


def test_the_page_names_what_it_counts_and_leaves_out_what_a_table_cannot_say(one_law):
    _, record, page = one_law
    assert "N is params_total throughout" in page and "25 points of 25 runs" in page
    assert record["counts"] == {"N": "params_total", "D": "tokens", "C": "flops_6nd_total", "L": "loss_nats"}
    assert record["audit"]["findings"] and "All runs" in page
    for absent in (
        "Transformers",
        "The text",
        "nothing is trained",
        "Test loss during",
        "No run was held out",
        " yet.",
    ):
        assert absent not in page, absent
    assert np.abs(record["points"]["columns"]["residual_log"]).max() < 0.02


@pytest.mark.slow
def test_a_law_of_one_s_own_stands_among_the_joint_ones_and_agrees_with_its_double_on_the_shelf(one_law):
    folder, _, _ = one_law
    laws = (*read_laws(folder / "mine.py").values(), *(LAWS[name] for name in JOINT))
    found = appraise(read_points(folder / "t.csv").points, Wanted(laws, budget=1e24, draws=20))
    assert {band.law for band in found.bands["L(N,D)"]} == {"mine", *JOINT}
    mine, twin = (next(f for f in found.fits if f.law == name).values for name in ("mine", "chinchilla"))
    assert mine["a"].value == pytest.approx(twin["alpha"].value, rel=1e-5)
    assert [one.law for one in found.ranking.laws][-1] == "kaplan-nd"
    assert found.plans[0].flops == 1e24 and found.law == found.ranking.laws[0].law


def test_a_law_of_another_form_is_drawn_where_its_inputs_allow(tmp_path):
    rows = [{"params_total": n, "loss": 1.5 + 40 / n**0.3} for n in np.geomspace(1e6, 1e10, 12)]
    points = read_points(written(tmp_path / "t.csv", rows)).points
    found = appraise(points, Wanted((LAWS["henighan-n"],), named=True, draws=60))
    assert {band.law for band in found.bands["L(N)"]} == {"henighan-n", "kaplan-n"}
    assert "L(N,D)" not in found.bands and found.plans == ()
    page = report(found, tmp_path / "page", figures=[study_figure("laws")]).read_text()
    assert "No fitted law can split a budget into N and D." in page and page.count("<svg") == 2
    fit = next(one for one in found.fits if one.law == "henighan-n" and one.loss.startswith("huber"))
    assert fit.values["L_inf"].value == pytest.approx(1.5, rel=1e-4)


@pytest.mark.parametrize(
    ("rows", "words", "said"),
    [
        (ROWS[:2], (), "needs 6 points or more"),
        ([{"tokens": 1e9, "flops": 1e18, "loss": 3.0}] * 9, (), "column for N"),
        (ROWS, ("--law", "muennighoff"), "needs a column for U"),
        (ROWS, ("--law", "kaplan-ndd"), "kaplan-nd"),
        (ROWS, ("--budget", "-1"), "above 0"),
        (ROWS, ("--law", "kaplan-d", "--budget", "1e22"), "budget can be split"),
        (ROWS, ("--map", "N=params_nonembedding"), "params_nonembedding"),
    ],
)
def test_a_table_that_cannot_be_laid_out_gives_one_line_and_leaves_an_earlier_page_as_it_was(
    rows, words, said, tmp_path
):
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("an earlier page")
    code, out, err = spoken("report", written(tmp_path / "t.csv", rows), *words, *FEW, "--to", tmp_path / "page")
    assert code in (1, 2) and out == ""
    last = err.strip().splitlines()[-1]
    assert last.startswith("scalinglaws: ") and said in last
    assert [path.name for path in (tmp_path / "page").iterdir()] == ["index.html"]
    assert (tmp_path / "page" / "index.html").read_text() == "an earlier page"


def test_options_of_a_table_are_refused_for_a_study_s_folder(tmp_path):
    code, _, err = spoken("report", tmp_path, "--law", "chinchilla")
    assert code == 2 and "--law is for a table of runs" in err


def test_an_empty_count_gives_way_to_a_filled_one_and_compute_is_made_where_none_is():
    points = Points(
        {
            "params_total": [np.nan, 2e6],
            "params_nonembedding": [1e6, 2e6],
            "tokens": [1e9, 2e9],
            "loss_nats": [3.0, 2.9],
        }
    )
    made, shown, passed = counted(points, [LAWS["chinchilla"]], {})
    assert shown == {"N": "params_nonembedding", "D": "tokens", "C": "flops_6nd", "L": "loss_nats"}
    assert made["flops_6nd"].tolist() == [6e15, 2.4e16] and "D" not in passed


def test_runs_at_different_rates_are_no_seeds_of_each_other():
    same = {"params_nonembedding": [1e6] * 4, "tokens": [1e9] * 4, "loss_nats": [3.0, 3.1, 3.2, 3.3]}
    seeds = {"seed": [0.0, 1.0, 2.0, 3.0]}
    assert len(seed_spread(Points(same | seeds)).losses) == 4
    assert seed_spread(Points(same | seeds | {"lr": [1e-3, 2e-3, 3e-3, 4e-3]})) is None
    assert seed_spread(Points(same)) is None


@pytest.mark.slow
def test_learning_curves_are_drawn_of_runs_with_several_points():
    rows = [
        {"run_id": f"r{n:.0f}", "params_nonembedding": n, "tokens": d, "loss_nats": 1.7 + 400 / n**0.34 + 410 / d**0.28}
        for n in np.geomspace(1e7, 1e9, 5)
        for d in np.geomspace(1e9, 1e11, 5)
    ]
    points = Points({name: [row[name] for row in rows] for name in rows[0]})
    found = appraise(points, Wanted((LAWS["chinchilla"],), draws=40), name="t")
    assert len(found.curves) == 5 and found.runs_present == 5
    assert found.curves[0].flops_6nd[0] == pytest.approx(6 * found.curves[0].params_nonembedding * 1e9)
    assert found.frontier is not None and found.fits[0].interval_method.endswith("40 draws")


def test_a_study_names_its_laws_and_brings_its_own_from_a_file_beside_it(tmp_path):
    (tmp_path / "mine.py").write_text(law_text())
    (tmp_path / "s.toml").write_text('shapes = [[1, 8]]\ntokens = [1e5]\nlaw_file = "mine.py"\n')
    asked = read_study(str(tmp_path / "s.toml"))
    assert [law.name for law in laws_of(asked)] == ["mine", *JOINT]
    assert [law.name for law in laws_of(read_study(str(tmp_path / "s.toml"), {"laws": ["mine"]}))] == ["mine"]
    plain = Study(name="s", shapes=((1, 8),), tokens=(1e5,))
    assert [law.name for law in laws_of(plain)] == list(JOINT)
    with pytest.raises(NameUnknownError, match="chinchilla"):
        laws_of(Study(name="s", shapes=((1, 8),), tokens=(1e5,), laws=("chinchila",)))
    with pytest.raises(StudyError, match="from N and D"):
        laws_of(Study(name="s", shapes=((1, 8),), tokens=(1e5,), laws=("kaplan-n",)))


@pytest.mark.slow
def test_hoffmann_s_runs_give_besiroglu_s_exponents_on_the_page(tmp_path):
    table = real("chinchilla_epoch.csv")
    code, _, err = spoken("report", table, "--law", "chinchilla", *FEW, "--to", tmp_path)
    assert code == 0, err
    record = json.loads((tmp_path / "data.json").read_text())
    fit = next(f for f in record["fits"] if f["law"] == "chinchilla" and f["loss"].startswith("huber"))
    assert fit["values"]["alpha"]["value"] == pytest.approx(0.35, abs=0.02)
    assert fit["n_points"] == 245 and record["counts"]["C"] == "flops"
