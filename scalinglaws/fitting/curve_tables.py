"""A table of learning curves and a law of one run's whole schedule -> that law as a law of rows, and the rows to fit.

Between two rows of a run the rate is assumed to change halfway; before the first row it rises linearly from zero.
"""

from collections.abc import Mapping

import numpy as np

from ..errors import PointsError, argument
from ..laws.along_schedules import Schedule
from ..laws.declaration import Law
from ..points.points import Points
from ..quantities import playing

NEEDED = ("run_id", "steps", "lr")
MOST_ROWS = 32  # maximum number of fitted rows of a run: more rows of one curve add cost and little information
RISE = 32  # number of pieces of a warm-up before the first row


def of_runs(law: Law, points: Points, columns: Mapping[str, str] | None = None) -> tuple[Law, Points]:
    """Make a law of the rows of a table, and the table with the number of the schedule and of the piece for each row.

    All rows of a run determine its schedule; at most `MOST_ROWS` of them, evenly spaced, are returned to be fitted.

    A law of rows is returned unchanged, and so is one of a schedule if the table does not have its columns.

    Raises:
        PointsError: a column is missing, the models have several sizes, a run has a step twice, or a learning rate is
            negative or no number.
    """
    if law.along is None:
        return law, points
    points = points.kept
    if columns and "lr" in columns:
        points = points.replace(lr=points[columns["lr"]])
    lacking = [name for name in NEEDED if name not in points]
    if lacking:
        raise PointsError(
            f"law {law.name!r} takes the whole schedule of each run: the table needs run_id, steps and lr, with a "
            f"row for each logged step. Name {lacking[0]} with {argument(map={lacking[0]: 'COLUMN'})}."
        )
    _require_one_size(law, points)
    names, number = np.unique(points["run_id"], return_inverse=True)
    piece, fitted = np.empty(len(points)), np.zeros(len(points), dtype=bool)
    schedules = []
    for i, name in enumerate(names):
        rows = np.flatnonzero(number == i)
        rows = rows[np.argsort(points["steps"][rows], kind="stable")]
        schedule, piece[rows] = read_schedule(str(name), points["steps"][rows], points["lr"][rows])
        schedules.append(schedule)
        fitted[rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).round().astype(int)]] = True
    return law.along(schedules), points.replace(schedule_number=number.astype(float), steps=piece).take(fitted)


def _require_one_size(law: Law, points: Points) -> None:
    for name in playing("params"):
        if name in points and len(sizes := np.unique(points[name])) > 1:
            raise PointsError(
                f"law {law.name!r} is of one model: these runs are of {len(sizes)} sizes ({name} from {sizes[0]:g} to "
                f"{sizes[-1]:g}). Choose one: {argument(where=f'{name} == {sizes[0]:.12g}')}."
            )


def read_schedule(name: str, steps: np.ndarray, rate: np.ndarray) -> tuple[Schedule, np.ndarray]:
    """Return a run's schedule, and for each of its rows the number of the piece that ends there."""
    if not (np.isfinite(rate) & (rate >= 0)).all():
        raise PointsError(f"run {name!r} has a learning rate that is no number of 0 or more. Drop or correct that row.")
    if not (np.diff(steps) > 0).all() or not steps[0] >= 0 or not np.isfinite(steps).all():
        raise PointsError(f"run {name!r} has a step twice, or one below 0. Keep one row a step.")
    before, after = np.diff(steps, prepend=steps[0]) / 2, np.diff(steps, append=steps[-1]) / 2
    rise = np.linspace(0.0, rate[0], RISE)
    lengths = np.stack([before, after], axis=1).ravel()[1:]
    rates = np.concatenate([rise, np.repeat(rate, 2)[1:]])
    whole = np.concatenate([np.full(RISE, (steps[0] + 1) / RISE), lengths])
    return Schedule(rates, whole), RISE - 1 + 2 * np.arange(len(steps))
