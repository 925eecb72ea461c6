"""The scores of forecasts: their definitions on numbers worked out by hand, and tasks whose answer is known."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks" / "forecast"))

import forms
import other_packages
import rival_fits
from scores import Scored, by_family, geometric, half, held, rms, score

from scalinglaws.predicting.origins import Origin, PastStudy

ONE = np.array([0.01, -0.03]), np.array([-0.02, -0.02]), np.array([0.02, 0.02])


def test_scores_are_their_definitions():
    assert rms(*ONE) == pytest.approx(np.sqrt((1e-4 + 9e-4) / 2))
    assert held(*ONE) == 0.5 and half(*ONE) == pytest.approx(0.02)
    assert score(*ONE) == pytest.approx(0.04 + 40 * 0.01 / 2)  # 2 / 0.05 times what lies outside
    assert geometric([1.0, 4.0]) == pytest.approx(2.0)


def test_families_count_equally_and_only_runs_at_the_reach_count():
    def made(family, error, reach):
        error = np.array([error])
        return Scored("t", family, error, error - 1, error + 1, np.array([reach]), 0.1)

    found = [made("a", 0.01, 3.0), made("a", 0.03, 3.0), made("b", 0.05, 3.0), made("b", 9.0, 50.0)]
    assert by_family(found, rms, (1.2, 5.0)) == pytest.approx({"a": 0.02, "b": 0.05})


@pytest.mark.parametrize("formula", [forms.smooth_maximum, forms.routed, forms.parallel])
def test_the_slopes_of_a_form_are_those_of_its_formula(formula):
    constants = np.array([0.5, -1.0, 0.4, 0.1, 0.3, -0.5])
    made = forms.Form(formula, forms.starts(tuple("abcdef")))
    x = np.column_stack([np.linspace(-1, 1, 5), np.linspace(0.1, 2, 5)])
    value, slopes = made.value_and_slopes(constants, x)
    step = 1e-4 * np.eye(6)[1]
    assert slopes[1] == pytest.approx((formula(x, constants + step) - value) / 1e-4, rel=1e-2)


def test_a_package_that_fails_is_given_the_loss_of_the_largest_run(monkeypatch):
    def fails(*_):
        raise ZeroDivisionError("it divides by nothing")

    monkeypatch.setitem(rival_fits.FITS, "broken", fails)
    small = PastStudy("t", "f", np.array([1e8, 2e8]), np.array([1e9, 4e9]), np.array([3.0, 2.5]))
    large = PastStudy("t", "f", np.array([1e9]), np.array([2e10]), np.array([2.0]))
    origin = Origin(small, large, np.array([25.0]))
    said = rival_fits.answered("broken", other_packages._sent(origin))
    assert "ZeroDivisionError" in said["failure"]
    assert other_packages._scored(small, origin, said).error == pytest.approx(np.log(2.0 / 2.5))
