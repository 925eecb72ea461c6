"""Every rule of the audit passes a sound table and catches the fault that it is for; public tables are audited too."""

import dataclasses
import json
import runpy
from pathlib import Path

import numpy as np
import pytest
from audit_tables import (
    arms,
    at,
    bent,
    case,
    curves,
    floorless,
    held_out,
    isoflop,
    kaplan_like,
    plan,
    rows_of,
    scaled,
    scanned,
    sound,
    tasks,
    without,
)
from cli_made import grid, spoken, written

from scalinglaws.auditing.all_rules import GROUPS, RULES
from scalinglaws.auditing.audit import audit
from scalinglaws.auditing.evidence import Evidence
from scalinglaws.auditing.form import morans_i
from scalinglaws.auditing.grid import MOVES
from scalinglaws.errors import MisuseError, PointsError
from scalinglaws.points.writing import write_points
from scalinglaws.records.json_values import from_plain, to_plain
from scalinglaws.results.audited import Audit, Finding
from scalinglaws.results.fitted import Estimate
from scalinglaws.results.outcome import OUTCOMES
from scalinglaws.store.store import open_store

ROOT = Path(__file__).parents[1]
SOUND = sound()
QUIET = 0.0003  # noise of ln L at which the exponents of parts of a table are known to 0.01
PRECISE = sound(noise=QUIET)

COUNTS = ("params_nonembedding", "params_with_head", "params_total", "n_layer", "d_model")


FITTED = Evidence(SOUND).fit.values


def fitted(**factors) -> dict:
    """The constants of the sound table, each times a factor."""
    return {name: value * factors.get(name, 1.0) for name, value in FITTED.items()}


def ray():
    """Every run at 20 tokens a parameter, within 3%."""
    made = sound(ratios=(20.0,), repeats=0)
    return made.replace(tokens=20 * made["params_total"] * np.tile([0.98, 1.02, 1.0], 3))


def checkpoints():
    """Five rows a run along a cosine, all of them kept."""
    parts = [scaled(SOUND, tokens=t, steps=t, loss_nats=1 + 0.1 * (1 - t)) for t in (0.05, 0.3, 0.5, 0.7, 1.0)]
    return rows_of(*parts)


def tilted():
    """IsoFLOP budgets whose compute is not 6ND: it grows a fifth faster."""
    made = isoflop(noise=0.001)
    return made.replace(flops=1e18 * (made["flops"] / 1e18) ** 1.2)


def wavy():
    """A wave in ln N that the law has no term for."""
    wave = 1 + 0.01 * np.sin(1.2 * np.log(SOUND["params_total"]))
    return scaled(SOUND, loss_nats=wave)


def lopsided():
    """A seventh of the rows, the cheapest, far too high: losses treat them differently."""
    cheap = np.argsort(SOUND["flops_exact"])[:6]
    factor = np.ones(len(SOUND))
    factor[cheap] = [1.05, 1.12, 1.02, 1.09, 1.03, 1.15]
    return scaled(SOUND, loss_nats=factor)


def eight_arms(behind):
    """Eight arms, each as far behind the one before it as `behind` says of the number of sizes below the largest."""
    made = arms([*"abcdefgh"], worse=0.0, noise=QUIET)
    sizes = np.unique(made.kept["params_total"])
    below = len(sizes) - 1 - np.searchsorted(sizes, made["params_total"])
    place = np.searchsorted([*"abcdefgh"], made["arm"])
    return scaled(made, loss_nats=np.exp(place * behind(below)))


def crossing():
    """The worse an arm is at small sizes the faster it improves: between the two largest sizes all of them cross."""
    return eight_arms(lambda below: 0.002 * (below - 0.5))


def stalling():
    """The worse an arm is the faster it improves, so that laws let all of them cross; but the ranking stays."""
    return eight_arms(lambda below: 0.002 + 0.006 * np.maximum(below - 1, 0))


def texts():
    """Two training texts whose tasks stand at different places over the loss."""
    made = tasks(rows_of(SOUND, SOUND.replace(train_set=["web"] * len(SOUND))))
    return made.replace(error_top1=made["error_top1"] + 0.1 * (made["train_set"] == "web"))


