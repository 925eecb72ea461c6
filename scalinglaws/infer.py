"""Points -> every law, line and interval that a study's report shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .errors import FitError, PointsError
from .fit import fit
from .frontier import frontier
from .laws import law
from .points import Points
from .predict import predict
from .results import Band, Estimate, FittedLaw, FrontierFound, SeedSpread
from .uncertainty import Draws, draws

# Kaplan's counts for every law, so that one report speaks of one N. D is what each paper says: different tokens for
# Kaplan's laws, tokens processed for Hoffmann's; they are equal where no text is repeated.
COUNTS = {"N": "params_nonembedding", "C": "flops_6nd", "S": "steps"}
JOINT = ("kaplan-nd", "chinchilla")  # laws of N and D: what a prediction or a plan can be made of
BEYOND = 3.0  # lines are drawn this far beyond the points, on a log axis
LINE_POINTS = 60
TWICE = 2.0  # the spread of seeds: a law whose points lie further off does not fit
UNBOUNDED = 1e100  # an end of an interval beyond this is no bound
_NAMES = {"lineage": "lineages", "run_id": "runs"}
ROBUST, SQUARES = "huber", "ls-log"


@dataclass(frozen=True)
class Asked:
    """Which law to fit to which rows, and which panel shows it.

    Attributes:
        panel: key of the report's bands; empty for a law that is only tabulated.
        rows: rows of the points.
        along: letter of the law that the line runs along.
        why: what the rows are, for a person.
    """

    law: str
    points: Points
    panel: str = ""
    rows: tuple[int, ...] = ()
    along: str = ""
    why: str = ""
    loss: str = ROBUST
    cluster: str = "lineage"


@dataclass(frozen=True)
class Inference:
    """What the points say.

    Attributes:
        draws: law -> its draws from the robust fit: what predictions and plans are made of.
        notes: what could not be fitted, and why.
    """

    fits: tuple[FittedLaw, ...]
    bands: dict[str, tuple[Band, ...]]
    frontier: FrontierFound | None
    seed_spread: SeedSpread | None
    draws: Mapping[str, Draws] = field(repr=False)
    notes: tuple[str, ...] = ()


def infer(points: Points, curves: Points, *, level: float = 0.95, n_draws: int = 2000, seed: int = 0) -> Inference:
    """Fit the laws of Kaplan et al. 2020 and Hoffmann et al. 2022, with intervals from resampling whole lineages.

    Args:
        points: one row a finished run (`store.points_of`); rows with a reason to be left out take no part.
        curves: evaluations along runs at constant rate after warm-up, for L(N, S).
    """
    fitted, notes = [], []
    for asked in _laws(points, curves):
        try:
            found = fit(asked.law, asked.points, loss=asked.loss, cluster=asked.cluster, columns=_columns(asked))
            fitted.append((asked, draws(found, n=n_draws, seed=seed)))
        except (PointsError, FitError) as failure:
            notes.append(f"{asked.law} on {asked.why}: {failure}")
    bands: dict[str, tuple[Band, ...]] = {}
    for asked, drawn in fitted:
        if asked.panel and asked.loss == ROBUST:
            bands[asked.panel] = (*bands.get(asked.panel, ()), *_bands(asked, drawn, level))
    chosen = {asked.law: drawn for asked, drawn in fitted if asked.loss == ROBUST}
    spread = seed_spread(points)
    notes += [note for name in JOINT if name in chosen and (note := _lack_of_fit(chosen[name], spread))]
    return Inference(
        tuple(_tabulated(asked, drawn, level) for asked, drawn in fitted),
        bands,
        _frontier(points, level, n_draws, seed, notes),
        spread,
        chosen,
        tuple(notes),
    )


def _laws(points: Points, curves: Points) -> list[Asked]:
    """Every law of the report with the rows it speaks of."""
    rows = np.flatnonzero(points["excluded_because"] == "")
    common = rows[points["tokens"][rows] == _common_horizon(points, rows)]
    largest = rows[points["params_nonembedding"][rows] == points["params_nonembedding"][rows].max()]
    efficient = _efficient(points, rows)
    asked = []
    for suffix, chosen, panel, why, cluster in (
        ("n", common, "L(N)", "the longest horizon that every size has", "lineage"),
        ("d", largest, "L(D)", "the largest size at every horizon, branches of one trunk", "run_id"),
        ("c", efficient, "L(C)", "runs that no cheaper run beats", "run_id"),
    ):
        some, letter = points.take(chosen), suffix.upper()
        asked.append(Asked(f"kaplan-{suffix}", some, panel, tuple(map(int, chosen)), letter, why, cluster=cluster))
        asked.append(Asked(f"henighan-{suffix}", some, panel, tuple(map(int, chosen)), letter, why, cluster=cluster))
    for name in JOINT:
        for loss in (ROBUST, SQUARES):
            asked.append(Asked(name, points, "L(N,D)", tuple(map(int, rows)), "D", "all runs", loss))
    return [*asked, Asked("kaplan-ns", curves, why="evaluations along runs at constant rate")]


def _common_horizon(points: Points, rows: np.ndarray) -> float:
    """The longest horizon that every fitted size was trained to."""
    sizes = points["params_nonembedding"][rows]
    return min(points["tokens"][rows][sizes == size].max() for size in np.unique(sizes))


def _efficient(points: Points, rows: np.ndarray) -> np.ndarray:
    """Rows whose loss no row of the same or less compute reaches."""
    order = rows[np.lexsort((points["loss_nats"][rows], points["flops_6nd"][rows]))]
    loss = points["loss_nats"][order]
    before = np.minimum.accumulate(np.concatenate([[np.inf], loss[:-1]]))
    return np.sort(order[loss < before])


def _columns(asked: Asked) -> dict[str, str]:
    return {letter: COUNTS[letter] for letter in law(asked.law).inputs if letter in COUNTS}


def _tabulated(asked: Asked, drawn: Draws, level: float) -> FittedLaw:
    found, shown = drawn.fit, drawn.fit.law
    ends = drawn.interval(level)
    published = shown.published[0] if shown.published else None
    values = {name: Estimate(float(value), *map(_bound, ends[name]), level) for name, value in found.values.items()}
    scale = f", delta {found.delta:.2g} of ln L" if asked.loss == ROBUST else ""
    return FittedLaw(
        law=shown.name,
        formula=shown.formula,
        columns=dict(found.columns),
        loss=f"{asked.loss}{scale}; {asked.why}",
        n_points=found.n,
        n_runs=found.n_clusters,
        objective=float(found.objective),
        values=values,
        interval_method=f"{drawn.method} bootstrap over {found.n_clusters} {_NAMES[asked.cluster]}, {len(drawn)} draws",
        r2=float(found.r2),
        rms_log=float(found.rms_log),
        starts_agreeing=float(found.starts_agreeing),
        outcome=found.outcome,
        sentence=found.sentence,
        fingerprint=found.fingerprint,
        published={name: float(value) for name, value in published.values.items()} if published else {},
        published_source=published.source if published else "",
        warnings=tuple(w.message for w in found.warnings),
    )


def _bound(value: float) -> float | None:
    return float(value) if abs(value) < UNBOUNDED else None


def _bands(asked: Asked, drawn: Draws, level: float) -> list[Band]:
    """One line along the inputs of a one-variable law; one a size for a law of N and D."""
    inputs, along = drawn.fit.inputs, asked.along
    seen = float(inputs[along].min()), float(inputs[along].max())
    line = np.geomspace(seen[0] / BEYOND, seen[1] * BEYOND, LINE_POINTS)
    if len(inputs) == 1:
        return [_band(asked, drawn, {along: line}, seen, level, label=asked.law, text=_in_numbers(drawn))]
    sizes = np.unique(inputs["N"])
    return [
        _band(
            asked,
            drawn,
            {"N": np.full_like(line, size), "D": line},
            seen,
            level,
            label=f"{asked.law}, N = {size:,.0f}",
            text=_in_numbers(drawn),
            colour=float(size),
        )
        for size in sizes
    ]


def _band(asked, drawn, at, seen, level, *, label, text, colour=None) -> Band:
    found = predict(drawn, at, level=level, kind="mean")
    return Band(
        x_quantity=drawn.fit.columns[asked.along],
        x=_plain(at[asked.along]),
        y=_plain(found.value),
        low=_plain(found.low),
        high=_plain(found.high),
        law=asked.law,
        text=text,
        fitted_to=seen,
        level=level,
        label=label,
        colour_value=colour,
        rows=asked.rows,
        covers="mean",
    )


def _plain(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)


def _in_numbers(drawn: Draws) -> str:
    """The law with its fitted constants, in the form it is drawn."""
    values = drawn.fit.values
    return f"{drawn.fit.law.formula}; " + ", ".join(f"{name} = {value:.4g}" for name, value in values.items())


def _lack_of_fit(drawn: Draws, spread: SeedSpread | None) -> str:
    """Say by how much a law misses its points beyond what another seed explains; empty where it does not."""
    if spread is None or not drawn.fit.rms_log > TWICE * spread.sd_log:
        return ""
    times = drawn.fit.rms_log / spread.sd_log
    return (
        f"{drawn.fit.law.name} misses its points by {drawn.fit.rms_log:.1%} of the loss, {times:.1f} times the spread "
        f"of seeds ({spread.sd_log:.1%}): its form is off, and more seeds would not help. Its intervals hold that "
        "misfit as if it were noise."
    )


def residuals(drawn: Draws, points: Points) -> np.ndarray:
    """ln(measured / fitted) of every row, those included that the fit did not see."""
    fitted = drawn.fit.evaluate(**{letter: points[drawn.fit.columns[letter]] for letter in drawn.fit.law.inputs})
    return np.log(points["loss_nats"]) - np.log(fitted)


def _frontier(points: Points, level: float, n_draws: int, seed: int, notes: list[str]) -> FrontierFound | None:
    """The envelope over finished runs: the horizons of a lineage stand for its curve, each of them decayed."""
    columns = {"params": "params_nonembedding", "flops": "flops_6nd"}
    try:
        curves = points.replace(run_id=points["lineage"])
        return frontier(curves, method="envelope", columns=columns, level=level, draws=n_draws, seed=seed).found()
    except (PointsError, FitError) as failure:
        notes.append(f"frontier: {failure}")
        return None


def seed_spread(points: Points) -> SeedSpread | None:
    """Spread of the final loss over the seeds of one size, at the horizon with the most seeds; None without repeats."""
    kept = points.kept
    cells = np.stack([kept["params_nonembedding"], kept["tokens"]], axis=1)
    kinds, which, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    if not len(counts) or counts.max() < 2:
        return None
    cell = np.flatnonzero(counts == counts.max())[-1]
    losses = kept["loss_nats"][which.ravel() == cell]
    return SeedSpread(
        float(kinds[cell, 0]),
        float(kinds[cell, 1]),
        _plain(losses),
        float(losses.std(ddof=1)),
        float(np.log(losses).std(ddof=1)),
    )
