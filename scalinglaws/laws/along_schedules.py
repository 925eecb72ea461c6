"""Laws of one run's whole learning-rate schedule, turned into laws of the rows of several runs."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .declaration import Law


@dataclass(frozen=True)
class Schedule:
    """The learning rates of a run in order, and the number of steps for which each applies: both (pieces,)."""

    rates: np.ndarray
    steps: np.ndarray | float = 1.0


def since_changes(
    rates: np.ndarray, covered: np.ndarray, asked: np.ndarray, cells: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give, for blocks of the pieces asked for, the pieces at which the rate changes and the distance since then.

    Args:
        covered: the distance at the end of each piece, in steps or in summed learning rate.
        cells: how many numbers are computed at once.

    Yields:
        (changes,), and the distance (asked, changes), 0 before a change.
    """
    changes = 1 + np.flatnonzero(np.diff(rates))
    rows = max(1, cells // max(1, len(changes)))
    for at in range(0, len(asked), rows):
        here = asked[at : at + rows, None]
        yield changes, np.where(changes <= here, covered[here] - covered[changes - 1], 0.0)


def along_runs(member: Law, loss_at: Callable, slopes_at: Callable, schedules: Sequence[Schedule]) -> Law:
    """Make the law of several runs: loss after piece S, counted from 0, of the run with schedules[schedule].

    It takes rows in any order, so that a fit may leave rows out, weigh or resample them.

    Args:
        member: the law of one run; the new law has its name, parameters and constants.
        loss_at, slopes_at: f(rates, pieces asked for, steps per piece, **parameters): the loss, and its derivatives.
    """

    def each(function, schedule, S):
        schedule, S = np.broadcast_arrays(np.asarray(schedule).astype(int), np.asarray(S).astype(int))
        for number in np.unique(schedule):
            rows, one = np.flatnonzero(schedule == number), schedules[number]
            yield rows, function(one.rates, S[rows], one.steps)

    def evaluate(schedule, S, **at):
        return _in_order(list(each(lambda *run: loss_at(*run, **at), schedule, S)))

    def slopes(schedule, S, **at):
        parts = list(each(lambda *run: slopes_at(*run, **at), schedule, S))
        value = _in_order([(rows, value) for rows, (value, _) in parts])
        return value, {name: _in_order([(rows, all_[name]) for rows, (_, all_) in parts], value.shape) for name in at}

    names = [p.name for p in member.parameters]
    return replace(
        member,
        evaluate=_declared(evaluate, names),
        slopes=slopes,
        convention={"schedule": "schedule_number", "S": "steps"},
        domain={},
        along=None,
        about=f"{member.name} of several runs, by the number of the schedule and the piece within it.",
    )


def _declared(function: Any, names: Sequence[str]) -> Callable:
    """Give a function the signature that a law declares: (schedule, S, *, parameters)."""
    kinds = inspect.Parameter
    taken = [kinds(name, kinds.POSITIONAL_OR_KEYWORD) for name in ("schedule", "S")]
    function.__signature__ = inspect.Signature([*taken, *(kinds(name, kinds.KEYWORD_ONLY) for name in names)])
    return function


def _in_order(parts, shape=None):
    last = sum(len(rows) for rows, _ in parts)
    whole = np.empty((*np.shape(parts[0][1])[:-1], last) if shape is None else shape, np.result_type(parts[0][1]))
    for rows, value in parts:
        whole[..., rows] = value
    return whole
