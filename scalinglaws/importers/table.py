"""Anyone's table of runs -> Points, with every rejected row and its reason."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np

from ..errors import PointsError, nearest, unknown_name
from ..points import Points
from ..quantities import QUANTITIES, ROLE_OF_LETTER, SYNONYMS, playing
from ..records import read_json, write_json
from .doubts import doubts
from .formats import Raw, Rejected, read_raw
from .units import converted
from .where import matching
from .writing import write_points

__all__ = ["Imported", "Rejected", "read_mapping", "read_points", "write_points"]

# What a letter means where the field leaves one choice; "N" leaves several (params_total, params_nonembedding ...).
_QUANTITY_OF_LETTER = {
    "D": "tokens",
    "C": "flops",
    "S": "steps",
    "B": "batch_tokens",
    "U": "tokens_unique",
    "L": "loss_nats",
}
_POSITIVE_ROLES = {"params", "tokens", "tokens_unique", "batch", "steps", "flops", "loss"}


@dataclass(frozen=True)
class Imported:
    """A table, read.

    Attributes:
        points: the rows that can be used; exact duplicates are in it, flagged in `excluded_because`.
        rejected: the rows that cannot, with their lines and reasons.
        mapping: our name -> the table's column, for every column that was renamed.
        columns: letter of a law -> quantity, where `map` named a letter; for `fit(columns=...)`.
        notes: sentences about what looks wrong.
    """

    points: Points
    rejected: tuple[Rejected, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    where: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def preview(self, rows: int = 5) -> str:
        """Show columns with their meaning, the first rows, and what was rejected, as text."""
        return _preview(self, rows)

    def save_mapping(self, path: Path) -> None:
        """Keep map, units and row choice in a JSON file for `read_points(mapping_file=...)`."""
        write_json(Path(path), {"map": {**self.mapping, **self.columns}, "unit": dict(self.units), "where": self.where})


def read_points(
    source: str | Path | TextIO,
    *,
    map: Mapping[str, str] | None = None,
    where: str | None = None,
    unit: Mapping[str, str] | None = None,
    mapping_file: str | Path | None = None,
    need: Iterable[str] = (),
    form: str | None = None,
) -> Imported:
    """Read a table of runs: CSV, TSV, JSON lines or Parquet, by name or as an open text stream.

    Args:
        map: quantity or letter -> column of the table, e.g. {"loss_nats": "val/loss", "N": "params_total"}.
        where: rows to keep, e.g. "tokens > 1e9 and arm == c4"; see `where.py`.
        unit: quantity -> unit that the table uses, e.g. {"loss": "bits", "params_total": "millions"}.
        mapping_file: what `save_mapping` wrote; `map`, `unit` and `where` given here win over it.
        need: quantities or letters that must be there.
        form: csv, tsv, jsonl or parquet, where neither the file's ending nor its first line tells.

    Raises:
        PointsError: unreadable, empty, a column missing, named twice or not of numbers, or no row left; the message
            offers the nearest name and what to type.
    """
    saved = read_mapping(mapping_file) if mapping_file else {}
    map = {**saved.get("map", {}), **(map or {})}
    unit = {**saved.get("unit", {}), **(unit or {})}
    where = where or saved.get("where")
    raw = read_raw(source, form)
    renamed, letters = _chosen(map, list(raw.columns))
    columns = _renamed(raw, renamed)
    values, rejected = _values(columns, raw.rows)
    units = {_target(name, list(columns)): in_unit for name, in_unit in unit.items()}
    for name, in_unit in units.items():
        if name not in values:
            raise PointsError(f"--unit {name}={in_unit}: no column is {name}.{nearest(name, values)}")
        values[name] = converted(name, values[name], in_unit, values)
    rejected |= _impossible(values, raw.rows, rejected)
    points = _kept(values, raw, rejected)
    _check_need(points, need, letters)
    if where:
        points = points.take(matching(points, where))
        if not len(points):
            raise PointsError(f"--where {where!r} leaves none of the rows of {raw.source}.")
    listed = [*raw.rejected, *(Rejected(raw.rows[i], reason) for i, reason in rejected.items())]
    listed.sort(key=lambda reject: reject.row)
    return Imported(_without_duplicates(points), tuple(listed), renamed, units, where, letters, doubts(points))


def read_mapping(path: str | Path) -> dict:
    """Read what `Imported.save_mapping` wrote.

    Raises:
        PointsError: the file has other keys.
    """
    saved = read_json(Path(path))
    if not isinstance(saved, dict) or set(saved) - {"map", "unit", "where"}:
        raise PointsError(f"{path} is no mapping: it must hold the keys map, unit and where alone.")
    return saved


def _target(name: str, columns: list[str]) -> str:
    """Say which quantity a name on the left of --map or --unit stands for."""
    if name in QUANTITIES or name in SYNONYMS:
        return SYNONYMS.get(name, name)
    if name in _QUANTITY_OF_LETTER:
        return _QUANTITY_OF_LETTER[name]
    if name == "N":
        present = [q for q in playing("params") if q in columns]
        if len(present) == 1:
            return present[0]
        raise PointsError(f"N can count parameters in several ways; say which: {', '.join(playing('params'))}.")
    raise unknown_name("quantity", name, [*QUANTITIES, *SYNONYMS, *ROLE_OF_LETTER])


def _chosen(map: Mapping[str, str], present: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Split a map into columns to rename and letters that name a quantity already there."""
    renamed: dict[str, str] = {}
    letters: dict[str, str] = {}
    for name, column in map.items():
        known = SYNONYMS.get(column, column)
        if name in ROLE_OF_LETTER and known in QUANTITIES and QUANTITIES[known].role == ROLE_OF_LETTER[name]:
            letters[name] = known
            continue
        if column not in present:
            raise PointsError(
                f"--map {name}={column}: the table has no column {column!r}.{nearest(column, present)} "
                f"It has {', '.join(present)}."
            )
        renamed[_target(name, present)] = column
    return renamed, letters


