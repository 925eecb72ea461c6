"""The text of a fit: its constants, the most influential runs, and how well it predicted its own larger runs."""

from dataclasses import dataclass

from ..errors import FitError, PointsError
from ..records.json_values import finite
from ..records.numbers_in_text import share
from ..records.text_blocks import Block, rows_of
from .fits_given import Fitted

MOST_RUNS = 1000  # each left out in turn
QUICK = 400  # points up to which a backtest takes under a second
QUICK_DRAWS, FULL_DRAWS = 100, 300
FAR_SHIFT = 100  # standard errors; a larger shift is written as more than that
SHOWN = 3  # influential runs in addition to the outlying ones


@dataclass(frozen=True)
class Carried:
    """A run, and the fit without it; `wild` is its distance from the fit of the others, if noise cannot explain it."""

    run: str
    parameter: str
    full: float
    without: float
    shift: float
    wild: float | None


@dataclass(frozen=True)
class Tested:
    """A backtest: its cuts, or why there is none; whether `every` cut was tried."""

    cuts: tuple = ()
    skipped: str = ""
    every: bool = False


def carried(a: Fitted) -> tuple[Carried, ...]:
    """List the outlying runs, and the most influential of the others; none if there are too many runs."""
    from ..comparing.influence import influence

    found = a.fit
    wild = _wild(found)
    if not 2 <= found.n_clusters <= MOST_RUNS:
        return ()
    rows = influence(found)
    others = [row for row in rows if row.run not in wild][:SHOWN]
    shown = sorted((row for row in rows if row.run in wild), key=lambda row: -abs(wild[row.run])) + others
    return tuple(
        Carried(r.run, r.parameter, float(found.values[r.parameter]), r.without[r.parameter], r.shift, wild.get(r.run))
        for r in shown
    )


def _wild(found) -> dict[str, float]:
    """Find runs with a point too far off for noise: run -> robust standard deviations, observed minus predicted."""
    from ..fitting.losses import LEAST_SCALE
    from ..fitting.outliers import WILD, unmasked_residuals

    u, sd = unmasked_residuals(found.problem, found.z)
    far: dict[str, float] = {}
    if sd < LEAST_SCALE:  # the others lie exactly on the law: there is no noise to compare with
        return far
    for i in (abs(u) > max(WILD * sd, 1e-6)).nonzero()[0]:
        far[str(found.clusters[i])] = float(-u[i] / sd)
    return far


def backtested(a: Fitted, asked: bool | None) -> Tested:
    """Fit below several computes and predict above them; by default only if that is quick and possible."""
    from ..comparing.backtest import backtest
    from ..laws import LAWS

    law = a.fit.law
    if asked is False:
        return Tested(skipped="not asked for")
    if asked is None and (a.fit.n > QUICK or LAWS.get(law.name) is not law):
        return Tested(skipped="it would take over a second; use --backtest for it")
    n = QUICK_DRAWS if asked is None else FULL_DRAWS
    try:
        cuts = None if asked else _quick_cuts(a)
        made = backtest(law, a.points, cuts, by=a.by, level=a.level, draws=n, seed=a.seed, options=a.options[0])
        if all(cut.failed for cut in made):
            raise PointsError(f"{law.name} could not be fitted below any of {len(made)} computes: {made[0].failed}")
    except (FitError, PointsError) as failure:
        if asked:
            raise
        return Tested(skipped=str(failure))
    return Tested(made, every=asked is True)


def _quick_cuts(a: Fitted) -> list[float] | None:
    """Take every other default cut, including the last."""
    from ..comparing.backtest import compute_column, default_cuts

    cuts = default_cuts(compute_column(a.points.kept, a.by), len(a.fit.law.parameters))
    return cuts[::-2][::-1] or None


def text(a: Fitted, runs: tuple[Carried, ...], tested: Tested) -> list[Block]:
    """Write the report for a person."""
    from ..uncertainty.draws_text import draws_blocks

    return [*draws_blocks(a.draws[0], a.level), *_sloppy(a), *_carried(runs), *_tested(tested)]


