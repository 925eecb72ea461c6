"""Real, messy inputs as people have them, rebuilt from public reports: the right points, or the line that settles it.

They lie beside the public tables and are read from there; without them these tests are skipped.
"""

import re
from dataclasses import dataclass, field

import pytest
from cli_made import spoken
from public_tables import DATA

from scalinglaws.errors import ScalingLawsError
from scalinglaws.fitting.fit import fit
from scalinglaws.points.reading import read_points

CASES = DATA.parents[1] / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="needs the folder cases beside SCALINGLAWS_DATA")


@dataclass(frozen=True)
class Right:
    """What reading an input gives: rows that take part, values of the last of them, words of the notes."""

    rows: int
    last: dict = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    options: dict = field(default_factory=dict)


ASKED = ("how many parameters each run has", "how many tokens one step has")
READ = {
    "infer-01": Right(46, {"run_id": "harbour-410m", "steps": 16000, "loss_nats": 2.946835}, ASKED),
    "infer-03/trainer_state.json": Right(
        10, {"steps": 10000, "loss_nats": 3.306316}, (*ASKED, "21 of 31 rows", "2500"), {"keep_rows": "mid-decay"}
    ),
    "infer-04/harbour-14m.log": Right(
        4, {"steps": 4000, "loss_nats": 4.3102, "params_total": 14_100_000, "batch_tokens": 524_288}, ("nanoGPT",)
    ),
    "infer-04/harbour-31m.log": Right(6, {"steps": 6000, "loss_nats": 3.8469, "tokens": 6000 * 524_288}),
    "infer-04/harbour-70m.log": Right(8, {"steps": 8000, "loss_nats": 3.4925}),
    "infer-06/metrics.csv": Right(8, {"steps": 3999, "lr": 0.0003}, ("40 rows of loss_train_nats are not points",)),
    "infer-08/titan.log": Right(100, {"steps": 1000}),
    "infer-09": Right(46, {"steps": 8000, "loss_nats": 3.492495, "run_id": "harbour-70m"}, ASKED),
    "infer-13/pasted.md": Right(11, {}, ("status is in flight", "which it counts is not said")),
    "infer-15/laeufe.csv": Right(24, {"loss_nats": 2.515}, ("decimal commas are read as points in loss",)),
    "infer-16/runs.txt": Right(24, {"params_total": 8e8}),
    "infer-17/sheet.csv": Right(24, {"tokens": 8e10}, ("'20,000,000' is read as 20,000,000",)),
    "infer-18/history.csv": Right(
        106, {"steps": 20000}, ("6 of 112 rows take no part: a run went back",), {"keep_rows": "mid-decay"}
    ),
    "infer-19/curves.csv": Right(192, {}, ("192 rows lie along 6 runs",)),
    "infer-23/ppl.csv": Right(24, {"loss_nats": 2.51495}),
    "infer-28/moe.csv": Right(45, {}, ("params_total and params_active differ in 30 of 45 rows",)),
    "infer-30/appended.csv": Right(24),
    "infer-31/budget.csv": Right(
        24, {"params_total": 8e8, "tokens": 8e10}, ("Scaling ladder",), {"map": {"params_total": "Params (M)"}}
    ),
    "infer-32/flags.csv": Right(24, {"tied": 1}, ("lr is not numeric", "seed is not numeric")),
    "infer-33/both.csv": Right(24, {"loss_nats": 2.5108, "loss_train_nats": 2.335}, ("read as the training loss",)),
    "infer-35/steps.csv": Right(24, {"tokens": 152588 * 524288}, ("as given",), {"given": {"batch_tokens": 524288}}),
    "infer-35/steps_batch.csv": Right(24, {"tokens": 152588 * 524288}, ("tokens = steps batch_tokens",)),
    "infer-36/long.csv": Right(24, {"loss_nats": 2.5108}),
    "infer-37/columns.json": Right(24),
    "infer-37/lists.json": Right(24),
    "infer-37/wrapped.json": Right(24),
    "infer-37/records.json": Right(24),
    "infer-37/pretty.jsonl": Right(8),
    "infer-38/caps.csv": Right(24, {"loss_nats": 2.5108, "tokens": 8e10}, ("'N_params' counts parameters",)),
    "infer-39/savetxt.csv": Right(24, {"params_total": 8e8}),
    "infer-41/seeds.csv": Right(45),
    "infer-43/stopped.csv": Right(19, {}, ("2 of 21 rows take no part: runs cut short",)),
    "infer-48/shape.csv": Right(24, {"params_nonembedding": 12 * 18 * 1152**2}, ("12 n_layer d_model^2",)),
}


