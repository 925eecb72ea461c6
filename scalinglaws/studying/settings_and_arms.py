"""sweeps, curve, mixtures and fit_arms: settings, schedules, mixtures, arms, where a claim can rest on the points."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..arms.arms_fit import ArmsFit
from ..arms.fit_arms import fit_arms as fitted
from ..arms.mixtures import Mixtures
from ..arms.mixtures import mixtures as proposed
from ..auditing.barred_answers import barred_of_curve, barred_of_mixtures, barred_of_sweeps
from ..auditing.judged_table import JudgedTable, of_fits, of_table
from ..frontiers.sweeps import Sweeps
from ..frontiers.sweeps import sweeps as best_of
from ..laws import Law
from ..points.points import Points
from ..predicting.curve import CurveForecast
from ..predicting.curve import curve as predicted
from ..records.arguments import checked


@checked
def sweeps(
    points: Points,
    *,
    knobs: Sequence[str] | None = None,
    level: float = 0.95,
    anyway: bool = False,
) -> Sweeps:
    """Find the best value of swept hyperparameters in every cell, with its error, and the law of the optima.

    A cell is one size, number of tokens and value of every other setting. A cubic of the logarithms is fitted to ln
    loss of the runs within 1% of the cell's best (a parabola where runs are few), and its minimum taken: never the
    best run, which is the luckiest of many. The error holds the scatter of the runs and what a window twice as wide
    changes; a sweep of few values borrows the scatter of all cells. An optimum at the end of what was tried is
    censored. The laws ln knob* = ln k + a ln N + b ln D weigh every cell by its error and by the scatter between cells.

    Args:
        knobs: the columns that were swept, one or two; by default those of lr and batch_tokens that vary in the cells.
        anyway: find them although no claim can rest on these runs.

    Raises:
        PointsError: no column of a size, tokens or loss, or no cell with several values of a knob.
        MisuseError: more than two knobs, or a level outside (0, 1).
        FitError: no claim can rest on these runs: the best losses of the cells rise with size, scatter or mix units.
    """
    found = best_of(points, knobs=knobs, level=level)
    counted = {letter: found.columns[role] for letter, role in (("N", "params"), ("D", "tokens"))}
    judged = of_table(points, counted, barred_of_sweeps(found), groups="A")
    return judged.admit("best setting", found, anyway)


@checked
def curve(
    points: Points,
    steps: Sequence[float] | np.ndarray,
    lr: Sequence[float] | np.ndarray,
    *,
    law: Law | str = "multi-power",
    level: float = 0.95,
    columns: Mapping[str, str] | None = None,
    anyway: bool = False,
) -> CurveForecast:
    """Predict the loss curve of a run under another learning-rate schedule, from a table of curves of the same model.

    A law of whole schedules (multi-power, Luo et al. 2025; tissue, Tissue et al. 2024) is fitted to all runs. The band
    has three parts: what changes where the runs are left out in turn (the jackknife), the scatter about the fit, and
    the error of the form, which is that on the runs left out and grows as 1 + ln(reach). Its quantile is Student's t
    with as many degrees of freedom as runs were left out.

    Args:
        steps, lr: the schedule from its first step (the warm-up before it is taken as linear); the loss is predicted
            after each of these steps.
        anyway: predict it although no claim can rest on these curves.

    Raises:
        PointsError: the table has no learning rates, several sizes, or a single run.
        MisuseError: the law is not one of schedules, or the schedule is not one of rising steps and rates of 0 or more.
        FitError: no claim can rest on these curves: the law misses those left out, or scatters about its own.
    """
    found = predicted(points, steps, lr, law=law, level=level, columns=columns)
    bars = barred_of_curve(found, points, (columns or {}).get("L"))
    return JudgedTable(bars).admit("curve", found, anyway)


@checked
def mixtures(
    points: Points,
    shares: Sequence[str],
    losses: Sequence[str],
    *,
    weights: Mapping[str, float] | None = None,
    form: str | None = None,
    tokens: float | None = None,
    limits: Mapping[str, float] | None = None,
    epochs: float = 1.0,
    draws: int = 60,
    level: float = 0.95,
    seed: int = 0,
    anyway: bool = False,
) -> Mixtures:
    """Fit losses over the proportions of a mixture by several forms, and propose a mixture.

    Every form is fitted to ln loss, and judged by mixtures that are left out in turn (at most 20 parts): the best of
    each loss is used. The proposal is the lowest weighted mean of ln loss inside the range of each proportion that was
    tried, and under the limits. Its gain over the best mixture tried has an interval from runs drawn with replacement
    and the error on mixtures left out, for a proposal is the luckiest of many.

    Args:
        shares: columns of proportions, which sum to 1 in every row. losses: columns of losses; where there are as many
            as proportions, the first loss is that of the first domain, and so on.
        weights: loss -> weight; equal by default.
        form: use this form for every loss.
        tokens, limits, epochs: a run of this many tokens may take limits[share] tokens of a domain, `epochs` times.
        anyway: propose one although no claim can rest on these runs.

    Raises:
        PointsError: a column is missing, proportions do not sum to 1, or too few mixtures.
        MisuseError: an unknown form or weight, or limits that leave no mixture.
        FitError: no claim can rest on these runs: the forms explain too little of the mixtures left out.
    """
    found = proposed(
        points,
        shares,
        losses,
        weights=weights,
        form=form,
        tokens=tokens,
        limits=limits,
        epochs=epochs,
        draws=draws,
        level=level,
        seed=seed,
    )
    return JudgedTable(barred_of_mixtures(found.explained)).admit("mixture", found, anyway)


@checked
def fit_arms(
    law: Law | str,
    points: Points,
    *,
    arm: str = "arm",
    shared: Sequence[str] | None = None,
    pooled: Mapping[str, float | str] | None = None,
    free: Sequence[str] | None = None,
    reference: str | None = None,
    draws: int = 1000,
    seed: int = 0,
    anyway: bool = False,
    **options: Any,
) -> ArmsFit:
    """Fit a law to the runs of several arms (data mixes, architectures, optimizers) in one objective.

    Args:
        arm: column that says which arm a row belongs to. shared, free: parameters that all arms have in common;
            parameters that each arm has for itself. For an amplitude, the size of its term in the middle of the points
            is shared. A parameter in neither list is free if only `shared` is given, and shared otherwise; without both
            lists, exponents are shared and all others are free.
        pooled: parameter -> standard deviation of the arms' departures from a common value, in logs (0.1: 10%); a
            normal prior, which pulls arms with little data to the others. "estimate": from the arms' own spread.
        reference: the arm with which the others are compared; by default the first in alphabetical order.
        draws, seed: runs resampled with replacement within each arm, and the whole refitted.
        options: passed to `fit` (loss, delta, weights, columns, cluster ...).
        anyway: fit them although no claim can rest on these runs.

    Raises:
        PointsError: no such column, a single arm, or rows of several definitions within an arm.
        MisuseError: a parameter is unknown or named twice.
        FitError: no optimum, fewer runs than parameters, or no claim can rest on these runs.
    """
    how: dict[str, Any] = {"arm": arm, "shared": shared, "pooled": pooled, "free": free, "reference": reference}
    found = fitted(law, points, draws=draws, seed=seed, **how, **options)
    judged = of_fits([found.as_one_law()], points, found.joint.columns)
    return judged.admit("comparison of arms", found, anyway)
