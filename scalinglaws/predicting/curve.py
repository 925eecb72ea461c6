"""curve(points, steps, lr): the whole loss curve under another learning-rate schedule, with its band."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import MisuseError, PointsError, counted
from ..fitting.curve_tables import of_runs, read_schedule
from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..fitting.rows_of_law import with_its_rows
from ..laws import law as shelf
from ..laws.declaration import Law
from ..points.points import Points
from ..records.numbers_in_text import between, short
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block, rows_of
from ..uncertainty.interval_ends import t_quantile

LEFT_OUT = 8  # maximum number of parts of the runs that are left out in turn
FEW = 3  # runs below which the error of the form is hardly known
SHOWN = 12  # rows of the printed table


@dataclass(frozen=True, eq=False, repr=False)
class CurveForecast(PublicRecord):
    """The loss along a run under a schedule that was not trained.

    Attributes:
        law: fitted to `runs`; steps, lr: the schedule asked for; value, low, high: the loss after each of the steps.
        left_out: run -> root mean square of ln(measured / predicted) along it, from a fit without it: the error of the
            form on a schedule that it has not seen.
        noise: the same of the fit on its own runs. reach: the schedule's summed rate over the largest of the runs.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    law: str
    runs: tuple[str, ...]
    steps: np.ndarray
    lr: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    level: float
    left_out: Mapping[str, float]
    noise: float
    reach: float
    warnings: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        form = float(np.sqrt(np.mean(np.square(list(self.left_out.values())))))
        told = f"fitted to {counted(len(self.runs), 'run')} ({self.noise:.2%} off them, {form:.2%} off runs left out)"
        rows = [
            (
                f"{self.steps[i]:g}",
                short(self.lr[i], 3),
                f"{self.value[i]:.4f}",
                between(self.low[i], self.high[i], ".4f"),
            )
            for i in np.unique(np.linspace(0, len(self.steps) - 1, SHOWN).round().astype(int))
        ]
        title = f"{self.law} {told}; the summed rate is {short(self.reach, 3)} times the largest of theirs"
        return [title, rows_of(("step", "lr", "loss", f"{self.level:.0%} interval"), rows, "the curve")]

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        ends = {name: float(getattr(self, name)[-1]) for name in ("value", "low", "high")}
        return {"law": self.law, "runs": len(self.runs), "steps": len(self.steps), **ends, "reach": self.reach}

    def rows(self) -> dict[str, Any]:
        """Give a row a step."""
        return {name: getattr(self, name) for name in ("steps", "lr", "value", "low", "high")}


def curve(
    points: Points,
    steps: Sequence[float] | np.ndarray,
    lr: Sequence[float] | np.ndarray,
    *,
    law: Law | str = "multi-power",
    level: float = 0.95,
    columns: Mapping[str, str] | None = None,
) -> CurveForecast:
    """Predict the curve without judging the law; `scalinglaws.curve` is its public face."""
    law = shelf(law) if isinstance(law, str) else law
    if not 0 < level < 1:
        raise MisuseError(f"level is {level}; it must lie between 0 and 1, for example 0.95.")
    steps, lr = (np.asarray(part, dtype=np.float64) for part in (steps, lr))
    member, pieces = _asked(law, steps, lr)
    of_rows, rows = of_runs(law, with_its_rows([law], points), columns)
    names = _runs(rows)
    whole = _fitted(law, points, columns)
    value = member.evaluate(np.zeros(len(pieces)), pieces, **whole.values)
    parts = [names[i :: min(LEFT_OUT, len(names))] for i in range(min(LEFT_OUT, len(names)))]
    moved: list[np.ndarray] = []
    left_out: dict[str, float] = {}
    for part in parts:
        without = _fitted(law, points.take(~np.isin(points["run_id"], part)), columns)
        moved.append(np.log(member.evaluate(np.zeros(len(pieces)), pieces, **without.values) / value))
        left_out |= {name: _apart(of_rows, rows, name, whole, without) for name in part}
    reach = _summed(steps, lr) / max(_summed(*_of(points, name, columns)) for name in names)
    noise = float(np.sqrt(np.mean((whole.residuals * whole.scales) ** 2)))
    jackknife = (len(parts) - 1) / len(parts) * (np.array(moved) ** 2).sum(axis=0)
    form = float(np.sqrt(np.mean(np.square(list(left_out.values()))))) * (1 + np.log(max(reach, 1.0)))
    half = t_quantile(level, len(parts)) * np.sqrt(jackknife + noise**2 + form**2)
    low, high = value * np.exp(-half), value * np.exp(half)
    said = _warnings(whole, len(names), reach)
    return CurveForecast(law.name, names, steps, lr, value, low, high, level, left_out, noise, float(reach), said)


def _asked(law: Law, steps: np.ndarray, lr: np.ndarray) -> tuple[Law, np.ndarray]:
    """Make the law of the schedule asked for, and the pieces after which its loss is wanted."""
    if steps.ndim != 1 or steps.shape != lr.shape or len(steps) < 2:
        raise MisuseError(
            f"the schedule has {steps.size} steps and {lr.size} rates; give two or more steps, each with its rate."
        )
    try:
        schedule, pieces = read_schedule("the schedule", steps, lr)
    except PointsError as failure:
        raise MisuseError(str(failure)) from None
    if law.along is None:
        raise _no_schedule(law)
    return law.along([schedule]), pieces


def _no_schedule(law: Law) -> MisuseError:
    return MisuseError(f"law {law.name!r} does not depend on the schedule: take multi-power or tissue.")


def _runs(rows: Points) -> tuple[str, ...]:
    names = tuple(map(str, np.unique(rows["run_id"])))
    if len(names) < 2:
        raise PointsError(
            f"{counted(len(names), 'run')} cannot show how far a law of schedules is off on another schedule. Give two "
            "or more, of different schedules."
        )
    return names


def _fitted(law: Law, points: Points, columns) -> Fit:
    return fit(law, points, columns=columns)


def _apart(of_rows: Law, rows: Points, name: str, whole: Fit, without: Fit) -> float:
    """Give the root mean square of ln(measured / predicted) along a run by a fit without it."""
    mine = rows.take(rows["run_id"] == name)
    found = of_rows.evaluate(mine["schedule_number"], mine["steps"], **without.values)
    return float(np.sqrt(np.mean(np.log(mine[whole.columns["L"]] / found) ** 2)))


def _of(points: Points, name: str, columns) -> tuple[np.ndarray, np.ndarray]:
    mine = points["run_id"] == name
    order = np.argsort(points["steps"][mine], kind="stable")
    rate = points[(columns or {}).get("lr", "lr")]
    return points["steps"][mine][order], rate[mine][order]


def _summed(steps: np.ndarray, lr: np.ndarray) -> float:
    """Give the sum of the rate over the steps, from the first to the last."""
    return float(((lr[1:] + lr[:-1]) / 2 * np.diff(steps)).sum())


def _warnings(whole: Fit, runs: int, reach: float) -> tuple[str, ...]:
    said = [one.message for one in whole.doubts if one.id == "not_converged"]
    if runs < FEW:
        said.append(f"{runs} runs hardly show how far the law is off on another schedule: add one of another form.")
    if reach > 2:
        said.append(
            f"the summed rate is {reach:.3g} times the largest of the runs: that the error of the form grows as "
            "1 + ln(reach) is an assumption."
        )
    return tuple(said)
