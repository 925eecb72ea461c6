"""Whether a study of a text of known entropy can be expected to find it, said before anything is trained."""

from math import isfinite, log

import numpy as np

from ..designing.design import Sweep
from ..errors import FitError, PointsError
from ..fitting.fit import fit
from ..points.points import Points
from ..predicting.prior import field_prior
from ..uncertainty.draws import draws
from .expected_width import NOISE, apart_from_any_law, fitted_counts
from .laws_asked import COUNTS

TABLES, DRAWS = 9, 200  # made-up tables, and draws of a fit
EXPONENT, START = 0.3, 0.9  # of both terms; loss of the smallest run at the shortest horizon over ln V
NARROW = 0.1  # width of the interval of E over the lowest loss, below which the floor is found


def floor_sought(sweep: Sweep, floor: float | None, n_vocab: int) -> list[str]:
    """Say in how many made-up tables of these runs the interval of E has the entropy and is narrower than 10%.

    The losses are those of an additive law with this floor, with departures from it as large as the field's and a noise
    of 0.5%. Empty for a text whose entropy is not known, and where too few runs are fitted.

    Args:
        floor: the entropy in nats per token, None if it is not known.
    """
    counts = fitted_counts(sweep)
    if floor is None or not counts:
        return []
    n, d = (np.array(column, dtype=float) for column in zip(*counts, strict=True))
    try:
        found, width = found_in_made_up(n, d, floor, log(n_vocab))
    except (PointsError, FitError):
        return []
    told = (
        f"in {found} of {TABLES} made-up tables of these runs, with exponents of {EXPONENT}, the interval of E "
        f"contains the entropy, {floor:.4f}, and is narrower than {NARROW:.0%} of the loss; its median width is "
        f"{_wide(width)}"
    )
    return [f"not answered: the irreducible loss: {told}" if found <= TABLES / 2 else f"the irreducible loss: {told}"]


def found_in_made_up(
    n: np.ndarray, d: np.ndarray, floor: float, uniform: float, *, tables: int = TABLES, amplitudes=None
) -> tuple[int, float]:
    """Give in how many tables the floor is found, and the median width of the interval of E over the lowest loss.

    Args:
        n, d: of every run. floor: the entropy; `uniform`: the loss of a uniform guess.
        amplitudes: of the departures from the additive law; by default those of the field.
    """
    half = max(START * uniform - floor, 0.1 * floor) / 2
    law = floor + half * ((n / n.min()) ** -EXPONENT + (d / d.min()) ** -EXPONENT)
    widths, found = [], 0
    for seed in range(tables):
        rng = np.random.default_rng(seed)
        apart = apart_from_any_law(n, d, rng, amplitudes or field_prior().amplitudes)
        losses = law * np.exp(apart + NOISE * rng.standard_normal(len(n)))
        low, high = _interval(n, d, losses)
        widths.append((high - low) / losses.min())
        found += bool(low <= floor <= high and widths[-1] < NARROW)
    return found, float(np.median(widths))


def _wide(width: float) -> str:
    return f"{width:.0%}" if isfinite(width) else "without end"


def _interval(n: np.ndarray, d: np.ndarray, losses: np.ndarray) -> tuple[float, float]:
    table = Points({COUNTS["N"]: n, "tokens": d, "loss_nats": losses})
    made = fit("chinchilla", table, columns={"N": COUNTS["N"], "D": "tokens", "L": "loss_nats"})
    return draws(made, method="sandwich", draws=DRAWS, seed=0).interval(0.95)["E"]
