"""Leave one run out, each in turn, all in one batch: which runs carry the answer."""

from dataclasses import dataclass, field

import numpy as np

from ..fit import Fit
from ..fit.diagnose import model_covariance
from .resample import numbered, refit


@dataclass(frozen=True)
class Influence:
    """What the fit would be without each run.

    Attributes:
        runs: (runs,) labels, the most influential first.
        values: (runs, parameters): parameters fitted without that run, columns as `names`.
        moved: (runs,): length of the move of the coordinates, in model standard errors (Mahalanobis): Cook's distance
            is its square over the number of parameters.
        failed: runs without which no optimum was found: their values are not a number.
    """

    runs: tuple[str, ...]
    names: tuple[str, ...]
    values: np.ndarray = field(repr=False)
    moved: np.ndarray
    failed: tuple[str, ...] = ()


def influence(fit: Fit) -> Influence:
    """Refit without each run in turn."""
    index, groups = numbered(fit.clusters)
    labels = np.unique(fit.clusters)
    blocks = [range(at, min(at + 1000, groups)) for at in range(0, groups, 1000)]
    found = [refit(fit, (index != np.array(block)[:, None]).astype(np.float64)) for block in blocks]
    z = np.concatenate([part.z for part in found])
    good = np.concatenate([part.converged for part in found])
    z = np.where(good[:, None], z, np.nan)
    precision = np.linalg.pinv(_finite(model_covariance(fit.problem, fit.z)), hermitian=True)
    away = z - fit.z
    moved = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", away, precision, away), 0.0))
    order = np.argsort(-np.nan_to_num(moved, nan=np.inf))
    columns = fit.problem.coordinates.parameters(z)
    values = np.stack([columns[name] for name in fit.values], axis=1)
    failed = tuple(str(labels[i]) for i in np.flatnonzero(~good))
    return Influence(tuple(str(labels[i]) for i in order), tuple(fit.values), values[order], moved[order], failed)


def _finite(covariance: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(covariance), covariance, 1e12)
