"""Fit a law to points: choose the columns and the starts, find the optimum, and report how reliable it is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..errors import MisuseError, nearest
from ..laws import law as shelf
from ..laws.declaration import Law
from ..points.along_runs import untold
from ..points.one_definition import unmixed
from ..points.points import Points
from ..quantities import ROLE_OF_LETTER
from ..records.arguments import checked
from .columns import (
    check_enough,
    check_loss_varies,
    check_no_sweep,
    checked_values,
    chosen_columns,
    convention_warnings,
    suspicions,
    varies,
    with_derived_inputs,
)
from .coordinates import Coordinates
from .curve_tables import of_runs
from .diagnose import alone, doubts, outcome, run_warnings, unidentified
from .fit_record import ALONG_RUNS, Fit, FitWarning
from .losses import LOSSES, Loss, robust_sd
from .minimise import Minimum, minimise
from .outliers import wild_points
from .problem import Problem, residuals
from .rows_of_law import about, with_its_rows
from .weights import scales_of

LEAST = 1e-300  # in a logarithm, in place of a bound at zero
LEAST_EXPONENT, MOST_EXPONENT = 2e-3, 5.0  # beyond them a term is constant, or gone after the first point


@checked
def fit(
    law: Law | str,
    points: Points,
    *,
    columns: Mapping[str, str] | None = None,
    loss: str = "huber",
    delta: float | str = "auto",
    tau: float = 0.5,
    weights: str | None = None,
    fix: Mapping[str, float] | None = None,
    tie: Mapping[str, str] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
    priors: Mapping[str, tuple[float, float]] | None = None,
    cluster: str | None = None,
    every_row: bool = False,
    seed: int = 0,
    starts: Sequence[Mapping[str, float]] = (),
) -> Fit:
    """Fit a law to the rows of points that are not excluded.

    Args:
        columns: letter of the law -> column of the points, if it is not the column that the paper uses.
        loss: of log residuals huber (default), student-t, tukey, quantile, ls-log; of plain ones ls or quantile-plain.
        delta: scale of the loss, in log units; "auto": 1.345 robust standard deviations of the residuals for Huber,
            4.685 for Tukey, maximum likelihood for Student's t.
        tau: of a quantile loss, the fraction of the points that lie below the law.
        weights: "sd=COLUMN" of standard deviations of the target, "var=COLUMN" of variances, or "weight=COLUMN" by
            which each residual is multiplied; a column known as a standard error (role loss_error) needs no word.
        fix, tie: parameter -> value; parameter -> the parameter whose value it takes.
        bounds, priors: parameter -> (low, high); parameter -> (mean, standard deviation) of a normal prior.
        cluster: column of labels that are resampled together. every_row: see `rows_of_law.about`.
        seed: of the random starts of a law without amplitudes. starts: parameters to start from instead.

    Raises:
        PointsError: a column is missing, its values do not determine the law, or the rows mix definitions.
        MisuseError: an unknown loss or parameter name. FitError: no start gives a finite objective.
    """
    law, points, columns, starts, said = _chosen(law, points, columns, starts)
    coordinates = _coordinates(law, fix, tie, bounds, priors)
    points, left_out = about(law, points, columns, every_row, len(coordinates.free))
    minimised = _loss(loss, delta, tau)
    values = checked_values(points, columns, _positive(law, columns, minimised))
    _require(law, values, coordinates, points, columns, bool(fix or tie or priors or "schedule" in columns))
    target = values.pop(law.target)
    scales = scales_of(points.kept, weights, target, minimised.in_logs)
    problem = _problem(law, coordinates, values, target, scales, minimised, bounds, priors)
    found = minimise(problem, delta == "auto", np.random.default_rng(seed), _given(coordinates, starts))
    cluster = cluster or points.cluster
    said = [*left_out, *said, *_warnings(law, points, columns, values, target, cluster)]
    return _record(found, columns, values, target, points, cluster, said)


def _require(law: Law, values, coordinates: Coordinates, points: Points, columns, held: bool) -> None:
    """Refuse points that cannot determine the law, sweeps of what it predicts, and losses that do not vary."""
    check_enough(law, values, coordinates.free, held)
    check_no_sweep(law, values, points)
    check_loss_varies(law, values[law.target], columns[law.target])


def _warnings(law: Law, points: Points, columns, values, target, cluster: str) -> list[FitWarning]:
    """Warn of counts that are not the paper's, of probable mistakes, and of rows whose standing nothing says."""
    along = [] if {"S", "schedule"} & set(columns) else [FitWarning(ALONG_RUNS, said) for said in untold(points)]
    found = convention_warnings(law, columns) + suspicions(law, values | {"L": target}, points, columns)
    return [*along, *found, *run_warnings(points.kept, values, cluster)]


