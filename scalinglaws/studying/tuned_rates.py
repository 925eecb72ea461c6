"""`lr = "auto"`: scan the smallest sizes, fit the best rate, check it at a larger size, and use it for all."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..designing.design import Sweep, make_shape
from ..designing.rate_scan import (
    Scanned,
    as_sweep,
    check_of,
    extended,
    first_scan,
    scan_runs,
)
from ..designing.study_file import Study
from ..errors import StudyError
from ..planning.rates_and_batches import settings
from ..records.numbers_in_text import between, interval
from ..results.fitted import Estimate
from ..run.run import FINISHED, Run, RunSpec
from ..uncertainty.interval_ends import t_quantile
from .text_of_study import StudyText

# ln rate = c + a ln(N / 1e5) + b ln(D / 1e6): published exponents of N lie from -0.71 to -0.2, of D from -0.13 to 0.31
PRIOR = {"scale": (np.log(3e-3), 3.0), "N": (-0.4, 0.3), "D": (0.0, 0.2)}
UNITS = {"N": 1e5, "D": 1e6}
FLAT = 0.25  # least standard deviation of a cell's ln rate: scans a factor of 2 apart determine it no better
LEVEL, NORMAL = 0.95, 1e6
Train = Callable[[Sweep], None]
Runs = Mapping[tuple[int, int], tuple[RunSpec, ...]]


@dataclass(frozen=True)
class BestRate:
    """The best rate of one size and horizon.

    Attributes:
        rate: from a parabola of the losses about the best; `sd`: of its logarithm.
        rates, losses: of the scan; nan where a run failed. role: "scan" or "check".
    """

    size: tuple[int, ...]
    params: float
    tokens: float
    rate: float
    sd: float
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    role: str


@dataclass(frozen=True, eq=False)
class RateRule:
    """The rule of the best rate: ln rate = c + a ln(N / 1e5) + b ln(D / 1e6).

    Attributes:
        mean, covariance: of c, a and b, a normal distribution. cells: what it was fitted to.
        checked: (the interval that the scan alone gave at the check, the rate found there).
    """

    mean: np.ndarray
    covariance: np.ndarray
    cells: tuple[BestRate, ...]
    checked: tuple[Estimate, float] | None = None

    def at(self, params: float, tokens: float) -> Estimate:
        """Give the rate and its 95% interval."""
        row = np.array([1.0, np.log(params / UNITS["N"]), np.log(tokens / UNITS["D"])])
        middle, half = row @ self.mean, t_quantile(LEVEL, NORMAL) * np.sqrt(row @ self.covariance @ row)
        value, low, high = (float(np.exp(v)) for v in (middle, middle - half, middle + half))
        return Estimate(value, low, high, LEVEL)

    def of(self, study: Study) -> Study:
        """Give the study with this rule written into its keys."""
        scale, size, tokens = self.mean
        return replace(
            study,
            lr="rule",
            lr_rule="power",
            lr_scale=float(f"{np.exp(scale):.3g}"),
            lr_exponent=float(f"{size:.3g}"),
            lr_tokens_exponent=float(f"{tokens:.3g}"),
            lr_factor=1.0,
        )

    def told(self) -> list[str]:
        """Say the rule, its check, and what published rules give, in sentences."""
        first = [
            f"learning rates, by a scan: rate = {np.exp(self.mean[0]):.3g} (N / 1e5)^{self._one(1)} "
            f"(D / 1e6)^{self._one(2)}"
        ]
        first += [
            f"  {one.role} of {list(one.size)} at {one.tokens:.3g} tokens: best {one.rate:.3g} "
            f"{between(one.rate * np.exp(-2 * one.sd), one.rate * np.exp(2 * one.sd), '.3g')}; "
            + ", ".join(f"{rate:.3g}: {loss:.4f}" for rate, loss in zip(one.rates, one.losses, strict=True))
            for one in self.cells
        ]
        if self.checked:
            said, found = self.checked
            low, high = said.ends
            held = "inside" if low <= found <= high else "outside"
            first.append(
                f"  the smaller sizes gave {interval(said, '.3g')} there; {found:.3g} was found, {held} the interval"
            )
        last = self.cells[-1]
        first.append(f"  published rules there: {_published(last)}")
        return first

    def _one(self, index: int) -> str:
        sd = float(np.sqrt(self.covariance[index, index]))
        middle = float(self.mean[index])
        return interval(Estimate(middle, middle - 2 * sd, middle + 2 * sd, LEVEL), ".2f")


def _published(cell: BestRate) -> str:
    shown = [one for one in settings(cell.params, cell.tokens, None) if one.lr is not None]
    return ", ".join(f"{one.lr:.2g} ({one.law}{', far outside its range' * one.far})" for one in shown)


def tuned(
    study: Study,
    data: StudyText,
    run_of: Callable[[RunSpec], Run],
    train: Train,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Study, Sweep, RateRule]:
    """Find the rule of the learning rate, and give the study with it, and the runs of the scan.

    Each size is scanned at rates a factor of 2 apart, at horizons that the study will use; a scan whose best rate is at
    its edge is extended. Runs that are there already are not trained again, so an interrupted scan continues.

    Raises:
        StudyError: too few sizes, or no rate of a scan trains. RunsFailedError: a process failed.
    """

    def specified(scans: tuple[Scanned, ...]) -> Runs:
        return scan_runs(study, scans, data.vocabulary, data.data_id, data.train_tokens)

    scans = _bracketed(first_scan(study, data.vocabulary), specified, run_of, train, study.name)
    cells = _cells(study, scans, specified(scans), run_of, data.vocabulary)
    before = fitted(cells)
    proposed = check_of(study, data.vocabulary, 1.0)
    params = float(make_shape(study, proposed.size, data.vocabulary).params())
    asked = before.at(params, proposed.tokens[-1])
    check = check_of(study, data.vocabulary, float(f"{asked.value:.3g}"))
    (check,) = _bracketed((check,), specified, run_of, train, study.name)
    found = _cells(study, (check,), specified((check,)), run_of, data.vocabulary)
    rule = replace(fitted((*cells, *found)), checked=(asked, found[-1].rate))
    for line in rule.told():
        say(line)
    both = {**_numbered(specified(scans), 0), **_numbered(specified((check,)), len(scans))}
    return rule.of(study), as_sweep(study.name, both), rule


def _numbered(runs: Runs, first: int) -> dict[tuple[int, int], tuple[RunSpec, ...]]:
    return {(number + first, power): several for (number, power), several in runs.items()}


def _bracketed(scans: tuple[Scanned, ...], specified, run_of, train: Train, name: str) -> tuple[Scanned, ...]:
    """Train the scans, and extend each until its best rate lies between worse ones at every horizon."""
    while True:
        runs = specified(scans)
        train(as_sweep(name, runs))
        wider = tuple(_wider(number, one, runs, run_of) for number, one in enumerate(scans))
        if wider == scans:
            return scans
        scans = wider


def _wider(number: int, one: Scanned, runs: Runs, run_of) -> Scanned:
    for losses in _losses(number, one, runs, run_of):
        if not np.isfinite(losses).any():
            return extended(one, one.powers[0] - 1)  # every rate diverged: they are too high
        best = int(np.nanargmin(losses))
        if best in (0, len(losses) - 1):
            return extended(one, one.powers[0] - 1 if best == 0 else one.powers[-1] + 1)
    return one


def _losses(number: int, one: Scanned, runs: Runs, run_of) -> np.ndarray:
    """Give final losses, (horizons, rates); nan of a run that failed."""
    table = [[_loss(run_of(spec)) for spec in runs[number, power] if not spec.is_trunk] for power in one.powers]
    return np.array(table).T


def _loss(run: Run) -> float:
    return run.final.loss_nats if run.outcome == FINISHED and run.final else float("nan")


def _cells(study: Study, scans: tuple[Scanned, ...], runs: Runs, run_of, n_vocab: int) -> tuple[BestRate, ...]:
    found = []
    for number, one in enumerate(scans):
        params = float(make_shape(study, one.size, n_vocab).params())
        rates = tuple(one.rate(power) for power in one.powers)
        for tokens, losses in zip(one.tokens, _losses(number, one, runs, run_of), strict=True):
            rate, sd = best_rate(np.array(rates), losses)
            found.append(BestRate(one.size, params, tokens, rate, sd, rates, tuple(map(float, losses)), one.role))
    return tuple(found)


def best_rate(rates: np.ndarray, losses: np.ndarray) -> tuple[float, float]:
    """Give the rate at the minimum of a parabola of ln(loss) in ln(rate) through the best and its neighbours.

    Returns:
        the rate, and the standard deviation of its logarithm: half of the distance from the best rate tried, or
        `FLAT`, whichever is more.

    Raises:
        StudyError: no rate trains, or the best one is at the edge.
    """
    best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
    if best in (0, len(losses) - 1):
        raise StudyError("the best learning rate of a scan is at its edge. Scan farther.")
    near = [i for i in (best - 1, best, best + 1) if np.isfinite(losses[i])]
    if len(near) < 3:
        return float(rates[best]), FLAT
    x, y = np.log(rates[near]), np.log(losses[near])
    a, b, _ = np.polyfit(x - x[1], y, 2)
    off = float(np.clip(-b / (2 * a), x[0] - x[1], x[2] - x[1])) if a > 0 else 0.0
    return float(rates[best] * np.exp(off)), max(FLAT, abs(off) / 2)


def fitted(cells: tuple[BestRate, ...]) -> RateRule:
    """Fit the rule to the cells by normal regression with a weak prior (`PRIOR`): few cells leave an exponent to it."""
    rows = np.array([[1.0, np.log(one.params / UNITS["N"]), np.log(one.tokens / UNITS["D"])] for one in cells])
    y, weight = np.log([one.rate for one in cells]), 1 / np.array([one.sd for one in cells]) ** 2
    middle, spread = np.array(list(PRIOR.values())).T
    precision = rows.T * weight @ rows + np.diag(1 / spread**2)
    covariance = np.linalg.inv(precision)
    mean = covariance @ (rows.T @ (weight * y) + middle / spread**2)
    return RateRule(mean, covariance, cells)
