"""Why no plan, prediction or constant may be claimed from a fit or a table, and what to do about it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

import numpy as np

from ..errors import FitError, PointsError, argument
from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..points.points import Points
from ..predicting.forecast import Forecaster
from ..results.audited import Finding
from .audit import audit
from .two_units import two_units

LEAST_R2 = 0.5  # fraction of the variance of the log target that a law must explain for its numbers to be claimed
MOST_SCATTER = 0.1  # robust sd of ln loss about a law: the public tables of runs have 0.006 to 0.015
RISES = 3.0  # standard errors by which a slope of ln loss must lie above zero to be called a rise
OF_UNITS = ("A3",)  # rules of the audit on units; mixed definitions are refused when a table is fitted


def barred(
    fits: Iterable[Fit], points: Points, columns: Mapping[str, str], failed: Iterable[Finding] | None = None
) -> tuple[str, ...]:
    """List what bars every number of these fits from being claimed, a sentence each with what to do; empty for none.

    The fit did not converge; the law explains less than half of the variation, or the losses scatter by more than a
    tenth about it; sizes, tokens and compute disagree, or count some rows in another unit (`two_units`); the loss rises
    with the size or with the tokens. A best size that is not interior is refused by the plan itself.

    Args:
        columns: letter -> column: the counts that the fits use.
        failed: the failed rules of the audit, where it has judged these points already.
    """
    return (
        *_units(points, columns, failed),
        *two_units(points.kept, columns),
        *_rising(points.kept, columns),
        *(reason for one in fits for reason in _of_fit(one)),
    )


def barred_of_forecast(known: Forecaster, failed: Iterable[Finding] | None = None) -> tuple[str, ...]:
    """List what bars a forecast, for which no law is named."""
    columns = {letter: name for letter, name in known.seen.columns.items() if letter in ("N", "D", "L")}
    return barred_of_points(known.points, columns, failed)


def barred_of_points(
    points: Points, columns: Mapping[str, str], failed: Iterable[Finding] | None = None
) -> tuple[str, ...]:
    """List what bars the numbers of points for which no law is named: a plain fit of the additive law is judged.

    Of too few points for that law only the units and the direction of the loss are judged.

    Args:
        columns: letter -> column; of N, D and L, where there are all three.
    """
    fits = []
    if {"N", "D", "L"} <= set(columns):
        with suppress(FitError, PointsError):
            fits = [fit("chinchilla", points, columns={letter: columns[letter] for letter in "NDL"})]
    return barred(fits, points, columns, failed)


def _units(points: Points, columns: Mapping[str, str], failed: Iterable[Finding] | None) -> tuple[str, ...]:
    counts = {letter: name for letter, name in columns.items() if letter in ("N", "C", "D", "L")}
    if failed is None:
        try:
            failed = audit(points, columns=counts, only=list(OF_UNITS)).having("failed", "error")
        except PointsError:  # a table that the audit cannot read has no rule
            failed = ()
    return tuple(f"{one.fault}: {one.found.rstrip('.')}. {one.do}" for one in failed if one.id in OF_UNITS)


def _rising(points: Points, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Say that the loss rises with the size or the tokens, by the least-squares plane of ln L over ln N and ln D."""
    if not {"N", "D", "L"} <= set(columns) or not columns["L"].startswith("loss"):
        return ()
    given = np.array([points[columns[letter]] for letter in "NDL" if columns[letter] in points], dtype=float)
    if len(given) < 3:
        return ()
    log = np.log(given[:, (np.isfinite(given) & (given > 0)).all(axis=0)])
    plane = np.column_stack([np.ones(log.shape[1]), *log[:2]])
    if len(plane) < 5 or np.linalg.matrix_rank(plane) < 3:
        return ()
    slopes = np.linalg.lstsq(plane, log[2], rcond=None)[0]
    variance = np.mean((log[2] - plane @ slopes) ** 2) * len(plane) / (len(plane) - 3)
    errors = np.sqrt(variance * np.diag(np.linalg.inv(plane.T @ plane)))
    return tuple(
        f"At equal {other} the loss rises with the {what}: by a power of {slope:.3f} +- {error:.3f}. No law of "
        f"scaling describes that: check that each column is what it is mapped to ({argument(map={name: 'COLUMN'})}), "
        "and that every size was trained with a rate that suits it."
        for what, other, name, slope, error in zip(
            ("size", "tokens"), ("tokens", "size"), (columns["N"], columns["D"]), slopes[1:], errors[1:], strict=True
        )
        if slope > RISES * error
    )


def _of_fit(found: Fit) -> tuple[str, ...]:
    name, reasons = found.law.name, []
    if found.outcome == "not_converged":
        reasons.append(
            f"The fit of {name} did not converge: {found.sentence.rstrip('.')}. Fit a law with fewer parameters, or "
            "look at the audit of the table."
        )
    reasons += unexplained(name, found.r2, found.columns[found.law.target], ", ".join(found.law.inputs))
    return (*reasons, *(scattered(name, found.noise) if _is_loss(found) else ()))


def unexplained(what: str, r2: float, of: str, inputs: str) -> list[str]:
    """Say that something explains less than half of the variation of a column; nothing where it explains more.

    Args:
        what: a law, or what it does. r2: 1 - its squared error over the variance. inputs: those that it takes.
    """
    if not np.isfinite(r2) or r2 >= LEAST_R2:
        return []
    return [
        f"{what} explains {max(r2, 0):.0%} of the variation of {of} (R2 {r2:.2f}), less than half. Something else "
        f"varies between these rows, or they are noise: choose rows that differ in {inputs} alone "
        f"({argument(where='COLUMN == VALUE')}), or check that every column is what it is mapped to."
    ]


def scattered(law: str, noise: float) -> list[str]:
    """Say that losses scatter by more than runs of one recipe do; `noise`: robust sd of ln loss about the law."""
    if not noise > MOST_SCATTER:
        return []
    return [
        f"The losses scatter by {noise:.0%} about {law}, where runs of one recipe scatter by one percent or two: the "
        f"rows mix units or recipes, or are noise. Choose rows that are alike ({argument(where='COLUMN == VALUE')}), "
        f"or name the unit ({argument(unit={'loss_nats': 'bits'})})."
    ]


def _is_loss(found: Fit) -> bool:
    return found.columns[found.law.target].startswith("loss")
