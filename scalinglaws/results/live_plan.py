"""What a page needs to plan for any budget by itself: draws of the laws, the loss over size and tokens, batch laws."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DrawnLaw:
    """A law of N and D by the constants of its fit and by every draw.

    Attributes:
        values: parameter -> value of the fit; `draws`: parameter -> its draws, all of one length.
        repeats: whether a repeated token adds anything; False where the law counts different tokens.
        moves: by how much the discrepancy of a forecast moves ln N*; None for a law that is fitted.
    """

    law: str
    values: dict[str, float]
    draws: dict[str, tuple[float, ...]]
    repeats: bool
    moves: "Moves | None" = None


@dataclass(frozen=True)
class Moves:
    """How far ln N* lies from the law's own at several computes, straight between them.

    Attributes:
        ln_flops: in rising order; `value`: of the constants at each; `draws`: of every draw, one row per compute.
    """

    ln_flops: tuple[float, ...]
    value: tuple[float, ...]
    draws: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class LossSurface:
    """The loss of one new run and its interval over size and tokens, in logarithms.

    Attributes:
        ln_params: ln N, evenly spaced; `ln_tokens`: ln D, likewise.
        value, low, high: ln(loss), one row per size and one column per number of tokens.
        determined: 1 where the runs determine the loss, 0 where the middle of the interval stands for it.
    """

    ln_params: tuple[float, ...]
    ln_tokens: tuple[float, ...]
    value: tuple[tuple[float, ...], ...]
    low: tuple[tuple[float, ...], ...]
    high: tuple[tuple[float, ...], ...]
    determined: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class BatchLaw:
    """A published law of the batch in tokens: scale x letter^power.

    Attributes:
        letter: N, D, C (= 6 N D) or L.
        low, high: the letter's values beyond which the law does not count; None where its source states no range.
    """

    law: str
    letter: str
    scale: float
    power: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class LivePlan:
    """Everything by which the planner of a page computes a plan from its inputs.

    Attributes:
        laws: the first gives the values, all give the intervals.
        batches: published laws; not asked where `batch_tokens` is given.
        repetition: (R_D*, R_N*), by which the value of repeated tokens and of excess parameters decays.
        largest: largest fitted compute, 6 N D, in FLOPs; `level` of the intervals.
        size_rate: half-width of the interval of ln N*, at the level, that the error of the form adds per ln(reach);
            size_here: that which it adds at any compute.
        per_token: whether the loss is in nats per token, which laws of the batch take.
    """

    laws: tuple[DrawnLaw, ...]
    surface: LossSurface
    batches: tuple[BatchLaw, ...]
    repetition: tuple[float, float]
    largest: float
    level: float
    per_token: bool
    batch_tokens: float | None = None
    size_rate: float = 0.0  # results that were written before these two have neither
    size_here: float = 0.0
