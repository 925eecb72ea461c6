"""Luo et al. 2025, "A Multi-Power Law for Loss Curve Prediction Across Learning Rate Schedules".

Not a law of one row: the loss after a step depends on every learning rate before it. `MULTI_POWER` takes the whole
schedule of one run; `along` makes a law of (schedule, step) out of several, which any fit can take row by row.
"""

from collections.abc import Sequence

import numpy as np

from .law import Law, Parameter, Published

PAPER = "Luo et al. 2025"
CELLS = 2_000_000  # steps x changes worked on at once


def loss_at(lr, steps, *, L0, A, alpha, B, C, beta, gamma):
    """Give the loss after chosen steps of one run, (..., steps).

    Args:
        lr: learning rate of every step of the run in order, warm-up included: (all steps,).
        steps: the steps asked for, counted from 0: (steps,).
        L0, A, alpha, B, C, beta, gamma: numbers, or arrays of shape (rows, 1).
    """
    lr, steps = np.asarray(lr, dtype=np.float64), np.asarray(steps, dtype=int)
    forward = np.cumsum(lr)[steps]
    return L0 + A * forward**-alpha - B * _annealed(lr, steps, C, beta, gamma)


def slopes_at(lr, steps, *, L0, A, alpha, B, C, beta, gamma):
    """Give `loss_at` and its derivative along the logarithm of each parameter."""
    lr, steps = np.asarray(lr, dtype=np.float64), np.asarray(steps, dtype=int)
    log_forward = np.log(np.cumsum(lr)[steps])
    power = A * np.exp(-alpha * log_forward)
    annealed, along = _annealed_with_slopes(lr, steps, C, beta, gamma)
    return L0 + power - B * annealed, {
        "L0": L0,
        "A": power,
        "alpha": -alpha * log_forward * power,
        "B": -B * annealed,
        "C": -B * along["C"],
        "beta": -B * along["beta"],
        "gamma": -B * along["gamma"],
    }


def _annealed(lr, steps, C, beta, gamma):
    """Sum over the changes k <= t: (eta_{k-1} - eta_k) (1 - (1 + C eta_k^-gamma S_k(t))^-beta)."""
    parts = [
        (fall * (1 - np.exp(-_last(beta) * np.log1p(reach)))).sum(-1)
        for fall, _, reach in _reached(lr, steps, C, gamma)
    ]
    return np.concatenate(parts, axis=-1)


def _annealed_with_slopes(lr, steps, C, beta, gamma):
    sums, along = [], {"C": [], "beta": [], "gamma": []}
    for fall, log_rate, reach in _reached(lr, steps, C, gamma):
        spread = np.log1p(reach)
        left = np.exp(-_last(beta) * spread)
        steep = _last(beta) * left * reach / (1 + reach)
        sums.append((fall * (1 - left)).sum(-1))
        along["C"].append((fall * steep).sum(-1))
        along["beta"].append((fall * _last(beta) * left * spread).sum(-1))
        along["gamma"].append((-_last(gamma) * log_rate * fall * steep).sum(-1))
    return np.concatenate(sums, -1), {name: np.concatenate(part, -1) for name, part in along.items()}


