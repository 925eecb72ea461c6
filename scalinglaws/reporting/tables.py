"""The tables of the page: rows of record fields, each cell with its text and the value by which it is sorted."""

from collections.abc import Callable

import numpy as np

from ..errors import counted
from ..records.numbers_in_text import (
    ABSENT,
    UNIDENTIFIED,
    count,
    duration,
    explained,
    number,
    percent,
    plus_minus,
    stated,
)
from ..results.attempt import attempt
from ..results.fitted import FittedLaw
from ..results.letters import loss_unit, of_a_table
from ..results.study_results import StudyResults
from ..results.summary import minimised
from .audit_tables import findings, waterfall
from .facts import facts
from .law_trials import TRIALS, ranking, trials
from .table_cells import Cell, ReportTable, estimated, without_empty
from .use_table import TITLE, use

FLOORS = ("E", "L_inf")  # names of the irreducible loss in the laws
PUBLISHED = "Published values are of another tokenizer, text and range of sizes: not a target."


def all_tables(results: StudyResults) -> list[ReportTable]:
    """Make every table that has a row."""
    made = [_made(name, title, make) for name, title, make in _asked(results)]
    return [table for table in made if table.rows]


def _asked(results: StudyResults) -> tuple[tuple[str, str, Callable[[], ReportTable]], ...]:
    read = "The table" if of_a_table(results) else "The study file"
    versions = {**results.machine, **results.versions}
    return (
        ("constants", "Fitted constants", lambda: constants(results)),
        ("plans", "The plan", lambda: plans(results)),
        ("alternatives", "Alternatives to the plan", lambda: alternatives(results)),
        ("trials", TRIALS, lambda: trials(results)),
        ("ranking", "How well the laws predicted larger runs", lambda: ranking(results.ranking)),
        ("audit", "The audit", lambda: findings(results.audit)),
        ("waterfall", "From Kaplan's exponent to Hoffmann's", lambda: waterfall(results.audit)),
        ("runs", "All runs", lambda: runs(results)),
        ("use", TITLE, lambda: use(results.used)),
        ("seeds", "Spread over seeds", lambda: seeds(results)),
        ("corpus", "The text", lambda: facts("corpus", "The text", results.corpus)),
        ("settings", read, lambda: facts("settings", read, results.settings)),
        ("machine", "Machine and versions", lambda: facts("machine", "Machine and versions", versions)),
    )


def _made(name: str, title: str, make: Callable[[], ReportTable]) -> ReportTable:
    """Make a table; if that fails, the table has one row with the reason."""
    return attempt(make, lambda why: ReportTable(name, title, ("this table could not be made",), ((Cell(why),),)))


def constants(results: StudyResults) -> ReportTable:
    """Show every fitted constant with its interval, and the published value."""
    rows: list[tuple[Cell, ...]] = []
    for fit in results.fits:
        for name, estimate in fit.values.items():
            published = fit.published.get(name)
            given = Cell(stated(published), published) if name in fit.published else Cell(ABSENT)
            source = Cell(fit.published_source if name in fit.published else ABSENT)
            level = Cell(percent(estimate.level), estimate.level)
            named = (Cell(fit.law), Cell(minimised(fit)), Cell(name, maths=True))
            found = Cell(UNIDENTIFIED) if name in fit.unidentified else estimated(estimate)
            rows.append((*named, found, level, given, source))
        rows += _floor_row(results, fit)
    columns = ("law", "minimised", "constant", "fitted [interval]", "level", "published", "published in")
    return ReportTable(
        "constants", "Fitted constants", columns, tuple(rows), PUBLISHED, tuple(_about(fit) for fit in results.fits)
    )


def _floor_row(results: StudyResults, fit: FittedLaw) -> list[tuple[Cell, ...]]:
    """Show the known entropy of a synthetic text next to the constant term that estimates it."""
    floors = [name for name in FLOORS if name in fit.values]
    if results.true_floor_nats is None or not floors:
        return []
    truth = Cell(stated(results.true_floor_nats), results.true_floor_nats)
    return [
        (
            Cell(fit.law),
            Cell(ABSENT),
            Cell(f"{floors[0]}, true floor", maths=True),
            truth,
            Cell("exact"),
            Cell(ABSENT),
            Cell("entropy of the synthetic source"),
        )
    ]


def _about(fit: FittedLaw) -> str:
    columns = ", ".join(f"{letter} = {quantity}" for letter, quantity in fit.columns.items())
    return (
        f"{fit.law}: {fit.formula}, {columns}; {fit.loss}; "
        f"{fit.fitted_to}; "
        f"intervals by {fit.interval_method}; {explained(fit.r2)}, residual {100 * fit.rms_log:.2g}%, "
        f"objective {number(fit.objective, 4)}; {percent(round(fit.starts_agreeing, 3))} of the starts agree, "
        f"{fit.outcome}: {fit.sentence} Points {fit.fingerprint}."
    )


