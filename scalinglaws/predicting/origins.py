"""Rolling origins: the runs of a study below a cut of compute, and the larger runs to be predicted from them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .evidence import Observed

CUTS, LEAST_RUNS, LEAST_SIZES, BEYOND = 6, 10, 3, 1.2
MOST_POINTS = 250


@dataclass(frozen=True)
class PastStudy:
    """A table of runs: N, D and loss, each (runs,), and the name of the family of studies to which it belongs."""

    name: str
    family: str
    N: np.ndarray
    D: np.ndarray
    loss: np.ndarray

    def observed(self) -> Observed:
        """Give logarithms of size, tokens and loss."""
        x = np.column_stack([np.log(self.N), np.log(self.D)])
        return Observed(x, np.log(self.loss), x.sum(axis=1))

    def take(self, rows: np.ndarray) -> "PastStudy":
        """Keep some rows."""
        return PastStudy(self.name, self.family, self.N[rows], self.D[rows], self.loss[rows])


@dataclass(frozen=True)
class Origin:
    """The runs below a cut, and those above it that are to be predicted.

    Attributes:
        reach: compute of each run asked for over the largest compute fitted.
    """

    fitted: PastStudy
    asked: PastStudy
    reach: np.ndarray


def origins(study: PastStudy) -> Iterator[Origin]:
    """Cut a study at up to six computes, evenly in logarithms from its tenth run to its largest.

    At least ten runs and three sizes lie below each; every run above 1.2 times the largest compute fitted is asked for.
    """
    compute = 6 * study.N * study.D
    seen: set[int] = set()
    if len(compute) <= LEAST_RUNS:
        return
    for cut in np.geomspace(np.sort(compute)[LEAST_RUNS - 1], compute.max() / BEYOND, CUTS):
        below = compute <= cut * (1 + 1e-9)
        few = below.sum() < LEAST_RUNS or len(np.unique(study.N[below])) < LEAST_SIZES
        if few or int(below.sum()) in seen:
            continue
        above = compute > BEYOND * compute[below].max()
        if above.any():
            seen.add(int(below.sum()))
            reach = compute[above] / compute[below].max()
            yield Origin(study.take(thinned(below)), study.take(np.flatnonzero(above)), reach)


def thinned(rows: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """Give the numbers of the rows of a mask, evenly thinned where there are more than `most`."""
    numbers = np.flatnonzero(rows)
    return numbers if len(numbers) <= most else numbers[np.linspace(0, len(numbers) - 1, most).round().astype(int)]
