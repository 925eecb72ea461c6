"""The measured constants, tables and page of a set of families."""

import json
import re
import sys

import numpy as np
import pytest
from findings_tables import CRITICAL, TABLE_3, Design, World, made
from printed import differences

from scalinglaws.claims.findings import judged
from scalinglaws.claims.page import page
from scalinglaws.cli import main
from scalinglaws.errors import PointsError
from scalinglaws.laws.kaplan2020.loss import KAPLAN_ND
from scalinglaws.measurements.family_tables import FamilyTables
from scalinglaws.measurements.measurements import measurements
from scalinglaws.measurements.noise_line import noise_line
from scalinglaws.measurements.overfit import collapse, marginals, mean_fall
from scalinglaws.measurements.overfit import noise as noise_of_subsets
from scalinglaws.measurements.reading_tables import read_tables
from scalinglaws.measurements.straight_line import coefficients
from scalinglaws.measurements.texts import by_place
from scalinglaws.points.points import Points
from scalinglaws.points.writing import write_points
from scalinglaws.records.json_values import to_plain


@pytest.fixture(scope="module")
def tables():
    return made(World(noise=0.005))


@pytest.fixture(scope="module")
def found(tables):
    return judged(*tables)


@pytest.fixture(scope="module")
def constants(found):
    return {one.name: one for one in found.measured.constants}


@pytest.fixture(scope="module")
def sheets(found):
    return {one.name: one for one in found.measured.sheets}


def column(sheet, name):
    return [row[sheet.columns.index(name)] for row in sheet.rows]


TRUE = {
    "alpha_N": TABLE_3["alpha_N"],
    "alpha_D": KAPLAN_ND.constants["alpha_D"],
    "alpha_N of kaplan-nd": KAPLAN_ND.constants["alpha_N"],
    "alpha_D of kaplan-nd": KAPLAN_ND.constants["alpha_D"],
    "alpha_S of kaplan-ns": TABLE_3["alpha_S"],
    "S_c of kaplan-ns": TABLE_3["S_c"],
    "alpha_B": CRITICAL["alpha_B"],
    "B_star": CRITICAL["B_star"],
    "p_N, frontier": 0.6812,
    "p_N, derived": 0.6812,
    "p_B, derived": 0.2498,
    "p_S, derived": 0.0690,
    "alpha_Cmin": 0.05245,
    "alpha_N/alpha_S": 0.1013,
}


@pytest.mark.parametrize("name", TRUE)
def test_a_constant_that_made_the_tables_is_measured_again(constants, name):
    one = constants[name].measured
    assert one.value == pytest.approx(TRUE[name], rel=0.03)
    wide = (one.high - one.low) / 2
    assert one.low - wide <= TRUE[name] <= one.high + wide


def test_published_numbers_stand_apart_with_their_source(constants):
    assert constants["p_N, frontier"].published == 0.73
    assert "eq 6.1" in constants["p_N, frontier"].source
    assert constants["p_N, fixed batch"].published == 0.88
    assert constants["p_N, all parameters"].published is None
    assert 0.5 < constants["p_N, fixed batch, by accounting"].published < 1
    assert "Besiroglu" in constants["p_N, fixed batch, by accounting"].source


def test_what_is_not_there_is_not_measured_and_says_so(tables):
    runs, curves, positions = tables
    kept = ~np.isin(runs["family"], ["F-B", "F-ND"])
    found = measurements(runs.take(kept), curves.take(np.isin(curves["lineage"], runs["lineage"][kept])), positions)
    by_name = {one.name: one for one in found.constants}
    for name in ("alpha_B", "alpha_D", "p_N, frontier", "p_N, derived"):
        assert by_name[name].measured is None
        assert "not measured: needs family F-" in by_name[name].how
    assert by_name["alpha_N"].measured is not None
    assert {"critical-batch", "overfitting", "early-stopping"}.isdisjoint(sheet.name for sheet in found.sheets)
    assert any("family F-B (0 of at least 8 runs present)" in text for text in found.missing)


def test_empty_tables_give_no_number():
    empty = Points({"run_id": []})
    found = measurements(empty, empty, empty)
    assert all(one.measured is None for one in found.constants)
    assert found.sheets == ()


def test_the_places_of_a_context_give_back_their_law(sheets):
    sheet = sheets["positions"]
    rows = [row for row in sheet.rows if row[0] == "transformer" and row[3] == 1024]
    assert [row[sheet.columns.index("b")] for row in rows] == pytest.approx([5.0] * len(rows), rel=1e-6)
    assert [row[sheet.columns.index("p")] for row in rows] == pytest.approx([0.6] * len(rows), rel=1e-6)


