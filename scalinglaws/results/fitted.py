"""What a fit leaves for a report: constants with intervals, lines to draw, curves and the frontier."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Estimate:
    """A number with its interval; a side without a bound is None."""

    value: float
    low: float | None = None
    high: float | None = None
    level: float = 0.95


@dataclass(frozen=True)
class FittedLaw:
    """One law fitted to the study's points, beside what its paper published.

    Attributes:
        law: name on the shelf.
        formula: as the paper writes it.
        columns: letter of the law -> quantity it was fitted on.
        loss: what was minimised, with its scale, in words.
        values: parameter -> estimate with interval.
        interval_method: how the intervals were made, in words.
        r2: share of the variance of log loss explained; None of one that does not vary.
        rms_log: root mean square residual of log loss.
        published: parameter -> published value; `published_source` names paper and equation.
        warnings: sentences a reader must see.
        unidentified: parameters that the points say nothing about; their values are not results.
        unsound: why nothing should be read off this fit; empty where it may be.
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

    @property
    def told(self) -> tuple[str, ...]:
        """Its warnings with the law's name before each, once: some begin with it already."""
        named = f"{self.law}: "
        return tuple(named + text.removeprefix(named) for text in self.warnings)


@dataclass(frozen=True)
class Band:
    """A fitted line and its interval, ready to draw: arrays of equal length, in the units of their quantities.

    Attributes:
        x_quantity: what x is (`quantities.py`); y is loss_nats unless `y_quantity` says otherwise.
        fitted_to: range of x that the fit saw; beyond it the line is an extrapolation.
        text: the line in numbers, e.g. "L = (N / 3.1e6)^-0.071".
        rows: rows of the study's points that the line was fitted to; empty stands for every row that is kept.
        covers: what the interval holds: "mean" for the law's own uncertainty, "new run" with the spread of seeds in it.
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
    """Held-out loss along one run; its N, C and L are those of `StudyResults.counts`, whatever a field is called."""

    run_id: str
    params_nonembedding: float
    seed: int
    role: str
    tokens: tuple[float, ...]
    flops_6nd: tuple[float, ...]
    loss_nats: tuple[float, ...]


@dataclass(frozen=True)
class FrontierFound:
    """The compute-efficient frontier: the best loss at each compute, and which model reached it.

    `censored[i]` says that the best model at flops[i] takes no part in the exponents; `reasons[i]` why, as in
    "largest-is-best": then it is a bound, not an optimum. Empty where it takes part, and in records without reasons.
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
