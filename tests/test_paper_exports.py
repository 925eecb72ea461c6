"""What a paper takes from a study: tables in LaTeX with their text escaped, methods, points, data of figures."""

import csv
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cli_made import spoken
from records_made import RECORDS, drawn_fit, findings, plan
from report_sample import sample

import scalinglaws as sl
from scalinglaws.errors import MisuseError
from scalinglaws.points.points import Points
from scalinglaws.records.json_values import from_plain, read_json
from scalinglaws.records.latex import as_latex, columns_as_latex, escaped
from scalinglaws.records.text_blocks import rows_of
from scalinglaws.results.study_results import StudyResults
from scalinglaws.studying.exports import exports

ENGLISH = Path(__file__).parents[1] / "studies" / "english-cpu"

HOSTILE = '100% of $x_1 & #2 ~ ^ \\input{/etc/passwd} <b> | "q" {'


def sound(text: str) -> None:
    """Check what LaTeX would: braces that close, environments that end, and as many cells as the columns say."""
    plain = re.sub(r"\\[{}\\&%$#_]", "", text)
    assert plain.count("{") == plain.count("}")
    assert re.findall(r"\\begin\{(\w+)\}", text).sort() == re.findall(r"\\end\{(\w+)\}", text).sort()
    for shape, body in re.findall(r"\\begin\{tabular\}\{([lr]+)\}(.*?)\\end\{tabular\}", text, re.DOTALL):
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert rows and {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(shape)}
        assert not [row for row in rows if row.startswith(("[", "*"))]


@pytest.mark.parametrize("name", [name for name in RECORDS if name not in ("multiplier", "figure")])
def test_every_record_is_written_as_tables(name, tmp_path):
    record = RECORDS[name]()
    try:
        text = record.to_latex()
    except MisuseError as none:  # a record of neither tables nor rows
        assert "has no rows" in str(none)
        return
    sound(text)
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == text.count(r"\begin{tabular}") >= 1
    record.write(tmp_path / "x.tex")
    assert (tmp_path / "x.tex").read_text() == text


def test_text_stays_text_and_numbers_are_set():
    text = as_latex([rows_of((HOSTILE, "b"), [(HOSTILE, "1.2e+10 [9e-05, 2.1×10⁷]"), ("[2, 16]", "")], HOSTILE)])
    sound(text)
    assert r"\input" not in text and r"\textbackslash{}input\{/etc/passwd\}" in text
    assert r"\ensuremath{1.2 \times 10^{10}}" in text and r"\ensuremath{9 \times 10^{-5}}" in text
    assert "{}[2, 16] & " in text
    assert escaped("L1e3-d2e5 a.b_c") == r"L1e3-d2e5 a.b\_c"
    assert r"\ensuremath{\alpha_{\mathrm{N}}}" in as_latex([rows_of(("constant", "v"), [("alpha_N", 1)])])


def test_the_constants_of_a_fit_and_the_numbers_of_a_plan_are_in_their_tables():
    fit, made = drawn_fit(), plan()
    assert all(rf"{value:.6g}" in fit.to_latex() for name, value in fit.values.items() if "e" not in f"{value:.6g}")
    assert f"{made.loss_nats.value:.5g}" in made.to_latex() and findings().to_latex().count(r"\\") > 2


def test_a_study_is_exported_whole_and_its_numbers_agree():
    results = replace(sample(), corpus={"name": HOSTILE})
    made = exports(results)
    names = {
        "points.csv",
        "points.json",
        "constants.csv",
        "constants.json",
        "constants.tex",
        "plans.tex",
        "methods.tex",
    }
    assert names | {"references.bib", "forecasts.tex"} <= set(made)
    assert len([name for name in made if name.startswith("figures/")]) >= 5
    for name, content in made.items():
        if name.endswith(".tex"):
            sound(content.decode())
    rows = list(csv.DictReader(io.StringIO(made["constants.csv"].decode())))
    kept = json.loads(made["constants.json"])
    wanted = [(fit.law, name, one.value) for fit in results.fits for name, one in fit.values.items()]
    assert [(row["law"], row["constant"], float(row["value"])) for row in rows] == wanted
    assert [(row["law"], row["constant"], row["value"]) for row in kept] == wanted
    assert Points.from_json(made["points.json"].decode()) == results.points
    assert r"\input" not in made["methods.tex"].decode() and b"@article{kaplan2020scaling" in made["references.bib"]


def test_the_command_writes_the_files_again_but_none_that_was_edited(tmp_path, monkeypatch):
    monkeypatch.setattr("scalinglaws.studying.exports.results_given", lambda of, **how: sample())
    folder, runs = tmp_path / "paper", tmp_path / "runs.csv"
    runs.write_text("run_id,size,tokens,loss_nats\na,1e7,1e9,3.2\nb,1e8,1e10,2.9\n")
    chosen = ("--map", "params_total=size", "--where", "tokens > 1e8")
    code, said, _ = spoken("export", str(runs), *chosen, "--to", str(folder))
    assert code == 0 and str(folder / "constants.tex") in "".join(said.split("\n"))
    assert spoken("export", str(runs), *chosen, "--to", str(folder))[0] == 0
    (folder / "constants.tex").write_text("mine")
    before = (folder / "points.csv").stat().st_mtime_ns
    code, _, err = spoken("export", str(runs), *chosen, "--to", str(folder))
    assert code == 2 and "constants.tex" in err and (folder / "points.csv").stat().st_mtime_ns == before
    assert (folder / "constants.tex").read_text() == "mine"


@pytest.mark.slow
def test_latex_sets_every_table(tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("no LaTeX")
    hostile = columns_as_latex({HOSTILE: [HOSTILE, "[2]"], "b": [1.5e10, None]}, HOSTILE)
    bodies = [hostile, *(content.decode() for name, content in exports(sample()).items() if name.endswith(".tex"))]
    for body in bodies:
        text = rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{body}\end{{document}}"
        (tmp_path / "x.tex").write_text(text)
        asked = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "x.tex"]
        done = subprocess.run(asked, cwd=tmp_path, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stdout[-500:]


def test_python_writes_what_the_command_writes(tmp_path):
    made = sl.export(sample(), tmp_path / "paper")
    assert {str(path.relative_to(tmp_path / "paper")) for path in made} == set(exports(sample()))
    assert all(path.read_bytes() == exports(sample())[str(path.relative_to(tmp_path / "paper"))] for path in made)


def test_options_of_a_table_are_refused_for_a_study_whose_results_are_there(tmp_path):
    kept = ENGLISH
    code, _, told = spoken("export", str(kept), "--where", "tokens > 1e6", "--to", str(tmp_path / "paper"))
    assert code == 2 and "scalinglaws points" in told and not (tmp_path / "paper").exists()


def test_results_of_an_earlier_version_are_read():
    kept = read_json(ENGLISH / "results.json")
    for added in ("size_rate", "size_here"):
        kept["budgets"]["live"].pop(added, None)
    assert from_plain(StudyResults, kept, "results.json").budgets.live.size_here == 0.0
