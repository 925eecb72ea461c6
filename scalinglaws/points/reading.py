"""Any table of runs -> Points, with every rejected row and its reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..errors import PointsError, argument, nearest
from ..formats.raw import Raw, Rejected
from ..formats.read_raw import read_raw
from ..quantities import ROLE_OF_LETTER, SYNONYMS, playing
from ..records.arguments import checked
from ..records.json_values import from_plain, read_json, write_json
from .along_runs import untold
from .cell_values import impossible, values_of
from .choosing_columns import Chosen, choose_columns, column_of, target_of
from .derived import with_derived
from .doubts import doubts, mixed
from .foreign_units import converted
from .given import Given, with_given
from .imported_text import preview
from .judged_rows import judged
from .long_tables import widened
from .merged_cells import without_merged
from .one_definition import mixtures
from .other_metrics import rows_of_held_out_loss
from .plausible_loss import check_loss_is_one
from .points import Points
from .reasons_in_tables import left_out_by_the_table
from .repeated_rows import without_repeated
from .summary_rows import summaries
from .where import matching

__all__ = ["Imported", "read_mapping", "read_points"]


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
        points: the usable rows; exact duplicates are among them, marked in `excluded_because`.
        mapping: our name -> the table's column, for every column that was renamed.
        units: our name -> the unit of the table's column, where it was converted.
        where: how rows were chosen.
        notes: sentences about what was read how, and about what looks wrong.
        form: what the source was taken for: "CSV", "nanoGPT log" ...
    """

    points: Points
    mapping: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    where: str | None = None
    notes: tuple[str, ...] = ()
    form: str = ""

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        """The rejected rows, with their lines and reasons."""
        return self.points.rejected

    @property
    def columns(self) -> Mapping[str, str]:
        """Letter of a law -> quantity, for letters named in `map`; for `fit(columns=...)`."""
        return self.points.letters

    def preview(self, rows: int = 5) -> str:
        """Write the columns with their meaning, the first rows and the rejected rows as text."""
        return preview(self, rows)

    def save_mapping(self, path: Path) -> None:
        """Save map, units and row choice in a JSON file for `read_points(mapping_file=...)`."""
        write_json(Path(path), {"map": {**self.mapping, **self.columns}, "unit": dict(self.units), "where": self.where})


@checked
def read_points(
    source: object,
    *,
    map: Mapping[str, str] | None = None,
    where: str | None = None,
    unit: Mapping[str, str] | None = None,
    given: Given | None = None,
    mapping_file: str | Path | None = None,
    need: Iterable[str] = (),
    across: Iterable[str] = (),
    form: str | None = None,
    keep_rows: str | Iterable[str] = (),
    best_of: Iterable[str] = (),
) -> Imported:
    """Read a table or the logs of runs in any format on the shelf: files by name, a folder, an open text stream.

    A data frame of pandas or polars and a dictionary of columns are read as the same file would be.

    Args:
        map: quantity or letter -> column of the table, e.g. {"loss_nats": "val/loss", "N": "params_total"}.
        where: rows to keep, e.g. "tokens > 1e9 and arm == c4"; see `where.py`.
        unit: quantity -> unit that the table uses, e.g. {"loss": "bits", "params_total": "millions"}.
        given: facts that the table lacks, of all rows or by run: {"batch_tokens": 524288, "params_total": {"a": 14e6}}.
        mapping_file: what `save_mapping` wrote; `map`, `unit` and `where` given here override it.
        need: quantities or letters that must be there.
        across: columns of labels (tokenizers, test sets, recipes ...) across which a law may be fitted; see `Points`.
        form: one of `formats.read_raw.FORMS`, where the beginning of the file does not say which it is.
        keep_rows: kinds of rows (`row_kinds.KINDS`) that take part although they stand for no run; or "all".
        best_of: columns of a sweep, such as "lr": of each size and number of tokens the best value takes part.

    Raises:
        PointsError: unreadable, empty, a column missing, named twice or not of numbers, or no row left; the message
            offers the nearest name and what to type.
    """
    map, unit, where = _over_the_saved(mapping_file, map or {}, unit or {}, where)
    chosen = choose_columns(raw := widened(read_raw(source, form)), map)
    values, rejected, notes = _values(raw, chosen, given or {})
    units = _in_our_units(values, chosen.units | unit)
    rejected |= impossible(values, raw.rows, rejected)
    loss, points = _loss_as_told(raw, chosen, values, unit), _kept(values, raw, rejected)
    raw.columns = chosen.columns = values = {}  # of a large table, memory
    points, formulas = with_derived(points, chosen.letters.values())
    check_loss_is_one(points, *loss)
    _check_need(points, need, chosen.letters)
    points, left_out = _taking_part(replace(points, letters=chosen.letters), where, keep_rows, tuple(best_of))
    apart = mixtures(replace(points := points.across(*across), pooled=()))
    notes = [*raw.notes, *chosen.notes, *notes, *formulas, *left_out, *doubts(points, apart, loss, chosen.renamed)]
    points = replace(points, notes=tuple(dict.fromkeys(notes)), rejected=_listed(raw, rejected))
    further = (*mixed(points, apart), *untold(points))
    return Imported(points, chosen.renamed, units, where, (*points.notes, *further), raw.form)


