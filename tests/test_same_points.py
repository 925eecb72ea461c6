"""Every verb, and the audit, speak of the same rows of a table: those that stand for runs."""

from dataclasses import replace

import numpy as np
import pytest
from report_sample import sample

import scalinglaws as sl
from scalinglaws.auditing.bearing import bearing, bearing_on, in_lines
from scalinglaws.auditing.evidence import Evidence
from scalinglaws.fitting.fit import fit
from scalinglaws.points.along_runs import untold
from scalinglaws.results.sentences import five_sentences

FINISHED = 30  # runs of six sizes at five horizons


def runs() -> dict[str, np.ndarray]:
    """Finished runs of a known law, with a little noise."""
    rng = np.random.default_rng(4)
    size, tokens = (x.ravel() for x in np.meshgrid(np.geomspace(2e7, 2e9, 6), np.geomspace(1e9, 1e11, 5)))
    loss = (1.75 + 350 / size**0.33 + 520 / tokens**0.29) * np.exp(0.003 * rng.standard_normal(30))
    ids = np.array([f"r{i}" for i in range(30)])
    return {"run_id": ids, "params_total": size, "tokens": tokens, "loss_nats": loss}


def several(times: int, **columns) -> dict[str, np.ndarray]:
    """Every run `times` over, with columns given for each time."""
    made = {name: np.repeat(column, times) for name, column in runs().items()}
    return made | {name: np.tile(np.asarray(column), FINISHED) for name, column in columns.items()}


def mid_decay() -> dict[str, np.ndarray]:
    made = several(4, share=[0.25, 0.5, 0.75, 1.0], lr_schedule=["cosine"] * 4)
    share = made.pop("share")
    return made | {"tokens": made["tokens"] * share, "loss_nats": made["loss_nats"] * (1 + 0.05 * (1 - share))}


def swept() -> dict[str, np.ndarray]:
    made = several(3, lr=[1e-3, 2e-3, 4e-3])
    worse = 1 + 0.05 * np.abs(np.log2(made["lr"] / 2e-3))
    names = np.char.add(made["run_id"], [f"-{lr:g}" for lr in made["lr"]])
    return made | {"loss_nats": made["loss_nats"] * worse, "run_id": names}


def crashed() -> dict[str, np.ndarray]:
    made = several(2, state=["finished", "crashed"])
    names, off = np.char.add(made["run_id"], made["state"]), np.where(made["state"] == "crashed", 1.2, 1.0)
    return made | {"run_id": names, "loss_nats": made["loss_nats"] * off}


TABLES = {"mid-decay": mid_decay, "untuned": swept, "failed": crashed}


@pytest.mark.parametrize("kind", TABLES)
def test_the_fit_and_the_audit_speak_of_the_rows_that_stand_for_runs(kind):
    points = sl.read(TABLES[kind]())
    truth = fit("chinchilla", sl.read(runs()))
    found = fit("chinchilla", points)
    assert found.n == FINISHED
    assert found.values == pytest.approx(truth.values, rel=1e-6)
    assert Evidence(points).fit.n == FINISHED
    assert len(sl.read(TABLES[kind](), keep_rows=kind).kept) == len(points)


@pytest.mark.slow
@pytest.mark.parametrize("kind", TABLES)
def test_every_other_verb_speaks_of_them_too(kind):
    points = sl.read(TABLES[kind]())
    assert bearing_on(fit("chinchilla", points), points) == bearing_on(
        fit("chinchilla", sl.read(runs())), sl.read(runs())
    )
    cuts = sl.backtest("chinchilla", points, draws=10)
    assert {cut.fitted + cut.held for cut in cuts} == {FINISHED}
    ranked = sl.compare(points, ["chinchilla"], draws=10, folds=2).laws[0]
    assert {cut.fitted + cut.held for cut in ranked.cuts} == {FINISHED}
    assert sl.conventions(points, "chinchilla", routes=("law",), draws=10).points == FINISHED
    arms = sl.fit_arms("chinchilla", points.replace(arm=np.repeat(["x", "y"], len(points) // 2)), draws=10)
    assert arms.joint.n == FINISHED
    assert sl.frontier("isoflop", points.replace(budget=points["tokens"]), budget="budget").runs == FINISHED


def unfolded(made) -> str:
    return " ".join(str(made).split())


@pytest.mark.slow
def test_what_fails_stands_beside_a_number_for_which_no_law_is_named():
    points = sl.read(runs() | {"tokens_unique": np.full(len(runs()["loss_nats"]), 2e9)})
    for made in (sl.forecast(points, {"N": 1e9, "D": 2e10}), sl.plan(points, 1e21)):
        rules = in_lines(bearing(points, {"N": "params_total", "D": "tokens"}))
        assert any(" A6 " in line for line in rules)
        assert [one for one in made.warnings if one.startswith("audit rule")] == list(rules)
        assert all(unfolded(made).count(f"warning: {line}") == 1 for line in rules)


def test_what_is_left_out_and_what_fails_stands_beside_every_number_in_python():
    points = sl.read(mid_decay() | {"tokens_unique": np.full(120, 2e9)})
    fitted = sl.fit("chinchilla", points, draws=20)
    left_out = "left out: 90 rows; mid-decay: before the end of its schedule"
    rules = bearing_on(fitted, points)
    assert any(" A6 " in line for line in rules)
    drawn, at = fitted.draws, {"N": 1e9, "D": 2e10}
    for made in (fitted, fitted.predict(**at), fitted.plan(1e21), sl.predict(drawn, at), sl.plan(drawn, 1e21)):
        for line in (left_out, *rules):
            assert unfolded(made).count(line) == 1
            assert line.partition("<")[0][:40] in made._repr_html_().replace("&#x27;", "'")


def test_rows_of_unknown_standing_are_a_warning_of_every_verb_in_python():
    table = mid_decay()
    del table["lr_schedule"]
    points = sl.read(table)
    (said,) = untold(points)
    fitted = sl.fit("chinchilla", points, method="sandwich", draws=20)
    for made in (fitted, fitted.predict(N=1e9, D=2e10), fitted.plan(1e21)):
        assert unfolded(made).count(said) == 1


@pytest.mark.slow
def test_rows_of_unknown_standing_are_a_warning_of_the_verbs_that_refit():
    table = mid_decay()
    del table["lr_schedule"]
    points = sl.read(table)
    (said,) = untold(points)
    assert said in sl.compare(points, ["chinchilla"], draws=10, folds=2, above=1e20).warnings
    assert said in sl.conventions(points, "chinchilla", routes=("law",), draws=10).warnings


def test_the_first_block_of_a_report_names_the_rows_before_the_law():
    points = sl.read(crashed())
    law, *others = sample().fits
    law = replace(law, first_said=("law 'kaplan-n' is one of N alone, and tokens varies 17-fold in these rows.",))
    table = sample(of="table", points=points, fits=(law, *others), law=law.law)
    said = dict(five_sentences(table))
    assert list(said)[:3] == ["Points", "Doubts", "Law"]
    assert said["Doubts"].startswith("30 of 60 rows take no part: failed (30). law 'kaplan-n' is one of N alone")
    assert all(f"Rule {one.id} of the audit fails" in said["Doubts"] for one in table.audit.having("failed", "error"))
    whole = sample(of="table", points=sl.read(runs()), audit=None)
    assert "Doubts" not in dict(five_sentences(whole))
