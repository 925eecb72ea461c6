"""What figures show beside the results of a study or a table: profiles of constants, and the ledger of its folder."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import FitError, PointsError, StoreError
from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..laws import LAWS
from ..predicting.ledger import Foretold, file_of, read_entries
from ..results.attempt import attempt
from ..results.fitted import FittedLaw, ProfiledConstant
from ..results.study_results import StudyResults
from ..results.tested import WrittenForecast
from ..uncertainty.interval_ends import t_quantile
from ..uncertainty.profile import profile
from .laws_asked import ROBUST

SAME = 1e-3  # of a constant: a fit that was made again is the one that the results show
LEAST = 4  # values of a profile that say something


def for_page(results: StudyResults, folder: str | Path | None = None) -> StudyResults:
    """Add what only pages and figures show: the profiles of the constants, and the ledger in a study's folder."""
    return with_ledger(with_profiles(results), folder)


def with_profiles(results: StudyResults) -> StudyResults:
    """Add the profile likelihood of every constant of the laws of N and D; a fit that is not found again has none."""
    if results.profiles:
        return results
    joint = [one for one in results.fits if {"N", "D"} <= set(one.columns) and one.law in LAWS]
    found = [attempt(partial(_profiles, results, one), lambda why: ()) for one in joint]
    return replace(results, profiles=tuple(constant for one in found for constant in one))


def _profiles(results: StudyResults, shown: FittedLaw) -> tuple[ProfiledConstant, ...]:
    """Fit a law again as the results show it, and profile it.

    Raises:
        FitError: the fit is another one than the results show.
    """
    law, points = LAWS[shown.law], results.points.kept
    cluster = "lineage" if "lineage" in points else "run_id"
    made = fit(law, points, loss=ROBUST, cluster=cluster, columns=shown.columns)
    for name, estimate in shown.values.items():
        if name in made.values and not np.isclose(made.values[name], estimate.value, rtol=SAME, atol=1e-12):
            raise FitError(
                f"law {law.name!r} fitted again has {name} = {made.values[name]:.6g}, not {estimate.value:.6g}."
            )
    level = next(iter(shown.values.values())).level if shown.values else 0.95
    return profiled(made, level)


def profiled(made: Fit, level: float) -> tuple[ProfiledConstant, ...]:
    """Profile every free constant of a fit."""
    profiles, spread = profile(made)
    limit, logged = float(t_quantile(level, spread.degrees)) ** 2 / 2, made.problem.coordinates.logged
    found = []
    for name, (held, roots) in profiles.items():
        values = np.exp(held) if name in logged else held
        good = np.isfinite(values) & np.isfinite(roots)
        if good.sum() < LEAST:
            continue
        rise = tuple((roots[good] ** 2 / 2).tolist())
        found.append(
            ProfiledConstant(made.law.name, name, tuple(values[good].tolist()), rise, made.values[name], limit, level)
        )
    return tuple(found)


def with_ledger(results: StudyResults, folder: str | Path | None) -> StudyResults:
    """Add the forecasts that a study wrote down, if its folder has a ledger that nobody changed."""
    if folder is None or not file_of(folder).is_file():
        return results
    try:
        return replace(results, ledger=written(read_entries(file_of(folder))))
    except (StoreError, PointsError):
        return results


def written(entries: list[Foretold] | tuple[Foretold, ...]) -> tuple[WrittenForecast, ...]:
    """Make the records that a figure shows from the entries of a ledger."""
    names = ("made", "by", "value", "low", "high", "level", "reach", "measured", "why_not")
    return tuple(WrittenForecast(at=dict(one.at), **{name: getattr(one, name) for name in names}) for one in entries)
