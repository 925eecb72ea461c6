"""Every next step that a message proposes is typed by a test, or stands here with the reason why none types it.

The places where messages name arguments are read from the source, so that a new one fails until it is typed. That a
case reaches the place that it is for is seen as it runs.
"""

import ast
import shlex

import numpy as np
import pytest
from cli_made import isoflop, loss, spoken, spoken_and_seen, written
from test_flags_in_text import (
    BELOW,
    LACKED_BY_THE_AUDIT,
    MEASURED_BATCH,
    NOTES,
    OF_FOUR_RUNS,
    PACKAGE,
    QUICK,
    ROWS,
    TYPED,
    mixed,
    rows_with,
    suggestions,
)
from test_next_steps_of_commands import CURVES

from scalinglaws.cli.flags_in_text import in_flags
from scalinglaws.errors import argument
from scalinglaws.store.store import open_store

FIT = ("fit", "chinchilla", "TABLE", "--no-backtest", *QUICK)
LABELLED = rows_with(run_id=lambda i, row: f"r{i}")
NOISE = np.random.default_rng(3).normal(0, 1, len(ROWS))
SIGMA = rows_with(sigma=lambda i, row: 0.01)
CRASHED = rows_with(LABELLED, outcome=lambda i, row: "crashed" if i % 9 == 0 else "finished")
LEFT_OUT = rows_with(LABELLED, excluded_because=lambda i, row: "failed: outcome is crashed" if i % 9 == 0 else "")
SWEEP = [row | {"lr": rate, "loss": row["loss"] * (1 + 0.1 * (i - 1) ** 2)} for row in ROWS
         for i, rate in enumerate((1e-3, 2e-3, 4e-3))]  # fmt: skip
TWICE = [row | {"run_id": f"r{i}", "of": of, "loss": row["loss"] * (1 + 0.2 * (of == "b"))}
         for i, row in enumerate(ROWS) for of in "ab"]  # fmt: skip
NOISY = [row | {"mixture": "ab"[int(z > 0)], "loss": row["loss"] * (1 + 0.1 * (z > 0))}
         for row, z in zip(ROWS, NOISE, strict=True)]  # fmt: skip
