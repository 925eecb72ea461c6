"""Draws: many sets of parameters that are compatible with the points; all uncertainty is computed from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import FitError
from ..fitting.columns import or_hold
from ..fitting.fit_record import BARRED, BEFORE, EXACT, Fit, FitWarning, checked_inputs
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from .draws_text import draws_blocks
from .interval_ends import Ends


@dataclass(frozen=True)
class Spread:
    """A normal approximation: the covariance of the fit's coordinates, and the degrees of freedom for t quantiles."""

    covariance: np.ndarray = field(repr=False)
    degrees: float


@dataclass(frozen=True, eq=False, repr=False)
class Draws(PublicRecord):
    """Parameters drawn from the uncertainty of a fit.

    Attributes:
        values: (draws, parameters), float64, columns as `names`: every parameter of the law, in its order.
        failed: fraction of the resamples that have no optimum; they are left out of `values`.
        cautions: warnings about these draws: few runs, resamples without an optimum, methods that disagree.
        ends: parameter -> a function level -> (low, high), if the method gives its own intervals.
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
        """Everything that a user of these draws must know, the warnings of the fit first.

        A verb prints these and needs no other check: an outcome other than "converged" is among them.
        """
        return (*self.fit.doubts, *self._without_width(), *self.cautions)

    @property
    def barred(self) -> tuple[str, ...]:
        """What bars every number of the fit from being claimed; empty if nothing does."""
        return self.fit.barred

    def _without_width(self) -> list[FitWarning]:
        """Name free parameters that are equal in all draws although the points scatter about the law."""
        known = [n for n in self.fit.free if n not in self.fit.unidentified]
        still = [n for n in known if not np.ptp(self.values[:, self.names.index(n)])]
        if not still or self.fit.exact:
            return []
        told = f"{', '.join(still)}: the same in all draws, although the points scatter {self.fit.rms_log:.2g}"
        return [
            FitWarning("no-width", f"{told} about the law. An interval of no width is not certainty: do not use it.")
        ]

    def interval(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Give (low, high) of each parameter at a confidence level; open if the points do not determine it."""
        found = {}
        for i, name in enumerate(self.names):
            if name in self.fit.unidentified or self._unmoved(i):
                found[name] = (0.0 if name in self.fit.positive else -np.inf, np.inf)
            elif self.ends and name in self.ends:
                found[name] = self.ends[name](level)
            else:
                low, high = np.quantile(self.values[:, i], [(1 - level) / 2, (1 + level) / 2])
                value = self.fit.values[name]  # skewed draws may lie on one side of it
                found[name] = (min(float(low), value), max(float(high), value))
        return found

    def _unmoved(self, i: int) -> bool:
        """Say whether a free parameter is the same in every draw of a table with noise: nothing determines it."""
        values = self.values[:, i]
        free = self.names[i] in self.fit.free
        return bool(free and self.fit.noise > EXACT and len(values) > 1 and (values == values[0]).all())

    def standard_errors(self) -> dict[str, float]:
        """Give the standard deviation of each parameter over the draws."""
        return dict(zip(self.names, self.values.std(0, ddof=1).tolist(), strict=True))

    def evaluate(self, **inputs) -> np.ndarray:
        """Predict with every draw: (draws, targets), in blocks so that memory stays near that of the result."""
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
        """Give the warnings, but for those that are in the text: before the constants, and how the fit ended."""
        return [one.message for one in self.warnings if one.id not in (*BEFORE, BARRED, self.fit.outcome)]

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


def barred_of(several: Iterable[Draws]) -> tuple[str, ...]:
    """List what bars the numbers of several fits, each reason once."""
    return tuple(dict.fromkeys(reason for one in several for reason in one.barred))


def check_kept(fit: Fit, kept: np.ndarray) -> None:
    """Refuse resamples of which almost none has an optimum.

    Raises:
        FitError: the message says how many have none.
    """
    if kept.sum() < max(2, 0.1 * len(kept)):
        free = {name: fit.values[name] for name in fit.problem.coordinates.free}
        raise FitError(
            f"{(~kept).sum()} of {len(kept)} resamples of law {fit.law.name!r} have no optimum: these points do not "
            f"determine its parameters. Fit a law with fewer{or_hold(free, 1)}."
        )


def drawn(fit: Fit, z: np.ndarray, kept: np.ndarray, method: str, seed: int, **more) -> Draws:
    """Convert coordinates, (rows, free), to draws; `kept` marks the rows that have an optimum.

    Raises:
        FitError: almost none has one.
    """
    columns = fit.problem.coordinates.parameters(z)
    values = np.stack([columns[name] for name in fit.values], axis=1)
    kept = kept & np.isfinite(values).all(1)  # N_c overflows if its exponent is near zero
    check_kept(fit, kept)
    values = values[kept]
    return Draws(fit, values, tuple(fit.values), method, seed, float(1 - kept.mean()), **more)
