"""The posterior: components of every amplitude and mean, averaged by their evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from ..errors import FitError
from .discrepancy import Discrepancy
from .evidence import Component, Normal, Observed, component
from .means import Mean

STARTS, KEPT, FEW_STEPS = 10, 2, 4


@dataclass(frozen=True)
class WeightedMean:
    """One mean with its prior, and the prior weight that it is the right one.

    Attributes:
        amplitudes: of the discrepancy -> probability, where this mean has its own; by default they are common to all.
    """

    mean: Mean
    prior: Normal
    weight: float = 1.0
    amplitudes: Mapping[float, float] | None = None


@dataclass(frozen=True)
class Posterior:
    """What the points and the prior say of ln(target) anywhere.

    Attributes:
        shares: posterior probability of each component.
        common: whether the amplitude of each component has the probability that is common to all means.
    """

    components: tuple[Component, ...]
    shares: np.ndarray
    common: np.ndarray
    discrepancy: Discrepancy
    seen: Observed

    @property
    def noise(self) -> float:
        """The standard deviation of ln(target) of the largest run."""
        return float(self.shares @ np.array([one.noise for one in self.components]))

    @property
    def log_evidence(self) -> float:
        """The evidence of the best component, for choosing correlation lengths."""
        return max(one.log_evidence for one in self.components)

    @property
    def amplitude(self) -> float:
        """The root mean square amplitude of the discrepancy."""
        return float(np.sqrt(self.shares @ np.array([one.amplitude for one in self.components]) ** 2))

    def weighed(self, chance: Mapping[float, float]) -> "Posterior":
        """Give the amplitudes other prior probabilities, where they were equally probable."""
        moved = np.array([chance[one.amplitude] * len(chance) for one in self.components])
        shares = self.shares * np.where(self.common, moved, 1.0)
        return replace(self, shares=shares / shares.sum())

    def at(self, x: np.ndarray, wider: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Give mean and standard deviation of ln(target) without noise at ln(inputs), (points, inputs).

        Args:
            wider: factor on the standard deviations of the prior.
        """
        means, variances = self.each(x, wider)
        mean = self.shares @ means
        return mean, np.sqrt(self.shares @ (variances + (means - mean) ** 2))

    def each(self, x: np.ndarray, wider: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Give mean and variance of ln(target) by each component, (components, points); see `at`."""
        cross, variance = self.discrepancy.covariance(x, self.seen.x), self.discrepancy.scale(x) ** 2
        found = [one.at(x, cross, variance, wider) for one in self.components]
        means, variances = (np.array(part) for part in zip(*found, strict=True))
        return means, variances

    def jointly(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give mean, (rows,), and covariance, (rows, rows), of ln(target) without noise at ln(inputs).

        The disagreement of the components is part of the covariance: rows on which they part vary together.
        """
        cross, between = self.discrepancy.covariance(x, self.seen.x), self.discrepancy.covariance(x, x)
        found = [one.jointly(x, cross, between) for one in self.components]
        means = np.array([mean for mean, _ in found])
        mean = self.shares @ means
        apart = np.sqrt(self.shares)[:, None] * (means - mean)
        within = sum(share * covariance for share, (_, covariance) in zip(self.shares, found, strict=True))
        return mean, within + apart.T @ apart


def posterior(
    alternatives: Sequence[WeightedMean],
    seen: Observed,
    discrepancy: Discrepancy,
    amplitudes: Mapping[float, float],
    seed: int = 0,
) -> Posterior:
    """Average every alternative at every amplitude of the discrepancy by Laplace's evidence.

    Args:
        amplitudes: standard deviation of ln(target) -> prior weight.

    Raises:
        FitError: no component has a finite mode.
    """
    with threadpool_limits(limits=1, user_api="blas"):  # more threads spin: 30 CPU seconds for 0.3 on two busy cores
        return _averaged(alternatives, seen, discrepancy, amplitudes, seed)


def _averaged(alternatives, seen: Observed, discrepancy: Discrepancy, amplitudes, seed: int) -> Posterior:
    covariance = discrepancy.covariance(seen.x, seen.x)
    first = _first(alternatives[0], seen, covariance, sorted(amplitudes)[len(amplitudes) // 2], seed)
    found: list[Component] = []
    weights: list[float] = []
    common: list[bool] = []
    for one in alternatives:
        last: Component | np.ndarray = first
        for amplitude, weight in sorted((one.amplitudes or amplitudes).items()):
            try:
                made = component(one.mean, one.prior, seen, covariance, amplitude, last)
            except np.linalg.LinAlgError:
                continue
            if np.isfinite(made.log_evidence):
                last = made
                found.append(made)
                weights.append(made.log_evidence + np.log(one.weight * weight))
                common.append(one.amplitudes is None)
    if not found:
        raise FitError("no forecast: the law has no finite value near these points. Look at the points.")
    shares = np.exp(np.array(weights) - max(weights))
    return Posterior(tuple(found), shares / shares.sum(), np.array(common), discrepancy, seen)


def _first(one: WeightedMean, seen: Observed, covariance, amplitude: float, seed: int) -> Component:
    """Search from the mean of the prior and from draws of it; keep the best."""
    rng = np.random.default_rng(seed)
    spread = np.linalg.cholesky(one.prior.covariance)
    starts = [one.prior.mean + spread @ rng.standard_normal(len(spread)) for _ in range(STARTS - 1)]
    tried = [_tried(one, seen, covariance, amplitude, start, FEW_STEPS) for start in (one.prior.mean, *starts)]
    best = sorted((made for made in tried if made), key=lambda made: -made.log_evidence)[:KEPT]
    ended = [_tried(one, seen, covariance, amplitude, made) for made in best]
    good = [made for made in ended if made]
    if not good:
        raise FitError("no forecast: no start gives finite residuals on these points. Look at the points.")
    return max(good, key=lambda made: made.log_evidence)


def _tried(one, seen, covariance, amplitude, start, *steps) -> Component | None:
    try:
        made = component(one.mean, one.prior, seen, covariance, amplitude, start, *steps)
    except np.linalg.LinAlgError:
        return None
    return made if np.isfinite(made.log_evidence) else None
