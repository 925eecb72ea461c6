"""How laws foretold runs that they had not seen, and how much the seed alone moves a run."""

from dataclasses import dataclass

from .fitted import Band, Estimate

HELD_OUT = "held out to test the prediction"  # why a point that a prediction is compared with takes no part in a fit


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
    """A prediction of runs that no fit saw, and what they measured.

    Attributes:
        predicted: loss with the interval for a new run.
        reach: compute of the held-out run over the largest compute in the fit.
        measured: final losses of the runs, one each; empty while they are not trained.
        held: whether the mean measured loss lies inside the interval; None while not trained.
        line: the law along size at the held-out horizon, to draw.
        trials: the laws that could have been chosen; the one with the smallest error in its trial was.
        calibration: what the interval's half-width was multiplied with, from the chosen law's trial.
        line: the predicting law through the held-out point, along its size or its tokens, for the figure.
        after_its_runs: it was made when its runs were there already: no test of foresight.
        runs_started: when the first of its runs started, in UTC; empty where that is not known.
        no_news: why the prediction says nothing that was not known without a law; empty where it does.
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
        """Whether it was made after one of its runs had started."""
        return self.after_its_runs or bool(self.runs_started and self.predicted_at > self.runs_started)


@dataclass(frozen=True)
class LawRanked:
    """How a law foretold the larger runs of a table, fitted below several computes and asked above each.

    Attributes:
        score: mean absolute log error there, the computes weighing alike: what the ranking is by.
        behind: score less that of the best, with its interval; None for the best itself.
        best_probability: share of resamples of the larger runs in which it scores best.
        rms_log: root mean square log error there; `coverage`: share inside the interval as the fit gives it.
        factor: on the half-width of the interval, so that it would have held; never below 1.
        failed: why it could not be tried; empty where it could.
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


@dataclass(frozen=True)
class Ranking:
    """Laws in the order in which they foretold larger runs, best first.

    Attributes:
        cuts: computes they were fitted below; `held_runs` how many runs they were asked about.
        undecided: laws that cannot be told from the best on these runs.
    """

    laws: tuple[LawRanked, ...]
    cuts: tuple[float, ...]
    held_runs: int
    level: float
    undecided: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def able(self) -> tuple[LawRanked, ...]:
        """The laws that could be tried."""
        return tuple(law for law in self.laws if not law.failed)


@dataclass(frozen=True)
class SeedSpread:
    """How much the loss moves from seed to seed at one size and horizon, both as `StudyResults.counts` has them."""

    params_nonembedding: float
    tokens: float
    losses: tuple[float, ...]
    sd_nats: float
    sd_log: float
