"""compare(points, laws): which law predicts larger runs best, and how certain that is."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ..errors import FitError, MisuseError, PointsError, argument, counted
from ..fitting.columns import chosen_columns, with_derived_inputs
from ..fitting.fit import fit
from ..fitting.own_law import inputs_for
from ..fitting.rows_of_law import about, with_its_rows
from ..laws import law as shelf
from ..laws.declaration import Law
from ..points.along_runs import untold
from ..points.one_definition import unmixed
from ..points.points import Points
from ..records.arguments import checked
from ..results.fitted import Estimate
from .backtest import Cut, backtest, compute_column, default_cuts
from .comparison import AtReach, Compared, Comparison
from .criteria import aicc, cross_validated

# One law a form: sardana and krajewski-dense have chinchilla's, busbridge skaling's. Farseer's nine constants and
# rosenfeld's ceiling are for those who ask: few tables carry them.
FORMS = ("chinchilla", "kaplan-nd", "gadre", "brandfonbrener-nd", "skaling", "muennighoff")
REACHES = (1.0, 2.0, 4.0, 8.0, 16.0, np.inf)


@checked
def compare(
    points: Points,
    laws: Sequence[Law | str] | None = None,
    *,
    above: float | None = None,
    by: str = "flops",
    level: float = 0.95,
    draws: int = 200,
    folds: int = 10,
    resamples: int = 2000,
    seed: int = 0,
    options: Mapping[str, Mapping] | None = None,
) -> Comparison:
    """Try laws on larger runs than they were fitted to, and rank them.

    Args:
        laws: by default one of each form (`FORMS`) whose inputs the table has.
        above: fit at or below this compute and test above; by default below 30, 40 ... 90% of the points.
        by: column to cut by; "flops" takes the first column of compute, or 6 N D.
        options: law -> options of `fit`, such as {"kaplan-nd": {"columns": {"N": "params_total", "D": "tokens"}}}.

    Raises:
        MisuseError: no laws, or one twice.
        PointsError: too few points to leave any out, or no law that can be fitted.
    """
    members = _members(laws) if laws is not None else usual_laws(points)
    taken = [name for law in members for name in law.convention.values()]
    told = {m.name: dict((options or {}).get(m.name, {})) for m in members}
    points = unmixed(with_its_rows(members, points).kept, [*taken, *_named(options)])
    points, left_out = _rows_of_all(members, points, told)
    scale = compute_column(points, by)
    cuts = [above] if above is not None else default_cuts(scale, max(len(m.parameters) for m in members))
    _check(points, scale, cuts, 2 + min(len(m.parameters) for m in members))
    trials = {m.name: _trials(m, points, cuts, by, level, draws, seed, told[m.name]) for m in members}
    failed = [_failed(m, trials[m.name]) for m in members if not _enough(trials[m.name])]
    able = [m for m in members if _enough(trials[m.name])]
    common = _common(cuts, able, trials, failed)
    good = [_scored(m, points, [c for c in trials[m.name] if c.at in common], folds, seed, told[m.name]) for m in able]
    runs = points.clusters() if "run_id" in points else np.arange(len(points)).astype(str)
    ranked = _ranked(good, runs, resamples, level, seed)
    undecided = tuple(one.law for one in ranked[1:] if one.behind and (one.behind.low or 0.0) <= 0)
    held = np.unique(np.concatenate([cut.rows for one in good for cut in one.cuts if not cut.failed]))
    held_runs = len(np.unique(runs[held]))
    warnings = (*left_out, *_warnings(ranked, undecided, held_runs))
    return Comparison((*ranked, *failed), by, tuple(common), held_runs, level, undecided, warnings)


def _rows_of_all(members: list[Law], points: Points, told: dict[str, dict]) -> tuple[Points, tuple[str, ...]]:
    """Take the rows that laws of one and the same variable are about; laws of several variables see every row.

    All laws are then fitted to the rows that are returned, and the warnings name the laws that leave out what varies.
    """
    alike = len({tuple(m.inputs) for m in members}) == 1
    warned: dict[str, None] = {}
    for member in members:
        asked = told[member.name].get("columns")
        derived = with_derived_inputs(member, points, asked)[0]
        try:
            columns = chosen_columns(member, derived, asked)
        except PointsError:  # it cannot be fitted, and is listed as such
            continue
        every = not alike or bool(told[member.name].get("every_row"))
        rows, said = about(member, derived, columns, every)
        points = points if every else rows.kept
        warned |= dict.fromkeys(one.message for one in said)
    for one in told.values():
        one["every_row"] = True
    return points, (*warned, *untold(points))


def usual_laws(points: Points) -> list[Law]:
    """Take a law of each form in `FORMS` whose inputs a table has.

    Raises:
        PointsError: the columns fit none.
    """
    found = [law for law in map(shelf, FORMS) if possible(law, points, {})]
    if not found:
        raise PointsError(
            f"none of {', '.join(FORMS)} fits the columns of this table: {', '.join(sorted(points.columns))}. "
            "Name other laws, or the columns that are meant."
        )
    return found


def possible(law: Law, points: Points, columns: Mapping[str, str]) -> bool:
    """Say whether a table has the inputs of a law, as numbers."""
    try:
        inputs_for(law, points, columns)
    except PointsError:
        return False
    return True


def _named(options: Mapping[str, Mapping] | None) -> list[str]:
    return [name for one in (options or {}).values() for name in one.get("columns", {}).values()]


def _members(laws: Sequence[Law | str]) -> list[Law]:
    members = [shelf(one) if isinstance(one, str) else one for one in laws]
    names = [member.name for member in members]
    if not members or len(set(names)) < len(names):
        raise MisuseError(f"laws = {names}; name one law or more, each once.")
    return members


def _check(points: Points, scale: np.ndarray, cuts: list[float], least: int) -> None:
    if not cuts or not (scale > cuts[0]).any() or not (scale <= cuts[0]).any():
        some = counted(len(points), "point")
        told = f"{some} from {scale.min():.3g} to {scale.max():.3g} leave none to fit and to test."
        if len(points) < least:
            raise PointsError(f"{told} Add runs: these laws need {least} or more.")
        inside = argument(above=float(f"{np.median(scale):.3g}"))
        raise PointsError(f"{told} Choose a compute inside that range, such as {inside}, or add runs.")


def _common(cuts, able: list[Law], trials, failed: list[Compared]) -> list[float]:
    """List the cuts below which every law that takes part could be fitted."""
    common = [at for i, at in enumerate(cuts) if able and not any(trials[m.name][i].failed for m in able)]
    if not common and failed:
        raise PointsError(f"the laws cannot be fitted below any compute; {failed[0].law}: {failed[0].failed}")
    if not common:
        raise PointsError("there is no compute below which every law can be fitted; compare fewer laws.")
    return common


def _trials(member: Law, points: Points, cuts, by, level, draws, seed, options) -> tuple[Cut, ...]:
    try:
        fit(member, points, **options)
        return backtest(member, points, cuts, by=by, level=level, draws=draws, seed=seed, options=options)
    except (FitError, PointsError) as failure:
        return tuple(Cut(at, 0, 0, failed=str(failure)) for at in cuts)


def _enough(trials: tuple[Cut, ...]) -> bool:
    """Whether a law can be fitted below half of the cuts; if not, it must not remove those cuts for the others."""
    return sum(not cut.failed for cut in trials) >= max(1, len(trials) / 2)


def _failed(member: Law, trials: tuple[Cut, ...]) -> Compared:
    first = next(cut for cut in trials if cut.failed)
    return Compared(member.name, len(member.parameters), cuts=trials, failed=f"below {first.at:.3g}: {first.failed}")


def _scored(member: Law, points: Points, trials: list[Cut], folds: int, seed: int, options: dict) -> Compared:
    errors, ratios = (np.concatenate([getattr(cut, name) for cut in trials]) for name in ("errors", "ratios"))
    whole = fit(member, points, **options)
    return Compared(
        member.name,
        len(member.parameters),
        score=float(np.mean([np.abs(cut.errors).mean() for cut in trials])),
        rms_log=float(np.sqrt(np.mean(errors**2))),
        coverage=float((ratios <= 1).mean()),
        aicc=aicc(whole),
        cross_validated=cross_validated(member, points, folds, seed, options),
        reaches=_by_reach(trials),
        cuts=tuple(trials),
        ended="" if whole.outcome == "converged" else f"{whole.outcome}: {whole.sentence}",
    )


def _by_reach(trials: list[Cut]) -> tuple[AtReach, ...]:
    reach, errors, ratios = (np.concatenate([getattr(c, n) for c in trials]) for n in ("reaches", "errors", "ratios"))
    found = []
    for low, high in pairwise(REACHES):
        rows = (reach > low) & (reach <= high)
        if rows.any():
            rms, inside = float(np.sqrt(np.mean(errors[rows] ** 2))), float((ratios[rows] <= 1).mean())
            found.append(AtReach(low, float(min(high, reach.max())), int(rows.sum()), rms, inside))
    return tuple(found)


def _ranked(good: list[Compared], runs: np.ndarray, resamples: int, level: float, seed: int) -> list[Compared]:
    """Order by score and resample the held-out runs, the same runs for every law, so that differences are paired."""
    labels, index = np.unique(runs, return_inverse=True)
    rng = np.random.default_rng(seed)
    picked = rng.integers(len(labels), size=(resamples, len(labels)))
    weight = np.stack([np.bincount(row, minlength=len(labels)) for row in picked]).astype(float)
    scores = np.zeros((len(good), resamples))
    for i, one in enumerate(good):
        for cut in one.cuts:
            share = weight[:, index.reshape(-1)[cut.rows]]
            scores[i] += share @ np.abs(cut.errors) / np.maximum(share.sum(axis=1), 1e-12) / len(one.cuts)
    best = min(range(len(good)), key=lambda i: good[i].score)
    wins = np.bincount(np.argmin(scores, axis=0), minlength=len(good)) / resamples
    tails = [(1 - level) / 2, (1 + level) / 2]
    found = []
    for i, one in enumerate(good):
        low, high = np.quantile(scores[i] - scores[best], tails)
        behind = None if i == best else Estimate(one.score - good[best].score, float(low), float(high), level)
        found.append(replace(one, best_probability=float(wins[i]), behind=behind))
    return sorted(found, key=lambda one: one.score)


def _warnings(ranked: list[Compared], undecided: tuple[str, ...], held_runs: int) -> tuple[str, ...]:
    found = [sentence for one in ranked if (sentence := _ended(one))]
    if undecided:
        found.append(f"{', '.join(undecided)}: not distinguishable from {ranked[0].law} on {held_runs} held-out runs.")
    by_aicc = min(ranked, key=lambda one: one.aicc)
    if by_aicc.law != ranked[0].law and by_aicc.law not in undecided:
        found.append(
            f"AICc prefers {by_aicc.law}, which extrapolates worse than {ranked[0].law}: a good fit to the fitted "
            "points is no evidence of good extrapolation."
        )
    if ranked[0].coverage < 0.8:
        found.append(
            f"the intervals of {ranked[0].law} contained {ranked[0].coverage:.0%} of the larger runs, although they "
            "include the usual error of a law's form. Predict without naming a law."
        )
    return tuple(found)


def _ended(one: Compared) -> str:
    """Say that a law's fits did not converge: its score is that of the unconverged fits."""
    below = [cut for cut in one.cuts if cut.ended]
    some = f"{one.law}: {len(below)} of {len(one.cuts)} fits below a compute did not converge"
    if one.ended:
        return f"{one.law}, fitted to all points, is {one.ended}" + (f" {some}." if below else "")
    return f"{some}; below {below[0].at:.3g}: {below[0].ended}" if below else ""
