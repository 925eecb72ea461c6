"""The record that the paper's figures and the page of a set of families are drawn from."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..claims.findings import judged_on
from ..designing.read_study import presets
from ..measurements.family_tables import FamilyTables
from ..measurements.lines_to_draw import lines_to_draw
from ..measurements.points_to_draw import points_to_draw
from ..points.points import Points
from ..reporting.paper.experiment import Experiment
from ..store.store import MARK, open_store
from .family_sweeps import read_families
from .findings import tables_of

NOTES = "notes.md"  # what is said of the runs, in a folder of families
USUAL = "kaplan-cpu"  # the preset whose families are named where the folder does not say its own


def experiment(
    of: str | Path | Sequence[str | Path], *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> Experiment:
    """Measure everything that the figures show on the tables of a set of families, a study, or a table of runs.

    Args:
        of: as in `findings`.
        level, draws, seed: of the intervals.

    Raises:
        PointsError: there is no table of runs.
    """
    places = [Path(one) for one in ([of] if isinstance(of, str | Path) else of)]
    evidence = FamilyTables(*tables_of(places), level, draws, seed)
    folder = places[0] if places[0].is_dir() else places[0].parent
    notes = folder / NOTES
    told = notes.read_text(encoding="utf-8").strip() if notes.is_file() else ""
    return measured_tables(evidence, folder.resolve().name, str(folder), _planned(folder), told)


def experiment_of_points(points: Points, *, level: float = 0.95, draws: int = 1000, seed: int = 0) -> Experiment:
    """Measure what a table of runs alone allows; arguments as in `experiment`."""
    nothing = Points({"run_id": []})
    evidence = FamilyTables(points, nothing, nothing, level, draws, seed)
    return measured_tables(evidence, Path(points.source).stem or "points", USUAL, {}, "")


def measured_tables(evidence: FamilyTables, name: str, folder: str, planned: dict[str, int], notes: str) -> Experiment:
    """Measure tables, and put what was found into the record.

    Args:
        planned: family -> number of its runs; notes: paragraphs on the runs.
    """
    lines, missing = lines_to_draw(evidence)
    return Experiment(
        name=name,
        runs=evidence.runs,
        curves=evidence.curves,
        positions=evidence.positions,
        found=judged_on(evidence),
        lines=lines,
        missing=missing,
        tables=points_to_draw(evidence),
        present=_present(evidence.runs),
        planned=planned,
        study=name if name in presets() else USUAL,
        folder=folder,
        notes=notes,
    )


def _present(runs: Points) -> dict[str, int]:
    if "family" not in runs or not len(runs):
        return {}
    done = np.isfinite(runs["loss_nats"]) & (runs["outcome"] == "finished")
    return dict(
        Counter(name for text, here in zip(runs["family"], done, strict=True) if here for name in str(text).split())
    )


def _planned(folder: Path) -> dict[str, int]:
    """Give how many runs each family of a folder was designed with; none are known of tables alone."""
    if not (folder / MARK).exists():
        return {}
    return {name: len(family.sweep.runs) for name, family in read_families(open_store(folder)).items()}
