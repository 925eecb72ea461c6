"""The failed rules of the audit that bear on a fitted number are said by the verbs that print it."""

import json

import numpy as np
import pytest
from cli_made import grid, spoken

from scalinglaws.auditing.bearing import bearing, bearing_on, in_lines
from scalinglaws.fitting.fit import fit
from scalinglaws.formats.raw import columns_of
from scalinglaws.points.points import Points
from scalinglaws.points.writing import write_points


def repeated_text(**columns):
    """A table in which the largest horizons pass forty times over the text."""
    size, tokens = (grid.reshape(-1) for grid in np.meshgrid(np.geomspace(1e7, 1e9, 6), np.geomspace(3e8, 4e10, 6)))
    loss = 1.7 + 350 / size**0.33 + 520 / tokens**0.29
    unique = np.minimum(tokens, 1e9)
    return Points({"params_total": size, "tokens": tokens, "tokens_unique": unique, "epochs": tokens / unique,
                   "loss_nats": loss, **columns})  # fmt: skip


def test_repeated_text_bears_on_what_a_token_is_worth():
    (line,) = (line for line in in_lines(bearing(repeated_text())) if " A6 " in line)
    assert line.startswith("audit rule A6 fails: ")
    assert "up to 40 epochs" in line


def test_a_sound_grid_bears_nothing():
    points = Points(columns_of(grid()))
    assert bearing(points) == bearing_on(fit("chinchilla", points), points) == ()


def test_the_grid_bears_on_laws_of_size_and_tokens_alone():
    points = repeated_text()
    few = points.take(points["params_total"] < 1e8)
    assert [line for line in in_lines(bearing(few)) if " C2 " in line]
    assert not [line for line in bearing_on(fit("kaplan-n", few), few) if " C" in line[:14]]


def test_rows_whose_runs_are_not_named_are_not_called_checkpoints():
    points = Points(columns_of(grid()))
    nameless = Points({name: values for name, values in points.columns.items() if name != "run_id"})
    assert not [line for line in in_lines(bearing(nameless)) if " B3 " in line]


@pytest.mark.parametrize("verb", [["fit"], ["predict", "--at", "N=1e9,D=2e10"], ["plan", "--flops", "1e21"]])
def test_the_commands_say_it_after_their_numbers_and_in_json(verb, tmp_path):
    write_points(repeated_text(), tmp_path / "t.csv")
    command = [verb[0], "chinchilla", tmp_path / "t.csv", *verb[1:], "--draws", "20"]
    code, out, err = spoken(*command)
    assert (code, bool(out)) == (0, True)
    assert "audit rule A6 fails" in err
    _, out, _ = spoken(*command, "--json")
    assert any(note.startswith("audit rule A6 fails") for note in json.loads(out)["notes"])
