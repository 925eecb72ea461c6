"""The inferring verbs on tables whose law is known, and on public ones."""

import csv
import json
import subprocess
import sys
import tomllib

import numpy as np
import pytest
from cli_made import TRUTH, grid, isoflop, law_text, loss, spoken, written
from public_tables import real

from scalinglaws.run.shape import Shape

EXPONENT = TRUTH["beta"] / (TRUTH["alpha"] + TRUTH["beta"])


@pytest.fixture
def table(tmp_path):
    """Runs of a known law as a file."""
    return written(tmp_path / "points.csv", grid())


def found(*words, stdin: str = ""):
    """Run a command with --json and read its one document."""
    code, out, err = spoken(*words, "--json", stdin=stdin)
    assert code == 0, err
    return json.loads(out)


def test_help_loads_nothing_heavy():
    heavy = "numpy scipy torch matplotlib pydantic polars".split()
    script = (
        "import sys; sys.argv = ['scalinglaws', '--help']\n"
        "from scalinglaws.cli import main\n"
        "try: main()\n"
        f"except SystemExit: print(sorted(set({heavy}) & set(sys.modules)), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stderr.strip().splitlines()[-1] in ("[]", "['numpy']")


def test_fit_takes_bounds_priors_and_clusters(table, tmp_path):
    quick = ("--no-backtest", "--draws", "60")
    bounded = found("fit", "chinchilla", table, "--bounds", "E=0:1.5", *quick)
    assert bounded["values"]["E"] == pytest.approx(1.5)
    assert bounded["outcome"] == "at_bound"
    pulled = found("fit", "chinchilla", table, "--prior", "alpha=0.5:0.0001", *quick)
    assert pulled["values"]["alpha"] == pytest.approx(0.5, abs=0.005)
    halves = [{**row, "pair": f"p{i // 4}"} for i, row in enumerate(grid())]
    pairs = written(tmp_path / "pairs.csv", halves)
    assert found("fit", "chinchilla", pairs, "--cluster", "pair", *quick)["runs"] == 12


def test_runs_of_one_trunk_are_resampled_together_unless_told_otherwise(tmp_path):
    rows = [{**row, "lineage": row["run_id"].split("-")[0]} for row in grid()]
    table, plain = written(tmp_path / "branches.csv", rows), written(tmp_path / "runs.csv", grid())
    asked = ("--interval", "sandwich", "--no-backtest")
    kept, named, apart, alone = (
        found("fit", "chinchilla", *words, *asked)
        for words in ((table,), (table, "--cluster", "lineage"), (table, "--cluster", "run_id"), (plain,))
    )
    assert (kept["runs"], kept["cluster"], apart["runs"], alone["runs"]) == (8, "lineage", 48, 48)
    assert kept["interval"] == named["interval"] != apart["interval"] == alone["interval"]


def test_fit_tests_itself_on_larger_runs_unless_told_not_to(table):
    quick, full = (
        found("fit", "chinchilla", table, "--draws", "60", *words)["backtest"] for words in ((), ("--backtest",))
    )
    assert len(full["cuts"]) > len(quick["cuts"]) >= 3
    assert {cut["at"] for cut in quick["cuts"]} <= {cut["at"] for cut in full["cuts"]}
    none = found("fit", "chinchilla", table, "--no-backtest", "--draws", "60")["backtest"]
    assert (none["cuts"], none["skipped"]) == ([], "not asked for")


def test_a_backtest_that_would_take_long_is_offered_and_not_made(tmp_path):
    many = written(tmp_path / "many.csv", grid(np.geomspace(1e7, 1e10, 25), np.geomspace(1e9, 1e12, 20)))
    _, out, _ = spoken("fit", "chinchilla", many, "--interval", "sandwich")
    assert "use --backtest for it" in out


def test_predict_answers_several_places_with_the_error_of_the_form_beyond_the_points(table):
    places = ["--at", "N=1e9,D=2e10", "--at", "N=1e12,D=2e13"]
    inside, beyond = found("predict", "chinchilla", table, *places)
    assert [p["at"]["N"] for p in (inside, beyond)] == [1e9, 1e12]
    for said in (inside, beyond):
        assert said["low"] < loss(said["at"]["N"], said["at"]["D"]) < said["high"]
    assert inside["form_error"] == 0 < beyond["form_error"]
    _, out, _ = spoken("predict", "chinchilla", table, *places)
    first, second, letters = out.splitlines()
    assert letters == "N = params_total, D = tokens, L = loss_nats"
    assert first.endswith("by chinchilla alone")
    assert second.endswith("(sd) for the error of its form")


@pytest.mark.slow
def test_compare_puts_the_law_that_made_the_points_first(tmp_path):
    (tmp_path / "mine.py").write_text(law_text())
    table = written(tmp_path / "few.csv", grid(np.geomspace(1e7, 1e10, 6), np.geomspace(1e9, 1e12, 4)))
    ranked = found("compare", table, "--laws", "kaplan-nd,chinchilla", "--draws", "60")
    assert [law["law"] for law in ranked["laws"]] == ["chinchilla", "kaplan-nd"]
    assert ranked["laws"][0]["best_probability"] > 0.99
    assert ranked["laws"][1]["behind"]["low"] > 0
    twins = found("compare", table, "--laws", "chinchilla,mine", "--law-file", tmp_path / "mine.py", "--above", "1e21")
    assert twins["laws"][0]["score"] == pytest.approx(twins["laws"][1]["score"], rel=1e-3)
    assert twins["cuts"] == [1e21]


@pytest.mark.slow
def test_compare_says_who_takes_no_part_and_shows_every_reach(table):
    code, out, err = spoken("compare", table, "--laws", "chinchilla,gadre,henighan-c")
    assert code == 0
    assert err.startswith("trying ") and "henighan-c" in err
    assert "P(best)" in out and "by reach" in out


def test_isoflop_finds_the_exponent_and_agrees_with_the_law(tmp_path):
    table = written(tmp_path / "points.csv", isoflop())
    words = ("frontier", "isoflop", table, "--against", "chinchilla", "--draws", "60")
    answer = found(*words)
    assert answer["params_exponent"]["value"] == pytest.approx(EXPONENT, abs=0.002)
    assert answer["against"]["chinchilla"]["value"] == pytest.approx(EXPONENT, abs=1e-3)
    assert answer["disagreements"] == []
    assert "the approaches agree" in spoken(*words)[1]


def test_frontier_counts_parameters_as_told(tmp_path):
    rows = [{**r, "params_nonembedding": 0.5 * r["params_total"]} for r in isoflop()]
    table = written(tmp_path / "points.csv", rows)
    for words, count in ((["--columns", "N=params_total"], "params_total"), (["--map", "N=params_nonembedding"],) * 2):
        answer = found("frontier", "isoflop", table, *words)
        assert answer["columns"]["params"] == (count if isinstance(count, str) else "params_nonembedding")


def test_a_frontier_without_an_interval_says_so(tmp_path):
    few = [r for k, r in enumerate(isoflop()) if k % 7 in (2, 3, 4)]
    code, out, err = spoken("frontier", "isoflop", written(tmp_path / "t.csv", few))
    assert code == 0
    assert "params_total = " in out and "^0.4516 (no interval)" in out
    assert "no interval: three sizes per budget" in err


def batches(sizes=(1e8, 4e8)) -> list[dict]:
    """Isoquants S = S_min (1 + B_crit / B) of B_crit = 2e8 L^(-1/0.21), the same for every size."""
    rows = []
    for size in sizes:
        for target in (4.0, 3.5, 3.0, 2.6):
            critical = 2e8 / target ** (1 / 0.21)
            for b in critical * np.geomspace(0.1, 10, 7):
                steps = 2000 * (1 + critical / b)
                rows.append(
                    {
                        "run_id": f"{size:.0e}-{target}-{b:.0f}",
                        "params_total": size,
                        "batch_tokens": b,
                        "steps": steps,
                        "tokens": steps * b,
                        "loss": target,
                    }
                )
    return rows


def test_critical_batch_prints_isoquants_the_law_and_whether_size_matters(tmp_path):
    words = ("frontier", "critical-batch", written(tmp_path / "b.csv", batches()), "--draws", "60")
    answer = found(*words)
    assert answer["constants"]["alpha_B"] == pytest.approx(0.21, rel=1e-4)
    assert answer["B_star"]["value"] == pytest.approx(2e8, rel=1e-3)
    _, out, _ = spoken(*words)
    assert out.count("\n") > len(answer["isoquants"])
    assert "B_crit(L)" in out and "no dependence on size is seen" in out
    assert "--critical B_star=2e8,alpha_B=0.21" in out


def test_a_plan_lists_models_that_can_be_built_and_exports_one(table, tmp_path):
    words = [
        "plan",
        "chinchilla",
        table,
        "--flops",
        "1e21",
        "--n-vocab",
        "32000",
        "--n-ctx",
        "1024",
        "--interval",
        "sandwich",
    ]
    made = found(*words, "--hardware", "h100-sxm", "--devices", "8", "--price-per-hour", "2")
    assert {"flops", "params", "tokens", "batch_tokens", "steps", "loss", "alternatives"} <= set(made)
    assert made["params"]["low"] < made["params"]["value"] < made["params"]["high"]
    for row in made["shapes"]:
        assert row["params_total"] == Shape(**row["shape"]).params("total")
        assert row["loss_penalty"] >= 0
    assert [w["compute"] for w in made["sizes"]] == [0.01, 0.05]
    assert made["cost"]["money"] == pytest.approx(2 * made["cost"]["device_hours"])
    code, _, err = spoken(*words, "--export", "torchtitan", "--shape-row", "2", "--to", tmp_path / "plan.toml")
    assert code == 0
    assert "configuration written to" in err
    assert tomllib.loads((tmp_path / "plan.toml").read_text())["training"]["seq_len"] == 1024
    code, out, _ = spoken(*words, "--export", "nanogpt", "--lr", "3e-4")
    settings: dict = {}
    exec(out, settings)
    assert settings["learning_rate"] == pytest.approx(3e-4)
    best = min(made["shapes"], key=lambda row: row["loss_penalty"])["shape"]
    assert (settings["n_layer"], settings["n_embd"]) == (best["n_layer"], best["d_model"])


def test_a_plan_for_a_person_shows_shapes_settings_and_what_serves_as_well(table):
    _, out, _ = spoken("plan", "chinchilla", table, "--flops", "1e21", "--n-vocab", "32000", "--n-ctx", "1024")
    for part in (
        "sizes that waste at most 1%",
        "models that can be built",
        "penalty",
        "published laws, which disagree",
    ):
        assert part in out


@pytest.mark.slow
def test_a_plan_pools_several_laws_on_one_count_of_parameters(tmp_path):
    rows = [{**r, "params_nonembedding": 0.9 * r["params_total"]} for r in grid()]
    table = written(tmp_path / "points.csv", rows)
    words = ("plan", "chinchilla,kaplan-nd", table, "--flops", "1e20", "--interval", "sandwich")
    made = found(*words, "--mix", "equal")
    assert set(made["by_law"]) == {"chinchilla", "kaplan-nd"}
    assert made["columns"]["N"] == "params_total"
    outer = [made["by_law"][law]["value"] for law in made["by_law"]]
    assert made["params"]["low"] <= min(outer) and max(outer) <= made["params"]["high"]
    weighed = found(*words)  # the law that made the runs foretold the larger ones, and counts alone
    assert weighed["law"] == "chinchilla" and weighed["params"]["high"] < made["params"]["high"]


def test_import_previews_rejects_and_remembers(tmp_path):
    head = "model,N,D,val/loss\n"
    body = "".join(f"m{i},{10 * (i + 1)},{i + 1}e9,{4.5 - 0.1 * i}\n" for i in range(8))
    (tmp_path / "theirs.csv").write_text(head + body + "m8,90,9e9,nan\nm9,-1,9e9,3\nm10,100,many,3\n")
    words = [
        "import",
        tmp_path / "theirs.csv",
        "--map",
        "loss=val/loss",
        "--map",
        "params_total=N",
        "--map",
        "tokens=D",
    ]
    words += ["--unit", "params_total=millions", "--unit", "loss=bits"]
    kept = [
        "--save-mapping",
        tmp_path / "map.json",
        "--rejected",
        tmp_path / "bad.csv",
        "--to",
        tmp_path / "points.csv",
    ]
    answer = found(*words, *kept)
    assert (answer["points"], answer["columns"]["params_total"]["from"]) == (8, "N")
    assert answer["columns"]["params_total"]["first"][0] == 1e7
    assert answer["columns"]["loss_nats"]["first"][0] == pytest.approx(4.5 * np.log(2))
    rejected = list(csv.DictReader((tmp_path / "bad.csv").read_text().splitlines()))
    assert [row["line"] for row in rejected] == ["10", "11", "12"]
    assert [row["reason"] for row in rejected] == [row["reason"] for row in answer["rejected"]]
    again = found("import", tmp_path / "theirs.csv", "--mapping", tmp_path / "map.json")
    assert again["columns"]["loss_nats"] == answer["columns"]["loss_nats"]
    _, out, _ = spoken("import", tmp_path / "theirs.csv", "--mapping", tmp_path / "map.json")
    assert "8 points, 3 rows rejected" in out and "rejected line 11: params_total" in out
    assert found("import", "-", stdin=(tmp_path / "points.csv").read_text())["points"] == 8


def test_posterior_without_its_package_says_what_to_install(table, monkeypatch):
    monkeypatch.setitem(sys.modules, "emcee", None)
    code, out, err = spoken("fit", "chinchilla", table, "--interval", "posterior")
    assert (code, out) == (2, "")
    assert "pip install 'scalinglaws[mcmc]'" in err


def test_the_five_wild_points_of_chinchilla_are_named_with_what_they_do():
    words = ("fit", "chinchilla", real("chinchilla_epoch.csv"), "--interval", "sandwich", "--no-backtest")
    five = [f"chin-00{i}" for i in range(5)]
    answer = found(*words)
    assert sorted(row["run"] for row in answer["influence"] if row["wild_sd"] is not None) == five
    _, out, err = spoken(*words)
    assert all(name in out and name in err for name in five)
    others = " and ".join(f"run_id != {name}" for name in five)
    robust, without = found(*words, "--loss", "tukey"), found(*words, "--where", others)
    with_them, robust, without = (fitted["values"]["beta"] for fitted in (answer, robust, without))
    assert abs(robust - without) < 0.2 * abs(with_them - without)


@pytest.mark.parametrize(
    ("experiment", "published"),
    [("1_reproduce_kaplan", 0.8353), ("2_count_last_layer", 0.7065), ("5_tuned_optimizer", 0.4969)],
)
def test_porians_exponents_come_out_of_his_table(experiment, published):
    answer = found(
        "frontier",
        "isoflop",
        real("porian_isoflop.csv"),
        "--where",
        f"experiment == {experiment} and dataset == rw",
        "--map",
        "params_with_head=n_effective",
        "--columns",
        "N=params_with_head",
        "--draws",
        "50",
    )
    assert answer["params_exponent"]["value"] == pytest.approx(published, abs=0.03)


def test_the_frontier_at_a_compute_is_printed_with_its_intervals(tmp_path):
    rows = isoflop()
    for row, noise in zip(rows, np.random.default_rng(0).standard_normal(len(rows)), strict=True):
        row["loss"] *= np.exp(0.003 * noise)
    words = ("frontier", "isoflop", written(tmp_path / "runs.csv", rows), "--draws", 50)
    code, out, err = spoken(*words, "--at", "C=1e23")
    assert code == 0, err
    assert "at 1e23 FLOPs" in out and "N*" in out and "D*" in out and "beyond 10 times" in out
    (best,) = found(*words, "--at", "C=1e23")["at"]
    assert best["params"]["low"] < best["params"]["value"] < best["params"]["high"] and best["reach"] > 1
    code, _, err = spoken(*words, "--at", "N=1e9")
    assert code == 2 and "--at C=1e22" in err


def test_all_approaches_meet_on_the_isoflop_collection():
    table, where = real("isoflop_collection.csv"), "experiment == epochai_chinchilla__massivetext__chinchilla"
    answer = found("frontier", "all", table, "--where", where, "--draws", "200")
    assert set(answer["methods"]) == {"envelope", "isoflop"}
    assert set(answer["against"]) == {"chinchilla"}
    assert len(answer["disagreements"]) == 2  # the envelope against either: 0.497 where they give 0.556 and 0.572
    assert "their learning rate has not decayed" in answer["disagreements"][0]


@pytest.mark.parametrize(
    ("name", "across"),
    [
        ("cbs_zhang.csv", None),
        ("datablations.csv", None),
        ("gemstones.csv", "schedule_set"),
        ("nanochat_optima.csv", "param_count"),
        ("opt_trajectories.csv", None),
    ],
)
def test_public_tables_are_read_and_fitted_as_they_stand(name, across):
    assert found("import", real(name))["rejected"] == []
    words = ("fit", "chinchilla", real(name), "--interval", "sandwich")
    if across:
        assert f"({across}: " in spoken(*words)[2]
    answer = found(*words, *(("--across", across) if across else ()))
    assert not across or any(
        f"({across}: " in note and f"as asked: --across {across}" in note for note in answer["notes"]
    )
    assert set(answer["interval"]["low"]) == set(answer["values"])


def test_the_critical_batch_of_a_public_table_grows_as_the_loss_falls():
    answer = found("frontier", "critical-batch", real("cbs_zhang.csv"))
    measured = [(row["loss_nats"], row["critical_batch"]["value"]) for row in answer["isoquants"]]
    assert [batch for _, batch in sorted(measured)] == sorted((batch for _, batch in measured), reverse=True)