def _renamed(raw: Raw, renamed: Mapping[str, str]) -> dict[str, list]:
    """Give every column its final name; two columns that mean one quantity are an error unless `map` chose."""
    columns = {name: raw.columns[column] for name, column in renamed.items()}
    for name, values in raw.columns.items():
        if name in renamed.values():
            continue
        final = SYNONYMS.get(name, name)
        if final in renamed:
            columns[f"{name}_as_read"] = values
        elif final in columns or (final != name and final in raw.columns):
            twins = [column for column in raw.columns if SYNONYMS.get(column, column) == final]
            raise PointsError(
                f"the columns {' and '.join(map(repr, twins))} both mean {final}. Choose one: --map {final}={twins[0]}."
            )
        else:
            columns[final] = values
    return columns


def _values(columns: Mapping[str, list], rows: list[int]) -> tuple[dict[str, np.ndarray], dict[int, str]]:
    """Turn the quantities into numbers; return them with the rows where one is no number."""
    values: dict[str, np.ndarray] = {}
    rejected: dict[int, str] = {}
    for name, column in columns.items():
        if name in QUANTITIES and QUANTITIES[name].role != "label":
            values[name], bad = _numbers(column)
            _check_mostly_numbers(name, column, bad, rows)
            for i in bad:
                rejected.setdefault(i, f"{name} = {column[i]!r} is not a number")
        else:
            values[name] = column
    return values, rejected


def _numbers(column: list) -> tuple[np.ndarray, list[int]]:
    try:
        return np.array([math.nan if v is None or v == "" else v for v in column], dtype=np.float64), []
    except (TypeError, ValueError):
        pass
    numbers, bad = np.full(len(column), math.nan), []
    for i, value in enumerate(column):
        if value is None or str(value).strip() == "":
            continue
        try:
            numbers[i] = float(value)
        except (TypeError, ValueError):
            bad.append(i)
    return numbers, bad


