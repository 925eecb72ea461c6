"""A table of runs from any source, end to end: laws, their test on larger runs, a plan and an audit, no training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..comparing.compare import compare
from ..comparing.forecast_tested import forecast_tested
from ..errors import FitError, MisuseError, PointsError
from ..laws import law as shelf
from ..laws.declaration import Law
from ..points.one_definition import unmixed
from ..points.points import Points
from ..quantities import QUANTITIES, ROLE_OF_LETTER, playing
from ..results.fitted import LearningCurve
from ..results.study_results import KAPLAN_COUNTS, Recommendation, StudyResults
from ..results.tested import Ranking
from .budgets import budgets_by
from .fitted_laws import Inference, infer
from .laws_asked import JOINT, column_of
from .laws_shown import residuals, unsound
from .machine import versions
from .predictor import Predictor, barred_of_table, planned_by, predictor
from .study_audit import audited

PACKAGES = ("scalinglaws", "numpy", "scipy", "matplotlib")
LETTERS = ("N", "D", "C", "L")
SIX_N_D = {
    "params_nonembedding": "flops_6nd",
    "params_total": "flops_6nd_total",
    "params_with_head": "flops_6nd_with_head",
}  # the column of 6 N D, by the column of N
TIMES = 10.0  # the plan is for this many times the largest fitted compute, if no budget is given
LEAST_CURVE = 3  # minimum points of one run that make a learning curve
TRIAL_DRAWS = 200  # of every fit to the runs below a compute


@dataclass(frozen=True)
class Wanted:
    """The options for a table.

    Attributes:
        laws: laws to fit to all rows.
        named: whether the user chose the laws, so that a law which cannot be fitted is an error.
        columns: letter -> column, where it is not the column of the first law.
        budget: FLOPs to plan for; None for `TIMES` times the largest fitted compute.
    """

    laws: tuple[Law, ...] = tuple(shelf(name) for name in JOINT)
    named: bool = False
    columns: Mapping[str, str] | None = None
    budget: float | None = None
    level: float = 0.95
    draws: int = 2000
    seed: int = 0


def appraise(
    points: Points, wanted: Wanted, *, name: str = "", notes: Sequence[str] = (), command: str = ""
) -> StudyResults:
    """Make the results of a study from a table of runs: everything that its columns allow.

    The laws are ranked by how well they predict the larger runs. The plan is the default forecast's, or of the best of
    the laws that the user named. The report uses one column each for N, D, C and L: that of `wanted.columns`,
    else that of the first law's paper if it is filled, else the first filled column.

    Raises:
        PointsError, FitError: no law, or not every law that was named, can be fitted to this table.
        MisuseError: no law of the table can split the budget.
    """
    points = unmixed(points, [name for one in wanted.laws for name in one.convention.values()])
    points, counts, passed = counted(points, wanted.laws, wanted.columns or {})
    found = infer(points, laws=wanted.laws, counts=passed, level=wanted.level, draws=wanted.draws, seed=wanted.seed)
    _require(found, wanted)
    ranking, said = _ranked(points, wanted, passed)
    order = [*(one.law for one in (ranking.able if ranking else ())), *(law.name for law in wanted.laws)]
    law = found.first(order)
    by, odd = _predictor(points, found, ranking, order, wanted, passed)
    plans, untold = _plans(by, wanted, odd)
    shown = points.replace(residual_log=residuals(found.draws[law], points)) if law else points
    runs = len(np.unique(points.clusters()))
    results = StudyResults(
        name=name or points.source,
        settings=_facts(points, counts, wanted),
        corpus={},
        machine={},
        versions=versions(PACKAGES),
        runs_expected=runs,
        runs_present=runs,
        points=shown,
        curves=learning_curves(points, counts),
        fits=found.fits,
        bands=found.bands,
        frontier=found.frontier,
        seed_spread=found.seed_spread,
        held_out=None,
        plans=plans,
        commands=(command,) if command else (),
        wall_seconds=0.0,
        train_seconds=0.0,
        notes=(*notes, *found.notes, *said, *untold),
        counts=counts,
        law=law or "",
        ranking=ranking,
        of="table",
    )
    return replace(audited(results, ()), budgets=budgets_by(by, plans, level=wanted.level))


def _facts(points: Points, counts: Mapping[str, str], wanted: Wanted) -> dict:
    """The facts about the table, and the meaning of each letter on this page."""
    told = {letter: name for letter, name in counts.items() if name in points}
    meant = {k: f"{name}: {QUANTITIES[name].meaning}" if name in QUANTITIES else name for k, name in told.items()}
    return {
        "table": points.source,
        "rows": len(points),
        "rows in the fits": len(points.kept),
        **meant,
        "laws of all rows": [law.name for law in wanted.laws],
        "seed": wanted.seed,
    }


def counted(
    points: Points, laws: Sequence[Law], asked: Mapping[str, str]
) -> tuple[Points, dict[str, str], dict[str, str]]:
    """Choose the column of each letter in the report; if no column gives the compute, it is 6 N D with the chosen N.

    Returns:
        the points, with a column of compute; letter -> column to show; letter -> column to fit, in which D is left to
        each law (unique tokens, or processed tokens) unless it was asked for.
    """
    for name in asked.values():
        points[name]  # raises an error with the nearest name
    counts = dict(asked)
    for letter in ("N", "D", "L"):
        counts.setdefault(letter, _column(points, laws, letter))
    size, tokens = counts["N"], counts["D"]
    six = SIX_N_D.get(size, "flops")
    if "C" not in counts:
        counts["C"] = next((name for name in (six, "flops", *playing("flops")) if filled(points, name)), "")
    if not counts["C"] and size and tokens:
        points, counts["C"] = points.replace(**{six: 6 * points[size] * points[tokens]}), six
    counts = {letter: name for letter, name in counts.items() if name}
    left = set() if "D" in asked or counts.get("D") != "tokens" else {"D"}
    passed = {letter: name for letter, name in counts.items() if letter not in left}
    shown = {letter: counts.get(letter, usual) for letter, usual in KAPLAN_COUNTS.items()}
    return points, shown, passed


def _column(points: Points, laws: Sequence[Law], letter: str) -> str:
    """Find the column of a letter: that of the first law if it is filled, else the first filled column, else any."""
    own = [law.convention[letter] for law in laws if letter in law.convention][:1] if letter == "N" else []
    names = [*own, *playing(ROLE_OF_LETTER[letter])]
    present = [name for name in names if name in points]
    return next((name for name in present if filled(points, name)), next(iter(present), ""))


def filled(points: Points, name: str) -> bool:
    """Say whether every row that is used in fits has a number in a column."""
    if name not in points or name not in QUANTITIES:
        return False
    column = points.kept[name]
    return column.dtype.kind == "f" and bool(len(column)) and bool(np.isfinite(column).all())


def _require(found: Inference, wanted: Wanted) -> None:
    """Raise the error of a named law that could not be fitted; if none was named, only if all failed."""
    lacking = [law.name for law in wanted.laws if law.name not in found.draws]
    if lacking and (wanted.named or not found.fits):
        raise found.failed[lacking[-1]]


def _ranked(points: Points, wanted: Wanted, counts: Mapping[str, str]) -> tuple[Ranking | None, list]:
    """Rank the laws by their predictions of the larger runs; if the table is too small for that, say so."""
    cluster = {"cluster": "lineage"} if "lineage" in points else {}
    options = {
        law.name: {"columns": {k: counts[k] for k in (*law.inputs, law.target) if k in counts}, **cluster}
        for law in wanted.laws
    }
    try:
        made = compare(points, wanted.laws, level=wanted.level, draws=TRIAL_DRAWS, seed=wanted.seed, options=options)
    except (PointsError, FitError) as failure:
        return None, [f"no law could be tested on larger runs: {failure}"]
    ranking = made.ranking()
    if wanted.named:
        return ranking, []
    letters = {letter: counts[letter] for letter in ("N", "D", "L") if letter in counts}
    return replace(ranking, forecast=forecast_tested(points, ranking.cuts, letters, wanted.level)), []


def _predictor(
    points: Points, found: Inference, ranking: Ranking | None, order: Sequence[str], wanted: Wanted, counts
) -> tuple[Predictor | None, tuple[str, ...]]:
    laws = _predicting(found, ranking, order, wanted)
    if wanted.named and not laws:
        return None, ()
    return predictor(
        points, found, laws, {letter: name for letter, name in counts.items() if letter in ("N", "D", "L")}
    )


def _predicting(found: Inference, ranking: Ranking | None, order: Sequence[str], wanted: Wanted) -> list[str]:
    """Give the laws that predict, if the user named any: the best sound one of N and D, and those undecided with it."""
    if not wanted.named:
        return []
    able = [name for name in dict.fromkeys(order) if name in found.draws]
    able = [name for name in able if {"N", "D"} <= set(found.draws[name].fit.law.inputs)]
    sound = [name for name in able if not unsound(found.draws[name].fit)] or able
    undecided = ranking.undecided if ranking else ()
    return [name for name in sound if name == sound[0] or name in undecided]


def _plans(
    by: Predictor | None, wanted: Wanted, odd: Sequence[str]
) -> tuple[tuple[Recommendation, ...], tuple[str, ...]]:
    """Plan for the budget that is given, or for `TIMES` the largest fitted compute; give the plans, and why none."""
    label = "the given budget" if wanted.budget else f"{TIMES:g} times the largest fitted run"
    plans, why = planned_by(by, barred_of_table(by), label, TIMES, wanted.budget, level=wanted.level)
    if wanted.budget and not plans:
        raise MisuseError(next(iter((*why, *odd)), "no law of N and D is fitted, so no budget can be split."))
    return plans, (*why, *odd)


def learning_curves(points: Points, counts: Mapping[str, str]) -> tuple[LearningCurve, ...]:
    """Return as learning curves the runs that have several points at different tokens."""
    names = [column_of(counts, letter) for letter in LETTERS]
    if "run_id" not in points or not set(names) <= set(points.columns):
        return ()
    size, tokens, flops, loss = (points[name] for name in names)
    good = np.flatnonzero(np.logical_and.reduce([np.isfinite(x) & (x > 0) for x in (size, tokens, flops, loss)]))
    found = []
    order = good[np.lexsort((tokens[good], points["run_id"][good]))]
    starts = np.flatnonzero(points["run_id"][order][1:] != points["run_id"][order][:-1]) + 1
    for rows in np.split(order, starts):
        if len(rows) < LEAST_CURVE or len(np.unique(tokens[rows])) < len(rows):
            continue
        seed = int(points["seed"][rows[0]]) if filled(points, "seed") else 0
        columns = (tuple(map(float, column[rows])) for column in (tokens, flops, loss))
        found.append(LearningCurve(str(points["run_id"][rows[0]]), float(size[rows[0]]), seed, "fit", *columns))
    return tuple(found)
