"""Messages name arguments of Python; the command line prints the flags of the same meaning, which work when typed."""

import ast
import inspect
import math
import re
import shlex
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from cli_made import grid, isoflop, loss, spoken, spoken_and_seen, written

import scalinglaws as sl
from scalinglaws.cli.flags_in_text import document_in_flags, flags, in_flags
from scalinglaws.errors import argument
from scalinglaws.studying.clean import clean
from scalinglaws.studying.excluded_runs import exclude

PACKAGE = Path(sl.__file__).parent
BELOW = [path for path in sorted(PACKAGE.rglob("*.py")) if path.relative_to(PACKAGE).parts[0] != "cli"]
COMMANDS = {  # texts that are a command line, or speak of one alone
    "--chains",
    *("#SBATCH --", "--parsable", "--full", "--noheader", "--array", "--me", "--format=%F %K"),  # of Slurm's commands
    "scalinglaws study STUDY --only FAMILIES --to FOLDER",
    "--nproc-per-node",  # of torchrun
    "--device",
    "--engine",
    *("--gpus", "--gpu-slots"),  # of a process that trains
    *("--cpus-per-task=", "--mem=", "--time=", "--gres", "--mem-per-cpu", "--mem-per-gpu"),  # of sbatch
    "--track",
    "{left} further rows: `scalinglaws findings DIR --json`.",  # under a page that this command wrote
}


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        ({"where": 'family == "a"'}, "--where 'family == \"a\"'"),
        ({"where": 'name == "it\'s"'}, "--where 'name == \"it'\"'\"'s\"'"),
        ({"map": {"loss": "val"}}, "--map loss=val"),
        ({"columns": {"N": "size of it", "D": "tokens"}}, "--map 'N=size of it' --map D=tokens"),
        ({"map": {"loss": "a}b"}}, "--map 'loss=a}b'"),
        ({"fix": {"E": 1.7, "A": 2e8}}, "--fix E=1.7 --fix A=2e8"),
        ({"bounds": {"E": (0, 2.5)}}, "--bounds E=0:2.5"),
        ({"tie": {"alpha": "beta"}}, "--tie alpha=beta"),
        ({"unit": {"loss": "bits"}}, "--unit loss=bits"),
        ({"given": {"batch_tokens": 524288}}, "--given batch_tokens=524288"),
        ({"given": {"params_total": {"run a": 1e8}}}, "--given 'params_total@run a=1e8'"),
        ({"across": ["tokenizer", "recipe"]}, "--across tokenizer --across recipe"),
        ({"target": {"N": 1e9, "D": 2e12}}, "--target N=1e9,D=2e12"),
        ({"cluster": "run id"}, "--cluster 'run id'"),
        ({"keep": "final"}, "--checkpoints final"),
        ({"draws": 1000}, "--draws 1000"),
        ({"above": 3.2e18}, "--above 3.2e18"),
        ({"fixed_params": 1e9}, "--params 1e9"),
        ({"remove": True}, "--yes"),
    ],
)
def test_an_argument_becomes_the_flag_of_its_meaning_quoted_for_a_shell(given, flag):
    (name, value), said = next(iter(given.items())), argument(**given)
    assert eval(f"dict({said})") == {name: value}  # what the message says is Python
    for around in ("Choose {}.", "One of two ({}), or none", "do: {} and more", "see\n      {}"):
        assert in_flags(around.format(said)) == around.format(flag)
        assert in_flags(around.format(flag)) == around.format(flag)


def test_a_value_that_was_broken_at_the_end_of_a_line_is_whole_again():
    assert in_flags("found: where='a == b and\n      c == d'") == "found: --where 'a == b and c == d'"


@pytest.mark.parametrize(
    "text",
    [
        "E = 1.7 at N=1e9,D=2e10",
        "seed=1  5 points",  # a run may be called so
        "lr=0.1,seed=1 is a run",
        "--given n_vocab=50257,n_ctx=1024: no such column",
        "--fix tau=0.5: it must be free",
        "run_id='a' and other='b'",
        "where=COLUMN < 3",
        "map={'loss': COLUMN}",
    ],
)
def test_what_is_no_argument_is_left_as_it_is(text):
    assert in_flags(text) == text


def test_a_file_inside_a_document_is_left_as_it_is():
    document = {"notes": ["say unit={'loss': 'bits'}"], "configuration": "train(lr=1.0,\n  (seed=1))", "n": 3}
    assert document_in_flags(document) == document | {"notes": ["say --unit loss=bits"]}


def arguments_named() -> set[str]:
    """Name every argument that a message below the command line may name."""
    sources = (text for path in BELOW if "argument(" in (text := path.read_text("utf-8")))
    calls = (node for text in sources for node in ast.walk(ast.parse(text)) if type(node) is ast.Call)
    return {word.arg for call in calls if getattr(call.func, "id", "") == "argument" for word in call.keywords}


