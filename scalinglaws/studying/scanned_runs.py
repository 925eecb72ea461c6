"""The runs of a scan of learning rates: trained, extended until each best rate has worse ones beside it, and read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..designing.design import Sweep, make_shape
from ..designing.rate_scan import Scanned, as_sweep, extended, scan_runs
from ..designing.study_file import Study
from ..errors import StudyError
from ..planning.rates_and_batches import settings
from ..run.run import FINISHED, Run, RunSpec

FLAT = 0.25  # least standard deviation of a cell's ln rate: scans a factor of 2 apart determine it no better
Train = Callable[[Sweep], None]
Runs = Mapping[tuple[int, int], tuple[RunSpec, ...]]


@dataclass(frozen=True, eq=False)
class Scanning:
    """A study whose settings are scanned, its text, and how its runs are trained and read."""

    study: Study
    n_vocab: int
    data_id: str
    train_tokens: int | None
    run_of: Callable[[RunSpec], Run]
    train: Train


@dataclass(frozen=True)
class BestRate:
    """The best rate of one size, horizon and batch.

    Attributes:
        rate: from a parabola of the losses about the best; `sd`: of its logarithm; `loss`: the minimum of the parabola.
        rates, losses: of the scan; nan where a run failed. role: "scan" or "check". batch: sequences per step.
    """

    size: tuple[int, ...]
    params: float
    tokens: float
    rate: float
    sd: float
    loss: float
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    batch: int
    role: str


def specified(by: Scanning, scans: tuple[Scanned, ...]) -> Runs:
    """Specify the runs of some scans: (number of the scan, power) -> trunk and branches, or one run."""
    return scan_runs(by.study, scans, by.n_vocab, by.data_id, by.train_tokens)


def bracketed(by: Scanning, scans: tuple[Scanned, ...]) -> tuple[Scanned, ...]:
    """Train the scans, and extend each until its best rate lies between worse ones at every horizon."""
    while True:
        runs = specified(by, scans)
        by.train(as_sweep(by.study.name, runs))
        wider = tuple(_wider(number, one, runs, by.run_of) for number, one in enumerate(scans))
        if wider == scans:
            return scans
        scans = wider


def cells(by: Scanning, scans: tuple[Scanned, ...]) -> tuple[BestRate, ...]:
    """Find the best rate of each size, horizon and batch of scans that are trained."""
    found, runs = [], specified(by, scans)
    for number, one in enumerate(scans):
        params = float(make_shape(by.study, one.size, by.n_vocab).params())
        rates = tuple(one.rate(power) for power in one.powers)
        for tokens, losses in zip(one.tokens, losses_of(number, one, runs, by.run_of), strict=True):
            best = best_rate(np.array(rates), losses)
            got = tuple(map(float, losses))
            found.append(BestRate(one.size, params, tokens, *best, rates, got, one.batch, one.role))
    return tuple(found)


def _wider(number: int, one: Scanned, runs: Runs, run_of) -> Scanned:
    for losses in losses_of(number, one, runs, run_of):
        if not np.isfinite(losses).any():
            return extended(one, one.powers[0] - 1)  # every rate diverged: they are too high
        best = int(np.nanargmin(losses))
        if best in (0, len(losses) - 1):
            return extended(one, one.powers[0] - 1 if best == 0 else one.powers[-1] + 1)
    return one


def losses_of(number: int, one: Scanned, runs: Runs, run_of) -> np.ndarray:
    """Give final losses of the scan of that number, (horizons, rates); nan of a run that failed."""
    table = [[_loss(run_of(spec)) for spec in runs[number, power] if not spec.is_trunk] for power in one.powers]
    return np.array(table).T


def _loss(run: Run) -> float:
    return run.final.loss_nats if run.outcome == FINISHED and run.final else float("nan")


def best_rate(rates: np.ndarray, losses: np.ndarray) -> tuple[float, float, float]:
    """Give the rate at the minimum of a parabola of ln(loss) in ln(rate) through the best and its neighbours.

    Returns:
        (the rate, the standard deviation of its logarithm, the loss there). That deviation is half of the distance from
        the best rate tried, or `FLAT`, whichever is more.

    Raises:
        StudyError: no rate trains, or the best one is at the edge.
    """
    best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
    if best in (0, len(losses) - 1):
        raise StudyError("the best learning rate of a scan is at its edge. Scan farther.")
    near = [i for i in (best - 1, best, best + 1) if np.isfinite(losses[i])]
    if len(near) < 3:
        return float(rates[best]), FLAT, float(losses[best])
    x, y = np.log(rates[near]), np.log(losses[near])
    a, b, c = np.polyfit(x - x[1], y, 2)
    off = float(np.clip(-b / (2 * a), x[0] - x[1], x[2] - x[1])) if a > 0 else 0.0
    return float(rates[best] * np.exp(off)), max(FLAT, abs(off) / 2), float(np.exp(c + b * off + a * off**2))


def published(cell: BestRate, setting: str, spec: str) -> str:
    """Write what each published rule gives at the size, tokens and loss of a cell.

    Args:
        setting: "lr" or "batch_tokens". spec: how a value is written.
    """
    rules = settings(cell.params, cell.tokens, cell.loss)
    given = [(one, value) for one in rules if (value := getattr(one, setting)) is not None]
    return ", ".join(f"{value:{spec}} ({one.law}{', far outside its range' * one.far})" for one, value in given)
