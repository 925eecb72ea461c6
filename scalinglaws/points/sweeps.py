"""Sweeps of a hyperparameter inside a table: of the runs of one size and number of tokens, the best settings count."""

import re
from collections.abc import Sequence

import numpy as np

from ..errors import PointsError, argument, nearest
from ..quantities import QUANTITIES, playing
from .along_runs import Reasons
from .points import Points

TRIED = 3  # values of one hyperparameter in a cell from which it was swept there
SAME = 0.02  # relative difference of sizes, and of tokens, within a cell
MOST_LABELS = 60  # values of a column of numbers beyond which it measures something and is no setting
EVIDENT = 0.5  # fraction of the cells that are swept, beyond which the table is a sweep
# Names, plain and in lower case, of what is tuned for a size and tokens and is no variable of a law.
_KNOB = re.compile(
    r"^(?:(?:peak_|max_|min_|final_|cooldown_|base_)?(?:lr|learning_rate)(?:_\w+)?|(?:global_)?batch(?:_\w+)?|"
    r"weight_decay|wd|warmup(?:_\w+)?|beta_?[12]|adam_\w+|momentum|eps(?:ilon)?|grad_clip|clip\w*|accum\w*)$"
)
_MADE_BY_KNOBS = {"steps", "planned_steps", "adamw_timescale", "seconds", "decay_share"}
_NO_SETTING = {"run_id", "lineage", "excluded_because", "outcome", "role", "seed", "epochs", "checkpoint"}
_TEXT_OF_A_RUN = re.compile(r"^(?:name|run_name|id|uuid|note|notes|source|url|path|state|status|comment)$")


def untuned(points: Points, best_of: Sequence[str] = ()) -> Reasons:
    """Find the runs of a sweep that other settings of their cell beat; repeats of the best settings all stay.

    A cell is a size, a number of tokens, and the values of all other columns of settings. Hyperparameters are compared
    by their mean loss. Unasked, that is done where most cells have three values or more of one hyperparameter.

    Args:
        best_of: columns that were swept, where the user names them.

    Raises:
        PointsError: no column is called so, or the table has no size, tokens or loss.
    """
    for name in (name for name in best_of if name not in points):
        raise PointsError(f"no column is called {name!r} to take the best of.{nearest(name, points.columns)}")
    knobs = list(best_of) or _knobs(points)
    roles = {role: _filled(points, role) for role in ("params", "tokens", "loss")}
    if not knobs or not all(roles.values()) or not len(points):
        if best_of:
            lacking = [role for role, name in roles.items() if not name]
            named = ", ".join(argument(map={playing(role)[0]: "COLUMN"}) for role in lacking)
            raise PointsError(
                f"the best of {', '.join(best_of)} in each cell needs a column of {' and '.join(lacking)} in every "
                f"row. Name it with {named}."
            )
        return {}
    cell = _cells(points, roles, set(knobs))
    if not best_of and not _evident(points, knobs, cell):
        return {}
    return _beaten(points, knobs, cell, points[roles["loss"]])


def cells_of(points: Points, knobs: Sequence[str]) -> tuple[dict[str, str], np.ndarray]:
    """Number the cells of a sweep of the columns `knobs`: one size, number of tokens and value of every other setting.

    Returns:
        the columns of params, tokens and loss, and the number of each row's cell.

    Raises:
        PointsError: a role has no column that is filled in every row.
    """
    roles = {role: _filled(points, role) for role in ("params", "tokens", "loss")}
    for role in (role for role, name in roles.items() if not name):
        raise PointsError(
            f"the cells of a sweep need a column of {role} that is filled in every row: one of "
            f"{', '.join(playing(role))}. The table has {', '.join(sorted(points.columns))}. Name it with "
            f"{argument(map={playing(role)[0]: 'COLUMN'})}."
        )
    return roles, _cells(points, roles, set(knobs))


