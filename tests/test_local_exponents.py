"""The exponent that a count of parameters implies: Pearce & Song's closed form, their slope, and a fitted table."""

import json

import numpy as np
import pytest
from cli_made import spoken, written
from test_conventions import BESIROGLU, made

from scalinglaws.counting.local_exponent import local_exponents
from scalinglaws.errors import MisuseError, NameUnknownError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import law
from scalinglaws.laws.pearce2024 import exponent_limits, local_exponent, vocabulary_gamma
from scalinglaws.points.writing import write_points
from scalinglaws.uncertainty.draws import draws

FAMILY = {"n_vocab": 32000, "aspect": 39.2}


def test_the_local_exponents_are_those_of_the_closed_form():
    found = local_exponents("chinchilla", constants=BESIROGLU, **FAMILY)
    assert "Besiroglu" in found.constants
    powers = {"alpha": BESIROGLU["alpha"], "beta": BESIROGLU["beta"]}
    for a in found.at:
        closed = local_exponent(a.params.value, gamma=vocabulary_gamma(32000, 39.2), **powers)
        assert a.exponent.value == pytest.approx(closed, abs=1e-4)
        assert a.own_exponent.value == pytest.approx(exponent_limits(**powers)[1], abs=1e-6)
    assert found.at[0].exponent.low is None


@pytest.mark.slow
def test_over_kaplans_sizes_chinchillas_law_has_nearly_kaplans_exponent():
    # Pearce & Song 2024, section 2: 0.78 by the best of twenty sizes at 100 budgets
    flops = np.logspace(12.95, 20.7, 40)
    found = local_exponents("chinchilla", flops, constants=BESIROGLU, **FAMILY)
    slope = np.polyfit(np.log(flops), np.log([a.params.value for a in found.at]), 1)[0]
    assert slope == pytest.approx(0.78, abs=0.01)


def test_at_the_best_size_the_loss_has_one_slope_in_size_tokens_and_compute():
    [a] = local_exponents("chinchilla", [1e19], constants=BESIROGLU, **FAMILY).at
    gamma = vocabulary_gamma(32000, 39.2)

    def log_loss(size, tokens):
        return np.log(law("chinchilla").evaluate(size + gamma * size ** (1 / 3), tokens, **BESIROGLU))

    N, D, h = a.params.value, a.tokens.value, np.exp(1e-4)
    for up, down in (((N * h, D), (N / h, D)), ((N, D * h), (N, D / h))):
        assert (log_loss(*up) - log_loss(*down)) / 2e-4 == pytest.approx(a.loss_exponent.value, abs=1e-4)


def test_a_fit_carries_its_interval_and_its_table_relates_the_counts():
    points = made(BESIROGLU, noise=3e-3)
    drawn = draws(fit("chinchilla", points), draws=60, seed=0)
    [a] = local_exponents(drawn, [1e17], points=points).at
    [true] = local_exponents("chinchilla", [1e17], constants=BESIROGLU, **FAMILY).at
    assert a.exponent.low < true.exponent.value < a.exponent.high < a.exponent.low + 0.1
    with pytest.raises(NameUnknownError, match="params_active"):
        local_exponents(drawn, [1e17], points=points, count="params_active")


@pytest.mark.parametrize(
    "name, more, said",
    [
        ("kaplan-n", FAMILY, "a law of a loss by N and D"),
        ("chinchilla", {}, "n_vocab=50257"),
        ("chinchilla", {"count": "params_active"}, "without a table"),
        ("chinchilla", FAMILY | {"aspect": -1}, "above 0"),
    ],
)
def test_what_cannot_be_related_is_refused(name, more, said):
    with pytest.raises(MisuseError, match=said):
        local_exponents(name, [1e17], **more)


def test_the_command_takes_a_law_or_a_law_and_a_table(tmp_path):
    family = ("--n-vocab", "32000", "--aspect", "39.2", "--constants", "2", "--at", "C=1e17")
    code, out, _ = spoken("exponents", "chinchilla", *family)
    assert code == 0 and "0.856" in out and "0.513" in out
    code, out, _ = spoken("exponents", "chinchilla", *family, "--json")
    assert code == 0 and json.loads(out)["at"][0]["exponent"]["value"] == pytest.approx(0.856, abs=1e-3)
    path = tmp_path / "points.csv"
    write_points(made(BESIROGLU, noise=1e-3), path)
    code, out, _ = spoken("exponents", "chinchilla", path, "--draws", "20", "--at", "C=1e17", "--json")
    assert code == 0 and json.loads(out)["at"][0]["exponent"]["low"] < 0.856
    assert spoken("exponents", "chinchilla", path, *family)[0] == 2
    assert spoken("exponents", "chinchilla", "--at", "N=1e9")[0] == 2


def test_a_table_on_which_no_claim_can_rest_gives_no_exponents_unless_asked_anyway(tmp_path):
    sizes = [(n, d) for n in (1e7, 3e7, 1e8, 3e8, 1e9) for d in (1e9, 1e10, 1e11)]
    rows = [{"params_total": n, "tokens": d, "loss_nats": (n / 1e7) ** 0.07 + 400 / d**0.28} for n, d in sizes]
    table = written(tmp_path / "rising.csv", rows)
    words = ("exponents", "chinchilla", table, "--at", "C=1e22", "--count", "params_total")
    code, out, err = spoken(*words)
    assert code == 1 and out == "" and "no exponent from these runs" in err and "--anyway" in err
    code, out, err = spoken(*words, "--anyway")
    assert code == 0 and out.startswith("NOT TO BE USED: "), (code, out, err)
