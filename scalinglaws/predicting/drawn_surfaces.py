"""Whole surfaces drawn from a forecast: law and discrepancy together, and the best size of each at a compute."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammaincinv, ndtri

from ..laws import law as shelf
from .evidence import Component
from .forecast_points import FORM
from .means import FIELD_UNITS
from .mixture import Posterior

WAVES = 256  # whose sum stands for the process: its covariance is then right to 2% of the variance
STEP, SPAN = 0.15, np.log(300.0)  # of ln N along a line of equal compute: between sizes, and to both sides of the law's
NOWHERE = 50.0  # stands for infinity in ln N: a surface whose loss falls as far as it is followed has no best size


@dataclass(frozen=True)
class DrawnSurfaces:
    """Surfaces of ln(loss) over ln N and ln D, drawn from a posterior.

    A draw is that of the constants, of the process given these constants and the points, by Matheron's rule (Wilson et
    al. 2020, arXiv 2002.09309), with the process itself as a sum of waves (Rahimi & Recht 2007).
    """

    posterior: Posterior
    parts: tuple["_Part", ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(len(one.constants) for one in self.parts)

    @cached_property
    def constants(self) -> np.ndarray:
        """The constants of `SmoothMaximum`, (draws, 6)."""
        return np.concatenate([one.constants for one in self.parts])

    def at(self, x: np.ndarray) -> np.ndarray:
        """Give ln(loss) of every draw: (draws, rows) at rows common to all, (rows, 2), or at (draws, rows, 2)."""
        if x.ndim == 2:
            return np.concatenate([one.at(self.posterior, x) for one in self.parts])
        ends = np.cumsum([0, *(len(one.constants) for one in self.parts)])
        rows = zip(self.parts, ends[:-1], ends[1:], strict=True)
        return np.concatenate([one.at(self.posterior, x[low:high]) for one, low, high in rows])

    def best(self, flops: float, near: float) -> tuple[float, np.ndarray]:
        """Give ln N* at C = 6 N D of the mean surface, and of every draw, (draws,).

        Args:
            near: ln N from which it is searched. Beyond `SPAN` from there, a best size is -+`NOWHERE`.
        """
        sizes = near + np.arange(-SPAN, SPAN + STEP, STEP)
        line = np.column_stack([sizes, np.log(flops / 6) - sizes])
        mean = self.posterior.at(line)[0]
        return float(_least(sizes, mean[None])[0]), _least(sizes, self.at(line))


def _least(sizes: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """Give where each row of losses has its minimum, between sizes by a parabola: (rows,)."""
    found = np.argmin(loss, axis=1)
    inner = np.clip(found, 1, len(sizes) - 2)
    left, middle, right = (np.take_along_axis(loss, (inner + i)[:, None], 1)[:, 0] for i in (-1, 0, 1))
    bend = np.maximum(left - 2 * middle + right, 1e-300)
    inside = sizes[inner] + STEP * (left - right) / (2 * bend)
    return np.where(found == 0, -NOWHERE, np.where(found == len(sizes) - 1, NOWHERE, inside))


@dataclass(frozen=True)
class _Part:
    """The draws of one component: constants (draws, 6), of the waves, and what the points pull, (draws, points)."""

    component: Component
    constants: np.ndarray
    waves: np.ndarray
    pulled: np.ndarray

    def at(self, made: Posterior, x: np.ndarray) -> np.ndarray:
        """Give ln(loss), (draws, rows); see `DrawnSurfaces.at`."""
        found, amplitude = law_of(self.constants, x), self.component.amplitude
        if amplitude:
            flat = x.reshape(-1, 2)
            cross = made.discrepancy.covariance(flat, made.seen.x)
            by_waves = amplitude * _weighed(self.waves, _waves(made, flat).reshape(*x.shape[:-1], -1))
            found = found + by_waves + amplitude**2 * _weighed(self.pulled, cross.reshape(*x.shape[:-1], -1))
        return found


def _weighed(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Sum columns by the weights of every draw: (draws, rows) from (rows, columns) or (draws, rows, columns)."""
    return weights @ rows.T if rows.ndim == 2 else np.einsum("dc,drc->dr", weights, rows)


def drawn_surfaces(made: Posterior, draws: int, seed: int) -> DrawnSurfaces:
    """Draw surfaces; those whose size or data term grows are none of the law's and are left out."""
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(draws, made.shares)
    parts = [_drawn(made, one, n, rng) for one, n in zip(made.components, counts, strict=True) if n]
    return DrawnSurfaces(made, tuple(one for one in parts if len(one.constants)))


def _drawn(made: Posterior, one: Component, count: int, rng: np.random.Generator) -> _Part:
    root = np.linalg.cholesky(np.linalg.inv(one.precision))
    constants = padded(one.constants + rng.standard_normal((count, len(root))) @ root.T)
    constants = constants[(constants[:, [2, 4]] > 0).all(axis=1)]
    waves = rng.standard_normal((len(constants), 2 * WAVES))
    seen, pulled = made.seen, np.zeros((len(constants), len(made.seen.y)))
    if one.amplitude:
        noise = one.noise * seen.shape_of_noise / np.sqrt(one.weights)
        shown = law_of(constants, seen.x) + one.amplitude * waves @ _waves(made, seen.x).T
        shown += noise * rng.standard_normal(pulled.shape)
        pulled = (seen.y - shown) @ one.whiten.T @ one.whiten
    return _Part(one, constants, waves, pulled)


def _waves(made: Posterior, x: np.ndarray) -> np.ndarray:
    """Give waves, (rows, 2 WAVES), whose sums of independent standard normals are the unit process.

    Frequencies of a Matern process of smoothness 5/2 are Student's t of five degrees of freedom; they are spread evenly
    over it, as the multiples of an irrational vector are over a cube.
    """
    spread = (0.5 + np.outer(np.arange(1, WAVES + 1), _STEPS)) % 1.0
    often = ndtri(spread[:, :2]) / np.sqrt(gammaincinv(2.5, spread[:, 2:]) / 2.5) / np.array(made.discrepancy.lengths)
    turns = x @ often.T
    return np.hstack([np.cos(turns), np.sin(turns)]) * made.discrepancy.scale(x)[:, None] / np.sqrt(WAVES)


_STEPS = 1.2207440846057596 ** -np.arange(1.0, 4.0)  # powers of the root of x^4 = x + 1


def law_of(constants: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Give ln(loss) by constants of `SmoothMaximum`, (draws, 6), at (rows, 2) or (draws, rows, 2)."""
    values = {name: column[:, None] for name, column in parameters(constants).items()}
    with np.errstate(all="ignore"):
        return np.log(shelf(FORM).evaluate(np.exp(x[..., 0]), np.exp(x[..., 1]), **values))


def padded(constants: np.ndarray) -> np.ndarray:
    """Give ln k = 0 where k is held at 1."""
    missing = 6 - constants.shape[1]
    return np.pad(constants, ((0, 0), (0, missing)))


def parameters(constants: np.ndarray) -> dict[str, np.ndarray]:
    """Turn constants of `SmoothMaximum`, (draws, 6), into parameters of the law `skaling`."""
    floor, a, alpha, b, beta, ln_k = constants.T
    unit = np.exp(floor / np.exp(ln_k))  # L - E = E S^k = (E^(1/k) S)^k
    return {
        "E": np.exp(floor),
        "A": unit * np.exp(a) * FIELD_UNITS["N"] ** alpha,
        "B": unit * np.exp(b) * FIELD_UNITS["D"] ** beta,
        "alpha": alpha,
        "beta": beta,
        "k": np.exp(ln_k),
    }