def mixed_in():
    """A study whose held-out run lies among the fitted ones."""
    made = at(SOUND.kept, "role", 17, "held-out")
    return at(made, "excluded_because", 17, "held out")


def wasteful():
    """An L of small runs, and every size at the longest horizons besides, which cost 200 times as much."""
    made = sound(
        repeats=0, widths=(1024, 1408, 1920, 2560), ratios=(2.0, 6.0, 20.0, 60.0, 200.0, 600.0, 2000.0, 6000.0)
    )
    made = made.kept
    ratio, size = made["tokens"] / made["params_nonembedding"], made["params_nonembedding"]
    return made.take((ratio < 3) | (size == size.min()) | (ratio > 1000))


def flatter(params, tokens):
    """A law whose size term falls more slowly from 7e8 parameters up."""
    return 1.8 + 480 / params**0.35 * np.maximum(params / 7e8, 1.0) ** 0.15 + 2085 / tokens**0.366


def steep(params, tokens):
    """A law whose data term falls with exponent 1.5."""
    return 1.8 + 480 / params**0.35 + 1e13 / tokens**1.5


SCAN = scanned()
CURVES = curves(noise=0.002, sizes=np.geomspace(1e6, 1e9, 5), ratios=np.geomspace(5, 80, 4))
CROWDED = curves(noise=0.01, sizes=np.geomspace(1e7, 1e8, 14), seeds=3)
EDGE = np.arange(len(SOUND)) == int(np.argmin(SOUND["flops_exact"]))

