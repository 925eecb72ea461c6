"""The command line: what it prints, where, and with which exit code."""

import json
import re
import sys

import numpy as np
import pytest
import typer

from scalinglaws.cli import main
from scalinglaws.cli.app import app

VERBS = [
    "study",
    "init",
    "design",
    "launch",
    "status",
    "points",
    "exclude",
    "clean",
    "merge",
    "verify",
    "import",
    "fit",
    "predict",
    "curve",
    "compare",
    "arms",
    "mixtures",
    "conventions",
    "exponents",
    "audit",
    "findings",
    "frontier",
    "sweeps",
    "plan",
    "next",
    "laws",
    "report",
    "train",
]


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command: (exit code, standard output, standard error)."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["scalinglaws", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        return (code, *capsys.readouterr())

    return call


@pytest.fixture
def table(tmp_path):
    """Points of a known law, as a CSV file."""
    rng = np.random.default_rng(0)
    rows = ["run_id,params_total,tokens,loss"]
    for i, n in enumerate(np.geomspace(1e7, 1e10, 8)):
        for j, d in enumerate(np.geomspace(1e9, 1e12, 6)):
            loss = (1.7 + 400 / n**0.34 + 410 / d**0.28) * np.exp(0.002 * rng.standard_normal())
            rows.append(f"r{i}-{j},{n:.6g},{d:.6g},{loss:.6f}")
    path = tmp_path / "points.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_an_example_in_its_help(run, verb):
    code, out, _ = run(verb, "--help")
    assert code == 0
    assert f"scalinglaws {verb} " in " ".join(out.split())


def test_the_help_lists_the_verbs_in_the_order_of_the_work(run):
    _, out, _ = run("--help")
    rows = [line.split() for line in out.splitlines() if len(line) > 2 and line[2] != " "]  # not a wrapped line
    listed = [row[1] for row in rows if len(row) > 2 and row[1] in VERBS]
    places = [listed.index(verb) for verb in VERBS]
    assert places == sorted(places)


def test_fit_prints_one_json_document_with_what_was_promised(run, table):
    code, out, _ = run("fit", "chinchilla", table, "--json", "--draws", 1000, "--level", 0.999)
    found = json.loads(out)
    assert code == 0
    assert {"law", "n", "objective", "values", "interval", "starts_agreeing", "outcome", "warnings"} <= set(found)
    assert found["n"] == 48
    for name, truth in {"E": 1.7, "alpha": 0.34, "beta": 0.28}.items():
        assert found["interval"]["low"][name] <= truth <= found["interval"]["high"][name]


def test_fit_reads_standard_input(run, table, monkeypatch):
    with table.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        code, out, _ = run("fit", "chinchilla", "-", "--json", "--draws", 50)
    assert code == 0
    assert json.loads(out)["n"] == 48


def test_fix_tie_map_and_where_reach_the_fit(run, table):
    _, out, _ = run(
        "fit",
        "chinchilla",
        table,
        "--json",
        "--draws",
        50,
        "--fix",
        "E=1.7",
        "--where",
        "tokens > 2e9",
        "--map",
        "N=params_total",
    )
    found = json.loads(out)
    assert found["values"]["E"] == 1.7
    assert found["n"] == 40
    _, out, _ = run("fit", "chinchilla", table, "--json", "--draws", 50, "--tie", "alpha=beta")
    values = json.loads(out)["values"]
    assert values["alpha"] == values["beta"]


def test_predict_gives_value_interval_reach_and_domain(run, table):
    code, out, _ = run(
        "predict", "chinchilla", table, "--at", "N=1e11,D=2e12", "--json", "--draws", 1000, "--level", 0.999
    )
    found = json.loads(out)
    truth = 1.7 + 400 / 1e11**0.34 + 410 / 2e12**0.28
    assert code == 0
    assert found["low"] < truth < found["high"]
    assert found["reach"] == pytest.approx(20, rel=1e-3)
    assert found["inside_domain"] is False


