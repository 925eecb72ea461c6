"""A law's draws as a report shows them: constants in a table, lines with intervals, residuals."""

import numpy as np

from ..auditing.claim_gate import LEAST_R2
from ..fitting.fit_record import Fit
from ..points.points import Points
from ..predicting.predict import predict
from ..records.json_values import finite
from ..results.fitted import Band, Estimate, FittedLaw
from ..uncertainty.drawn import Draws
from .laws_asked import ROBUST, LawAsked

BEYOND = 3.0  # factor by which lines extend beyond the points
LINE_POINTS = 60
UNBOUNDED = 1e100  # an end of an interval beyond this counts as unbounded
MOST_LINES, FEW_LINES = 14, 8  # if there are more sizes than the first number, only the second number are drawn
_NAMES = {"lineage": "lineages", "run_id": "runs"}


def tabulated(asked: LawAsked, drawn: Draws, level: float) -> FittedLaw:
    """Tabulate a fit with its intervals, and the values that the law's paper published."""
    found, shown = drawn.fit, drawn.fit.law
    ends = drawn.interval(level)
    published = shown.published[0] if shown.published else None
    bounds = {name: (_bound(low), _bound(high)) for name, (low, high) in ends.items()}
    values = {name: Estimate(float(value), *bounds[name], level) for name, value in found.values.items()}
    scale = f", delta {found.delta:.2g} of ln L"
    clusters = _NAMES[asked.cluster] if asked.cluster in asked.points else "points"
    return FittedLaw(
        law=shown.name,
        formula=shown.formula,
        columns=dict(found.columns),
        loss=f"{ROBUST}{scale}; {asked.why}",
        n_points=found.n,
        n_runs=found.n_clusters,
        objective=float(found.objective),
        values=values,
        interval_method=f"{drawn.method} bootstrap over {found.n_clusters} {clusters}, {len(drawn)} draws",
        r2=finite(found.r2),
        rms_log=float(found.rms_log),
        starts_agreeing=float(found.starts_agreeing),
        outcome=found.outcome,
        sentence=found.sentence,
        fingerprint=found.fingerprint,
        published={name: float(value) for name, value in published.values.items()} if published else {},
        published_source=published.source if published else "",
        warnings=tuple(w.message for w in drawn.warnings),
        unidentified=found.unidentified,
        unsound=unsound(found),
        first_said=tuple(w.message for w in found.first_said),
    )


def unsound(found: Fit) -> str:
    """Say why a fit must not be used; empty if it may be used."""
    if found.unidentified:
        return f"these points do not identify {', '.join(found.unidentified)} of {found.law.name}"
    if found.outcome == "not_converged":
        return f"the fit of {found.law.name} did not converge: {found.sentence.removesuffix('.')}"
    if found.r2 < LEAST_R2:
        return f"{found.law.name} explains less than half of the variation of these losses (R2 {found.r2:.2g})"
    return ""


def _bound(value: float) -> float | None:
    return float(value) if abs(value) < UNBOUNDED else None


def bands(asked: LawAsked, drawn: Draws, level: float) -> list[Band]:
    """Compute one line along the input of a one-variable law; one line per size for a law of N and D."""
    inputs, along = drawn.fit.inputs, asked.along
    seen = float(inputs[along].min()), float(inputs[along].max())
    line = np.geomspace(seen[0] / BEYOND, seen[1] * BEYOND, LINE_POINTS)
    if len(inputs) == 1:
        return [_band(asked, drawn, {along: line}, seen, level, label=asked.law.name, text=_in_numbers(drawn))]
    return [
        _band(
            asked,
            drawn,
            {"N": np.full_like(line, size), "D": line},
            seen,
            level,
            label=f"{asked.law.name}, N = {size:,.0f}",
            text=_in_numbers(drawn),
            colour=float(size),
        )
        for size in _sizes_shown(np.unique(inputs["N"]))
    ]


def _sizes_shown(sizes: np.ndarray) -> np.ndarray:
    """Every size if they are few; else the sizes nearest to an even division of their range."""
    if len(sizes) <= MOST_LINES:
        return sizes
    wanted = np.linspace(np.log(sizes[0]), np.log(sizes[-1]), FEW_LINES)
    return sizes[np.unique(np.abs(np.log(sizes)[None] - wanted[:, None]).argmin(axis=1))]


def _band(asked, drawn, at, seen, level, *, label, text, colour=None) -> Band:
    found = predict(drawn, at, level=level, kind="mean", anyway=True)
    return Band(
        x_quantity=drawn.fit.columns[asked.along],
        x=plain(at[asked.along]),
        y=plain(found.value),
        low=plain(found.low),
        high=plain(found.high),
        law=asked.law.name,
        text=text,
        fitted_to=seen,
        y_quantity=drawn.fit.columns[asked.law.target],
        level=level,
        label=label,
        colour_value=colour,
        rows=asked.rows,
        covers="mean",
    )


def plain(values: np.ndarray) -> tuple[float, ...]:
    """Turn an array into plain numbers."""
    return tuple(float(v) for v in values)


def _in_numbers(drawn: Draws) -> str:
    """The law with its fitted constants, as the line shows it."""
    values = drawn.fit.values
    return f"{drawn.fit.law.formula}; " + ", ".join(f"{name} = {value:.4g}" for name, value in values.items())


def residuals(drawn: Draws, points: Points) -> np.ndarray:
    """ln(measured / fitted) of every row, including rows that were not fitted; NaN where a number is missing."""
    law, columns = drawn.fit.law, drawn.fit.columns
    inputs = {letter: points[columns[letter]] for letter in law.inputs}
    good = np.logical_and.reduce([np.isfinite(column) & (column > 0) for column in inputs.values()])
    found = np.full(len(points), np.nan)
    fitted = drawn.fit.evaluate(**{letter: column[good] for letter, column in inputs.items()})
    found[good] = np.log(points[columns[law.target]][good]) - np.log(fitted)
    return found
