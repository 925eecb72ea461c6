"""The law forms of ScaleBench's tasks, as means of the forecast engine: each a formula and where its constants lie."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

STEP = 1e-6


@dataclass(frozen=True)
class Form:
    """A formula of the inputs' logarithms, in constants that may take any real value.

    Attributes:
        formula: f(x, constants): x is (points, inputs), the result (points,), in the units of the engine's y.
        start: mean and standard deviation of the normal prior of each constant.
    """

    formula: Callable[[np.ndarray, np.ndarray], np.ndarray]
    start: Mapping[str, tuple[float, float]]

    @property
    def names(self) -> tuple[str, ...]:
        """The constants, in order."""
        return tuple(self.start)

    def value_and_slopes(self, constants: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the value and its slopes by central differences."""
        steps = STEP * np.eye(len(constants))
        slopes = [(self.formula(x, constants + s) - self.formula(x, constants - s)) / (2 * STEP) for s in steps]
        return self.formula(x, constants), np.stack(slopes)


def smooth_maximum(x, c, size=0, data=1):
    """ln L of the law `skaling` over a floor, in centred logarithms: c = floor, a, alpha, b, beta, ln k."""
    total = np.exp(c[1] - c[2] * x[:, size]) + np.exp(c[3] - c[4] * x[:, data])
    return c[0] + np.log1p(total ** np.exp(c[5]))


SMOOTH = {
    "floor": (0.5, 1.0),
    "a": (-1.0, 2.0),
    "alpha": (0.5, 0.3),
    "b": (-1.0, 2.0),
    "beta": (0.5, 0.3),
    "ln_k": (-0.5, 0.5),
}


def power_over_floor(x, c):
    """ln(E + A N^-alpha): one size alone."""
    return c[0] + np.log1p(np.exp(c[1] - c[2] * x[:, 0]))


def parallel(x, c):
    """ln(E + (A / (N (1 + k ln P)))^alpha): the parallel scaling law (Chen et al. 2025, arXiv 2505.10475, eq 5).

    Columns of x: ln N, ln P, not centred in P.
    """
    streams = 1 + np.exp(c[3]) * x[:, 1]
    return c[0] + np.log1p(np.exp(c[1] - c[2] * (x[:, 0] + np.log(streams))))


def routed(x, c):
    """Clark et al. 2022, eq 8, over a floor: exp(a - b ln N - c ln X + d ln N ln X), X experts that saturate."""
    experts = -np.log(np.exp(-x[:, 1]) + np.exp(-c[5]))
    return c[0] + np.log1p(np.exp(c[1] - c[2] * x[:, 0] - c[3] * experts + c[4] * x[:, 0] * experts))


def valley(x, c):
    """The smooth maximum of size and data, times a parabola of ln rate and ln batch about an optimum that drifts.

    Columns: rate, batch, data, size.
    """
    loss = smooth_maximum(x, c, size=3, data=2)
    rate = x[:, 0] - (c[6] + c[7] * x[:, 3] + c[8] * x[:, 2] + c[9] * x[:, 1])
    batch = x[:, 1] - (c[10] + c[11] * x[:, 2])
    return loss + np.exp(c[12]) * rate**2 + np.exp(c[13]) * batch**2


def repeated(x, c):
    """The smooth maximum of Muennighoff et al. 2023's effective data; columns: unique tokens, size, tokens."""
    unique, tokens = np.exp(x[:, 0]), np.exp(x[:, 2])
    seen = np.minimum(unique, tokens)
    decay = np.exp(c[6])
    worth = seen * (1 + decay * -np.expm1(-np.maximum(tokens / seen - 1, 0) / decay))
    return smooth_maximum(np.column_stack([x[:, 1], np.log(worth)]), c)


def vocabulary(x, c):
    """Tao et al. 2024, eq 7: E + A1 / N^a1 + A2 / V^a2 + B / D^b less what is gained, of the unigram-normalised loss.

    Columns: non-vocabulary size, vocabulary, characters; the loss itself, which may be negative.
    """
    return (
        -np.exp(c[0])
        + np.exp(c[1] - c[2] * x[:, 0])
        + np.exp(c[3] - c[4] * x[:, 1])
        + np.exp(c[5] - c[6] * x[:, 2])
        + c[7] * x[:, 1]
    )


def mixture(x, c):
    """ln(E + A share^-alpha) + linear in the other shares: x = ln own share, then the others."""
    return c[0] + np.log1p(np.exp(c[1] - np.exp(c[2]) * x[:, 0])) + x[:, 1:] @ c[3 : 3 + x.shape[1] - 1]


def starts(names: Sequence[str], **given: tuple[float, float]) -> dict[str, tuple[float, float]]:
    """Give a prior of mean 0 and standard deviation 1 to each name that has none."""
    return {name: given.get(name, (0.0, 1.0)) for name in names}
