"""The coordinates in which a fit searches: a law's free parameters, mostly as logarithms, and the slopes along them.

The coordinate of an amplitude P whose term is proportional to P^e is e ln P, the logarithm of its term: N_c of
(N_c/N)^alpha_N lies far outside the data and moves with alpha_N; its term does not. Exponents are their own
coordinates: then the logarithm of a term is linear in its two coordinates, and one Gauss-Newton step crosses the long
valley between them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import LawError
from ..laws.declaration import LINEAR, Law

STEP = 1e-30  # of the complex step: exact to rounding (Squire & Trapp 1998)
LEAST = np.finfo(np.float64).tiny
ROUGH_STEP = 1e-5  # of central differences: their error is near 1e-10


@dataclass(frozen=True)
class Coordinates:
    """Which parameters of a law are fitted, and by which coordinates.

    Attributes:
        fixed: parameter -> value.
        tied: parameter -> the parameter whose value it takes.
        boxed: parameters whose coordinate is their own logarithm, because they have a bound or a prior.
        exact: slopes are those of the law itself or by the complex step; otherwise by central differences.
    """

    law: Law
    fixed: Mapping[str, float]
    tied: Mapping[str, str]
    boxed: frozenset[str] = frozenset()
    exact: bool = True

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Names of the coordinates, in the order of the law."""
        return tuple(p.name for p in self.law.parameters if p.name not in self.fixed and p.name not in self.tied)

    @cached_property
    def position(self) -> dict[str, int]:
        """Parameter -> index of the coordinate that determines it; a fixed one has none."""
        own = {name: i for i, name in enumerate(self.free)}
        return own | {name: own[to] for name, to in self.tied.items() if to in own}

    @cached_property
    def exponent(self) -> dict[str, str]:
        """Amplitude -> the exponent that multiplies its logarithm, unless its coordinate is its own logarithm."""
        return {
            p.name: p.amplitude
            for p in self.law.parameters
            if p.amplitude not in ("", LINEAR) and p.name in self.free and p.name not in self.boxed
        }

    @cached_property
    def logged(self) -> frozenset[str]:
        """Parameters whose coordinates are logarithms."""
        return self.law.logged

    @cached_property
    def amplitudes(self) -> np.ndarray:
        """Mark the coordinates that are the logarithm of a term of the law, up to a constant: (free,)."""
        led = {p.name for p in self.law.parameters if p.amplitude}
        return np.array([name in led for name in self.free], dtype=bool)

    @cached_property
    def in_logs(self) -> np.ndarray:
        """Mark the coordinates that are logarithms: (free,)."""
        return np.array([name in self.logged for name in self.free], dtype=bool)

    def parameters(self, z: np.ndarray) -> dict[str, np.ndarray]:
        """Turn coordinates of shape (rows, free) into parameters of shape (rows,)."""
        values = {name: np.full(len(z), float(value)) for name, value in self.fixed.items()}
        late = [name for name in self.free if name in self.exponent]
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            for name in [name for name in self.free if name not in late] + late:
                column = z[:, self.position[name]]
                if name in late:
                    column = column / self._resolved(self.exponent[name], values)
                values[name] = np.exp(column) if name in self.logged else column
        for name, to in self.tied.items():
            values[name] = values[to]
        return {p.name: values[p.name] for p in self.law.parameters}

    def _resolved(self, name: str, values: Mapping[str, np.ndarray]) -> np.ndarray:
        return values[self.tied.get(name, name)]

    def coordinates(self, values: Mapping[str, Any]) -> np.ndarray:
        """Turn parameters, each a number or of shape (rows,), into coordinates of shape (rows, free).

        A term that has vanished (amplitude 0) has the logarithm of the smallest number instead of minus infinity.
        """
        columns = []
        for name in self.free:
            value = np.atleast_1d(np.asarray(values[name], dtype=np.float64))
            column = np.log(np.where(value == 0, LEAST, value)) if name in self.logged else value
            if name in self.exponent:
                column = column * np.asarray(values[self.exponent[name]], dtype=np.float64)
            columns.append(column)
        return np.stack(np.broadcast_arrays(*columns), axis=1) if columns else np.zeros((1, 0))

    def value(self, z: np.ndarray, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
        """Evaluate the law: (rows, points)."""
        with np.errstate(all="ignore"):
            columns = {name: value[:, None] for name, value in self.parameters(z).items()}
            return _called(self.law, self.law.evaluate, inputs, columns, len(z))

    def value_and_slopes(self, z: np.ndarray, inputs: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Evaluate the law, (rows, points), and its derivatives along the coordinates, (rows, free, points)."""
        with np.errstate(all="ignore"):
            values = {name: value[:, None] for name, value in self.parameters(z).items()}
            value, slopes = self._along_parameters(values, inputs, len(z))
            return value, self._along_coordinates(values, slopes, value.shape)

    def _along_parameters(self, values, inputs, rows):
        """Give d value / d ln parameter of parameters in logarithms, d value / d parameter of the others; exact."""
        if self.law.slopes is not None and self.exact:
            value, slopes = self.law.slopes(*inputs, **values)
            return np.broadcast_to(value, (rows, np.size(inputs[0]))), slopes
        value = _called(self.law, self.law.evaluate, inputs, values, rows)
        moving = [name for name in values if name in self.position]
        slope = self._complex_step if self.exact else self._difference
        return value, {name: slope(values, inputs, rows, name) for name in moving}

    def _complex_step(self, values, inputs, rows, name):
        return self._moved(values, inputs, rows, name, 1j * STEP).imag / STEP

    def rounding(self, z: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Bound what rounding by one unit in the last place does to slopes by differences: (rows, free, points)."""
        with np.errstate(all="ignore"):
            values = {name: one[:, None] for name, one in self.parameters(z).items()}
            least = np.finfo(np.float64).eps * np.abs(value)
            slopes = {name: least / self._rough_step(values, name) for name in values if name in self.position}
            return np.abs(self._along_coordinates(values, slopes, value.shape))

    def _rough_step(self, values, name):
        return ROUGH_STEP if name in self.logged else ROUGH_STEP * np.maximum(np.abs(values[name]), ROUGH_STEP)

    def _difference(self, values, inputs, rows, name):
        step = self._rough_step(values, name)
        up, down = (self._moved(values, inputs, rows, name, side * step) for side in (1, -1))
        return (up - down) / (2 * step)

    def _moved(self, values, inputs, rows, name, step):
        moved = values[name] * np.exp(step) if name in self.logged else values[name] + step
        return _called(self.law, self.law.evaluate, inputs, values | {name: moved}, rows)

    def _along_coordinates(self, values, slopes, shape):
        along = np.zeros((shape[0], len(self.free), shape[1]))
        for name, index in self.position.items():
            if name not in self.exponent:
                along[:, index] += slopes[name]
        for name, exponent in self.exponent.items():
            power = values[exponent]
            along[:, self.position[name]] += slopes[name] / power
            if exponent in self.position:  # at a constant term, N_c moves when alpha_N does
                along[:, self.position[exponent]] -= slopes[name] * (np.log(values[name]) / power)
        return along


def _called(law: Law, function, inputs, values, rows) -> np.ndarray:
    try:
        value = function(*inputs, **values)
    except LawError:
        raise
    except Exception as failure:  # a law may be a user's own: whatever it raises is reported in our words
        raise LawError(
            f"law {law.name!r} cannot be evaluated: {type(failure).__name__}: {failure}. "
            f"Its formula must work on numpy arrays, real and complex, that broadcast."
        ) from failure
    if value is None or not hasattr(value, "dtype"):
        raise LawError(f"law {law.name!r} gives {value!r} where an array is needed. Return the formula's value.")
    return np.broadcast_to(value, (rows, np.size(inputs[0])))
