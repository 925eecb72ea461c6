"""What a reader of a fit must know: parameters that the points do not determine, runs without a name."""

from collections.abc import Mapping

import numpy as np

from ..points.points import Points
from .fit_record import EXACT, FitWarning
from .losses import NARROW, costs, curved, robust_sd
from .problem import Problem, jacobian

FAINT = 1e-4  # fraction of the prediction below which a term counts as absent
CHECKPOINTS = 10  # number of points per size from which they are probably checkpoints of one run
FAINTER = 20.0  # how many factors of e a faint term is lowered, to see which parameters act on it alone
USELESS = np.log(1e3)  # half-width in logarithms from which an interval of a factor is uninformative
FEW = 0.1  # fraction of agreeing starts below which the optimum is uncertain
LOOSE = 0.5  # standard error of ln(exponent) beyond which its 95% interval spans a factor of 7


def outcome(problem: Problem, z: np.ndarray, converged: bool, agreeing: float) -> tuple[str, str]:
    """Say in one word and one sentence how a fit ended."""
    names = problem.coordinates.free
    faint = faint_terms(problem, z)
    if faint:
        return (
            "at_bound",
            f"{_list(faint)} went to zero: these points show no sign of that term. "
            f"Its value and the parameters that depend on it are not identified; fit a law without it, or fix it.",
        )
    at_bound = [n for i, n in enumerate(names) if z[i] <= problem.low[i] or z[i] >= problem.high[i]]
    if at_bound:
        return "at_bound", f"{_list(at_bound)} ended at a bound: the best fit lies beyond it."
    loose = loose_exponents(problem, z)
    if loose:
        words = ", ".join(f"{name} ({_either_way(2 * sd)})" for name, sd in loose.items())
        return (
            "not_identified",
            f"these points do not determine {words}. Widen the range of the inputs, or fix it at a value.",
        )
    if not converged:
        return "not_converged", "the search stopped before the gradient vanished: treat the values as a rough guess."
    return "converged", f"the gradient vanishes, and {agreeing:.0%} of the starts ended here."


def _either_way(logs: float) -> str:
    if logs > USELESS:
        return "to no useful factor"
    return f"a factor of {np.exp(logs):.2g} either way"


def _list(names) -> str:
    return " and ".join(names)


def unidentified(problem: Problem, z: np.ndarray) -> tuple[str, ...]:
    """Name the free parameters that the points do not determine: terms that vanished, and the exponents of such terms.

    A constant term that vanished is known: it is zero. A term of the inputs that is zero at these points is so for many
    amplitudes and exponents, between which the points cannot choose.
    """
    names = problem.coordinates.free
    gone = [names.index(name) for name in faint_terms(problem, z) if name not in constant_terms(problem, z)]
    if not gone:
        return ()
    fainter = z.copy()
    fainter[gone] -= FAINTER
    before, after = (np.abs(jacobian(problem, at[None])[1][0]).max(1) for at in (z, fainter))
    with np.errstate(invalid="ignore"):
        return tuple(name for i, name in enumerate(names) if not after[i] > np.exp(-FAINTER / 2) * before[i])


def doubts(problem: Problem, z: np.ndarray, target: np.ndarray, r2: float) -> list[FitWarning]:
    """Warn of a law that explains no variance, and of an irreducible loss above the losses of some runs."""
    found = []
    if r2 < 0:
        told = f"R2 is {r2:.3g}: the law fits these points worse than their mean does"
        found.append(FitWarning("worse-than-mean", f"{told}. Do not predict with it; try another law or loss."))
    predicted = problem.coordinates.value(z[None], problem.inputs)[0]
    for name in sorted(constant_terms(problem, z)):
        floor = problem.coordinates.parameters(z[None])[name][0]
        below = int((target < floor).sum())
        if below and (predicted >= floor).all() and not problem.loss.of_quantiles:
            told = (
                f"{below} of {len(target)} points lie below {name} = {floor:.4g}, the lowest loss that this law allows"
            )
            lowest = f"the lowest by {1 - target.min() / floor:.2%}"
            found.append(
                FitWarning("floor-above-points", f"{told} ({lowest}): {name} is too high, or the law is wrong.")
            )
    return found


def alone(agreeing: float, objective: float, n: int) -> list[FitWarning]:
    """Warn of an optimum that few starts found, unless it fits every point exactly, so that none can be lower."""
    if agreeing >= FEW or objective <= EXACT**2 * n:
        return []
    told = f"only {agreeing:.0%} of the starts agree: the optimum is uncertain, and there may be a lower one"
    return [FitWarning("starts-disagree", f"{told}. Fix a parameter at a value, or fit a law of fewer parameters.")]