@pytest.mark.parametrize("name", READ)
def test_an_input_gives_its_points(name):
    right = READ[name]
    found = read_points(CASES / name, **right.options)
    points = found.points.kept
    assert len(points) == right.rows
    for column, value in right.last.items():
        assert points[column][-1] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-5))
    said = "\n".join([found.form, *found.notes])
    assert [words for words in right.notes if words not in said] == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("import infer-25/matrix.csv", "read as matrix of dim by budget, has no column that is known as a loss"),
        ("import infer-23/named_loss.csv", "--unit loss_nats=perplexity"),
        ("fit chinchilla infer-42/sem.csv --weights variance", "--weights var=variance for variances"),
        ("fit chinchilla infer-38/caps.csv", "--map params_total=N_params"),
        ("fit chinchilla infer-27/ladder20.csv", "one ray D = 19.9 N"),
    ],
)
def test_an_input_that_cannot_be_read_as_it_is_says_what_to_type(line, words, monkeypatch):
    monkeypatch.chdir(CASES)
    code, _, err = spoken(*line.split())
    assert code == 2
    assert words in err


@pytest.mark.slow
def test_one_bad_run_of_twenty_is_named_and_moves_no_exponent(monkeypatch):
    monkeypatch.chdir(CASES)
    code, _, err = spoken("frontier", "isoflop", "infer-12/iso.csv", "--draws", "100")
    assert code == 2 and "--map params_total=parameter_count" in " ".join(err.split())
    named = ("infer-12/iso.csv", "--map", "params_total=parameter_count", "--draws", "100")
    code, out, _ = spoken("frontier", "isoflop", *named)
    assert code == 0 and re.search(r"params_total = .*\)\^0\.46\d\d \[", out)
    code, out, _ = spoken("fit", "chinchilla", *named, "--no-backtest")
    assert code == 0 and "kelp-F3e17-P92.6M-T0.540B" in out


@pytest.mark.slow
def test_standard_errors_under_any_name_weigh_as_such_once_they_are_named(monkeypatch):
    monkeypatch.chdir(CASES)
    code, out, _ = spoken("fit", "chinchilla", "infer-42/sem.csv", "--weights", "var=variance", "--no-backtest")
    alpha, low, high = map(float, re.search(r"alpha +(\S+) +\[(\S+), (\S+)\]", out).groups())
    assert code == 0 and alpha == pytest.approx(0.346, abs=0.01) and low < 0.33 < high


@pytest.mark.slow
def test_the_law_of_repeats_finds_how_much_a_repeat_is_worth(monkeypatch):
    monkeypatch.chdir(CASES)
    code, out, err = spoken("fit", "muennighoff", "infer-21/repeats.csv", "--draws", "20", "--no-backtest")
    assert code == 0 and "RuntimeWarning" not in err and "inf se" not in out
    assert float(re.search(r"^  R_D +(\S+)", out, re.MULTILINE)[1]) == pytest.approx(15.4, rel=0.05)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("infer-28/moe.csv", "C1"),
        ("infer-21/repeats.csv", "A6"),
        ("infer-34/counts.csv", "A3"),
        ("infer-19/curves.csv", "B3"),
        ("infer-48/shape.csv", "C2"),
    ],
)
def test_a_trap_is_named_beside_the_number(line, rule, monkeypatch):
    monkeypatch.chdir(CASES)
    _, _, err = spoken("fit", "chinchilla", line, "--draws", "10", "--no-backtest", "--interval", "sandwich")
    assert f"audit rule {rule} fails" in err


def test_one_table_in_three_spellings_is_one_table():
    names = ("infer-15/laeufe.csv", "infer-16/runs.txt", "infer-17/sheet.csv")
    first, *others = (read_points(CASES / name).points for name in names)
    for column in ("params_total", "tokens", "loss_nats"):
        assert [one[column].tolist() for one in others] == [first[column].tolist()] * 2


def test_the_law_behind_dense_and_sparse_rows_is_found_by_active_parameters():
    active = fit("chinchilla", read_points(CASES / "infer-28/moe.csv").points, columns={"N": "params_active"})
    assert active.values["alpha"] == pytest.approx(0.327, abs=0.002)


def test_no_input_of_all_ends_in_something_else_than_points_or_one_line():
    for path in sorted(CASES.glob("infer-*/*")):
        if path.name == "expected.md":
            continue
        try:
            assert len(read_points(path).points)
        except ScalingLawsError as refusal:
            assert "\n" not in str(refusal)
