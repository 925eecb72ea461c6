"""A prior from studies: each fitted whole by the law alone, then a normal distribution between their families."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import MisuseError
from .band import factor, ratios
from .discrepancy import LENGTHS, Discrepancy
from .evidence import Observed
from .mixture import Posterior, posterior
from .origins import Origin, PastStudy, origins, thinned
from .prior import NAMES, Prior

AMPLITUDES = (0.0, 0.003, 0.008, 0.02, 0.05, 0.1)
ROUNDS = 60
FALLS_ALONE = 0.3  # exponent of compute in the noise of a study fitted without a discrepancy, as small runs differ more
TESTED_BY = 3  # families that must have runs at a reach before it counts as tested
PSEUDO_FAMILIES = 2.0  # families without correlations, to which the covariance is drawn
PSEUDO_ORIGINS = 0.5  # families per amplitude, to which the probabilities are drawn
LEAST_SPREAD = 0.03  # of ln(floor / lowest loss): that of a few families may be small by chance
FEW_FAMILIES = 5  # below it the band is that of the prior that was there before


@dataclass(frozen=True)
class WholeFit:
    """What one study says of the constants: mode (5,), covariance (5, 5), and ln(floor / lowest loss of its cuts)."""

    family: str
    mode: np.ndarray
    covariance: np.ndarray
    floor: float


def discrepancy_of(seen: Observed, lengths: Mapping[str, float] = LENGTHS) -> Discrepancy:
    """Give the discrepancy over size and tokens of these points."""
    return Discrepancy((lengths["N"], lengths["D"]), tuple(seen.x.max(axis=0)))


def forecast_by(prior: Prior, study: PastStudy) -> Posterior:
    """Give the posterior of a study of N and D."""
    seen = study.observed()
    return posterior(prior.alternatives(float(study.loss.min())), seen, discrepancy_of(seen), prior.amplitudes)


def whole_fit(study: PastStudy, vague: Prior) -> WholeFit:
    """Fit the law alone to a study under a vague prior; its floor is compared with the lowest loss below each cut."""
    lowest = [one.fitted.loss.min() for one in origins(study)] or [study.loss.min()]
    part = study.take(thinned(np.ones(len(study.loss), dtype=bool)))
    seen = replace(part.observed(), falls=FALLS_ALONE)
    made = posterior(vague.alternatives(float(part.loss.min()))[:1], seen, discrepancy_of(seen), {0.0: 1.0})
    best = made.components[0]
    covariance = np.linalg.inv(best.precision)
    floor = float(np.mean(best.constants[0] - np.log(np.asarray(lowest))))
    return WholeFit(study.family, best.constants[1:], covariance[1:, 1:], floor)


def between_families(fits: Sequence[WholeFit], before: Prior | None) -> tuple[np.ndarray, np.ndarray]:
    """Give mean and covariance of the constants between families.

    A family is the mean of its studies. The normal distribution is found by expectation and maximisation with the
    fits' own errors known (Dempster, Laird & Rubin 1977). Two further families are imagined: without correlations, or
    as the prior `before` says.
    """
    grouped = _by_family(fits)
    modes = np.array([np.mean([one.mode for one in group], axis=0) for group in grouped])
    errors = np.array([np.mean([one.covariance for one in group], axis=0) for group in grouped])
    middle = modes.mean(axis=0) if before is None else before.mean
    covariance = 1e-3 * np.eye(len(NAMES)) + np.cov(modes.T) if before is None else before.covariance
    for _ in range(ROUNDS):
        gains = covariance @ np.linalg.inv(covariance + errors)
        means = middle + np.einsum("fij,fj->fi", gains, modes - middle)
        if before is None:
            middle = means.mean(axis=0)
        else:
            middle = (means.sum(axis=0) + PSEUDO_FAMILIES * before.mean) / (len(means) + PSEUDO_FAMILIES)
        squares = (means - middle).T @ (means - middle) + (covariance - gains @ covariance).sum(axis=0)
        imagined = np.diag(np.diag(squares)) / len(grouped) if before is None else before.covariance
        covariance = (squares + PSEUDO_FAMILIES * imagined) / (len(grouped) + PSEUDO_FAMILIES)
    return middle, covariance


def _by_family(fits: Sequence[WholeFit]) -> list[list[WholeFit]]:
    return [[one for one in fits if one.family == family] for family in sorted({one.family for one in fits})]


def _floors(fits: Sequence[WholeFit], before: Prior | None) -> tuple[float, float]:
    """Give middle and spread, over families, of ln(floor / lowest loss)."""
    floors = [float(np.mean([one.floor for one in group])) for group in _by_family(fits)]
    if before is not None:
        floors += [before.floor[0] - before.floor[1], before.floor[0] + before.floor[1]]
    least = float(np.median(floors))
    return least, max(1.4826 * float(np.median(np.abs(np.array(floors) - least))), LEAST_SPREAD)


def learn(tables: Sequence[PastStudy], vague: Prior, *, before: Prior | None = None, source: str = "") -> Prior:
    """Learn a prior from studies, and its band from the larger runs of each family, left out of the prior in turn.

    Args:
        vague: the prior under which each study is fitted alone.
        before: the prior known already, for few studies of one's own; its band stays where there are fewer than five
            families.

    Raises:
        MisuseError: there are no studies, or only one family and no prior before it.
    """
    families = sorted({one.family for one in tables})
    if len(families) < (3 if before is None else 1):
        raise MisuseError(f"a prior needs studies; there are {len(families)} families. Give at least one table.")
    fits = [whole_fit(one, vague) for one in tables]
    whole = _prior(fits, vague, before, source, tables)
    if len(families) < FEW_FAMILIES:
        return replace(whole, band=before.band, tested=before.tested) if before else whole
    made = {family: _rolled(tables, fits, family, vague, before) for family in families}
    chance = probabilities({family: [post for post, _ in rolled] for family, rolled in made.items()})
    apart = {
        family: _ratios(rolled, probabilities({k: [post for post, _ in v] for k, v in made.items() if k != family}))
        for family, rolled in made.items()
    }
    reaches = sorted(max((float(one.reach.max()) for _, one in rolled), default=1.0) for rolled in made.values())
    return replace(whole, amplitudes=chance, band=factor(apart), tested=reaches[-TESTED_BY])


def _prior(fits, vague: Prior, before: Prior | None, source: str, tables) -> Prior:
    middle, covariance = between_families(fits, before)
    families = len(_by_family(fits))
    names = tuple(one.name for one in tables)
    equal = {amplitude: 1 / len(AMPLITUDES) for amplitude in AMPLITUDES}
    amplitudes = before.amplitudes if before else equal
    return Prior(
        middle, covariance, _floors(fits, before), amplitudes, vague.band, vague.tested, names, families, source
    )


def _rolled(tables, fits, family: str, vague: Prior, before: Prior | None) -> list[tuple[Posterior, Origin]]:
    """Forecast from every origin of a family, by the prior of the others, all amplitudes equally probable."""
    others = _prior([one for one in fits if one.family != family], vague, before, "", ())
    others = replace(others, amplitudes=dict.fromkeys(AMPLITUDES, 1 / len(AMPLITUDES)))
    own = [origin for one in tables if one.family == family for origin in origins(one)]
    return [(forecast_by(others, origin.fitted), origin) for origin in own]


def _ratios(rolled: Sequence[tuple[Posterior, Origin]], chance: Mapping[float, float]) -> list[np.ndarray]:
    """Give the bands at which the runs of each origin are just held, once the amplitudes have their probabilities."""
    found = []
    for made, origin in rolled:
        post = made.weighed(chance)
        asked = origin.asked.observed()
        found.append(ratios(post, asked.x, asked.y))
    return found


def probabilities(
    posteriors: Mapping[str, Sequence[Posterior]], amplitudes: Sequence[float] = AMPLITUDES, rounds: int = 20
) -> dict[float, float]:
    """Give the probability of each amplitude of the discrepancy over families, by expectation and maximisation.

    Args:
        posteriors: family -> posteriors of its origins, made with equal probabilities.
    """
    chance = np.full(len(amplitudes), 1 / len(amplitudes))
    evidence = {family: [_evidence(one, amplitudes) for one in made] for family, made in posteriors.items()}
    for _ in range(rounds):
        shares = [np.mean([_normed(one * chance) for one in made], axis=0) for made in evidence.values()]
        total = np.sum(shares, axis=0) + PSEUDO_ORIGINS
        chance = total / total.sum()
    return dict(zip(map(float, amplitudes), map(float, chance), strict=True))


def _evidence(one: Posterior, amplitudes: Sequence[float]) -> np.ndarray:
    held = np.array([made.amplitude for made in one.components])
    return np.array([one.shares[one.common & (held == amplitude)].sum() for amplitude in amplitudes])


def _normed(values: np.ndarray) -> np.ndarray:
    return values / values.sum()
