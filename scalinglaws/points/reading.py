"""Anyone's table of runs -> Points, with every rejected row and its reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..errors import PointsError, argument, counted, nearest, unknown_name
from ..formats.raw import Raw, Rejected
from ..formats.read_raw import read_raw
from ..quantities import QUANTITIES, ROLE_OF_LETTER, SYNONYMS, playing
from ..records.arguments import checked
from ..records.json_values import from_plain, read_json, write_json
from .cell_values import impossible, values_of
from .doubts import doubts, mixed, pooled
from .failed_rows import without_failures
from .foreign_units import converted
from .points import Points
from .where import matching

__all__ = ["Imported", "read_mapping", "read_points"]

# What a letter means where the field leaves one choice; "N" leaves several (params_total, params_nonembedding ...).
_QUANTITY_OF_LETTER = {
    "D": "tokens",
    "C": "flops",
    "S": "steps",
    "B": "batch_tokens",
    "U": "tokens_unique",
    "L": "loss_nats",
}

_STEPS = ("step", "_step", "global_step", "iter", "iteration")  # of a log: a row a moment of training
LOGGED = (
    f"loss is taken for the training loss, as a log's is; if it is held out, say {argument(map={'loss_nats': 'loss'})}"
)


@dataclass(frozen=True)
class _Mapping:
    """What `Imported.save_mapping` writes."""

    map: dict[str, str] = field(default_factory=dict)
    unit: dict[str, str] = field(default_factory=dict)
    where: str | None = None


@dataclass(frozen=True)
class Imported:
    """A table, read.

    Attributes:
        points: the rows that can be used; exact duplicates are in it, flagged in `excluded_because`.
        mapping: our name -> the table's column, for every column that was renamed.
        notes: sentences about what looks wrong.
    """

    points: Points
    mapping: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    where: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        """The rows that cannot be used, with their lines and reasons."""
        return self.points.rejected

    @property
    def columns(self) -> Mapping[str, str]:
        """Letter of a law -> quantity, where `map` named a letter; for `fit(columns=...)`."""
        return self.points.letters

    def preview(self, rows: int = 5) -> str:
        """Show columns with their meaning, the first rows, and what was rejected, as text."""
        return _preview(self, rows)

    def save_mapping(self, path: Path) -> None:
        """Keep map, units and row choice in a JSON file for `read_points(mapping_file=...)`."""
        write_json(Path(path), {"map": {**self.mapping, **self.columns}, "unit": dict(self.units), "where": self.where})


@checked
def read_points(
    source: object,
    *,
    map: Mapping[str, str] | None = None,
    where: str | None = None,
    unit: Mapping[str, str] | None = None,
    mapping_file: str | Path | None = None,
    need: Iterable[str] = (),
    across: Iterable[str] = (),
    form: str | None = None,
) -> Imported:
    """Read a table of runs: CSV, TSV, JSON lines or Parquet, by name or as an open text stream; or one in memory.

    A data frame of pandas or polars and a dictionary of columns are read as the same file would be.

    Args:
        map: quantity or letter -> column of the table, e.g. {"loss_nats": "val/loss", "N": "params_total"}.
        where: rows to keep, e.g. "tokens > 1e9 and arm == c4"; see `where.py`.
        unit: quantity -> unit that the table uses, e.g. {"loss": "bits", "params_total": "millions"}.
        mapping_file: what `save_mapping` wrote; `map`, `unit` and `where` given here win over it.
        need: quantities or letters that must be there.
        across: columns of labels (tokenizers, test sets, recipes ...) across which a law may be fitted; see `Points`.
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
    logged = _of_a_log(raw.columns, map)
    map = map | logged
    renamed, letters = _chosen(map, list(raw.columns))
    values, rejected, notes = values_of(_renamed(raw, renamed), raw.rows)
    units = _in_our_units(values, unit)
    rejected |= impossible(values, raw.rows, rejected)
    points = _kept(values, raw, rejected)
    _check_need(points, need, letters)
    points, failures = without_failures(_matching(points, where))
    points = _without_duplicates(points).across(*across)
    notes += [LOGGED] * bool(logged)
    points = replace(points, notes=(*notes, *failures, *doubts(points), *pooled(points)))
    listed = [*raw.rejected, *(Rejected(raw.rows[i], reason) for i, reason in rejected.items())]
    listed.sort(key=lambda reject: reject.row)
    points = replace(points, letters=letters, rejected=tuple(listed))
    return Imported(points, renamed, units, where, (*points.notes, *mixed(points)))


def _of_a_log(columns: Mapping[str, list], map: Mapping[str, str]) -> dict[str, str]:
    """Take `loss` for the training loss where it stands beside a held-out one, or beside the step of a log."""
    beside = any(name in columns for name in (*_STEPS, "val_loss", "loss_nats"))
    taken = "loss" in map.values() or "loss_train_nats" in {*map, *columns}
    return {"loss_train_nats": "loss"} if "loss" in columns and beside and not taken else {}


def _in_our_units(values: dict[str, np.ndarray | list], unit: Mapping[str, str]) -> dict[str, str]:
    """Convert the columns that `unit` names where they stand; give quantity -> unit that the table used."""
    units = {_target(name, list(values)): in_unit for name, in_unit in unit.items()}
    for name, in_unit in units.items():
        if name not in values:
            raise PointsError(f"{argument(unit={name: in_unit})}: no column is {name}.{nearest(name, values)}")
        values[name] = converted(name, np.asarray(values[name]), in_unit, values)
    return units


def _matching(points: Points, where: str | None) -> Points:
    if not where:
        return points
    found = replace(points.take(matching(points, where)), where=where)
    if not len(found):
        raise PointsError(f"{argument(where=where)} leaves none of the rows of {points.source}.")
    return found


def read_mapping(path: str | Path) -> dict:
    """Read what `Imported.save_mapping` wrote.

    Raises:
        PointsError: the file has other keys, or values of another kind.
    """
    saved = from_plain(_Mapping, read_json(Path(path)), str(path), PointsError)
    return {"map": saved.map, "unit": saved.unit, "where": saved.where}


def _target(name: str, columns: list[str]) -> str:
    """Say which quantity a name on the left in `map` or `unit` stands for."""
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
                f"{argument(map={name: column})}: the table has no column {column!r}.{nearest(column, present)} "
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
                f"the columns {' and '.join(map(repr, twins))} both mean {final}. Choose one: "
                f"{argument(map={final: twins[0]})}."
            )
        else:
            columns[final] = values
    return columns


def _kept(values: Mapping[str, np.ndarray | list], raw: Raw, rejected: Mapping[int, str]) -> Points:
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
                f"{', '.join(present)}. Name the column with {argument(map={allowed[0]: 'COLUMN'})}."
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
    lines = [f"{points.source}: {counted(len(points), 'point')}, {counted(len(imported.rejected), 'row')} rejected"]
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