def test_early_stops_keep_to_their_bound(sheets):
    assert column(sheets["early-stopping"], "S_min / bound") == pytest.approx([1.4] * 30, rel=0.15)


def _on_subsets(repeats, change=lambda points: {}):
    design = Design(subset_repeats=dict.fromkeys(Design.subset_sizes, repeats))
    points, *others = made(World(noise=0.005, design=design))
    return FamilyTables(points.replace(**change(points)), *others)


def test_seeds_on_subsets_tell_their_own_noise_and_count_as_one_point():
    one, three = _on_subsets(1), _on_subsets(3)
    assert noise_of_subsets(one) is one.sigma
    own = noise_of_subsets(three)
    assert own.seeds == 2 * len(Design.subset_sizes) * (len(Design.subsets) + 1) + 1
    assert own.nats.low < 0.005 < own.nats.high
    assert len(collapse(three).x) == len(collapse(one).x)
    assert collapse(three).per_seed == pytest.approx(collapse(one).per_seed / np.sqrt(3), rel=0.01)
    rows = marginals(three)
    assert all(len(row.slopes) == len(Design.subset_sizes) - 1 for row in rows)
    narrow, wide = (mean_fall(of, marginals(of)).half / noise_of_subsets(of).log for of in (three, one))
    assert narrow < wide / np.sqrt(3)  # the seeds of F-ND have more degrees of freedom too


def test_runs_on_subsets_at_several_rates_are_no_seeds():
    apart = _on_subsets(3, lambda points: {"lr": points["lr"] * (1 + points["seed"])})
    assert noise_of_subsets(apart) is apart.sigma


def test_the_noise_of_slopes_is_that_of_the_losses_behind_them():
    row = marginals(_on_subsets(1))[0]
    rng = np.random.default_rng(0)
    moved = rng.standard_normal((20000, len(row.seeds))) @ row.weights.T
    last = moved[:, 0] - moved[:, -1]
    assert row.noise(np.eye(len(row.slopes))[0] - np.eye(len(row.slopes))[-1]) == pytest.approx(last.std(), rel=0.03)


def test_a_subset_is_one_subset_whatever_the_last_bit_of_its_epochs():
    def shaken(points):
        epochs = points["epochs"].copy()
        epochs[np.flatnonzero(points["subset_tokens"] > 0)[::2]] *= 1 + 4e-16
        return {"epochs": epochs}

    found = _on_subsets(1, shaken)
    assert len(np.unique(found.limited["dataset_tokens"])) == len(Design.subsets) + 1
    assert [row.data for row in marginals(found)] == [row.data for row in marginals(_on_subsets(1))]


def test_the_critical_batch_of_every_loss_is_the_planted_one(sheets):
    sheet = sheets["critical-batch"]
    true = CRITICAL["B_star"] / np.array(column(sheet, "loss")) ** (1 / CRITICAL["alpha_B"])
    assert column(sheet, "B_crit") == pytest.approx(true.tolist(), rel=0.05)
    assert column(sheet, "noise scale / B_crit") == pytest.approx([1.5] * len(true), rel=0.05)


def test_the_noise_scale_of_all_sizes_is_one_power_of_the_loss(sheets, tables):
    line = noise_line(FamilyTables(*tables))
    assert line.alpha_B.low <= CRITICAL["alpha_B"] <= line.alpha_B.high
    assert line.alpha_B.value == pytest.approx(CRITICAL["alpha_B"], rel=0.02)
    assert abs(line.of_size.value) < 0.02
    loss, noise = (np.array(column(sheets["noise-scale"], name)) for name in ("loss", "noise scale"))
    planted = 1.5 * CRITICAL["B_star"] / loss ** (1 / CRITICAL["alpha_B"])
    np.testing.assert_allclose(noise, planted, rtol=0.05)


def test_a_noise_scale_that_grows_with_size_shows_in_the_exponent_of_size():
    faulty = made(World(noise=0.005, critical_of=lambda n: (n / 1e7) ** 0.3))
    line = noise_line(FamilyTables(*faulty))
    assert line.of_size.value == pytest.approx(0.3, abs=0.03)
    assert line.of_size.low > 0.2


def test_sizes_off_the_cheapest_cost_what_the_law_says(sheets):
    sheet = sheets["off-the-best"]
    size = np.array(column(sheet, "N / N_eff"))
    measured, law = (np.array([row[i] or np.nan for row in sheet.rows], dtype=float) for i in (2, 3))
    near = (size > 0.5) & (size < 4)
    assert near.sum() >= 6
    np.testing.assert_allclose(measured[near], law[near], rtol=0.1)
    assert measured[near].min() > 0.97
    assert measured[size > 4].min() > 1.5
    steps, by_law = (np.array([row[i] or np.nan for row in sheet.rows], dtype=float) for i in (4, 5))
    np.testing.assert_allclose(steps[near], by_law[near], rtol=0.1)