def _chosen(
    law: Law | str, points: Points, columns, starts
) -> tuple[Law, Points, dict[str, str], Sequence, list[FitWarning]]:
    """Choose the columns of a law, deriving inputs that have none, and check that all rows use one definition.

    A law of a schedule becomes a law of the rows of a table; evaluating it is slow, so it starts at published constants
    only.
    """
    law = shelf(law) if isinstance(law, str) else law
    points = with_its_rows([law], points)
    if law.along is not None:
        starts = starts or [one.values for one in law.published]
        law, points = of_runs(law, points, columns)
        columns = {letter: name for letter, name in (columns or {}).items() if letter != "lr"}
    points, derived = with_derived_inputs(law, points, columns)
    columns = chosen_columns(law, points, columns)
    unmixed(points, columns.values())
    return law, points, columns, starts, derived


def _given(coordinates: Coordinates, starts: Sequence[Mapping[str, float]]) -> np.ndarray | None:
    return np.concatenate([coordinates.coordinates(start) for start in starts]) if starts else None


def _positive(law: Law, columns: Mapping[str, str], loss: Loss) -> set[str]:
    """Name the letters whose values must be positive: physical quantities, and those in a logarithm."""
    letters = {letter for letter in columns if letter in ROLE_OF_LETTER}
    return letters | {law.target} if loss.in_logs else letters - {law.target}


def _coordinates(law, fix, tie, bounds, priors) -> Coordinates:
    known = [p.name for p in law.parameters]
    for name in [*(fix or {}), *(tie or {}), *(tie or {}).values(), *(bounds or {}), *(priors or {})]:
        if name not in known:
            raise MisuseError(f"law {law.name!r} has no parameter {name!r}.{nearest(name, known)} It has {known}.")
    tied = {name: to for name, to in (tie or {}).items() if name != to}
    for name, to in tied.items():
        if to in tied or name in (fix or {}):
            raise MisuseError(f"{name!r} cannot be tied to {to!r}: one of them is tied or fixed already.")
    fixed = {name: float(value) for name, value in (fix or {}).items()}
    positive = {p.name for p in law.parameters if p.positive}
    for name, value in fixed.items():
        if not np.isfinite(value) or (name in positive and value < 0):
            raise MisuseError(
                f"{name} cannot be fixed at {value}: it must be {'positive' if name in positive else 'finite'}."
            )
    if set(known) <= {*fixed, *tied}:
        raise MisuseError(
            f"every parameter of law {law.name!r} is fixed, so that nothing is left to fit. Free one of {known}."
        )
    return Coordinates(law, fixed, tied, frozenset([*(bounds or {}), *(priors or {}), *tied, *tied.values()]))


def _loss(kind: str, delta: float | str, tau: float) -> Loss:
    if kind not in LOSSES:
        raise MisuseError(f"no loss is called {kind!r}.{nearest(kind, LOSSES)} Known: {', '.join(LOSSES)}.")
    if delta != "auto" and not (isinstance(delta, int | float) and delta > 0):
        raise MisuseError(f"delta is {delta!r}; it must be 'auto' or a positive number, in log units (0.001, say).")
    if not 0 < tau < 1:
        raise MisuseError(f"tau is {tau}; it must lie between 0 and 1: the share of points below the law.")
    found = Loss(kind, tau=tau)
    return found if delta == "auto" or not found.has_scale else replace(found, scale=float(delta))


