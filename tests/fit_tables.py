"""Tables that the tests of fits share: the public Chinchilla points, and points made from a law's own constants."""

import csv
from functools import cache

import numpy as np
from public_tables import real

from scalinglaws.fitting.curve_tables import of_runs
from scalinglaws.laws import LAWS
from scalinglaws.points.points import Points
from scalinglaws.quantities import playing

EPOCH = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}

# ranges that the laws are tried on, by letter, where a law says no domain of its own
RANGES = {"N": (1e6, 1.5e9), "D": (3e7, 2e10), "C": (1e16, 1e20), "S": (5e3, 2.5e5), "L": (3.0, 10.0)}
RANGES |= {"B": (1e4, 1e7), "params_vocabulary": (3e6, 1e8), "experts_effective": (1.0, 64.0), "sparsity": (0.0, 0.95)}
RANGES |= {"experts": (1.0, 512.0), "streams": (1.0, 16.0)}
RANGES |= {"samples": (1.0, 256.0), "activation": (0.02, 0.5), "granularity": (1.0, 32.0)}
RANGES |= {"teacher_loss": (1.8, 3.0), "supervised_loss": (1.9, 3.2)}
RANGES |= {f"bits_{part}": (2.0, 16.0) for part in ("weights", "activations", "kv")}
WIDER: dict[str, dict[str, tuple[float, float]]] = {}  # law -> ranges, where its domain is too narrow to fit it on
MOST = 3000  # points of a grid
SOME = {  # constants for the laws without published ones
    "henighan-n": {"L_inf": 1.7, "N_0": 2e8, "alpha_N": 0.3},
    "henighan-d": {"L_inf": 1.8, "D_0": 5e9, "alpha_D": 0.25},
    "henighan-c": {"L_inf": 1.6, "C_0": 1e20, "alpha_C": 0.12},
}


