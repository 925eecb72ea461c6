"""Bad tables and bad law files, one by one: a clear line and exit code 2, or an answer that says what is odd."""

import json
import re

import numpy as np
import pytest
from cli_made import FORMULA, grid, isoflop, law_text, loss, spoken, written

from scalinglaws.records.numbers_in_text import short_powers

ROWS = grid()


def changed(**columns):
    """Make the table of the known law with columns worked out anew from each row."""
    return [{**row, **{name: make(row) for name, make in columns.items()}} for row in ROWS]


def spoilt(column: str, value: str) -> list[dict]:
    """Make the table with one cell spoilt: the fourth row, line 5 of the file."""
    return [{**row, column: value} if i == 3 else row for i, row in enumerate(ROWS)]


ON_A_RAY = [
    {"run_id": str(i), "params_total": n, "tokens": 20 * n, "loss": loss(n, 20 * n)}
    for i, n in enumerate(np.geomspace(1e7, 1e10, 20))
]
SWAPPED = changed(params_total=lambda r: r["tokens"], tokens=lambda r: r["params_total"])
IN_STEPS = changed(tokens=lambda r: r["tokens"] / 5e5, batch_tokens=lambda r: 5e5)

REFUSED = [
    ("a column missing", [{k: v for k, v in r.items() if k != "tokens"} for r in ROWS], "needs a column for D"),
    ("text for numbers", changed(loss=lambda r: "high"), "must hold numbers"),
    ("two columns of one meaning", changed(tokens_seen=lambda r: r["tokens"]), "both mean tokens"),
    ("a size missing", spoilt("params_total", "nan"), "'params_total' is nan in row 4"),
    ("one ray", ON_A_RAY, "one ray D = 20 N"),
    ("one size", [r for r in ROWS if r["params_total"] == ROWS[0]["params_total"]], "every point has N = 1e7"),
    ("fewer points than parameters", ROWS[:4], "4 points: law 'chinchilla' has 5 free parameters"),
    ("fewer points once repeats are left out", ROWS[:5] * 3, "5 points: law 'chinchilla' has 5 free parameters"),
]


@pytest.mark.parametrize(("rows", "message"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_a_table_that_cannot_be_fitted_is_refused_in_one_line(rows, message, tmp_path):
    code, out, err = spoken("fit", "chinchilla", written(tmp_path / "t.csv", rows))
    assert (code, out) == (2, "")
    assert [line for line in err.splitlines() if not line.startswith("note:")] == [err.splitlines()[-1]]
    assert err.splitlines()[-1].startswith("scalinglaws: ")
    assert message in err


def test_a_column_named_twice_is_refused(tmp_path):
    head, *lines = written(tmp_path / "t.csv", ROWS).read_text().splitlines()
    (tmp_path / "t.csv").write_text("\n".join([f"{head},loss", *(f"{x},3.0" for x in lines)]))
    code, out, err = spoken("fit", "chinchilla", tmp_path / "t.csv")
    assert (code, out) == (2, "")
    assert "'loss'" in err and "twice" in err


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "empty"), (b"run_id,tokens,loss\n", "no rows"), (bytes(range(256)), "UTF-8")]
)
def test_a_file_that_is_no_table_is_refused(content, message, tmp_path):
    (tmp_path / "t.csv").write_bytes(content)
    code, out, err = spoken("fit", "chinchilla", tmp_path / "t.csv")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert message in err


def test_the_order_of_the_columns_does_not_matter(tmp_path):
    plain = spoken("fit", "chinchilla", written(tmp_path / "a.csv", ROWS), "--json")
    turned = written(tmp_path / "b.csv", ROWS, ["loss", "tokens", "run_id", "params_total"])
    assert json.loads(spoken("fit", "chinchilla", turned, "--json")[1])["values"] == json.loads(plain[1])["values"]