def _reached(lr, steps, C, gamma):
    """Give, for blocks of steps: the falls (changes,), ln eta_k, and C eta_k^-gamma S_k(t), (..., steps, changes)."""
    changes = 1 + np.flatnonzero(np.diff(lr))
    fall, rate = lr[changes - 1] - lr[changes], lr[changes]
    total = np.cumsum(lr)
    log_rate = np.log(np.where(rate > 0, rate, 1.0))  # after a fall to zero nothing more is travelled: S_k = 0
    scale = _last(C) * np.exp(-_last(gamma) * log_rate)
    rows = max(1, CELLS // max(1, len(changes) * np.size(C)))
    for at in range(0, len(steps), rows):
        here = steps[at : at + rows, None]
        travelled = np.where(changes <= here, total[here] - total[changes - 1], 0.0)
        yield fall, log_rate, scale * travelled


def _last(parameter):
    """Give a number, or (rows, 1), an axis more for the changes."""
    return np.asarray(parameter)[..., None] if np.ndim(parameter) else parameter


def whole_run(lr, *, L0, A, alpha, B, C, beta, gamma):
    lr = np.atleast_1d(lr)
    return loss_at(lr, np.arange(len(lr)), L0=L0, A=A, alpha=alpha, B=B, C=C, beta=beta, gamma=gamma)


def whole_run_slopes(lr, *, L0, A, alpha, B, C, beta, gamma):
    lr = np.atleast_1d(lr)
    return slopes_at(lr, np.arange(len(lr)), L0=L0, A=A, alpha=alpha, B=B, C=C, beta=beta, gamma=gamma)


def fitted(size: str, *values: float) -> Published:
    names = ("L0", "A", "alpha", "B", "C", "beta", "gamma")
    return Published(f"{PAPER}, {size} (authors' repository)", dict(zip(names, values, strict=True)))


MULTI_POWER = Law(
    name="multi-power",
    predicts="loss",
    evaluate=whole_run,
    slopes=whole_run_slopes,
    formula="L(t) = L0 + A (S_1(t) + S_W)^-alpha - B sum_k (eta_{k-1} - eta_k) (1 - (1 + C eta_k^-gamma "
    "S_k(t))^-beta), S_k(t) = sum_{i=k..t} eta_i",
    source=f"{PAPER} (arXiv 2503.12811), equation of the multi-power law",
    parameters=(
        Parameter("L0", "nats/token", (1.0, 4.0)),
        Parameter("A", "nats/token", (0.1, 2.0)),
        Parameter("alpha", "1", (0.2, 1.0)),
        Parameter("B", "nats/token per learning rate", (100.0, 1000.0)),
        Parameter("C", "learning rate^(gamma - 1)", (0.5, 8.0)),
        Parameter("beta", "1", (0.2, 1.2)),
        Parameter("gamma", "1", (0.3, 0.9)),
    ),
    convention={"lr": "lr"},
    domain={"lr": (0.0, 3e-4)},
    data="Llama-2-like; batch, data and peak learning rate 3e-4 the same for every run; warm-up 2160 steps",
    published=(
        fitted("25M", 3.04045406, 0.52468604, 0.50786857, 363.78751622, 2.06560812, 0.58279013, 0.64142257),
        fitted("100M", 2.6514477, 0.60115152, 0.45295811, 437.9464276, 2.13245612, 0.59785199, 0.65523644),
        fitted("400M", 2.37474466, 0.65421216, 0.42878731, 523.42464371, 2.02462735, 0.59350493, 0.63472457),
    ),
    about="For one run at a time: `lr` is its whole schedule from the first step, a row a step, and the loss comes "
    "back for every step. The warm-up belongs to it: its rises enter the sum with their sign, and leaving them out "
    "shifts the loss by -.11 to -.16 nats. To fit several runs, or chosen steps, make a law with "
    "scalinglaws.laws.luo2025.along.",
)


def along(schedules: Sequence[np.ndarray]) -> Law:
    """Make the law of several runs: loss after step S, counted from 0, of the run with schedules[schedule].

    Takes rows in any order, so that a fit may leave rows out, weigh or resample them.
    """

    def each(function, schedule, S):
        schedule, S = np.broadcast_arrays(np.asarray(schedule).astype(int), np.asarray(S).astype(int))
        for number in np.unique(schedule):
            rows = np.flatnonzero(schedule == number)
            yield rows, function(schedules[number], S[rows])

    def evaluate(schedule, S, *, L0, A, alpha, B, C, beta, gamma):
        at = {"L0": L0, "A": A, "alpha": alpha, "B": B, "C": C, "beta": beta, "gamma": gamma}
        parts = list(each(lambda lr, steps: loss_at(lr, steps, **at), schedule, S))
        return _in_order(parts)

    def slopes(schedule, S, *, L0, A, alpha, B, C, beta, gamma):
        at = {"L0": L0, "A": A, "alpha": alpha, "B": B, "C": C, "beta": beta, "gamma": gamma}
        parts = list(each(lambda lr, steps: slopes_at(lr, steps, **at), schedule, S))
        value = _in_order([(rows, value) for rows, (value, _) in parts])
        return value, {name: _in_order([(rows, all_[name]) for rows, (_, all_) in parts], value.shape) for name in at}

    return Law(
        name="multi-power-along",
        predicts="loss",
        evaluate=evaluate,
        slopes=slopes,
        formula=MULTI_POWER.formula,
        source=MULTI_POWER.source,
        parameters=MULTI_POWER.parameters,
        convention={"schedule": "schedule_number", "S": "steps"},
        data=MULTI_POWER.data,
        published=MULTI_POWER.published,
        about="The multi-power law of several runs, by the number of the schedule and the step.",
    )


def _in_order(parts, shape=None):
    last = sum(len(rows) for rows, _ in parts)
    whole = np.empty((*np.shape(parts[0][1])[:-1], last) if shape is None else shape, np.result_type(parts[0][1]))
    for rows, value in parts:
        whole[..., rows] = value
    return whole


LAWS = (MULTI_POWER,)
