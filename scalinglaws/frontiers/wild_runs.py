"""Runs far from the others, which move the best size of their budget: named by a fit of the additive law."""

from collections.abc import Mapping

import numpy as np

from ..errors import FitError, PointsError, argument
from ..fitting.fit import fit
from ..fitting.losses import LEAST_SCALE
from ..fitting.outliers import SHOWN, WILD, unmasked_residuals
from ..points.points import Points

LAW, LEAST = "chinchilla", 8  # rows: of fewer the law follows each
ROLES = {"N": "params", "D": "tokens", "L": "loss"}


def wild_runs(points: Points, columns: Mapping[str, str]) -> tuple[str, ...]:
    """Say which runs lie too far from an additive law of the others for noise to explain it; nothing where none does.

    Args:
        points: finished runs. columns: role -> quantity, of which "params", "tokens" and "loss" are used.
    """
    letters = {letter: columns[role] for letter, role in ROLES.items() if columns.get(role, "") in points}
    if set(letters) != set(ROLES) or len(points) < LEAST or not letters["L"].startswith("loss"):
        return ()
    try:
        found = fit(LAW, points, columns=letters)
    except (FitError, PointsError):
        return ()
    apart, sd = unmasked_residuals(found.problem, found.z)
    wild = np.flatnonzero(np.abs(apart) > max(WILD * sd, 1e-6))
    if sd < LEAST_SCALE or not len(wild) or len(apart) - len(wild) <= len(found.z):
        return ()
    wild = wild[np.argsort(-np.abs(apart[wild]))]
    wild = wild[np.sort(np.unique(found.clusters[wild], return_index=True)[1])]  # of a run its farthest row
    names = [str(found.clusters[i]) for i in wild]
    shown = ", ".join(f"{name} ({-apart[i]:+.1%})" for name, i in list(zip(names, wild, strict=True))[:SHOWN])
    rest = f" and {len(wild) - SHOWN} more" if len(wild) > SHOWN else ""
    lie, them = ("lies", "it") if len(wild) == 1 else ("lie", "them")
    runs = len(np.unique(found.clusters))
    told = (
        f"{len(wild)} of {runs} runs {lie} over {WILD:g} robust standard deviations from the additive law of the "
        f"others: {shown}{rest}. Such a run moves the best size of its budget and widens every interval: look at {them}"
    )
    if "run_id" not in points:
        return (f"{told}, and exclude {them} with a reason in the column excluded_because.",)
    leave = " and ".join(f'run_id != "{name}"' for name in names[:SHOWN])
    return (f"{told}, and leave {them} out: {argument(where=leave)}.",)
