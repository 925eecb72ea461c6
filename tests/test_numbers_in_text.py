"""What is never written for a person: numbers that say nothing, a sign before zero, one points."""

import re

import numpy as np
import pytest
from cli_made import grid, spoken, written

from scalinglaws.errors import counted
from scalinglaws.records.numbers_in_text import between, ends, short
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
        (0.5, float("inf"), "[0.5, inf]"),
    ],
)
def test_an_interval_of_more_than_six_decades_is_not_written_as_numbers(low, high, said):
    assert between(low, high) == said == ends(Estimate(1.0, low, high))


def test_a_report_of_a_fit_holds_no_monstrous_number(tmp_path):
    params = np.array([1e6, 1e6, 1e7, 1e7, 1e8, 1e8])
    rows = [
        {"run_id": f"r{i}", "params_total": n, "tokens": d, "loss": 3 + 0.01 * (i % 3)}
        for i, (n, d) in enumerate(zip(params, params * np.array([10, 100] * 3), strict=True))
    ]
    for table in (written(tmp_path / "flat.csv", rows), written(tmp_path / "sound.csv", grid())):
        _, out, err = spoken("fit", "chinchilla", table, "--no-backtest", "--draws", 50)
        assert not re.search(r"inf se|\bnan\b|(?<!\w)-0(?![\w.])|e\+[2-9]\d|\d{7,}\.\d+ se", out), out
        assert "Traceback" not in err
