"""What is never written for a person: numbers that say nothing, a sign before zero, one points."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cli_made import grid, spoken, written

from scalinglaws import read
from scalinglaws.errors import counted
from scalinglaws.fitting.fit import fit
from scalinglaws.fitting.fit_text import fit_blocks
from scalinglaws.records.numbers_in_text import between, ends, interval, short, short_powers
from scalinglaws.records.text_blocks import as_text
from scalinglaws.results.fitted import Estimate


def test_zero_has_no_sign_and_one_point_no_s():
    assert short(-0.0) == "0" and between(-0.0, 1.0) == "[0, 1]" and short(float("nan")) == "-"
    assert (counted(1, "point"), counted(0, "run"), counted(1200, "run")) == ("1 point", "0 runs", "1,200 runs")


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.1, 0.2, "[0.1, 0.2]"),
        (8.5e-05, 1.4e9, "[not determined]"),
        (1e-3, 1e3, "[0.001, 1000]"),
        (-2.0, 3e9, "[-2, 3e+09]"),
        (None, None, "(no interval)"),
        (-float("inf"), float("inf"), "(no interval)"),
        (0.0, float("inf"), "[not determined]"),
        (0.0, 5.8e302, "[not determined]"),
        (-1e80, 2.0, "[unbounded, 2]"),
        (0.5, float("inf"), "[0.5, unbounded]"),
    ],
)
def test_an_interval_of_more_than_six_decades_is_not_written_as_numbers(low, high, said):
    assert between(low, high) == said == ends(Estimate(1.0, low, high))


@pytest.mark.parametrize(
    ("estimate", "form", "said"),
    [
        (Estimate(1.7, 1.65, 1.76), "#.3g", "1.70 [1.65, 1.76]"),
        (Estimate(400.0, 392.0, 1e7), "#.3g", "400 [392, 1.00e+07]"),
        (Estimate(0.5, 0.48, 0.52), ".4f", "0.5000 [0.4800, 0.5200]"),
        (Estimate(-0.012, -0.02, None), "+.1%", "-1.2% [-2.0%, unbounded]"),
        (Estimate(4.4e119, 1241.0, 5.8e302), "#.3g", "not determined"),
        (Estimate(4e-119, None, None), "#.3g", "not determined"),
        (Estimate(8.8e13, 1e9, 1e22), "#.3g", "8.80e+13 [not determined]"),
        (Estimate(3.0), "#.3g", "3.00 (no interval)"),
        (None, "#.3g", "not identified"),
    ],
)
def test_a_value_and_its_interval_are_written_in_one_form(estimate, form, said):
    assert interval(estimate, form) == said


def test_an_interval_is_written_in_one_module_alone():
    package = Path(__file__).parents[1] / "scalinglaws"
    by_hand = re.compile(r"\[\{[^{}]+\}, ?\{[^{}]+\}\]|\(\{[^{}]+\} to \{[^{}]+\}\)")
    found = {path.name: by_hand.findall(path.read_text("utf-8")) for path in package.rglob("*.py")}
    assert [name for name, texts in found.items() if texts] == ["numbers_in_text.py"]


def test_no_page_writes_an_interval_with_to():
    root = Path(__file__).parents[1]
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "studies").rglob("*.md")]
    with_to = re.compile(r"[0-9]%? \(-?[0-9][0-9.e+-]* to -?[0-9][0-9.e+-]*%?\)")
    found = {page.name: with_to.findall(page.read_text("utf-8")) for page in pages}
    assert [name for name, intervals in found.items() if intervals] == []


def test_a_constant_out_of_all_proportion_is_not_written_as_a_number():
    """R_N of a table without many repeats: 4e119, of which the interval says nothing."""
    found = fit("chinchilla", read({name: [row[name] for row in grid()] for name in grid()[0]}))
    odd = replace(found, values={**found.values, "A": 4.4e119})
    text = as_text(fit_blocks(odd, {**dict.fromkeys(found.values, (0.1, 0.5)), "A": (1241.0, 5.8e302)}))
    assert re.search(r"^  A +not determined$", text, re.MULTILINE) and "e302" not in text.partition("  A ")[2]
    assert re.search(r"^  A +4.4e119 +held$", as_text(fit_blocks(replace(odd, fixed={"A": 4.4e119}))), re.MULTILINE)


def test_a_report_of_a_fit_holds_no_monstrous_number(tmp_path):
    params = np.array([1e6, 1e6, 1e7, 1e7, 1e8, 1e8])
    rows = [
        {"run_id": f"r{i}", "params_total": n, "tokens": d, "loss": 3 + 0.01 * (i % 3)}
        for i, (n, d) in enumerate(zip(params, params * np.array([10, 100] * 3), strict=True))
    ]
    for table in (written(tmp_path / "flat.csv", rows), written(tmp_path / "sound.csv", grid())):
        _, out, err = spoken("fit", "chinchilla", table, "--no-backtest", "--draws", 50)
        assert not re.search(r"inf se|\bnan\b|(?<!\w)-0(?![\w.])|(?<![\w.])[\d.]+e[2-9]\d(?!\w)|\d{7,}\.\d+ se", out), (
            out
        )
        assert "Traceback" not in err


def test_large_numbers_of_a_text_are_written_as_people_type_them_and_names_stay():
    said = short_powers("N=1e+09, [2.5e+10, -3e+21]: 1e+00 of 1e-05 at most 6e+06.")
    assert said == "N=1e9, [2.5e10, -3e21]: 1e0 of 1e-05 at most 6e6."
    for name in ("run-1e+09", "lr1e+09", "out/1e+09", "1e+09.csv", "1e+09-b", "'1e+09'", '"1e+09'):
        assert short_powers(name) == name
