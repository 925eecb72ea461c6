"""What a model answered to multiple-choice items: its accuracy, the smooth form of it, and their standard error."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ItemScores:
    """The scores on `count` items.

    Attributes:
        chance: accuracy of guessing; None where a trainer of one's own does not say.
        accuracy: fraction of items whose right choice has the lowest cost; ties count as guesses among them.
        choice_probability: mean over items of the probability of the right choice, normalised over the choices.
        bits_per_byte: mean over items of the cost of the right choice per byte of its text.
    """

    count: int | None
    accuracy: float
    chance: float | None = None
    choice_probability: float | None = None
    bits_per_byte: float | None = None

    @property
    def accuracy_sem(self) -> float | None:
        """Standard error of the accuracy from the number of items: sqrt(p (1 - p) / n), of a binomial proportion."""
        return math.sqrt(self.accuracy * (1 - self.accuracy) / self.count) if self.count else None
