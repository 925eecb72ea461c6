"""One definition in one column: what is refused, which rows to choose, and what is never accused."""

import ast
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from public_tables import needs_tables, real

from scalinglaws.arms.fit_arms import fit_arms
from scalinglaws.auditing.audit import audit
from scalinglaws.comparing.compare import compare
from scalinglaws.errors import NameUnknownError, PointsError
from scalinglaws.fitting.fit import fit
from scalinglaws.frontiers.frontier import frontier
from scalinglaws.points.doubts import doubts
from scalinglaws.points.one_definition import mixtures, units_agree
from scalinglaws.points.points import Points
from scalinglaws.points.reading import read_points
from scalinglaws.points.where import matching

OURS = Path(__file__).parents[1] / "studies" / "kaplan-cpu"


def made(**labels) -> Points:
    """Hoffmann's law on 6 sizes by 5 horizons with noise, once for every value of a label; each shifts it by 10%."""
    n, d = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e9, 6), np.geomspace(1e9, 1e11, 5)))
    noise = np.exp(0.002 * np.random.default_rng(1).standard_normal(len(n)))
    loss = (1.69 + 406.4 / n**0.34 + 410.7 / d**0.28) * noise
    columns = {"params_total": n, "tokens": d, "loss": loss}
    for name, values in labels.items():
        size = len(columns["tokens"])
        columns = {key: np.tile(column, len(values)) for key, column in columns.items()}
        columns[name] = np.repeat(np.array(values), size)
        columns["loss"] = columns["loss"] * (1 + 0.1 * np.repeat(np.arange(len(values)), size))
    return Points(columns)


def where_of(message: str) -> str:
    return ast.literal_eval(re.search(r"""where=('(?:[^'\\]|\\.)*'|"[^"]*")""", message)[1])


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("tokenizer", ["bpe:1024", "bytes"], "tokenizers"),
        ("n_vocab", [1024.0, 256.0], "vocabularies"),
        ("loss_split", ["c4 val", "pile"], "test sets"),
        ("config.corpus", ["web", "code"], "training texts"),
        ("subset_tokens", [0.0, 1e6], "subsets of the text"),
        ("arch", ["lstm", "transformer"], "architectures"),
        ("optimizer", ["adam", "muon"], "recipes"),
        ("whatever", ["a b", "it's"], "groups whose losses differ at one N and D"),
    ],
)
def test_rows_of_two_definitions_are_refused_and_the_choice_that_is_offered_is_taken(column, values, kind):
    points = made(**{column: values})
    with pytest.raises(PointsError, match=f"2 {kind}") as refused:
        fit("chinchilla", points)
    chosen = points.take(matching(points, where_of(str(refused.value))))
    assert len(chosen) == 30
    assert fit("chinchilla", chosen).values["E"] == pytest.approx(1.69, abs=0.3)
    assert f"across=[{column!r}]" in str(refused.value)
    assert fit("chinchilla", points.across(column)).n == 60


@pytest.mark.parametrize(
    "verb",
    [lambda p: compare(p, ["chinchilla"]), lambda p: frontier("envelope", p), lambda p: fit_arms("chinchilla", p)],
)
def test_every_verb_refuses_what_a_fit_refuses(verb):
    arms = made(loss_split=["c4", "pile"], arm=["a", "b"])
    with pytest.raises(PointsError, match="2 test sets"):
        verb(arms.replace(flops=6 * arms["params_total"] * arms["tokens"]))


def test_the_audit_fails_a_rule_and_goes_on():
    points = made(tokenizer=["bpe", "bytes"])
    found = audit(points.replace(flops=6 * points["params_total"] * points["tokens"]))
    (rule,) = [one for one in found.findings if one.id == "A5"]
    assert rule.outcome == "failed" and "2 tokenizers (tokenizer: bpe 30, bytes 30)" in rule.found
    assert where_of(rule.found) == "tokenizer == bpe"
    assert len(found.having("passed")) > 5


def test_a_column_that_the_law_takes_tells_its_rows_apart():
    points = made(n_vocab=[1024.0, 256.0])
    assert mixtures(points) and not mixtures(points, ["params_vocabulary"])
    assert not mixtures(made(subset_tokens=[0.0, 1e6]), ["tokens_unique"])
    assert not mixtures(made(tokenizer=["a", "b"]), ["loss_bits_per_byte"])


def test_several_columns_are_chosen_by_the_fewest_words_with_the_choice_made_before():
    text = made(arch=["lstm", "transformer"], loss_split=["c4", "pile"])
    points = text.replace(tokenizer=["bytes" if a == "lstm" else "bpe" for a in text["arch"]])
    with pytest.raises(PointsError) as refused:
        fit("chinchilla", points)
    assert where_of(str(refused.value)).count("==") == 2  # the tokenizer follows from the architecture


