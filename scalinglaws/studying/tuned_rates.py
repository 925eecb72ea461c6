"""`lr = "auto"`: scan the smallest sizes, fit the best rate, check it at a larger size, and use it for all."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ..designing.design import Sweep, make_shape
from ..designing.rate_scan import as_sweep, at_batch, check_of, first_scan
from ..designing.study_file import Study
from ..records.numbers_in_text import between, interval
from ..results.fitted import Estimate
from ..run.run import Run, RunSpec
from ..uncertainty.interval_ends import t_quantile
from .scanned_runs import BestRate, Scanning, Train, bracketed, cells, published, specified
from .text_of_study import StudyText
from .tuned_batch import checked_batch, tuned_batch

# ln rate = c + a ln(N / 1e5) + b ln(D / 1e6): published exponents of N lie from -0.71 to -0.2, of D from -0.13 to 0.31
PRIOR = {"scale": (np.log(3e-3), 3.0), "N": (-0.4, 0.3), "D": (0.0, 0.2)}
UNITS = {"N": 1e5, "D": 1e6}
LEVEL, NORMAL = 0.95, 1e6


@dataclass(frozen=True, eq=False)
class RateRule:
    """The rule of the best rate: ln rate = c + a ln(N / 1e5) + b ln(D / 1e6).

    Attributes:
        mean, covariance: of c, a and b, a normal distribution. cells: what it was fitted to.
        checked: (the interval that the scan alone gave at the check, the rate found there).
        first: sentences on the batch, where that was tuned too.
    """

    mean: np.ndarray
    covariance: np.ndarray
    cells: tuple[BestRate, ...]
    checked: tuple[Estimate, float] | None = None
    first: tuple[str, ...] = ()

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
            *self.first,
            f"learning rates, by a scan: rate = {np.exp(self.mean[0]):.3g} (N / 1e5)^{self._one(1)} "
            f"(D / 1e6)^{self._one(2)}",
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
        first.append(f"  published rules there: {published(self.cells[-1], 'lr', '.2g')}")
        return first

    def _one(self, index: int) -> str:
        sd = float(np.sqrt(self.covariance[index, index]))
        middle = float(self.mean[index])
        return interval(Estimate(middle, middle - 2 * sd, middle + 2 * sd, LEVEL), ".2f")


def tuned(
    study: Study,
    data: StudyText,
    run_of: Callable[[RunSpec], Run],
    train: Train,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Study, Sweep, RateRule]:
    """Find the rule of the learning rate, and give the study with it, and the runs of the scan.

    Each size is scanned at rates a factor of 2 apart, at horizons that the study will use; a scan whose best rate is at
    its edge is extended. With `tune_batch` the batch is found first. Runs that are there already are not trained again,
    so an interrupted scan continues.

    Raises:
        StudyError: too few sizes, or no rate of a scan trains. RunsFailedError: a process failed.
    """
    by = Scanning(study, data.vocabulary, data.data_id, data.train_tokens, run_of, train)
    batches = tuned_batch(by) if study.tune_batch else None
    if batches:
        by = replace(by, study=at_batch(study, batches.chosen))
    scans = batches.own if batches else bracketed(by, first_scan(by.study, data.vocabulary))
    before = fitted(cells(by, scans))
    proposed = check_of(by.study, data.vocabulary, 1.0)
    params = float(make_shape(study, proposed.size, data.vocabulary).params())
    asked = before.at(params, proposed.tokens[-1])
    checks = bracketed(by, (check_of(by.study, data.vocabulary, float(f"{asked.value:.3g}")),))
    found = cells(by, checks)
    rule = replace(fitted((*before.cells, *found)), checked=(asked, found[-1].rate))
    every = (*scans, *checks)
    if batches:
        batches, beside = checked_batch(by, batches, found[-1])
        every = (*batches.scans, *checks, *beside)
        rule = replace(rule, first=batches.told())
    for line in rule.told():
        say(line)
    return rule.of(by.study), as_sweep(study.name, specified(by, every)), rule


def fitted(cells: tuple[BestRate, ...]) -> RateRule:
    """Fit the rule to the cells by normal regression with a weak prior (`PRIOR`): few cells leave an exponent to it."""
    rows = np.array([[1.0, np.log(one.params / UNITS["N"]), np.log(one.tokens / UNITS["D"])] for one in cells])
    y, weight = np.log([one.rate for one in cells]), 1 / np.array([one.sd for one in cells]) ** 2
    middle, spread = np.array(list(PRIOR.values())).T
    precision = rows.T * weight @ rows + np.diag(1 / spread**2)
    covariance = np.linalg.inv(precision)
    mean = covariance @ (rows.T @ (weight * y) + middle / spread**2)
    return RateRule(mean, covariance, cells)
