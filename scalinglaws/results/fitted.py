"""The results of fits that a report shows: constants with intervals, lines to draw, curves and the frontier."""

import math
from dataclasses import dataclass, field

from ..errors import counted


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; an end without a bound is None."""

    value: float
    low: float | None = None
    high: float | None = None
    level: float = 0.95

    @property
    def ends(self) -> tuple[float, float]:
        """The interval, with an infinite end where it has no bound."""
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    @property
    def half(self) -> float:
        """Half of the width of the interval; infinite where an end has no bound."""
        low, high = self.ends
        return (high - low) / 2


@dataclass(frozen=True)
class FittedLaw:
    """One law fitted to the study's points, with the constants that its paper published.

    Attributes:
        law: name of the law.
        formula: as the paper writes it.
        columns: letter of the law -> quantity to which it was fitted.
        loss: what was minimised, with its scale, in words.
        values: parameter -> estimate with interval.
        n_runs: how many runs, or chains of runs ("lineages"), were resampled; `interval_method` says which.
        interval_method: how the intervals were made, in words.
        r2: fraction of the variance of log loss that is explained; None if log loss does not vary.
        rms_log: root mean square residual of log loss.
        published: parameter -> published value; `published_source` names paper and equation.
        warnings: sentences that a reader must see; first_said: those of them that stand before the constants.
        unidentified: parameters that the points do not determine; their values are not results.
        unsound: why this fit must not be used; empty if it may be used.
    """

    law: str
    formula: str
    columns: dict[str, str]
    loss: str
    n_points: int
    n_runs: int
    objective: float
    values: dict[str, Estimate]
    interval_method: str
    r2: float | None
    rms_log: float
    starts_agreeing: float
    outcome: str
    sentence: str
    fingerprint: str
    published: dict[str, float] = field(default_factory=dict)
    published_source: str = ""
    warnings: tuple[str, ...] = ()
    unidentified: tuple[str, ...] = ()
    unsound: str = ""
    first_said: tuple[str, ...] = ()

    @property
    def fitted_to(self) -> str:
        """What it was fitted to: 85 points of 85 runs, or 42 points of 9 lineages where a trunk has several ends."""
        unit = "lineage" if f"over {self.n_runs} lineages" in self.interval_method else "run"
        return f"{counted(self.n_points, 'point')} of {counted(self.n_runs, unit)}"

    @property
    def told(self) -> tuple[str, ...]:
        """The warnings, each with the law's name before it once: some begin with it already."""
        named = f"{self.law}: "
        return tuple(named + text.removeprefix(named) for text in self.warnings)


@dataclass(frozen=True)
class ProfiledConstant:
    """The profile likelihood of one constant of a law.

    Attributes:
        values: at which it was held, in order; `rise`: of the objective there, with the other constants fitted again,
            as half the square of a number of standard errors.
        value: that of the fit; `limit`: the rise at the ends of the interval at `level`.
    """

    law: str
    parameter: str
    values: tuple[float, ...]
    rise: tuple[float, ...]
    value: float
    limit: float
    level: float


@dataclass(frozen=True)
class Band:
    """A fitted line and its interval, ready to draw: arrays of equal length, in the units of their quantities.

    Attributes:
        x_quantity: the quantity of x (`quantities.py`); y is loss_nats unless `y_quantity` says otherwise.
        fitted_to: range of x of the fitted points; beyond it the line is an extrapolation.
        text: the line in numbers, e.g. "L = (N / 3.1e6)^-0.071".
        rows: rows of the study's points to which the line was fitted; empty stands for every row that is kept.
        covers: what the interval includes: "mean" for the uncertainty of the law, "new run" with the spread of seeds.
    """

    x_quantity: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    law: str
    text: str
    fitted_to: tuple[float, float]
    y_quantity: str = "loss_nats"
    level: float = 0.95
    label: str = ""
    colour_value: float | None = None
    rows: tuple[int, ...] = ()
    covers: str = "mean"


@dataclass(frozen=True)
class LearningCurve:
    """Held-out loss along one run; N, C and L are counted as `StudyResults.counts` says, whatever the field names."""

    run_id: str
    params_nonembedding: float
    seed: int
    role: str
    tokens: tuple[float, ...]
    flops_6nd: tuple[float, ...]
    loss_nats: tuple[float, ...]


@dataclass(frozen=True)
class FrontierFound:
    """The compute-efficient frontier: the best loss at each compute, and the model that reached it.

    `censored[i]` says that the best model at flops[i] takes no part in the exponents, and `reasons[i]` gives the
    reason, such as "largest-is-best": then it is a bound, not an optimum. The reason is empty where the model takes
    part, and in records without reasons.
    """

    method: str
    flops: tuple[float, ...]
    params: tuple[float, ...]
    tokens: tuple[float, ...]
    loss_nats: tuple[float, ...]
    censored: tuple[bool, ...]
    params_exponent: Estimate | None
    tokens_exponent: Estimate | None
    loss_exponent: Estimate | None
    bands: tuple[Band, ...] = ()
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
