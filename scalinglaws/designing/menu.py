"""The runs that a study could have: every size and horizon of a box, and what each costs beside those chosen."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log

from ..errors import StudyError
from .design import make_shape
from .ladder import ladder
from .study_file import Study

SPAN = 2000.0  # of compute: wide spans tell more of a law than many runs (docs/choosing.md)
RATIOS = (2.0, 1000.0)  # of tokens to parameters
LEAST_BATCH = 4  # sequences of the shortest run
STEPS = 1000  # minimum of a run; shorter ones are limited by their steps, not by their size (LOG.md)
SIZE_RATIO, TOKEN_RATIO = 1.7, 1.8
MOST_BATCH = 2.0**22  # tokens


@dataclass(frozen=True)
class Offer:
    """One run that could be made: its size, N, tokens, and the cost of a token."""

    size: tuple[int, ...]
    params: int
    tokens: float
    token_cost: float


@dataclass(frozen=True)
class Menu:
    """Runs that could be made under one recipe.

    Attributes:
        recipe: the study whose other settings the runs have, its batch chosen for the shortest of them.
        overhead: cost of a run beside its tokens.
    """

    recipe: Study
    offers: tuple[Offer, ...]
    overhead: float = 0.0

    def prices(self, bought: Sequence[int]) -> list[float]:
        """Cost of each run beside those bought: under "wsd" horizons of a size share its trunk."""
        longest: dict[tuple[int, ...], float] = {}
        for number in bought:
            one = self.offers[number]
            longest[one.size] = max(one.tokens, longest.get(one.size, 0.0))
        return [self.overhead + self._tokens(one, longest.get(one.size, 0.0)) * one.token_cost for one in self.offers]

    def _tokens(self, one: Offer, longest: float) -> float:
        if self.recipe.schedule != "wsd":
            return one.tokens
        return self.recipe.decay * one.tokens + max(0.0, (1 - self.recipe.decay) * (one.tokens - longest))

    def cost(self, bought: Sequence[int]) -> float:
        """Cost of some runs together."""
        total = 0.0
        there: list[int] = []
        for number in sorted(bought, key=lambda n: self.offers[n].tokens):
            total += self.prices(there)[number]
            there.append(number)
        return total


def menu(
    recipe: Study,
    n_vocab: int,
    max_flops: float,
    *,
    per_flop: float = 1.0,
    overhead: float = 0.0,
    max_tokens: float | None = None,
    smallest: float = 0.0,
) -> Menu:
    """List every run of at most `max_flops` exact FLOPs whose size, tokens and compute lie in the box.

    Args:
        per_flop: cost of a FLOP. max_tokens: the longest run that the text allows.
        smallest: the least number of parameters, if more than can be built.

    Raises:
        StudyError: nothing can be trained within these limits.
    """
    least = recipe.n_ctx * STEPS * LEAST_BATCH
    low = max(smallest, 864.0, (max_flops / SPAN / 6 / RATIOS[1]) ** 0.5)
    high = (max_flops / 6 / RATIOS[0]) ** 0.5
    sizes = ladder(low, high, SIZE_RATIO, recipe.d_head)
    offers = []
    for size in sizes:
        shape = make_shape(recipe, size, n_vocab)
        flops = shape.flops_per_token("exact")
        shortest = max(least, RATIOS[0] * shape.params(), max_flops / SPAN / flops)
        longest = min(max_flops / flops, max(RATIOS[1] * shape.params(), 32 * least), max_tokens or 1e18)
        offers += [Offer(size, shape.params(), d, flops * per_flop) for d in horizons_between(shortest, longest)]
    if not offers:
        raise StudyError(
            f"no run of {STEPS} steps fits into {max_flops:.3g} FLOPs"
            + (f" and {max_tokens:.3g} tokens" if max_tokens else "")
            + ". Raise the budget, or the maximum of a run."
        )
    return Menu(with_batch(recipe, min(one.tokens for one in offers)), tuple(offers), overhead)


def horizons_between(shortest: float, longest: float) -> list[float]:
    """Give horizons of one grid that all sizes share, so that sizes can be compared at one horizon."""
    first, last = round_up(log(shortest) / log(TOKEN_RATIO)), log(longest) / log(TOKEN_RATIO)
    return [float(f"{TOKEN_RATIO**k:.2g}") for k in range(first, int(last + 1e-9) + 1)]


def round_up(value: float) -> int:
    """The least whole number that is not smaller, up to rounding errors."""
    return int(-(-(value - 1e-9) // 1))


def with_batch(recipe: Study, shortest: float) -> Study:
    """Set the batch to the largest power of two that gives the shortest run `STEPS` steps."""
    tokens = min(shortest / STEPS, MOST_BATCH)
    return replace(recipe, batch=max(1, 2 ** int(log(max(1.0, tokens / recipe.n_ctx)) / log(2) + 1e-9)))


def middle_size(flops: float) -> float:
    """A size to start from where nothing is known: 20 tokens per parameter (Hoffmann et al. 2022)."""
    return exp(log(flops / 6 / 20) / 2)
