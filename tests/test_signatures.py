"""One name for one meaning in the signatures of the package: a name met in one verb is known in all."""

import dataclasses
import inspect

import pytest

import scalinglaws
from scalinglaws.designing.study_file import Study

VERBS = {
    name: found
    for name in dir(scalinglaws)
    if not name.startswith("_") and inspect.isfunction(found := getattr(scalinglaws, name))
}
MEANINGS = {  # another name for a thing -> its name here
    "n": "draws",
    "n_draws": "draws",
    "samples": "draws",
    "budget": "flops",
    "compute": "flops",
    "counts": "columns",
    "confidence": "level",
    "random_state": "seed",
    "rng": "seed",
}
DEFAULTS = {"level": 0.95, "seed": 0}
BUDGETS = {  # where a budget is not the `flops` of one run
    ("frontier", "budget"),  # a column that groups runs
    ("next_runs", "budget"),  # of all runs to add together
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_calls_a_thing_by_its_one_name(verb):
    for name, parameter in inspect.signature(VERBS[verb]).parameters.items():
        assert name not in MEANINGS or (verb, name) in BUDGETS, f"{verb}({name}=): {MEANINGS.get(name)} here"
        assert not name.startswith(("most_", "least_")), f"{verb}({name}=): max_ and min_ are for bounds"
        if name in DEFAULTS:
            assert parameter.default == DEFAULTS[name]


def test_bounds_of_a_study_are_called_max_and_min():
    names = [field.name for field in dataclasses.fields(Study)]
    assert not [name for name in names if name.startswith(("most_", "least_"))]
    assert {"max_flops", "max_sequences", "max_epochs"} <= {*names}