@pytest.mark.parametrize("value", ["nan", "inf", "0", "-1", "abc", ""])
@pytest.mark.parametrize("column", ["loss", "tokens"])
def test_an_impossible_cell_costs_its_row_and_no_more(column, value, tmp_path):
    table = written(tmp_path / "t.csv", spoilt(column, value))
    code, out, err = spoken("fit", "chinchilla", table, "--json", "--interval", "sandwich", "--no-backtest")
    if column == "tokens" and value in ("nan", ""):
        assert (code, out) == (2, "")  # other laws do without: the reader keeps the row, this law cannot
        assert "'tokens' is nan in row 4" in err
        return
    assert code == 0
    assert "1 row rejected; the first, line 5: " in err
    assert json.loads(out)["n"] == len(ROWS) - 1
    assert json.loads(out)["values"]["alpha"] == pytest.approx(0.34, abs=0.01)


FLAGGED = [
    ("N and D swapped", SWAPPED, [], "odd-ratio"),
    ("N in millions", changed(params_total=lambda r: r["params_total"] / 1e6), [], "odd-scale"),
    ("D in millions", changed(tokens=lambda r: r["tokens"] / 1e6), [], "odd-scale"),
    ("tokens given as steps", IN_STEPS, [], "odd-scale"),
    ("a diverged run", [{**r, "loss": 11.0} if i == 20 else r for i, r in enumerate(ROWS)], ["r3-2"], "wild-points"),
]


@pytest.mark.parametrize(("rows", "names", "flag"), [c[1:] for c in FLAGGED], ids=[c[0] for c in FLAGGED])
def test_an_odd_table_is_fitted_and_flagged(rows, names, flag, tmp_path):
    table = written(tmp_path / "t.csv", rows)
    code, out, err = spoken("fit", "chinchilla", table, "--json", "--interval", "sandwich", "--no-backtest")
    found = json.loads(out)
    assert code == 0
    assert flag in {warning["id"] for warning in found["warnings"]}
    told = [line for line in err.splitlines() if line.startswith("warning: ")]
    told = [line for line in told if not line.startswith("warning: audit rule")]
    assert told == [short_powers(f"warning: {warning['message']}") for warning in found["warnings"]]
    assert [row["run"] for row in found["influence"] if row["wild_sd"] is not None] == names


