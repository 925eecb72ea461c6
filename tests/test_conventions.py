"""Refits under every convention: what is known of them, on made and on published runs."""

import json
from dataclasses import fields

import numpy as np
import pytest
from cli_made import spoken
from public_tables import real

from scalinglaws import read_points
from scalinglaws.cli.conventions import _plain
from scalinglaws.counting.best_size import best_size
from scalinglaws.counting.conventions import conventions
from scalinglaws.counting.count_relation import Relation, relation
from scalinglaws.counting.counts import counts_of
from scalinglaws.errors import MisuseError, NameUnknownError, PointsError
from scalinglaws.laws import law
from scalinglaws.points.points import Points
from scalinglaws.points.writing import write_points

CHINCHILLA = law("chinchilla")
HOFFMANN, BESIROGLU = (CHINCHILLA.published[i].values for i in (1, 2))
SIZES = np.logspace(2.9, 9.2, 20)  # non-embedding parameters, Kaplan's range (Pearce & Song 2024, section 2)
EMBEDDING = 47491.0  # N_total = N + EMBEDDING N^(1/3), their eq 6
TOTAL = SIZES + EMBEDDING * SIZES ** (1 / 3)
BUDGETS = np.logspace(12.95, 20.7, 16)


def made(values, noise=0.0, **more):
    """Runs of a law in total parameters, laid out at equal 6 N D of the non-embedding ones."""
    size, total = (np.tile(one, len(BUDGETS)) for one in (SIZES, TOTAL))
    tokens = np.repeat(BUDGETS, len(SIZES)) / (6 * size)
    loss = CHINCHILLA.evaluate(total, tokens, **values)
    loss = loss * np.exp(noise * np.random.default_rng(0).standard_normal(len(loss)))
    columns = {"params_nonembedding": size, "params_total": total, "tokens": tokens, "loss_nats": loss}
    return Points({**columns, "run_id": [str(i) for i in range(len(loss))], **more})


def own(found, route):
    """Exponents with C = 6 N D in the count of N, by that count."""
    return {
        r.convention.params: r.exponent.value for r in found.refits if r.route == route and r.convention.own_compute
    }


@pytest.fixture(scope="module")
def pearce():
    return conventions(made(BESIROGLU, noise=1e-4), draws=30)


def test_counts_of_one_family_follow_pearce_and_song_s_relation():
    found = relation(SIZES, TOTAL)
    assert found.slope == pytest.approx(-2 / 3)
    assert np.exp(found(np.log(1e8))) == pytest.approx(1.2204e8, rel=1e-4)
    assert np.exp(found(np.log(1e9))) == pytest.approx(1.0475e9, rel=1e-4)
    assert found.steepness(np.log(1e8)) == pytest.approx(
        (found(np.log(1.001e8)) - found(np.log(0.999e8))) / 0.002, rel=1e-5
    )


def test_a_count_that_is_no_function_of_the_other_says_how_far_it_strays():
    assert relation(SIZES, TOTAL).miss < 1e-9
    assert relation(np.repeat(SIZES, 2), np.repeat(SIZES, 2) * np.tile([1.0, 1.5], 20)).miss > 0.2


@pytest.mark.parametrize(("values", "published"), [(BESIROGLU, 0.78), (HOFFMANN, 0.74)])
def test_hoffmann_s_law_has_kaplan_s_exponent_without_embeddings(values, published):
    """Pearce & Song 2024, section 2, print .78 and .74 over Kaplan's range; embeddings counted: b / (a + b)."""
    flops = np.log(np.logspace(12.95, 20.7, 100))
    drawn = {name: np.array([[value]]) for name, value in values.items()}
    size, same = relation(SIZES, TOTAL), Relation()
    bare = best_size(CHINCHILLA, drawn, size, same, same, flops)[0]
    assert np.polyfit(flops, bare, 1)[0] == pytest.approx(published, abs=0.005)
    counted = size(best_size(CHINCHILLA, drawn, size, size, size, flops)[0])
    assert np.polyfit(flops, counted, 1)[0] == pytest.approx(
        values["beta"] / (values["alpha"] + values["beta"]), abs=1e-6
    )


@pytest.mark.parametrize("route", [pytest.param("law", marks=pytest.mark.slow), "isoflop", "envelope"])
def test_runs_of_hoffmann_s_law_refitted_without_embeddings_look_like_kaplan_s(pearce, route):
    found = own(pearce, route)
    assert found["params_total"] == pytest.approx(0.513, abs=0.006)
    assert (
        0.74 < found["params_nonembedding"] < 0.84
    )  # optima at the ends of the sizes, where it is lower, are censored
    [moved] = [one for one in pearce.moved if one.route == route]
    assert moved.own_by == pytest.approx(found["params_nonembedding"] - found["params_total"])
    assert moved.by > 2 * moved.width