def test_the_least_steps_and_tokens_are_those_that_made_the_curves(sheets):
    off = []
    for loss, n, critical, steps, tokens, flops, _ in sheets["least-cost"].rows:
        k = TABLE_3
        off.append(np.log(steps / (k["S_c"] * (loss - (k["N_c"] / n) ** k["alpha_N"]) ** (-1 / k["alpha_S"]))))
        assert tokens == pytest.approx(steps * critical, rel=1e-9)
        assert flops == pytest.approx(6 * n * tokens, rel=1e-9)
    assert abs(np.median(off)) < 0.02
    assert np.abs(off).max() < 0.25


def test_losses_beyond_the_batch_scan_are_marked(sheets):
    outside = {row[0] for row in sheets["least-cost"].rows if row[-1]}
    inside = {row[0] for row in sheets["least-cost"].rows if not row[-1]}
    assert outside
    assert inside
    assert max(outside) < min(inside)


def test_offsets_on_other_text_are_listed_by_depth(sheets):
    sheet = sheets["transfer-depth"]
    assert column(sheet, "n_layer") == sorted(column(sheet, "n_layer"))
    assert len(set(column(sheet, "n_layer"))) >= 3
    for row in sheet.rows:
        loss, books = row[sheet.columns.index("loss")], row[sheet.columns.index("offset, books")]
        assert books == pytest.approx((1.0 * loss + 0.05) - loss, abs=1e-9)
    drifts = [float(text.split()[-1].rstrip(".")) for text in sheet.about.split("depth: ")[1].split(";")]
    assert np.abs(drifts).max() < 0.005


def test_losses_by_place_are_followed_along_training(sheets):
    sheet = sheets["positions-along"]
    steps = column(sheet, "steps")
    assert steps == sorted(steps)
    gaps = np.array(column(sheet, "T = 1")) - np.array(column(sheet, "T = 1024"))
    np.testing.assert_allclose(gaps, 5.0 * (1 - 1024**-0.6), rtol=1e-9)


def test_recurrent_models_lie_between_their_size_and_their_compute(sheets):
    assert all(above < 0 < per_flop for above, per_flop in zip(
        column(sheets["recurrent"], "above"), column(sheets["recurrent"], "above per FLOP"), strict=True
    ))  # fmt: skip


def test_an_lstm_loses_on_the_late_places(sheets):
    early, late = column(sheets["lstm"], "ratio to T = 8"), column(sheets["lstm"], "ratio, last quarter")
    assert all(a < b for a, b in zip(early, late, strict=True))
    assert column(sheets["lstm"], "dL / dlnT, last three quarters") == pytest.approx([0.0] * 3, abs=1e-9)


def test_the_crossing_of_the_laws_is_far_out_and_wide(sheets):
    rows = {row[0]: row[1:] for row in sheets["contradiction"].rows}
    assert rows["flops"][0] > 1e3 * max(row[1] for row in sheets["frontier"].rows)
    assert rows["flops"][2] > 10 * rows["flops"][1]


