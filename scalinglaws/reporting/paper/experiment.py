"""The record that the paper's figures are drawn from: tables of runs, and what was measured on them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...claims.claim import Findings
from ...errors import counted
from ...measurements.sheet import Constant, Sheet
from ...points.points import Points
from ...results.attempt import Lacking
from ...results.fitted import Band


@dataclass(frozen=True)
class Rows:
    """The rows of a measured table by the names of its columns."""

    columns: Mapping[str, tuple]

    def __getitem__(self, name: str) -> np.ndarray:
        """Give a column as numbers, with nan for what is missing or a text."""
        return np.array([one if isinstance(one, int | float) else np.nan for one in self.columns[name]], dtype=float)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def texts(self, name: str) -> np.ndarray:
        """Give a column as texts."""
        return np.array(["" if one is None else str(one) for one in self.columns[name]], dtype=object)

    def take(self, keep) -> "Rows":
        """Keep some rows."""
        return Rows({n: tuple(v for v, k in zip(values, keep, strict=True) if k) for n, values in self.columns.items()})


@dataclass(frozen=True, eq=False)
class Experiment:
    """Everything that a page of families shows; every number is computed before it is put here.

    Attributes:
        runs, curves, positions: a row per run, per evaluation and per place in the context.
        found: the verdicts on the paper's claims, and the measured constants and tables.
        lines, missing: fitted lines by name; name -> why there is none.
        tables: further tables of points that only figures use.
        present: family -> number of its runs that ended; planned: family -> number that was asked for, where known.
        study: the preset or file of the families, for the commands that train what is missing.
        folder: where they are, as the user named it.
        notes: paragraphs on the runs, in words.
    """

    name: str
    runs: Points
    curves: Points
    positions: Points
    found: Findings
    lines: Mapping[str, tuple[Band, ...]]
    missing: Mapping[str, str]
    tables: tuple[Sheet, ...]
    present: Mapping[str, int]
    planned: Mapping[str, int]
    study: str
    folder: str
    notes: str = ""

    def table(self, name: str) -> Rows:
        """Give a measured table.

        Raises:
            Lacking: there is none.
        """
        for one in (*self.found.measured.sheets, *self.tables):
            if one.name == name and one.rows:
                heads = _distinct(one.columns)
                return Rows({head: tuple(row[i] for row in one.rows) for i, head in enumerate(heads)})
        raise Lacking("more of its runs")

    def line(self, name: str) -> tuple[Band, ...]:
        """Give the fitted lines of a name; none where there is no fit."""
        return self.lines.get(name, ())

    def constant(self, name: str) -> Constant | None:
        """Give a measured constant by its name."""
        return next((one for one in self.found.measured.constants if one.name == name), None)

    def of(self, *families: str, arch: str = "") -> Points:
        """Take the finished runs of any of these families.

        Raises:
            Lacking: there is none.
        """
        rows = self._finished(families)
        if arch and rows.any():
            rows &= self.runs["arch"] == arch
        if not rows.any():
            raise Lacking(f"family {families[0]} ({counted(self.present.get(families[0], 0), 'run')} present)")
        return self.runs.take(rows)

    def count(self, *families: str) -> int:
        """Count the finished runs of any of these families."""
        return int(self._finished(families).sum())

    def _finished(self, families: tuple[str, ...]) -> np.ndarray:
        if "family" not in self.runs or not len(self.runs):
            return np.zeros(0, dtype=bool)
        rows = _members(self.runs["family"], families) & np.isfinite(self.runs["loss_nats"])
        return rows & (self.runs["outcome"] == "finished")

    def by_place(self) -> Points:
        """Give the table of losses by place in the context.

        Raises:
            Lacking: there is none.
        """
        if "position" not in self.positions or not len(self.positions):
            raise Lacking("the losses by place in the context (positions.csv)")
        return self.positions

    def curves_of(self, runs: Points) -> list[tuple[str, Points]]:
        """Give the learning curves of these runs and of the trunks from which they branch, evaluations in order."""
        if not len(self.curves) or "steps" not in self.curves:
            return []
        ids = dict.fromkeys([*runs["lineage"].tolist(), *runs["run_id"].tolist()])
        found = []
        for run_id in ids:
            rows = np.flatnonzero((self.curves["run_id"] == run_id) & np.isfinite(self.curves["loss_nats"]))
            if len(rows) > 1:
                found.append((run_id, self.curves.take(rows[np.argsort(self.curves["steps"][rows])])))
        return found


def _members(column: np.ndarray, families: tuple[str, ...]) -> np.ndarray:
    return np.array([bool({*str(text).split()} & {*families}) for text in column], dtype=bool)


def _distinct(heads: tuple[str, ...]) -> list[str]:
    """Name columns apart: a second `low` is that of the number before it."""
    seen: dict[str, int] = {}
    found = []
    for head in heads:
        seen[head] = seen.get(head, 0) + 1
        found.append(head if seen[head] == 1 else f"{head} {seen[head]}")
    return found
