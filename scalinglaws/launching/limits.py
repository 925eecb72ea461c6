"""What a study may use, and what it used: hours, GPU-hours, energy and money, of runs to come and of attempts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..designing.study_file import Families, Study
from ..errors import MisuseError, argument
from ..store.attempts import HOUR, JOULES_PER_KWH, Used

BY_WATTS = "watts"
UNITS = {"max_hours": "hours", "max_gpu_hours": "GPU-hours", "max_cost": "of money"}  # of each limit
ROOM = 1.1  # a limit that is proposed is this many times what is expected


@dataclass(frozen=True)
class Amounts:
    """What runs use: wall hours of the launch, hours of processes, GPU-hours; kWh and money where they are known.

    Attributes:
        kwh_by: with what the energy was measured; "watts" where it is estimated from a stated power.
    """

    hours: float
    process_hours: float
    gpu_hours: float
    kwh: float | None = None
    kwh_by: str = ""
    money: float | None = None

    @property
    def limited(self) -> dict[str, float]:
        """What a limit may bound, by the name of the limit; 0 for money that no price tells."""
        return {"max_hours": self.hours, "max_gpu_hours": self.gpu_hours, "max_cost": self.money or 0.0}

    def told(self) -> str:
        """Say what was used, in a sentence."""
        found = [f"{self.hours:.3g} h of launches", f"{self.process_hours:.3g} h of processes"]
        found += [f"{self.gpu_hours:.3g} GPU-hours"] if self.gpu_hours else []
        if self.kwh is not None:
            by = "estimated from the stated watts" if self.kwh_by == BY_WATTS else f"measured by {self.kwh_by}"
            found.append(f"{self.kwh:.3g} kWh ({by})")
        found += [] if self.money is None else [f"{self.money:.3g} of money at the stated price"]
        return f"Used so far, lost work included: {', '.join(found)}."


@dataclass(frozen=True)
class Limits:
    """What all launches of a folder together may use, 0 for no limit; and how money and energy follow from hours.

    Attributes:
        price_per_hour: of a GPU; of a process, where the runs use no GPU.
        watts: of a GPU, or of a process, where energy cannot be measured; 0 where it is not stated.
    """

    max_hours: float = 0.0
    max_gpu_hours: float = 0.0
    max_cost: float = 0.0
    price_per_hour: float = 0.0
    watts: float = 0.0

    @property
    def any(self) -> bool:
        """Whether there is a limit."""
        return any(getattr(self, name) for name in UNITS)

    def amounts(self, hours: float, used: Used) -> Amounts:
        """Give what was used, from wall hours and the sum over attempts."""
        process, gpu = used.seconds / HOUR, used.gpu_seconds / HOUR
        paid = gpu or process
        kwh, by = None, ""
        if used.joules is not None and used.by:
            kwh, by = used.joules / JOULES_PER_KWH, " and ".join(used.by)
        elif self.watts:
            kwh, by = self.watts * paid / 1000, BY_WATTS
        return Amounts(hours, process, gpu, kwh, by, self.price_per_hour * paid if self.price_per_hour else None)

    def exceeded(self, by: Amounts) -> list[tuple[str, float, float]]:
        """Give the limits that amounts exceed: name, limit, amount."""
        asked = ((name, getattr(self, name), amount) for name, amount in by.limited.items())
        return [(name, limit, amount) for name, limit, amount in asked if limit and amount > limit]

    def require_sense(self, gpus: float) -> None:
        """Refuse limits that cannot be kept: money without a price, GPU-hours of runs that use no GPU.

        Args:
            gpus: number that a run uses.

        Raises:
            MisuseError: saying what to add.
        """
        if self.max_cost and not self.price_per_hour:
            raise MisuseError(
                f"{argument(max_cost=self.max_cost)} needs a price: of an hour of a GPU, or of a process where runs "
                f"use no GPU. Add it, such as {argument(price_per_hour=2.5)}."
            )
        if self.max_gpu_hours and not gpus:
            raise MisuseError(
                f"{argument(max_gpu_hours=self.max_gpu_hours)}, and these runs use no GPU. Train on one with "
                f"{argument(device='cuda')}, say how many GPUs a run of a trainer of your own uses by run_gpus in the "
                f"study's file, or limit the time: {argument(max_hours=self.max_gpu_hours)}."
            )


NO_LIMITS = Limits()


def limits_of(asked: Study | Families) -> Limits:
    """The limits in a study's file; of a set of families, the smallest of each, which hold for all together."""
    studies = getattr(asked, "studies", (asked,))
    names = Limits.__dataclass_fields__
    return Limits(**{name: min((v for s in studies if (v := getattr(s, name))), default=0.0) for name in names})


def refused(limits: Limits, before: Amounts, ahead: Amounts, runs: int, how: str) -> str:
    """Say why runs that were not started exceed the limits, and what to type; empty if they do not.

    Args:
        before: used so far; ahead: estimated of the runs that are missing, `runs` in number; how: a sentence on that.
    """
    both = Amounts(
        before.hours + ahead.hours,
        0.0,
        before.gpu_hours + ahead.gpu_hours,
        money=None if ahead.money is None else (before.money or 0.0) + ahead.money,
    )
    over = limits.exceeded(both)
    if not over:
        return ""
    told = [
        f"{_amount(name, amount)} are estimated{_of_which(name, before)}, and {argument(**{name: limit})} allows "
        f"{_amount(name, limit)}"
        for name, limit, amount in over
    ]
    return (
        f"for the {runs:,} runs that are missing {'; '.join(told)}. {how} Nothing was started. Ask for fewer runs "
        f"(shapes, tokens, seeds), or allow more: {_more(over)}."
    )


def reached(limits: Limits, used: Amounts, done: int, runs: int) -> str:
    """Say that a limit was reached while runs trained; empty if none is."""
    over = limits.exceeded(used)
    if not over:
        return ""
    told = "; ".join(
        f"{argument(**{name: limit})} is reached: {_amount(name, now)} were used" for name, limit, now in over
    )
    left = [(name, limit, now * runs / done if done else 2 * now) for name, limit, now in over]
    return (
        f"{told}. {done:,} of {runs:,} runs are complete, and the states of those under way are kept. To go on from "
        f"there, repeat the command with more: {_more(left)}."
    )


def _more(over: Sequence[tuple[str, float, float]]) -> str:
    return ", ".join(argument(**{name: _rounded(max(limit, amount) * ROOM)}) for name, limit, amount in over)


def _rounded(value: float) -> float:
    """Two digits, upwards."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / step - 1e-9) * step:.2g}")


def _amount(name: str, value: float) -> str:
    return f"{value:.3g} {UNITS[name]}"


def _of_which(name: str, before: Amounts) -> str:
    used = before.limited[name]
    return f" in all, of which {used:.3g} are used" if used else ""