def test_the_page_has_every_claim_and_every_table(found):
    text = page(found, "Title", ["A fact."])
    assert text.startswith("# Title\n\nA fact.\n\n29 claims of Kaplan et al. 2020: ")
    assert f"{found.summary}." in text
    assert re.findall(r"^\| (S\d+) \|", text, re.M) == [v.id for v in found.verdicts]
    assert all(f"## {sheet.title}" in text for sheet in found.measured.sheets)
    widths = [line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")]
    assert min(widths) >= 3


def test_findings_are_json(found):
    plain = to_plain(found)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


@pytest.fixture
def folder(tables, tmp_path):
    for name, table in zip(("points", "curves", "positions"), tables, strict=True):
        write_points(table, tmp_path / f"{name}.csv")
    return tmp_path


def test_tables_read_back_as_they_were_written(tables, folder):
    for ours, read in zip(tables, read_tables(folder), strict=True):
        assert list(read.columns) == list(ours.columns)
        assert len(read) == len(ours)
        for name in ("loss_nats", "params_nonembedding"):
            np.testing.assert_array_equal(read[name], ours[name])


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(PointsError, match=r"points\.csv does not exist"):
        read_tables(tmp_path)
    (tmp_path / "points.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(PointsError, match="line 3 has 1 cells, the head 2"):
        read_tables(tmp_path)


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["scalinglaws", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code


@pytest.mark.slow
def test_the_command_says_what_the_function_found(folder, found, monkeypatch, capsys):
    call(monkeypatch, "findings", folder, "--json", "--write", folder / "page.md")
    said = json.loads(capsys.readouterr().out)
    assert [v["outcome"] for v in said["verdicts"]] == [v.outcome for v in found.verdicts]
    told = (folder / "page.md").read_text().count("**passed**")
    assert told == sum(one.outcome == "passed" for one in (*found.verdicts, *found.eight))
    call(monkeypatch, "findings", folder / "points.csv")
    out = capsys.readouterr().out
    assert "S12 UNDECIDED" in out
    assert "S1 UNDECIDED" in out and "needs family F-N (curves of 0" in " ".join(out.split())


def test_the_page_of_our_own_runs_is_the_one_that_its_command_writes(tmp_path, monkeypatch):
    from pathlib import Path

    from typer.testing import CliRunner

    from scalinglaws.cli.app import app
    from scalinglaws.cli.outputs import unsealed

    root = Path(__file__).parents[1]
    monkeypatch.chdir(root)
    done = CliRunner().invoke(app, ["findings", "studies/kaplan-cpu", "--write", str(tmp_path / "page.md")])
    assert done.exit_code == 0, done.output
    made = unsealed((tmp_path / "page.md").read_text()).replace(str(tmp_path / "page.md"), "docs/kaplan-cpu.md")
    told = "python -m scalinglaws findings studies/kaplan-cpu --write docs/kaplan-cpu.md"
    apart = differences(made, unsealed((root / "docs" / "kaplan-cpu.md").read_text()))
    assert apart == [], f"the page is of other tables or code: {told}"


def test_a_page_may_round_its_last_digits_the_other_way_and_no_more():
    row = "| S1 | alpha 0.48 [0.35, 1.1e-05], 5,327,360 tokens | **failed** |"
    assert differences(row, row.replace("0.48", "0.4799").replace("1.1e-05", "1.2e-05")) == []
    for word, other in (("0.48", "0.46"), ("1.1e-05", "1.1e-06"), ("failed", "passed"), ("5,327,360", "5,327,400")):
        assert differences(row, row.replace(word, other)) == [(row, row.replace(word, other))]
    assert differences(row, row.replace("0.48", "-0.48")) != []
    assert differences(row, f"{row}\n{row}") == [("", row)]


def test_what_a_fit_does_not_identify_is_not_printed_as_a_number(tables):
    runs, curves, positions = tables
    named = np.unique(positions["run_id"])
    flat = [str(name) for name in named[: len(named) // 2]]
    still = np.isin(positions["run_id"], flat)  # these models make no use of their context: b T^-p is nothing
    noise = 1e-3 * np.random.default_rng(0).standard_normal(len(positions))
    loss = np.where(still, 4.0 + noise, positions["loss_nats"])
    sheet = by_place(FamilyTables(runs, curves, positions.replace(loss_nats=loss)))
    places = [sheet.columns.index(name) for name in ("a", "b", "p")]
    open_, known = ([row for row in sheet.rows if isinstance(row[places[0]], str) == text] for text in (True, False))
    assert open_ and known
    assert {row[i] for row in open_ for i in places} == {"not identified"}
    assert {cell for row in open_ for i in places for cell in row[i + 1 : i + 3]} == {None}
    assert [row[places[1]] for row in known if row[0] == "transformer"][:1] == pytest.approx([5.0], rel=1e-6)


def test_a_line_through_few_lineages_holds_as_often_as_it_says():
    rng, lineage = np.random.default_rng(0), np.repeat(np.arange(6), 20)
    x = np.tile(np.linspace(-1, 1, 20), 6)
    held = clustered = 0
    for _ in range(400):
        y = 2 + (0.5 + 0.1 * rng.standard_normal(6))[lineage] * x + 0.01 * rng.standard_normal(120)
        slope = coefficients(np.stack([np.ones(120), x], axis=1), y, lineage, 0.95)[1]
        held += slope.low <= 0.5 <= slope.high
        alone = coefficients(np.stack([np.ones(120), x], axis=1), y, np.arange(120), 0.95)[1]
        clustered += alone.low <= 0.5 <= alone.high
    assert 0.92 <= held / 400 <= 0.98
    assert clustered / 400 < 0.5  # rows taken for runs promise too much


def test_a_line_through_one_lineage_has_no_interval():
    level, slope = coefficients(np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([1.0, 3.0]), np.array(["a", "a"]), 0.95)
    assert (level.value, slope.value) == (pytest.approx(1), pytest.approx(2))
    assert slope.low is slope.high is None
