"""The result of a fit: one frozen record with all that is needed to refit, resample and predict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import LawError, nearest
from ..laws.declaration import Law
from ..quantities import ROLE_OF_LETTER
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from .fit_text import fit_blocks
from .problem import Problem

LEAVES_OUT, ALONG_RUNS = "leaves-out", "along-runs"  # warnings: what varies is no input; rows are of unknown standing
BEFORE = (LEAVES_OUT, ALONG_RUNS)  # warnings that stand before the numbers, not after
LEFT_OUT, AUDIT = "left-out", "audit"  # warnings: rows that take no part; failed rules that bear on every number
BARRED = "barred"  # warnings: why no number of this fit may be claimed
OF_ROWS = (*BEFORE, LEFT_OUT, AUDIT)  # warnings about the rows, which go to everything that is computed from a fit
EXACT = 1e-9  # maximum relative residual of points that were computed from the law, not measured


@dataclass(frozen=True)
class FitWarning:
    """A warning about a fit: a stable id and a sentence."""

    id: str
    message: str


@dataclass(frozen=True, eq=False, repr=False)
class Fit(PublicRecord):
    """A law fitted to points. n points, p free parameters.

    Attributes:
        values: every parameter of the law in its order, including fixed and tied ones.
        objective: the SUM of the loss over the points (u^2/2 near zero, u the log residual), plus the priors.
        loss: its name; `delta` its scale as used (Huber's delta, Tukey's c, Student's s, the quantile's corner);
            infinite for plain squares.
        columns: letter of the law -> column of the points; the target's letter too.
        inputs: letter -> (n,) array; `target` (n,) as observed; `scales` (n,) the factors of the residuals (1 / sd).
        clusters: (n,) labels; points with one label are resampled together. `cluster`: the column of the labels.
        residuals: (n,) ln observed - ln predicted; plain differences for a plain loss.
        noise: robust standard deviation of the residuals, corrected for p.
        starts_agreeing: fraction of the starts that ended at this optimum.
        outcome: converged, not_converged, at_bound or not_identified; `sentence` says it in words.
        unidentified: free parameters that the points do not determine: a term that vanished, and its exponents.
        decrement: Newton's decrement relative to the objective, where the search stopped.
        fingerprint: hash of the points that took part.
        r2: fraction of the variance of the log target that is explained; NaN if the target does not vary. `rms_log`:
            root mean square of the log residuals.
        excluded: reason -> number of rows of the table that were left out for it.
        z: coordinates of the optimum; `problem`: what was minimised; for resampling.
    """

    law: Law
    values: Mapping[str, float]
    objective: float
    loss: str
    delta: float
    columns: Mapping[str, str]
    n: int
    inputs: Mapping[str, np.ndarray] = field(repr=False)
    target: np.ndarray = field(repr=False)
    scales: np.ndarray = field(repr=False)
    clusters: np.ndarray = field(repr=False)
    residuals: np.ndarray = field(repr=False)
    noise: float
    starts_agreeing: float
    outcome: str
    sentence: str
    decrement: float
    fingerprint: str
    warnings: tuple[FitWarning, ...]
    fixed: Mapping[str, float]
    tied: Mapping[str, str]
    tau: float
    r2: float
    rms_log: float
    excluded: Mapping[str, int]
    z: np.ndarray = field(repr=False)
    problem: Problem = field(repr=False)
    unidentified: tuple[str, ...] = ()
    cluster: str = "run_id"

    @property
    def doubts(self) -> tuple[FitWarning, ...]:
        """Warnings for anything computed from this fit: its outcome unless it converged, and its own warnings."""
        ended = () if self.outcome == "converged" else (FitWarning(self.outcome, f"{self.law.name}: {self.sentence}"),)
        return (*ended, *self.warnings)

    @property
    def barred(self) -> tuple[str, ...]:
        """What bars every number of this fit from being claimed, where its table was judged; each with what to do."""
        return tuple(one.message for one in self.warnings if one.id == BARRED)

    @property
    def first_said(self) -> tuple[FitWarning, ...]:
        """Warnings that stand before the numbers: a law that leaves out what varies, rows of unknown standing."""
        return tuple(one for one in self.warnings if one.id in BEFORE)

    @property
    def exact(self) -> bool:
        """Whether every point lies on the law up to rounding, so that no noise can be estimated."""
        size = 1.0 if self.problem.loss.in_logs else np.abs(self.target).max()
        return bool(np.abs(self.residuals).max() <= EXACT * size)

    @property
    def weights(self) -> np.ndarray:
        """The factors of the residuals: 1 / standard error, up to a constant."""
        return self.scales

    @property
    def free(self) -> tuple[str, ...]:
        """Names of the parameters that were fitted."""
        return self.problem.coordinates.free

    @property
    def positive(self) -> frozenset[str]:
        """Names of the parameters that cannot be negative."""
        return frozenset(p.name for p in self.law.parameters if p.positive)

    @property
    def n_clusters(self) -> int:
        """The number of independent runs among the points."""
        return len(np.unique(self.clusters))

    def evaluate(self, **inputs) -> np.ndarray:
        """Predict at inputs given by letter, numbers or arrays.

        Raises:
            LawError: an input is missing or is not one of the law's.
        """
        return self.law.evaluate(**checked_inputs(self.law, inputs), **self.values)

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return fit_blocks(self)

    def minded(self) -> list[str]:
        """Give the warnings, but for those that stand before the constants."""
        return [one.message for one in self.warnings if one.id not in (*BEFORE, BARRED)]

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "law": self.law.name,
            "points": self.n,
            "runs": self.n_clusters,
            **{name: float(value) for name, value in self.values.items()},
            "rms_log": self.rms_log,
            "outcome": self.outcome,
        }

    def rows(self) -> dict[str, Any]:
        """Give a row a parameter."""
        names = list(self.values)
        return {
            "parameter": names,
            "value": [float(self.values[name]) for name in names],
            "held": [name in self.fixed or name in self.tied for name in names],
            "identified": [name not in self.unidentified for name in names],
        }


def checked_inputs(law: Law, inputs: Mapping) -> dict[str, np.ndarray]:
    """Check that the inputs are those of the law, positive and finite; return them as float64 arrays that broadcast.

    Raises:
        LawError: names the letter, and what the law takes.
    """
    for letter in inputs:
        if letter not in law.inputs:
            raise LawError(
                f"law {law.name!r} takes {', '.join(law.inputs)}, not {letter!r}.{nearest(letter, law.inputs)}"
            )
    missing = [letter for letter in law.inputs if letter not in inputs]
    if missing:
        raise LawError(f"law {law.name!r} needs a value for {', '.join(missing)}; it takes {', '.join(law.inputs)}.")
    arrays = {letter: np.asarray(inputs[letter], dtype=np.float64) for letter in law.inputs}
    for letter, array in arrays.items():
        if not np.isfinite(array).all() or (letter in ROLE_OF_LETTER and (array <= 0).any()):
            must = "positive and finite" if letter in ROLE_OF_LETTER else "finite"
            raise LawError(f"{letter} = {inputs[letter]} cannot be: law {law.name!r} needs a number that is {must}.")
    return arrays
