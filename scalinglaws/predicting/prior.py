"""A prior: what past studies say of the constants of a law before a new study has said anything."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MisuseError, argument
from ..records.json_values import write_whole
from .evidence import Normal
from .means import SmoothMaximum
from .mixture import WeightedMean

NAMES = ("a", "alpha", "b", "beta", "ln_k")
VAGUE_FLOOR = (np.log(1.8), 1.0)  # ln(nats per token), for what no lowest loss can say
UNLIKE = 0.1  # prior probability of a study unlike those of the prior: its constants from a wider distribution
UNLIKE_WIDER, UNLIKE_FLOOR = 2.0, 0.4  # factor on the constants' standard deviations; that of ln(floor / lowest loss)
PLAIN, PLAIN_UNLIKE = 0.05, 0.25  # prior probabilities that size and data add (k = 1) with next to no discrepancy
PLAIN_WIDER, PLAIN_FLOOR = 4.0, 0.8  # as for a study unlike the others; its constants are then its own runs' alone
PLAIN_AMPLITUDES = {0.0: 0.5, 0.003: 0.5}
FORMAT = "scalinglaws prior 1"
VAGUE_AMPLITUDES = {0.0: 0.09, 0.003: 0.09, 0.008: 0.09, 0.02: 0.17, 0.05: 0.17, 0.1: 0.39}  # those of the field
VAGUE_BAND = 2.5


@dataclass(frozen=True, eq=False)
class Prior:
    """A joint normal prior on the constants of the smooth-maximum law, learnt from whole studies.

    Attributes:
        mean: of a, alpha, b, beta and ln k, (5,); see `SmoothMaximum`. `covariance`: between studies, (5, 5).
        floor: mean and standard deviation, over studies, of ln(floor / lowest loss fitted).
        amplitudes: standard deviation of the discrepancy of ln(loss) -> prior probability.
        band: half-width of the 95% interval in standard deviations of a forecast of one component, measured on larger
            runs of the same studies, each left out of the prior that predicted it.
        tested: the largest reach (compute over the largest compute fitted) on which the band was measured.
        studies: where it was learnt; `families`: how many groups of studies count as one each.
        source: how it was made.
    """

    mean: np.ndarray
    covariance: np.ndarray
    floor: tuple[float, float]
    amplitudes: Mapping[float, float]
    band: float
    tested: float
    studies: tuple[str, ...] = ()
    families: int = 0
    source: str = ""
    name: str = field(default="", compare=False)

    def alternatives(self, lowest: float) -> list[WeightedMean]:
        """Give the law with its power free, under this prior and a wider one, and Chinchilla's under two more.

        The wider one is what Berger & Berliner 1986 call a contaminated prior: a study far from all others is then
        fitted by its own runs, and costs the others next to nothing. Chinchilla's law has next to no discrepancy: where
        it is exactly true the evidence prefers it, and where it is not the evidence drops it.

        Args:
            lowest: the lowest loss fitted.
        """
        least, spread = self.floor
        precisions = np.array([1 / spread**2, 1 / VAGUE_FLOOR[1] ** 2])
        middle = precisions @ [np.log(lowest) + least, VAGUE_FLOOR[0]] / precisions.sum()
        covariance = np.zeros((6, 6))
        covariance[0, 0], covariance[1:, 1:] = 1 / precisions.sum(), self.covariance
        joint = Normal(np.array([middle, *self.mean]), covariance)
        wide, wider = joint.wider(UNLIKE_WIDER), joint.wider(PLAIN_WIDER)
        wide.covariance[0, 0] = max(UNLIKE_FLOOR, spread) ** 2
        wider.covariance[0, 0] = max(PLAIN_FLOOR, spread) ** 2
        plain = SmoothMaximum(additive=True)
        return [
            WeightedMean(SmoothMaximum(), joint, 1 - UNLIKE - PLAIN - PLAIN_UNLIKE),
            WeightedMean(SmoothMaximum(), wide, UNLIKE),
            WeightedMean(plain, joint.given(5, 0.0), PLAIN, PLAIN_AMPLITUDES),
            WeightedMean(plain, wider.given(5, 0.0), PLAIN_UNLIKE, PLAIN_AMPLITUDES),
        ]

    def lines(self) -> list[str]:
        """Give the constants with their spread between studies, the floor, and the provenance."""
        spread = np.sqrt(np.diag(self.covariance))
        lines = [
            f"{name:<8}{middle:8.3f} +- {sd:.3f}" for name, middle, sd in zip(NAMES, self.mean, spread, strict=True)
        ]
        least, sd = self.floor
        lines.append(f"floor / lowest loss fitted {np.exp(least):.3f}, x/: {np.exp(sd):.3f}")
        lines.append(f"95% band: {self.band:.2f} standard deviations, tested to {self.tested:.3g} times the compute")
        return [*lines, f"learnt from {len(self.studies)} studies of {self.families} families: {self.source}"]

    def write(self, path: Path) -> None:
        """Write it as JSON, for `read_prior`."""
        kept: dict[str, Any] = {
            "format": FORMAT,
            "source": self.source,
            "families": self.families,
            "studies": list(self.studies),
            "names": list(NAMES),
            "mean": _rounded(self.mean),
            "covariance": [_rounded(row) for row in self.covariance],
            "floor": _rounded(self.floor),
            "amplitudes": [[amplitude, round(weight, 4)] for amplitude, weight in self.amplitudes.items()],
            "band": round(self.band, 3),
            "tested": float(f"{self.tested:.3g}"),
        }
        write_whole(path, (json.dumps(kept, indent=1) + "\n").encode())


def _rounded(values: Sequence[float] | np.ndarray) -> list[float]:
    return [round(float(value), 5) for value in values]


def prior_of(text: str, name: str = "") -> Prior:
    """Make a prior of what `Prior.write` wrote.

    Raises:
        MisuseError: it is no such text, or its covariance is not positive definite.
    """
    what = f"the prior {name!r}"
    try:
        kept = json.loads(text)
        if kept["format"] != FORMAT or tuple(kept["names"]) != NAMES:
            raise ValueError(f"its format is {kept['format']!r}, not {FORMAT!r}")
        covariance = np.array(kept["covariance"], dtype=np.float64)
        np.linalg.cholesky(covariance)
        least, spread = (float(value) for value in kept["floor"])
        return Prior(
            np.array(kept["mean"], dtype=np.float64).reshape(len(NAMES)),
            covariance.reshape(len(NAMES), len(NAMES)),
            (least, spread),
            {float(amplitude): float(weight) for amplitude, weight in kept["amplitudes"]},
            float(kept["band"]),
            float(kept["tested"]),
            tuple(map(str, kept["studies"])),
            int(kept["families"]),
            str(kept["source"]),
            name,
        )
    except (ValueError, KeyError, TypeError, np.linalg.LinAlgError) as failure:
        raise MisuseError(
            f"{what} cannot be used: {failure}. Give {argument(prior='field')}, or a file that `scalinglaws prior` "
            "wrote."
        ) from failure


@cache
def field_prior() -> Prior:
    """Give the prior that comes with the package, learnt from public studies by benchmarks/forecast/prior.py."""
    return prior_of(files(__package__).joinpath("field.json").read_text(encoding="utf-8"), "field")


def read_prior(named: str) -> Prior:
    """Give a prior by name, "field", or from a file.

    Raises:
        MisuseError: there is no such file, or it holds no prior.
    """
    if named == "field":
        return field_prior()
    try:
        return prior_of(Path(named).read_text(encoding="utf-8"), named)
    except OSError as failure:
        raise MisuseError(
            f"there is no prior {named!r}. Give {argument(prior='field')}, {argument(prior='none')}, or a file that "
            "`scalinglaws prior` wrote."
        ) from failure


def vague_prior() -> Prior:
    """Give the prior that says next to nothing but orders of magnitude, and under which studies are fitted alone."""
    return Prior(
        np.array([-2.0, 0.5, -2.0, 0.5, -0.5]),
        np.diag([2.0, 0.3, 2.0, 0.3, 0.7]) ** 2,
        (-0.5, 0.5),
        dict(VAGUE_AMPLITUDES),
        VAGUE_BAND,
        1.0,
        source="no studies: only the order of magnitude of the constants",
        name="none",
    )
