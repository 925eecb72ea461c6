"""The main job, end to end, in miniature."""

import json
from dataclasses import replace

import numpy as np
import pytest
from cli_made import spoken

import scalinglaws as sl
from scalinglaws.designing.study_file import Study
from scalinglaws.records.json_values import from_plain, read_json, to_plain
from scalinglaws.results.study_results import StudyResults
from scalinglaws.store.store import open_store
from scalinglaws.studying.study import study

WORDS = "the power law of loss falls as model data and compute grow until it bends".split()


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    rng = np.random.default_rng(0)
    for i in range(80):
        text = " ".join(rng.choice(WORDS, 1200, p=np.arange(1, 16) / 120))
        (folder / f"{i}.txt").write_text(f"document {i}: {text}")
    return Study(
        "miniature",
        ((1, 4), (1, 6), (1, 8), (1, 12), (1, 16), (1, 24)),
        (3e4, 6e4, 1.2e5),
        corpus=f"text:{folder}",
        n_ctx=32,
        batch=16,
        seeds=2,
        seed_shape=(1, 8),
        hold_out=1,
        hold_out_seeds=2,
        eval_tokens=2048,
        evaluations=6,
        draws=60,
        lr_max=0.03,
        warmup_steps=10,
        processes=1,
    )


@pytest.fixture(scope="module")
def said():
    return []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("study") / "miniature"


@pytest.fixture(scope="module")
def results(asked, folder, said):
    return study(asked, folder, command="scalinglaws study miniature", say=said.append, figures=False)


@pytest.fixture(scope="module")
def again(results, asked, folder, tmp_path_factory):
    """The same study again, from its file and by Python; now with figures."""
    keys = {key: value for key, value in to_plain(asked).items() if value is not None}
    file = tmp_path_factory.mktemp("file") / "miniature.toml"
    file.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items()))
    before = written(folder)
    found = sl.study(file, to=folder)
    assert before == written(folder)
    return found


def written(folder):
    """When each run was written."""
    return {path: path.stat().st_mtime_ns for path in folder.glob("runs/*/run.json")}


def test_every_run_is_there_and_the_report_opens_from_disk(results, again, folder):
    assert again.runs_present == results.runs_present == results.runs_expected == 6 * 4 + 2
    page = (folder / "report" / "index.html").read_text()
    page = page.replace("http://www.w3.org", "").replace("http-equiv", "")
    assert "http" not in page.split('<script type="application/json"')[0]
    assert list((folder / "report" / "figures").glob("*.svg"))


def test_the_held_out_size_is_predicted_before_it_is_trained_and_then_measured(results, folder, said):
    predicted = next(i for i, line in enumerate(said) if line.startswith("predicted before training"))
    assert predicted < max(i for i, line in enumerate(said) if line.startswith("training 2 of 2"))
    test = results.held_out
    assert len(test.measured) == 2
    assert test.held == (test.predicted.low <= np.mean(test.measured) <= test.predicted.high)
    prediction = read_json(folder / "prediction.json")
    assert prediction["measured"] == []
    assert prediction["predicted"]["value"] == test.predicted.value
    written = (folder / "prediction.json").stat().st_mtime
    assert all((open_store(folder).folder(i) / "run.json").stat().st_mtime >= written for i in test.run_ids)


def test_no_fit_saw_the_held_out_size(results):
    held = results.held_out.params_nonembedding
    kept = results.points.kept
    assert held not in set(kept["params_nonembedding"])
    assert held in set(results.points["params_nonembedding"])
    assert all(f.n_points <= len(kept) for f in results.fits if f.law != "kaplan-ns")


def test_the_plan_says_its_reach_and_its_intervals(results, asked):
    (plan,) = results.plans
    assert plan.reach == pytest.approx(asked.plan_factor)
    assert 6 * plan.params.value * plan.tokens.value == pytest.approx(plan.flops, rel=1e-6)
    assert plan.loss_nats.low < plan.loss_nats.value < plan.loss_nats.high


def test_results_read_back_from_json_as_they_were(results, folder):
    again = from_plain(StudyResults, read_json(folder / "results.json"))
    assert again.held_out == results.held_out
    assert again.fits == results.fits
    assert json.dumps(read_json(folder / "results.json"), allow_nan=False)


def test_the_same_study_again_trains_nothing_and_says_the_same(results, again):
    assert again.fits == results.fits
    assert again.bands == results.bands
    assert again.held_out == results.held_out


def test_the_folder_of_a_study_is_the_table_of_its_runs(again, folder, tmp_path):
    table, some = tmp_path / "points.csv", f"tokens > {np.median(again.points['tokens'])}"
    code, _, err = spoken("import", str(folder), "--to", str(table))
    assert code == 0 and f"{len(again.points)} points written" in err
    said = [spoken("fit", "kaplan-nd", str(place), "--draws", "50", "--json") for place in (folder, table)]
    constants = [json.loads(out)["values"] for _, out, _ in said]
    assert constants[0] == constants[1]
    chosen = sl.read(folder, where=some)
    assert 0 < len(chosen.kept) < len(sl.read(folder).kept) and chosen.where == some


def test_python_reads_judges_and_draws_the_folder_that_a_study_leaves(again, folder, tmp_path):
    points = sl.read(folder)
    assert len(points) == len(again.points) and points.notes == again.points.notes
    fit = sl.fit("kaplan-nd", points, draws=50)
    assert fit.n == len(points.kept)
    verdicts = sl.findings(folder, draws=20).verdicts
    assert any(one.missing for one in verdicts)
    assert sl.report(folder, tmp_path / "page").read_text() == (folder / "report" / "index.html").read_text()


@pytest.mark.slow
def test_a_study_with_other_horizons_in_the_same_folder_keeps_what_is_done(results, asked, folder, said):
    before = set(folder.glob("runs/*/run.json"))
    other = replace(asked, tokens=(3e4, 6e4), hold_out=0, shapes=asked.shapes[:3], seeds=1, schedule="cosine")
    found = study(other, folder, figures=False)
    assert found.runs_present == found.runs_expected == 6
    assert before < set(folder.glob("runs/*/run.json"))
