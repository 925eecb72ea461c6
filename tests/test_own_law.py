"""A law of one's own gets every verb that a law of the shelf gets, and its mistakes are told in one line."""

import json

import numpy as np
import pytest
from cli_made import grid, law_text, spoken, written

from scalinglaws.comparing.backtest import backtest
from scalinglaws.errors import LawError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import Law, Parameter
from scalinglaws.points.points import Points
from scalinglaws.predicting.predict import predict
from scalinglaws.uncertainty.draws import draws

ROWS = grid()
FEW = ("--draws", "100")


@pytest.fixture
def made(tmp_path):
    """A table in two arms, and a file whose law is chinchilla under other names."""
    arms = [{**row, "group": "ab"[i % 2]} for i, row in enumerate(ROWS)]
    (tmp_path / "mine.py").write_text(law_text())
    return written(tmp_path / "t.csv", arms), ("--law-file", tmp_path / "mine.py")


def both(verb, table, file, before=(), after=()):
    """What a verb says of the law of the file and of the same law of the shelf."""
    found = []
    for name, words in (("mine", file), ("chinchilla", ())):
        code, out, err = spoken(*verb, *[name if w == "LAW" else w for w in (*before, table, *after)], *words, "--json")
        assert code == 0, err
        found.append(json.loads(out))
    return found


def test_it_is_fitted_with_intervals_runs_that_bend_it_and_a_backtest(made):
    table, file = made
    mine, shelf = both(["fit"], table, file, before=("LAW",), after=(*FEW, "--backtest"))
    for ours, theirs in (("a", "alpha"), ("B", "B")):
        for side in ("low", "high"):
            assert mine["interval"][side][ours] == pytest.approx(shelf["interval"][side][theirs], rel=1e-3)
    assert [run["run"] for run in mine["influence"]] == [run["run"] for run in shelf["influence"]]
    assert len(mine["backtest"]["cuts"]) > 3
    for ours, theirs in zip(mine["backtest"]["cuts"], shelf["backtest"]["cuts"], strict=True):
        assert ours["rms_log"] == pytest.approx(theirs["rms_log"], rel=1e-3)


def test_it_predicts_and_plans(made):
    table, file = made
    mine, shelf = both(["predict"], table, file, before=("LAW",), after=("--at", "N=1e11,D=2e12", *FEW))
    assert (mine["value"], mine["low"]) == pytest.approx((shelf["value"], shelf["low"]), rel=1e-5)
    mine, shelf = both(["plan"], table, file, before=("LAW",), after=("--flops", "1e23", *FEW))
    for name in ("params", "tokens", "loss"):
        assert mine[name]["value"] == pytest.approx(shelf[name]["value"], rel=1e-4), name
        assert mine[name]["high"] == pytest.approx(shelf[name]["high"], rel=1e-3), name
    assert [s["low"] for s in mine["sizes"]] == pytest.approx([s["low"] for s in shelf["sizes"]], rel=1e-3)


def test_it_joins_an_ensemble(made):
    table, file = made
    words = ("--flops", "1e23", "--mix", "equal", *file, *FEW, "--json")
    code, out, err = spoken("plan", "mine,chinchilla", table, *words)
    assert code == 0 and set(json.loads(out)["by_law"]) == {"mine", "chinchilla"}
    assert "weights of the laws" in err


@pytest.mark.slow
def test_it_tells_arms_apart_and_stands_beside_a_frontier_and_under_other_counts(made):
    table, file = made
    after = ("--arm", "group", "--share", "a,b", *FEW)
    code, out, err = spoken("arms", table, "--law", "mine", *after, *file, "--json")
    assert code == 0, err
    assert "mine" in out
    code, out, err = spoken("frontier", "envelope", table, "--against", "mine", *file, *FEW)
    assert code == 0, err
    assert "mine, fitted to all points: params ~ C^0.45" in out
    code, out, err = spoken("conventions", table, "--law", "mine", "--routes", "law", *file, "--draws", "20", "--json")
    assert code == 0, err


OUTSIDE = "\n    ".join(
    ("if np.any(N > 2e10):", "    raise RuntimeError('too large')", "return E + A / N**a + B / D**b")
)
FAR = "return np.where(N > 2e10, np.nan, E + A / N**a + B / D**b)"


@pytest.mark.parametrize(("body", "message"), [(OUTSIDE, "RuntimeError: too large"), (FAR, "is undefined at N = ")])
@pytest.mark.parametrize(
    "words", [["predict", "LAW", "T", "--at", "N=1e12,D=1e12"], ["plan", "LAW", "T", "--flops", "1e26"]]
)
def test_a_law_that_breaks_beyond_the_table_is_told_when_it_is_asked_there(body, message, words, tmp_path):
    (tmp_path / "mine.py").write_text(law_text(body))
    table = written(tmp_path / "t.csv", ROWS)
    places = {"LAW": tmp_path / "mine.py", "T": table}
    code, out, err = spoken(*(places.get(word, word) for word in words), *FEW)
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert "mine" in err and message in err


def test_a_letter_that_counts_something_unknown_is_refused_with_the_nearest_count(tmp_path):
    (tmp_path / "mine.py").write_text(law_text().replace('"N": "params_total"', '"N": "params_totl"'))
    for words in (["fit", tmp_path / "mine.py", written(tmp_path / "t.csv", ROWS)], ["laws", tmp_path / "mine.py"]):
        code, out, err = spoken(*words)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert "mine.py" in err and "Did you mean 'params_total'?" in err


def log_law() -> Law:
    """A law that falls below zero: sound near its points, and nowhere far above them."""
    return Law(
        name="log",
        predicts="loss",
        evaluate=lambda N, *, b, N_0: -b * np.log(N / N_0),
        formula="L = -b ln(N / N_0)",
        source="a test",
        parameters=(Parameter("b", "nats/token", (0.1, 1.0)), Parameter("N_0", "params", (1e10, 1e14))),
        convention={"N": "params_total"},
    )


def test_a_prediction_below_zero_is_refused_and_a_backtest_says_that_the_law_fails_there():
    sizes = np.concatenate([np.geomspace(1e6, 1e8, 12), [1e11, 2e11, 4e11]])
    losses = np.where(sizes < 1e9, -0.4 * np.log(sizes / 1e10), 1.0)
    points = Points({"params_total": sizes, "loss_nats": losses})
    spread = draws(fit(log_law(), points.take(sizes < 1e9)), draws=50)
    assert predict(spread, {"N": 1e8}).value == pytest.approx(0.4 * np.log(100), rel=1e-4)
    with pytest.raises(LawError, match=r"undefined at N = 1e\+11: it gives -0.92"):
        predict(spread, {"N": 1e11})
    cut = backtest(log_law(), points, cuts=[1e9], by="params_total", draws=50)[0]
    assert "undefined at N = 1e+11" in cut.failed


@pytest.mark.parametrize("name", ["5", "None", "''", "['mine']"])
def test_a_name_that_is_no_text_is_refused_by_every_verb(name, tmp_path):
    (tmp_path / "mine.py").write_text(law_text().replace('name="mine"', f"name={name}"))
    table = written(tmp_path / "t.csv", ROWS)
    for verb in (["fit"], ["plan", "--flops", "1e21"]):
        code, _, err = spoken(verb[0], tmp_path / "mine.py", table, *verb[1:], "--draws", "10")
        assert (code, "it must be a text, such as name='mine'" in err) == (2, True)
