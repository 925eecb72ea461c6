"""Draws: many sets of parameters that the points allow; the one currency of uncertainty."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import FitError
from ..fitting.fit_record import Fit, FitWarning, checked_inputs
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from .draws_text import draws_blocks
from .interval_ends import Ends


@dataclass(frozen=True)
class Spread:
    """A normal approximation: covariance of the fit's coordinates, and the degrees of freedom of its t quantiles."""

    covariance: np.ndarray = field(repr=False)
    degrees: float


@dataclass(frozen=True, eq=False, repr=False)
class Draws(PublicRecord):
    """Parameters drawn from the uncertainty of a fit.

    Attributes:
        values: (draws, parameters), float64, columns as `names`: every parameter of the law, in its order.
        failed: share of the resamples that found no optimum; they are left out of `values`.
        cautions: of these draws alone: few runs, lost resamples, methods that disagree.
        ends: parameter -> a function level -> (low, high), where the method gives intervals by itself.
    """

    fit: Fit
    values: np.ndarray = field(repr=False)
    names: tuple[str, ...]
    method: str
    seed: int
    failed: float = 0.0
    spread: Spread | None = field(default=None, repr=False)
    ends: Mapping[str, Ends] | None = field(default=None, repr=False)
    cautions: tuple[FitWarning, ...] = ()

    def __len__(self) -> int:
        return len(self.values)

    @property
    def warnings(self) -> tuple[FitWarning, ...]:
        """All that a reader of anything made from these draws must know, the fit's own doubts first.

        A verb prints these and needs to look at nothing else: an outcome other than "converged" is among them.
        """
        return (*self.fit.doubts, *self._without_width(), *self.cautions)

    def _without_width(self) -> list[FitWarning]:
        """Name free parameters that no draw moves although the points lie off the law: that is no certainty."""
        known = [n for n in self.fit.free if n not in self.fit.unidentified]
        still = [n for n in known if not np.ptp(self.values[:, self.names.index(n)])]
        if not still or self.fit.exact:
            return []
        told = f"no draw moves {', '.join(still)}, although the points lie {self.fit.rms_log:.2g} off the law"
        return [FitWarning("no-width", f"{told}: an interval of no width is not certainty. Do not use it.")]

    def interval(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Give (low, high) of each parameter at a confidence level; without ends where the points say nothing of it."""
        found = {}
        for i, name in enumerate(self.names):
            if name in self.fit.unidentified:
                found[name] = (0.0 if name in self.fit.positive else -np.inf, np.inf)
            elif self.ends and name in self.ends:
                found[name] = self.ends[name](level)
            else:
                low, high = np.quantile(self.values[:, i], [(1 - level) / 2, (1 + level) / 2])
                found[name] = (float(low), float(high))
        return found

    def standard_errors(self) -> dict[str, float]:
        """Give the standard deviation of each parameter over the draws."""
        return dict(zip(self.names, self.values.std(0, ddof=1).tolist(), strict=True))

    def evaluate(self, **inputs) -> np.ndarray:
        """Predict with every draw: (draws, targets), in blocks so that memory stays near the answer's own."""
        arrays = np.broadcast_arrays(*map(np.atleast_1d, checked_inputs(self.fit.law, inputs).values()))
        flat = [array.ravel() for array in arrays]
        out = np.empty((len(self.values), flat[0].size))
        rows = max(1, 1_000_000 // max(flat[0].size, 1))
        for at in range(0, len(out), rows):
            here = slice(at, at + rows)
            columns = {name: self.values[here, i, None] for i, name in enumerate(self.names)}
            out[here] = self.fit.law.evaluate(*flat, **columns)
        return out

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return draws_blocks(self)

    def minded(self) -> list[str]:
        """Give the warnings, but for how the fit ended, which the text ends with."""
        return [one.message for one in self.warnings if one.id != self.fit.outcome]

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "law": self.fit.law.name,
            "draws": len(self),
            "method": self.method,
            "runs": self.fit.n_clusters,
            **self.interval(),
            "outcome": self.fit.outcome,
        }

    def rows(self) -> dict[str, Any]:
        """Give a row a draw, a column a parameter."""
        return {name: self.values[:, i] for i, name in enumerate(self.names)}


def check_kept(fit: Fit, kept: np.ndarray) -> None:
    """Refuse resamples of which nearly none found an optimum.

    Raises:
        FitError: saying how many did not.
    """
    if kept.sum() < max(2, 0.1 * len(kept)):
        raise FitError(
            f"{(~kept).sum()} of {len(kept)} resamples of law {fit.law.name!r} have no optimum: these points do not "
            f"carry its parameters. Hold some with --fix NAME=VALUE, or fit a law with fewer."
        )


def drawn(fit: Fit, z: np.ndarray, kept: np.ndarray, method: str, seed: int, **more) -> Draws:
    """Turn coordinates, (rows, free), into draws; `kept` marks the rows that found an optimum.

    Raises:
        FitError: nearly none did.
    """
    columns = fit.problem.coordinates.parameters(z)
    values = np.stack([columns[name] for name in fit.values], axis=1)
    kept = kept & np.isfinite(values).all(1)  # N_c of an exponent near zero is beyond any number
    check_kept(fit, kept)
    values = values[kept]
    return Draws(fit, values, tuple(fit.values), method, seed, float(1 - kept.mean()), **more)
