"""Every term of a law may be missing from the truth: the fit and its draws end, and no interval is of no width."""

import numpy as np
import pytest

from scalinglaws.errors import FitError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS
from scalinglaws.points.points import Points
from scalinglaws.uncertainty.draws import draws

HOFFMANN = {"E": 1.8, "A": 480.0, "B": 2000.0, "alpha": 0.35, "beta": 0.37}
SMALLER = {"c": 0.47, "a": 16.3, "b": 26.7, "alpha": 0.126, "beta": 0.127}
JOINT = {"E": 1.8, "A": 7e7, "B": 1.6e9, "alpha": 0.35, "beta": 0.37}
REPEATED = {"P": 0.01, "delta": 1.0, "kappa": 0.5}
TERMS = {  # law -> constants that are true, and the amplitudes that are set to zero one by one
    "chinchilla": (HOFFMANN, "EAB"),
    "sardana": (HOFFMANN, "EAB"),
    "krajewski-dense": (SMALLER, "cab"),
    "gadre": ({"E": 1.5, "a": 141.0, "b": 190.0, "eta": 0.121}, "Eab"),
    "skaling": (HOFFMANN | {"k": 0.7}, "EAB"),
    "busbridge": (HOFFMANN | {"A": 3355.0, "B": 18186.0, "gamma": 0.7}, "EAB"),
    "brandfonbrener-nd": (JOINT, "EAB"),
    "kaplan-nd": ({"N_c": 6.4e13, "D_c": 1.8e13, "alpha_N": 0.076, "alpha_D": 0.103}, ("N_c", "D_c")),
    "rosenfeld": (
        {"eps_0": 8.0, "b": 0.2, "c_inf": 1e-4, "eta": 1e-3, "alpha": 0.4, "beta": 0.35},
        ("b", "c_inf", "eta"),
    ),
    "muennighoff": (HOFFMANN | {"R_D": 15.0, "R_N": 5.0}, "AB"),
    "lovelace": (HOFFMANN | REPEATED, "EABP"),
    "henighan-n": ({"L_inf": 1.8, "N_0": 1e8, "alpha_N": 0.3}, ("L_inf", "N_0")),
    "henighan-d": ({"L_inf": 1.8, "D_0": 1e9, "alpha_D": 0.3}, ("L_inf", "D_0")),
}
CASES = [(name, dead) for name, (_, amplitudes) in TERMS.items() for dead in amplitudes]


def made(name: str, dead: str, seed: int) -> Points:
    """Give 24 runs, noise of 0.5%, with the loss of a law one of whose amplitudes is zero."""
    rng, law = np.random.default_rng([seed, *name.encode(), *dead.encode()]), LAWS[name]
    N, D = (x.ravel() for x in np.meshgrid(np.geomspace(1e7, 1e9, 6), np.geomspace(1e9, 1e11, 4)))
    given = {"N": N, "D": D, "U": D / 2}
    values = TERMS[name][0] | {dead: 1e-9 if name == "muennighoff" else 0.0}  # its best size is A / B to a power
    loss = law.evaluate(*(given[letter] for letter in law.inputs), **values)
    columns = {law.convention[letter]: given[letter] for letter in law.inputs}
    return Points(columns | {"loss_nats": np.broadcast_to(loss, N.shape) * np.exp(0.005 * rng.standard_normal(24))})


def widths(name: str, dead: str, seed: int) -> dict[str, float]:
    """Give parameter -> width of its interval; none where the points are refused in words."""
    try:
        found = fit(name, made(name, dead, seed))
        intervals = draws(found, draws=20, seed=seed).interval()
    except FitError as refused:
        assert name in str(refused) or "runs" in str(refused)
        return {}
    assert found.outcome in ("converged", "not_converged", "at_bound", "not_identified")
    return {parameter: high - low for parameter, (low, high) in intervals.items()}


@pytest.mark.parametrize(("name", "dead"), [("chinchilla", "A"), ("gadre", "b"), ("kaplan-nd", "D_c")])
def test_a_missing_term_leaves_no_interval_without_width(name, dead):
    assert all(width > 0 for width in widths(name, dead, 0).values())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "dead"), CASES)
def test_a_missing_term_of_any_law_leaves_no_interval_without_width(name, dead):
    for seed in range(20):
        assert all(width > 0 for width in widths(name, dead, seed).values()), seed
