"""Cells of a table -> numbers: cells that are not numbers, impossible values, and columns of text."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ..errors import PointsError, argument
from ..formats.large_text import Cells
from ..quantities import QUANTITIES, playing
from .cells_with_units import errors_behind, has_more_behind, read_alike
from .plain_numbers import plain_numbers

_POSITIVE_ROLES = {"params", "tokens", "tokens_unique", "batch", "steps", "flops", "loss"}
_NEEDED = {"params", "tokens", "loss"}
_HOW_TO_WRITE = dict.fromkeys(("params", "tokens"), "Write 1300000000 or 1.3e9")
_SWITCHES = {"true": True, "false": False}
LARGEST = 1e100  # of any amount: products of three stay finite
MOST_SHOWN = 40  # characters of a cell that a sentence shows


def values_of(
    columns: Mapping[str, list], rows: Sequence[int]
) -> tuple[dict[str, np.ndarray | list], dict[int, str], list[str]]:
    """Turn the quantities into numbers; give the columns, the rejected rows with reasons, and notes.

    A row is rejected if its size, tokens, loss or another measured amount is not a number; a cell of another quantity
    (a rate, a shape, a switch) then counts as missing. A column of which most cells are not numbers is kept as text.
    """
    values: dict[str, np.ndarray | list] = {}
    rejected: dict[int, str] = {}
    notes: list[str] = []
    for name, column in columns.items():
        if name not in QUANTITIES or QUANTITIES[name].role == "label":
            values[name] = column
            continue
        numbers, bad = _numbers(column, QUANTITIES[name].role not in _POSITIVE_ROLES)
        if not bad:
            values[name] = numbers
            continue
        alike = read_alike(column, share=QUANTITIES[name].role in ("accuracy", "error"))
        if alike is not None:
            values[name] = np.array([math.nan if value is None else value for value in alike])
            said = f"{name}: {_shown(column[bad[0]])} is read as {values[name][bad[0]]:,.15g}"
            notes.append(said + _with_error(name, column, bad[0], values))
            continue
        if 2 * len(bad) > sum(value not in (None, "") for value in column):
            _check_spared(name, column, bad, rows, columns)
            values[f"{name}_as_read"] = column
            notes.append(f"{name} is not numeric (line {rows[bad[0]]}: {_shown(column[bad[0]])}): kept as text")
        else:
            values[name] = numbers
            _without(name, column, bad, rows, rejected, notes)
    return values, rejected, notes


def _with_error(name: str, column: list, first: int, values: dict[str, np.ndarray | list]) -> str:
    """Keep the errors that stand behind the values as a column of their own; say so, or what was left out."""
    if not has_more_behind(column[first]):
        return ""
    errors = errors_behind(column)
    if errors is None:
        return ", and what stands behind the number is left out"
    values[f"{name}_error"] = np.array(errors)
    return (
        f" with the error {errors[first]:.3g}, and so all of them; {name}_error holds the errors. Whether they are of "
        f"one run or of a mean is not said; a fit weighs by them with {argument(weights=f'sd={name}_error')}"
    )


def _without(name: str, column: list, bad: list[int], rows: Sequence[int], rejected: dict[int, str], notes: list[str]):
    """Reject the rows of bad cells of a measured amount; note that those of other columns count as missing."""
    if QUANTITIES[name].role in _POSITIVE_ROLES:
        for i in bad:
            rejected.setdefault(i, f"{name} = {_shown(column[i])} is not a number")
    else:
        many = f"{len(bad)} cells are not numbers" if len(bad) > 1 else "a cell is not a number"
        notes.append(f"{name}: {many} (line {rows[bad[0]]}: {_shown(column[bad[0]])}), taken as missing")


def holds_numbers(column: list) -> bool:
    """Say whether at least half of a column's filled cells are numbers."""
    numbers = plain_numbers(column)
    if numbers is not None:
        return bool(np.isfinite(numbers).any()) or any(column)
    filled = [value for value in column if value not in (None, "")]
    bad = _numbers(filled, switches=True)[1]
    return bool(filled) and (2 * len(bad) <= len(filled) or read_alike(filled) is not None)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def _numbers(column: list, switches: bool) -> tuple[np.ndarray, list[int]]:
    """Read cells as numbers, and list those that are not; true and false are 1 and 0 if the column may be a switch."""
    plain = plain_numbers(column)
    if plain is not None:
        return plain, []
    if isinstance(column, Cells):
        different, place = column.labels
        numbers, bad = _numbers(different, switches)
        return numbers[place], np.flatnonzero(np.isin(place, bad)).tolist()
    numbers, bad = np.full(len(column), math.nan), []
    for i, value in enumerate(column):
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        if isinstance(value, str) and switches:
            value = _SWITCHES.get(value.strip().lower(), value)
        try:
            if isinstance(value, bool) and not switches:
                raise ValueError
            numbers[i] = float(value)
        except (TypeError, ValueError, OverflowError):
            bad.append(i)
    return numbers, bad


def _check_spared(name: str, column: list, bad: list[int], rows: Sequence[int], columns: Mapping[str, list]) -> None:
    """Refuse a column of text if it is the only size, tokens or loss of the table.

    Raises:
        PointsError: with the first cell, and how to write it.
    """
    role = QUANTITIES[name].role
    if role in _NEEDED and sum(other in columns for other in playing(role)) == 1:
        filled = sum(value not in (None, "") for value in column)
        raise PointsError(
            f"column {name!r} must hold numbers; line {rows[bad[0]]} holds {_shown(column[bad[0]])}; {len(bad)} "
            f"of its {filled} values are no numbers. {_HOW_TO_WRITE.get(role, 'Write 2.514')}, or choose another "
            f"column with {argument(map={name: 'COLUMN'})}."
        )


def impossible(
    values: Mapping[str, np.ndarray | list], rows: Sequence[int], known: Mapping[int, str]
) -> dict[int, str]:
    """Find rows whose loss is missing, or with a physical quantity that is infinite, zero or negative."""
    reasons: dict[int, str] = {}
    for name, column in values.items():
        if name not in QUANTITIES or QUANTITIES[name].role not in _POSITIVE_ROLES or isinstance(column, list):
            continue
        wrong = ~(column > 0) | (column > LARGEST)
        if QUANTITIES[name].role != "loss" or name != "loss_nats":
            wrong &= ~np.isnan(column)
        wrong &= ~_left_out(values)
        for i in np.flatnonzero(wrong):
            if i not in known:
                reasons.setdefault(int(i), _reason(name, float(column[i])))
    return reasons


def _left_out(values: Mapping[str, np.ndarray | list]) -> np.ndarray:
    """Mark the rows that the table itself excludes, such as models without layers, whose N is 0, in our own tables."""
    because = values.get("excluded_because", [])
    return np.array([bool(reason) for reason in because]) if len(because) else np.array(False)


def _reason(name: str, value: float) -> str:
    if math.isnan(value):
        return f"{name} is missing or not a number: a diverged run, or an empty cell"
    if value == 0 and QUANTITIES[name].role in ("steps", "tokens"):
        return f"{name} = 0: measured before the first step"
    sign = ". A mean log-likelihood is a loss with the other sign" if value < 0 and name == "loss_nats" else ""
    return f"{name} = {value:g}; it must be above 0 and at most {LARGEST:g}{sign}"