def test_the_law_s_own_exponents_come_with_each_count(pearce):
    by_count = {r.convention.params: r.exponents for r in pearce.refits if r.route == "law"}
    assert by_count["params_total"]["alpha"].value == pytest.approx(0.3478, abs=2e-3)
    assert by_count["params_nonembedding"]["alpha"].value < 0.12  # a third of it, where embeddings are most


def test_the_optimum_at_a_budget_is_told_in_one_count():
    budget = 1e19
    found = conventions(made(BESIROGLU), flops=budget, common="params_total", routes=("law",), draws=20)
    grid = np.log(np.geomspace(1e7, 1e10, 100_001))
    loss = CHINCHILLA.evaluate(np.exp(grid), budget / 6 / np.exp(grid), **BESIROGLU)
    truth = float(np.exp(grid[loss.argmin()]))
    counted = next(r for r in found.refits if r.convention.own_compute and r.convention.params == "params_total")
    assert counted.params.value == pytest.approx(truth, rel=1e-3)
    assert counted.tokens.value == pytest.approx(budget / 6 / truth, rel=1e-3)
    assert found.reach == pytest.approx(budget / (6 * TOTAL * BUDGETS[-1] / (6 * SIZES)).max())


def test_under_one_count_nothing_moves():
    table = made(BESIROGLU)
    points = Points({name: v for name, v in table.columns.items() if name != "params_nonembedding"})
    found = conventions(points, routes=("law",), draws=20)
    assert [one.by for one in found.moved] == [0.0]
    assert any("only one convention" in warning for warning in found.warnings)


def test_equal_columns_are_one_convention_and_bits_are_not_fitted_again():
    table = made(BESIROGLU)
    more = {"flops": 6 * table["params_total"] * table["tokens"], "bytes_per_token": np.full(len(table), 4.0)}
    found = counts_of(table.replace(**more), {})
    assert found.flops == ("flops_6nd", "flops_6nd_total")
    assert found.loss == ("loss_nats",)
    assert "flops is flops_6nd_total in every row" in found.same
    assert any("loss_bits_per_byte is 0.3607 times loss_nats" in sentence for sentence in found.same)
    varied = counts_of(table.replace(bytes_per_token=np.linspace(3, 5, len(table))), {})
    assert varied.loss == ("loss_nats", "loss_bits_per_byte")


def test_unique_tokens_are_a_convention_where_text_repeats():
    table = made(BESIROGLU)
    assert counts_of(table.replace(epochs=np.linspace(1, 4, len(table))), {}).tokens == ("tokens", "tokens_unique")
    assert counts_of(table.replace(epochs=np.ones(len(table))), {}).tokens == ("tokens",)


def test_what_cannot_be_had_is_told_with_what_is_missing(pearce):
    lacks = {one.what: one.lacks[0] for one in pearce.unavailable if one.lacks}
    assert lacks["params_with_head"] == ("d_model", "n_vocab")
    assert lacks["flops_exact"] == ("d_model", "n_ctx", "n_layer", "n_vocab")
    assert lacks["loss_bits_per_byte"] == ("bytes_per_token",)


def test_a_constant_given_for_all_rows_opens_conventions():
    width = np.round(np.tile((SIZES / 12 / 4) ** 0.5, len(BUDGETS)))
    points = made(BESIROGLU, d_model=np.maximum(width, 1))
    assert "params_with_head" not in counts_of(points, {}).params
    found = conventions(points, given={"n_vocab": 32000}, routes=("law",), draws=20)
    assert "params_with_head" in {r.convention.params for r in found.refits}
    assert found.made["params_with_head"].endswith("params_with_head = params_nonembedding + n_vocab d_model")


@pytest.mark.parametrize(
    ("more", "error", "told"),
    [
        ({"law": "kaplan-n"}, MisuseError, "such as chinchilla"),
        ({"common": "params_with_head"}, PointsError, "missing: d_model and n_vocab"),
        ({"common": "params_totl"}, NameUnknownError, "Did you mean 'params_total'"),
        ({"given": {"params_total": 3}}, PointsError, "the table holds params_total in these rows"),
        ({"given": {"n_vocb": 3}}, NameUnknownError, "Did you mean 'n_vocab'"),
        ({"routes": ("isoflops",)}, NameUnknownError, "Did you mean 'isoflop'"),
        ({"columns": {"N": "params_with_head"}}, PointsError, "missing: d_model and n_vocab"),
        ({"columns": {"S": "steps"}}, PointsError, "N, D, C and L have conventions"),
    ],
)
def test_what_cannot_be_asked_is_refused(more, error, told):
    with pytest.raises(error, match=told):
        conventions(made(BESIROGLU), **more)


