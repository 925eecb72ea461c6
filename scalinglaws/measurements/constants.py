"""Every constant of the paper as measured here, beside the value that the paper gives for its own text and sizes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..laws import law
from ..laws.kaplan2020.curves import RATIO
from ..laws.kaplan2020.efficient import TABLE_3, above_converged, contradiction, loss_exponent
from ..laws.pearce2024 import local_exponent, vocabulary_gamma
from ..quantities import PF_DAY
from ..results.attempt import attempt
from ..results.fitted import Estimate
from ..uncertainty.drawn import Draws
from .allocation_exponents import derived, empirical, totals
from .family_tables import FamilyTables
from .overfit import collapse
from .powers import of_compute, of_data, of_size, settled
from .sheet import Constant

SEED_SD = 0.02  # nats
REFIT = "Besiroglu et al. 2024"
SIZES = "L(N) of F-N at the longest horizon that every size has"
SUBSETS = "L(D) over the subsets of the largest model of F-ND, as measured; S1, S6, S7 take it corrected for its size"
JOINT = "L(N, D) over F-ND, epochs of at least 50 updates"
CURVES = "L(N, S_min) over the evaluations of F-N at constant rate, S_min with the measured B_crit"
EDGE = "lower envelope of the curves of F-N at the trained batch size, C = 6 N D"
SMALL = "envelope over C_min, with the measured B_crit(L)"
SCAN = "batch scan F-B"
MADE = "from alpha_N, alpha_S and alpha_B as measured (eq 1.7, 1.8)"
THEORY = "eq 1.7 and 1.8 at table 3 and eq 5.3"


@dataclass(frozen=True)
class _Asked:
    """A constant: its name and meaning, where the paper prints it, and how it is computed from the tables."""

    name: str
    meaning: str
    printed: tuple[float | None, str]
    how: str
    read: Callable[[FamilyTables], Estimate]


def _law(name: str, parameter: str) -> tuple[float, str]:
    known = law(name)
    return known.constants[parameter], known.published[0].source


def _theory(exponent: str) -> tuple[float, str]:
    return float(loss_exponent(TABLE_3) / TABLE_3[exponent]), THEORY


def _exponents_of_fits() -> list[_Asked]:
    def fitted(name: str, parameter: str, meaning: str, how: str, drawn: Callable[[FamilyTables], Draws]) -> _Asked:
        return _Asked(
            f"{parameter} of {name}", meaning, _law(name, parameter), how, lambda e: e.parameter(drawn(e), parameter)
        )

    return [
        _Asked("alpha_N", "exponent of size", _law("kaplan-n", "alpha_N"), SIZES, lambda e: of_size(e).exponent),
        _Asked("alpha_D", "exponent of data", _law("kaplan-d", "alpha_D"), SUBSETS, lambda e: of_data(e).exponent),
        _Asked("alpha_C", "exponent of compute", _law("kaplan-c", "alpha_C"), EDGE, lambda e: of_compute(e).exponent),
        _Asked(
            "alpha_Cmin",
            "exponent of compute at small batch sizes",
            _law("kaplan-cmin", "alpha_C"),
            SMALL,
            lambda e: of_compute(e, least=True).exponent,
        ),
        fitted("kaplan-nd", "alpha_N", "exponent of size in L(N, D)", JOINT, lambda e: e.data_law),
        fitted("kaplan-nd", "alpha_D", "exponent of data in L(N, D)", JOINT, lambda e: e.data_law),
        fitted("kaplan-ns", "alpha_N", "exponent of size in L(N, S_min)", CURVES, lambda e: e.steps_law),
        fitted("kaplan-ns", "alpha_S", "exponent of steps in L(N, S_min)", CURVES, lambda e: e.steps_law),
        fitted("kaplan-ns", "S_c", "scale of steps in L(N, S_min)", CURVES, lambda e: e.steps_law),
        _Asked("alpha_B", "B_crit ~ L^(-1/alpha_B)", _law("kaplan-bcrit", "alpha_B"), SCAN, lambda e: e.alpha_B),
        _Asked("B_star", "B_crit at L = 1 nat, tokens", _law("kaplan-bcrit", "B_star"), SCAN, lambda e: e.B_star),
        _Asked(
            "alpha_N/alpha_D",
            "exponent with which the data must grow with N",
            (RATIO, "Kaplan et al. 2020, eq 4.4 and table 2"),
            JOINT,
            lambda e: collapse(e).ratio,
        ),
    ]


def _allocations() -> list[_Asked]:
    laws = {"p_N": "kaplan-n-opt", "p_B": "kaplan-b-opt", "p_S": "kaplan-s-min", "p_D": "kaplan-d-opt"}
    alphas = {"p_N": "alpha_N", "p_B": "alpha_B", "p_S": "alpha_S"}
    found = []
    for name, meaning in (("p_N", "N"), ("p_B", "B_crit"), ("p_S", "S_min"), ("p_D", "D")):
        told = f"{meaning} ~ C_min^{name}"
        found.append(_Asked(f"{name}, frontier", told, _law(laws[name], name), SMALL, _of(empirical, name)))
        theory = _theory(alphas[name]) if name in alphas else (_theory("alpha_B")[0] + _theory("alpha_S")[0], THEORY)
        found.append(_Asked(f"{name}, derived", told, theory, MADE, _of(derived, name)))
    top = float(loss_exponent(TABLE_3)), THEORY
    return [
        *found,
        _Asked("alpha_Cmin, derived", "L ~ C_min^-alpha_Cmin", top, MADE, lambda e: derived(e)["alpha_Cmin"]),
        _Asked(
            "p_N, fixed batch",
            "N_opt ~ C^p_N",
            _law("kaplan-n-fixed", "p_N"),
            EDGE,
            lambda e: settled(e.envelope).params.exponent,
        ),
        _Asked(
            "p_N, all parameters",
            "N_total ~ C_exact^p_N: embeddings, attention and head counted",
            (None, ""),
            EDGE.replace("6 N D", "every matrix product"),
            lambda e: totals(e).params.exponent,
        ),
        _Asked(
            "alpha_N/alpha_S",
            "fraction by which the best run stops above its converged loss",
            _stopping(),
            CURVES,
            _above,
        ),
        _Asked(
            "sd of a seed",
            "seed-to-seed sd of the final loss, nats",
            (SEED_SD, "Kaplan et al. 2020, section 4.2"),
            "F-SEED",
            lambda e: e.sigma.nats,
        ),
    ]


def _of(exponents: Callable[[FamilyTables], dict[str, Estimate]], name: str) -> Callable[[FamilyTables], Estimate]:
    return lambda evidence: exponents(evidence)[name]


def _stopping() -> tuple[float, str]:
    return float(above_converged(TABLE_3)), "Kaplan et al. 2020, eq B.5 at table 3"


def _above(evidence: FamilyTables) -> Estimate:
    drawn = evidence.steps_law
    columns = dict(zip(drawn.names, drawn.values.T, strict=True))
    return evidence.estimate(float(above_converged(drawn.fit.values)), above_converged(columns))


def accounting(evidence: FamilyTables) -> _Asked:
    """Compute the exponent of N_opt that the count of parameters alone predicts at this vocabulary and these sizes.

    Pearce & Song's local exponent g at the middle of the frontier. Vocabulary and aspect are those of the runs; the law
    of all parameters is a published one, for another text: it shows a direction only.
    """
    points = evidence.sizes
    optima = settled(evidence.envelope).optima
    middle = float(np.exp(np.mean([np.log(b.params) for b in optima])))
    aspect = float(np.exp(np.mean(np.log(points["d_model"] / points["n_layer"]))))
    vocabulary = float(np.median(points["n_vocab"]))
    k = next(one.values for one in law("chinchilla").published if REFIT in one.source)
    g = float(local_exponent(middle, gamma=vocabulary_gamma(vocabulary, aspect), alpha=k["alpha"], beta=k["beta"]))
    told = f"predicted by the count alone: V = {vocabulary:g}, aspect {aspect:.3g}, N = {middle:.3g}"
    source = f"Pearce & Song 2024, local exponent, at the constants of {REFIT}"
    return _Asked(
        "p_N, fixed batch, by accounting", told, (g, source), EDGE, lambda e: settled(e.envelope).params.exponent
    )


def constants(evidence: FamilyTables) -> list[Constant]:
    """Measure every constant; one that cannot be measured has the reason, beside the paper's value."""
    asked = [*_exponents_of_fits(), *_allocations()]
    asked += attempt(lambda: [accounting(evidence)], lambda why: [])
    return [_measured(one, evidence) for one in asked]