# rule -> (a case that passes, a case that fails, what the finding must say)
CASES = {
    "A1": (case(SOUND), case(without(SOUND, *COUNTS).replace(N=SOUND["params_total"])), "no column says"),
    "A2": (
        case(SOUND),
        case(SOUND.replace(flops=SOUND["flops_exact"] / np.linspace(1, 1.4, len(SOUND)))),
        "1.39 times",
    ),
    "A3": (case(SOUND), case(at(SOUND, "tokens", 3, SOUND["tokens"][3] / 1e6)), "1 of 44 rows differ by"),
    "A4": (case(SOUND, printed=fitted()), case(SOUND, printed=fitted(beta=0.98)), "differ by"),
    "A5": (case(SOUND), case(at(SOUND, "loss_split", slice(9), "web, test")), "2 test sets (loss_split"),
    "A6": (case(SOUND), case(SOUND.replace(tokens_unique=SOUND["tokens"] / 40)), "up to 40 epochs"),
    "A7": (case(SOUND), case(SOUND.replace(n_experts=np.full(len(SOUND), 8))), "missing: params_active, granularity"),
    "A8": (case(SOUND), case(without(SOUND, "tied")), "missing: tied"),
    "B1": (case(SOUND), case(scaled(SOUND, warmup_steps=150)), "30.0%"),
    "B2": (case(SOUND), case(at(SOUND, "planned_steps", 2, 2 * SOUND["steps"][2])), "1 of 44 rows read before"),
    "B3": (case(SOUND), case(checkpoints()), "176 inside a run"),
    "B4": (case(SCAN), case(scanned(centre=8.0)), "bracketed in 0"),
    "B5": (case(SCAN), case(scanned(steepness=0.2)), "a rate off by 1.41 costs 2.4"),
    "B6": (case(SOUND), case(scaled(SOUND, batch_tokens=100, steps=0.01)), "above one of them in"),
    "B7": (case(SOUND), case(scaled(SOUND, batch_tokens=1 / 32, steps=32, weight_decay=1 / 32)), "44 rows of beta2"),
    "B8": (case(SCAN), case(SOUND.replace(lr=np.full(len(SOUND), 3e-4))), "one rate, 0.0003"),
    "B9": (case(SOUND), case(at(SOUND, "outcome", 5, "diverged")), "1 did not finish"),
    "B10": (case(SOUND), case(scaled(SOUND, loss_nats_sem=50)), "standard error of a loss is 2"),
    "C1": (case(SOUND), case(ray()), "one ray"),
    "C2": (case(SOUND), case(sound(widths=(1024, 1408, 1920))), "3 sizes"),
    "C3": (
        case(SOUND, target={"C": 5 * SOUND.kept["flops_exact"].max()}),
        case(SOUND, target={"C": 1e3 * SOUND.kept["flops_exact"].max()}),
        "reaches 1e+03 times",
    ),
    "C4": (case(PRECISE), case(sound(truth=bent, noise=QUIET, repeats=0)), "a range of"),
    "C5": (case(SOUND), case(mixed_in()), "0 of 1 held-out"),
    "C6": (case(isoflop(half=4.0)), case(isoflop(sizes=5, half=1.5, shift=3.0)), "6 with under 3 sizes"),
    "C7": (case(SOUND), case(wasteful()), "form an L of"),
    "C8": (case(SOUND), case(sound(repeats=0)), "0 settings"),
    "C9": (case(SOUND), case(sound(truth=flatter, noise=QUIET)), "with all sizes and"),
    "D1": (case(SOUND), case(SOUND), "decrement 1.0e-03"),
    "D2": (case(SOUND, printed=fitted()), case(SOUND, printed=fitted(alpha=1.01)), "above the minimum"),
    "D3": (case(SOUND), case(lopsided()), "a range of"),
    "D4": (case(SOUND), case(at(SOUND, "loss_nats", [3, 8, 20], 5.0)), "3 of 44 points lie over 12"),
    "D5": (case(SOUND), case(without(CURVES, "run_id")), "20 rows look like 5 runs"),
    "D6": (case(SOUND), case(sound(noise=0.1, ratios=(6.0, 20.0, 60.0))), "correlations"),
    "D7": (case(SOUND), case(sound(truth=floorless)), "E of chinchilla = "),
    "D8": (case(SOUND), case(sound(truth=kaplan_like)), "Kaplan 0."),
    "D9": (case(SOUND), case(wavy()), "Moran's I = +"),
    "D10": (case(isoflop(noise=0.001)), case(tilted()), "apart"),
    "D11": (case(CURVES), case(CROWDED), "too low"),
    "D12": (case(SOUND), case(sound(truth=steep)), "beta = 1.496 [1.474, 1.518]"),
    "D13": (case(SOUND), case(without(SOUND, "seed")), "no column seed"),
    "E1": (case(SOUND, held_out=held_out()), case(SOUND, held_out=held_out(predicted_at="")), "without its date"),
    "E2": (
        case(SOUND, plans=(plan(),)),
        case(SOUND, plans=(plan(loss_nats=Estimate(1.99, 1.9899, 1.9901)),)),
        "quoted",
    ),
    "E3": (case(SOUND, plans=(plan(),)), case(SOUND, plans=(plan(alternatives=()),)), "alternatives: ten times"),
    "E4": (
        case(SOUND, borrowed="chinchilla", target={"N": 1e9, "D": 2e10}),
        case(SOUND, borrowed="chinchilla", target={"N": 1e13, "D": 2e14}),
        "lies outside",
    ),
    "E5": (case(arms()), case(arms(runs=0.25)), "runs per arm"),
    "E6": (case(tasks(SOUND)), case(tasks(SOUND, noise=1.0)), "correlation of the task with the loss"),
    "E7": (
        case(tasks(SOUND).replace(loss_task_bits_per_byte=SOUND["loss_nats"])),
        case(tasks(SOUND)),
        "only the share of right answers",
    ),
    "E8": (case(crossing()), case(stalling()), "the laws get 0% right, the ranking at N"),
    "E9": (case(tasks(SOUND)), case(texts()), "2 texts"),
    "E10": (
        case(SOUND, plans=(plan(),)),
        case(SOUND, target={"N": 1e8, "D": 1e13}),
        "that of the optimum: up to 4.91e+03 [",
    ),
    "E11": (case(SOUND), case(without(SOUND, "lr")), "missing: rate"),
}


def judged(id: str, one) -> object:
    """The finding of one rule."""
    return audit(one.points, only=[id], **one.claims).findings[0]


def stopped_early(one):
    """Judge D1 where the walk stopped before the gradient vanished."""
    evidence = Evidence(one.points)
    evidence.__dict__["_fit"] = dataclasses.replace(evidence.fit, decrement=1e-3)
    return RULES["D1"].judge(evidence)


def test_every_rule_has_its_case():
    assert list(RULES) == list(CASES)