def test_every_argument_that_a_message_names_is_one_of_python_and_has_a_flag():
    public = [getattr(sl, name) for name in sl.__all__]
    verbs = [one for one in public if inspect.isfunction(one)]
    taken = {name for one in (*verbs, sl.Building, clean, exclude) for name in inspect.signature(one).parameters}
    named = arguments_named() - {None}
    assert len(named) > 20
    assert named - taken == set()
    assert named - set(flags()) == set()


@cache
def pages_of_help() -> list[str]:
    verbs = "fit import compare audit frontier plan study conventions exponents sweeps clean merge exclude".split()
    return [spoken(verb, "--help")[1] for verb in verbs]


@pytest.mark.parametrize("name", sorted(arguments_named() - {None}))
def test_the_flag_of_an_argument_is_one_that_a_command_lists(name):
    flag = flags()[name].name
    assert any(re.search(rf"{flag}\b", text) for text in pages_of_help())


def texts_below() -> list[tuple[str, str]]:
    """List every text below the command line that is no docstring, with its place; of files with two dashes."""
    found = []
    for text, path in ((path.read_text("utf-8"), path) for path in BELOW):
        if "--" not in text:
            continue
        tree = ast.parse(text)
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        constants = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in told]
        found += [(f"{path.name}:{n.lineno}", n.value) for n in constants if isinstance(n.value, str)]
    return found


def test_no_text_below_the_command_line_speaks_of_a_flag():
    flagged = [(place, text) for place, text in texts_below() if re.search(r"(?<![\w<!-])--[a-z]", text)]
    assert [one for one in flagged if not any(one[1] in command or command in one[1] for command in COMMANDS)] == []


# --- what the command line prints works when it is typed

QUICK = ("--draws", "50")
ROWS = grid()
ODD_HEAD = ("--d-head", "63", "--export", "torchtitan", "--lr", "1e-3")
PLAN = ("plan", "chinchilla", "TABLE", *QUICK, "--flops")
FIT = ("fit", "chinchilla", "TABLE", "--no-backtest", *QUICK)


def rows_with(rows=ROWS, **columns) -> list[dict]:
    """Give rows further columns, each made from its row and number; None takes a column away."""
    made = [row | {name: make(i, row) for name, make in columns.items() if make} for i, row in enumerate(rows)]
    return [{name: value for name, value in row.items() if columns.get(name, 0) is not None} for row in made]


def mixed(**columns) -> list[dict]:
    return rows_with(tokenizer=lambda i, row: "ab"[i % 2], **columns)


FEW = [ROWS[i] for i in (0, 9, 20, 33, 47)]
OF_FOUR_RUNS = rows_with(FEW * 2, run_id=lambda i, row: f"r{i % 4}", tokens=lambda i, row: row["tokens"] * (1 + i))
ONE_TERM = [row | {"loss": (9e13 / row["params_total"]) ** 0.076} for row in ROWS]
LOG = [{"step": s, "loss": loss(1e8, 1e6 * s), "tokens": 1e6 * s, "params_total": 1e8} for s in range(1, 40)]
BATCHES = [
    {"run_id": f"b{b:g}", "params_total": 1e8, "of_a_step": b, "tokens": t * (1 + b / (4e7 * y**-4.76)), "loss": y}
    for b in np.geomspace(1e4, 1e6, 6)
    for t in np.geomspace(1e9, 1e11, 12)
    for y in (loss(1e8, t),)
]

