"""The law inside a forecast, as draws of its constants: for questions that a loss at one target does not answer."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..fitting.fit import fit
from ..points.points import Points
from ..uncertainty.drawn import Draws
from .evidence import Component
from .forecast_points import FORM
from .means import FIELD_UNITS
from .mixture import Posterior

SENTENCE = "averaged over amplitudes of the discrepancy by their evidence."


def draws_of(
    posterior: Posterior, points: Points, columns: Mapping[str, str], draws: int = 2000, seed: int = 0
) -> Draws:
    """Draw the constants of the law `skaling` from a posterior, in which the discrepancy is integrated out.

    A best size computed from them has the uncertainty of the constants; that of the discrepancy's own tilt is in the
    loss of the forecast alone.

    Raises:
        PointsError: the points cannot support the law by themselves: on one ray of D/N, for example.
    """
    found = fit(FORM, points, loss="student-t", columns=columns)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(draws, posterior.shares)
    drawn = np.concatenate([_drawn(one, n, rng) for one, n in zip(posterior.components, counts, strict=True) if n])
    kept = drawn[(drawn[:, [2, 4]] > 0).all(axis=1)]  # a term that grows with size or data is none of the law's
    best = posterior.components[int(np.argmax(posterior.shares))]
    names = tuple(found.values)
    middle = _parameters(_padded(best.constants[None]))
    values = {name: float(middle[name][0]) for name in names}
    columns_of = _parameters(kept)
    record = replace(
        found,
        values=values,
        z=found.problem.coordinates.coordinates(values)[0],
        outcome="converged",
        sentence=SENTENCE,
        warnings=(),
        unidentified=(),
        noise=posterior.noise,
    )
    return Draws(record, np.stack([columns_of[name] for name in names], axis=1), names, "posterior", seed)


def _drawn(one: Component, count: int, rng: np.random.Generator) -> np.ndarray:
    root = np.linalg.cholesky(np.linalg.inv(one.precision))
    return _padded(one.constants + rng.standard_normal((count, len(root))) @ root.T)


def _padded(constants: np.ndarray) -> np.ndarray:
    """Give ln k = 0 where k is held at 1."""
    missing = 6 - constants.shape[1]
    return np.pad(constants, ((0, 0), (0, missing)))


def _parameters(constants: np.ndarray) -> dict[str, np.ndarray]:
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
