"""Nonnegative least squares of a few amounts, for many rows at once."""

from itertools import combinations

import numpy as np

from .symmetric import solve_symmetric


def nonnegative(design: np.ndarray, aim: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve min |aim - amount . design|^2 with amount >= 0, in every row, by trying each set of active amounts.

    Args:
        design: (rows, amounts, n).
        aim: (rows, n).

    Returns:
        amounts, (rows, amounts), and the sum of squares, (rows,): infinite where no set gives a solution.
    """
    rows, many, _ = design.shape
    with np.errstate(over="ignore", invalid="ignore"):  # an infinite term gives no solution, as the docstring says
        gram = design @ design.transpose(0, 2, 1)
        along = (design @ aim[:, :, None])[:, :, 0]
        square = (aim * aim).sum(1)
    amount, best = np.zeros((rows, many)), np.full(rows, np.inf)
    open_rows = np.arange(rows)
    for size in range(many, 0, -1):
        for active in combinations(range(many), size):
            _try(list(active), gram, along, square, open_rows, amount, best)
        if size == many:  # if all amounts are positive, this is the optimum
            open_rows = np.flatnonzero(~np.isfinite(best))
            if not len(open_rows):
                break
    return amount, best


def _try(active, gram, along, square, rows, amount, best) -> None:
    right = along[rows][:, active]
    found, least = solve_symmetric(gram[rows][:, active][:, :, active], right)
    with np.errstate(over="ignore", invalid="ignore"):
        loss = np.maximum(square[rows] - (found * right).sum(1), 0.0)
    better = (found >= 0).all(1) & (least > 1e-12) & (loss < best[rows])
    which = rows[better]
    best[which] = loss[better]
    amount[which] = 0.0
    amount[np.ix_(which, active)] = found[better]
