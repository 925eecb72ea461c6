"""One of every record that a public verb gives, made by hand of few numbers, so that its text never hangs on a fit.

`python tests/records_made.py` writes tests/texts/ again: read the difference before you commit it.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from report_sample import sample

import scalinglaws as sl
from scalinglaws import DrawnFit, Draws, Fit, Forecast, Frontier, Ledger, Optima, Plan, Points, Prediction, fit_arms
from scalinglaws.arms.arms_fit import ArmsFit, Multiplier
from scalinglaws.arms.mixtures import MixedLoss, Mixtures
from scalinglaws.arms.proposals import Proposal
from scalinglaws.claims.claim import Findings, Verdict
from scalinglaws.claims.eight import Judged
from scalinglaws.comparing.backtest import Cut
from scalinglaws.comparing.comparison import AtReach, Compared, Comparison
from scalinglaws.comparing.ensemble import Ensemble
from scalinglaws.counting.compared import Convention, Conventions, Moved, Refit, Unavailable
from scalinglaws.counting.local_exponent import AtCompute, LocalExponents
from scalinglaws.designing.study_file import Study
from scalinglaws.fitting.fit import fit
from scalinglaws.frontiers.budgets import Budget, Line
from scalinglaws.frontiers.critical_batch import CriticalBatch
from scalinglaws.frontiers.isoquants import Isoquant
from scalinglaws.frontiers.sweep_lines import SweepLine
from scalinglaws.frontiers.sweeps import CellOptimum, Sweeps
from scalinglaws.measurements.sheet import Constant, Measurements, Sheet
from scalinglaws.planning.asked_quantity import AskedFor
from scalinglaws.planning.hardware import TrainingCost
from scalinglaws.planning.planned import Alternative, PlannedShape, Within
from scalinglaws.planning.published import LawSpread, Optimum
from scalinglaws.planning.rates_and_batches import Setting
from scalinglaws.planning.scored_designs import Score
from scalinglaws.planning.train_to_test import TrainToTest
from scalinglaws.predicting.curve import CurveForecast
from scalinglaws.predicting.ledger import Foretold
from scalinglaws.records.public_record import PublicRecord
from scalinglaws.reporting.drawing.drawing import Axis, ChartPanel, Drawing, line
from scalinglaws.reporting.drawing.drawing import points as mark_of_points
from scalinglaws.reporting.drawing.drawn_figure import DrawnFigure
from scalinglaws.results.audited import Audit, Finding, WaterfallStep
from scalinglaws.results.fitted import Estimate
from scalinglaws.run.shape import Shape
from scalinglaws.studying.designed_for import Candidate, DesignFor
from scalinglaws.studying.merge import Merged
from scalinglaws.studying.next_runs import NextRun, NextRuns

TEXTS = Path(__file__).parent / "texts"
CONSTANTS = {"E": 1.7, "A": 400.0, "B": 410.0, "alpha": 0.34, "beta": 0.28}


def points() -> Points:
    """Nine runs, one of them excluded, with a name that HTML must escape and a loss that is missing."""
    sizes, tokens = np.repeat([1e7, 1e8, 1e9], 3), np.tile([1e9, 1e10, 1e11], 3)
    loss = 1.7 + 400 / sizes**0.34 + 410 / tokens**0.28
    loss = np.round(loss * (1 + 0.002 * np.array([1, -1, 2, 0, 1, -2, 1, 0, -1])), 4)
    loss[8] = np.nan
    names = [f"run {i}" for i in range(8)] + ["<b>R&D</b>"]
    reasons = [""] * 8 + ["no loss"]
    columns = {"run_id": names, "params_total": sizes, "tokens": tokens, "loss_nats": loss, "excluded_because": reasons}
    return Points(columns, "a table & more.csv", notes=("1 row has no loss.",))


@cache
def made_fit() -> Fit:
    """A fit whose numbers are set by hand."""
    found = fit("chinchilla", points(), fix={"E": 1.7})
    named = {"objective": 1.25e-5, "delta": 0.0018, "r2": 0.9987, "rms_log": 0.00171, "starts_agreeing": 0.9}
    return replace(found, values=CONSTANTS, noise=0.0016, decrement=1e-12, **named)


def made_draws() -> Draws:
    """Five draws about the constants."""
    values = np.array(list(CONSTANTS.values())) * (1 + 0.01 * np.arange(-2, 3))[:, None]
    values[:, 0] = 1.7
    return Draws(made_fit(), values, tuple(CONSTANTS), "pairs", 0)


def drawn_fit() -> DrawnFit:
    """The fit with those draws."""
    found = sl.fit("chinchilla", points(), fix={"E": 1.7})
    named = {name: getattr(made_fit(), name) for name in ("objective", "delta", "r2", "rms_log", "starts_agreeing")}
    found = replace(found, values=CONSTANTS, **named)
    found.__dict__["draws"] = made_draws()  # in place of those that it would make
    return found


def forecast() -> Forecast:
    """Three targets: one that the runs determine, one that they do not, one wider than all that was seen."""
    at = {"N": np.array([1e9, 1e10, 1e12]), "D": np.array(2e10)}
    return Forecast(
        value=np.array([2.59, np.nan, np.nan]),
        low=np.array([2.57, 2.1, 0.4]),
        high=np.array([2.61, 2.6, 9.0]),
        level=0.95,
        determined=np.array([True, False, False]),
        field_share=np.array([0.1, 0.8, 0.9]),
        reach=np.array([0.2, 2.0, 2e4]),
        inside_domain=np.array([True, False, False]),
        informative=np.array([True, True, False]),
        kind="run",
        noise=0.0016,
        discrepancy=0.02,
        prior="field",
        tested=2000.0,
        n=8,
        columns={"N": "params_total", "D": "tokens", "L": "loss_nats"},
        at=at,
        warnings=("8 runs: the interval was measured on forecasts from 10 runs or more.",),
    )


def prediction() -> Prediction:
    """Two targets, of which one is beyond all that the runs can tell."""
    at = {"N": np.array([1e9, 1e12]), "D": np.array(2e10)}
    columns = [np.array(pair) for pair in ([2.59, 2.2], [2.57, 0.9], [2.61, 9.0], [0.2, 200.0])]
    value, low, high, reach = columns
    inside, told, form = np.array([True, False]), np.array([True, False]), np.array([0.0, 0.06])
    return Prediction(
        *(value, low, high, 0.95, reach, "6ND", inside, "run", 0.002, form, at, told, ("far: 200 times the compute",)),
        law="chinchilla alone",
    )


def ledger() -> Ledger:
    """A forecast that was hit, one that was missed, one that says nothing, and one without its run."""
    columns = {"N": "params_total", "D": "tokens", "L": "loss_nats"}

    def made(n: float, why: str = "", measured: float | None = None) -> Foretold:
        at = {"N": n, "D": 2e10}
        ends = 2.59, 2.57, 2.61, 0.95, 3.0
        return Foretold("2026-01-01T00:00:00Z", "a law", "abc", at, columns, *ends, why, measured=measured)

    return Ledger(
        (made(1e9, measured=2.6), made(2e9, measured=2.7), made(3e9, "too wide", 2.6), made(4e9)), "kept.jsonl"
    )


def _settings() -> tuple[Setting, ...]:
    return (
        Setting(
            "porian-lr", "Porian et al. 2024", 0.0021, None, True, "peak of a cosine. AdamW", {"N": "params_total"}
        ),
        Setting("li-batch", "Li et al. 2025", None, 4.2e5, None, "tokens of a step.", {"D": "tokens"}),
        Setting("old-lr", "An old paper", 0.1, None, False, "far away", {}, ("N lies outside",), "", True),
    )


def plan() -> Plan:
    """A plan with a model that can be built and what it costs."""
    shape = PlannedShape(
        Shape(n_layer=12, d_model=768, n_heads=12, d_ff=3072, n_vocab=50257, n_ctx=1024),
        *(84934656, 124337664, 2.1e9, 3.2512, 0.0004, 0.013, 1.6e18, 2.5e9, 1.25),
    )
    return Plan(
        law="chinchilla",
        columns={"N": "params_total", "D": "tokens", "L": "loss_nats"},
        policy="compute-optimal; C = 6 N D",
        flops=1e18,
        reach=4.2,
        params=Estimate(1.1e8, 0.9e8, 1.4e8),
        tokens=Estimate(1.5e9, 1.2e9, 1.9e9),
        loss_nats=Estimate(3.25, 3.2, 3.3),
        batch_tokens=Estimate(2.6e5, 1.1e5, 6e5, 1.0),
        steps=Estimate(5800.0, 2500.0, 13600.0, 1.0),
        lr=None,
        settings=_settings(),
        sizes=(Within(0.01, 8e7, 1.6e8), Within(0.05, 6e7, 2.2e8)),
        alternatives=(Alternative(8e7, 2.1e9, 3.251, 0.0003, 0.01),),
        shapes=(shape,),
        epochs=1.5,
        cost=TrainingCost(4e14, 8, 5.5, 0.69, 11.0),
        by_law={"kaplan-nd": Estimate(2.1e8, 1e8, None)},
        warnings=("the target is 4.2 times the largest compute fitted.",),
    )


def optima() -> Optima:
    """Two laws on one budget, and one that says nothing."""
    return Optima(
        flops=1e18,
        params=1.1e8,
        tokens=1.5e9,
        loss_nats=3.25,
        loss_source="chinchilla",
        optima=(
            Optimum(
                "chinchilla", "Hoffmann et al. 2022", {"N": "params_total"}, "least loss", 1.1e8, 1.5e9, 3.25, False
            ),
            Optimum("tokens-only", "Somebody <2024>", {}, "allocation", None, 2e9, None, None),
        ),
        settings=_settings(),
        spreads=(LawSpread("params", 1, 1.0, 0, None),),
        skipped={"farseer": "it has no closed form", "gadre": "it has no closed form"},
        sentences=("One law alone gives a size.",),
    )


def comparison() -> Comparison:
    """Three laws: the best, one that cannot be told from it, one that could not be tried."""
    cut = Cut(1e18, 20, 3, 2.5, 0.01, 0.002, 0.67, np.array([0.5, 1.3, np.nan]), np.zeros(3), np.ones(3))
    best = Compared("chinchilla", 5, 0.0041, 0.0052, 0.91, -120.5, 0.0032, 0.8)
    best = replace(best, reaches=(AtReach(1.0, 2.0, 12, 0.004, 0.92),), cuts=(cut,))
    next_ = Compared("kaplan-nd", 4, 0.0049, 0.0061, 0.88, -118.0, 0.0036, 0.2, Estimate(0.0008, -0.0004, 0.002))
    none = Compared("farseer", 9, failed="below 1e+18: 20 points cannot carry 9 constants")
    return Comparison((best, next_, none), "flops", (1e18, 3e18), 14, 0.95, ("kaplan-nd",), ("14 runs are few.",))


def ensemble() -> Ensemble:
    """Two laws that weigh 3 to 1."""
    return Ensemble(
        (made_draws(), made_draws()), (0.75, 0.25), "stacking", "weighed on 14 predictions.", {"chinchilla": 0.01}
    )


def frontier() -> Frontier:
    """Three budgets, one of them a bound."""
    budgets = (
        Budget(1e17, 3e7, 5.5e8, 3.9, 5),
        Budget(1e18, 1e8, 1.7e9, 3.4, 5),
        Budget(1e19, 3e8, 5.5e9, 3.1, 4, "largest-is-best"),
    )
    draws = np.array([[18.4, 0.48], [18.42, 0.5], [18.44, 0.52]])
    line = Line("params_total", Estimate(0.5, 0.48, 0.52), Estimate(1e8, 0.98e8, 1.02e8), 1e18, draws)
    columns = {"params": "params_total", "tokens": "tokens", "flops": "flops_6nd_total", "loss": "loss_nats"}
    told = ("two budgets are few.",)
    return Frontier("isoflop", columns, budgets, line, None, None, "a parabola in ln N", "runs resampled", 14, told)


def critical_batch() -> CriticalBatch:
    """One usable loss and one whose critical batch lies above the batches."""
    usable = Isoquant(3.0, 1e8, 2000.0, 1e9, Estimate(5e5, 4e5, 6e5), 6, 0.012)
    above = Isoquant(2.8, 1e8, 3000.0, 2e9, Estimate(9e6), 6, 0.02, "above-batches", (2e6,))
    return CriticalBatch((usable, above), Estimate(2e8, 1e8, 3e8), Estimate(0.21, 0.19, 0.23), Estimate(1.1, 0.9, 1.3))


def audit() -> Audit:
    """A rule that failed, one that passed, one that could not be checked, and a step of the waterfall."""
    same = (
        "two studies that cannot be compared",
        "an exponent of .73 against .50",
        "Pearce & Song 2024",
        "name the count",
    )
    findings = (
        Finding("A1", "Parameters are counted in a named way", "error", "failed", "a is .57 to .73", *same),
        Finding("B2", "Every run ends its decay", "warning", "passed", "9 of 9", *same),
        Finding("C3", "Budgets lie on a grid", "info", "not run", "needs flops", *same),
    )
    steps = (
        WaterfallStep("as Kaplan", Estimate(0.73, 0.7, 0.76), None, 9, "N without embeddings"),
        WaterfallStep("all parameters", None, None, 0, "needs params_total"),
    )
    return Audit("runs.csv", findings, steps)


def findings() -> Findings:
    """One claim that passed, one that failed, one whose runs are missing."""
    verdicts = (
        Verdict("S1", "Loss is a power law in N.", "no curvature", "curvature 0.01 [-0.02, 0.04]", "passed", "holds"),
        Verdict("S2", "Depth hardly matters.", "spread below 1%", "spread 4%", "failed", "4% is more than 1%"),
        Verdict("S3", "Recurrent models flatten.", "a bend", "", "undecided", "needs lstms", (), ("needs lstms",)),
    )
    constant = Constant("alpha_N", "exponent of N", Estimate(0.08, 0.07, 0.09), 0.076, "eq 1.1", "nine runs")
    sheet = Sheet(
        "sizes", "Sizes", "a row a size", ("N", "loss", "note"), ((1e7, 3.9, None), (1e8, float("nan"), "bad"))
    )
    eight = (Judged(1, "Scale matters and shape does not.", "failed", ("S1", "S2"), "S1 passed; S2 failed"),)
    return Findings(verdicts, Measurements((constant,), (sheet,), ("no family 'lstm'",)), eight)


def conventions() -> Conventions:
    """Two counts of N by one route, and one count that the table cannot give."""
    total = Convention("params_total", "tokens", "flops_6nd_total", "loss_nats", True)
    without = Convention("params_nonembedding", "tokens", "flops_6nd", "loss_nats", True)
    tokens = Estimate(1.5e9, 1.2e9, 1.9e9)
    refits = (
        Refit(
            "law", total, Estimate(0.45, 0.43, 0.47), Estimate(1e8, 9e7, 1.1e8), 1e8, tokens, {"alpha": Estimate(0.34)}
        ),
        Refit(
            "law", without, Estimate(0.57, 0.5, 0.6), Estimate(2e8, 1e8, 3e8), 1.5e8, tokens, {"alpha": Estimate(0.3)}
        ),
    )
    moved = (Moved("law", 0.12, total, without, 0.12, 0.07, 2.0, 1.6, 0.95),)
    lacking = (
        Unavailable("N = params_active", "no experts", (("n_experts",), ("params_active",))),
        Unavailable("x", "why"),
    )
    made = {"flops_6nd": "6 x params_nonembedding x tokens"}
    return Conventions("chinchilla", "params_total", 1e18, 4.2, 0.95, 9, refits, moved, lacking, made, ("C is C.",))


def mixed() -> Mixtures:
    """Two domains with a loss each, and a proposal whose numbers are set by hand."""
    losses = tuple(
        MixedLoss(name, i, "own-power", {"linear": 0.05, "own-power": 0.004}, np.log([1.6, 0.5, 0.35, 0.02]))
        for i, name in enumerate(("loss_web", "loss_code"))
    )
    told = {"loss_web": Estimate(2.5, 2.4, 2.6), "loss_code": Estimate(1.4, 1.3, 1.5)}
    tried = {"web": 0.5, "code": 0.5}
    proposal = Proposal({"web": 0.6, "code": 0.4}, told, tried, Estimate(0.004, -0.002, 0.011), ("code",))
    return Mixtures(("web", "code"), 12, losses, {"loss_web": 0.5, "loss_code": 0.5}, proposal, 0.95, 0.9)


def curve_forecast() -> CurveForecast:
    """Three steps of a curve, whose numbers are set by hand."""
    steps, loss = np.array([100.0, 500.0, 1000.0]), np.array([3.6, 3.2, 2.9])
    rates, left_out = np.array([3e-4, 3e-4, 3e-5]), {"cosine": 0.004, "constant": 0.002}
    return CurveForecast(
        "multi-power", ("constant", "cosine"), steps, rates, loss, loss * 0.99, loss * 1.01, 0.95, left_out, 1e-3, 2.5,
        ("2 runs hardly show it.",)
    )  # fmt: skip


def sweep_optima() -> Sweeps:
    """Two cells, one of them at the end of its sweep, and a law whose numbers are set by hand."""
    good = CellOptimum(
        2e8, 4e9, 119, 21, {"lr": Estimate(2e-3, 1.8e-3, 2.3e-3)}, {"lr": 0.06}, 2.62, 2.61, {"lr": 2.8e-3}
    )
    edge = replace(good, tokens=1e10, reason="at the highest lr")
    exponents = Estimate(-0.7, -0.8, -0.6), Estimate(0.2, 0.1, 0.3)
    scale = Estimate(2.2e-3, 2e-3, 2.4e-3)
    law = SweepLine(
        "lr", scale, *exponents, 4e8, 2e10, 0.03, 17, ("params", "tokens"), np.zeros(3), np.eye(3) * 1e-3, 2.1
    )
    columns = {"params": "params_total", "tokens": "tokens", "loss": "loss_nats"}
    return Sweeps(("lr",), columns, (good, edge), {"lr": law}, 0.95, ("one of 2 cells has no optimum.",))


def local_exponents() -> LocalExponents:
    """Two computes under a fit, in a count that is not its own."""
    slopes = [Estimate(0.844, 0.8, 0.88), Estimate(0.513, 0.5, 0.53), Estimate(-0.064, -0.066, -0.062)]
    at = [AtCompute(C, Estimate(N), Estimate(C / 6 / N), *slopes) for C, N in ((1e15, 1.4e5), (1e17, 9.8e6))]
    return LocalExponents("chinchilla", "fitted", "params_nonembedding", "params_total", "as in the table", tuple(at))


@cache
def arms_fit() -> ArmsFit:
    """Two arms fitted to exact points; the numbers of the fit are set by hand."""
    sizes, tokens = (a.ravel() for a in np.meshgrid([1e7, 1e8, 1e9], [1e9, 1e10, 1e11]))
    rows = [
        (f"{arm}{i}", arm, n, d) for arm in ("code", "web") for i, (n, d) in enumerate(zip(sizes, tokens, strict=True))
    ]
    noise = np.random.default_rng(0).standard_normal(len(rows)) * 0.002
    loss = [1.7 + (400 if arm == "web" else 360) / n**0.34 + 410 / d**0.28 for _, arm, n, d in rows] * np.exp(noise)
    names = ("run_id", "arm", "params_total", "tokens")
    table = Points({**dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)), "loss_nats": loss})
    found = fit_arms("chinchilla", table, shared=["E", "B", "alpha", "beta"], draws=20)
    values = np.round(found.draws.values, 3)
    joint = replace(found.joint, starts_agreeing=1.0, outcome="converged", sentence="Every start ends there.")
    by_arm = {name: _plain_arm(one, name, joint) for name, one in found.by_arm.items()}
    return replace(found, joint=joint, draws=replace(found.draws, fit=joint, values=values), by_arm=by_arm)


def _plain_arm(one: Draws, name: str, joint: Fit) -> Draws:
    values = CONSTANTS | {"A": 400.0 if name == "web" else 360.0}
    drawn = np.array(list(values.values())) * (1 + 0.01 * np.arange(-2, 3))[:, None]
    kept = replace(one.fit, values=values, outcome=joint.outcome, sentence=joint.sentence)
    return replace(one, fit=kept, values=drawn)


def multiplier() -> Multiplier:
    """One arm needs less compute than the other, beyond its points."""
    reach = {"web": 1.0, "code": 1.5}
    return Multiplier(
        "code", "web", 0.8, 0.7, 0.95, 0.95, "frontier", "C = 6 N D with N = params_total", 3.1, 1e18, 8e17, reach,
        ("code spends 1.5 times its largest compute fitted: an extrapolation of its law.",), np.array([0.7, 0.95])
    )  # fmt: skip


def figure() -> DrawnFigure:
    """A figure of two points and a line."""
    marks = (mark_of_points([1e3, 1e4], [4.0, 3.0], label="<b>measured</b>"), line([1e3, 1e4], [4.1, 3.1], label="law"))
    panel = ChartPanel("(a) size", Axis("N (parameters)"), Axis("L (nats per token)"), marks)
    return DrawnFigure("23-x", "Figure 23: <b>a law</b>", Drawing((panel,), "Of 2 runs & 1 law."))


GOAL = AskedFor("plan", {"C": 1e14})


def _score(half: float) -> Score:
    return Score({"N*": 2 * half, "loss": half}, {"N*": half, "loss": half / 2}, 0.9, 1.0, 12)


def next_runs() -> NextRuns:
    """Two runs to add, beside the designs of the same cost."""
    runs = (
        NextRun(1e5, 3e6, 1.8e12, {"N*": 0.4, "loss": 0.02}),
        NextRun(3e5, 1e7, 1.8e13, {"N*": 0.3, "loss": 0.015}),
    )
    designs = {"chosen": (2, 2e13, _score(0.015)), "space filling": (4, 2e13, _score(0.02))}
    value, now = {"N*": 12.0, "loss": 0.3}, {"N*": 0.5, "loss": 0.03}
    return NextRuns(GOAL, value, now, runs, designs, 2e13, 1e13, "stop where a further run narrows it by less")


def design_for() -> DesignFor:
    """A design of three runs and two held out, beside another."""
    study = Study("designed", ((2, 16), (2, 24), (2, 32), (2, 48)), (), own_tokens=((1e6, 2e6), (1e6,), (2e6,), (4e6,)))
    runs = np.log(np.array([(6144.0, 1e6), (6144.0, 2e6), (13824.0, 1e6)]))
    found = tuple(Candidate(name, runs, 1e12, _score(half)) for name, half in (("space filling", 0.03), ("grid", 0.05)))
    held = ((24576.0, 2e6), (55296.0, 4e6))
    return DesignFor(GOAL, replace(study, hold_out=2), found, held, 2e12, 1.3e12, "FLOPs", ("2 sizes",))


def train_to_test() -> TrainToTest:
    """A budget for training and answering, at a surprise of .2."""
    ends = Estimate(1e9, 8e8, 1.2e9), Estimate(2e11, 1.5e11, 2.6e11), Estimate(16.0, 9.0, 30.0)
    columns = {"N": "params_total", "D": "tokens", "k": "samples", "L": "surprise_at_k"}
    surprise = replace(prediction(), value=np.float64(0.2), low=np.float64(0.18), high=np.float64(0.23))
    return TrainToTest(2e21, 1e9, 500.0, columns, *ends, 0.6, surprise, 0.31, 4.0, ("a warning",))


def merged() -> Merged:
    """Two stores in one, with a note."""
    return Merged("both", ("here", "there"), 7, 3, 1, 1, ("prediction.json is that of here, which was made first.",))


RECORDS: dict[str, Callable[[], PublicRecord]] = {
    "points": points,
    "fit": made_fit,
    "draws": made_draws,
    "drawn_fit": drawn_fit,
    "forecast": forecast,
    "prediction": prediction,
    "ledger": ledger,
    "plan": plan,
    "optima": optima,
    "comparison": comparison,
    "ensemble": ensemble,
    "frontier": frontier,
    "critical_batch": critical_batch,
    "audit": audit,
    "findings": findings,
    "conventions": conventions,
    "mixtures": mixed,
    "curve": curve_forecast,
    "next_runs": next_runs,
    "design_for": design_for,
    "local_exponents": local_exponents,
    "sweeps": sweep_optima,
    "arms_fit": arms_fit,
    "multiplier": multiplier,
    "study_results": sample,
    "figure": figure,
    "merged": merged,
    "train_to_test": train_to_test,
}


def faces(record: PublicRecord) -> dict[str, str]:
    """How a record shows itself: file ending -> text."""
    drawn_elsewhere = re.sub(r"<svg.*?</svg>\n", "", record._repr_html_(), flags=re.DOTALL)
    return {"txt": f"{record!r}\n\n{record}\n", "html": drawn_elsewhere + "\n"}


if __name__ == "__main__":
    for name, make in RECORDS.items():
        for ending, text in faces(make()).items():
            (TEXTS / f"{name}.{ending}").write_text(text, encoding="utf-8")