def test_what_differs_without_a_difference_is_no_definition():
    points = made()
    names = np.array([f"size-{n:.0e}" for n in points["params_total"]])
    seeds = np.array(["x", "y", "z"])[np.arange(len(points)) % 3]
    assert not mixtures(points.replace(model=names, batch_of_jobs=seeds, run_id=np.arange(30).astype(str)))
    twice = Points(
        {name: np.r_[column, column * 1.0001] for name, column in points.columns.items() if name != "tokens"}
        | {"tokens": np.r_[points["tokens"], points["tokens"]]}
    )
    assert not mixtures(twice.replace(node=["a"] * 30 + ["b"] * 30))


def test_only_a_column_that_is_there_can_be_fitted_across():
    with pytest.raises(NameUnknownError, match="'tokenizer'"):
        made(tokenizer=["a", "b"]).across("tokeniser")


def test_units_are_known_where_the_shape_or_the_compute_bears_them_out():
    small = Points({"params_total": [1536.0, 6144], "n_layer": [2.0, 2], "d_model": [8.0, 16], "loss": [3.0, 2.5]})
    assert units_agree(small, "params_total")
    assert not units_agree(Points({"params_total": [1.5, 6.1], "tokens": [3.0, 5.0]}), "params_total")


VERDICTS = {  # table -> (options of the reading, columns that mix; none: a law may be fitted as it stands)
    "cbs_zhang": set(),
    "chinchilla_epoch": set(),
    "datablations": set(),
    "datablations_curves": {"train_set"},
    "gadre_hparam_grid": set(),
    "gadre_testbed": {"loss_split", "train_set"},
    "gemstones": {"schedule_set"},
    "gemstones_fine": set(),
    "google_learning_curves": set(),
    "gpt3_curves": {"loss_split"},
    "isoflop_collection": {"experiment", "dataset"},
    "kempner_loss_to_loss": {"loss_split", "train_set"},
    "misfitting": set(),
    "mpl_lr_curves": {"schedule"},
    "nanochat_optima": {"param_count"},
    "opt_trajectories": set(),
    "porian_isoflop": {"loss_split", "experiment", "param_count", "hparams", "warmup", "decay"},
    "steplaw_dense": set(),
    "steplaw_moe": set(),
    "xlstm_isoflop_runs": {"arch", "n_ctx"},
    "xlstm_loss_curves": {"arch", "n_ctx"},
}


@needs_tables
@pytest.mark.parametrize("name", VERDICTS)
def test_a_public_table_is_refused_where_it_mixes_and_nowhere_else(name):
    points = read_points(real(f"{name}.csv")).points
    found = mixtures(points)
    assert {one.column for one in found} == VERDICTS[name]
    for one in (note for note in read_points(real(f"{name}.csv")).notes if "one law cannot describe" in note):
        assert not mixtures(points.take(matching(points, where_of(one))))


def test_a_set_of_families_is_never_one_table_and_the_choice_that_is_offered_fits():
    points = read_points(OURS / "points.csv").points
    assert {"tokenizer", "n_vocab", "arch", "subset_tokens", "lr_schedule"} <= {one.column for one in mixtures(points)}
    with pytest.raises(PointsError, match="tokenizers") as refused:
        fit("chinchilla", points)
    chosen = read_points(OURS / "points.csv", where=where_of(str(refused.value))).points
    assert len(chosen.kept) > 50 and not mixtures(chosen)
    assert fit("kaplan-nd", chosen, cluster="lineage").n_clusters > 20


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "pair", [*itertools.combinations(("params_total", "params_active", "tokens", "batch_tokens"), 2)], ids="-".join
)
def test_cells_that_are_zero_infinite_or_missing_make_no_warning_of_numpy(pair):
    sound = made()
    size = len(sound)
    shape = {"n_layer": 0.0, "d_model": 256.0, "n_vocab": 5e4, "batch_tokens": 5e5, "flops": 1e18}
    columns = {name: sound[name] for name in ("params_total", "tokens")} | {"loss_nats": sound["loss"]}
    columns |= {name: np.full(size, value) for name, value in shape.items()} | {"params_active": sound["params_total"]}
    for odd in itertools.product((np.nan, np.inf, 0.0, 1e300), repeat=2):
        for cells in (slice(None), slice(0, 1)):
            broken = {name: column.copy() for name, column in columns.items()}
            for name, value in zip(pair, odd, strict=True):
                broken[name][cells] = value
            points = Points(broken)
            found = doubts(points, mixtures(points), ("loss", False), {})
            assert not any(re.search(r"\b(nan|inf)\b", sentence) for sentence in found), found