def runs(results: StudyResults) -> ReportTable:
    """Show every finished run and horizon: one row per point."""
    points = results.points
    shown = [(heading, write, names) for heading, write, names in _run_columns(results) if names[0] in points]
    rows = []
    for row in range(len(points)):
        values = {name: _plain(points[name][row]) for name in points.columns}
        rows.append(tuple(_cell(write, [values.get(name) for name in names]) for _, write, names in shown))
    return ReportTable(
        "runs", "All runs", tuple(heading for heading, _, _ in shown), tuple(rows), note=counted(len(points), "point")
    )


def _cell(write, values: list) -> Cell:
    first = values[0]
    return Cell(write(*values) or ABSENT, first if isinstance(first, float) else None)


def _run_columns(results: StudyResults) -> tuple:
    """List the columns of the table of runs: heading, how a value is written, and the columns of the points used."""
    n, d, c, loss = (results.counts[letter] for letter in "NDCL")
    six = "C = 6ND" if c.startswith("flops_6nd") else "C"
    known = "loss_nats_sem" in results.points or not of_a_table(results)
    error = " ± standard error" if known else ""
    return (
        ("run", str, ("run_id",)),
        (f"N ({'parameters' if n == 'params_nonembedding' else n})", count, (n,)),
        ("D (tokens)", count, (d,)),
        (f"{six} (FLOPs)", number, (c,)),
        ("seed", count, ("seed",)),
        ("peak learning rate", number, ("lr",)),
        ("steps", count, ("steps",)),
        (f"loss{error} ({loss_unit(results)})", plus_minus, (loss, "loss_nats_sem")),
        ("bits per byte", lambda value: number(value, 4), ("loss_bits_per_byte",) if loss == "loss_nats" else ("",)),
        ("seconds", lambda value: number(value, 3), ("seconds",)),
        ("outcome", str, ("outcome",)),
        ("excluded because", str, ("excluded_because",)),
    )


def plans(results: StudyResults) -> ReportTable:
    """Show what to train for each budget."""
    rows = tuple(
        (
            Cell(plan.label),
            Cell(number(plan.flops), plan.flops),
            Cell(f"{number(plan.reach, 3)}×", plan.reach),
            estimated(plan.params),
            estimated(plan.tokens),
            estimated(plan.loss_nats),
            Cell(count(plan.batch_tokens), plan.batch_tokens),
            Cell(count(plan.steps and round(plan.steps)), plan.steps),
            Cell(duration(plan.seconds), plan.seconds),
            Cell(plan.law),
        )
        for plan in results.plans
    )
    columns = (
        "budget",
        "C = 6ND (FLOPs)",
        "reach",
        "N (parameters)",
        "D (tokens)",
        f"loss ({loss_unit(results)})",
        "batch (tokens)",
        "steps",
        "time",
        "law",
    )
    timed = " Time is on this machine." if any(plan.seconds for plan in results.plans) else ""
    note = f"Reach is the compute divided by the largest fitted compute: above 1× the law is extrapolated.{timed}"
    below = tuple(f"{plan.label}: {warning}" for plan in results.plans for warning in plan.warnings)
    return without_empty(ReportTable("plans", "The plan", columns, rows, note, below), columns[-4:-1])


_HEADINGS = {
    "params": "N (parameters)",
    "params_nonembedding": "N (parameters)",
    "tokens": "D (tokens)",
    "flops": "C (FLOPs)",
    "batch_tokens": "batch (tokens)",
    "seconds": "seconds",
}


def alternatives(results: StudyResults) -> ReportTable:
    """Show other choices for each budget, since the optimum is flat."""
    listed = [(plan.label, other) for plan in results.plans for other in plan.alternatives]
    keys = list(dict.fromkeys(key for _, other in listed for key in other))
    rows = tuple((Cell(label), *(_alternative(key, other.get(key)) for key in keys)) for label, other in listed)
    headings = {**_HEADINGS, "loss_nats": f"loss ({loss_unit(results)})"}
    note = "The loss is flat near the optimum: these choices have almost the same loss."
    return ReportTable(
        "alternatives",
        "Alternatives to the plan",
        ("budget", *(headings.get(key, key.replace("_", " ")) for key in keys)),
        rows,
        note,
    )


def _alternative(key: str, value: float | None) -> Cell:
    if key == "loss_penalty" and value is not None:
        return Cell(f"{100 * value:.2f}%", value)
    return Cell(stated(value, 4), value)


def seeds(results: StudyResults) -> ReportTable:
    """Show how much the loss varies between seeds."""
    spread = results.seed_spread
    if spread is None:
        return ReportTable("seeds", "Spread over seeds", (), ())
    columns = (
        "N (parameters)",
        "D (tokens)",
        "losses (nats/token)",
        "standard deviation (nats/token)",
        "standard deviation of log loss",
    )
    losses = ", ".join(number(loss, 5) for loss in spread.losses)
    row = (
        Cell(count(spread.params_nonembedding), spread.params_nonembedding),
        Cell(count(spread.tokens), spread.tokens),
        Cell(losses),
        Cell(number(spread.sd_nats, 2), spread.sd_nats),
        Cell(number(spread.sd_log, 2), spread.sd_log),
    )
    note = f"{len(spread.losses)} runs that differ only in their seed"
    return ReportTable("seeds", "Spread over seeds", columns, (row,), note)


def _plain(value):
    return float(value) if isinstance(value, np.floating) else str(value)
