"""The failed rules of the audit that bear on a fitted number are said by the verbs that print it."""

import json

import numpy as np
import pytest
from cli_made import grid, spoken

from scalinglaws.auditing.bearing import bearing
from scalinglaws.formats.raw import columns_of
from scalinglaws.points.points import Points
from scalinglaws.points.writing import write_points


def mixture_of_experts(**columns):
    """A table in which total and active parameters differ, as rows of a mixture and of dense models do."""
    active = np.repeat([1e7, 3e7, 1e8, 3e8, 1e9], 4)
    tokens = np.tile([3e8, 1e9, 1e10, 1e11], 5)
    total = active * np.tile([1, 6, 20, 1], 5)
    loss = 1.7 + 350 / active**0.33 + 520 / tokens**0.29
    return Points({"params_total": total, "params_active": active, "tokens": tokens, "loss_nats": loss, **columns})


def test_two_counts_of_parameters_bear_on_the_exponent():
    (line,) = (line for line in bearing(mixture_of_experts(), {"N": "params_total"}) if " A1 " in line)
    assert line.startswith("audit rule A1 fails: ")
    assert "params_active" in line


def test_a_sound_grid_bears_nothing():
    assert bearing(Points(columns_of(grid()))) == ()


def test_rows_whose_runs_are_not_named_are_not_called_checkpoints():
    points = Points(columns_of(grid()))
    nameless = Points({name: values for name, values in points.columns.items() if name != "run_id"})
    assert not [line for line in bearing(nameless) if " B3 " in line]


@pytest.mark.parametrize("verb", [["fit"], ["predict", "--at", "N=1e9,D=2e10"], ["plan", "--flops", "1e21"]])
def test_the_commands_say_it_after_their_numbers_and_in_json(verb, tmp_path):
    write_points(mixture_of_experts(), tmp_path / "t.csv")
    command = [verb[0], "chinchilla", tmp_path / "t.csv", *verb[1:], "--draws", "20"]
    code, out, err = spoken(*command)
    assert (code, bool(out)) == (0, True)
    assert "audit rule A1 fails" in err
    _, out, _ = spoken(*command, "--json")
    assert any(note.startswith("audit rule A1 fails") for note in json.loads(out)["notes"])
