"""findings(of): the claims of Kaplan et al. 2020, judged on the tables of a set of families or on a study's folder."""

from collections.abc import Sequence
from pathlib import Path

from ..claims.claim import Findings
from ..claims.findings import judged
from ..designing.design import read_sweep
from ..measurements.reading_tables import read_tables
from ..points.points import Points
from ..records.arguments import checked
from ..store.store import MARK, open_store
from .run_tables import curve_table, position_table, run_table


@checked
def findings(
    of: str | Path | Sequence[str | Path], *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> Findings:
    """Judge the claims of Kaplan et al. 2020 on the tables of a set of families.

    Each is passed, failed or undecided: where runs are missing or intervals too wide, with what it would take.

    Args:
        of: a folder with points.csv, curves.csv and positions.csv, as a set of families writes them; the folder of one
            study; a table of runs; or those three tables in a list, in this order.

    Raises:
        PointsError: there is no table of runs.
    """
    places = [of] if isinstance(of, str | Path) else list(of)
    return judged(*tables_of([Path(place) for place in places]), level=level, draws=draws, seed=seed)


def tables_of(places: list[Path]) -> tuple[Points, Points, Points]:
    """Read the tables of a set of families, or make those of a study from its runs."""
    if len(places) != 1 or (places[0] / "points.csv").exists() or not (places[0] / MARK).exists():
        return read_tables(*places)
    sweep = read_sweep(places[0])
    runs = open_store(places[0]).runs_of(sweep.runs)
    families = {run.spec.id: sweep.name for run in runs}
    return run_table(runs, families, sweep.left_out, sweep.name), curve_table(runs), position_table(runs)
