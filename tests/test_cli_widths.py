"""The output of commands fits the columns of the terminal, and what it asks to type can still be pasted."""

import shlex

import numpy as np
import pytest
from typer.testing import CliRunner

from scalinglaws.cli.app import app
from scalinglaws.cli.ending import say
from scalinglaws.cli.widths import width_of
from scalinglaws.records.folding import NARROWEST, folded
from scalinglaws.records.text_blocks import Table, as_text


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("widths") / "runs.csv"
    rng = np.random.default_rng(0)
    rows = [(n, d, 1.7 + 400 / n**0.34 + 410 / d**0.28) for n in (1e7, 1e8, 1e9) for d in (1e9, 1e10, 1e11)]
    noise = np.exp(0.002 * rng.standard_normal(len(rows)))
    lines = [f"r{i},{n:g},{d:g},{loss * noise[i]:.6f}" for i, (n, d, loss) in enumerate(rows)]
    path.write_text("\n".join(["run_id,params_total,tokens,loss_nats", *lines]) + "\n")
    return str(path)


COMMANDS = [
    ("fit", ["fit", "chinchilla", "TABLE", "--draws", "20"]),
    ("plan", ["plan", "chinchilla", "TABLE", "--flops", "1e22", "--draws", "20"]),
    ("predict", ["predict", "chinchilla", "TABLE", "--at", "N=1e9,D=1e12", "--draws", "20"]),
    ("laws", ["laws"]),
    ("one law", ["laws", "chinchilla"]),
    ("optima", ["laws", "--optimum", "C=1e23"]),
    ("audit", ["audit", "TABLE"]),
    ("import", ["import", "TABLE"]),
]


@pytest.mark.parametrize("width", [60, *(pytest.param(width, marks=pytest.mark.slow) for width in (80, 100))])
@pytest.mark.parametrize("name", [name for name, _ in COMMANDS])
def test_no_line_is_wider_than_the_terminal(name, width, table):
    asked = [table if word == "TABLE" else word for word in dict(COMMANDS)[name]]
    done = CliRunner().invoke(app, asked, env={"COLUMNS": str(width)})
    assert done.exit_code == 0, done.exception
    lines = (done.stdout + done.stderr).splitlines()
    assert lines and not [line for line in lines if len(line) > width]


def test_an_error_is_folded_too(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "60")
    say("scalinglaws: no law is called 'chinchila'. Did you mean 'chinchilla'? Or clark? 'scalinglaws laws' lists all.")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and max(map(len, lines)) <= 60


def test_a_short_line_is_left_alone_and_without_a_width_every_line_is():
    assert folded("a  b   c", 40) == "a  b   c"
    assert folded("x" * 300, None) == "x" * 300


def test_a_folded_line_keeps_its_words_and_sets_further_lines_in():
    text = "  N = 5.4e5 [2.9e5, 7.7e5] parameters on D = 8.2e6 tokens, expected loss 1.21 nats per token"
    lines = folded(text, 40).split("\n")
    assert max(map(len, lines)) <= 40 and all(line.startswith("      ") for line in lines[1:])
    assert " ".join(text.split()) == " ".join(word for line in lines for word in line.split())


def test_a_folded_command_can_be_pasted():
    command = "scalinglaws fit chinchilla points.csv --where \"family == 'F-N F-OOD' and n_layer >= 2\" --draws 100"
    text = folded(f"To fit some rows: {command}", 60)
    pasted = text[text.index("scalinglaws") :].replace("\\\n", " ")
    assert "\n" in text and shlex.split(pasted) == shlex.split(command)


def test_a_word_longer_than_the_line_is_broken_unless_it_is_part_of_a_command():
    assert max(map(len, folded("see " + "x" * 200, 60).split("\n"))) <= 60
    assert "/a" * 60 in folded(f"type scalinglaws report {'/a' * 60}", 60)


def test_a_table_of_which_a_column_fits_nowhere_is_written_row_by_row():
    wide = Table(("law", "error", "a long heading"), (("chinchilla", 0.5, "x" * 30), ("kaplan-nd", 0.7, "")))
    assert as_text([wide], 200) == str(wide)
    assert as_text([wide], 40).splitlines()[:3] == ["  chinchilla", "    error: 0.5", f"    a long heading: {'x' * 30}"]


def test_the_text_of_a_last_column_is_wrapped_beside_the_others():
    rows = ("chinchilla", 0.5, "the loss of any run"), ("kaplan-nd", 0.7, "")
    wide = Table(("law", "error", "what it means"), rows)
    assert as_text([wide], 35).splitlines() == [
        "  law         error  what it means",
        "  chinchilla    0.5  the loss of",
        "                     any run",
        "  kaplan-nd     0.7",
    ]


def test_the_columns_of_a_wide_table_stand_in_parts_each_with_what_names_its_rows():
    heads, rows = ("law", "error", "held", "reach"), [("a", 1.25, "90%", "10x"), ("b", 2.5, "95%", "20x")]
    assert as_text([Table(heads, tuple(rows))], 20).splitlines() == [
        *("  law  error  held", "  a     1.25   90%", "  b      2.5   95%", ""),
        *("  law  reach", "  a      10x", "  b      20x"),
    ]
    alike = Table(heads, (rows[0], ("a", *rows[1][1:])))
    assert as_text([alike], 20).splitlines()[:3] == ["  #  law  error", "  1    a   1.25", "  2    a    2.5"]


def test_the_width_is_that_of_columns_and_a_file_has_none(monkeypatch, tmp_path):
    with open(tmp_path / "out", "w") as file:
        monkeypatch.setenv("COLUMNS", "72")
        assert width_of(file) == 72
        monkeypatch.setenv("COLUMNS", "3")
        assert width_of(file) == NARROWEST
        monkeypatch.delenv("COLUMNS")
        assert width_of(file) is None
