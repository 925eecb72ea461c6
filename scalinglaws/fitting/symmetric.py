"""Solve many small symmetric systems at once."""

import numpy as np

FEW = 40  # rows up to which LAPACK is the faster solver


def solve_symmetric(matrices: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve symmetric systems, (rows, p, p) by (rows, p), after scaling each diagonal to one.

    Returns solutions and the smallest pivot of each row, positive if the matrix is positive definite. The loop is over
    p, so that one pass serves all rows; LAPACK row by row costs ten times more for many rows, and less for few.
    """
    if len(matrices) <= FEW:
        try:
            np.linalg.cholesky(matrices)
            return np.linalg.solve(matrices, right[:, :, None])[:, :, 0], np.ones(len(right))
        except np.linalg.LinAlgError:
            pass  # a row is not positive definite: find out which
    with np.errstate(all="ignore"):
        p = right.shape[1]
        scale = 1 / np.sqrt(np.maximum(np.abs(np.diagonal(matrices, axis1=1, axis2=2)), 1e-300)).T
        a = np.array(matrices.transpose(1, 2, 0)) * scale[:, None] * scale[None]
        b = right.T * scale
        pivots = []
        for k in range(p):
            pivots.append(a[k, k].copy())
            for i in range(k + 1, p):
                ratio = a[i, k] / a[k, k]
                a[i, k:] -= ratio * a[k, k:]
                b[i] -= ratio * b[k]
        for k in reversed(range(p)):
            b[k] = (b[k] - (a[k, k + 1 :] * b[k + 1 :]).sum(0)) / a[k, k]
        least = np.min(pivots, axis=0) if pivots else np.ones(len(right))
        return (b * scale).T, least
