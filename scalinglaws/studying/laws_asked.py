"""Which laws a report fits, to which rows and columns, and which panel shows each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..fitting.rows_of_law import ALIKE, efficient, largest_size
from ..laws import law as shelf
from ..laws.declaration import Law
from ..points.points import Points

# Kaplan's counts for every law, so that a report has only one definition of N. D is defined as in each paper: unique
# tokens for Kaplan's laws, processed tokens for Hoffmann's; they are equal if no text is repeated.
# C counts every matrix product: at the sizes of a first study the head costs as much as the blocks, and 6ND is off by a
# factor of 1.2 to 3.6 that depends on the size (rule A2 of the audit). Plans and reaches are in 6ND, as laws of N, D.
COUNTS = {"N": "params_nonembedding", "C": "flops_exact", "S": "steps"}
MOST, FEW = 2 / 3, 5  # of the sizes, and of them at the least, that L(N) is fitted to at one horizon
SHARED = "two thirds of the sizes"
JOINT = ("kaplan-nd", "chinchilla")  # laws of N and D, with which predictions and plans can be made
ROBUST = "huber"


@dataclass(frozen=True)
class LawAsked:
    """Which law to fit to which rows, and which panel shows it.

    Attributes:
        columns: letter -> column, for the letters whose column the report chooses.
        panel: key of the report's bands; empty for a law that is only in the table.
        rows: rows of the points.
        along: letter of the law on the horizontal axis of its line.
        why: which rows these are, in words.
    """

    law: Law
    points: Points
    columns: Mapping[str, str]
    panel: str = ""
    rows: tuple[int, ...] = ()
    along: str = ""
    why: str = ""
    cluster: str = "lineage"


def everything_asked(
    points: Points, curves: Points | None, laws: Sequence[Law], counts: Mapping[str, str]
) -> list[LawAsked]:
    """List every law of the report with the rows to fit; panels whose columns are missing are left out."""
    cluster = "lineage" if "lineage" in points else "run_id"
    asked = _panels(points, counts, {law.name for law in laws})
    rows = tuple(map(int, rows_kept(points)))
    for law in laws:
        panel, along = panel_of(law)
        asked.append(LawAsked(law, points, _columns(law, counts), panel, rows, along, "all runs", cluster=cluster))
    if curves is not None:
        law = shelf("kaplan-ns")
        asked.append(LawAsked(law, curves, _columns(law, counts), why="evaluations along runs at constant rate"))
    return asked


def _panels(points: Points, counts: Mapping[str, str], taken: set[str]) -> list[LawAsked]:
    """The power laws of one variable, each on the rows where the other variables do not limit the loss."""
    trunks = "lineage" in points and len(set(points["lineage"])) < len(points)
    described = (
        ("n", "L(N)", _at_common_horizon, f"the longest horizon that {SHARED} have", "lineage" if trunks else "run_id"),
        (
            "d",
            "L(D)",
            _of_largest_size,
            "the largest size at every horizon" + (", branches of one trunk" if trunks else ""),
            "run_id",
        ),
        ("c", "L(C)", _efficient, "runs with a lower loss than every cheaper run", "run_id"),
    )
    asked = []
    for letter, panel, choose, why, cluster in described:
        if not _has(points, counts, letter.upper()):
            continue
        rows = choose(points, counts, _filled(points, counts, letter.upper()))
        for law in (shelf(f"kaplan-{letter}"), shelf(f"henighan-{letter}")):
            if law.name not in taken:
                some, columns = points.take(rows), _columns(law, counts)
                numbers = tuple(map(int, rows))
                asked.append(LawAsked(law, some, columns, panel, numbers, letter.upper(), why, cluster=cluster))
    return asked


def panel_of(law: Law) -> tuple[str, str]:
    """Name the panel that shows a joint law, and the letter on the horizontal axis of its lines."""
    if set(law.inputs) == {"N", "D"}:
        return "L(N,D)", "D"
    alone = law.inputs[0] if len(law.inputs) == 1 else ""
    return (f"L({alone})", alone) if alone in ("N", "D", "C") else ("", "")


def _columns(law: Law, counts: Mapping[str, str]) -> dict[str, str]:
    return {letter: counts[letter] for letter in (*law.inputs, law.target) if letter in counts}


def column_of(counts: Mapping[str, str], letter: str) -> str:
    """Name the column of a letter: the one that the report chooses, else the usual one."""
    return counts.get(letter, {"D": "tokens", "L": "loss_nats"}.get(letter, letter))


def _has(points: Points, counts: Mapping[str, str], letter: str) -> bool:
    return column_of(counts, letter) in points


def rows_kept(points: Points) -> np.ndarray:
    """Return the numbers of the rows that are used in fits."""
    if "excluded_because" not in points:
        return np.arange(len(points))
    return np.flatnonzero(points["excluded_because"] == "")


def _filled(points: Points, counts: Mapping[str, str], letter: str) -> np.ndarray:
    """Rows that are used in fits and have a number for a letter and for the loss."""
    rows = rows_kept(points)
    good = [np.isfinite(points[column_of(counts, name)][rows]) for name in (letter, "L")]
    return rows[np.logical_and.reduce(good)]


def _at_common_horizon(points: Points, counts: Mapping[str, str], rows: np.ndarray) -> np.ndarray:
    """Rows at the longest horizon that two thirds of the fitted sizes have, five at least; all if tokens are unknown.

    Where every run ends at one compute, large sizes have short horizons alone, at which size hardly matters. Empty if
    the sizes share no horizon, as in a table of isoFLOP budgets: rows at different horizons are no L(N).
    """
    if not _has(points, counts, "D") or not len(rows):
        return rows
    sizes, tokens = (np.log(points[column_of(counts, letter)][rows]) for letter in ("N", "D"))
    many = len(np.unique(sizes))
    for horizon in sorted(set(tokens), reverse=True):
        near = np.abs(tokens - horizon) <= ALIKE
        if len(np.unique(sizes[near])) >= max(MOST * many, min(FEW, many)):
            return rows[near]
    return rows[:0]


def _of_largest_size(points: Points, counts: Mapping[str, str], rows: np.ndarray) -> np.ndarray:
    """Rows of the largest fitted size; every row if sizes are unknown."""
    if not _has(points, counts, "N") or not len(rows):
        return rows
    return rows[largest_size(points[column_of(counts, "N")][rows])]


def _efficient(points: Points, counts: Mapping[str, str], rows: np.ndarray) -> np.ndarray:
    """Rows whose loss is lower than that of every row with the same or less compute."""
    return rows[efficient(*(points[column_of(counts, letter)][rows] for letter in ("C", "L")))]