def test_laws_lists_shows_and_evaluates(run):
    _, out, _ = run("laws")
    assert "chinchilla" in out and "kaplan-nd" in out
    _, out, _ = run("laws", "kaplan-n", "--at", "N=1e9", "--json")
    assert json.loads(out)["value"] == pytest.approx(2.3756, rel=1e-4)
    code, _, err = run("laws", "kaplan-n", "--at", "N=1e15")
    assert code == 0
    assert "outside" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["study", "quikstart", "--to", "OUT"], "Did you mean 'quickstart'"),
        (["study", "STUDY:shapes = [[1, 8]]\ntokens = [1e5]\nbacth = 4", "--to", "OUT"], "Did you mean 'batch'"),
        (["study", "STUDY:shapes = [[1, 8]]\ntokens = [1e12]", "--to", "OUT"], "Ask for fewer tokens"),
        (
            ["study", "STUDY:shapes = [[1, 40]]\ntokens = [1e5]\nd_head = 12", "--to", "OUT"],
            "does not divide d_model = 40",
        ),
        (["study", "STUDY:shapes = [[1, 8]]\ntokens = [1e3]\ncorpus = 'text:BAD'", "--to", "OUT"], "byte 6"),
        (
            [
                "study",
                "STUDY:shapes = [[1, 8]]\ntokens = [1e3]\ncorpus = 'text:TINY'\ntokenizer = 'bpe:5000'",
                "--to",
                "OUT",
            ],
            "5000",
        ),
        (["study", "STUDY:shapes = [[1, 8]]\ntokens = [1e3]", "--to", "OLD"], "version 99"),
        (["fit", "chinchila", "TABLE"], "Did you mean 'chinchilla'"),
        (["fit", "chinchilla", "TABLE", "--map", "N=parms_total"], "params_total"),
        (["fit", "chinchilla", "TABLE", "--fix", "E"], "NAME=VALUE"),
        (["fit", "chinchilla", "TABLE", "--fix", "E=low"], "not a number"),
        (["fit", "chinchilla", "NOLOSS"], "loss"),
        (["fit", "chinchilla", "FEW"], "needs"),
        (["fit", "chinchilla", "NEGATIVE"], "loss"),
        (["fit", "chinchilla", "/no/such/file.csv"], "no/such/file.csv"),
        (["status", "NOWHERE"], "no store"),
        (["laws", "chinchilla", "--at", "N=1e9"], "needs a value for D"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(run, words, message, table, tmp_path):
    rows = table.read_text().splitlines()
    (tmp_path / "noloss.csv").write_text("\n".join(row.rpartition(",")[0] for row in rows))
    (tmp_path / "few.csv").write_text("\n".join(rows[:4]))
    (tmp_path / "negative.csv").write_text(
        "\n".join(
            [
                rows[0],
                *(
                    r.replace(",1.", ",-1.").replace(",2.", ",-2.").replace(",3.", ",-3.").replace(",4.", ",-4.")
                    for r in rows[1:]
                ),
            ]
        )
    )
    (tmp_path / "bad.txt").write_bytes(b"hello \xff world")
    (tmp_path / "tiny.txt").write_text("\n\n\n".join(f"a small text {i}" for i in range(300)))
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "store.json").write_text('{"version": 99}')
    places = {
        "OUT": tmp_path / "out",
        "TABLE": table,
        "NOLOSS": tmp_path / "noloss.csv",
        "FEW": tmp_path / "few.csv",
        "NEGATIVE": tmp_path / "negative.csv",
        "OLD": tmp_path / "old",
        "NOWHERE": tmp_path / "nowhere",
    }
    spoken = []
    for word in words:
        if word.startswith("STUDY:"):
            text = word[6:].replace("BAD", str(tmp_path / "bad.txt")).replace("TINY", str(tmp_path / "tiny.txt"))
            (tmp_path / "mine.toml").write_text(text)
            word = tmp_path / "mine.toml"
        spoken.append(places.get(word, word))
    code, out, err = run(*spoken)
    assert code == 2, err
    assert out == ""
    last = err.strip().splitlines()[-1]
    assert last.startswith("scalinglaws: ")
    assert message in last
    assert not list((tmp_path / "out").glob("runs/*"))


def test_no_bracket_of_a_help_text_is_taken_for_markup_and_lost():
    for command in typer.main.get_command(app).commands.values():
        lost = [p.name for p in command.params if re.search(r"(?<!\\)\[[a-z#/@]", getattr(p, "help", None) or "")]
        assert lost == [], command.name