def test_a_sound_table_is_not_flagged(tmp_path):
    code, out, err = spoken("fit", "chinchilla", written(tmp_path / "t.csv", ROWS), "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["warnings"] == []


@pytest.mark.parametrize("unit", ["params_total=millions", "N=millions"])
def test_naming_the_unit_mends_millions(unit, tmp_path):
    rows = changed(params_total=lambda r: r["params_total"] / 1e6)
    _, out, err = spoken("fit", "chinchilla", written(tmp_path / "t.csv", rows), "--json", "--unit", unit)
    assert err == ""
    assert json.loads(out)["values"]["A"] == pytest.approx(400, rel=0.15)


def test_naming_the_unit_mends_steps(tmp_path):
    table = written(tmp_path / "t.csv", IN_STEPS)
    _, out, err = spoken("fit", "chinchilla", table, "--json", "--unit", "tokens=steps")
    assert err == ""
    assert json.loads(out)["values"]["beta"] == pytest.approx(0.28, abs=0.01)


def test_repeated_rows_are_left_out_and_told(tmp_path):
    table = written(tmp_path / "t.csv", [*ROWS, *ROWS[:9]])
    code, out, _ = spoken("fit", "chinchilla", table, "--json", "--no-backtest")
    found = json.loads(out)
    assert (code, found["n"], sum(found["excluded"].values())) == (0, 48, 9)
    assert "left out: 9 rows; repeats row 1 in every column" in spoken("fit", "chinchilla", table, "--no-backtest")[1]


def test_ranges_of_1e9_are_fitted(tmp_path):
    rows = grid(np.geomspace(1e3, 1e12, 10), np.geomspace(1e4, 1e13, 10), noise=0.0)
    code, out, _ = spoken("fit", "chinchilla", written(tmp_path / "t.csv", rows), "--json", "--interval", "sandwich")
    assert code == 0
    assert json.loads(out)["values"]["alpha"] == pytest.approx(0.34, rel=1e-6)


@pytest.mark.parametrize("form", ["additive", "parabola"])
def test_a_minimum_at_the_edge_is_a_bound_and_no_optimum(form, tmp_path):
    table = written(tmp_path / "t.csv", isoflop(around=12.0))
    code, out, err = spoken("frontier", "isoflop", table, "--form", form, "--json")
    found = json.loads(out)
    assert code == 0
    assert set(found["reasons"]) == {"smallest-is-best"}
    assert all(found["censored"])
    assert found["params_exponent"] is None
    assert "no exponent can be fitted" in err


BROKEN_LAWS = [
    ("raises", law_text('raise RuntimeError("no luck")'), "RuntimeError: no luck"),
    ("gives nan", law_text("return E * np.log(-N)"), "gives no finite number"),
    ("misspelt in the formula", law_text("return E + A / N**aa + B / D**b"), "name 'aa' is not defined"),
    ("misspelt in the declaration", law_text(name="aa"), "'aa' is in only one of them, or twice. Did you mean 'a'?"),
    ("gives one number", law_text("return 3.0"), "one number per point"),
    ("no Python", "def f(:\n", "line 1: invalid syntax"),
    ("no law", "x = 1\n", "declares no law"),
    ("fails when read", "import nosuchpackage\n", "line 1: ModuleNotFoundError"),
]


@pytest.mark.parametrize(("text", "message"), [c[1:] for c in BROKEN_LAWS], ids=[c[0] for c in BROKEN_LAWS])
def test_a_broken_law_file_is_told_in_one_line_with_its_name(text, message, tmp_path):
    (tmp_path / "mine.py").write_text(text)
    table = written(tmp_path / "t.csv", ROWS)
    for words in (
        ["fit", tmp_path / "mine.py", table],
        ["fit", "mine", table, "--law-file", tmp_path / "mine.py"],
        ["compare", table, "--laws", "chinchilla", "--law-file", tmp_path / "mine.py"],
    ):
        code, out, err = spoken(*words)
        assert (code, out, err.count("\n")) == (2, "", 1), err
        assert "mine.py" in err and message in err
    assert {path.name for path in tmp_path.iterdir()} == {"mine.py", "t.csv"}


def test_a_law_file_that_is_not_there_is_named():
    code, out, err = spoken("fit", "/no/such/law.py", "-")
    assert (code, out) == (2, "")
    assert "/no/such/law.py" in err and "No such file" in err


def test_a_sound_law_file_gives_what_the_shelf_gives(tmp_path):
    (tmp_path / "mine.py").write_text(law_text(FORMULA))
    table = written(tmp_path / "t.csv", ROWS)
    same = ["--json", "--no-backtest"]
    mine = json.loads(spoken("fit", "mine", table, "--law-file", tmp_path / "mine.py", *same)[1])
    shelf = json.loads(spoken("fit", "chinchilla", table, *same)[1])
    assert mine["objective"] == pytest.approx(shelf["objective"], rel=1e-6)
    assert mine["values"]["a"] == pytest.approx(shelf["values"]["alpha"], rel=1e-5)
    assert not re.search(r"Traceback", json.dumps(mine))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "chinchilla", "T", "--bounds", "E=2"], "--bounds E=0:2"),
        (["fit", "chinchilla", "T", "--bounds", "E=2:1"], "below the second"),
        (["fit", "chinchilla", "T", "--prior", "alpha=0.3:0"], "standard deviation"),
        (["fit", "chinchilla", "T", "--prior", "alpa=0.3:0.1"], "Did you mean 'alpha'"),
        (["fit", "chinchilla", "T", "--fix", "E=1", "--fix", "E=2"], "twice"),
        (["fit", "chinchilla", "T", "--cluster", "run"], "Did you mean 'run_id'"),
        (["fit", "chinchilla", "T", "--interval", "wld"], "Did you mean 'wild'"),
        (["fit", "chinchilla", "T", "--level", "95"], "between 0 and 1"),
        (["fit", "chinchilla", "T", "--draws", "3"], "from 10 to 100,000"),
        (["fit", "chinchilla,kaplan-nd", "T"], "fit takes one law"),
        (["fit", "chinchilla", "T", "--backtest", "--by", "nosuch"], "nosuch"),
        (["predict", "chinchilla", "T", "--at", "N=1e9"], "needs a value for D"),
        (["predict", "chinchilla", "T", "--at", "N=1e9,Q=3"], "takes N, D"),
        (["predict", "chinchilla", "T", "--at", "N=big,D=1e9"], "not a number"),
        (["predict", "chinchilla", "T", "--at", "N=1e9,D=1e9", "--kind", "all"], "'run'"),
        (["compare", "T", "--laws", "chinchila"], "Did you mean 'chinchilla'"),
        (["compare", "T", "--laws", "chinchilla,chinchilla"], "each once"),
        (["compare", "T", "--laws", "chinchilla", "--above", "1e30"], "--above"),
        (["frontier", "isoflp", "T"], "Did you mean 'isoflop'"),
        (["frontier", "isoflop", "T"], "--budget"),
        (["frontier", "isoflop", "T", "--form", "cubic"], "parabola"),
        (["frontier", "envelope", "T", "--columns", "Q=tokens"], "Q"),
        (["frontier", "c-min", "T"], "--map batch_tokens=COLUMN"),
        (["frontier", "critical-batch", "T"], "--map batch_tokens=COLUMN"),
        (["frontier", "isoflop", "T", "--critical", "B_star"], "NAME=VALUE"),
        (["plan", "chinchilla", "T", "--flops", "-1"], "above 0"),
        (["plan", "chinchilla", "T", "--flops", "1e21", "--n-vocab", "50257"], "--n-ctx"),
        (["plan", "chinchilla", "T", "--flops", "1e21", "--export", "nanogtp"], "Did you mean 'nanogpt'"),
        (["plan", "chinchilla", "T", "--flops", "1e21", "--export", "nanogpt"], "--n-vocab"),
        (["plan", "chinchilla", "T", "--flops", "1e21", "--to", "OUT"], "--export"),
        (["plan", "chinchilla", "T", "--flops", "1e21", "--hardware", "h100"], "h100-sxm"),
        (["plan", "chinchilla", "T", "--flops", "1e21", "--batch-policy", "critical"], "kaplan-ns"),
        (["plan", "chinchilla", "T", "--flops", "1e21", "--params", "1e9", "--tokens", "1e9"], "nothing to plan"),
        (["import", "T", "--map", "loss=val/loss"], "val/loss"),
        (["import", "T", "--unit", "loss=bats"], "Did you mean"),
        (["import", "T", "--to", "OUT/points.xyz"], ".parquet"),
        (["import", "T", "--mapping", "/no/such/mapping.json"], "does not exist"),
        (["import", "\ud800"], "is not valid text: surrogates not allowed (character 1)"),
        (["fit", "chinchilla", "T", "--weights", "sd=run_id"], "holds text ('"),
        (["audit", "T", "--target", "N=1e9"], "the target names N; it is C=1e23, or N and D together"),
        (["audit", "T", "--target", "N=1e9,D=0"], "the target's D = 0; it must be above 0 and finite"),
        (["audit", "T", "--printed", "A=1"], "name A; it has E, A, B, alpha, beta: give each of them"),
        (["audit", "T", "--printed", "E=1,A=-1,B=1,alpha=1,beta=1"], "the printed A = -1; it must be above 0"),
    ],
)
def test_misuse_is_one_line_that_says_what_to_do(words, message, tmp_path):
    places = {"T": written(tmp_path / "t.csv", ROWS), "OUT": tmp_path / "out", "OUT/points.xyz": tmp_path / "p.xyz"}
    code, out, err = spoken(*(places.get(word, word) for word in words))
    told = [line for line in err.splitlines() if not line.startswith(("note:", "trying"))]
    assert (code, out, len(told)) == (2, "", 1), err
    assert told[0].startswith("scalinglaws: ")
    assert message in told[0]
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


@pytest.mark.parametrize(
    ("table", "body", "words", "message"),
    [
        (changed(params_total=lambda r: "nan"), FORMULA, ["report", "T"], "column 'params_total' is nan in row 1"),
        (ROWS, "return -E - A / N**a - B / D**b", ["fit", "LAW", "T"], "gives no finite value near these points"),
    ],
)
def test_numpy_warns_of_nothing_where_no_number_is_to_be_had(table, body, words, message, tmp_path):
    (tmp_path / "mine.py").write_text(law_text(body))
    places = {"T": written(tmp_path / "t.csv", table), "LAW": tmp_path / "mine.py"}
    code, _, err = spoken(*(places.get(word, word) for word in words))
    assert code in (1, 2)
    assert message in err.splitlines()[-1]