def _loosest(a: Fitted):
    from ..uncertainty.sloppy import sloppy

    if "schedule" in a.fit.law.inputs:  # another run would be a schedule, not a pair of inputs
        return None
    try:
        return sloppy(a.fit)
    except FitError:
        return None


def _sloppy(a: Fitted) -> list[str]:
    loosest = _loosest(a)
    return [f"least determined: {loosest.sentence}"] if loosest else []


def _moves(shift: float) -> str:
    if abs(shift) == float("inf"):
        return "no optimum without it"
    return f"{shift:+.2f} se" if abs(shift) < FAR_SHIFT else f"over {FAR_SHIFT} se"


def _carried(runs: tuple[Carried, ...]) -> list[Block]:
    if not runs:
        return []
    rows = [
        (
            r.run,
            "" if r.wild is None else f"{r.wild:+.0f} sd",
            f"{r.parameter} {r.full:.4g} -> {r.without:.4g}",
            _moves(r.shift),
        )
        for r in runs
    ]
    return ["the most influential runs, each left out in turn:", rows_of(("run", "off", "without it", "moves"), rows)]


def _tested(tested: Tested) -> list[Block]:
    if not tested.cuts:
        return [f"backtest: none; {tested.skipped}"]
    rows = [
        (
            f"C <= {c.at:.3g}",
            c.fitted,
            c.held,
            f"{c.reach:.1f}x",
            share(c.rms_log),
            f"{c.bias_log:+.2%}",
            share(c.coverage),
        )
        for c in tested.cuts
        if not c.failed
    ]
    head = ("fitted", "points", "asked", "reach", "rms error", "bias", "held")
    more = "" if tested.every else " (at every compute: --backtest)"
    return [
        f"backtest: fitted to the smaller runs, tested on the larger{more}:",
        rows_of(head, rows),
        "  held: fraction inside the prediction interval, which includes the error of a law's form",
    ]


def plain(a: Fitted, runs: tuple[Carried, ...], tested: Tested) -> dict:
    """Give the report as JSON values."""
    found, drawn = a.fit, a.draws[0]
    limits = drawn.interval(a.level)
    low, high = ({name: finite(end[side]) for name, end in limits.items()} for side in (0, 1))
    loosest = _loosest(a)
    return {
        "law": found.law.name,
        "n": found.n,
        "runs": found.n_clusters,
        "cluster": found.cluster,
        "excluded": dict(found.excluded),
        "objective": float(found.objective),
        "loss": found.loss,
        "delta": finite(found.delta),
        "columns": dict(found.columns),
        "values": {name: None if name in found.unidentified else float(v) for name, v in found.values.items()},
        "fixed": dict(found.fixed),
        "tied": dict(found.tied),
        "interval": {"level": a.level, "method": drawn.method, "low": low, "high": high},
        "r2": finite(found.r2),
        "rms_log": float(found.rms_log),
        "starts_agreeing": float(found.starts_agreeing),
        "outcome": found.outcome,
        "sentence": found.sentence,
        "fingerprint": found.fingerprint,
        "loosest": loosest and {"sentence": loosest.sentence, "run": loosest.run},
        "influence": [
            {
                "run": r.run,
                "wild_sd": r.wild,
                "parameter": r.parameter,
                "without": finite(r.without),
                "shift_se": finite(r.shift),
            }
            for r in runs
        ],
        "backtest": _tested_plain(tested),
        "warnings": a.warnings(),
    }


def _tested_plain(tested: Tested) -> dict:
    numbers = ("reach", "rms_log", "bias_log", "coverage")
    return {
        "skipped": tested.skipped,
        "cuts": [
            {"at": c.at, "fitted": c.fitted, "held": c.held, "failed": c.failed}
            | {name: finite(getattr(c, name)) for name in numbers}
            for c in tested.cuts
        ],
    }