def _problem(law, coordinates, values, target, scales, loss, bounds, priors) -> Problem:
    low, high = _box(coordinates, bounds or {})
    at, sds = np.zeros(len(low)), np.full(len(low), np.inf)
    for name, (mean, sd) in (priors or {}).items():
        if name not in coordinates.free:
            raise MisuseError(f"the prior on {name!r} has no effect: it is fixed or tied.")
        at[coordinates.position[name]], sds[coordinates.position[name]] = mean, sd
    aim = np.log(target) if loss.in_logs else target
    inputs = tuple(values[letter] for letter in law.inputs)
    return Problem(coordinates, inputs, aim, scales, loss, low, high, at, sds)


def _box(coordinates, bounds):
    kept_positive = {p.name for p in coordinates.law.parameters if p.positive} - coordinates.logged
    low = np.array([LEAST_EXPONENT if name in kept_positive else -np.inf for name in coordinates.free])
    high = np.array([MOST_EXPONENT if name in kept_positive else np.inf for name in coordinates.free])
    for name, (least, most) in bounds.items():
        if not least < most or name not in coordinates.free:
            raise MisuseError(
                f"the bounds of {name!r} are {(least, most)}: give (low, high) of a parameter that is free."
            )
        i = coordinates.position[name]
        logged = name in coordinates.logged
        low[i] = np.log(max(least, LEAST)) if logged else max(least, low[i])
        high[i] = np.log(max(most, LEAST)) if logged else min(most, high[i])
    return low, high


def _excluded(points: Points) -> dict[str, int]:
    if "excluded_because" not in points:
        return {}
    reasons, counts = np.unique(points["excluded_because"], return_counts=True)
    return {str(reason): int(count) for reason, count in zip(reasons, counts, strict=True) if reason}


def _rough(problem: Problem) -> list[FitWarning]:
    if problem.coordinates.exact:
        return []
    told = (
        "the formula has no complex derivative (np.abs, np.maximum, a comparison): its slopes are taken by differences"
    )
    return [FitWarning("rough-slopes", f"{told}, good to about 1e-9. Bring `slopes` for exact ones.")]


def _record(found: Minimum, columns, values, target, table: Points, cluster: str, warnings) -> Fit:
    points = table.kept
    problem, z = found.problem, found.z
    coordinates, law = problem.coordinates, problem.coordinates.law
    constants = {name: float(value[0]) for name, value in coordinates.parameters(z[None]).items()}
    scaled = residuals(problem, z[None])[0]
    apart = -scaled / problem.scales
    word, sentence = outcome(problem, z, found.converged, found.agreeing)
    clusters = points.clusters(cluster)
    around = problem.target - problem.target.mean()
    r2 = float(1 - (apart @ apart) / max(around @ around, 1e-300)) if varies(target) else np.nan
    told = [*warnings, *_rough(problem), *doubts(problem, z, target, r2)]
    if word != "at_bound":  # with a term that is nearly zero the starts end at slightly different objectives
        told += alone(found.agreeing, found.objective, len(target))
    return Fit(
        law=law,
        values=constants,
        objective=found.objective,
        loss=problem.loss.kind,
        delta=problem.loss.scale,
        columns=columns,
        n=len(target),
        inputs=values,
        target=target,
        scales=problem.scales,
        clusters=clusters,
        cluster=cluster,
        residuals=apart,
        noise=robust_sd(scaled, len(z)),
        starts_agreeing=found.agreeing,
        outcome=word,
        sentence=sentence,
        decrement=found.decrement,
        fingerprint=points.fingerprint,
        warnings=(*told, *wild_points(problem, z, clusters, cluster in points)),
        fixed=dict(coordinates.fixed),
        tied=dict(coordinates.tied),
        tau=problem.loss.tau,
        r2=r2,
        rms_log=float(np.sqrt(np.mean(apart**2))),
        excluded=_excluded(table),
        z=z,
        problem=problem,
        unidentified=unidentified(problem, z),
    )
