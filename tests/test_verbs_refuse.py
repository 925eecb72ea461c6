"""Every public verb refuses an argument of another type in words: what was given, and what it must be."""

import inspect

import numpy as np
import pytest

import scalinglaws as sl
from scalinglaws.points.reading import Imported

WRONG = {
    "None": None,
    "a number": 3,
    "text": "nonsense",
    "a list": [1, 2],
    "a dictionary": {"a": 1},
    "an object": object(),
}
VERBS = [name for name in sl.__all__ if inspect.isfunction(getattr(sl, name))]


def table() -> sl.Points:
    """Make a small table that a law of N and D fits."""
    rng = np.random.default_rng(0)
    N, D = (x.ravel() for x in np.meshgrid(np.geomspace(1e6, 1e8, 4), np.geomspace(1e8, 1e10, 4)))
    loss = (1.7 + 400 / N**0.34 + 410 / D**0.28) * np.exp(0.003 * rng.standard_normal(len(N)))
    return sl.Points({"params_total": N, "params_nonembedding": N, "tokens": D, "loss_nats": loss})


@pytest.fixture(scope="module")
def right(tmp_path_factory) -> dict:
    """Give a right value of each argument that a verb requires."""
    points, folder = table(), tmp_path_factory.mktemp("empty")
    found = sl.fit("chinchilla", points, draws=20)
    arms = points.replace(arm=["a", "b"] * 8)
    other = sl.fit("kaplan-nd", points, draws=20)
    mixed = sl.ensemble([found, other], "equal", draws=20)
    return {
        **{"points": points, "law": "chinchilla", "fit": found, "draws": found.draws, "draws_list": [found, other]},
        **{"mixed": mixed, "at": {"N": 1e8, "D": 1e10}, "flops": 1e20, "to": "flops_6nd_total", "method": "isoflop"},
        **{"name": "chinchilla", "study": "no such study", "of": folder, "path": folder / "points.csv"},
        **{"steps": [10, 20], "lr": [1e-4, 1e-4], "shares": ["a", "b"], "losses": ["loss_nats"]},
        **{"loss": sl.predict(found, {"N": 1e8, "D": 1e10}), "accuracy": found.draws},
        **{"quantity": "plan at C=1e21", "goal": "plan at C=1e14", "budget": 1e20},
        **{
            "stores": [folder, folder / "other"],
            "number": 9,
            "arm": "a",
            "laws": ["chinchilla"],
            "source": folder / "no.csv",
        },
        "found": {"influence": found, "arms": lambda: sl.fit_arms("chinchilla", arms, draws=20)},
    }


def required(name: str) -> list[str]:
    """Name the arguments that a verb cannot do without."""
    given = inspect.signature(getattr(sl, name)).parameters.values()
    return [p.name for p in given if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]


def value_of(right: dict, verb: str, name: str):
    if name == "found":
        return right["found"]["influence"] if verb == "influence" else right["found"]["arms"]()
    return [right[name]] * 2 if (verb, name) == ("side_by_side", "of") else right[name]


KEYWORDS = {"train_to_test": {"questions": 1e9, "answer_tokens": 500}}  # that a verb cannot do without
RIGHT = {("optima", "flops", "a number")}
CASES = [
    case for verb in VERBS for name in required(verb) for what in WRONG if (case := (verb, name, what)) not in RIGHT
]


def test_every_verb_is_asked():
    assert len(VERBS) >= 25
    assert {verb for verb, *_ in CASES} == set(VERBS)


@pytest.mark.parametrize(("verb", "name", "what"), CASES)
def test_a_wrong_thing_is_refused_in_words(verb, name, what, right):
    if (verb, name) in {("differences", "found"), ("multiplier", "found")}:
        given = {other: "a" for other in required(verb)}
    else:
        given = {other: value_of(right, verb, other) for other in required(verb) if other != name}
    with pytest.raises(sl.ScalingLawsError) as refused:
        getattr(sl, verb)(**{**KEYWORDS.get(verb, {}), **given, name: WRONG[what]})
    said = str(refused.value)
    assert len(said) > 20
    assert "Error" not in said


OPTIONS = [
    (verb, p.name, what)
    for verb in VERBS
    for p in inspect.signature(getattr(sl, verb)).parameters.values()
    if p.kind is p.KEYWORD_ONLY and p.default is not None
    for what in ("an object",)
]


@pytest.mark.parametrize(("verb", "name", "what"), OPTIONS)
def test_a_wrong_option_is_refused_by_its_name(verb, name, what, right):
    given = {other: value_of(right, verb, other) for other in required(verb)}
    with pytest.raises(sl.ScalingLawsError, match=f"{verb}: {name} is an? object; it must be"):
        getattr(sl, verb)(**(given | {name: WRONG[what]}))


@pytest.mark.parametrize("what", WRONG)
def test_points_are_made_of_columns_alone(what):
    with pytest.raises(sl.ScalingLawsError, match=r"points are made from|must be a list"):
        sl.Points(WRONG[what])


def test_the_message_says_what_was_given_and_where_the_right_thing_comes_from():
    with pytest.raises(sl.ScalingLawsError, match=r"fit: points is 3; it must be points \(scalinglaws.read makes them"):
        sl.fit("chinchilla", 3)
    with pytest.raises(sl.ScalingLawsError, match=r"fit: law is a Points; it must be a law or text"):
        sl.fit(table(), "chinchilla")
    with pytest.raises(sl.ScalingLawsError, match=r"plan: draws is 3; it must be draws of a fit"):
        sl.plan(3, 1e20)
    with pytest.raises(sl.ScalingLawsError, match=r"fix is a dict; it must be a dictionary of names to a number"):
        sl.fit("chinchilla", table(), fix={"E": "low"})


def test_a_record_that_carries_what_is_asked_stands_for_it():
    points = table()
    found = sl.fit("chinchilla", Imported(points), draws=50)
    assert found.values == sl.fit("chinchilla", points).values
    alone = sl.predict(found, {"N": 1e8, "D": 1e10})
    assert alone.low == sl.predict(found.draws, {"N": 1e8, "D": 1e10}).low
    assert sl.plan(found, 1e20).params.low == sl.plan(found.draws, 1e20).params.low
    other = sl.fit("kaplan-nd", points, draws=50)
    assert sl.ensemble([found, other], "equal", draws=20).laws == ("chinchilla", "kaplan-nd")
