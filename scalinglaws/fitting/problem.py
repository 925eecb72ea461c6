"""What a fit minimises, and its value and derivatives at given coordinates."""

from dataclasses import dataclass, field, replace

import numpy as np

from .coordinates import Coordinates
from .losses import Loss, costs

NOTHING = 1e-6  # root mean square share in the prediction at which a term counts as zero
UNFELT = 1e-4  # relative change of the prediction per unit of a coordinate below which it has no effect


@dataclass(frozen=True)
class Problem:
    """The objective of a fit. Arrays are float64; n points, p coordinates.

    Attributes:
        inputs: one array of shape (n,) for each input of the law.
        target: (n,), or (rows, n) if every row has its own; logarithms unless the loss is plain.
        scales: (n,), factors of the residuals: 1 / standard error up to a constant.
        low, high: (p,), or (rows, p): bounds of the coordinates; equal where a row fixes a coordinate.
        prior_at, prior_sd: (p,): normal priors on parameters; sd is infinite where there is none.
        noise: standard deviation of the scaled residuals, the unit in which priors are compared with them.
    """

    coordinates: Coordinates
    inputs: tuple[np.ndarray, ...] = field(repr=False)
    target: np.ndarray = field(repr=False)
    scales: np.ndarray = field(repr=False)
    loss: Loss
    low: np.ndarray
    high: np.ndarray
    prior_at: np.ndarray
    prior_sd: np.ndarray
    noise: float = 0.0

    @property
    def has_priors(self) -> bool:
        """Whether any parameter has a prior."""
        return bool(np.isfinite(self.prior_sd).any())

    def take(self, rows: np.ndarray) -> "Problem":
        """Keep some points."""
        inputs = tuple(column[rows] for column in self.inputs)
        for column in inputs:
            column.flags.writeable = False
        return replace(self, inputs=inputs, target=self.target[..., rows], scales=self.scales[rows])


@dataclass
class State:
    """Objective (rows,), gradient (rows, p), Newton's and the majorant's matrices (rows, p, p)."""

    objective: np.ndarray
    gradient: np.ndarray
    newton: np.ndarray
    majorant: np.ndarray

    def take(self, rows: np.ndarray) -> "State":
        """Keep some rows."""
        return State(self.objective[rows], self.gradient[rows], self.newton[rows], self.majorant[rows])

    def put(self, rows: np.ndarray, other: "State") -> None:
        """Overwrite some rows with those of another state."""
        self.objective[rows], self.gradient[rows] = other.objective[rows], other.gradient[rows]
        self.newton[rows], self.majorant[rows] = other.newton[rows], other.majorant[rows]


def felt(problem: Problem, z: np.ndarray, majorant: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the root mean square relative change of the prediction per unit of each coordinate: (rows, p).

    For the logarithm of an amplitude this is the share of its term in the prediction. A coordinate that is no logarithm
    and has a large value is measured in units of itself.

    Args:
        majorant: (rows, p, p), of the objective; reference: (rows,), its value if the whole prediction changes.
    """
    with np.errstate(all="ignore"):
        share = np.sqrt(np.diagonal(majorant, axis1=1, axis2=2) / reference[:, None])
    return share * np.where(problem.coordinates.in_logs, 1.0, np.maximum(np.abs(z), 1.0))


def moving(problem: Problem, z: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Mark the coordinates of one optimum, (p,), that the points determine: not at a bound, nor of a term that is zero.

    Args:
        along: (p, n), derivatives of the scaled residuals there, as `jacobian` gives them.
    """
    counts = np.ones(along.shape[1])
    share = felt(problem, z[None], (along @ along.T)[None], np.atleast_1d(whole(problem, counts, problem.target)))[0]
    least = np.where(problem.coordinates.in_logs, 2 * NOTHING, UNFELT)
    return (z > problem.low) & (z < problem.high) & (share > least)


def whole(problem: Problem, counts: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the majorant along a coordinate that multiplies the whole prediction: (rows,)."""
    size = counts * problem.scales**2
    return (size if problem.loss.in_logs else size * target**2).sum(-1)


def residuals(problem: Problem, z: np.ndarray) -> np.ndarray:
    """Give (predicted - observed) x scale at coordinates z: (rows, n); logarithms unless the loss is plain."""
    value = problem.coordinates.value(z, problem.inputs)
    with np.errstate(all="ignore"):
        return ((np.log(value) if problem.loss.in_logs else value) - problem.target) * problem.scales


def jacobian(problem: Problem, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give scaled residuals, (rows, n), and their derivatives along the coordinates, (rows, p, n)."""
    return _residuals_and_slopes(problem, z, problem.target)


def _residuals_and_slopes(problem, z, target):
    value, along = problem.coordinates.value_and_slopes(z, problem.inputs)
    with np.errstate(all="ignore"):
        if problem.loss.in_logs:
            along *= (problem.scales / value)[:, None]
            return (np.log(value) - target) * problem.scales, along
        along *= problem.scales
        return (value - target) * problem.scales, along


def state_at(problem: Problem, z: np.ndarray, counts: np.ndarray, target: np.ndarray) -> State:
    """Evaluate the objective of each row, with point i counted counts[i] times; infinite if it is not a number."""
    with np.errstate(all="ignore"):
        u, along = _residuals_and_slopes(problem, z, target)
        cost, slope, second, weight = costs(problem.loss, u)
        across = along.transpose(0, 2, 1)
        state = State(
            (cost * counts).sum(1),
            (along @ (slope * counts)[:, :, None])[:, :, 0],
            (along * (second * counts)[:, None]) @ across,
            (along * (weight * counts)[:, None]) @ across,
        )
    _add_prior(problem, z, state)
    whole = np.isfinite(state.objective) & np.isfinite(state.gradient).all(1) & np.isfinite(state.majorant).all((1, 2))
    state.objective[~whole] = np.inf
    return state


def _add_prior(problem, z, state):
    if not problem.has_priors:
        return
    values = problem.coordinates.parameters(z)
    for i in np.flatnonzero(np.isfinite(problem.prior_sd)):
        name = problem.coordinates.free[i]
        precision = (problem.noise / problem.prior_sd[i]) ** 2
        with np.errstate(all="ignore"):
            step = values[name] if name in problem.coordinates.logged else np.ones(len(z))
            away = values[name] - problem.prior_at[i]
            state.objective += 0.5 * precision * away**2
            state.gradient[:, i] += precision * away * step
            state.newton[:, i, i] += precision * step**2
            state.majorant[:, i, i] += precision * step**2
