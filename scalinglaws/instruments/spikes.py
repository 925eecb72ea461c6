"""Loss spikes: steps whose training loss is far above that of the steps before."""

import math
from dataclasses import dataclass

MEMORY = 0.98  # decay factor of the moving mean and variance: about 50 steps
FAR = 6.0  # standard deviations above the moving mean from which a loss is a spike
SETTLED = 50  # steps at the start in which no loss counts as a spike


@dataclass(frozen=True)
class LossWatch:
    """Moving mean and variance of the training loss, and the spikes so far."""

    steps: int = 0
    mean: float = 0.0
    variance: float = 0.0
    spikes: int = 0
    largest: float = 0.0

    def after(self, loss: float) -> "LossWatch":
        """Add the loss of one step; a spike does not enter the moving mean and variance.

        `largest` is the height of the largest spike above the mean, in nats.
        """
        if not math.isfinite(loss):
            return self
        if self.steps == 0:
            return LossWatch(1, loss)
        above = loss - self.mean
        if self.steps >= SETTLED and above > FAR * math.sqrt(self.variance):
            return LossWatch(self.steps + 1, self.mean, self.variance, self.spikes + 1, max(self.largest, above))
        share = max(1 - MEMORY, 1 / (self.steps + 1))
        mean = self.mean + share * above
        variance = (1 - share) * (self.variance + share * above**2)
        return LossWatch(self.steps + 1, mean, variance, self.spikes, self.largest)
