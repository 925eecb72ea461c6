"""The gate of claims is that of every verb: where one refuses a table, none leads with a number of it."""

import json

import numpy as np
import pytest
from broken_tables import LEVELS, broken, law, sound
from cli_made import isoflop, spoken, written

BROKEN, WITH_LEVELS = broken(), broken(**LEVELS)
FEW = ("--draws", 10)
PLACE = "N=1e10,D=2e11"
VERBS = {
    "fit": ("fit", "chinchilla", "TABLE", "--no-backtest", *FEW),
    "predict": ("predict", "chinchilla", "TABLE", "--at", PLACE, *FEW),
    "predict, no law": ("predict", "TABLE", "--at", PLACE),
    "plan": ("plan", "chinchilla", "TABLE", "--flops", 1e22, *FEW),
    "plan, no law": ("plan", "TABLE", "--flops", 1e22),
    "compare": ("compare", "TABLE", "--laws", "chinchilla", *FEW),
    "frontier": ("frontier", "isoflop", "TABLE", *FEW),
    "exponents": ("exponents", "chinchilla", "TABLE", "--at", "C=1e22", "--count", "params_total", *FEW),
    "conventions": ("conventions", "TABLE", "--routes", "law", *FEW),
    "next": ("next", "TABLE", "--for", f"loss at {PLACE}", "--budget", "1e21"),
    "prior": ("prior", "TABLE", "--to", "PRIOR"),
}
QUICK = ("predict, no law", "frontier")
CASES = [
    pytest.param(name, verb, marks=[] if name == "losses shuffled" and verb in QUICK else pytest.mark.slow)
    for name in BROKEN
    for verb in VERBS
]


def file_of(columns, folder):
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return written(folder / "runs.csv", rows)


def said(verb, table, *more):
    words = [{"TABLE": table, "PRIOR": table.with_suffix(".json")}.get(word, word) for word in VERBS[verb]]
    return spoken(*words, *more)


@pytest.fixture(scope="session")
def refused():
    """Say whether `predict` with no law refuses a broken table; each is asked once."""
    known = {}

    def asked(table):
        if (text := table.read_bytes()) not in known:
            code, _, err = said("predict, no law", table)
            known[text] = code != 0 and ("--anyway" in err or "one law cannot describe" in err)
        return known[text]

    return asked


@pytest.mark.parametrize(("name", "verb"), CASES)
def test_no_verb_leads_with_a_number_of_a_table_that_another_refuses(name, verb, refused, tmp_path):
    table = file_of((WITH_LEVELS if verb == "frontier" else BROKEN)[name], tmp_path)
    code, out, err = said(verb, table)
    assert "Traceback" not in err and "nan" not in out
    if refused(table):
        assert (code != 0 and not out) or out.startswith("NOT TO BE USED: "), (code, out, err)


ANYWAY = ("losses that rise with size", "plan, no law")


@pytest.mark.parametrize(
    ("name", "verb"),
    [
        pytest.param(name, verb, marks=[] if (name, verb) == ANYWAY else pytest.mark.slow)
        for name in BROKEN
        for verb in VERBS
        if verb != "compare"  # which takes no --anyway: it ranks
    ],
)
def test_what_is_asked_for_all_the_same_is_labelled_or_ends_in_a_line(name, verb, tmp_path):
    table = file_of((WITH_LEVELS if verb == "frontier" else BROKEN)[name], tmp_path)
    code, _, err = said(verb, table, "--anyway")
    assert code in (0, 1, 2) and "unexpected error" not in err, err
    assert code == 0 or err.splitlines()[-1].startswith("scalinglaws: ")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_leads_with_a_number_of_a_sound_table(verb, tmp_path):
    code, out, err = said(verb, file_of(sound(**LEVELS if verb == "frontier" else {}), tmp_path))
    assert code == 0 and out and not out.startswith("NOT TO BE USED: "), err


def test_a_frontier_of_a_broken_table_is_given_anyway_behind_the_reason(tmp_path):
    losses = np.random.default_rng(0).permutation([row["loss"] for row in isoflop()])
    rows = [row | {"loss": loss} for row, loss in zip(isoflop(), losses, strict=True)]
    words = ("frontier", "isoflop", written(tmp_path / "t.csv", rows), "--draws", 20)
    _, out, _ = spoken(*words, "--anyway", "--json")
    assert json.loads(out)["notes"][0].startswith("chinchilla explains")


@pytest.mark.parametrize("method", ["isoflop", "envelope"])
def test_a_frontier_names_the_wild_run_that_fit_names(method, tmp_path):
    sizes = np.geomspace(1e7, 1e9, 7)
    rows = [
        {"run_id": f"r{i}-{j}", "params_total": n, "tokens": c / 6 / n, "loss": float(law(n, c / 6 / n))}
        for i, n in enumerate(sizes)
        for j, c in enumerate(np.geomspace(1e18, 1e20, 5))
    ]
    noise = np.random.default_rng(0).standard_normal(len(rows))
    rows = [row | {"loss": row["loss"] * np.exp(0.002 * z)} for row, z in zip(rows, noise, strict=True)]
    rows[17]["loss"] *= 1.2
    table = written(tmp_path / "t.csv", rows)
    name = rows[17]["run_id"]
    assert name in "".join(spoken("fit", "chinchilla", table, "--no-backtest", *FEW)[1:])
    code, _, err = spoken("frontier", method, table, *FEW)
    assert code == 0 and "1 of 35 runs lies over 12 robust standard deviations" in err and name in err


@pytest.mark.slow
def test_a_sweep_whose_cells_rise_with_size_and_curves_that_no_law_predicts_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    swept = [
        {
            "params_total": n,
            "tokens": d,
            "lr": lr,
            "loss": float(law(1e17 / n, d)) * (1 + 0.01 * (np.log(lr / 1e-3)) ** 2),
        }
        for n in (1e7, 1e8, 1e9, 1e10)
        for d in (1e10, 1e11, 1e12)
        for lr in np.geomspace(1e-4, 1e-2, 7)
    ]
    code, out, err = spoken("sweeps", written(tmp_path / "s.csv", swept))
    assert code == 1 and not out and "no best setting from these runs" in err and "rises with the size" in err
    curves = [
        {"run_id": name, "steps": step, "lr": 3e-4 if name == "a" else 3e-4 * (1 - step / 1001), "loss": loss}
        for name in "ab"
        for step, loss in zip(range(10, 1000, 10), rng.uniform(2, 4, 99), strict=True)
    ]
    words = (
        "curve",
        written(tmp_path / "c.csv", curves),
        "--law",
        "tissue",
        "--schedule",
        "constant:steps=500,peak=1e-4",
    )
    code, out, err = spoken(*words)
    assert code == 1 and not out and "no curve from these runs" in err


def test_a_few_runs_are_told_what_they_allow(tmp_path):
    for runs in (1, 3, 6):
        table = file_of({name: column[::5][:runs] for name, column in sound().items()}, tmp_path)
        code, out, err = spoken("plan", table, "--flops", 1e22)
        assert code != 0 and not out and "skaling" not in err and "--fix" not in err
        assert ("scalinglaws predict" in err) == (runs > 2)
    code, _, err = spoken("compare", file_of({name: column[:4] for name, column in sound().items()}, tmp_path))
    assert code == 2 and "Add runs: these laws need" in err and "--above" not in err
