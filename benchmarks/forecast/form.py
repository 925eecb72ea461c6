"""Measure the error of a law's form by reach: the rate at which chinchilla's 95% interval holds 95% of larger runs.

    python benchmarks/forecast/form.py

Prints the coverage by reach at several rates, and what it is where each family is left out of the rate that is used on
it. `scalinglaws/predicting/form_error.py` has the rate. Two CPU minutes.
"""

import os
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from collections.abc import Sequence  # noqa: E402
from dataclasses import dataclass, replace  # noqa: E402

import numpy as np  # noqa: E402
from methods import each, plain  # noqa: E402
from scores import REACHES, Scored, by_family, held, summary  # noqa: E402
from tables import studies  # noqa: E402

from scalinglaws.predicting.form_error import RATE, widened  # noqa: E402
from scalinglaws.predicting.origins import Origin  # noqa: E402

RATES = np.arange(0.0, 0.0301, 0.001)
LEVEL = 0.95


@dataclass(frozen=True)
class Far:
    """An origin as the resamples alone score it, and how far each run lies beyond the fitted ones, in nats."""

    scored: Scored
    farthest: np.ndarray

    def at(self, rate: float) -> Scored:
        """Score it with the error of the form."""
        low, high = widened(self.scored.low, self.scored.high, rate * self.farthest, LEVEL)
        return replace(self.scored, low=low, high=high)


def measured() -> list[Far]:
    """Fit chinchilla below every cut of every table."""
    farthest: list[np.ndarray] = []

    def answer(origin: Origin):
        farthest.append(_farthest(origin))
        return plain("chinchilla", "huber", False, origin)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scored = each(studies(), answer)
    return [Far(one, far) for one, far in zip(scored, farthest, strict=True)]


def _farthest(origin: Origin) -> np.ndarray:
    fitted, asked = origin.fitted.observed(), origin.asked.observed()
    beyond = (asked.x - fitted.x.max(axis=0)).max(axis=1)
    return np.maximum(np.maximum(np.log(origin.reach), beyond), 0.0)


def coverage(found: Sequence[Scored]) -> float:
    """Give the mean coverage over reaches of the mean over families."""
    return float(np.mean([np.mean([*by_family(found, held, reach).values()]) for reach in REACHES.values()]))


def least_rate(found: Sequence[Far]) -> float:
    """Give the smallest rate that holds the level."""
    return float(next(rate for rate in RATES if coverage([one.at(rate) for one in found]) >= LEVEL))


def main() -> None:
    """Print the coverage at several rates, and with each family left out."""
    found = measured()
    rows = [(f"rate {rate:g}", [one.at(rate) for one in found]) for rate in (0.0, 0.008, 0.012, RATE, 0.02)]
    apart = []
    for family in sorted({one.scored.family for one in found}):
        rate = least_rate([one for one in found if one.scored.family != family])
        print(f"without {family}: {rate:g}")
        apart += [one.at(rate) for one in found if one.scored.family == family]
    print(summary([*rows, ("each family left out", apart)]))


if __name__ == "__main__":
    main()