def _check_mostly_numbers(name: str, column: list, bad: list[int], rows: list[int]) -> None:
    filled = sum(1 for value in column if value not in (None, ""))
    if 2 * len(bad) > filled:
        raise PointsError(
            f"column {name!r} must hold numbers; line {rows[bad[0]]} holds {column[bad[0]]!r}; {len(bad)} of {filled} "
            f"values are like it. Write 1300000000 or 1.3e9 (see also --unit), or choose another column with "
            f"--map {name}=COLUMN."
        )


def _impossible(values: Mapping[str, np.ndarray], rows: list[int], known: Mapping[int, str]) -> dict[int, str]:
    """Find rows with a loss that is missing, and with a physical quantity that is infinite, zero or negative."""
    reasons: dict[int, str] = {}
    for name, column in values.items():
        if name not in QUANTITIES or QUANTITIES[name].role not in _POSITIVE_ROLES:
            continue
        wrong = ~(column > 0) | np.isinf(column)
        if QUANTITIES[name].role != "loss" or name != "loss_nats":
            wrong &= ~np.isnan(column)
        for i in np.flatnonzero(wrong):
            if i not in known:
                reasons.setdefault(int(i), _reason(name, float(column[i])))
    return reasons


def _reason(name: str, value: float) -> str:
    if math.isnan(value):
        return f"{name} is missing or not a number: a diverged run, or a cell left empty"
    return f"{name} = {value:g}; it must be above 0 and finite"


def _kept(values: Mapping[str, np.ndarray], raw: Raw, rejected: Mapping[int, str]) -> Points:
    keep = np.array([i for i in range(len(raw.rows)) if i not in rejected], dtype=int)
    if not len(keep):
        first = min(rejected)
        raise PointsError(
            f"none of the {len(raw.rows)} rows of {raw.source} can be used; line {raw.rows[first]}: {rejected[first]}."
        )
    points = Points(values, raw.source)
    return points if len(keep) == len(raw.rows) else points.take(keep)


def _check_need(points: Points, need: Iterable[str], letters: Mapping[str, str]) -> None:
    for name in need:
        if name in ROLE_OF_LETTER:
            allowed = [letters[name]] if name in letters else playing(ROLE_OF_LETTER[name])
        else:
            allowed = [SYNONYMS.get(name, name)]
        if not any(choice in points for choice in allowed):
            present = sorted(points.columns)
            raise PointsError(
                f"the table has no {' or '.join(allowed)}.{nearest(allowed[0], present)} It has "
                f"{', '.join(present)}. Name the column with --map {allowed[0]}=COLUMN."
            )


def _without_duplicates(points: Points) -> Points:
    """Flag every row that repeats an earlier one in all columns."""
    first: dict[tuple, int] = {}
    because = list(points["excluded_because"]) if "excluded_because" in points else [""] * len(points)
    columns = [v.tolist() for name, v in points.columns.items() if name != "excluded_because"]
    repeated = False
    for i, row in enumerate(zip(*columns, strict=True)):
        key = tuple(None if value != value else value for value in row)
        j = first.setdefault(key, i)
        if j != i and not because[i]:
            because[i], repeated = f"repeats row {j + 1} in every column", True
    return points.replace(excluded_because=because) if repeated else points


def _preview(imported: Imported, rows: int) -> str:
    points = imported.points
    lines = [f"{points.source}: {len(points)} points, {len(imported.rejected)} rows rejected"]
    for name, values in points.columns.items():
        known = QUANTITIES.get(name)
        meaning = f"{known.meaning} [{known.unit or 'text'}]" if known else "kept as it is"
        came = f" (from {imported.mapping[name]!r})" if name in imported.mapping else ""
        shown = ", ".join(f"{v:.6g}" if isinstance(v, float) else str(v) for v in values[:rows].tolist())
        lines.append(f"  {name}{came}: {meaning}: {shown}")
    lines += [f"  rejected line {r.row}: {r.reason}" for r in imported.rejected[:rows]]
    if len(imported.rejected) > rows:
        lines.append(f"  ... and {len(imported.rejected) - rows} more")
    return "\n".join([*lines, *(f"  note: {note}" for note in imported.notes)])
