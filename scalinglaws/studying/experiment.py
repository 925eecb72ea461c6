"""The record that the paper's figures and the page of a set of families are drawn from."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..claims.findings import judged_on
from ..designing.design import read_sweep
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
    name = folder.resolve().name
    return measured_tables(evidence, name, str(folder), _planned(folder), told, _study_of(folder, name))


def experiment_of_points(points: Points, *, level: float = 0.95, draws: int = 1000, seed: int = 0) -> Experiment:
    """Measure what a table of runs alone allows; arguments as in `experiment`."""
    nothing = Points({"run_id": []})
    evidence = FamilyTables(points, nothing, nothing, level, draws, seed)
    return measured_tables(evidence, Path(points.source).stem or "points", USUAL, {}, "")


def measured_tables(
    evidence: FamilyTables, name: str, folder: str, planned: dict[str, int], notes: str, study: str = USUAL
) -> Experiment:
    """Measure tables, and put what was found into the record.

    Args:
        planned: family -> number of its runs; notes: paragraphs on the runs; study: the preset or file of the families.
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
        study=study,
        folder=folder,
        notes=notes,
    )


def _present(runs: Points) -> dict[str, int]:
    if "family" not in runs or not len(runs):
        return {}
    return dict(Counter(name for text in runs["family"] for name in str(text).split()))


def _planned(folder: Path) -> dict[str, int]:
    """Give how many runs with a result each family of a folder was designed with; none are known of tables alone."""
    if not (folder / MARK).exists():
        return {}
    families = read_families(open_store(folder)).items()
    return {name: sum(not spec.is_trunk for spec in family.sweep.runs) for name, family in families}


def _study_of(folder: Path, name: str) -> str:
    """Give the preset or the file of the families of a folder, for commands that train what is missing."""
    if not (folder / "sweep.json").exists():
        return name if name in presets() else USUAL
    asked = read_sweep(folder).name
    return asked if asked in presets() else f"{asked}.toml"
