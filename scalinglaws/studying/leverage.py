"""The efficiency leverage of mixtures of experts: the compute of a dense model of equal loss, over that of the mixture.

Tian et al. 2025 (arXiv 2507.17702), here at equal tokens: the dense runs of a study are read at each horizon.
"""

from collections.abc import Sequence

import numpy as np

from ..run.run import FINISHED, Run

Cell = tuple[str, int]  # text and tokens


def leverages(runs: Sequence[Run | None]) -> list[float | None]:
    """Give the leverage of each run of a mixture; None of dense runs and where it cannot be read.

    ln C of the dense sizes, 6 N D, is interpolated over ln L of the means of their seeds, among the sizes that lie
    below all smaller ones; a loss beyond them gives none.
    """
    lines = {cell: _line(found) for cell, found in _dense(runs).items()}
    return [None if run is None else _read(run, lines) for run in runs]


def _loss(run: Run) -> float | None:
    return run.final.loss_nats if run.outcome == FINISHED and run.final and not run.spec.is_trunk else None


def _flops(run: Run) -> float:
    return float(run.spec.shape.flops_per_token("6n") * run.spec.trained_tokens)


def _dense(runs: Sequence[Run | None]) -> dict[Cell, dict[float, list[float]]]:
    """The losses of the dense runs of each text and horizon, by their compute."""
    cells: dict[Cell, dict[float, list[float]]] = {}
    for run in filter(None, runs):
        if not run.spec.shape.n_experts and (loss := _loss(run)):
            cell = cells.setdefault((run.spec.corpus, run.spec.trained_tokens), {})
            cell.setdefault(_flops(run), []).append(loss)
    return cells


def _line(losses: dict[float, list[float]]) -> tuple[np.ndarray, np.ndarray]:
    """ln L, ascending, and ln C of the sizes that lie below all smaller ones."""
    flops = np.array(sorted(losses))
    means = np.array([np.mean(losses[one]) for one in flops])
    best = means < np.minimum.accumulate(np.concatenate([[np.inf], means[:-1]]))
    return np.log(means[best])[::-1], np.log(flops[best])[::-1]


def _read(run: Run, lines: dict[Cell, tuple[np.ndarray, np.ndarray]]) -> float | None:
    x, y = lines.get((run.spec.corpus, run.spec.trained_tokens), (np.zeros(0), np.zeros(0)))
    loss = _loss(run) if run.spec.shape.n_experts else None
    if loss is None or len(x) < 2 or not x[0] <= np.log(loss) <= x[-1]:
        return None
    return float(np.exp(np.interp(np.log(loss), x, y)) / _flops(run))
