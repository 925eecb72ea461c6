"""The gate of claims in Python: a public function refuses the tables that its command refuses, in the same words."""

import numpy as np
import pytest
from broken_tables import broken, sound
from cli_made import isoflop, spoken, written

import scalinglaws as sl
from scalinglaws.errors import FitError
from scalinglaws.records.public_record import LEAD

BROKEN = broken()
PLACE = {"N": 1e10, "D": 2e11}


def drawn(points):
    return sl.draws(sl.fit("chinchilla", points), draws=10)


def two_arms(points):
    return points.replace(arm=np.where(np.arange(len(points)) % 2 == 0, "a", "b").tolist())


# verb -> (what to type, the same in Python)
VERBS = {
    "predict": (
        ("predict", "chinchilla", "TABLE", "--at", "N=1e10,D=2e11", "--draws", 10),
        lambda points, **how: sl.predict(drawn(points), PLACE, **how),
    ),
    "forecast": (
        ("predict", "TABLE", "--at", "N=1e10,D=2e11"),
        lambda points, **how: sl.forecast(points, PLACE, **how),
    ),
    "plan": (
        ("plan", "chinchilla", "TABLE", "--flops", 1e22, "--draws", 10),
        lambda points, **how: sl.plan(drawn(points), 1e22, **how),
    ),
    "plan, no law": (("plan", "TABLE", "--flops", 1e22), lambda points, **how: sl.plan(points, 1e22, **how)),
    "exponents": (
        ("exponents", "chinchilla", "TABLE", "--at", "C=1e22", "--count", "params_total", "--draws", 10),
        lambda points, **how: sl.local_exponents(drawn(points), [1e22], count="params_total", points=points, **how),
    ),
    "conventions": (
        ("conventions", "TABLE", "--routes", "law", "--draws", 10),
        lambda points, **how: sl.conventions(points, routes=["law"], draws=10, **how),
    ),
    "next": (
        ("next", "TABLE", "--for", "loss at N=1e10,D=2e11", "--budget", "1e21"),
        lambda points, **how: sl.next_runs(points, "loss at N=1e10,D=2e11", 1e21, worlds=1, **how),
    ),
    "arms": (
        ("arms", "TABLE", "--draws", 20),
        lambda points, **how: sl.fit_arms("chinchilla", points, draws=20, **how),
    ),
}
QUICK = {("losses shuffled", "conventions"), ("losses shuffled", "next"), ("sound", "conventions")}
CASES = [
    pytest.param(name, verb, marks=[] if (name, verb) in QUICK else pytest.mark.slow)
    for name in ("sound", *BROKEN)
    for verb in VERBS
]


def columns_of(name, verb):
    columns = sound() if name == "sound" else BROKEN[name]
    count = len(columns["tokens"])
    arms = {"arm": (["a", "b"] * count)[:count]} if verb == "arms" else {}
    return {key: list(column) for key, column in (columns | arms).items()}


def in_python(ask, path, **how):
    """Give an answer, or the words of the refusal."""
    try:
        return ask(sl.read(path), **how), ""
    except sl.ScalingLawsError as refused:
        return None, str(refused)


@pytest.mark.parametrize(("name", "verb"), CASES)
def test_python_refuses_a_table_that_the_command_refuses_in_the_same_words(name, verb, tmp_path):
    columns = columns_of(name, verb)
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    path = written(tmp_path / "runs.csv", rows)
    words, ask = VERBS[verb]
    code, _, err = spoken(*[path if word == "TABLE" else word for word in words])
    found, refused = in_python(ask, path)
    assert bool(refused) is (code != 0), (err, refused)
    assert name != "sound" or not (refused or found.barred)
    if "--anyway" in err:
        assert "from these runs. " in refused and refused.endswith("To see it all the same: anyway=True.")
        assert _what(refused) in err
        shown, _ = in_python(ask, path, anyway=True)
        if shown is not None:  # else it cannot be computed at all
            assert shown.barred and all(reason in refused for reason in shown.barred)
            assert str(shown).startswith(LEAD)
            assert type(shown).from_json(shown.to_json()).barred == shown.barred


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_frontier_is_refused_of_shuffled_losses_alone(is_broken, tmp_path):
    rows = isoflop()
    if is_broken:
        losses = np.random.default_rng(0).permutation([row["loss"] for row in rows])
        rows = [row | {"loss": loss} for row, loss in zip(rows, losses, strict=True)]
    path = written(tmp_path / "t.csv", rows)
    code, out, err = spoken("frontier", "isoflop", path, "--draws", 10)
    found, refused = in_python(lambda points, **how: sl.frontier("isoflop", points, draws=10, **how), path)
    assert bool(refused) is (code != 0) is is_broken, (err, refused)
    if is_broken:
        assert not out and "no frontier from these runs" in err and "no frontier from these runs" in refused
    else:
        assert not found.barred and found.optima


def _what(refused):
    return refused[: refused.index(" from these runs")]


def test_curves_that_no_law_predicts_and_cells_that_rise_with_size_are_refused_unless_asked_for_anyway():
    rng = np.random.default_rng(0)
    swept = [
        (n, d, lr, 2 + 0.1 * np.log(n / 1e6) + 0.01 * np.log(lr / 1e-3) ** 2 + 1e-4 * rng.standard_normal())
        for n in (1e7, 1e8, 1e9, 1e10)
        for d in (1e10, 1e11, 1e12)
        for lr in np.geomspace(1e-4, 1e-2, 7)
    ]
    sweep = sl.Points(
        dict(zip(("params_total", "tokens", "lr", "loss_nats"), map(list, zip(*swept, strict=True)), strict=True))
    )
    with pytest.raises(FitError, match=r"no best setting from these runs\. .* anyway=True"):
        sl.sweeps(sweep)
    assert str(sl.sweeps(sweep, anyway=True)).startswith(LEAD)
    shares = rng.dirichlet([1.0, 1.0], size=12)
    mixed = sl.Points({"a": shares[:, 0], "b": shares[:, 1], "loss": list(rng.uniform(2, 4, 12))})
    with pytest.raises(FitError, match=r"no mixture from these runs\. .* anyway=True"):
        sl.mixtures(mixed, ["a", "b"], ["loss"], draws=5)
    assert sl.mixtures(mixed, ["a", "b"], ["loss"], draws=5, anyway=True).barred


@pytest.mark.slow
def test_curves_that_no_law_predicts_are_refused_unless_asked_for_anyway():
    rng = np.random.default_rng(0)
    steps = np.tile(np.arange(10.0, 1000.0, 10.0), 2)
    lr = np.where(np.arange(len(steps)) < 99, 3e-4, 3e-4 * (1 - steps / 1001))
    names = ["a"] * 99 + ["b"] * 99
    curves = sl.Points({"run_id": names, "steps": steps, "lr": lr, "loss_nats": rng.uniform(2, 4, len(steps))})
    asked = ([1.0, 250.0, 500.0], [1e-4] * 3)
    with pytest.raises(FitError, match=r"no curve from these runs\. .* anyway=True"):
        sl.curve(curves, *asked, law="tissue")
    assert str(sl.curve(curves, *asked, law="tissue", anyway=True)).startswith(LEAD)


def test_the_figure_of_a_barred_fit_says_so_in_its_title():
    fit = sl.fit("chinchilla", sl.read(columns_of("losses shuffled", "fit")), draws=20)
    assert fit.plot().get_title(loc="left").startswith(f"{LEAD}: chinchilla explains")
    assert not sl.fit("chinchilla", sl.read(columns_of("sound", "fit")), draws=20).plot().get_title(loc="left")
