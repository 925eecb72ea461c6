"""What an arm is worth in parameters and in tokens, where exponents are shared: planted factors, laws without them."""

import json

import numpy as np
import pytest
from arms_made import arms
from cli_made import spoken
from fit_tables import EPOCH

from scalinglaws.arms.factors import factors
from scalinglaws.arms.fit_arms import fit_arms
from scalinglaws.errors import MisuseError
from scalinglaws.points.writing import write_points

SHARED = ["E", "alpha", "beta"]
BETTER = {"A": EPOCH["A"] / 1.1 ** EPOCH["alpha"], "B": EPOCH["B"] / 2.08 ** EPOCH["beta"]}  # rho_N 1.1, rho_D 2.08


def by_letter(found, **options):
    return {one.letter: one for one in factors(found, "other", **options)}


def test_planted_factors_of_parameters_and_tokens_lie_in_their_intervals():
    """Volkova et al. 2026: Muon is worth 2.08 times the tokens of AdamW, and about its parameters."""
    found = fit_arms("chinchilla", arms(**BETTER), shared=SHARED, draws=300)
    said = by_letter(found)
    assert said["D"].low < 2.08 < said["D"].high < 1.5 * said["D"].low
    assert said["N"].low < 1.1 < said["N"].high
    assert not said["N"].own_floor and "times the tokens of base" in str(said["D"])


def test_without_noise_the_factors_are_exact_and_invert():
    found = fit_arms("chinchilla", arms(noise=1e-9, **BETTER), shared=SHARED, draws=50)
    assert by_letter(found)["D"].value == pytest.approx(2.08, rel=1e-4)
    [back] = [one for one in factors(found, "base", reference="other") if one.letter == "D"]
    assert back.value == pytest.approx(1 / 2.08, rel=1e-4)


@pytest.mark.slow
def test_arms_of_one_law_are_worth_the_same():
    said = by_letter(fit_arms("chinchilla", arms(), shared=SHARED, draws=200))
    assert all(one.low < 1 < one.high for one in said.values())


def test_an_amplitude_inside_its_power_gives_the_plain_ratio():
    found = fit_arms("kaplan-nd", arms(), shared=["alpha_N", "alpha_D"], draws=50)
    for one in factors(found, "other"):
        assert one.value == pytest.approx(1, abs=0.2)


def test_no_factor_is_given_where_exponents_differ_or_amplitudes_do_not():
    assert factors(fit_arms("chinchilla", arms(), free=["alpha", "beta", "A", "B"], draws=20), "other") == ()
    assert factors(fit_arms("chinchilla", arms(), shared=["A", "B", "alpha", "beta"], draws=20), "other") == ()
    own = factors(fit_arms("chinchilla", arms(), shared=["alpha", "beta"], draws=20), "other")
    assert own and all(one.own_floor for one in own)
    with pytest.raises(MisuseError, match="between 0 and 1"):
        factors(fit_arms("chinchilla", arms(), shared=SHARED, draws=20), "other", level=2.0)


@pytest.mark.slow
def test_the_command_says_what_an_arm_is_worth(tmp_path):
    write_points(arms(**BETTER), tmp_path / "points.csv")
    words = ("arms", tmp_path / "points.csv", "--share", "E,alpha,beta", "--draws", "50")
    code, out, _ = spoken(*words)
    assert code == 0 and "times the tokens of base, by B" in out
    said = json.loads(spoken(*words, "--json")[1])["factors"]
    assert {one["letter"] for one in said} == {"N", "D"} and np.isfinite([one["low"] for one in said]).all()
