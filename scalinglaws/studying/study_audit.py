"""The audit of a study's results and runs."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..auditing.audit import audit
from ..auditing.determined import undetermined
from ..designing.design import read_sweep
from ..points.points import Points
from ..records.json_values import from_plain, read_json
from ..results.fitted import Band, FittedLaw
from ..results.study_results import StudyResults
from ..run.run import Run
from ..store.points_of_runs import points_of
from ..store.store import open_store
from .laws_asked import COUNTS
from .run_tables import table_of
from .training_columns import with_protocol

LAW = "chinchilla"


def audited(results: StudyResults, runs: Sequence[Run]) -> StudyResults:
    """Audit a study as any table, with its prediction, its plans and its printed constants as the claims.

    Constants that the audit finds undetermined are reported as not identified. No audit if no run is in fits yet.
    """
    points = with_protocol(results.points, runs) if runs else results.points
    if not len(points.kept):
        return results
    names = undetermined(points, results.counts)
    bands = {panel: tuple(_unnumbered(one, names) for one in lines) for panel, lines in results.bands.items()}
    results = replace(results, fits=_withheld(results.fits, names), bands=bands)
    return replace(results, audit=audit(points, **claims(results)))


def _unnumbered(line: Band, names: Sequence[str]) -> Band:
    """Take undetermined constants out of the words of a line."""
    if line.law != LAW or not names:
        return line
    return replace(line, text=f"{line.text.partition(';')[0]}; not identified: {', '.join(names)}")


def _withheld(fits: Sequence[FittedLaw], names: Sequence[str]) -> tuple[FittedLaw, ...]:
    return tuple(
        replace(one, unidentified=tuple(dict.fromkeys((*one.unidentified, *names)))) if one.law == LAW else one
        for one in fits
    )


def claims(results: StudyResults) -> dict:
    """Collect what a study claims, as options of `audit`."""
    fits = [one for one in results.fits if one.law == LAW]
    return {
        "columns": dict(results.counts),
        "held_out": results.held_out,
        "plans": results.plans,
        "printed": {name: value.value for name, value in fits[0].values.items()} if fits else {},
        "withheld": fits[0].unidentified if fits else (),
    }


def of_a_folder(folder: Path) -> tuple[Points, dict]:
    """Read a study's folder: its points with the training settings of each run, and the claims of its results, if any.

    Raises:
        StoreError: not a store.
    """
    store = open_store(folder)
    runs, kept = store.runs(), folder / "results.json"
    if kept.exists():
        results = from_plain(StudyResults, read_json(kept), str(kept))
        return with_protocol(results.points, runs), claims(results)
    if not (folder / "sweep.json").exists():
        return with_protocol(points_of(runs, source=str(folder)), runs), {"columns": COUNTS}
    return with_protocol(table_of(store, read_sweep(folder)), runs), {"columns": COUNTS}
