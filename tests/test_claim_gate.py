"""The gate of claims: on broken tables no command, page or object in Python leads with a plan."""

import json

import numpy as np
import pytest
from broken_tables import broken, sound
from cli_made import spoken

import scalinglaws as sl
from scalinglaws.errors import FitError, ScalingLawsError
from scalinglaws.results.sentences import five_sentences
from scalinglaws.studying.table_study import appraise

BROKEN = broken()
UNITS = [name for name in BROKEN if name.endswith(("rows in billions", "rows in millions", "in PF-days"))]
UNEXPLAINED = ["perplexity in some rows", "losses shuffled", "noise alone", "half of the runs diverged"]
SCATTERED = ["losses of some rows in bits", "noise of a third"]
RISING = ["losses that rise with size", "losses that rise with tokens"]
BARRED = {name: "--unit" for name in UNITS} | {name: "--where" for name in UNEXPLAINED + SCATTERED}
BARRED |= {name: "--map" for name in RISING}
TWO_UNITS = [
    name
    for name in BROKEN
    if name.startswith(("tokens of half", "tokens of a qu", "sizes of a t", "compute of some rows h"))
]
BARRED |= {name: "--where" for name in TWO_UNITS}


@pytest.fixture
def file(tmp_path):
    def written(columns):
        path = tmp_path / "runs.csv"
        rows = [",".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
        path.write_text("\n".join([",".join(columns), *rows]) + "\n")
        return path

    return written


def test_the_sound_table_leads_with_its_plan(file):
    code, out, _ = spoken("plan", "chinchilla", file(sound()), "--flops", 1e22, "--draws", 10)
    assert code == 0 and "what to train" not in out.splitlines()[0] and "params" in out and "NOT TO BE USED" not in out


QUICK = ["two test sets", UNITS[2], "losses shuffled", "one loss for all", "no effect of size", "one ray", "one size"]


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in BROKEN]
)
def test_no_broken_table_leads_with_a_plan(name, file):
    path = file(BROKEN[name])
    named, unnamed = ("plan", "chinchilla", path, "--draws", 10), ("plan", path)
    for words in (named, unnamed):
        code, out, err = spoken(*words, "--flops", 1e22)
        assert code != 0 and not out and "Traceback" not in err, (name, out)
        told = err.strip().splitlines()[-1]
        assert told.startswith("scalinglaws: ") and len(told) > 60, (name, told)


@pytest.mark.parametrize(
    "name",
    [name if name == UNITS[0] else pytest.param(name, marks=pytest.mark.slow) for name in BARRED],
)
def test_a_barred_fit_says_what_is_wrong_and_what_to_do_before_any_constant(name, file):
    path = file(BROKEN[name])
    code, out, _ = spoken("fit", "chinchilla", path, "--no-backtest", "--draws", 10)
    assert code == 0 and out.startswith("NOT TO BE USED: ")
    assert BARRED[name] in "".join(line for line in out.splitlines() if line.startswith("NOT TO BE USED: "))
    code, out, err = spoken("predict", "chinchilla", path, "--at", "N=1e10,D=2e11", "--draws", 10)
    assert code == 1 and not out and "no prediction from these runs" in err and "--anyway" in err
    code, out, _ = spoken("predict", "chinchilla", path, "--at", "N=1e10,D=2e11", "--draws", 10, "--anyway")
    assert code == 0 and out.startswith("NOT TO BE USED: ") and "loss at N=1e10" in out
    code, out, _ = spoken("fit", "chinchilla", path, "--no-backtest", "--draws", 10, "--json")
    assert code == 0 and BARRED[name] in " ".join(json.loads(out)["notes"])


@pytest.mark.parametrize(("sd", "is_barred"), [(0.07, False), (0.16, True)])
def test_a_scatter_of_more_than_a_tenth_bars_a_law(sd, is_barred):
    table = sound(noise=sd)
    fit = sl.fit("chinchilla", sl.read({key: list(column) for key, column in table.items()}), draws=20)
    assert any("The losses scatter" in reason for reason in fit.barred) is is_barred


@pytest.mark.parametrize("name", [UNITS[0], "losses shuffled"])
def test_python_refuses_a_number_of_a_barred_fit_unless_asked_for_anyway(name):
    fit = sl.fit("chinchilla", sl.read({key: list(column) for key, column in BROKEN[name].items()}), draws=20)
    assert fit.barred and str(fit.printed()).startswith("NOT TO BE USED: ")
    for ask in (lambda **how: fit.predict(N=1e10, D=2e11, **how), lambda **how: fit.plan(1e22, **how)):
        with pytest.raises(FitError, match=r"from these runs\. .* anyway=True"):
            ask()
    assert np.isfinite(fit.predict(N=1e10, D=2e11, anyway=True).value)


@pytest.mark.slow
@pytest.mark.parametrize("name", [UNITS[0], "losses shuffled", "noise alone", "losses that rise with size"])
def test_the_page_of_a_broken_table_withholds_its_law_and_plan(name):
    points = sl.read({key: list(column) for key, column in BROKEN[name].items()})
    try:
        said = dict(five_sentences(appraise(points, _few())))
    except ScalingLawsError:  # nothing can be fitted: there is no page
        return
    assert said["Law"].startswith("Withheld: ")
    assert said["Plan"].startswith(("Withheld: ", "No fitted law can split"))


def _few():
    from scalinglaws.laws import law
    from scalinglaws.studying.table_study import Wanted

    return Wanted(laws=(law("chinchilla"),), draws=50)