# what is wrong: the command, the table, the flags of the message to type, the name for COLUMN, the places that say it
TYPED = {
    "two definitions": (FIT, mixed(), ["--where"], "", "points/one_definition.py unmixed"),
    "two definitions, fitted across": (FIT, mixed(), ["--across"], "", "points/one_definition.py ways_out"),
    "a column missing": (
        FIT,
        rows_with(seen=lambda i, row: row["tokens"], tokens=None),
        ["--map"],
        "seen",
        "fitting/columns.py _lacking; points/convert.py _no_route",
    ),
    "two columns of one meaning": (
        FIT,
        rows_with(tokens_seen=lambda i, row: row["tokens"]),
        ["--map"],
        "",
        "points/choosing_columns.py _renamed",
    ),
    "a count that is partly missing": (
        ("fit", "kaplan-nd", *FIT[2:]),
        rows_with(params_nonembedding=lambda i, row: row["params_total"] if i % 3 else "nan"),
        ["--map"],
        "",
        "fitting/columns.py _filled",
    ),
    "text for numbers": (
        FIT,
        rows_with(val=lambda i, row: row["loss"], loss=lambda i, row: "high"),
        ["--map"],
        "val",
        "points/cell_values.py _check_spared",
    ),
    "a unit that needs a column": (
        (*FIT, "--unit", "tokens=steps"),
        rows_with(tokens=lambda i, row: row["tokens"] / 5e5, b=lambda i, row: 5e5),
        ["--map"],
        "b",
        "points/foreign_units.py converted",
    ),
    "fewer points than parameters": (FIT, FEW, ["--fix"], "", "fitting/columns.py or_hold"),
    "fewer runs than parameters": (FIT, OF_FOUR_RUNS, ["--fix"], "", "fitting/columns.py or_hold"),
    "no best size, the size held": ((*PLAN, "1e23"), ONE_TERM, ["--params"], "", "planning/undetermined.py _held"),
    "no best size, the tokens held": ((*PLAN, "1e23"), ONE_TERM, ["--tokens"], "", "planning/undetermined.py _held"),
    "a cut above every point": (
        ("compare", "TABLE", "--laws", "kaplan-n,kaplan-d", "--above", "1e30", *QUICK),
        ROWS,
        ["--above"],
        "",
        "comparing/compare.py _check",
    ),
    "no column of compute, another scale": (
        ("compare", "TABLE", "--laws", "kaplan-d", *QUICK),
        rows_with(params_total=None),
        ["--by"],
        "tokens",
        "comparing/backtest.py compute_column",
    ),
    "no groups of one budget": (
        ("frontier", "isoflop", "TABLE", *QUICK),
        rows_with(
            isoflop(), tokens=lambda i, row: row["tokens"] * (1 + i % 7), of=lambda i, row: 1e18 * 10 ** (i // 7)
        ),
        ["--budget"],
        "of",
        "frontiers/frontier.py _budgets",
    ),
    "no batch": (
        ("frontier", "critical-batch", "TABLE", *QUICK),
        BATCHES,
        ["--map"],
        "of_a_step",
        "frontiers/critical_batch.py critical_batch",
    ),
    "a count that is nowhere filled": (
        ("conventions", "TABLE", "--routes", "law", *QUICK),
        rows_with(params_total=lambda i, row: row["params_total"] if i % 5 else "nan"),
        ["--where"],
        "",
        "counting/counts.py _unfilled",
    ),
    "nothing says how far a run had come": (
        ("import", "TABLE", "--checkpoints", "final"),
        rows_with(far=lambda i, row: row["tokens"], tokens=None),
        ["--map"],
        "far",
        "points/which_rows.py _progress",
    ),
    "a warm-up of which nothing is known": (
        ("import", "TABLE", "--checkpoints", "final", "--burn-in", "warmup"),
        ROWS,
        ["--burn-in"],
        "",
        "",
    ),
    "a head that cannot turn": (
        (*PLAN, "1e21", "--n-vocab", "50257", "--n-ctx", "1024", *ODD_HEAD),
        ROWS,
        ["--d-head"],
        "",
        "planning/trainer_config.py configuration",
    ),
}


def suggestions(said: str, column: str) -> list[list[str]]:
    """Read the flags that a message offers, each with its value, as a shell would; COLUMN stands for a name."""
    offered = re.findall(r"""--[a-z][a-z-]* (?:'[^']*'|[^\s'")]+)+""", said)
    return [[word.rstrip(".,;:)").replace("COLUMN", column) for word in shlex.split(one)] for one in offered]


LONG = ("no best size, the size held", "no best size, the tokens held")


@pytest.mark.parametrize("what", [pytest.param(one, marks=[pytest.mark.slow] * (one in LONG)) for one in TYPED])
def test_what_a_message_offers_works_when_it_is_typed(what, tmp_path):
    command, rows, names, column, place = TYPED[what]
    table = written(tmp_path / "t.csv", rows)
    words = [str(table) if word == "TABLE" else word for word in command]
    code, said, seen = spoken_and_seen(*words)
    assert code in (1, 2), said
    assert seen >= {*place.split("; ")} - {""}
    said = said.splitlines()[-1]
    typed = [one for one in suggestions(said, column) if one[0] in names and one[1] not in words]
    assert {one[0] for one in typed} == set(names), said
    together = typed if names == ["--fix"] else typed[:1]
    again, _, err = spoken(*words, *(word for one in together for word in one))
    assert again == 0, (typed, err)


NOTES = {  # what is odd in a table: the table, the flag that the note offers, the place that says it
    "two definitions": (mixed(), "--where", ""),
    "the loss of a log": (LOG, "--map", "points/doubts.py _about_training"),
    "sizes in millions": (
        rows_with(params_total=lambda i, row: row["params_total"] / 1e7),
        "--unit",
        "points/doubts.py _about_params",
    ),
    "steps for tokens": (
        rows_with(tokens=lambda i, row: row["tokens"] / 5e5, batch_tokens=lambda i, row: 1e12),
        "--unit",
        "points/doubts_of_counts.py _about_ratio",
    ),
    "tokens in millions": (
        rows_with(tokens=lambda i, row: row["tokens"] / 1e6),
        "--unit",
        "points/doubts_of_counts.py _remedies",
    ),
    "bits for nats": (
        rows_with(loss=lambda i, row: row["loss"] / math.log(2)),
        "--unit",
        "points/plausible_loss.py doubts_of_loss",
    ),
    "bits per byte": (
        rows_with(loss=lambda i, row: row["loss"] / 3),
        "--map",
        "points/plausible_loss.py doubts_of_loss",
    ),
    "accuracies in percent": (
        rows_with(loss=None, accuracy=lambda i, row: 100 / row["loss"]),
        "--unit",
        "points/plausible_loss.py _percentages",
    ),
    "a count that does not say which": (
        rows_with(params_total=None, params=lambda i, row: row["params_total"]),
        "--map",
        "points/names.py which_count",
    ),
    "steps without a batch": (
        rows_with(tokens=None, steps=lambda i, row: row["tokens"] / 5e5),
        "--given",
        "points/doubts.py _about_missing",
    ),
    "total and active parameters": (
        rows_with(params_active=lambda i, row: row["params_total"] / 4),
        "--map",
        "points/doubts.py _about_experts",
    ),
}


@pytest.mark.parametrize("what", NOTES)
def test_what_a_note_offers_ends_the_note(what, tmp_path):
    rows, flag, place = NOTES[what]
    table = written(tmp_path / "t.csv", rows)
    code, said, seen = spoken_and_seen("import", table)
    assert not place or place in seen
    (typed,) = [one for one in suggestions(said, "") if one[0] == flag][:1]
    again, out_again, err_again = spoken("import", table, *typed)
    assert code == again == 0
    assert shlex.join(typed) not in out_again + err_again


def test_columns_that_were_swapped_are_swapped_back_as_the_note_says(tmp_path):
    swapped = rows_with(N=lambda i, row: row["tokens"], Tokens=lambda i, row: row["params_total"], tokens=None)
    table = written(tmp_path / "t.csv", rows_with(swapped, params_total=None))
    _, out, _ = spoken("import", table, "--map", "params_total=N")
    typed = [one for one in suggestions(out, "") if one[0] == "--map"]
    assert [one[1] for one in typed] == ["params_total=Tokens", "tokens=N"]
    code, again, _ = spoken("import", table, *(word for one in typed for word in one))
    assert code == 0 and "note:" not in again


LACKED_BY_THE_AUDIT = (
    "auditing/accounting.py full_precision",
    "auditing/uses.py not_overtrained",
    "auditing/forecast.py inside_the_box",
    "auditing/grid.py reach",
)
MEASURED_BATCH = ("frontiers/frontier_text.py critical_batch_blocks",)


def test_what_the_audit_lacks_is_given_as_it_says(tmp_path):
    table = written(tmp_path / "t.csv", rows_with(flops=lambda i, row: 6 * row["params_total"] * row["tokens"]))
    rules = ("--only", "A4,C3,E4,E10")
    _, said, seen = spoken_and_seen("audit", table, *rules)
    assert seen >= {*LACKED_BY_THE_AUDIT}
    text = " ".join(said.split())
    offered = {one[0]: one for one in suggestions(text, "")}
    assert {"--target", "--printed", "--borrowed"} <= set(offered)
    code, again, err = spoken(
        "audit", table, *rules, *offered["--target"], *offered["--printed"], *offered["--borrowed"]
    )
    assert code == 0, err
    assert not {"--target", "--printed", "--borrowed"} & {one[0] for one in suggestions(" ".join(again.split()), "")}


def test_a_measured_critical_batch_is_typed_into_the_frontier_of_c_min(tmp_path):
    table = written(tmp_path / "t.csv", rows_with(BATCHES, batch_tokens=lambda i, row: row["of_a_step"]))
    code, out, seen = spoken_and_seen("frontier", "critical-batch", table, *QUICK)
    assert code == 0 and seen >= {*MEASURED_BATCH}, out
    (typed,) = [one for one in suggestions(out, "") if one[0] == "--critical"]
    several = [
        {"run_id": f"s{n:g}", "params_total": n, "batch_tokens": 1e5, "tokens": t, "loss": loss(n, t)}
        for n in np.geomspace(1e7, 1e9, 6)
        for t in np.geomspace(1e8, 1e11, 30)
    ]
    code, _, err = spoken("frontier", "c-min", written(tmp_path / "c.csv", several), *typed, *QUICK)
    assert code == 0, err


def test_json_speaks_of_flags_as_well(tmp_path):
    code, out, _ = spoken("import", written(tmp_path / "t.csv", mixed()), "--json")
    assert code == 0
    assert "--where 'tokenizer == " in out and "where='" not in out
