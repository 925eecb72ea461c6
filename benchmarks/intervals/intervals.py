"""Every interval asked of one data set: by each method, for each target, at 95%."""

from dataclasses import replace

import numpy as np
from simulate import MOST_FLOPS, REACHES, target

from scalinglaws.errors import FitError
from scalinglaws.fitting.diagnose import model_covariance
from scalinglaws.fitting.fit_record import Fit
from scalinglaws.planning.best_split import Spending
from scalinglaws.planning.law_splits import split
from scalinglaws.predicting.predict import predict
from scalinglaws.uncertainty.drawn import Draws, Spread
from scalinglaws.uncertainty.draws import draws
from scalinglaws.uncertainty.sandwich import parameter_ends, t_draws

LEVEL = 0.95
MODEL = "model"  # the negative control: trusts that all runs are equally noisy, and uses no t
WIDER = "pairs, widened"  # the resamples' distance from the fit times sqrt(runs / (runs - parameters))
RESAMPLES = 500


def made(fit: Fit, method: str, n: int, seed: int, already: dict[str, Draws]) -> Draws:
    """Draw by a method of the package, by the control, or by a correction on trial of what is `already` drawn."""
    if method == MODEL:
        spread = Spread(model_covariance(fit.problem, fit.z), 1e6)
        z = t_draws(fit, spread, n, np.random.default_rng(seed))
        base = draws(fit, method="sandwich", draws=n, seed=seed)
        return replace(_with(base, z), spread=spread, ends=parameter_ends(fit, spread))
    if method == WIDER:
        plain = already.get("pairs") or draws(fit, method="pairs", draws=n, seed=seed)
        z = fit.problem.coordinates.coordinates({name: plain.values[:, i] for i, name in enumerate(plain.names)})
        away = np.sqrt(fit.n_clusters / (fit.n_clusters - len(fit.z))) * (z - fit.z)
        return _with(plain, np.clip(fit.z + away, fit.problem.low, fit.problem.high))
    return draws(fit, method=method, draws=n, seed=seed)


def _with(one: Draws, z: np.ndarray) -> Draws:
    columns = one.fit.problem.coordinates.parameters(z)
    return replace(one, values=np.stack([columns[name] for name in one.names], axis=1))


def ends(one: Draws) -> dict[str, tuple[float, float]]:
    """Give target -> (low, high): the exponent, the constant, the law's loss, a new run's loss, the best size.

    Without the error of the form: the question is what the resamples know.
    """
    of = one.interval(LEVEL)
    found = {"alpha": of["alpha"], "E": of["E"]}
    for kind, name in (("mean", "loss"), ("run", "run")):
        for reach in REACHES:
            said = predict(one, target(reach), level=LEVEL, kind=kind, form=False)
            found[f"{name} {reach:g}x"] = (float(said.low), float(said.high))
    sizes = split(one, Spending(REACHES[0] * MOST_FLOPS), None, None).params_draws
    low, high = np.quantile(sizes[np.isfinite(sizes)], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return found | {"N* 10x": (float(low), float(high))}


def asked(fit: Fit, methods: tuple[str, ...], seed: int, n: int = RESAMPLES) -> dict[str, dict]:
    """Give method -> target -> (low, high).

    A method that refuses gives no interval, and holds nothing.
    """
    drawn, found = {}, {}
    for method in methods:
        try:
            drawn[method] = made(fit, method, n, seed, drawn)
        except FitError:
            found[method] = {}
            continue
        found[method] = ends(drawn[method])
    return found