SOME |= {  # where constants circulate that could not be checked (Frantar, Ludziejewski, Bergsma, Kumar), those
    "bnsl-n": {"a": 1.5, "b": 60.0, "c0": 0.2, "c1": 0.15, "d1": 5e7, "f1": 0.3},
    "bnsl-d": {"a": 1.5, "b": 60.0, "c0": 0.2, "c1": 0.15, "d1": 8e8, "f1": 0.3},
    "bnsl-c": {"a": 1.5, "b": 60.0, "c0": 0.09, "c1": 0.06, "d1": 1e18, "f1": 0.6},
    "m4": {"E_inf": 1.8, "E_0": 10.8, "alpha": 1.4, "beta": 70.0, "c": -0.3},
    "frantar": {"a_S": 16.8, "b_S": 0.722, "c_S": 45.0, "b_N": 0.245, "a_D": 6.9e8, "b_D": 0.203, "c": 0.651},
    "ludziejewski-moe": {"a": 35.91, "delta": -0.2285, "alpha": -0.1889, "gamma": 0.0098}
    | {"b": 35.98, "omega": 0.5529, "beta": -0.1775, "zeta": -0.0259, "c": 1.3637},
    "bjorck-lr": {"k": 60.0, "alpha": 0.23, "beta": 0.32},
    "power-lines-tau": {"c": 1.084, "m": -0.527},
    "power-lines-batch": {"k": 0.0306, "p": 0.383},
    "power-lines-critical": {"k": 0.0471, "p": 0.462},
    "zhang-critical-tokens": {"k": 0.03, "p": 0.47},
    "surge-lr": {"lr_max": 2e-3, "B_noise": 4e5},
    "tissue": {"L_0": 2.6, "A": 0.6, "alpha": 0.45, "C": 100.0, "decay": 0.99},
    "kumar": {"E": 2.7648, "A": 4299.0, "alpha": 0.45, "B": 18060.0, "beta": 0.45}
    | {"gamma_w": 2.6745, "gamma_a": 2.2102, "gamma_kv": 0.9578},
    "kumar-quantised": {"C_T": 0.0598, "gamma_D": 0.5068, "gamma_N": 0.3439, "gamma_post": 0.5},
}
SOME |= {  # laws that fall to zero, above a constant loss
    "kaplan-ns-floor": {"E": 1.6, "N_c": 5e8, "S_c": 2.1e3, "alpha_N": 0.3, "alpha_S": 0.76},
    "hernandez-loss-floor": {
        "E": 0.5,
        "N_c": 1e10,
        "K": 1e5,
        "alpha_N": 0.2,
        "alpha_D": 0.4,
        "alpha": 0.5,
        "beta": 0.2,
    },
}
SOME |= {  # forms of dense laws: numbers of a plausible size
    "hestness-size": {"sigma": 5.0, "beta_p": 0.7},
    "rosenfeld": {"eps_0": 10.0, "b": 0.5, "c_inf": 0.002, "eta": 0.02, "alpha": 0.4, "beta": 0.35},
    "hernandez-loss": {"N_c": 1e10, "K": 1e5, "alpha_N": 0.2, "alpha_D": 0.4, "alpha": 0.5, "beta": 0.2},
    "skaling": {"E": 1.5, "A": 3000.0, "B": 3e4, "alpha": 0.6, "beta": 0.65, "k": 0.5},
    "farseer": {
        "K_3": 1.1,
        "a_3": -0.02,
        "gamma": 0.17,
        "K_2": 0.005,
        "a_2": 88.0,
        "beta": -0.1,
        "a_1": -0.12,
        "b_1": 0.42,
        "alpha": 0.12,
    },
    "lovelace": {"E": 1.8, "A": 400.0, "B": 2000.0, "P": 0.02, "alpha": 0.35, "beta": 0.37, "delta": 0.8, "kappa": 0.5},
    "parscale": {"E": 1.3, "A": 1.7e8, "k": 0.34, "alpha": 0.2},
    "clark-floor": {"E": 1.5, "a": -0.22, "b": -0.3, "c": 0.02, "d": 1.9, "E_start": 1.847, "E_max": 314.478},
    "brandfonbrener-loss": {"K": 0.9, "kappa": 1.1, "E_0": 1.5, "E_1": 1.2},
    "brandfonbrener-nd": {"E": 1.6, "A": 1e8, "B": 1e9, "alpha": 0.45, "beta": 0.42},
    "bhagia-loss": {"E": 0.4, "A": 150.0, "B": 300.0, "alpha": 0.32, "beta": 0.3},
    "bhagia-accuracy": {"a": 0.6, "k": -6.0, "L_0": 0.8, "b": 0.25},
    "ruan": {"w": 0.4, "C_half": 1e20},
    "krajewski-accuracy-c": {"Q_0": 0.25, "A": 8e3, "alpha": 0.22},
    "krajewski-accuracy": {"Q_0": 0.25, "A": 900.0, "B": 1500.0, "alpha": 0.4, "beta": 0.35},
    "krajewski-pass": {"a": 0.2, "b": -0.15, "c": -0.3, "d": -0.01},
    "train-to-test": {"E": 0.05, "A": 300.0, "B": 2000.0, "G": 0.8, "alpha": 0.33, "beta": 0.36, "gamma": 0.4},
    # seen in no source that counts; they give the two statements of the abstract
    "moe-leverage": {"a": 1.23, "d": -0.0761, "gamma": 0.0167, "beta": -0.117, "A_start": 0.0163},
}
WIDER |= {
    "farseer": {"N": (1e5, 1e11), "D": (1e8, 1e13)},  # over less, another valley comes within 1e-9 of it
    "m4": {"D": (1e2, 1e15)},  # so far that both ends saturate
    "ludziejewski-moe": {"N": (1e6, 1e13), "D": (1e8, 1e15)},
    "tao-loss": {"D": (2e9, 2e11)},  # fewer tokens leave a model worse than the unigram
}
SCHEDULE = np.concatenate([np.arange(1, 20) / 20, np.repeat([1.0, 0.5, 0.2, 0.1], 60)]) * 3e-4
GIVEN = {"multi-power": [SCHEDULE], "tissue": [SCHEDULE]}  # law -> inputs, where a grid means nothing


