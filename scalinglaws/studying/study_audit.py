"""The audit of a study's results and runs."""

from collections.abc import Sequence
from pathlib import Path

from ..auditing.audit import audit
from ..designing.design import read_sweep
from ..points.points import Points
from ..records.json_values import from_plain, read_json
from ..results.audited import Audit
from ..results.study_results import StudyResults
from ..run.run import Run
from ..store.points_of_runs import points_of
from ..store.store import open_store
from .run_tables import table_of
from .training_columns import with_protocol

COUNTS = {"N": "params_nonembedding", "C": "flops_6nd"}  # the columns that a study uses
LAW = "chinchilla"


def review(results: StudyResults, runs: Sequence[Run]) -> Audit | None:
    """Audit a study as any table, with its prediction, its plans and its printed constants as the claims.

    None if no run is used in fits yet.
    """
    points = with_protocol(results.points, runs) if runs else results.points
    return audit(points, **claims(results)) if len(points.kept) else None


def claims(results: StudyResults) -> dict:
    """Collect what a study claims, as options of `audit`."""
    fits = [one for one in results.fits if one.law == LAW]
    printed = {name: value.value for name, value in fits[0].values.items()} if fits else {}
    return {"columns": dict(results.counts), "held_out": results.held_out, "plans": results.plans, "printed": printed}


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
