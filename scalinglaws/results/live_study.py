"""A study while it trains: how far it is, what comes next, what failed, and what its finished runs say so far."""

from dataclasses import dataclass

from .fitted import Estimate, LearningCurve
from .study_results import StudyResults

TRAINING, STOPPED = "training", "stopped"


@dataclass(frozen=True)
class LiveRun:
    """A run under way: its step, None before it reports one, and its training loss by tokens as this launch saw it."""

    run_id: str
    params: int
    step: int | None
    steps: int
    tokens: int
    seen_tokens: tuple[float, ...] = ()
    seen_loss: tuple[float, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """A run to come: its size, tokens and FLOPs (6 N D)."""

    run_id: str
    params: int
    tokens: int
    flops: float


@dataclass(frozen=True)
class Failed:
    """A run that failed, and the end of its log."""

    run_id: str
    log: str


@dataclass(frozen=True)
class FitSoFar:
    """The fit of the finished runs: its constants, None where they are not identified; `results` has its lines."""

    law: str
    formula: str
    n_runs: int
    constants: dict[str, Estimate | None]
    results: StudyResults


@dataclass(frozen=True)
class LiveStudy:
    """What the page shows while a study trains.

    Attributes:
        state: "training"; or "stopped", and then `why` says how to go on: the page reloads no more.
        done, total, share: as the terminal counts them, trunks among the runs; share of the work, from 0 to 1.
        trunks: of `done`, runs that have no loss of their own: they only provide states for others.
        already: runs that were done when this launch began.
        processes: that train; seconds_left: None before there is an estimate.
        later: runs that come after those of this launch, such as held-out ones, whose time is not in `seconds_left`.
        flops_done, flops_left: 6 N D of the runs.
        written: when, in seconds since 1970; period: seconds after which it is written again, about.
    """

    name: str
    folder: str
    state: str
    done: int
    total: int
    trunks: int
    already: int
    share: float
    processes: int
    seconds_left: float | None
    flops_done: float
    flops_left: float
    active: tuple[LiveRun, ...]
    waiting: tuple[Waiting, ...]
    more_waiting: int
    later: int
    failed: tuple[Failed, ...]
    curves: tuple[LearningCurve, ...]
    fit: FitSoFar | None
    written: float
    period: float
    why: str = ""
    command: str = ""