def _taking_part(
    points: Points, where: str | None, keep_rows: str | Iterable[str], best_of: tuple[str, ...]
) -> tuple[Points, list[str]]:
    """Choose the rows, and leave out those that stand for no run of their own; give the points and notes."""
    points = _matching(points, where)
    told = left_out_by_the_table(points, keep_rows)
    points, left_out = judged(points, keep_rows, best_of)
    points, repeated = without_repeated(points)
    return points, [*told, *left_out, *repeated]


def _loss_as_told(raw: Raw, chosen: Chosen, values: Mapping, unit: Mapping[str, str]) -> tuple[str, bool]:
    """Give the table's name for its loss, and whether the unit of a loss was stated."""
    stated = (target_of(name, list(values)) for name in unit)
    return column_of("loss_nats", raw, chosen), any(name.startswith("loss") for name in stated)


def _over_the_saved(
    mapping_file: str | Path | None, map: Mapping[str, str], unit: Mapping[str, str], where: str | None
) -> tuple[dict[str, str], dict[str, str], str | None]:
    saved = read_mapping(mapping_file) if mapping_file else {"map": {}, "unit": {}, "where": None}
    return {**saved["map"], **map}, {**saved["unit"], **unit}, where or saved["where"]


def _values(raw: Raw, chosen: Chosen, given: Given) -> tuple[dict, dict[int, str], list[str]]:
    """Keep the rows of the held-out loss, add what was given, read the cells; give columns, rejected rows, notes."""
    columns, kept, others = rows_of_held_out_loss(chosen.columns)
    if len(kept) < len(raw.rows):
        raw.rows = [raw.rows[i] for i in kept]
    columns, merged = without_merged(columns)
    columns, facts = with_given(columns, given)
    values, rejected, unread = values_of(columns, raw.rows)
    return values, rejected | summaries(columns), [*others, *merged, *facts, *unread]


def _listed(raw: Raw, rejected: Mapping[int, str]) -> tuple[Rejected, ...]:
    """List the rows that are no points in the order of the file."""
    found = [*raw.rejected, *(Rejected(raw.rows[i], reason) for i, reason in rejected.items())]
    return tuple(sorted(found, key=lambda reject: (getattr(reject.row, "file", ""), reject.row)))


def _in_our_units(values: dict[str, np.ndarray | list], unit: Mapping[str, str]) -> dict[str, str]:
    """Convert the columns that `unit` names in place; return quantity -> unit that the table used."""
    units = {target_of(name, list(values)): in_unit for name, in_unit in unit.items()}
    for name, in_unit in units.items():
        if name not in values:
            raise PointsError(f"{argument(unit={name: in_unit})}: no column is {name}.{nearest(name, values)}")
        as_read = np.asarray(values[name])
        values[name] = converted(name, as_read, in_unit, values)
        if f"{name}_error" in values:  # that stood behind the values, in their unit
            scale = 1.0 if in_unit == "perplexity" else values[name]
            values[f"{name}_error"] = np.asarray(values[f"{name}_error"]) * scale / as_read
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


def _kept(values: Mapping[str, np.ndarray], raw: Raw, rejected: Mapping[int, str]) -> Points:
    if len(rejected) == len(raw.rows):
        first = min(rejected)
        raise PointsError(
            f"none of the {len(raw.rows)} rows of {raw.source} can be used; line {raw.rows[first]}: {rejected[first]}."
        )
    points = Points(values, raw.source)
    return points.take(np.delete(np.arange(len(raw.rows)), list(rejected))) if rejected else points


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
