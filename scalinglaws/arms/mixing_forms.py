"""The forms of a loss over the proportions of a data mixture: one entry per paper, and their fit."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

CLOSE, MOST = 1e-6, 2000  # relative changes at which a fit ends, and evaluations
LEAST = 1e-9  # of a loss, before its logarithm
PULL = 0.003  # ln loss that one standard deviation of a prior counts as
OF_OWN, OF_ANOTHER = (1.0, 1.5, 1.0, 1.5), 0.3  # standard deviations of the constants of the power, and of the others
MOST_LOG = 50.0  # of a term
PARTS = 20  # maximum number of parts that are left out in turn
FLOOR, SHARE = 0.6, 0.02  # where searches start: the floor over the lowest loss, and what others are worth as own share


@dataclass(frozen=True)
class MixingForm:
    """A loss as a function of proportions r, which sum to 1.

    Attributes:
        value: f(r, constants, own): (runs,) from (runs, domains); own: the number of the domain whose loss it is.
        start: g(r, loss, own) -> constants to start from. own: whether it needs a domain of its own.
        wide: domains -> standard deviations of weak normal priors on the constants about their start; empty for none.
    """

    name: str
    formula: str
    source: str
    value: Callable[[np.ndarray, np.ndarray, int], np.ndarray]
    start: Callable[[np.ndarray, np.ndarray, int], np.ndarray]
    own: bool = False
    wide: Callable[[int], tuple[float, ...]] = lambda domains: ()


def _slopes(r: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.linalg.lstsq(r, y, rcond=None)[0]


def _linear(r, c, own):
    return r @ c


def _log_linear(r, c, own):
    return np.exp(np.minimum(r @ c, MOST_LOG))


def _exponential(r, c, own):
    return np.exp(c[0]) + np.exp(np.minimum(r @ c[1:], MOST_LOG))


def _start_exponential(r, y, own):
    floor = FLOOR * y.min()
    return np.concatenate([[np.log(floor)], _slopes(r, np.log(y - floor))])


def _own_power(r, c, own):
    floor, a, ln_alpha, ln_share = np.clip(c, -MOST_LOG, MOST_LOG)
    return np.exp(floor) + np.exp(np.minimum(a - np.exp(ln_alpha) * np.log(r[:, own] + np.exp(ln_share)), MOST_LOG))


def _start_own_power(r, y, own):
    return np.array([np.log(FLOOR * y.min()), np.log((1 - FLOOR) * y.min()), np.log(0.3), np.log(SHARE)])


def _own_and_others(r, c, own):
    return _own_power(r, c[:4], own) * np.exp(np.clip(_others(r, own) @ c[4:], -MOST_LOG, MOST_LOG))


def _others(r: np.ndarray, own: int) -> np.ndarray:
    """Give the proportions of the other domains but one: with one's own they determine it."""
    return np.delete(r, own, axis=1)[:, 1:]


def _start_own_and_others(r, y, own):
    return np.concatenate([_start_own_power(r, y, own), np.zeros(r.shape[1] - 2)])


FORMS = {
    form.name: form
    for form in (
        MixingForm(
            "linear",
            "L_i = sum_j t_ij r_j",
            "Liu et al. 2024, RegMix (arXiv 2407.01492), its linear regression",
            _linear,
            lambda r, y, own: _slopes(r, y),
        ),
        MixingForm(
            "log-linear",
            "ln L_i = sum_j t_ij r_j",
            "Chen et al. 2024, Aioli (arXiv 2411.05735), its static log-linear law",
            _log_linear,
            lambda r, y, own: _slopes(r, np.log(y)),
        ),
        MixingForm(
            "exponential",
            "L_i = c_i + k_i exp(sum_j t_ij r_j)",
            "Ye et al. 2024, data mixing laws (arXiv 2403.16952)",
            _exponential,
            _start_exponential,
        ),
        MixingForm(
            "own-power",
            "L_i = c_i + A_i / (r_i + s_i)^alpha_i",
            "Ge et al. 2024, BiMix (arXiv 2405.14908), at one number of steps; with a floor, and s_i where r_i is 0",
            _own_power,
            _start_own_power,
            own=True,
            wide=lambda domains: OF_OWN,
        ),
        MixingForm(
            "own-power-and-others",
            "L_i = (c_i + A_i / (r_i + s_i)^alpha_i) exp(sum_j t_ij r_j), j another domain",
            "the two above together: the best on ScaleBench's mixtures",
            _own_and_others,
            _start_own_and_others,
            own=True,
            wide=lambda domains: (*OF_OWN, *[OF_ANOTHER] * (domains - 2)),
        ),
    )
}


def fitted(form: MixingForm, r: np.ndarray, y: np.ndarray, own: int, start: np.ndarray | None = None) -> np.ndarray:
    """Fit a form by least squares of ln loss, from the form's own start or from constants given."""
    from scipy.optimize import least_squares

    usual, wide = form.start(r, y, own), form.wide(r.shape[1])

    def apart(c: np.ndarray) -> np.ndarray:
        off = np.log(np.maximum(form.value(r, c, own), LEAST)) - np.log(y)
        return np.concatenate([off, PULL * (c - usual) / wide]) if wide else off

    first = usual if start is None else start
    return least_squares(apart, first, method="lm", x_scale=1.0, ftol=CLOSE, xtol=CLOSE, max_nfev=MOST).x


def enough(form: MixingForm, r: np.ndarray, y: np.ndarray) -> bool:
    """Say whether there are two runs more than constants."""
    return len(y) >= len(form.start(r, y, 0)) + 2


def left_out(form: MixingForm, r: np.ndarray, y: np.ndarray, own: int) -> float:
    """Give the root mean square of ln(measured / predicted) on mixtures left out; equal mixtures leave together."""
    part = np.unique(np.round(r, 9), axis=0, return_inverse=True)[1].reshape(-1) % PARTS
    off, whole = np.empty(len(y)), fitted(form, r, y, own)
    for number in np.unique(part):
        away = part == number
        c = fitted(form, r[~away], y[~away], own, whole)
        off[away] = np.log(np.maximum(form.value(r[away], c, own), LEAST)) - np.log(y[away])
    return float(np.sqrt(np.mean(off**2)))
