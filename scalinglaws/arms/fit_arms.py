"""Fit one law to several arms at once: parameters shared, partially pooled or free."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..errors import FitError, MisuseError, PointsError, counted, nearest
from ..fitting.coordinates import Coordinates
from ..fitting.fit import fit
from ..fitting.fit_record import LEAVES_OUT, Fit
from ..fitting.losses import robust_sd
from ..laws import law as shelf
from ..laws.declaration import Law
from ..points.one_definition import unmixed
from ..points.other_arms import with_other_arms
from ..points.points import Points
from ..uncertainty.drawn import Draws, drawn
from ..uncertainty.resample import blocks, refit
from ..uncertainty.sandwich import sandwich
from .arms_fit import ArmsAsked, ArmsFit, checked_arm, joint_law
from .expand import ARM, ARM_COLUMN, arm_values, departure

FARTHEST = 6.0  # maximum departure: a factor of 400
LEAST_SD = 1e-3  # minimum standard deviation of a pooled parameter: with less the arms share it
FEW_ARMS = 4  # with fewer arms their spread is hardly known
ESTIMATE = "estimate"


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
    **options,
) -> ArmsFit:
    """Fit the arms without judging the table; `scalinglaws.fit_arms` is its public face."""
    law = shelf(law) if isinstance(law, str) else law
    points, arms, number = _numbered(with_other_arms(points), arm)
    reference = arms[0] if reference is None else checked_arm(arms, reference)
    treatment = _treatment(law, shared, pooled, free)
    alone = fit(law, points, seed=seed, **options | {"every_row": True})  # the best rows of all are of few arms
    asked = ArmsAsked(law, points, arms, reference, alone, options, seed)
    sds, warnings = _sds(pooled or {}, asked, treatment)
    joint = joint_fit(asked, treatment, sds)
    left_out = [warning.message for warning in alone.warnings if warning.id == LEAVES_OUT]
    return _taken_apart(
        law, arms, treatment, sds, joint, asked, draws, (*left_out, *warnings, *_few(arms, number, law))
    )


def _taken_apart(law, arms, treatment, sds, joint: Fit, asked, n, warnings) -> ArmsFit:
    """Draw from the joint fit, and split it into one law per arm."""
    found = _resampled(joint, n, asked.seed)
    by_arm = {name: _of_arm(law, arms, name, joint, found, asked.middles) for name in arms}
    values = {name: one.fit.values for name, one in by_arm.items()}
    return ArmsFit(
        law=law,
        arms=arms,
        reference=asked.reference,
        treatment=treatment,
        pooled_sd=sds,
        values=values,
        departures=_departures(joint, arms, asked.reference, treatment),
        joint=joint,
        draws=found,
        by_arm=by_arm,
        asked=asked,
        warnings=warnings,
    )


def _numbered(points: Points, arm: str) -> tuple[Points, tuple[str, ...], np.ndarray]:
    column = points[arm]
    labels = column if column.dtype.kind == "U" else np.array([f"{value:g}" for value in column])
    kept = points["excluded_because"] == "" if "excluded_because" in points else np.ones(len(points), dtype=bool)
    nameless = int((labels[kept] == "").sum())
    if nameless:
        raise PointsError(
            f"{nameless} of {int(kept.sum())} rows have no {arm}: an empty label is no arm. Name it, or leave those "
            "rows out with a reason in a column 'excluded_because'."
        )
    arms = tuple(str(name) for name in np.unique(labels[kept]))
    if len(arms) < 2:
        raise PointsError(f"column {arm!r} names one arm, {', '.join(arms)}: there is nothing to compare. Use fit.")
    names = {departure("", name) for name in arms}
    if len(names) < len(arms):
        raise PointsError(f"some arms differ in punctuation alone: {', '.join(arms)}. Rename them in column {arm!r}.")
    number = np.array([arms.index(label) if label in arms else -1 for label in labels], dtype=np.float64)
    for name in arms:
        unmixed(points.take(kept & (labels == name)), (arm,))
    return points.across(*points.columns).replace(**{ARM_COLUMN: number}), arms, number[kept]


def _treatment(law: Law, shared, pooled, free) -> dict[str, str]:
    known = [p.name for p in law.parameters]
    said: dict[str, str] = {}
    for word, names in (("shared", shared or ()), ("pooled", pooled or {}), ("free", free or ())):
        for name in names:
            if name not in known:
                raise MisuseError(f"law {law.name!r} has no parameter {name!r}.{nearest(name, known)} It has {known}.")
            if name in said:
                raise MisuseError(f"{name!r} is named as {said[name]} and as {word}: name it once.")
            said[name] = word
    if shared is None and free is None:
        led = [p.name for p in law.parameters if p.amplitude]
        return {name: said.get(name, "free" if name in led else "shared") for name in known}
    rest = "free" if free is None else "shared"
    return {name: said.get(name, rest) for name in known}


def _sds(pooled, asked: ArmsAsked, treatment) -> tuple[dict[str, float], list[str]]:
    """Settle the spread of each pooled parameter."""
    found, warnings = {}, []
    for name, sd in pooled.items():
        if sd != ESTIMATE and not (isinstance(sd, int | float) and sd > 0):
            raise MisuseError(f"pooled {name} = {sd!r}; give a standard deviation above 0, in logs, or {ESTIMATE!r}.")
        found[name] = max(estimated_sd(name, asked, treatment), LEAST_SD) if sd == ESTIMATE else float(sd)
        if sd == ESTIMATE and found[name] == LEAST_SD:
            warnings.append(f"{name} differs between the arms by no more than its errors: it is practically shared.")
        if sd == ESTIMATE and len(asked.arms) < FEW_ARMS:
            warnings.append(f"{len(asked.arms)} arms hardly determine the spread of {name}: give its sd if you can.")
    return found, warnings


def estimated_sd(name: str, asked: ArmsAsked, treatment: Mapping[str, str]) -> float:
    """Estimate the spread of a parameter between arms by moments: its variance over the arms minus that of the errors.

    As DerSimonian & Laird 1986, unweighted, with the errors' covariance from the sandwich.
    """
    freed = {p: "shared" if word == "pooled" else word for p, word in treatment.items()} | {name: "free"}
    at, covariance = departures_of(joint_fit(asked, freed, {}), name, asked)
    many = len(asked.arms)
    centre, x, whole = np.eye(many) - 1 / many, np.zeros(many), np.zeros((many, many))
    rows = [i for i, arm in enumerate(asked.arms) if arm != asked.reference]
    x[rows], whole[np.ix_(rows, rows)] = at, covariance
    variance = (np.sum((centre @ x) ** 2) - np.trace(centre @ whole @ centre)) / (many - 1)
    return float(np.sqrt(max(variance, 0.0)))


def departures_of(found: Fit, name: str, asked: ArmsAsked) -> tuple[np.ndarray, np.ndarray]:
    """Give the departures of a free parameter, (arms - 1,), and their covariance over whole runs.

    Raises:
        FitError: no more runs than parameters.
    """
    rows = [found.free.index(departure(name, arm)) for arm in asked.arms if arm != asked.reference]
    return found.z[rows], sandwich(found).covariance[np.ix_(rows, rows)]


def joint_fit(asked: ArmsAsked, treatment: Mapping[str, str], sds: Mapping[str, float]) -> Fit:
    """Minimise the joint objective of all arms, starting from the common fit."""
    whole, departing = joint_law(asked, treatment)
    names = [departure(name, arm) for name, which in departing.items() for arm in which]
    more = dict(asked.options)
    more["bounds"] = {name: (-FARTHEST, FARTHEST) for name in names} | dict(more.get("bounds") or {})
    priors = {departure(name, arm): (0.0, sd) for name, sd in sds.items() for arm in departing[name]}
    more["priors"] = priors | dict(more.get("priors") or {})
    start = dict(asked.alone.values) | dict.fromkeys(names, 0.0)
    return fit(whole, asked.points, seed=asked.seed, starts=[start], **more)


def strata(number: np.ndarray, clusters: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """Number the runs of the points, (n,), and group the runs that have points in the same arms."""
    labels, index = np.unique(clusters, return_inverse=True)
    seen = np.zeros((len(labels), int(number.max()) + 1), dtype=bool)
    seen[index, number.astype(int)] = True
    _, kind = np.unique(seen, axis=0, return_inverse=True)
    return index, [np.flatnonzero(kind.ravel() == k) for k in np.unique(kind)]


def _resampled(joint: Fit, n: int, seed: int) -> Draws:
    """Resample runs with replacement within each arm, and refit the whole."""
    index, groups = strata(joint.inputs[ARM], joint.clusters)
    runs = sum(map(len, groups))
    if runs <= len(joint.z):
        raise FitError(
            f"{runs} runs cannot determine the {len(joint.z)} parameters of {joint.law.name}: share more of them."
        )
    rng = np.random.default_rng(seed)

    def make(rows):
        counts = np.zeros((rows, runs))
        for group in groups:
            picked = rng.integers(len(group), size=(rows, len(group)))
            np.add.at(counts, (np.arange(rows)[:, None], group[picked]), 1.0)
        return refit(joint, counts[:, index])

    z, kept = blocks(joint, n, None, make)
    return drawn(joint, z, kept, "pairs", seed)


def _of_arm(law: Law, arms, name: str, joint: Fit, found: Draws, middles) -> Draws:
    """Take one arm out of the joint fit: a fit and draws of the plain law."""
    i = arms.index(name)
    rows = joint.inputs[ARM] == i
    values = {k: float(v) for k, v in arm_values(law, arms, joint.values, middles, i).items()}
    columns = {k: found.values[:, j] for j, k in enumerate(found.names)}
    taken = arm_values(law, arms, columns, middles, i)
    drawn_values = np.stack([np.broadcast_to(taken[p.name], len(found)) for p in law.parameters], axis=1)
    one = _fit_of(law, joint, rows, values)
    return Draws(one, drawn_values, tuple(p.name for p in law.parameters), "pairs", found.seed, found.failed)


def _fit_of(law: Law, joint: Fit, rows: np.ndarray, values: Mapping[str, float]) -> Fit:
    coordinates = Coordinates(law, {}, {}, exact=joint.problem.coordinates.exact)
    inputs = {letter: joint.inputs[letter][rows] for letter in law.inputs}
    z = coordinates.coordinates(values)[0]
    wide = np.full(len(z), np.inf)
    problem = replace(
        joint.problem.take(rows),
        coordinates=coordinates,
        inputs=tuple(inputs[letter] for letter in law.inputs),
        low=-wide,
        high=wide,
        prior_at=np.zeros(len(z)),
        prior_sd=wide,
    )
    apart = joint.residuals[rows]
    return replace(
        joint,
        law=law,
        values=values,
        inputs=inputs,
        columns={letter: column for letter, column in joint.columns.items() if letter != ARM},
        n=int(rows.sum()),
        target=joint.target[rows],
        scales=joint.scales[rows],
        clusters=joint.clusters[rows],
        residuals=apart,
        unidentified=(),
        noise=robust_sd(apart * joint.scales[rows], 0) if rows.sum() > 2 else joint.noise,
        rms_log=float(np.sqrt(np.mean(apart**2))),
        z=z,
        problem=problem,
    )


def _departures(joint: Fit, arms, reference, treatment) -> dict[str, dict[str, float]]:
    found = {}
    for name, word in treatment.items():
        if word == "shared":
            continue
        own = {arm: joint.values.get(departure(name, arm), 0.0) for arm in arms}
        found[name] = {arm: own[arm] - own[reference] for arm in arms}
    return found


def _few(arms, number, law) -> list[str]:
    return [
        f"arm {arm} has {counted(int((number == i).sum()), 'point')} for the {len(law.parameters)} parameters "
        f"of {law.name}: its own values are determined mostly by what it shares with the other arms."
        for i, arm in enumerate(arms)
        if (number == i).sum() <= len(law.parameters)
    ]