@pytest.mark.parametrize("id", CASES)
def test_a_sound_table_passes_the_rule_with_a_number(id):
    found = judged(id, CASES[id][0])
    assert found.outcome == "passed", found.found
    assert any(letter.isdigit() for letter in found.found)


@pytest.mark.parametrize("id", CASES)
def test_the_rule_catches_its_fault(id):
    _, bad, said = CASES[id]
    found = stopped_early(bad) if id == "D1" else judged(id, bad)
    assert found.outcome == "failed", found.found
    assert said in found.found


@pytest.mark.parametrize(("id", "points"), [("C4", SOUND), ("C4", sound(truth=bent)), ("C9", sound(truth=bent))])
def test_a_rule_is_undecided_where_the_interval_holds_its_limit(id, points):
    found = judged(id, case(points))
    assert found.outcome == "undecided", found.found
    low, high = (float(end) for end in found.found.rsplit("[", 1)[1].rstrip("]").split(", "))
    assert low < MOVES < high
    assert found.statement == f"Undecided: {RULES[id].title}"


@pytest.mark.parametrize("id", RULES)
def test_a_rule_has_a_true_sentence_for_passing_and_one_for_failing(id):
    rule = RULES[id]
    assert rule.title != rule.fault and max(len(rule.title), len(rule.fault)) <= 120
    made = {outcome: Finding(id, rule.title, "info", outcome, *"fpsto", rule.fault) for outcome in OUTCOMES}
    assert (made["passed"].statement, made["failed"].statement) == (rule.title, rule.fault)
    assert made["undecided"].statement != made["not run"].statement


def test_an_audit_of_the_first_releases_still_says_what_was_not_run():
    old = Finding("A1", "a title", "info", "cannot be checked", *"fpsto")
    assert old.outcome == "not run"


def test_a_forecast_written_after_its_runs_began_is_not_made_beforehand():
    late = judged("E1", case(SOUND, held_out=held_out(predicted_at="2026-11-21T09:13:01Z")))
    assert late.outcome == "failed"
    assert late.found.startswith("written 2026-11-21T09:13:01Z, after its runs: they began 2026-11-21T09:13:00Z")
    assert judged("E1", case(SOUND, held_out=held_out(after_its_runs=True))).outcome == "failed"
    untold = judged("E1", case(SOUND, held_out=held_out(runs_started="")))
    assert untold.outcome == "not run"
    assert "when the held-out runs began" in untold.found


@pytest.mark.parametrize("id", RULES)
def test_a_rule_says_what_it_prevents_how_large_that_was_and_what_to_do(id):
    rule = RULES[id]
    assert rule.severity in ("error", "warning", "info")
    assert all(len(text) > 10 for text in (rule.title, rule.prevents, rule.size, rule.source, rule.do, rule.about))
    assert any(letter.isdigit() for letter in rule.size + rule.source)


def test_a_table_with_nothing_but_sizes_and_losses_is_audited_and_says_what_it_needs():
    bare = audit(SOUND.take(np.arange(30)).replace(), only=["B", "E"])
    assert {f.outcome for f in bare.findings} >= {"passed", "not run"}
    poor = audit(SOUND.kept.take(np.arange(5)))
    assert all(f.found for f in poor.findings)
    for finding in audit(isoflop(), only=["A1", "A2", "B1", "B4", "B6"]).findings:
        assert finding.outcome == "not run"
        assert finding.found.startswith("needs ")
        assert any(name in finding.found for name in ("n_layer", "warmup_steps", "lr", "batch_tokens"))


@pytest.mark.parametrize("columns", [{"arch": ["universal", "transformer"]}, {"reuse": [8.0, 1.0]}])
def test_blocks_that_are_used_several_times_are_no_mistaken_unit(columns):
    reused = np.arange(len(SOUND)) < 5
    table = SOUND.replace(flops_exact=SOUND["flops_exact"] * np.where(reused, 8, 1))
    assert judged("A3", case(table)).outcome == "failed"
    labelled = table.replace(**{name: np.where(reused, *both) for name, both in columns.items()})
    assert judged("A3", case(labelled)).outcome == "passed"


def test_the_groups_are_those_of_the_rules():
    assert {id[0] for id in RULES} == set(GROUPS)
    assert [sum(id[0] == group for id in RULES) for group in GROUPS] == [8, 10, 9, 13, 11]


