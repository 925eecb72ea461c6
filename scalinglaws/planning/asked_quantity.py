"""What a set of runs is for: the best size at a compute, or the loss of one run; and its interval under a posterior."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import MisuseError

SIZES = 121  # of the line of equal compute
WINDOW = np.log(4.0)  # half-width in ln N of the parabola about the least loss
WITHIN = 9  # sizes at which the parabola is fitted
SIZE_TOLERANCE, LOSS_TOLERANCE = np.log(1.3), 0.01  # what counts as one unit of ln N* and of ln(loss)
TEXT = re.compile(r"\s*(plan|loss)\s+(?:at|for)\s+(.+?)\s*", re.IGNORECASE)
Surface = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class AskedFor:
    """A quantity that runs are to determine.

    Attributes:
        kind: "plan": the size of lowest loss at compute C = 6 N D, and that loss. "loss": the loss of one run.
        at: letter -> value: C, or N and D.
    """

    kind: str
    at: Mapping[str, float]

    @property
    def text(self) -> str:
        """As it is asked for."""
        return f"{self.kind} at " + ",".join(f"{letter}={value:g}" for letter, value in self.at.items())

    @property
    def compute(self) -> float:
        """6 N D of the target."""
        return self.at["C"] if self.kind == "plan" else 6 * self.at["N"] * self.at["D"]

    @property
    def names(self) -> tuple[str, ...]:
        """What `weights` gives, in order."""
        return ("N*", "loss") if self.kind == "plan" else ("loss",)

    def rows(self, sizes: tuple[float, float]) -> np.ndarray:
        """Give the logarithms of N and D, (rows, 2), of which the quantity is a function.

        Args:
            sizes: the range of ln N in which the best size is looked for.
        """
        if self.kind == "loss":
            return np.log([[self.at["N"], self.at["D"]]])
        line = np.linspace(*sizes, SIZES)
        return np.column_stack([line, np.log(self.compute / 6) - line])

    def value(self, rows: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give ln N* and ln(loss), and the rows of weights that move them by moves of ln(loss) along the line.

        Returns:
            (values, weights (values, rows)); nan where the line has its least at an end: no best size is inside.
        """
        if self.kind == "loss":
            return mean.copy(), np.eye(1)
        line, least = rows[:, 0], int(np.argmin(mean))
        weights, values = np.zeros((2, len(line))), np.full(2, np.nan)
        near = np.flatnonzero(np.abs(line - line[least]) <= WINDOW)
        some = near[np.unique(np.linspace(0, len(near) - 1, WITHIN).round().astype(int))]
        off = line[some] - line[least]
        fitted = np.linalg.pinv(np.column_stack([off**2, off, np.ones(len(off))]))
        curve, slope, _ = fitted @ mean[some]
        if least in (0, len(line) - 1) or curve <= 0:
            return values, weights
        weights[0, some] = -fitted[1] / (2 * curve) + slope * fitted[0] / (2 * curve**2)
        weights[1, least] = 1.0
        values[:] = line[least] - slope / (2 * curve), mean[least]
        return values, weights

    @property
    def tolerances(self) -> np.ndarray:
        """One unit of each of `names`, by which their variances are added."""
        return np.array([SIZE_TOLERANCE, LOSS_TOLERANCE] if self.kind == "plan" else [LOSS_TOLERANCE])


def asked_quantity(text: str) -> AskedFor:
    """Read "plan at C=1e21" or "loss at N=1e9,D=2e10".

    Raises:
        MisuseError: it is neither.
    """
    known = "for example 'plan at C=1e21' or 'loss at N=1e9,D=2e10'"
    found = TEXT.fullmatch(text)
    if not found:
        raise MisuseError(f"{text!r} is no goal that runs can be chosen for. Give {known}.")
    kind, letters = found[1].lower(), ("C",) if found[1].lower() == "plan" else ("N", "D")
    at: dict[str, float] = {}
    for part in filter(None, re.split(r"[,\s]+", found[2])):
        letter, _, value = part.partition("=")
        try:
            at[letter.strip()] = float(value)
        except ValueError:
            raise MisuseError(f"{text!r}: {part!r} is not LETTER=NUMBER. Give {known}.") from None
    if set(at) != set(letters) or not all(0 < value < 1e60 for value in at.values()):
        raise MisuseError(f"{text!r}: a {kind} is asked for at {' and '.join(letters)}, above 0. Give {known}.")
    return AskedFor(kind, {letter: at[letter] for letter in letters})