def _measured(one: _Asked, evidence: FamilyTables) -> Constant:
    value, source = one.printed

    def constant(measured: Estimate | None, how: str) -> Constant:
        return Constant(one.name, one.meaning, measured, value, source, how)

    return attempt(lambda: constant(one.read(evidence), one.how), lambda why: constant(None, f"not measured: {why}"))


def crossing(evidence: FamilyTables) -> dict[str, Estimate]:
    """Find the compute at which compute-efficient training would use too little data for its loss (section 6.3).

    From L(C_min), N_opt and D = 2 C_min / (6 N) of the frontier and L(D) of F-ND; drawn with their
    uncertainty, the frontier's lines together. It lies far outside the runs: the main result is its uncertainty.
    """
    found, line = settled(evidence.c_min), of_data(evidence)
    rng = np.random.default_rng(evidence.seed)
    centre = found.params.flops_centre / PF_DAY
    width = line.exponent.half / 2
    middle = line.middle
    count = len(found.params.draws)
    slopes = line.exponent.value + width * rng.standard_normal(count)
    point = _constants(found, None, centre, line.exponent.value, *middle)
    cloud = [_constants(found, i, centre, max(slopes[i], 1e-3), *middle) for i in range(count)]
    with np.errstate(all="ignore"):
        values, drawn = contradiction(point), [contradiction(k) for k in cloud]
    return {name: evidence.estimate(values[name], np.array([one[name] for one in drawn])) for name in values}


def _constants(found, draw: int | None, centre: float, alpha_D: float, log_data: float, log_loss: float) -> Mapping:
    def line(one) -> tuple[float, float]:
        pair = (np.log(one.scale.value), one.exponent.value) if draw is None else one.draws[draw]
        return float(pair[0]), float(pair[1])

    (n0, p_N), (d0, p_D), (l0, slope) = line(found.params), line(found.tokens), line(found.loss)
    return {
        "C_c": PF_DAY * centre * np.exp(l0 / -slope),
        "alpha_C": -slope,
        "D_c": np.exp(log_data + log_loss / alpha_D),
        "alpha_D": alpha_D,
        "D_e": 2 * np.exp(d0 - p_D * np.log(centre)),
        "p_D": p_D,
        "N_e": np.exp(n0 - p_N * np.log(centre)),
        "p_N": p_N,
    }