@cache
def chinchilla_points(wild: bool = False) -> Points:
    """The 240 digitised Chinchilla points, or all 245; skips the test where the table is absent."""
    with open(real("chinchilla_epoch.csv"), newline="") as file:
        rows = [row for row in csv.DictReader(file) if wild or not row["note"]]
    return Points({name: [row[name] for row in rows] for name in ("run_id", "params_total", "tokens", "flops", "loss")})


def constants(name: str) -> dict[str, float]:
    """The constants that a law is simulated with."""
    return SOME.get(name) or LAWS[name].constants


def ranges(name: str) -> dict[str, tuple[float, float]]:
    """The range that each input of a law is tried on: its own domain, where it has one."""
    law = LAWS[name]
    return {letter: (RANGES | dict(law.domain) | WIDER.get(name, {}))[letter] for letter in law.inputs}


def inputs_of(name: str, n: int = 7) -> list[np.ndarray]:
    """A grid over the inputs of a law, n values each (3n of a single one), inside its domain."""
    if name in GIVEN:
        return GIVEN[name]
    law, wider = LAWS[name], WIDER.get(name, {})
    many = 3 * n if len(law.inputs) == 1 else min(n, int(MOST ** (1 / len(law.inputs))))
    axes = [_axis(low, high, many) for low, high in ranges(name).values()]
    grid = [axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")]
    inside = np.ones(grid[0].shape, dtype=bool)
    for place, (low, high) in law.domain.items():
        if "/" in place and place not in wider:
            above, below = (grid[law.inputs.index(letter)] for letter in place.split("/"))
            inside &= (above / below >= low) & (above / below <= high)
    return [column[inside] for column in grid]


def _axis(low: float, high: float, many: int) -> np.ndarray:
    return np.clip(np.geomspace(low, high, many) if low > 0 else np.linspace(low, high, many), low, high)


def column_of_target(name: str) -> str:
    """The column that what a law gives stands in: the paper's own, or the first that can play the role."""
    law = LAWS[name]
    return law.convention.get(law.target) or (playing(law.predicts) or [law.target])[0]


def simulated(name: str, n: int = 7, noise: float = 0.0, seed: int = 0) -> Points:
    """A grid of points from a law's own constants, in the columns of its paper, with log-normal noise."""
    if LAWS[name].along:
        return curve(name)
    law, grid = LAWS[name], inputs_of(name, n)
    value = law.evaluate(*grid, **constants(name))
    value = value * np.exp(noise * np.random.default_rng(seed).standard_normal(value.shape))
    columns = {law.convention[letter]: column for letter, column in zip(law.inputs, grid, strict=True)}
    return Points(columns | {column_of_target(name): value})


def curve(name: str) -> Points:
    """The rows of one run, few enough that all are fitted, from a law of its whole schedule."""
    steps = np.arange(0, len(SCHEDULE), 9)
    rows = Points({"run_id": ["r0"] * len(steps), "steps": steps, "lr": SCHEDULE[steps], "loss_nats": steps + 1.0})
    law, read = of_runs(LAWS[name], rows)
    return rows.replace(loss_nats=law.evaluate(read["schedule_number"], read["steps"], **constants(name)))


def isoflop(noise: float = 0.003, n: int = 60, seed: int = 0, law: dict[str, float] = EPOCH) -> Points:
    """Balanced isoFLOP runs under a Chinchilla law: budgets 1e18..1e21, sizes a factor 8 either side of the optimum."""
    rng = np.random.default_rng(seed)
    budgets = np.repeat(np.geomspace(1e18, 1e21, max(4, n // 10)), n // max(4, n // 10))
    ratio = np.tile(np.geomspace(1 / 8, 8, n // max(4, n // 10)), max(4, n // 10))
    best = (law["alpha"] * law["A"] / (law["beta"] * law["B"])) ** (1 / (law["alpha"] + law["beta"]))
    size = best * (budgets / 6) ** (law["beta"] / (law["alpha"] + law["beta"])) * ratio
    data = budgets / 6 / size
    loss = LAWS["chinchilla"].evaluate(size, data, **law) * np.exp(noise * rng.standard_normal(len(size)))
    return Points({"params_total": size, "tokens": data, "loss_nats": loss})