def test_an_audit_goes_through_json_and_back():
    made = audit(SOUND, held_out=held_out(), plans=(plan(),), only=["B", "C", "D1", "E1", "E10"])
    assert {finding.outcome for finding in made.findings} == {"passed", "undecided", "not run"}
    assert from_plain(Audit, to_plain(made)) == made


def test_rules_are_chosen_by_id_and_by_group():
    assert [f.id for f in audit(SOUND, only=["B1", "A"]).findings] == [*(f"A{i}" for i in range(1, 9)), "B1"]
    with pytest.raises(MisuseError, match="no rule is called 'B11'"):
        audit(SOUND, only=["B11"])


def test_a_table_of_which_no_row_takes_part_is_refused():
    with pytest.raises(PointsError, match="no row takes part"):
        audit(SOUND.replace(excluded_because=["broken"] * len(SOUND)))


def test_morans_i_is_the_textbook_value_on_a_chain_and_white_noise_has_none():
    rng = np.random.default_rng(0)
    place, height = np.arange(400.0), np.zeros(400)
    index, p = morans_i(place, height, np.sin(place / 20), rng)
    assert index.value > index.low > 0.8
    assert p.value == pytest.approx(0.001)
    index, p = morans_i(place, height, rng.standard_normal(400), rng)
    assert abs(index.value) < 0.1
    assert index.low < 0 < index.high < 0.2
    assert p.low > 0.05


def test_strict_exits_with_one_on_an_error_and_with_zero_without(tmp_path):
    good, bad = (
        written_as(tmp_path / "good.csv", SOUND),
        written_as(tmp_path / "bad.csv", scaled(SOUND, warmup_steps=150)),
    )
    assert spoken("audit", good, "--only", "B1", "--strict")[0] == 0
    assert spoken("audit", bad, "--only", "B1")[0] == 0
    code, out, _ = spoken("audit", bad, "--only", "B1", "--strict", "--json")
    found = json.loads(out)
    assert code == 1
    assert found["findings"][0]["outcome"] == "failed"


def test_the_command_says_failures_first_with_what_to_do(tmp_path):
    bad = written_as(tmp_path / "bad.csv", scaled(SOUND, warmup_steps=150))
    code, out, _ = spoken("audit", bad, "--only", "A8,B1")
    assert code == 0
    assert out.startswith("2 rules: 1 failed (1 error")
    assert out.index("B1 ERROR") < out.index("passed:") < out.index("A8")
    assert "do: Scale the warm-up" in out


def written_as(path, points):
    """Write points as CSV, labels and all."""
    write_points(points, path)
    return path


def test_the_page_of_the_audit_is_what_its_command_writes():
    made = runpy.run_path(str(ROOT / "benchmarks" / "audit_rules.py"))["page"]()
    assert (ROOT / "docs" / "audit.md").read_text(encoding="utf-8") == made, (
        "docs/audit.md is out of date. Run: python benchmarks/audit_rules.py --write docs/audit.md"
    )


def test_a_table_of_two_recipes_is_audited_across_them_as_it_is_fitted(tmp_path):
    rows = [row | {"recipe": "ab"[i % 2]} for i, row in enumerate(grid())]
    table = written(tmp_path / "t.csv", rows)
    words = ("audit", table, "--only", "A5")
    for asked, note in ((), ""), (("--across", "recipe"), "one law is fitted across 2 recipes"):
        code, out, err = spoken(*words, *asked)
        assert code == 0 and note in err and "2 recipes (recipe: a 24, b 24)" in out.replace("\n      ", " ")
        assert ("put together by --across recipe" in " ".join(out.split())) == bool(asked)
        assert "1 failed (1 error, 0 warnings, 0 info)" in out
    assert spoken(*words, "--across", "recipee")[0] == 2


@pytest.mark.parametrize("option", ["--across", "--where", "--map", "--unit", "--checkpoints", "--burn-in"])
def test_an_option_of_a_table_is_refused_beside_a_study_s_folder(option, tmp_path):
    open_store(tmp_path / "study", create=True)
    code, _, err = spoken("audit", tmp_path / "study", option, "x=y")
    assert code == 2 and f"{option} is for a table of points" in err and "scalinglaws points" in err
