"""infer(points, ...): every law, line and interval that a report shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from ..errors import FitError, PointsError
from ..fitting.fit import fit
from ..frontiers.budgets import Frontier
from ..frontiers.frontier import frontier
from ..laws import law as shelf
from ..laws.declaration import Law
from ..points.points import Points
from ..results.attempt import attempt
from ..results.fitted import Band, FittedLaw, FrontierFound
from ..results.tested import SeedSpread
from ..uncertainty.drawn import Draws
from ..uncertainty.draws import draws as draw
from .laws_asked import COUNTS, JOINT, ROBUST, LawAsked, column_of, everything_asked
from .laws_shown import bands, tabulated, unsound
from .seed_spread import lack_of_fit, seed_spread


@dataclass(frozen=True)
class Inference:
    """All fits to the points, with their intervals.

    Attributes:
        draws: law -> its draws from the robust fit, from which predictions and plans are made.
        failed: law -> why it could not be fitted.
        notes: what could not be fitted, and why.
    """

    fits: tuple[FittedLaw, ...]
    bands: dict[str, tuple[Band, ...]]
    frontier: FrontierFound | None
    seed_spread: SeedSpread | None
    draws: Mapping[str, Draws] = field(repr=False)
    failed: Mapping[str, Exception] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()

    def first(self, names: Sequence[str]) -> str | None:
        """Name the first of these laws that could be fitted; with laws in the order of their errors, the best one."""
        return next((name for name in names if name in self.draws), None)


def largest_compute(drawn: Draws) -> float:
    """Largest 6 N D among the points of a fit."""
    return 6 * float((drawn.fit.inputs["N"] * drawn.fit.inputs["D"]).max())


def infer(
    points: Points,
    curves: Points | None = None,
    *,
    laws: Sequence[Law | str] = JOINT,
    counts: Mapping[str, str] = COUNTS,
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> Inference:
    """Fit the laws of one variable and the given joint laws, with intervals from resampling whole lineages, or runs.

    Args:
        points: one row per finished run (`store.points_of`), or any table; rows with a reason to be left out are not
            used.
        curves: evaluations along runs at constant learning rate after warm-up, for L(N, S).
        laws: fitted to all rows: those of Kaplan et al. 2020 and Hoffmann et al. 2022 unless others are named.
        counts: letter -> column, for the whole report. For a letter that is not given, each law uses its own column.
    """
    members = [shelf(one) if isinstance(one, str) else one for one in laws]
    fitted: list[tuple[LawAsked, Draws]] = []
    failed: dict[str, Exception] = {}
    notes: list[str] = []
    for asked in everything_asked(points, curves, members, counts):
        drawn = _drawn(asked, draws, seed)
        if isinstance(drawn, Exception):
            failed.setdefault(asked.law.name, drawn)
            notes.append(f"{asked.law.name} on {asked.why}: {drawn}")
        else:
            fitted.append((asked, drawn))
    shown: dict[str, tuple[Band, ...]] = {}
    for asked, drawn in fitted:
        if asked.panel and not unsound(drawn.fit):
            lines = attempt(partial(bands, asked, drawn, level), lambda why: [])
            shown[asked.panel] = (*shown.get(asked.panel, ()), *lines)
    chosen = {asked.law.name: drawn for asked, drawn in fitted}
    spread = attempt(lambda: seed_spread(points, counts), lambda why: None)
    said = [attempt(partial(lack_of_fit, chosen[m.name], spread), str) for m in members if m.name in chosen]
    notes += [note for note in said if note]
    return Inference(
        tuple(tabulated(asked, drawn, level) for asked, drawn in fitted),
        shown,
        _frontier(points, counts, {"level": level, "draws": draws, "seed": seed}, notes),
        spread,
        chosen,
        failed,
        tuple(dict.fromkeys(notes)),
    )


def _drawn(asked: LawAsked, draws: int, seed: int) -> Draws | Exception:
    """Fit a law and make its draws; return the error if that fails."""

    def make() -> Draws | Exception:
        try:
            found = fit(asked.law, asked.points, loss=ROBUST, cluster=asked.cluster, columns=asked.columns)
            return draw(found, draws=draws, seed=seed)
        except (PointsError, FitError) as failure:
            return failure

    return attempt(make, FitError)


def _frontier(points: Points, counts: Mapping[str, str], how: Mapping, notes: list[str]) -> FrontierFound | None:
    """The envelope of the finished runs of a study; for a table without lineages, the isoFLOP optima if it has groups.

    The decayed runs of a lineage at its horizons are used as its curve.
    """
    letters = {"params": "N", "flops": "C", "tokens": "D", "loss": "L"}
    chosen = {role: column_of(counts, letter) for role, letter in letters.items()}
    columns = {role: name for role, name in chosen.items() if role in ("params", "flops") or name in points}
    trunks = "lineage" in points
    why: list[str] = []
    curves = points.replace(run_id=points["lineage"]) if trunks else points
    for method in ("envelope",) if trunks else ("isoflop", "envelope"):
        found = attempt(partial(_found, method, curves, columns, how), partial(_refused, method, why))
        if found is not None:
            return found
    notes.append(f"frontier: {'; '.join(why)}")
    return None


def _found(method: str, points: Points, columns: Mapping[str, str], how: Mapping) -> FrontierFound | None:
    made = frontier(method, points, columns=columns, **how)
    return made.found() if isinstance(made, Frontier) else None


def _refused(method: str, why: list[str], said: str) -> None:
    why.append(f"{method} {said}")
