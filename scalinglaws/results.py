"""What a study found: the one record that the report shows, every number computed before it gets here."""

from dataclasses import dataclass, field

from .points import Points


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
        r2: share of the variance of log loss explained.
        rms_log: root mean square residual of log loss.
        published: parameter -> published value; `published_source` names paper and equation.
        warnings: sentences a reader must see.
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
    r2: float
    rms_log: float
    starts_agreeing: float
    outcome: str
    sentence: str
    fingerprint: str
    published: dict[str, float] = field(default_factory=dict)
    published_source: str = ""
    warnings: tuple[str, ...] = ()


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
    """Held-out loss along one run."""

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

    `censored[i]` says that the best model at flops[i] was the smallest or largest present: a bound, not an optimum.
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


@dataclass(frozen=True)
class LawTrial:
    """How a law foretold sizes it had not seen: fitted below each size of the study, asked about that size.

    Attributes:
        foretold: losses it was asked for, over all sizes that enough smaller ones lie below.
        rms_log: root mean square of ln(measured / foretold).
        coverage: share of them inside its interval as the fit gives it.
        factor: on the half-width of the interval, so that its share would have been held; never below 1.
    """

    law: str
    foretold: int
    rms_log: float
    coverage: float
    factor: float


@dataclass(frozen=True)
class HeldOutTest:
    """A prediction made before its runs were trained, and what they measured.

    Attributes:
        predicted: loss with the interval for a new run.
        reach: compute of the held-out run over the largest compute in the fit.
        measured: final losses of the runs, one each; empty while they are not trained.
        held: whether the mean measured loss lies inside the interval; None while not trained.
        line: the law along size at the held-out horizon, to draw.
        trials: the laws that could have been chosen; the one with the smallest error in its trial was.
        calibration: what the interval's half-width was multiplied with, from the chosen law's trial.
        line: the predicting law through the held-out point, along its size or its tokens, for the figure.
    """

    law: str
    run_ids: tuple[str, ...]
    params_nonembedding: float
    tokens: float
    predicted: Estimate
    reach: float
    predicted_at: str
    fingerprint: str
    measured: tuple[float, ...] = ()
    measured_mean: float | None = None
    measured_sem: float | None = None
    held: bool | None = None
    line: Band | None = None
    trials: tuple[LawTrial, ...] = ()
    calibration: float = 1.0


@dataclass(frozen=True)
class SeedSpread:
    """How much the loss moves from seed to seed at one size and horizon."""

    params_nonembedding: float
    tokens: float
    losses: tuple[float, ...]
    sd_nats: float
    sd_log: float


@dataclass(frozen=True)
class Recommendation:
    """A budget turned into a plan: what to train next, with intervals."""

    label: str
    flops: float
    reach: float
    params: Estimate
    tokens: Estimate
    loss_nats: Estimate
    batch_tokens: float
    steps: float
    seconds: float | None
    law: str
    alternatives: tuple[dict[str, float], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """What one rule of the audit found.

    Attributes:
        severity: error, warning or info: how much a failure of this rule weighs.
        outcome: passed, failed or "cannot be checked"; then `found` says which columns or records it needs.
        found: what was seen, with its numbers.
        prevents: the failure that the rule guards against.
        size: how large that failure was where it was measured; `source` says by whom.
        do: what to do about a failure.
    """

    id: str
    title: str
    severity: str
    outcome: str
    found: str
    prevents: str
    size: str
    source: str
    do: str


@dataclass(frozen=True)
class WaterfallStep:
    """One correction of the way from Kaplan's exponent to Hoffmann's, applied after those before it.

    Attributes:
        exponent: a of N_opt ~ C^a with this correction and all before it; None where the table cannot say.
        moved: by how much it changed a; None for the first, and where there is no exponent.
        rows: rows of the table that take part.
        how: what was done, or what the step needs.
    """

    name: str
    exponent: Estimate | None
    moved: float | None
    rows: int
    how: str


@dataclass(frozen=True)
class Audit:
    """Every rule of a trustworthy scaling study, judged on one table of runs.

    Attributes:
        source: where the points came from.
        findings: in the order of the rules.
        waterfall: the corrections between Kaplan's exponent and Hoffmann's, one by one.
    """

    source: str
    findings: tuple[Finding, ...]
    waterfall: tuple[WaterfallStep, ...] = ()

    def having(self, outcome: str, severity: str = "") -> tuple[Finding, ...]:
        """List the findings of one outcome, and of one severity where it is named."""
        return tuple(f for f in self.findings if f.outcome == outcome and severity in ("", f.severity))


@dataclass(frozen=True)
class StudyResults:
    """Everything the report shows.

    Attributes:
        settings: the study file's keys and values, in full.
        corpus: facts of the text: name, documents, bytes, tokens of each split, hash, bytes a token.
        points: one row a finished run and horizon.
        bands: figure panel -> fitted lines; keys "L(N)", "L(D)", "L(C)", "L(N,D)".
        true_floor_nats: exact entropy of a synthetic source, else None.
        commands: what to type to make this again.
        audit: the rules of a trustworthy study, judged; None where nothing could be.
    """

    name: str
    settings: dict
    corpus: dict
    machine: dict
    versions: dict
    runs_expected: int
    runs_present: int
    points: Points
    curves: tuple[LearningCurve, ...]
    fits: tuple[FittedLaw, ...]
    bands: dict[str, tuple[Band, ...]]
    frontier: FrontierFound | None
    seed_spread: SeedSpread | None
    held_out: HeldOutTest | None
    plans: tuple[Recommendation, ...]
    commands: tuple[str, ...]
    wall_seconds: float
    train_seconds: float
    true_floor_nats: float | None = None
    notes: tuple[str, ...] = ()
    audit: Audit | None = None
