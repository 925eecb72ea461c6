"""S11 and S30: the loss on other texts follows the loss on the training text."""

from collections.abc import Callable, Iterable
from functools import partial

from ..measurements.family_tables import FamilyTables
from ..measurements.other_texts import correlation, exponent_ratio, exponents, texts, transfer
from ..records.numbers_in_text import interval
from .claim import Part, claim

LEAST_R = 0.99
SLOPES = (0.9, 1.15)
NEAR_EXPONENT = 0.15


def _each(evidence: FamilyTables, *judges: Callable[[str], Part]) -> Iterable[Callable[[], Part]]:
    return [partial(judge, text) for text in texts(evidence) for judge in judges]


@claim(
    "S11",
    "over every evaluation after the warm-up, on at least three other texts: Pearson r at least 0.99 and a slope "
    "between 0.9 and 1.15",
)
def offset(evidence):
    """The loss on other texts follows that on the training text with a nearly constant offset."""

    def follows(name: str) -> Part:
        found = transfer(evidence, name)
        text = (
            f"{name}: r {found.r:.4f}, slope {interval(found.slope)}, offset {found.offset:+.3f} nats, "
            f"{found.drift:+.3f} per factor e of N"
        )
        return Part(f"r of {name}", correlation(evidence, name), LEAST_R, text=text)

    def parallel(name: str) -> Part:
        return Part(f"the slope of {name}", transfer(evidence, name).slope, *SLOPES)

    return _each(evidence, follows, parallel)


@claim("S30", "alpha_N on each of at least three other texts is within 15% of that on the training text")
def same_exponent(evidence):
    """On other texts too the loss is a power law in N with nearly the same exponent."""

    def judge(name: str) -> Part:
        other, own = exponents(evidence, name)
        text = f"{name}: alpha_N {interval(other)}, {other.value / own.value:.2f} times that of the training text"
        what = f"alpha_N of {name} relative to that of the training text"
        return Part(what, exponent_ratio(evidence, name), 1 - NEAR_EXPONENT, 1 + NEAR_EXPONENT, text)

    return _each(evidence, judge)


CLAIMS = (offset, same_exponent)
