"""Which column of a table is which quantity: what the user said, what the names say, and what is known of logs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..errors import PointsError, argument, nearest, unknown_name
from ..formats.raw import Raw, missing
from ..quantities import QUANTITIES, ROLE_OF_LETTER, SYNONYMS, playing
from .cell_values import holds_numbers
from .foreign_units import allowed_units
from .names import letter_of, loss_by_word, named, names_held_out, plain, which_count

# The quantity of a letter if the field has only one for it; "N" leaves several (params_total, params_nonembedding ...).
_QUANTITY_OF_LETTER = {
    "D": "tokens",
    "C": "flops",
    "S": "steps",
    "B": "batch_tokens",
    "U": "tokens_unique",
    "L": "loss_nats",
}

_LETTERS = ("D", "C", "L")  # that mean one thing beside an N
_STEPS = ("step", "_step", "global_step", "iter", "iteration")  # of a log, with one row per step
LOGGED = (
    "loss is read as the training loss, as in a log; if it is a held-out loss, use "
    f"{argument(map={'loss_nats': 'loss'})}"
)


@dataclass
class Chosen:
    """The columns of a table under our names.

    Attributes:
        columns: our name, or the table's own -> cells.
        renamed: our name -> the table's, for every column that was renamed.
        letters: letter of a law -> quantity, where a letter was mapped.
        units: quantity -> unit that a column's name gives in brackets.
        notes: sentences on how columns were read.
    """

    columns: dict[str, list]
    renamed: dict[str, str]
    letters: dict[str, str]
    units: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def choose_columns(raw: Raw, map: Mapping[str, str]) -> Chosen:
    """Name the columns: as `map` says, then by their names.

    Raises:
        PointsError: `map` names a column that is not there, or two columns mean one quantity.
    """
    logged = _of_a_log(raw.columns, map)
    renamed, letters = _chosen({**map, **logged}, list(raw.columns))
    free = [name for name in raw.columns if name not in renamed.values()]
    by_name = [one for one in named(free, renamed) if _may_be(one.quantity, raw.columns[one.column])]
    renamed |= {one.quantity: one.column for one in by_name}
    letters_read = _letters_of(raw.columns, {*renamed, *raw.columns})
    renamed |= letters_read
    notes = [LOGGED] * bool(logged)
    by_letter = ", ".join(f"{letter} as {quantity}" for quantity, letter in letters_read.items())
    notes += [f"columns are read by their letters: {by_letter}"] * bool(by_letter)
    loss = loss_by_word(raw.columns) if not _has_loss({*raw.columns, *renamed}) else None
    if loss is not None and holds_numbers(raw.columns[loss]):
        renamed["loss_nats"] = loss
        notes.append(f"{loss!r} is read as the held-out loss in nats per token")
    units = {one.quantity: one.unit for one in by_name if one.unit} | _units_in_names(renamed)
    return Chosen(_renamed(raw, renamed), renamed, letters, units, notes)


def _has_loss(names: Iterable[str]) -> bool:
    roles = {QUANTITIES[known].role for name in names if (known := SYNONYMS.get(name, name)) in QUANTITIES}
    return bool(roles & {"loss", "loss_other", "loss_task", "accuracy", "error", "overfitting", "loss_rise"})


def _letters_of(columns: Mapping[str, list], taken: Iterable[str]) -> dict[str, str]:
    """Read D, C and L as tokens, compute and loss, where they stand beside an N and no column is that by its name."""
    roles = {QUANTITIES[known].role for name in taken if (known := SYNONYMS.get(name, name)) in QUANTITIES}
    free = {_QUANTITY_OF_LETTER[letter]: letter for letter in _LETTERS if ROLE_OF_LETTER[letter] not in roles}
    of_letter = {letter_of(column): column for column in reversed(list(columns))}
    read = {name: of_letter[letter] for name, letter in free.items() if letter in of_letter}
    return {name: one for name, one in read.items() if holds_numbers(columns[one])} if "N" in of_letter else {}


def _may_be(quantity: str, cells: list) -> bool:
    """Say whether cells can be of a quantity: a label, or numbers; an empty column may be anything."""
    return QUANTITIES[quantity].role == "label" or holds_numbers(cells) or all(map(missing, cells))


def _units_in_names(renamed: Mapping[str, str]) -> dict[str, str]:
    """Read the units that stand in brackets behind the columns' names, where they are units of the quantity."""
    found = {quantity: plain(column)[1] for quantity, column in renamed.items()}
    return {quantity: unit for quantity, unit in found.items() if unit and unit in allowed_units(quantity)}


def _of_a_log(columns: Mapping[str, list], map: Mapping[str, str]) -> dict[str, str]:
    """Read `loss` as the training loss if the table also has a held-out loss, or the step of a log."""
    beside = any(name in _STEPS or names_held_out(name) for name in columns)
    taken = "loss" in map.values() or "loss_train_nats" in {*map, *columns}
    return {"loss_train_nats": "loss"} if "loss" in columns and beside and not taken else {}


def column_of(quantity: str, raw: Raw, chosen: Chosen) -> str:
    """Give the name under which the table holds a quantity."""
    ours = (name for name in raw.columns if SYNONYMS.get(name, name) == quantity)
    return chosen.renamed.get(quantity) or next(ours, "COLUMN")


def target_of(name: str, columns: list[str], column: str = "COLUMN") -> str:
    """Return the quantity that a key of `map` or `unit` stands for."""
    if name in QUANTITIES or name in SYNONYMS:
        return SYNONYMS.get(name, name)
    if name in _QUANTITY_OF_LETTER:
        return _QUANTITY_OF_LETTER[name]
    if name == "N":
        present = [q for q in playing("params") if q in columns]
        if len(present) == 1:
            return present[0]
        others = ", ".join(playing("params")[1:])
        raise PointsError(
            f"N can count parameters in several ways; name one: {which_count(column)}. Other counts: {others}."
        )
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
        renamed[target_of(name, present, column)] = column
    return renamed, letters


def _renamed(raw: Raw, renamed: Mapping[str, str]) -> dict[str, list]:
    """Give every column its final name; two columns of one quantity are an error unless `map` chose one."""
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