ALONG = [
    {"run_id": f"{n:g}", "params_total": n, "tokens": d, "loss": loss(n, d)}
    for n in (1e7, 1e8, 1e9)
    for d in np.geomspace(1e9, 1e10, 9)
]
MIXED_COUNTS = [
    row | {"n_layer": layers, "d_model": width, "n_vocab": 50257,
           "params_total": 12 * layers * width**2 + (i % 2) * 50257 * width}
    for i, row in enumerate(ROWS) for layers, width in [(4 + i // 6, 256 + 64 * (i // 6))]
]  # fmt: skip

# the place of a message: the command, the table, the flag that the message offers, and what stands for COLUMN and
# VALUE; an error is gone when it is typed
MIXED = [
    {"a": a / 7, "b": 1 - a / 7, "loss": 3 + size / 1e6 - 0.5 * a / 7, "params_nonembedding": size, "tokens": 1e8}
    for size in (1e5, 4e5)
    for a in range(8)
]

REFUSED = {
    "arms/mixtures.py _require_one_setting": (
        ("mixtures", "TABLE", "--shares", "a,b", "--losses", "loss", "--form", "linear", "--draws", "10"),
        MIXED,
        "--where",
        {},
    ),
    "points/checks_at_import.py check_loss": (
        ("import", "TABLE"),
        rows_with(y=lambda i, row: row["loss"], loss=None),
        "--map",
        {},
    ),
    "points/plausible_loss.py _too_high": (
        ("import", "TABLE"),
        rows_with(loss=lambda i, row: np.exp(row["loss"])),
        "--unit",
        {},
    ),
    "points/sweeps.py cells_of": (
        ("sweeps", "TABLE", "--knobs", "lr"),
        rows_with(SWEEP, far=lambda i, row: row["tokens"], tokens=None),
        "--map",
        {"COLUMN": "far"},
    ),
    "points/given.py _checked": (
        ("import", "TABLE", "--given", "batch_tokens=many"),
        rows_with(tokens=None, steps=lambda i, row: row["tokens"] / 5e5),
        "--given",
        {},
    ),
    "fitting/weights.py _kind": ((*FIT, "--weights", "sigma"), SIGMA, "--weights", {}),
    "fitting/columns.py check_no_sweep": (
        ("fit", "step-lr", "TABLE", "--keep-rows", "untuned", "--no-backtest", *QUICK),
        SWEEP,
        "--best-of",
        {},
    ),
    "points/sweeps.py untuned": (
        ("import", "TABLE", "--best-of", "lr"),
        rows_with(SWEEP, far=lambda i, row: row["tokens"], tokens=None),
        "--map",
        {"COLUMN": "far"},
    ),
    "frontiers/slices.py _lacking": (
        ("frontier", "isoflop", "TABLE", *QUICK),
        rows_with(isoflop(), out=lambda i, row: row["loss"], loss=None, error=None),
        "--map",
        {"COLUMN": "out"},
    ),
    "frontiers/c_min.py adjusted": (
        ("frontier", "c-min", "TABLE", "--critical", "B_star=2e8,alpha_B=0.21", *QUICK),
        [{"run_id": f"s{n:g}", "params_total": n, "of_a_step": 1e5, "tokens": t, "loss": loss(n, t)}
         for n in np.geomspace(1e7, 1e9, 6) for t in np.geomspace(1e8, 1e11, 30)],
        "--map",
        {"COLUMN": "of_a_step"},
    ),
    "planning/goals.py checked": (("plan", "chinchilla", "TABLE", *QUICK), ROWS, "--flops", {}),
    "predicting/prior.py read_prior": (
        ("predict", "TABLE", "--at", "N=1e9,D=1e11", "--prior", "nowhere.json"),
        LABELLED,
        "--prior",
        {},
    ),
    "frontiers/sweeps.py _asked": (
        ("sweeps", "TABLE"),
        rows_with(SWEEP, rate=lambda i, row: row["lr"], lr=None),
        "--knobs",
        {"COLUMN": "rate"},
    ),
    "frontiers/sweeps.py _varied": (
        ("sweeps", "TABLE", "--knobs", "one"),
        rows_with(SWEEP, one=lambda i, row: 1.0),
        "--knobs",
        {"COLUMN": "lr"},
    ),
    "counting/local_exponent.py _between": (("exponents", "chinchilla"), ROWS, "--n-vocab --aspect", {}),
    "studying/next_runs.py _offered": (
        ("next", "TABLE", "--for", "plan at C=1e22", "--budget", "1e9"),
        ROWS,
        "--budget",
        {},
    ),
    "auditing/claim_gate.py _rising": (
        ("plan", "chinchilla", "TABLE", "--flops", "1e21", *QUICK),
        rows_with(size=lambda i, row: row["params_total"], params_total=lambda i, row: 1e17 / row["params_total"]),
        "--map",
        {"COLUMN": "size"},
    ),
    "auditing/claim_gate.py unexplained": (
        ("plan", "chinchilla", "TABLE", "--flops", "1e21", *QUICK),
        [row | {"half": "ab"[i % 2], "loss": row["loss"] * (1 + 0.9 * (i % 2))} for i, row in enumerate(ROWS)],
        "--where",
        {"COLUMN": "half", "VALUE": "a"},
    ),
    "auditing/claim_gate.py scattered": (
        ("predict", "chinchilla", "TABLE", "--at", "N=1e10,D=1e12", *QUICK),
        [row | {"half": "ab"[i % 2], "loss": row["loss"] * (1 + 0.3 * (i % 2))} for i, row in enumerate(ROWS)],
        "--where",
        {"COLUMN": "half", "VALUE": "a"},
    ),
    "auditing/two_units.py _sentence": (
        ("predict", "chinchilla", "TABLE", "--at", "N=1e10,D=1e12", *QUICK),
        [row | {"half": "ab"[i % 2], "tokens": row["tokens"] / 4 ** (i % 2)} for i, row in enumerate(ROWS)],
        "--where",
        {"COLUMN": "half", "VALUE": "a"},
    ),
    "counting/local_exponent.py _require_count": (
        ("exponents", "chinchilla", "TABLE", "--at", "C=1e22", *QUICK),
        ROWS,
        "--count",
        {},
    ),
    "studying/side_by_side.py _counted": (
        ("report", "TABLE", "TABLE", *QUICK),
        rows_with(far=lambda i, row: row["tokens"], tokens=None),
        "--map",
        {"COLUMN": "far"},
    ),
    "studying/side_by_side.py _common_size": (
        ("report", "TABLE", "TABLE", *QUICK),
        rows_with(size=lambda i, row: row["params_total"], params_total=None),
        "--map",
        {"COLUMN": "size"},
    ),
    "studying/side_by_side.py _common_loss": (
        ("report", "TABLE", "TABLE", *QUICK),
        rows_with(tokenizer=lambda i, row: "ab"[i % 2]),
        "--given",
        {},
    ),
    "fitting/curve_tables.py of_runs": (
        ("fit", "multi-power", "TABLE", "--no-backtest", *QUICK),
        rows_with(CURVES, rate=lambda i, row: row["lr"], lr=None),
        "--map",
        {"COLUMN": "rate"},
    ),
    "fitting/curve_tables.py _require_one_size": (
        ("fit", "multi-power", "TABLE", "--no-backtest", *QUICK),
        [*CURVES, *(row | {"run_id": "other", "params_total": 2e8} for row in CURVES[:40])],
        "--where",
        {},
    ),
    "errors.py refuse": (
        ("predict", "chinchilla", "TABLE", "--at", "N=1e10,D=1e12", *QUICK),
        rows_with(loss=lambda i, row: row["loss"] * np.exp(0.3 * NOISE[i])),
        "--anyway",
        {},
    ),
}  # fmt: skip

LONG = ("errors.py refuse", "frontiers/slices.py _lacking", "frontiers/c_min.py adjusted",
        "predicting/prior.py read_prior", "fitting/weights.py _kind", "planning/goals.py checked",
        "fitting/columns.py check_no_sweep", "frontiers/sweeps.py _asked", "frontiers/sweeps.py _varied",
        "studying/next_runs.py _offered", "auditing/claim_gate.py _rising", "auditing/claim_gate.py unexplained",
        "auditing/claim_gate.py scattered",
        "fitting/curve_tables.py of_runs", "fitting/curve_tables.py _require_one_size",
        "studying/side_by_side.py _counted", "studying/side_by_side.py _common_size",
        "studying/side_by_side.py _common_loss")  # fmt: skip

# the same of notes and rules: the note has gone when what it offers is typed
NOTED = {
    "points/judged_rows.py _left_out": (("import", "TABLE"), CRASHED, "--keep-rows", {}),
    "points/reasons_in_tables.py left_out_by_the_table": (("import", "TABLE"), LEFT_OUT, "--keep-rows", {}),
    "points/doubts.py _about_bits": (
        ("import", "TABLE"),
        rows_with(eval_set=lambda i, row: "c4 (bits per byte)"),
        "--map",
        {},
    ),
    "points/doubts.py _about_evaluations": (
        ("import", "TABLE"),
        TWICE,
        "--where",
        {"COLUMN": "of", "VALUE": "a"},
    ),
    "points/doubts.py _about_embeddings": (("import", "TABLE"), MIXED_COUNTS, "--map", {}),
    "points/one_definition.py carrying": (("import", "TABLE"), NOISY, "--where", {}),
    "points/doubts_of_counts.py _about_compute": (
        ("import", "TABLE"),
        rows_with(tokens=lambda i, row: row["tokens"] / 1e6,
                  flops=lambda i, row: 6 * row["params_total"] * row["tokens"],
                  batch_tokens=lambda i, row: 1.0),
        "--unit",
        {},
    ),
    "points/cell_values.py _with_error": (
        FIT,
        rows_with(loss=lambda i, row: f"{row['loss']:.3f} ± 0.00{1 + i % 4}"),
        "--weights",
        {},
    ),
    "points/along_runs.py untold": (("import", "TABLE"), ALONG, "--checkpoints", {}),
    "points/along_runs.py names_of_no_run": (
        ("import", "TABLE"),
        rows_with(OF_FOUR_RUNS, which=lambda i, row: f"w{i}"),
        "--map",
        {"COLUMN": "which"},
    ),
    "auditing/accounting.py one_loss": (("audit", "TABLE", "--only", "A5"), mixed(), "--where", {}),
    "frontiers/wild_runs.py wild_runs": (
        ("frontier", "isoflop", "TABLE", *QUICK),
        rows_with(isoflop(), loss=lambda i, row: row["loss"] * np.exp(0.002 * NOISE[i % len(NOISE)] + 0.1 * (i == 4))),
        "--where",
        {},
    ),
    "fitting/rows_of_law.py about": (("fit", "kaplan-n", "TABLE", "--no-backtest", *QUICK), ROWS, "--every-row", {}),
}  # fmt: skip

REMAIN = ("points/cell_values.py _with_error",)  # says how cells were read, whatever is typed

# what rules of the audit recommend, as flags that a verb takes
RECOMMENDED = {
    "auditing/form.py floor_known": (*FIT, argument(fix={"E": 1.7})),
    "auditing/fits.py outliers_harmless": (*FIT, argument(loss="tukey")),
    "auditing/fits.py whole_run_intervals": (*FIT[:-2], argument(cluster="run_id"), argument(draws=60)),
    "auditing/grid.py centred_budgets": ("frontier", "isoflop", "BUDGETS", *QUICK, argument(form="additive")),
    "auditing/protocol.py decayed": ("import", "CURVES", argument(keep="decayed")),
    "auditing/protocol.py honest_checkpoints": ("import", "CURVES", argument(keep="final"), argument(burn_in=0.1)),
    "auditing/accounting.py same_units": ("import", "TABLE", argument(unit={"tokens": "millions"})),
    "frontiers/budgets.py at": ("plan", "chinchilla", "TABLE", *QUICK, argument(flops=1e21)),
}

NOT_TYPED = {  # why nothing is typed
    "points/letters_said.py letters_said": "stands beside an answer; test_cli_forecast types it",
    "studying/side_by_side.py _withheld": "asks for an evaluation on one text, which is first to be made",
    "points/choosing_columns.py _chosen": "names what was typed; the nearest column stands beside it",
    "points/doubts.py _pooled": "repeats what was typed, which is done",
    "points/given.py with_given": "names what was typed, to be left out",
    "points/reading.py _in_our_units": "names what was typed; the nearest column stands beside it",
    "points/reading.py _matching": "names what was typed, which leaves no row",
    "points/where.py _tokens": "names what was typed, where it cannot be read",
    "points/where.py error": "names what was typed, where it cannot be read",
    "predicting/through_loss.py loss_of": "names what was typed, to be left out",
    "points/points.py __getitem__": "of Python alone: a verb of the command line asks for its columns before",
    "points/reading.py _check_need": "of Python alone: `need` is no flag",
    "launching/limits.py require_sense": "tests/test_limits_of_study.py types it",
    "launching/limits.py refused": "names the limit that was typed; the larger one is that of _more",
    "launching/limits.py reached": "names the limit that was typed; the larger one is that of _more",
    "launching/limits.py _more": "tests/test_limits_of_study.py compares it with the estimate: typed, it would train",
    "launching/executors.py where": "tests/test_ray.py types it",
    "launching/executors.py _words": "passes on why the words of an option cannot be split",
    "launching/ray_tasks.py resources_of": "tests/test_ray.py types it",
    "launching/ray_tasks.py _started": "names the address of a cluster of one's own, or asks for Ray",
    "studying/excluded_runs.py exclude": "tests/test_exclude.py types it",
    "studying/merge.py _require_same": "tests/test_merge.py types it",
    "studying/merge.py _preferred": "tests/test_merge.py types it",
    "predicting/prior.py prior_of": "the flag is that of predicting/prior.py read_prior, which is typed",
    "planning/goals.py _check_accuracy_law": "of Python alone: a law file of one's own, with draws of it",
    "comparing/backtest.py _one": "the flag is that of comparing/compare.py _check, which is typed",
    "training/trackers.py check_trackers": "names what was typed; its next step is an installation",
    "designing/study_file.py require_name": "names the folder of a study that would train, which takes minutes",
}


def places() -> set[str]:
    """Name the file and function of every place where a message names an argument."""
    found = set()
    for path in BELOW:
        text = path.read_text("utf-8")
        tree = ast.parse(text if "argument(" in text else "")
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        for function in functions:
            calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
            if any(getattr(call.func, "id", "") == "argument" for call in calls):
                found.add(f"{path.relative_to(PACKAGE).as_posix()} {function.name}")
    return found


def offered(said: str, flag: str, stands_for: dict[str, str]) -> list[list[str]]:
    """Read the flags of one name that a message offers, with the values for COLUMN and VALUE; --flag alone too."""
    for name, value in stands_for.items():
        said = said.replace(name, value)
    found = [one for one in suggestions(" ".join(said.split()), "") if one[0] == flag]
    return found or ([[flag]] if flag in said else [])


@pytest.mark.parametrize("place", [pytest.param(one, marks=[pytest.mark.slow] * (one in LONG)) for one in REFUSED])
def test_what_a_refusal_proposes_works_when_it_is_typed(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # for what is written
    command, rows, flag, stands_for = REFUSED[place]
    words = [str(written(tmp_path / "t.csv", rows)) if word == "TABLE" else word for word in command]
    code, said, seen = spoken_and_seen(*words)
    assert code in (1, 2) and place in seen, (said, seen)
    given = " ".join(words)
    typed = [
        next(one for one in offered(said, each, stands_for) if " ".join(one) not in given) for each in flag.split()
    ]
    replaced = [word for i, word in enumerate(words) if flag not in (word, words[i - 1])]
    code, said, seen = spoken_and_seen(*replaced, *(word for one in typed for word in one))
    assert code == 0 and place not in seen, (typed, said)


@pytest.mark.parametrize("place", NOTED)
def test_what_a_note_proposes_ends_it_when_it_is_typed(place, tmp_path):
    command, rows, flag, stands_for = NOTED[place]
    words = [str(written(tmp_path / "t.csv", rows)) if word == "TABLE" else word for word in command]
    code, said, seen = spoken_and_seen(*words)
    assert code == 0 and place in seen, (said, seen)
    typed = offered(said, flag, stands_for)[0]
    notes = [line for line in said.splitlines() if flag in line]
    code, said, _ = spoken_and_seen(*words, *typed)
    assert code == 0 and notes, said
    assert place in REMAIN or not [note for note in notes if note in said], said


@pytest.mark.parametrize("place", RECOMMENDED)
def test_what_a_rule_recommends_is_taken_by_a_verb(place, tmp_path):
    curves = [{"run_id": f"{n:g}", "params_total": n, "tokens": d, "lr": lr, "loss": loss(n, d)}
              for n in (1e7, 1e8, 1e9) for d, lr in ((1e9, 1e-3), (2e9, 6e-4), (4e9, 1e-5))]  # fmt: skip
    rows = {"TABLE": LABELLED, "BUDGETS": isoflop(), "CURVES": curves}
    words = [str(written(tmp_path / "t.csv", rows[word])) if word in rows else word for word in RECOMMENDED[place]]
    typed = [part for word in words for part in (shlex.split(in_flags(f"({word})")[1:-1]) if "=" in word else [word])]
    code, _, err = spoken(*typed)
    assert code == 0, err


def test_what_would_be_removed_is_removed_as_the_last_line_says(tmp_path):
    part = open_store(tmp_path / "s", create=True).path / "points.csv.1.ab.part"
    part.write_text("half")
    code, said, seen = spoken_and_seen("clean", tmp_path / "s")
    assert code == 0 and part.exists() and "studying/clean.py text" in seen
    (typed,) = offered(said, "--yes", {})
    assert spoken("clean", tmp_path / "s", *typed)[0] == 0 and not part.exists()


def test_every_place_that_proposes_something_is_typed_or_has_a_reason():
    known = [
        *REFUSED,
        *NOTED,
        *RECOMMENDED,
        *NOT_TYPED,
        *LACKED_BY_THE_AUDIT,
        *MEASURED_BATCH,
        "studying/clean.py text",
    ]
    known += {place for *_, said_by in (*TYPED.values(), *NOTES.values()) for place in said_by.split("; ")} - {""}
    assert sorted(name for name in known if known.count(name) > 1) == []
    proposing = places()
    assert sorted(proposing - set(known)) == []
    assert sorted(set(known) - proposing) == []