def _filled(points: Points, role: str) -> str:
    good = (n for n in playing(role) if n in points and np.isfinite(points[n]).all() and (points[n] > 0).all())
    return next(good, "")


def _plain(name: str) -> str:
    return re.split(r"[./]", name)[-1].strip().lower().replace("-", "_").replace(" ", "_")


def _knobs(points: Points) -> list[str]:
    """List the columns of numbers that are hyperparameters; a rate that changes along a run is none."""
    found = [n for n, column in points.columns.items() if column.dtype.kind == "f" and _KNOB.match(_plain(n))]
    if "run_id" not in points:
        return found
    run = points["run_id"]
    order = np.argsort(run, kind="stable")
    same = (run[order][1:] == run[order][:-1]) & (run[order][1:] != "")
    return [n for n in found if not (same & (np.diff(np.nan_to_num(points[n][order])) != 0)).any()]


def _cells(points: Points, roles: dict[str, str], knobs: set[str]) -> np.ndarray:
    """Number the cells: rows of one size, tokens and values of every column that defines a run and is no knob."""
    key = np.zeros(len(points), dtype=np.int64)
    for code in (_near(np.log(points[roles["params"]])), _near(np.log(points[roles["tokens"]]))):
        key = _joined(key, code)
    for name in points.columns:
        if name not in knobs and _defines(points, name):
            key = _joined(key, points.distinct(name)[1])
    return key


def _near(logs: np.ndarray) -> np.ndarray:
    """Number groups of values no wider than `SAME`, each from its smallest value on."""
    values, place = np.unique(logs, return_inverse=True)
    group, number, start = np.empty(len(values), dtype=np.int64), -1, 0
    while start < len(values):
        stop = int(np.searchsorted(values, values[start] + SAME, side="right"))
        number += 1
        group[start:stop] = number
        start = stop
    return group[place.reshape(-1)]


def _joined(key: np.ndarray, code: np.ndarray) -> np.ndarray:
    return np.unique(key * (int(code.max()) + 1) + code, return_inverse=True)[1].reshape(-1)


def _defines(points: Points, name: str) -> bool:
    """Say whether a column's values are settings that tell definitions of runs apart."""
    if name in _NO_SETTING or name in _MADE_BY_KNOBS or _TEXT_OF_A_RUN.match(_plain(name)):
        return False
    if name in QUANTITIES and QUANTITIES[name].role not in ("other", "label", "tokens_unique", "granularity"):
        return False
    column, several = points[name], len(points.distinct(name)[0])
    return several <= (len(column) // 2 if column.dtype.kind == "U" else min(MOST_LABELS, len(column) // TRIED))


def _evident(points: Points, knobs: Sequence[str], cell: np.ndarray) -> bool:
    """Say whether most cells were run at several values of one hyperparameter."""
    many = np.zeros(int(cell.max()) + 1, dtype=bool)
    for name in knobs:
        pairs = np.unique(np.stack([cell, points.distinct(name)[1]]), axis=1)[0]
        many |= np.bincount(pairs, minlength=len(many)) >= TRIED
    return bool(many.mean() > EVIDENT)


def _beaten(points: Points, knobs: Sequence[str], cell: np.ndarray, loss: np.ndarray) -> Reasons:
    setting = cell
    for name in knobs:
        setting = _joined(setting, points.distinct(name)[1])
    mean = (np.bincount(setting, loss) / np.bincount(setting))[setting]
    least = np.full(int(cell.max()) + 1, np.inf)
    np.minimum.at(least, cell, mean)
    words = [name for name in knobs if len(points.distinct(name)[0]) > 1]
    told = f"another {' or '.join(words)} did better at their size and tokens: the scatter about a law is of tuned runs"
    reason = f"another {' or '.join(words)} did better at its size and tokens"
    rows = np.flatnonzero(mean > least[cell])
    return dict.fromkeys(rows.tolist(), (reason, told))