def faint_terms(problem: Problem, z: np.ndarray) -> list[str]:
    """Name the free parameters on which no prediction depends."""
    value, along = problem.coordinates.value_and_slopes(z[None], problem.inputs)
    with np.errstate(all="ignore"):
        share = np.abs(along[0] / value).max(1)
    law = problem.coordinates.law
    watched = {p.name for p in law.parameters if p.amplitude}
    return [
        name for name, felt in zip(problem.coordinates.free, share, strict=True) if name in watched and felt < FAINT
    ]


def loose_exponents(problem: Problem, z: np.ndarray) -> dict[str, float]:
    """Give the standard error of ln P of each exponent and constant term P that the points do not determine."""
    amplitudes = {p.name: p.amplitude for p in problem.coordinates.law.parameters}
    positive = {p.name: p.positive for p in problem.coordinates.law.parameters}
    spread = np.sqrt(np.maximum(np.diag(model_covariance(problem, z)), 0.0))
    constant = constant_terms(problem, z)
    loose = {}
    for i, name in enumerate(problem.coordinates.free):
        if amplitudes[name] and name not in constant:
            continue
        relative = spread[i] if name in problem.coordinates.logged else spread[i] / max(abs(z[i]), 1e-300)
        if positive[name] and not relative <= LOOSE:
            loose[name] = float(relative)
    return loose


def constant_terms(problem, z) -> set[str]:
    """Name the amplitudes whose term is the same at every point: the irreducible loss."""
    _, along = problem.coordinates.value_and_slopes(z[None], problem.inputs)
    size = np.abs(along[0])
    with np.errstate(invalid="ignore"):  # a term that overflows is not constant
        flat = (np.ptp(size, axis=1) <= 1e-9 * size.max(1)) & (size.max(1) > 0)
    return {name for name, same in zip(problem.coordinates.free, flat, strict=True) if same}


def model_covariance(problem: Problem, z: np.ndarray) -> np.ndarray:
    """Covariance of the coordinates for independent normal noise of constant size: a first approximation only."""
    u, along = jacobian(problem, z[None])
    noise = robust_sd(u[0], len(z))
    _, slope, _, weight = costs(problem.loss, u[0])
    variance = noise**2
    if problem.loss.may_be_narrow and problem.loss.scale < NARROW * noise:
        weight = curved(problem.loss, u[0], noise)
        variance = np.mean(slope**2) / max(np.mean(weight), 1e-300)
    matrix = (along[0] * weight) @ along[0].T
    if problem.has_priors:  # they are information on a parameter too
        values = problem.coordinates.parameters(z[None])
        logged = problem.coordinates.logged
        steps = np.array([values[n][0] if n in logged else 1.0 for n in problem.coordinates.free])
        matrix += np.diag((problem.noise / problem.prior_sd * steps) ** 2)
    size = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    spectrum, vectors = np.linalg.eigh(matrix / size[:, None] / size)
    seen = spectrum > 1e-13 * spectrum.max()
    flat = (vectors[:, ~seen] ** 2).sum(1) > 1e-6
    covariance = variance * (vectors[:, seen] / spectrum[seen]) @ vectors[:, seen].T / size[:, None] / size
    covariance[flat, flat] = np.inf
    return covariance


def _unnamed(points: Points, cluster: str) -> list[FitWarning]:
    """Warn of rows without a run's name where other rows have one: each is resampled as a run of its own."""
    nameless = int((points[cluster] == "").sum()) if points[cluster].dtype.kind == "U" else 0
    if not nameless or any(f"empty {cluster}" in note for note in points.notes):
        return []
    said = f"{nameless} of {len(points)} rows have an empty {cluster}"
    own = "of the run that it names" if cluster == "lineage" and "run_id" in points else "a run of its own"
    return [FitWarning("unnamed-runs", f"{said}: each is {own}.")]


def run_warnings(points: Points, values: Mapping[str, np.ndarray], cluster: str) -> list[FitWarning]:
    """Warn if sizes appear several times and no column says which points are of one run, and of empty labels."""
    if cluster in points:
        return _unnamed(points, cluster)
    sizes = values.get("N")
    if sizes is None or len(sizes) < CHECKPOINTS * len(np.unique(sizes)):
        return []
    return [
        FitWarning(
            "no-run-id",
            f"there are {len(sizes) / len(np.unique(sizes)):.0f} points per size and no column {cluster!r}: "
            f"checkpoints of one run would count as independent, and the intervals would be too narrow. "
            f"Name the column of runs.",
        )
    ]
