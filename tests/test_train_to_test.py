"""One budget for training and answering: against scipy's optimum, its intervals, its refusals and its command."""

import json

import numpy as np
import pytest
from cli_made import spoken
from scipy.optimize import minimize

from scalinglaws import draws, fit
from scalinglaws.errors import FitError, MisuseError
from scalinglaws.planning.train_to_test import train_to_test
from scalinglaws.points.points import Points
from scalinglaws.points.writing import write_points

TRUE = {"E": 0.05, "A": 300.0, "B": 900.0, "G": 0.9, "alpha": 0.33, "beta": 0.32, "gamma": 0.35}
ASKED = {"questions": 1e9, "answer_tokens": 500.0}
FLOPS = 1e22


def surprise(N, D, k):
    t = TRUE
    return t["E"] + t["A"] / N ** t["alpha"] + t["B"] / D ** t["beta"] + t["G"] / k ** t["gamma"]


def made(noise=0.005, samples=(1, 4, 16, 64, 256), seed=0):
    rng = np.random.default_rng(seed)
    grid = np.meshgrid(np.geomspace(1e8, 3e9, 5), np.geomspace(2e9, 1e11, 4), samples, indexing="ij")
    N, D, k = (part.ravel() for part in grid)
    y = surprise(N, D, k) * np.exp(noise * rng.standard_normal(N.size))
    return Points({"params_total": N, "tokens": D, "samples": k, "surprise_at_k": y})


@pytest.fixture(scope="module")
def drawn():
    return draws(fit("train-to-test", made()), method="sandwich", draws=400)


def optimum(questions, answer_tokens):
    """The least surprise over ln N and ln k, D being what the budget leaves."""

    def at(x):
        N, k = np.exp(x)
        D = (FLOPS / 2 / N - k * questions * answer_tokens) / 3
        return surprise(N, D, k) if D > 1e3 and k >= 1 else 1e3

    best = min(
        (
            minimize(at, x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000})
            for x in ([20, 2.0], [22, 1.0], [18, 3.0])
        ),
        key=lambda one: one.fun,
    )
    return *np.exp(best.x), best.fun


def test_the_split_is_the_optimum_of_the_law(drawn):
    found = train_to_test(drawn, FLOPS, **ASKED)
    N, k, least = optimum(**ASKED)
    assert found.params.low < N < found.params.high < 3 * found.params.low
    assert found.samples.low < k < found.samples.high < 3 * found.samples.low
    spent = found.params.value * (6 * found.tokens.value + 2 * found.samples.value * 5e11)
    assert spent == pytest.approx(FLOPS, rel=1e-6)
    assert found.surprise.low < least < found.surprise.high and found.surprise.value < found.alone


def test_exact_constants_give_scipy_s_optimum():
    found = train_to_test(draws(fit("train-to-test", made(noise=1e-9)), method="sandwich", draws=50), FLOPS, **ASKED)
    N, k, least = optimum(**ASKED)
    assert found.params.value == pytest.approx(N, rel=1e-3) and found.samples.value == pytest.approx(k, rel=1e-3)
    assert float(found.surprise.value) == pytest.approx(least, rel=1e-5)


def test_many_questions_leave_one_answer_each_and_more_tokens_per_parameter(drawn):
    few, many = (train_to_test(drawn, FLOPS, questions=q, answer_tokens=500.0) for q in (1e5, 1e12))
    assert few.samples.value > 100 and many.samples.value == 1.0
    assert any("one answer a question is best" in one for one in many.warnings)
    assert many.params.value < few.params.value


@pytest.mark.parametrize(
    "change, said",
    [({"questions": 0}, "above 0"), ({"flops": 1e10}, "do not pay"), ({"level": 1.0}, "between 0 and 1")],
)
def test_numbers_out_of_range_are_refused(drawn, change, said):
    given = {"flops": FLOPS, **ASKED, **change}
    with pytest.raises(MisuseError, match=said):
        train_to_test(drawn, given.pop("flops"), **given)


def test_runs_that_do_not_show_what_answers_are_worth_are_refused():
    with pytest.raises(FitError, match="not determine"):
        train_to_test(
            draws(fit("train-to-test", made(samples=(8, 9), noise=0.05)), method="sandwich", draws=100), FLOPS, **ASKED
        )


def test_the_command(tmp_path):
    write_points(made(), tmp_path / "answers.csv")
    words = (
        "plan",
        "train-to-test",
        tmp_path / "answers.csv",
        "--flops",
        "1e22",
        "--interval",
        "sandwich",
        "--draws",
        "50",
    )
    code, out, err = spoken(*words, "--questions", "1e9", "--answer-tokens", "500", "--json")
    said = json.loads(out)
    assert code == 0, err
    assert said["samples"]["low"] < said["samples"]["value"] < said["samples"]["high"]
    code, _, err = spoken(*words)
    assert code != 0 and "--questions" in err and "--answer-tokens" in err