@pytest.mark.slow
def test_the_command_prints_every_refit_and_the_sentence(tmp_path):
    path = tmp_path / "points.csv"
    write_points(made(BESIROGLU, noise=1e-3), path)
    words = ("conventions", path, "--draws", 20, "--routes", "law", "--budget", "1e20")
    code, text, _ = spoken(*words)
    assert code == 0
    assert "the choice of count changes a by 0." in text
    assert "the 95% statistical interval is 0." in text
    assert "cannot be had: params_with_head" in text
    found = json.loads(spoken(*words, "--json")[1])
    assert found["budget"] == 1e20
    assert len(found["refits"]) == 4
    assert {"route", "convention", "exponent", "exponents", "params", "tokens"} <= set(found["refits"][0])
    code, _, error = spoken("conventions", path, "--budget", "-1")
    assert code == 2
    assert "above 0" in error


# Published runs ------------------------------------------------------------------------------------------------------

TABLES = {  # table -> (rows, facts, counts of N that it allows)
    "chinchilla_epoch.csv": ("params_total > 1", {}, ["params_total"]),
    "gadre_testbed.csv": (
        "loss_split == c4_val and train_set == c4_original",
        {},
        ["params_nonembedding", "params_total"],
    ),
    "xlstm_isoflop_runs.csv": (
        "iso_set == llama_ctx2048",
        {},
        ["params_nonembedding", "params_nonembedding_exact", "params_with_head", "params_total"],
    ),
    "gemstones.csv": (
        "schedule_set == 'hot_100b+'",
        {"tied": 0},
        ["params_nonembedding", "params_with_head", "params_total"],
    ),
    "kempner_loss_to_loss.csv": (
        "loss_split == c4_val and train_set == slimpajama-chunk1 and part == sweep",
        {},
        ["params_nonembedding", "params_nonembedding_exact", "params_total"],
    ),
    "misfitting.csv": ("fraction == 1", {}, ["params_nonembedding", "params_total"]),
    "datablations.csv": ("params_total > 1", {}, ["params_total"]),
    "steplaw_dense.csv": ("params_nonembedding > 1", {}, ["params_nonembedding"]),
}


def published(name, where, **map):
    """A public table with every row, of sweeps too: what moves is the count."""
    return read_points(real(name), where=where, map=map, keep_rows="untuned").points


@pytest.mark.parametrize("name", TABLES)
def test_public_tables_are_refitted_under_the_counts_that_they_allow(name):
    where, given, counts = TABLES[name]
    found = conventions(published(name, where), given=given, routes=("law",), draws=20)
    assert list(dict.fromkeys(r.convention.params for r in found.refits)) == counts
    assert all(r.exponent.low <= r.exponent.high and 0 < r.exponent.value < 1.2 for r in found.refits)
    assert found.unavailable


def test_one_set_of_porian_s_runs_gives_kaplan_s_exponent_without_the_head_and_theirs_with_it():
    """Porian et al. 2024, figure 1: .835 (.82, .85) becomes .706 (.69, .72) by counting the head."""
    rows = "dataset == rw and experiment == "
    bare = np.unique(published("porian_isoflop.csv", rows + "1_reproduce_kaplan")["params_nonembedding"])
    points = published("porian_isoflop.csv", rows + "2_count_last_layer", params_with_head="params_total")
    counted = np.unique(points["params_with_head"])
    widths = (counted - bare) / points["n_vocab"][0]
    assert (widths == np.round(widths)).all()  # the two experiments list the same models
    points = points.replace(d_model=widths[np.searchsorted(counted, points["params_with_head"])])
    found = own(conventions(points, routes=("envelope",), draws=100), "envelope")
    assert found["params_nonembedding"] == pytest.approx(0.835, abs=0.015)
    assert found["params_with_head"] == pytest.approx(0.706, abs=0.016)


def test_nanochat_s_three_counts_differ_as_their_relation_says():
    """nanochat, LOG.md: .70 for the blocks alone becomes .54 with the head and .37 with all embeddings."""
    optima = {
        count: published("nanochat_optima.csv", f"param_count == {count}")
        for count in ("Transformer-only-style", "Kaplan-style", "Chinchilla-style")
    }
    flops = np.log(10 ** (np.array([54, 55, 56, 57]) / 3))  # in thirds of a decade; labelled 1e18, 2e18, 5e18, 1e19
    sizes = [one["params_total"] for one in optima.values()]
    slopes = [np.polyfit(flops, np.log(size), 1)[0] for size in sizes]
    assert slopes == pytest.approx([0.70, 0.54, 0.37], abs=0.006)
    known, bare = relation(sizes[0], sizes[2]), np.log(sizes[0])
    assert np.polyfit(flops, known(bare), 1)[0] == pytest.approx(slopes[2], abs=0.015)
    assert np.polyfit(flops, bare, 1)[0] > slopes[2] + 0.3


def test_every_field_of_the_record_reaches_json():
    found = conventions(made(BESIROGLU), routes=("law",), draws=20)
    assert {field.name for field in fields(found)} == set(_plain(found))
