"""How well laws predicted held-out runs, and how much the loss varies with the seed."""

import math
from dataclasses import dataclass

from .fitted import Band, Estimate

HELD_OUT = "held out to test the prediction"  # why such a point takes no part in a fit


@dataclass(frozen=True)
class RunsTested:
    """The runs on which a law was tested, one value each; a run stands there once for each fit that predicted it.

    Attributes:
        reaches: how far beyond its fit: compute over the largest fitted compute, in a trial size over the largest size.
        errors: ln(measured / predicted); `inside`: whether the prediction interval held the loss.
    """

    reaches: tuple[float, ...]
    errors: tuple[float, ...]
    inside: tuple[bool, ...]


@dataclass(frozen=True)
class LawTrial:
    """How well a law predicted held-out sizes: fitted to the smaller sizes, it predicts each size of the study in turn.

    Attributes:
        rms_log: root mean square of ln(measured / predicted).
        coverage: fraction of these losses inside the prediction interval.
        factor: of records of earlier releases, which widened the interval by it.
        tested: the error of each loss; None in records of earlier releases.
    """

    law: str
    foretold: int  # number of predicted losses, over all sizes with enough smaller sizes to fit
    rms_log: float
    coverage: float
    factor: float = 1.0
    tested: RunsTested | None = None


@dataclass(frozen=True)
class HeldOutTest:
    """A prediction of held-out runs, and their measured losses.

    Attributes:
        predicted: loss with the interval for a new run.
        reach: compute of the held-out run divided by the largest compute in the fit.
        measured: final losses of the runs; empty before they are trained.
        held: whether the mean measured loss lies inside the interval; None before the runs are trained.
        law: what predicted: the forecast, or of the laws that the study names the one with the smallest error.
        trials: how well the forecast and each law predicted the sizes below.
        calibration: of records of earlier releases: the factor by which the interval had been widened.
        line: the predicting law through the held-out point, along its size or its tokens, for the figure.
        after_its_runs: whether the prediction was made when its runs already existed, so that it is no real test.
        runs_started: when the first of its runs started, in UTC; empty if that is unknown.
        no_news: why the prediction adds nothing to what is known without a law; empty if it does.
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
    after_its_runs: bool = False
    runs_started: str = ""
    no_news: str = ""

    @property
    def is_late(self) -> bool:
        """Whether the prediction was made after one of its runs had started."""
        return self.after_its_runs or bool(self.runs_started and self.predicted_at > self.runs_started)


@dataclass(frozen=True)
class LawRanked:
    """How well a law predicted the larger runs of a table, fitted below several computes and tested above each.

    Attributes:
        score: mean absolute log error on the larger runs, with equal weight for each compute; the ranking uses it.
        behind: score minus that of the best law, with its interval; None for the best law itself.
        best_probability: fraction of resamples of the larger runs in which this law has the best score.
        rms_log: root mean square log error there; `coverage`: fraction inside the interval as the fit gives it.
        factor: factor on the half-width of the interval that gives the nominal coverage; never below 1.
        failed: why the law could not be tested; empty if it could.
        tested: the error on each larger run, or on a sample of them; None in records of earlier releases.
    """

    law: str
    parameters: int
    score: float | None = None
    behind: Estimate | None = None
    best_probability: float = 0.0
    rms_log: float | None = None
    coverage: float | None = None
    factor: float = 1.0
    failed: str = ""
    tested: RunsTested | None = None


@dataclass(frozen=True)
class Ranking:
    """Laws ranked by how well they predicted larger runs, the best first.

    Attributes:
        cuts: the computes below which they were fitted; `held_runs`: the number of held-out runs.
        undecided: laws that cannot be distinguished from the best on these runs.
        forecast: how the default forecast did from the runs below the same computes; None where it was not tested.
    """

    laws: tuple[LawRanked, ...]
    cuts: tuple[float, ...]
    held_runs: int
    level: float
    undecided: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    forecast: LawRanked | None = None

    @property
    def able(self) -> tuple[LawRanked, ...]:
        """The laws that could be tested."""
        return tuple(law for law in self.laws if not law.failed)


@dataclass(frozen=True)
class WrittenForecast:
    """A forecast as it was written down before its run, and what was measured.

    Attributes:
        made: when, in UTC; `by`: the forecast or the law; `at`: letter -> the target.
        value: None where the runs do not determine it; why_not: why the interval says nothing; empty if it says
            something.
        measured: mean loss of the runs that came in; None before.
    """

    made: str
    by: str
    at: dict[str, float]
    value: float | None
    low: float
    high: float
    level: float
    reach: float
    measured: float | None = None
    why_not: str = ""

    @property
    def middle(self) -> float:
        """The value, or the middle of the interval where there is none."""
        return math.sqrt(self.low * self.high) if self.value is None else self.value

    @property
    def hit(self) -> bool | None:
        """Whether the interval holds the loss; None without a loss, or where the interval says nothing."""
        return None if self.measured is None or self.why_not else self.low <= self.measured <= self.high


@dataclass(frozen=True)
class SeedSpread:
    """The spread of the loss between seeds at one size and horizon, both counted as `StudyResults.counts` says."""

    params_nonembedding: float
    tokens: float
    losses: tuple[float, ...]
    sd_nats: float
    sd_log: float
